"""The ticks, and when they want to be woken. Every one may run twice, or late, without harm."""

from __future__ import annotations

import logging
from collections.abc import Awaitable, Callable, Collection, Mapping, Sequence
from dataclasses import replace
from datetime import date, datetime, timedelta

from bot.core import messages, notices, policy
from bot.core.dates import ONE
from bot.core.model import SHANGHAI, Push, State
from bot.core.parts import node_slots
from bot.core.planning import Plan, apart, plan_span
from bot.engine import alarms, planner, reports, reviews, tomorrow
from bot.engine.bureau import Bureau, Seen
from bot.engine.deliver import deliver
from bot.engine.intake import take_in
from bot.engine.recall import recall
from bot.engine.remind import next_reminder, remind
from bot.store import Told

log = logging.getLogger(__name__)

PLANNING, LOOK_BACK = tomorrow.MORNING, tomorrow.LOOK_BACK
SUGGESTIONS_FOR = timedelta(days=30)
WEEKS_AT_ONCE = 3  # of retention; an office that upgrades has a year of it


async def plan(bureau: Bureau, now: datetime) -> int:
    """Write today's rows, and those that a late window still admits; return how many are new."""
    library = bureau.library(now.date())
    if library.hold:
        return 0  # the days are not known: nothing is planned on a guess
    whole = await planner.plan_of(bureau, library, now.date())
    told, added = await bureau.store.told(), 0
    begun = min((one.first for one in told.values()), default=None)
    for share in apart(whole):
        mine = {name: told.get(name) for name in share}
        if bureau.drawn.is_settled(whole, share, (mine, begun), now):
            continue
        new = await _plan_share(share, whole, begun, bureau, now)
        added += new
        later = mine
        if new:
            told = await bureau.store.told()
            later = {name: told.get(name) for name in share}
        if not new or _only_grew(mine, later, new, begun):  # its own rows change no plan
            bureau.drawn.settle(whole, share, (later, begun), now)
    return added


def _only_grew(
    before: Mapping[str, Told | None],
    later: Mapping[str, Told | None],
    new: int,
    begun: datetime | None,
) -> bool:
    """Whether a share has the new rows and no others, none of them the bureau's first or unsaid."""
    old, now = ([one for one in each.values() if one] for each in (before, later))
    rows = sum(one.rows for one in now) - sum(one.rows for one in old)
    unsaid = sum(one.unsaid for one in now) - sum(one.unsaid for one in old)
    early = begun is None or any(one.first < begun for one in now)
    return rows == new and not unsaid and not early


async def _plan_share(
    share: Collection[str], whole: Plan, begun: datetime | None, bureau: Bureau, now: datetime
) -> int:
    first = now.date() - timedelta(days=LOOK_BACK)
    history = [push for push in await bureau.store.pushes(targets=share) if push.item]
    since = begun.date() if begun else date.max
    planned = plan_span(first, LOOK_BACK + 1, whole, history, now, only=share, begun=since)
    rows = [push for push in planned.pushes if push.until > now]
    late = missed(first, whole, history, now, share, begun)
    return await bureau.store.add_pushes([*rows, *late])


def missed(
    first: date,
    whole: Plan,
    history: Sequence[Push],
    now: datetime,
    share: Collection[str] = (),
    begun: datetime | None = None,
) -> list[Push]:
    """Return the node parts that should have been written and were not, each with its end.

    A warning that would come too late is not sent, and the summary tells it. What was due before
    the bureau's first push is nobody's miss.
    """
    since = begun or min((push.due for push in history), default=now)
    known, mine = {push.key for push in history}, frozenset(share)
    closed = [
        slot
        for slot in node_slots(max(first, since.date()), now.date(), whole)
        if policy.closing(slot.last_day, whole.policy) <= now
    ]
    if not any(
        slot.key(target) not in known
        for target in whole.receivers
        if not mine or target.id in mine
        for slot in closed
        if slot.is_for(target)
    ):
        return []  # as on every good day
    told = since.date() if history or begun else date.max
    due = plan_span(first, LOOK_BACK + 1, whole, history, only=mine, begun=told).pushes
    return [
        replace(push, state=State.EXPIRED, reason=messages.MISSED)
        for push in due
        if push.node and push.key not in known and push.until <= now and push.due > since
    ]


