"""One push from the outbox to WeCom, and what became of it.

What was right at planning is asked again here, in the last moment: approved, unexpired, still a
workday, target on, not late, one a day. Then the row is made durable, and only then is anything
sent; so a crash leaves `sending`, never nothing.
"""

from __future__ import annotations

import logging
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from bot.channels import Channel, Outcome, SendError
from bot.core import messages, policy
from bot.core.model import (
    Cohort,
    Delivery,
    Item,
    Message,
    Push,
    State,
)
from bot.core.planning import Plan
from bot.engine import compose
from bot.engine.bureau import Bureau
from bot.library.folder import Library
from bot.store import TargetState

log = logging.getLogger(__name__)

REPEAT_FOR = timedelta(hours=3, minutes=50)  # WeCom drops identical JSON for four hours
PATIENCE = timedelta(minutes=10)  # before a blocked push, or a silenced target, is looked at again
BACKOFF = timedelta(seconds=30)
LONGEST_BACKOFF = timedelta(minutes=15)


@dataclass(frozen=True, kw_only=True)
class Wait:
    """Not now: try again at `until`, for `reason`."""

    until: datetime
    reason: str


@dataclass(frozen=True)
class Part:
    """One part of a push's audience, on its way."""

    push: Push
    item: Item | None
    cohort: Cohort
    people: tuple[str, ...]
    number: int  # from 0
    total: int

    @property
    def digest(self) -> str:
        return self.item.digest if self.item else ""


async def deliver(bureau: Bureau, now: datetime, limit: int = 200) -> int:
    """Send what is due; return how many pushes were looked at."""
    await recover(bureau, now)
    library = bureau.library(now.date())
    plan = bureau.plan(library)
    channels = {channel.name for channel in bureau.channels.values()}
    rows = [*await _repeats(bureau, now), *await bureau.store.due(now, limit, channels)]
    for push in rows:
        await _deliver_one(push, bureau, library, plan, now)
    return len(rows)


async def recover(bureau: Bureau, now: datetime) -> list[str]:
    """What is still `sending` now has lost its end, and is unknown. Return the keys.

    Ticks take turns, so at the start of one nothing is on its way: the process died, or the disk
    took no row. Where WeCom drops identical bytes they are sent once more; elsewhere nothing is.
    """
    lost = await bureau.store.recover()
    for key in lost:
        log.warning("unknown %s: its end was lost", key, extra={"action": "unknown"})
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
        fresh = push.sent_at is not None and now - push.sent_at <= REPEAT_FOR
        if fresh and await _same_words(push, bureau, now):
            found.append(push)
        else:  # no copy that WeCom would drop: it is for a receipt, or a person, to say
            await bureau.store.postpone(push.key, None, push.reason)
    return found


async def _same_words(push: Push, bureau: Bureau, now: datetime) -> bool:
    """Whether the text is still the one that went out: other bytes would be a second message."""
    item = bureau.library(now.date()).item(push.item)
    sent = await bureau.store.deliveries(push.key)
    return not sent or sent[0].digest == (item.digest if item else "")


async def _deliver_one(
    push: Push, bureau: Bureau, library: Library, plan: Plan, now: datetime
) -> None:
    if now > push.until and push.state is State.PLANNED:
        await _expire(push, bureau)
        return
    item = library.item(push.item) if push.item else None
    wait = await _hindrance(push, item, bureau, library, plan, now)
    if wait is not None:
        await bureau.store.postpone(push.key, wait.until, wait.reason)
        _log("postponed", push, wait.reason)
        return
    cohort = await compose.cohort_of(push, bureau, now.date())
    channel = bureau.channels[push.target]
    if channel.tappable and not cohort.covered:
        await bureau.store.end(push.key, State.SKIPPED, messages.NO_AUDIENCE)
        _log("skipped", push, messages.NO_AUDIENCE)
        return
    audience = compose.parts_of(cohort, channel)
    for number, people in enumerate(audience):
        if not _may_go(push, number, channel, now):
            continue
        part = Part(push, item, cohort, people, number, len(audience))
        try:
            message = await compose.message_of(push, item, number, bureau, library, plan, now)
            await _attempt(part, message, bureau, now)
        except ValueError as error:  # TooLong, or what this channel cannot carry
            await bureau.store.end(push.key, State.SKIPPED, str(error))
            _log("skipped", push, str(error))
            return


async def _expire(push: Push, bureau: Bureau) -> None:
    """End a push whose window has closed; one that reached some people stays sent, and says so."""
    reason = messages.EXPIRED_WINDOW.format(push.reason or messages.EXPIRED_LATE)
    partly = State.SENT in push.parts.values()
    await bureau.store.end(push.key, State.SENT if partly else State.EXPIRED, reason)
    _log("expired", push, reason)


