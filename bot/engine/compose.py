"""Whom a push is for and what it says: the roster cut at begin, the words put together."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Sequence
from dataclasses import replace
from datetime import date, datetime, time, timedelta
from functools import lru_cache
from typing import Any

from bot.channels import KINDS, Channel
from bot.core import holding, messages, notices, policy, render, telling
from bot.core.asking import question_of
from bot.core.links import task_id_of
from bot.core.model import (
    ME,
    SHANGHAI,
    Card,
    Cohort,
    Item,
    Kind,
    Markdown,
    Member,
    Message,
    NodeDay,
    Picture,
    Push,
    State,
    Target,
)
from bot.core.planning import Plan, next_node_days
from bot.core.reminding import reworded
from bot.core.render import Footer, Reading
from bot.core.review import texts_of
from bot.core.summary import CORRECTION
from bot.engine import alarms
from bot.engine.bureau import Bureau, Moment
from bot.inbox.handle import covered, open_until
from bot.report import picture, weekly

INVITES_FOR = timedelta(weeks=4)
_ACCOUNT = re.compile(r"[0-9A-Za-z_.@-]{1,64}", re.ASCII)
REACHED_NOBODY = frozenset({State.REFUSED, State.SKIPPED, State.EXPIRED})


def why_blocked(push: Push, moment: Moment) -> str:
    """Return why the text of a push may not be said as it stands, "" when it may."""
    if not push.item:
        return ""
    item = moment.item(push)
    if item is None:
        return messages.BLOCK_MISSING
    if item.expires and item.expires < moment.today:
        return messages.BLOCK_EXPIRED
    if item.effective and item.effective > moment.today:
        return messages.BLOCK_EARLY
    return moment.library.blocked.get(item.id, "") or _halted(push, item, moment)


def _halted(push: Push, item: Item, moment: Moment) -> str:
    """Return why not, where a halted word stands in what the calendar fills into a text."""
    if not moment.library.halted or item.kind is not Kind.NODE:
        return ""
    values = render.values_of(node_days(push, item, moment.plan), moment.plan.calendar)
    said = "\n".join(render.fill(text, values) for text in texts_of(item).values())
    word = holding.held_in(said, moment.library.halted)
    return messages.BLOCK_HELD.format(word) if word else ""


async def cohort_of(push: Push, bureau: Bureau, today: date) -> Cohort:
    """Return the roster of a push, kept from its first attempt on.

    A person gets an item once: whoever another target of the same occurrence reached one by one
    is left out where people are addressed one by one.
    """
    if (mine := await bureau.store.cohort(push.key)) is not None:
        return mine
    channel, target = bureau.channels[push.target], bureau.target(push.target)
    taps = channel.tappable or carded(push, bureau) or _paged(push, bureau)
    if push.rule == CORRECTION and channel.tappable:
        people = await _recipients(push, bureau, today)
    else:
        people = {m.id for m in await audience_of(target, bureau, today)}
    reached = {person.casefold() for person in push.spared}
    singly = channel.tappable and target is not None and not target.person
    if singly and push.rule != CORRECTION:  # which waits for no cap
        reached |= await _sated(push, people, bureau, today)
    if channel.tappable:  # a group asks nothing of the rosters of a thousand other groups
        stem = push.key.rpartition("@")[0]
        kept = await bureau.store.cohorts(stem)
        for other in await bureau.store.pushes(stem=stem) if kept else ():
            cohort = kept.get(other.key)
            if cohort and one_by_one(other) and other.state not in REACHED_NOBODY:
                reached |= _folded(cohort.covered)
    covered = sorted(person for person in people if person.casefold() not in reached)
    return Cohort(push=push.key, covered=tuple(covered), tappable=taps)


def one_by_one(push: Push) -> bool:
    """Whether a push names the people it goes to: a group that is shown a card names nobody."""
    return push.channel in KINDS and KINDS[push.channel].tappable


def _paged(push: Push, bureau: Bureau) -> bool:
    """Whether a group's text leads to a page that WeCom tells who has it open (level 1)."""
    page = bureau.page(push.key)
    if not (bureau.signs_in and page):
        return False
    moment = bureau.moment()
    if not (item := moment.item(push)):
        return False
    try:
        said = _words(push, item, 0, bureau.footer, bureau, moment.plan)
    except ValueError:
        return False
    return isinstance(said, Markdown) and page in said.text


