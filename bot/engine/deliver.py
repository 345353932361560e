"""One push from the outbox to WeCom, and what became of it.

What was right at planning is asked again here, in the last moment: approved, unexpired, still a
workday, target on, not late, the caps. Then the row is made durable, and only then is anything
sent; so a crash leaves `sending`, never nothing.
"""

from __future__ import annotations

import logging
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta

from bot.channels import KINDS, Channel, Outcome, SendError
from bot.core import messages, policy
from bot.core.content import words_of
from bot.core.model import SHANGHAI, STRANGER, Cohort, Delivery, Item, Message, Push, State, Target
from bot.engine import compose, planner
from bot.engine.bureau import Bureau, Moment
from bot.store import TargetState

log = logging.getLogger(__name__)

REPEAT_FOR = timedelta(hours=3, minutes=50)  # WeCom drops identical JSON for four hours
PATIENCE = timedelta(minutes=10)  # before a blocked push, or a silenced target, is looked at again
LOOK_AGAIN = timedelta(hours=24)  # a target that WeCom refused may have been allowed again
BACKOFF = timedelta(seconds=30)
A_WHILE = timedelta(hours=1)  # in which a group lets those go first who are reached one by one
SOON = timedelta(seconds=30)  # before a way that is closed is tried again
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
    chat: str = ""  # the group's chatid, where the channel wants one

    @property
    def digest(self) -> str:
        return self.item.digest if self.item else ""

    @property
    def address(self) -> tuple[str, ...]:
        """Whom the message itself names."""
        return (self.chat,) if self.chat else self.people


async def deliver(bureau: Bureau, _: datetime, limit: int = 200) -> int:
    """Send what is due; return how many pushes were looked at."""
    await recover(bureau)
    moment = bureau.moment()
    for push in await bureau.store.pushes([State.PLANNED]):
        if push.until < moment.now:
            await _expire(push, push.reason or messages.EXPIRED_LATE, bureau)
    due = await bureau.store.due(moment.now, limit, list(KINDS))
    rows = [*await _repeats(bureau, moment), *due]
    for push in rows:
        moment = bureau.moment(moment)
        await _guarded(push, bureau, moment)
    return len(rows)


async def deliver_one(key: str, bureau: Bureau) -> None:
    """Send one push of the outbox now, if it may go; nothing else."""
    push = await bureau.store.push(key)
    if push is not None and push.state is State.PLANNED:
        await _guarded(push, bureau, bureau.moment())


async def _guarded(push: Push, bureau: Bureau, moment: Moment) -> None:
    """Deliver one push; a mistake of ours in it never stops those behind it."""
    try:
        await _deliver(push, bureau, moment)
    except OSError:
        raise  # the disk takes no rows: then nothing may be sent
    except Exception:
        log.exception("push %s failed", push.key, extra={"action": "push-failed"})
        await bureau.store.postpone(push.key, moment.now + PATIENCE, messages.OWN_FAULT)


async def recover(bureau: Bureau) -> list[str]:
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
            await bureau.store.postpone(key, bureau.clock(), messages.PROCESS_DIED)
        for delivery in await bureau.store.deliveries(key):
            await _proven(delivery, bureau)
    return lost


async def _repeats(bureau: Bureau, moment: Moment) -> list[Push]:
    """Unknown pushes to be sent again: only where WeCom drops the identical bytes."""
    found = []
    for push in await bureau.store.pushes([State.UNKNOWN]):
        if push.not_before is None or push.not_before > moment.now:
            continue
        if push.sent_at is not None and moment.now - push.sent_at <= REPEAT_FOR:
            found.append(push)
        else:  # WeCom no longer remembers: it is for a receipt, or a person, to say
            await bureau.store.postpone(push.key, None, push.reason)
    return found