def _may_go(push: Push, part: int, channel: Channel, now: datetime) -> bool:
    """Whether a part was never sent, or may be sent again because WeCom drops the copy."""
    state = push.parts.get(str(part), State.PLANNED)
    if state != State.UNKNOWN:
        return state == State.PLANNED
    fresh = push.sent_at is not None and now - push.sent_at <= REPEAT_FOR
    return channel.deduplicates and fresh


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
    if reason := compose.why_blocked(push, item, library, now.date()):
        return Wait(until=now + PATIENCE, reason=reason)
    opening = policy.next_permitted(now, plan.policy, plan.calendar.is_workday)
    if opening > now:
        return Wait(until=opening, reason=messages.OUT_OF_HOURS)
    if not (target.office or target.person) and await _spoken_today(push, bureau, now):
        morrow = datetime.combine(now.date() + timedelta(days=1), push.due.timetz())
        later = policy.next_permitted(morrow, plan.policy, plan.calendar.is_workday)
        return Wait(until=later, reason=messages.WAIT_DAY_CAP)
    return await _pace(push, bureau, now)


async def _pace(push: Push, bureau: Bureau, now: datetime) -> Wait | None:
    sent = await bureau.store.begun_since(push.target, now - policy.MINUTE)
    slot = policy.next_slot(sent, bureau.channels[push.target].per_minute, now)
    return Wait(until=slot, reason=messages.PACED) if slot > now else None


async def _spoken_today(push: Push, bureau: Bureau, now: datetime) -> bool:
    spoken = await bureau.store.pushes([State.SENT, State.UNKNOWN, State.SENDING])
    return any(
        other.target == push.target
        and other.key != push.key
        and other.sent_at is not None
        and other.sent_at.date() == now.date()
        for other in spoken
    )


# -- the attempt itself --------------------------------------------------------------------------


async def _attempt(part: Part, message: Message, bureau: Bureau, now: datetime) -> None:
    """Begin durably, send, finish. Only what the channel says is believed."""
    push, channel, store = part.push, bureau.channels[part.push.target], bureau.store
    earlier = [row for row in await store.deliveries(push.key) if row.part == part.number]
    delivery = Delivery(
        push=push.key,
        part=part.number,
        attempt=len(earlier) + 1,
        begun=now,
        body=_body(part, message, channel, earlier),
        digest=part.digest,
        to=part.people,
    )
    if not await store.begin(delivery, part.cohort, part.total):
        return  # somebody else has it
    try:
        sent = await channel.send(delivery.body.encode())
    except SendError as error:
        delivery = replace(delivery, state=_STATES[error.outcome], ended=now, reason=error.reason)
        await store.finish(delivery, part.total, _again(delivery, error, channel, earlier, now))
        await _consequence(push, error, bureau, now)
        await _proven(delivery, bureau)
    except Exception:  # a mistake of ours, after the bytes may have left
        lost = replace(delivery, state=State.UNKNOWN, ended=now, reason=messages.ANSWER_LOST)
        await store.finish(lost, part.total, None)
        raise
    else:
        delivery = replace(
            delivery,
            state=State.SENT,
            ended=now,
            msgid=sent.msgid,
            invalid=sent.invalid,
            unlicensed=sent.unlicensed,
        )
        await store.finish(delivery, part.total, None)
    _log(delivery.state, push, delivery.reason)


_STATES = {
    Outcome.RETRY: State.PLANNED,
    Outcome.REFUSED: State.REFUSED,
    Outcome.UNKNOWN: State.UNKNOWN,
}


def _body(part: Part, message: Message, channel: Channel, earlier: Sequence[Delivery]) -> str:
    """Return the bytes to send: those of the first attempt where WeCom drops what is identical."""
    if earlier and channel.deduplicates and earlier[0].digest == part.digest:
        return earlier[0].body
    return channel.body(message, part.people).decode()


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


async def _proven(delivery: Delivery, bureau: Bureau) -> None:
    """Confirm an unknown push that somebody tapped before its answer was given up."""
    if delivery.state is not State.UNKNOWN:
        return
    receipts = await bureau.store.receipts(delivery.push)
    if any(row.person in delivery.to for row in receipts):
        await bureau.store.confirm(delivery.push, delivery.part)


def _log(action: str, push: Push, reason: str = "") -> None:
    log.info("%s %s%s", action, push.key, f": {reason}" if reason else "", extra={"action": action})