async def notify(bureau: Bureau, now: datetime) -> int:
    """Write the words that the office's own group is to hear today."""
    library = bureau.library(now.date())
    if library.hold or not any(target.office for target in bureau.targets):
        return 0
    whole = await planner.plan_of(bureau, library, now.date())
    rows = notices.notices(now.date(), whole)
    return await bureau.store.add_pushes(row for row in rows if row.until > now)


async def note_refused(bureau: Bureau, now: datetime) -> int:
    """Write down how many callbacks were refused at the door, without a word of them.

    At a tick, not with each: a flood of forged ones costs no disk.
    """
    waiting = dict(bureau.refused)
    for name, times in waiting.items():
        await bureau.store.count(name, now.date().isoformat(), times)
        bureau.refused[name] -= times
    return sum(waiting.values())


async def housekeep(bureau: Bureau, now: datetime) -> int:
    """Turn names that are past their term into counts, a few weeks at a time."""
    await bureau.store.drop_suggestions((now.date() - SUGGESTIONS_FOR).isoformat())
    signed = timedelta(days=365 * bureau.keep_signatures)
    await bureau.store.drop_signatures(now - signed)
    before = now - timedelta(days=bureau.keep_days)
    if not await reports.keep_lines(bureau, before.date(), now, WEEKS_AT_ONCE):
        return WEEKS_AT_ONCE  # first the ledger's lines, then the names
    for done in range(WEEKS_AT_ONCE):
        found = await bureau.store.fold_names(before, now)
        if found is None:
            return done
        words = f"{found.receipts} receipts, {found.names} names, certificate {found.number}"
        log.info("retention: %s", words, extra={"action": "retention"})
    return WEEKS_AT_ONCE


Tick = Callable[[Bureau, datetime], Awaitable[int]]
TICKS: tuple[Tick, ...] = (
    *(recall, plan, notify, alarms.tell_broken, reports.summarise, reports.make_ready),
    *(reviews.ask, tomorrow.announce),
    *(deliver, remind, take_in, note_refused, housekeep),
)
# Of several workers each that sends, each at all, and one of them.
SENDING: tuple[Tick, ...] = (recall, deliver, note_refused)
LISTENING: tuple[Tick, ...] = (recall, note_refused)
ONCE: tuple[Tick, ...] = tuple(one for one in TICKS if one not in (deliver, note_refused))
# These take their time, or change what is seen: each looks at the folder for itself.
LOOK_ANEW = frozenset({recall, deliver, remind, take_in})


async def tick(bureau: Bureau, now: datetime, which: Sequence[Tick] = TICKS) -> list[str]:
    """Run ticks once, while nobody else does; return what failed."""
    async with bureau.turn:
        return await some(bureau, now, which)


async def some(bureau: Bureau, now: datetime, which: Sequence[Tick]) -> list[str]:
    """Run ticks once; one that fails never stops the others. Return what failed."""
    failed = []
    once = replace(bureau, seen=Seen())
    for one in which:
        try:
            await one(bureau if one in LOOK_ANEW else once, now)
        except OSError as error:  # a full disk, say: one line, not a page a second
            log.error("tick %s: %s", one.__name__, error, extra={"action": "tick-failed"})
            failed.append(f"{one.__name__}: {error.strerror or type(error).__name__}")
        except Exception as error:
            log.exception("tick %s failed", one.__name__, extra={"action": "tick-failed"})
            failed.append(f"{one.__name__}: {type(error).__name__}")
    bureau.pulse.beat(failed)
    return failed


async def next_wake(bureau: Bureau, now: datetime) -> datetime:
    """Return when the ticks next have something to do: a due row, or what is done daily."""
    planning = datetime.combine(now.date(), PLANNING, SHANGHAI)
    if planning <= now:
        planning += ONE
    daily = min(planning, reports.next_ready(now), tomorrow.next_begin(now))
    daily = min(daily, await next_reminder(bureau, now) or daily)
    due = await bureau.store.next_due()
    return daily if due is None else max(now, min(due, daily))