def carded(push: Push, bureau: Bureau) -> bool:
    """Whether a card with 已阅 follows the text of a push into its group."""
    return bureau.group_cards and push.channel == "bot-group" and bool(push.item)


async def _recipients(push: Push, bureau: Bureau, today: date) -> set[str]:
    """Return who may have read the original of a correction at its target, one by one."""
    item = bureau.library(today).item(push.item)
    original = item.corrects.casefold() if item else ""
    people: set[str] = set()
    for other in await bureau.store.pushes(target=push.target):
        if not original or other.item.casefold() != original:
            continue
        for delivery in await bureau.store.deliveries(other.key):
            if delivery.state in (State.SENT, State.UNKNOWN):
                people |= set(delivery.to) - {*delivery.invalid, *delivery.unlicensed}
    return people


async def reached_with(item: Item, bureau: Bureau) -> tuple[str, ...]:
    """Return who got a text, or may have, by whichever target: of deliveries, never of receipts."""
    people: set[str] = set()
    for push in await bureau.store.pushes():
        if push.item.casefold() != item.id.casefold():
            continue
        for row in await bureau.store.deliveries(push.key):
            if row.state in (State.SENT, State.UNKNOWN):
                gone = {one.casefold() for one in (*row.invalid, *row.unlicensed)}
                people |= {one for one in row.to if one.casefold() not in gone}
    return tuple(sorted(people))


@lru_cache(maxsize=64)  # a roster is looked at for each target of its week
def _folded(people: Iterable[str]) -> frozenset[str]:
    return frozenset(person.casefold() for person in people)


async def _sated(push: Push, people: Iterable[str], bureau: Bureau, today: date) -> set[str]:
    """Return who of `people` has had his share of today, or of this week, by whichever target.

    The plan spares them beforehand; this is asked again, for what was sent by hand since.
    """
    midnight = datetime.combine(today - timedelta(days=today.weekday()), time(), SHANGHAI)
    stem, limits = push.key.rpartition("@")[0], bureau.policy
    others = [
        other
        for other in await bureau.store.pushes(since=midnight - policy.LATELY)
        if other.sent_at is not None
        and other.sent_at >= midnight
        and other.sent_at.date() <= today
        and other.key.rpartition("@")[0] != stem
        and other.item
    ]
    of_node = any(policy.warns(other.node, other.part) for other in [push, *others])
    week = limits.a_node_week if of_node else limits.a_week

    def full(said: Collection[tuple[str, date]]) -> bool:
        return len(said) >= week or sum(day == today for _, day in said) >= limits.a_day

    days = {(one.key.rpartition("@")[0], one.sent_at.date()) for one in others if one.sent_at}
    if not full(days):
        return set()  # whoever heard all of it has room for more
    cohorts: dict[str, Cohort] = {}
    for said in sorted({other.key.rpartition("@")[0] for other in others}):
        cohorts |= await bureau.store.cohorts(said)
    mine, heard = _folded(tuple(people)), dict[str, set[tuple[str, date]]]()
    for other in others:
        cohort = cohorts.get(other.key)
        if cohort is None or not one_by_one(other) or other.sent_at is None:
            continue
        what = (other.key.rpartition("@")[0], other.sent_at.date())
        for person in _folded(cohort.covered) & mine:
            heard.setdefault(person, set()).add(what)
    return {person for person, said in heard.items() if full(said)}


async def audience_of(target: Target | None, bureau: Bureau, today: date) -> list[Member]:
    """Return whom a target reaches today, and ask the store for nobody else."""
    roster = target.roster if target and not target.person else ""
    of = roster if roster != messages.EVERYBODY else ""
    return audience(await bureau.store.members(of) if roster else (), target, today)


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
        if (everybody or target.roster in (member.branch, member.department))
        and member.present(today)
    ]


def parts_of(cohort: Cohort, channel: Channel) -> list[tuple[str, ...]]:
    people, size = cohort.covered, channel.part_size
    return [people[n : n + size] for n in range(0, len(people), size)] if size else [()]