async def _deliver(push: Push, bureau: Bureau, moment: Moment) -> None:
    target, channel = bureau.target(push.target), bureau.channels.get(push.target)
    if target is not None and target.channel != push.channel:
        await _skip(push, messages.SKIP_CHANNEL_CHANGED, bureau)
        return
    wait = await _hindrance(push, target, bureau, moment)
    if wait is not None:
        await _later(push, wait, bureau)
        return
    assert channel is not None, "a target without a channel is a hindrance"
    cohort = await compose.cohort_of(push, bureau, moment.today)
    if not channel.tappable and (gives := await _gives_way(push, cohort, bureau, moment)):
        if isinstance(gives, Wait):
            await _later(push, gives, bureau)
        else:
            await _skip(push, gives, bureau)
        return
    if channel.tappable and not cohort.covered:
        members = await bureau.store.members()
        anybody = compose.audience(members, target, moment.today)
        why = messages.HAD_THEIR_SHARE if anybody else messages.NO_AUDIENCE
        await _skip(push, why, bureau)
        return
    await _parts(push, cohort, channel, bureau, moment)


async def _gives_way(
    push: Push, cohort: Cohort, bureau: Bureau, moment: Moment
) -> Wait | str | None:
    """A person gets an item once: a group whose people all have it one by one says nothing.

    It lets those go first, for an hour at most; whoever they did not reach hears it in the group.
    """
    wanted, reached = {person.casefold() for person in cohort.covered}, set[str]()
    members = await bureau.store.members()
    for other in await bureau.store.pushes():
        way, target = bureau.channels.get(other.target), bureau.target(other.target)
        same = other.occurrence == push.occurrence and other.part == push.part
        if not same or way is None or not way.tappable:
            continue
        people = {m.id.casefold() for m in compose.audience(members, target, moment.today)}
        patient = moment.now < push.due + A_WHILE and other.until > moment.now
        if other.state in (State.PLANNED, State.SENDING) and people & wanted and patient:
            return Wait(until=moment.now + SOON, reason=messages.PERSONAL_FIRST)
        for row in await bureau.store.deliveries(other.key):
            if row.state is State.SENT:
                gone = {person.casefold() for person in (*row.invalid, *row.unlicensed)}
                reached |= {person.casefold() for person in row.to} - gone
    return messages.PERSONAL_WINS if wanted and wanted <= reached else None


async def _parts(
    push: Push, cohort: Cohort, channel: Channel, bureau: Bureau, moment: Moment
) -> None:
    """Send what is left of a push, part by part, for as long as the hours last."""
    audience = compose.parts_of(cohort, channel)
    tried: dict[int, list[Delivery]] = {}
    for row in await bureau.store.deliveries(push.key):
        tried.setdefault(row.part, []).append(row)
    chat = await _chat_of(push, channel, bureau)
    for number, people in enumerate(audience):
        moment = bureau.moment(moment)
        opening = policy.next_permitted(moment.now, bureau.policy, moment.plan.calendar.is_workday)
        if opening > moment.now:
            await _later(push, Wait(until=opening, reason=messages.OUT_OF_HOURS), bureau)
            return
        if reason := moment.library.hold or compose.why_blocked(push, moment):
            # Somebody called a halt while the parts before this one were on their way.
            await _later(push, Wait(until=moment.now + PATIENCE, reason=reason), bureau)
            return
        if channel.closed:
            await _later(push, Wait(until=moment.now + SOON, reason=channel.closed), bureau)
            return
        part = Part(push, moment.item(push), cohort, people, number, len(audience), chat)
        earlier = tried.get(number, [])
        if not _may_go(part, channel, earlier, moment.now):
            continue
        try:
            message = await compose.message_of(push, number, bureau, moment)
            await _attempt(part, message, channel, earlier, bureau)
        except ValueError as error:  # TooLong, or what this channel cannot carry
            await _skip(push, str(error), bureau)
            return


async def _chat_of(push: Push, channel: Channel, bureau: Bureau) -> str:
    """Return the chatid of the group: as config.toml names it, or as 绑定 taught it."""
    if not channel.needs_chat:
        return ""
    target = bureau.target(push.target)
    known = (await bureau.store.targets()).get(push.target)
    return (target.chat if target else "") or (known.chat if known else "")


def _may_go(part: Part, channel: Channel, earlier: Sequence[Delivery], now: datetime) -> bool:
    """Whether a part was never sent, or may be sent again because WeCom drops the copy."""
    state = part.push.parts.get(str(part.number), State.PLANNED)
    if state != State.UNKNOWN:
        return state == State.PLANNED
    sent = part.push.sent_at
    fresh = sent is not None and now - sent <= REPEAT_FOR
    same = not earlier or (
        earlier[0].digest == part.digest  # other words would be a second message
        and not any(who.startswith(STRANGER) for who in earlier[0].to)  # and so would be fewer
    )
    return channel.deduplicates and fresh and same


