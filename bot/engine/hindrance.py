"""Whether a push may go at this moment: what was right at planning is asked again.

Approved, unexpired, still a workday, target on, not late, the caps. Of the pace each part asks.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, timedelta

from bot.channels import Channel
from bot.core import enclosing, messages, policy, seats
from bot.core.model import SHANGHAI, Cohort, Push, State, Target
from bot.core.summary import CORRECTION
from bot.engine import compose, planner
from bot.engine.bureau import Bureau, Moment

PATIENCE = timedelta(minutes=10)  # before a blocked push, or a silenced target, is looked at again
LOOK_AGAIN = timedelta(hours=24)  # a target that WeCom refused may have been allowed again
A_WHILE = timedelta(hours=1)  # in which a group lets those go first who are reached one by one
IN_ORDER = seats.DESK | {
    "summary-picture",
    enclosing.RULE,
}  # rules whose rows leave one after another
SOON = timedelta(seconds=30)  # before a way that is closed is tried again


@dataclass(frozen=True, kw_only=True)
class Wait:
    """Not now: try again at `until`, for `reason`."""

    until: datetime
    reason: str


async def hindrance(
    push: Push, target: Target | None, bureau: Bureau, moment: Moment
) -> Wait | None:
    """Return why a push cannot go now, None when it can."""
    if target is None or push.target not in bureau.channels:
        return Wait(
            until=moment.now + PATIENCE,
            reason=messages.TARGET_OFF.format(messages.NOT_CONFIGURED),
        )
    if reason := await closed(push, target, bureau, moment):
        return Wait(until=moment.now + PATIENCE, reason=reason)
    if reason := bureau.channels[push.target].closed:
        return Wait(until=moment.now + SOON, reason=reason)
    if first := await _comes_after(push, bureau):
        leaves = (first.not_before or first.due) + (push.due - first.due)
        return Wait(until=max(moment.now + SOON, leaves), reason=messages.WORDS_FIRST)
    opening = opening_of(push, bureau, moment)
    if opening > moment.now:
        return Wait(until=opening, reason=messages.OUT_OF_HOURS)
    # A correction waits for no cap: a wrong text that stands is the greater burden.
    free = target.office or target.person or push.rule == CORRECTION or enclosing.follows(push)
    return None if free else await _capped(push, bureau, moment)


async def closed(push: Push, target: Target, bureau: Bureau, moment: Moment) -> str:
    """Return why nothing goes to this target, or why this text may not be said, for now."""
    if moment.library.hold:
        return moment.library.hold
    states = await bureau.store.targets()
    staff = not target.office and push.rule not in seats.DESK
    if staff and planner.pause_of(states, moment.today) is not None:
        return messages.SKIP_PAUSED
    if why := planner.deferred(states, push.key.rpartition("@")[0]):
        return why
    known = states.get(target.id)
    way = bureau.channels[target.id].fingerprint
    rested = known and known.since and moment.now - known.since >= LOOK_AGAIN
    if known is not None and known.disabled and known.way == way and not rested:
        return messages.TARGET_OFF.format(known.disabled)
    channel = bureau.channels[target.id]
    if channel.needs_chat and not await chat_of(push, channel, bureau):
        return messages.TARGET_OFF.format(messages.NOT_BOUND)
    return compose.why_blocked(push, moment)


def opening_of(push: Push, bureau: Bureau, moment: Moment) -> datetime:
    """Return from when on a push may leave: now within decent hours, or for what stops us all."""
    if push.rule == seats.STOP:
        return moment.now
    return policy.next_permitted(moment.now, bureau.policy, moment.plan.calendar.is_workday)


async def _comes_after(push: Push, bureau: Bureau) -> Push | None:
    """Return what is to be read first and is on its way: words before their picture or card."""
    if push.rule not in IN_ORDER:
        return None
    waiting = await bureau.store.pushes([State.PLANNED, State.SENDING], target=push.target)
    together = [other for other in waiting if other.occurrence == push.occurrence]
    before = [other for other in together if other.due < push.due]
    return min(before, key=lambda other: other.due, default=None)


async def chat_of(push: Push, channel: Channel, bureau: Bureau) -> str:
    """Return the chatid of the group: as config.toml names it, or as 绑定 taught it."""
    if not channel.needs_chat:
        return ""
    target = bureau.target(push.target)
    known = (await bureau.store.targets()).get(push.target)
    return (target.chat if target else "") or (known.chat if known else "")


async def _capped(push: Push, bureau: Bureau, moment: Moment) -> Wait | None:
    """Return the wait that the caps of DESIGN §3.5 ask for: a day's, and a week's.

    What was said counts, and what is more urgent and still to be said keeps its place.
    """
    limits, today = bureau.policy, moment.today
    others = [
        other
        for other in await bureau.store.pushes(target=push.target, since=moment.now - policy.LATELY)
        if other.key != push.key and not enclosing.follows(other)
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


async def gives_way(
    push: Push, cohort: Cohort, bureau: Bureau, moment: Moment
) -> Wait | str | None:
    """A person gets an item once: a group whose people all have it one by one says nothing.

    It lets those go first, for an hour at most; whoever they did not reach hears it in the group.
    """
    singly = [target.id for target in bureau.one_by_one]
    if not singly:
        return None
    wanted, reached = {person.casefold() for person in cohort.covered}, set[str]()
    stem = push.key.rpartition("@")[0]
    for other in await bureau.store.pushes(stem=stem, targets=singly):  # not of a thousand groups
        if (other.occurrence, other.part) != (push.occurrence, push.part):
            continue
        way, target = bureau.channels.get(other.target), bureau.target(other.target)
        if way is None or not way.tappable:
            continue
        audience = await compose.audience_of(target, bureau, moment.today)
        people = {member.id.casefold() for member in audience}
        patient = moment.now < push.due + A_WHILE and other.until > moment.now
        if other.state in (State.PLANNED, State.SENDING) and people & wanted and patient:
            return Wait(until=moment.now + SOON, reason=messages.PERSONAL_FIRST)
        reached |= await _reached(other, wanted, way, bureau)
    return messages.PERSONAL_WINS if wanted and wanted <= reached else None


async def _reached(push: Push, wanted: set[str], way: Channel, bureau: Bureau) -> set[str]:
    """Return whom a push reached one by one: all of the parts that have somebody of `wanted`."""
    cohort, reached = await bureau.store.cohort(push.key), set[str]()
    if cohort is None or State.SENT not in push.tally:
        return reached
    for number, people in enumerate(compose.parts_of(cohort, way)):
        if wanted.isdisjoint(person.casefold() for person in people):
            continue
        for row in await bureau.store.deliveries(push.key, number):
            if row.state is State.SENT:
                gone = {person.casefold() for person in (*row.invalid, *row.unlicensed)}
                reached |= {person.casefold() for person in row.to} - gone
    return reached