def parts_of_text(
    push: Push, cohort: Cohort, bureau: Bureau, moment: Moment
) -> list[tuple[str, ...]]:
    """Return the parts of a text's audience; a group's card is one more, and names whom it counts.

    Where the card has no room for its words, the text goes alone.
    """
    parts, item = parts_of(cohort, bureau.channels[push.target]), moment.item(push)
    if not carded(push, bureau) or item is None or not cohort.covered:
        return parts
    try:
        _words(push, item, 1, bureau.footer, bureau, moment.plan)
    except ValueError:
        return parts
    return [*parts, cohort.covered]


async def message_of(push: Push, part: int, bureau: Bureau, moment: Moment) -> Message:
    """Return what one part of a push says; ValueError (TooLong) for what cannot be said."""
    if push.rule == alarms.BROKE:
        return Markdown(text=alarms.broken_words(push, bureau, moment.library))
    if push.rule in messages.ALARMS:
        return Markdown(text=messages.ALARMS[push.rule] + _call_for(push, bureau))
    item = moment.item(push)
    if item is None and push.rule in notices.RULES:
        history = [row for row in await bureau.store.pushes() if row.item]
        return Markdown(text=notices.words(push, moment.plan, history, moment.today))
    if item is None and push.rule in ("summary", "summary-picture"):
        return await _summary(push, bureau, moment)
    if item is None:  # a text that has just gone is no reason to say something else
        raise ValueError(messages.BLOCK_MISSING)
    footer = replace(await _numbered(push, bureau), invite=await _invite(push, bureau, moment))
    return _words(push, item, part, footer, bureau, moment.plan)


def _call_for(push: Push, bureau: Bureau) -> str:
    """Return the mention of the administrator: of an alarm alone, in the office's group alone.

    Only a webhook's markdown can mention anybody (wecom/api.md §1.2.2). Staff are never mentioned.
    """
    target, me = bureau.target(push.target), bureau.target(ME)
    if target is None or not target.office or push.channel != "webhook" or me is None:
        return ""
    return f"\n<@{me.person}>" if _ACCOUNT.fullmatch(me.person) else ""


async def _invite(push: Push, bureau: Bureau, moment: Moment) -> str:
    """Return how to get the cards alone: in a robot's group, in its first four weeks, no longer."""
    singly = any(target.channel == "bot" for target in bureau.targets)
    if push.channel != "bot-group" or not singly:
        return ""
    sent = [
        other.sent_at
        for other in await bureau.store.pushes(target=push.target)
        if other.item and other.sent_at is not None
    ]
    fresh = min(sent, default=moment.now) > moment.now - INVITES_FOR
    return messages.INVITE if fresh else ""


def _words(
    push: Push, item: Item, part: int, footer: Footer, bureau: Bureau, plan: Plan
) -> Card | Markdown:
    values = render.values_of(node_days(push, item, plan), plan.calendar)
    channel, page = bureau.channels[push.target], bureau.page(push.key)
    if not channel.tappable and not part:
        offered = channel.name == "webhook"  # no other way back from there (DESIGN §3.7, L1)
        return render.in_group(
            item, push.part, values, footer, page, channel.dialect, offered=offered
        )
    task = task_id_of(push.key, part)
    if not channel.tappable:  # after the text in a group: nobody is asked there
        return replace(
            render.card(item, push.part, values, footer, task_id=task, link=page), whole=False
        )
    asks = question_of(item) if bureau.questions else None
    asking = render.asking_card(item, asks, footer, task_id=task) if asks else None
    return asking or render.card(item, push.part, values, footer, task_id=task, link=page)


async def reminder(push: Push, task: str, bureau: Bureau, moment: Moment) -> Card:
    """Return the card that reminds of a push, with the button that the first one had."""
    item = moment.item(push)
    if item is None:
        raise ValueError(messages.BLOCK_MISSING)
    values = render.values_of(node_days(push, item, moment.plan), moment.plan.calendar)
    footer, page = await _numbered(push, bureau), bureau.page(push.key)
    return reworded(render.card(item, push.part, values, footer, task_id=task, link=page))


