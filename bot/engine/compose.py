"""Whom a push is for and what it says: the roster cut at begin, the words put together."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import date, datetime

from bot.channels import Channel
from bot.core import messages, render, summary
from bot.core.links import task_id_of
from bot.core.model import Cohort, Item, Markdown, Member, Message, NodeDay, Push, State, Target
from bot.core.planning import Plan
from bot.core.render import Footer, Reading
from bot.engine.bureau import Bureau
from bot.library.folder import Library
from bot.report import weekly

PART_SIZE = 1000  # named people one app message may be addressed to (wecom/api.md §3.2)


def why_blocked(push: Push, item: Item | None, library: Library, today: date) -> str:
    if not push.item:
        return ""
    if item is None:
        return messages.BLOCK_MISSING
    if item.expires and item.expires < today:
        return messages.BLOCK_EXPIRED
    if item.effective and item.effective > today:
        return messages.BLOCK_EARLY
    return library.blocked.get(item.id, "")


async def cohort_of(push: Push, bureau: Bureau, today: date) -> Cohort:
    """Return the roster of a push, kept from its first attempt on.

    A person gets an item once: whoever another target of the same occurrence reached one by one
    is left out where people are addressed one by one.
    """
    stem = push.key.rpartition("@")[0]
    kept = await bureau.store.cohorts(stem)
    if push.key in kept:
        return kept[push.key]
    channel, target = bureau.channels[push.target], bureau.target(push.target)
    reached: set[str] = set()
    if channel.tappable:
        others = [cohort for cohort in kept.values() if cohort.tappable]
        reached = {person for cohort in others for person in cohort.covered}
    members = audience(await bureau.store.members(), target, today)
    covered = tuple(sorted(member.id for member in members if member.id not in reached))
    return Cohort(push=push.key, covered=covered, tappable=channel.tappable)


def audience(members: Sequence[Member], target: Target | None, today: date) -> list[Member]:
    """Return the members of the roster who belong to a target and are 在岗 on `today`."""
    if target is not None and target.person:
        return [Member(id=target.person, name=target.name)]
    if target is None or not target.roster:
        return []
    everybody = target.roster == messages.EVERYBODY
    return [
        member
        for member in members
        if member.present(today)
        and (everybody or target.roster in (member.branch, member.department))
    ]


def parts_of(cohort: Cohort, channel: Channel) -> list[tuple[str, ...]]:
    if not channel.tappable:
        return [()]
    people = cohort.covered
    return [people[n : n + PART_SIZE] for n in range(0, len(people), PART_SIZE)]


async def message_of(
    push: Push,
    item: Item | None,
    part: int,
    bureau: Bureau,
    library: Library,
    plan: Plan,
    now: datetime,
) -> Message:
    if item is None:
        return await _summary(push, bureau, library, plan, now)
    footer = await _numbered(push, bureau)
    values = render.values_of(_node_days(push, plan), plan.calendar)
    if not bureau.channels[push.target].tappable:
        return render.markdown(item, push.part, values, footer)
    return render.card(
        item,
        push.part,
        values,
        footer,
        task_id=task_id_of(push.key, part),
        link=bureau.page(push.key),
    )


def preview(push: Push, item: Item, bureau: Bureau, plan: Plan) -> dict[str, object]:
    """Return what `push` would say: {"text", "size"}, size in bytes of the body to be sent."""
    channel = bureau.channels[push.target]
    values = render.values_of(_node_days(push, plan), plan.calendar)
    if channel.tappable:
        card = render.card(item, push.part, values, bureau.footer, task_id=push.key)
        text = "\n".join([card.source, card.title, card.text, *(": ".join(f) for f in card.facts)])
        return {"text": f"{text}\n[{card.button}]", "size": len(channel.body(card, ["x"]))}
    words = render.markdown(item, push.part, values, bureau.footer)
    return {"text": words.text, "size": len(words.text.encode())}


async def reading(key: str, bureau: Bureau, now: datetime) -> Reading | None:
    """Return the whole text of a push for its page; None when there is none to be shown.

    A text that was edited, withdrawn or has expired since is not shown: what was approved is.
    """
    push = await bureau.store.push(key)
    library = bureau.library(now.date())
    item = library.item(push.item) if push is not None and push.item else None
    if push is None or item is None or push.state in (State.SKIPPED, State.EXPIRED):
        return None
    if why_blocked(push, item, library, now.date()):
        return None
    plan = bureau.plan(library)
    values = render.values_of(_node_days(push, plan), plan.calendar)
    return render.reading(item, push.part, values, await _numbered(push, bureau))


async def _numbered(push: Push, bureau: Bureau) -> Footer:
    """Put the push number (2026-031) into the footer; all targets of an occurrence share it."""
    year = push.due.year
    number = await bureau.store.number(f"{push.occurrence}_{push.part}", year)
    return replace(bureau.footer, number=f"{year}-{number:03d}")


def _node_days(push: Push, plan: Plan) -> list[NodeDay]:
    years = {int(name.rpartition("-")[2]) for name in push.covers} if push.node else set()
    days = [day for year in sorted(years) for day in plan.node_days(year)]
    return [day for day in days if day.occurrence in push.covers]


async def _summary(
    push: Push, bureau: Bureau, library: Library, plan: Plan, now: datetime
) -> Message:
    """Return the weekly summary as it was first rendered: a report is kept as sent."""
    week = weekly.reported_week(push.due.date())
    kept = await bureau.store.summary(week)
    if kept is None:
        built = await weekly.build(
            bureau.store,
            library,
            plan,
            week=week,
            as_of=now,
            review=bureau.review,
            min_people=bureau.min_people,
            per_target=bureau.per_target,
        )
        kept = {
            "json": summary.as_json(built),
            "text": summary.words(built, bureau.footer.unit, bureau.per_target == "message"),
        }
        await bureau.store.keep_summary(week, kept)
    return Markdown(text=kept["text"])
