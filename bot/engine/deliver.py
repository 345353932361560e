"""One push from the outbox to WeCom, and what became of it.

What was right at planning is asked again here, in the last moment: approved, unexpired, still a
workday, target on, not late, one a day. Then the row is made durable, and only then is anything
sent; so a crash leaves `sending`, never nothing.
"""

from __future__ import annotations

import logging
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta

from bot.channels import Channel, Outcome, SendError
from bot.core import messages, policy, render, summary
from bot.core.links import task_id_of
from bot.core.model import (
    Cohort,
    Delivery,
    Item,
    Markdown,
    Member,
    Message,
    NodeDay,
    Push,
    State,
    Target,
)
from bot.core.planning import Plan
from bot.core.render import Footer
from bot.engine.bureau import Bureau
from bot.library.folder import Library
from bot.report import weekly
from bot.store import TargetState

log = logging.getLogger(__name__)

PART_SIZE = 1000  # named people one app message may be addressed to (wecom/api.md §3.2)
REPEAT_FOR = timedelta(hours=3, minutes=50)  # WeCom drops identical JSON for four hours
PATIENCE = timedelta(minutes=10)  # before a blocked push, or a silenced target, is looked at again
BACKOFF = timedelta(seconds=30)
LONGEST_BACKOFF = timedelta(minutes=15)


@dataclass(frozen=True, kw_only=True)
class Wait:
    """Not now: try again at `until`, for `reason`."""

    until: datetime
    reason: str


async def deliver(bureau: Bureau, now: datetime, limit: int = 200) -> int:
    """Send what is due; return how many pushes were looked at."""
    library = bureau.library(now.date())
    plan = bureau.plan(library)
    channels = {channel.name for channel in bureau.channels.values()}
    rows = [*await _repeats(bureau, now), *await bureau.store.due(now, limit, channels)]
    for push in rows:
        await _deliver_one(push, bureau, library, plan, now)
    return len(rows)


async def recover(bureau: Bureau, now: datetime) -> list[str]:
    """At start: what was sending when the process died is unknown. Return the keys.

    Where WeCom drops identical bytes they are sent once more; elsewhere nothing is.
    """
    lost = await bureau.store.recover()
    for key in lost:
        log.warning("unknown %s: the process died", key, extra={"action": "unknown"})
        push = await bureau.store.push(key)
        channel = bureau.channels.get(push.target) if push else None
        if channel is not None and channel.deduplicates:
            await bureau.store.postpone(key, now, messages.PROCESS_DIED)
    return lost


async def _repeats(bureau: Bureau, now: datetime) -> list[Push]:
    """Unknown pushes to be sent again: only where WeCom drops the identical bytes."""
    found = []
    for push in await bureau.store.pushes([State.UNKNOWN]):
        if push.not_before is None or push.not_before > now:
            continue
        if push.sent_at is not None and now - push.sent_at <= REPEAT_FOR:
            found.append(push)
        else:  # WeCom no longer remembers: from here on it is for a receipt, or a person, to say
            await bureau.store.postpone(push.key, None, push.reason)
    return found


async def _deliver_one(
    push: Push, bureau: Bureau, library: Library, plan: Plan, now: datetime
) -> None:
    if now > push.until and push.state is State.PLANNED:
        reason = messages.EXPIRED_WINDOW.format(push.reason or messages.EXPIRED_LATE)
        await bureau.store.end(push.key, State.EXPIRED, reason)
        _log("expired", push, reason)
        return
    item = library.item(push.item) if push.item else None
    wait = await _hindrance(push, item, bureau, library, plan, now)
    if wait is not None:
        await bureau.store.postpone(push.key, wait.until, wait.reason)
        _log("postponed", push, wait.reason)
        return
    cohort = await _cohort(push, bureau, now.date())
    channel = bureau.channels[push.target]
    if channel.tappable and not cohort.covered:
        await bureau.store.end(push.key, State.SKIPPED, messages.NO_AUDIENCE)
        _log("skipped", push, messages.NO_AUDIENCE)
        return
    parts = _parts(cohort, channel)
    for number, people in enumerate(parts):
        if push.parts.get(str(number), State.PLANNED) not in (State.PLANNED, State.UNKNOWN):
            continue
        try:
            message = await _message(push, item, number, bureau, library, plan, now)
            await _attempt(push, item, message, people, number, len(parts), cohort, bureau, now)
        except ValueError as error:  # TooLong, or what this channel cannot carry
            await bureau.store.end(push.key, State.SKIPPED, str(error))
            _log("skipped", push, str(error))
            return


