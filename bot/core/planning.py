"""What is to be sent on a day: the future is computed from the folder, never stored.

The way of a week:

    parts, rhythm   what the calendar and the rules call for (Slot)
      → weeks       at most so many a day and a week, the lower rank first; what a rule called for
                    and had no place for moves to the next free week, parts of a node never do
      → choice      an approved, unexpired, rested text for each slot that stays

Same inputs, same plan, on any machine.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from datetime import date, datetime, timedelta

from bot.core import messages
from bot.core.dates import ONE
from bot.core.memory import Memory
from bot.core.model import Push, Skip
from bot.core.parts import next_node_days, year_parts
from bot.core.plan import Pause, Plan, Planned, Slot
from bot.core.rhythm import rule_slots
from bot.core.weeks import MOVE_WEEKS, Waiting, settle

__all__ = [
    "Pause",
    "Plan",
    "Planned",
    "apart",
    "next_node_days",
    "plan_day",
    "plan_span",
    "plan_week",
]

WEEK = timedelta(days=7)
TARGETS_AT_ONCE = 250  # a year of them is some 40 MB


def plan_day(day: date, plan: Plan, history: Sequence[Push]) -> Planned:
    """Return what is to be sent on `day`, given the pushes of the past (and of this week)."""
    return plan_span(day, 1, plan, history)


def plan_week(
    monday: date, plan: Plan, history: Sequence[Push], now: datetime | None = None
) -> Planned:
    """Settle one ISO week for every target.

    What history holds already stays as it is, and is part of the answer.
    """
    return plan_span(monday, 7, plan, history, now)


def plan_span(
    first: date,
    days: int,
    plan: Plan,
    history: Sequence[Push],
    now: datetime | None = None,
    *,
    only: Collection[str] = (),
    begun: date = date.max,
) -> Planned:
    """Return the plan of `days` days from `first` on, each week knowing those before it.

    With `now`, what was never written and can no longer be sent is no part of it: it used up no
    text and took no place. With `only` it is the share of these targets, whose history alone is
    given, as far back as `begun` says that the bureau's goes (see `apart`).
    """
    last = first + (days - 1) * ONE
    monday = first - timedelta(days=first.weekday())
    wanted = frozenset(only)
    mine = [target for target in plan.receivers if not wanted or target.id in wanted]
    told: dict[str, list[Push]] = {target.id: [] for target in mine}
    for push in history:
        if push.target in told:
            told[push.target].append(push)
    memories = {target: Memory(pushes) for target, pushes in told.items()}
    begun = min([begun, *(push.due.date() for push in history)])
    waiting: list[Waiting] = []
    gave_way: list[Waiting] = []
    for back in range(MOVE_WEEKS, 0, -1):  # what gave way in the weeks before still waits
        before = monday - back * WEEK
        slots, _ = _slots(before, plan)
        week = settle(before, slots, waiting, memories, plan, now, texts=False)
        waiting = _still(week.waiting, memories, begun < before + WEEK)
    pushes: list[Push] = []
    skipped: list[Skip] = []
    while monday <= last:
        slots, closed = _slots(monday, plan)
        week = settle(monday, slots, waiting, memories, plan, now)
        said = [push.due.date() for push in week.pushes if push.due.date() >= first]
        begun = min([begun, *said])
        waiting = _still(week.waiting, memories, begun < monday + WEEK)
        pushes += week.pushes
        skipped += closed + week.skipped
        gave_way += week.gave_way
        monday += WEEK
    order = {target.id: n for n, target in enumerate(plan.targets)}
    pushes = [push for push in pushes if first <= push.due.date() <= last]
    skipped += [_moved(one, memories[one.target.id], last) for one in gave_way]
    skipped = [skip for skip in skipped if first <= skip.date <= last]
    return Planned(
        pushes=tuple(sorted(pushes, key=lambda p: (p.due.date(), order[p.target], p.rank, p.key))),
        skipped=tuple(sorted(skipped, key=lambda s: (s.date, s.rule, s.target, s.reason))),
    )


def apart(plan: Plan, at_once: int = TARGETS_AT_ONCE) -> Iterator[tuple[str, ...]]:
    """Yield the receivers in shares that may be planned one after another, with the same result.

    What is said in one group takes no place in another. People who are addressed one by one may
    belong to several targets: these are one share. A year of thousands of groups is never in
    memory at once.
    """
    singly = tuple(one.id for one in plan.receivers if plan.rosters.get(one.id))
    groups = [one.id for one in plan.receivers if not plan.rosters.get(one.id)]
    if len(plan.receivers) <= at_once:
        singly, groups = tuple(one.id for one in plan.receivers), []
    if singly:
        yield singly
    for n in range(0, len(groups), at_once):
        yield tuple(groups[n : n + at_once])


def _moved(one: Waiting, memory: Memory, last: date) -> Skip:
    """Say why something is not on its day, and where it went as far as that is known."""
    row = memory.rows.get(one.slot.key(one.target))
    known = row is not None and row.due.date() <= last  # beyond the plan nothing is settled
    to = messages.MOVES_TO.format(row.due) if row and known else messages.MOVES_ON
    return Skip(
        rule=one.slot.name,
        date=one.slot.day,
        reason=one.slot.moved + to,
        target=one.target.id,
    )


def _still(
    waiting: Sequence[Waiting], memories: Mapping[str, Memory], begun: bool
) -> list[Waiting]:
    """Return what waits on: of weeks before the first push only what has a row.

    A bureau that begins today is not told what gave way before it began.
    """
    return [
        one for one in waiting if begun or one.slot.key(one.target) in memories[one.target.id].rows
    ]


def _slots(monday: date, plan: Plan) -> tuple[list[Slot], list[Skip]]:
    """Return what a week calls for, and the rules that give way to closed days.

    A part that several nodes share is looked at from the weeks near it too: where one of them
    was spoken of already, the others have it on days of their own.
    """
    found = year_parts(monday.year, plan)
    slots, skips = rule_slots(monday, plan)
    here = found.weeks.get(monday, [])
    near = [slot for slot in found.merged if abs(slot.day - monday) < timedelta(weeks=6)]
    return [*slots, *here, *(slot for slot in near if slot not in here)], skips