# -- not now, or not at all ----------------------------------------------------------------------


async def _later(push: Push, wait: Wait, bureau: Bureau) -> None:
    """Put a push off; one whose window will have closed by then ends at once, with the reason."""
    if wait.until > push.until and push.state is State.PLANNED:
        await _expire(push, wait.reason, bureau)
        return
    await bureau.store.postpone(push.key, wait.until, wait.reason)
    _log("postponed", push, wait.reason)


async def _expire(push: Push, why: str, bureau: Bureau) -> None:
    """End a push whose window has closed; one that reached some people stays sent, and says so."""
    reason = messages.EXPIRED_WINDOW.format(why)
    partly = State.SENT in push.parts.values()
    await bureau.store.end(push.key, State.SENT if partly else State.EXPIRED, reason)
    _log("expired", push, reason)


async def _skip(push: Push, reason: str, bureau: Bureau) -> None:
    await bureau.store.end(push.key, State.SKIPPED, reason)
    _log("skipped", push, reason)


async def _hindrance(
    push: Push, target: Target | None, bureau: Bureau, moment: Moment
) -> Wait | None:
    """Return why a push cannot go now, None when it can."""
    if target is None or push.target not in bureau.channels:
        return Wait(
            until=moment.now + PATIENCE,
            reason=messages.TARGET_OFF.format(messages.NOT_CONFIGURED),
        )
    if reason := await _closed(push, target, bureau, moment):
        return Wait(until=moment.now + PATIENCE, reason=reason)
    if reason := bureau.channels[push.target].closed:
        return Wait(until=moment.now + SOON, reason=reason)
    opening = policy.next_permitted(moment.now, bureau.policy, moment.plan.calendar.is_workday)
    if opening > moment.now:
        return Wait(until=opening, reason=messages.OUT_OF_HOURS)
    # A correction waits for no cap: a wrong text that stands is the greater burden.
    free = target.office or target.person or push.rule == compose.CORRECTION
    if not free and (wait := await _capped(push, bureau, moment)):
        return wait
    return await _pace(push, bureau, moment.now)


async def _closed(push: Push, target: Target, bureau: Bureau, moment: Moment) -> str:
    """Return why nothing goes to this target, or why this text may not be said, for now."""
    if moment.library.hold:
        return moment.library.hold
    states = await bureau.store.targets()
    if not target.office and planner.pause_of(states, moment.today) is not None:
        return messages.SKIP_PAUSED
    known = states.get(target.id)
    way = bureau.channels[target.id].fingerprint
    rested = known and known.since and moment.now - known.since >= LOOK_AGAIN
    if known is not None and known.disabled and known.way == way and not rested:
        return messages.TARGET_OFF.format(known.disabled)
    channel = bureau.channels[target.id]
    if channel.needs_chat and not await _chat_of(push, channel, bureau):
        return messages.TARGET_OFF.format(messages.NOT_BOUND)
    return compose.why_blocked(push, moment)


async def _pace(push: Push, bureau: Bureau, now: datetime) -> Wait | None:
    sent = await bureau.store.begun_since(push.target, now - policy.MINUTE)
    slot = policy.next_slot(sent, bureau.channels[push.target].per_minute, now)
    return Wait(until=slot, reason=messages.PACED) if slot > now else None