# -- asked again in the last moment ------------------------------------------------------------


async def _hindrance(
    push: Push, item: Item | None, bureau: Bureau, library: Library, plan: Plan, now: datetime
) -> Wait | None:
    """Return why a push cannot go now, None when it can."""
    target = bureau.target(push.target)
    if target is None or push.target not in bureau.channels:
        return Wait(
            until=now + PATIENCE, reason=messages.TARGET_OFF.format(messages.NOT_CONFIGURED)
        )
    disabled = (await bureau.store.targets()).get(target.id)
    if disabled is not None and disabled.disabled:
        return Wait(until=now + PATIENCE, reason=messages.TARGET_OFF.format(disabled.disabled))
    if reason := _blocked(push, item, library, now.date()):
        return Wait(until=now + PATIENCE, reason=reason)
    opening = policy.next_permitted(now, plan.policy, plan.calendar.is_workday)
    if opening > now:
        return Wait(until=opening, reason=messages.OUT_OF_HOURS)
    if not target.office and await _spoken_today(push, bureau, now):
        morrow = datetime.combine(now.date() + timedelta(days=1), push.due.timetz())
        later = policy.next_permitted(morrow, plan.policy, plan.calendar.is_workday)
        return Wait(until=later, reason=messages.WAIT_DAY_CAP)
    return await _pace(push, bureau, now)


async def _pace(push: Push, bureau: Bureau, now: datetime) -> Wait | None:
    sent = await bureau.store.begun_since(push.target, now - policy.MINUTE)
    slot = policy.next_slot(sent, bureau.channels[push.target].per_minute, now)
    return Wait(until=slot, reason=messages.PACED) if slot > now else None


def _blocked(push: Push, item: Item | None, library: Library, today: date) -> str:
    if not push.item:
        return ""
    if item is None:
        return messages.BLOCK_MISSING
    if item.expires and item.expires < today:
        return messages.BLOCK_EXPIRED
    if item.effective and item.effective > today:
        return messages.BLOCK_EARLY
    return library.blocked.get(item.id, "")


async def _spoken_today(push: Push, bureau: Bureau, now: datetime) -> bool:
    spoken = await bureau.store.pushes([State.SENT, State.UNKNOWN, State.SENDING])
    return any(
        other.target == push.target
        and other.key != push.key
        and other.sent_at is not None
        and other.sent_at.date() == now.date()
        for other in spoken
    )


# -- whom and what -------------------------------------------------------------------------------


async def _cohort(push: Push, bureau: Bureau, today: date) -> Cohort:
    """Return the roster of a push, kept from its first attempt on.

    A person gets an item once: whoever another target of the same occurrence reached one by one
    is left out where people are addressed one by one.
    """
    kept = await bureau.store.cohorts()
    if push.key in kept:
        return kept[push.key]
    channel, target = bureau.channels[push.target], bureau.target(push.target)
    reached: set[str] = set()
    if channel.tappable:
        stem = push.key.rpartition("@")[0]
        others = [c for key, c in kept.items() if key.rpartition("@")[0] == stem and c.tappable]
        reached = {person for cohort in others for person in cohort.covered}
    members = audience(await bureau.store.members(), target, today)
    covered = tuple(sorted(member.id for member in members if member.id not in reached))
    return Cohort(push=push.key, covered=covered, tappable=channel.tappable)