def preview(push: Push, item: Item, bureau: Bureau, plan: Plan) -> dict[str, object]:
    """Return what `push` would say: {"text", "size"}, size in bytes of what would be sent."""
    message = _words(push, item, 0, bureau.footer, bureau, plan)
    if isinstance(message, Markdown):
        return {"text": message.text, "size": len(message.text.encode())}
    facts = [f"{name}：{value}" for name, value in message.facts]
    link = [f"[{message.link[0]}] {message.link[1]}"] if message.link else []
    lines = [message.source, message.title, message.text, *facts, *link, f"[{message.button}]"]
    size = len(bureau.channels[push.target].body(message, ["x"]))
    return {"text": "\n".join(lines), "size": size}


async def reading(key: str, bureau: Bureau, person: str = "") -> Reading | None:
    """Return the whole text of a push for its page; None when there is none to be shown.

    A text that was edited, withdrawn or has expired since is not shown: what was approved is.
    `person` is who has it open, where that is known.
    """
    push, moment = await bureau.store.push(key), bureau.moment()
    item = moment.item(push) if push is not None else None
    if push is None or item is None or push.state in (State.SKIPPED, State.EXPIRED):
        return None
    if why_blocked(push, moment):
        return None
    values = render.values_of(node_days(push, item, moment.plan), moment.plan.calendar)
    found = render.reading(item, push.part, values, await _numbered(push, bureau))
    channel = bureau.channels.get(push.target)
    alone = channel is not None and not channel.tappable and not carded(push, bureau)
    found = replace(found, anonymous=alone and not person)  # whom WeCom names, is named
    found = replace(found, over=await _over(push, person, bureau, moment))
    return replace(found, question=question_of(item)) if bureau.questions else found


async def _over(push: Push, person: str, bureau: Bureau, moment: Moment) -> str:
    """Return why a tap on the page of a push would count for nobody, "" where it would count."""
    if moment.now > open_until(push):
        return messages.PAGE_OVER
    cohort = await bureau.store.cohort(push.key) if person else None
    others = cohort is not None and cohort.tappable and covered(person, cohort) is None
    return messages.PAGE_OF_OTHERS if others else ""


async def _numbered(push: Push, bureau: Bureau) -> Footer:
    """Put the push number (2026-031) into the footer; all targets of an occurrence share it."""
    year = push.due.year
    number = await bureau.store.number(f"{push.occurrence}_{push.part}", year)
    return replace(bureau.footer, number=f"{year}-{number:03d}")


def node_days(push: Push, item: Item, plan: Plan) -> Sequence[NodeDay]:
    """Return the nodes a push speaks of; for a node item sent by hand, the next that it fits."""
    if not push.node:
        return next_node_days(item, push.due.date(), plan) if item.kind is Kind.NODE else ()
    years = {int(name.rpartition("-")[2]) for name in push.covers}
    days = [day for year in sorted(years) for day in plan.node_days(year)]
    return [day for day in days if day.occurrence in push.covers]


async def _summary(push: Push, bureau: Bureau, moment: Moment) -> Message:
    """Return the weekly summary as it was first rendered: a report is kept as sent."""
    week = weekly.week_told(push.occurrence)
    kept = await bureau.store.summary(week)
    if kept is None:
        kept = await summary_of(week, bureau, moment)
        await bureau.store.keep_summary(week, kept)
    if push.rule == "summary":
        dialect = bureau.channels[push.target].dialect
        limit = dialect.limit
        return Markdown(text=telling.fitted(kept["text"], limit, coloured=not dialect.rich))
    if "svg" not in kept:
        raise ValueError(messages.PICTURE_NONE)
    return Picture(png=picture.png(kept["svg"]))


async def summary_of(
    week: str, bureau: Bureau, moment: Moment, *, drawn: bool = True
) -> dict[str, Any]:
    """Return {"json", "text", "svg"} of the summary of `week`, counted now; drawn where wanted."""
    built = await weekly.build(
        bureau.store,
        moment.library,
        moment.plan,
        week=week,
        as_of=moment.now,
        review=bureau.review,
        min_people=bureau.min_people,
        per_target=bureau.per_target,
        stopped=bureau.shelf.folders.memory.happened,
        spanned=bureau.drawn.spanned,
    )
    text = telling.words(built, bureau.footer.unit, bureau.per_target == "message")
    found = {"json": telling.as_json(built), "text": text}
    return found | ({"svg": picture.svg(built, bureau.footer.unit)} if drawn else {})