async def _capped(push: Push, bureau: Bureau, moment: Moment) -> Wait | None:
    """Return the wait that the caps of DESIGN §3.5 ask for: a day's, and a week's.

    What was said counts, and what is more urgent and still to be said keeps its place.
    """
    limits, today = bureau.policy, moment.today
    others = [
        other
        for other in await bureau.store.pushes()
        if other.target == push.target and other.key != push.key
    ]
    said = [other.sent_at.date() for other in others if other.sent_at is not None]
    better = [
        other.due.date()
        for other in others
        if other.state is State.PLANNED
        and other.rank < push.rank
        and other.until > moment.now
        and not compose.why_blocked(other, moment)
    ]
    if push.state is State.UNKNOWN:
        return None  # it was said already, if anybody heard it
    if said.count(today) >= limits.a_day:
        return Wait(until=_morning(today + timedelta(days=1), moment), reason=messages.WAIT_DAY_CAP)
    if said.count(today) + better.count(today) >= limits.a_day:
        return Wait(until=_morning(today + timedelta(days=1), moment), reason=messages.WAIT_BETTER)
    monday = today - timedelta(days=today.weekday())
    week = {monday + timedelta(days=n) for n in range(7)}
    of_node = any(
        policy.warns(other.node, other.part) and other.due.date() in week
        for other in [push, *others]
    )
    limit = limits.a_node_week if of_node else limits.a_week
    if sum(day in week for day in [*said, *better]) >= limit:
        reason = messages.WAIT_WEEK_CAP.format(limit)
        return Wait(until=_morning(monday + timedelta(days=7), moment), reason=reason)
    return None


def _morning(day: date, moment: Moment) -> datetime:
    """Return the first permitted moment from `day` on."""
    midnight = datetime.combine(day, datetime.min.time(), SHANGHAI)
    return policy.next_permitted(midnight, moment.plan.policy, moment.plan.calendar.is_workday)


# -- the attempt itself --------------------------------------------------------------------------


async def _attempt(
    part: Part, message: Message, channel: Channel, earlier: Sequence[Delivery], bureau: Bureau
) -> None:
    """Begin durably, send, finish. Only what the channel says is believed."""
    push, store = part.push, bureau.store
    delivery = Delivery(
        push=push.key,
        part=part.number,
        attempt=len(earlier) + 1,
        begun=bureau.clock(),
        body=_body(part, message, channel, earlier),
        digest=part.digest,
        to=part.people,
    )
    if part.item is not None:
        await store.keep_text(words_of(part.item), delivery.begun)
    if not await store.begin(delivery, part.cohort, part.total):
        return  # somebody else has it
    try:
        sent = await channel.send(delivery.body.encode())
    except SendError as error:
        now = bureau.clock()
        delivery = replace(delivery, state=_STATES[error.outcome], ended=now, reason=error.reason)
        await store.finish(delivery, part.total, _again(delivery, error, channel, earlier, now))
        await _consequence(push, error, channel, bureau)
        await _proven(delivery, bureau)
    except Exception:  # a mistake of ours, after the bytes may have left
        lost = replace(delivery, state=State.UNKNOWN, ended=bureau.clock())
        await store.finish(replace(lost, reason=messages.ANSWER_LOST), part.total, None)
        raise
    else:
        delivery = replace(
            delivery,
            state=State.SENT,
            ended=bureau.clock(),
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
    return channel.body(message, part.address).decode()


def _again(
    delivery: Delivery,
    error: SendError,
    channel: Channel,
    earlier: Sequence[Delivery],
    now: datetime,
) -> datetime | None:
    """Return when to try once more, None for never."""
    pause: timedelta = min(BACKOFF * 2 ** min(delivery.attempt - 1, 10), LONGEST_BACKOFF)
    pause = max(pause, timedelta(seconds=error.then.seconds))
    if error.outcome is Outcome.RETRY:
        return now + pause
    first = earlier[0].begun if earlier else delivery.begun
    if error.outcome is Outcome.UNKNOWN and channel.deduplicates:
        return now + pause if now + pause - first <= REPEAT_FOR else None
    return None


async def _consequence(push: Push, error: SendError, channel: Channel, bureau: Bureau) -> None:
    if error.then.kind == "disable_target":
        known = (await bureau.store.targets()).get(push.target) or TargetState(id=push.target)
        way, now = channel.fingerprint, bureau.clock()
        await bureau.store.set_target(replace(known, disabled=error.reason, since=now, way=way))


async def _proven(delivery: Delivery, bureau: Bureau) -> None:
    """Confirm an unknown push that somebody tapped before its answer was given up."""
    if delivery.state is not State.UNKNOWN:
        return
    receipts = await bureau.store.receipts(delivery.push)
    if any(row.person in delivery.to for row in receipts):
        await bureau.store.confirm(delivery.push, delivery.part)


def _log(action: str, push: Push, reason: str = "") -> None:
    log.info("%s %s%s", action, push.key, f": {reason}" if reason else "", extra={"action": action})