def audience(members: Sequence[Member], target: Target | None, today: date) -> list[Member]:
    """Return the members of the roster who belong to a target and are 在岗 on `today`."""
    if target is None or not target.roster:
        return []
    everybody = target.roster == messages.EVERYBODY
    return [
        member
        for member in members
        if member.present(today)
        and (everybody or target.roster in (member.branch, member.department))
    ]


def _parts(cohort: Cohort, channel: Channel) -> list[tuple[str, ...]]:
    if not channel.tappable:
        return [()]
    people = cohort.covered
    return [people[n : n + PART_SIZE] for n in range(0, len(people), PART_SIZE)]


async def _message(
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
        )
        kept = {
            "json": summary.as_json(built),
            "text": summary.words(built, bureau.footer.unit),
        }
        await bureau.store.keep_summary(week, kept)
    return Markdown(text=kept["text"])


# -- the attempt itself --------------------------------------------------------------------------


async def _attempt(
    push: Push,
    item: Item | None,
    message: Message,
    people: Sequence[str],
    part: int,
    parts: int,
    cohort: Cohort,
    bureau: Bureau,
    now: datetime,
) -> None:
    channel, store = bureau.channels[push.target], bureau.store
    earlier = [row for row in await store.deliveries(push.key) if row.part == part]
    delivery = Delivery(
        push=push.key,
        part=part,
        attempt=len(earlier) + 1,
        begun=now,
        body=_body(message, people, channel, earlier, item),
        digest=item.digest if item else "",
        to=tuple(people),
    )
    if not await store.begin(delivery, cohort):
        return  # somebody else has it
    try:
        sent = await channel.send(delivery.body.encode())
        delivery = replace(
            delivery,
            state=State.SENT,
            ended=now,
            msgid=sent.msgid,
            invalid=sent.invalid,
            unlicensed=sent.unlicensed,
        )
        await store.finish(delivery, parts, None)
    except SendError as error:
        delivery = replace(delivery, state=_STATES[error.outcome], ended=now, reason=error.reason)
        await store.finish(delivery, parts, _again(delivery, error, channel, earlier, now))
        await _consequence(push, error, bureau, now)
    _log(delivery.state, push, delivery.reason)


_STATES = {
    Outcome.RETRY: State.PLANNED,
    Outcome.REFUSED: State.REFUSED,
    Outcome.UNKNOWN: State.UNKNOWN,
}


def _body(
    message: Message,
    people: Sequence[str],
    channel: Channel,
    earlier: Sequence[Delivery],
    item: Item | None,
) -> str:
    """Return the bytes to send: those of the first attempt where WeCom drops what is identical."""
    if earlier and channel.deduplicates and earlier[0].digest == (item.digest if item else ""):
        return earlier[0].body
    return channel.body(message, people).decode()


def _again(
    delivery: Delivery,
    error: SendError,
    channel: Channel,
    earlier: Sequence[Delivery],
    now: datetime,
) -> datetime | None:
    """Return when to try once more, None for never."""
    pause: timedelta = min(BACKOFF * 2 ** (delivery.attempt - 1), LONGEST_BACKOFF)
    pause = max(pause, timedelta(seconds=error.then.seconds))
    if error.outcome is Outcome.RETRY:
        return now + pause
    first = earlier[0].begun if earlier else delivery.begun
    if error.outcome is Outcome.UNKNOWN and channel.deduplicates:
        return now + pause if now + pause - first <= REPEAT_FOR else None
    return None


async def _consequence(push: Push, error: SendError, bureau: Bureau, now: datetime) -> None:
    if error.then.kind == "disable_target":
        state = TargetState(id=push.target, disabled=error.reason, since=now)
        await bureau.store.set_target(state)


def _log(action: str, push: Push, reason: str = "") -> None:
    log.info("%s %s%s", action, push.key, f": {reason}" if reason else "", extra={"action": action})
