"""The parts of a node, each on its day: what the calendar calls for.

In workdays before W, the last workday before the days off; earlier by two while those days are
an estimate:

    draft-due   8 and 4 before the first of the others, to the office's own group (notices.py)
    early       a short word on gifts, where the node asks for one (W-10 for 春节, 中秋, 国庆)
    leaders     one before main, to the targets whose audience are 领导干部 (or 领导班子)
    main        W-3, or W-4; one for nodes that merge, and it names them all
    final       W itself in the morning (春节: W-1); each node its own
    after       the first workday after the days off; never earlier; none where there are none

No part ever moves to another week: it is sent, or skipped with the reason.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import date, timedelta

from bot.core import policy, roles
from bot.core.calendar import merges
from bot.core.model import Item, NodeDay
from bot.core.plan import Plan, Slot

ESTIMATE_LEAD = 2  # workdays earlier while the days off are an estimate (DESIGN §9)
DRAFT_DUE = (8, 4)  # workdays before the first part
EARLY_LATE_OK = AFTER_LATE_OK = 2  # workdays


@dataclass(frozen=True, kw_only=True)
class DraftDue:
    """A word to the editors: so many workdays until a node's first part."""

    day: date
    before: int
    first: date  # the day of the first part
    nodes: tuple[NodeDay, ...]


@dataclass(frozen=True, kw_only=True)
class YearParts:
    """The parts of all nodes round one year, found by the Monday of their week."""

    weeks: dict[date, list[Slot]]
    merged: tuple[Slot, ...]  # those for several nodes: a notice may take them apart
    due: tuple[DraftDue, ...]


def year_parts(year: int, plan: Plan) -> YearParts:
    return plan.keep(("parts", year), lambda: _year_parts(year, plan))


def node_slots(first: date, last: date, plan: Plan) -> list[Slot]:
    """Return the parts of all nodes from `first` to `last`."""
    years = range(first.year, last.year + 1)
    weeks = {
        monday: slots for year in years for monday, slots in year_parts(year, plan).weeks.items()
    }
    return [slot for slots in weeks.values() for slot in slots if first <= slot.day <= last]


def _year_parts(year: int, plan: Plan) -> YearParts:
    # 元旦 is warned of in December, and a lunar year ends in the next solar one.
    days = [day for near in (-1, 0, 1) for day in plan.node_days(year + near)]
    days.sort(key=lambda day: (day.date, day.node.key))
    slots: list[Slot] = []
    due: list[DraftDue] = []
    for group in groups(days):
        together = group_slots(group, plan)
        slots += together
        due += _draft_due(together, plan)
    single = [slot for day in days for slot in _single_slots(day, plan)]
    slots += _same_day(single)
    weeks: dict[date, list[Slot]] = {}
    for slot in slots:
        weeks.setdefault(slot.day - timedelta(days=slot.day.weekday()), []).append(slot)
    merged = tuple(slot for slot in slots if len(slot.nodes) > 1)
    return YearParts(weeks=weeks, merged=merged, due=tuple(due))


def groups(days: Sequence[NodeDay]) -> list[list[NodeDay]]:
    """Put together, in order of date, the nodes that are warned of together."""
    found: list[list[NodeDay]] = []
    last: list[NodeDay] | None = None
    for day in days:
        if not day.brings_days_off:  # 教师节 lies between 中秋 and 国庆 and parts them not
            found.append([day])
        elif last is not None and merges(last[-1], day):
            last.append(day)
        else:
            last = [day]
            found.append(last)
    return found


def group_slots(group: Sequence[NodeDay], plan: Plan) -> list[Slot]:
    """Return the parts that merged nodes share: early, leaders, main."""
    first, calendar = group[0], plan.calendar
    node = first.node
    if node.follows:  # its day is a workday, and the only one
        last = calendar.workday_after(first.date, node.main_late_ok)
        return [_slot(group, "main", first.date, last)]
    shift = ESTIMATE_LEAD if any(day.provisional for day in group) else 0
    day = _lead_day(first, node.main + shift, plan)
    before_final = calendar.workday_before(_lead_day(first, node.final + shift, plan))
    late = min(calendar.workday_after(day, node.main_late_ok), before_final)
    # A main that would come on the final's own day is worth nothing beside it.
    slots = [_slot(group, "main", day, max(day, late))]
    leaders = _open_before(calendar.workday_before(day), plan)
    slots.append(_slot(group, "leaders", leaders, leaders))
    lead = max(one.node.early for one in group)
    if lead:
        early = _lead_day(first, lead + shift, plan)
        late = calendar.workday_after(early, EARLY_LATE_OK)
        slots.append(_slot(group, "early", early, max(early, min(late, leaders))))
    return [slot for slot in slots if _wanted(group, slot.part)]


def _single_slots(day: NodeDay, plan: Plan) -> list[Slot]:
    """Return the parts that each node keeps for itself: final and after."""
    if day.node.follows:
        return []
    shift = ESTIMATE_LEAD if day.provisional else 0
    final = _lead_day(day, day.node.final + shift, plan)
    slots = [_slot([day], "final", final, final)]
    if day.last_off:
        first = _open_after(plan.calendar.workday_after(day.last_off), plan)
        last = plan.calendar.workday_after(first, AFTER_LATE_OK)
        slots.append(_slot([day], "after", first, last))
    return [slot for slot in slots if _wanted([day], slot.part)]


def _wanted(group: Iterable[NodeDay], part: str) -> bool:
    return any(not day.node.parts or part in day.node.parts for day in group)


def _draft_due(slots: Sequence[Slot], plan: Plan) -> list[DraftDue]:
    """Return when the editors hear of the first part that somebody is to get."""
    led = any(roles.leads(target.audience) for target in plan.receivers)
    heard = [slot for slot in slots if led or slot.part != "leaders"]
    if not heard or not _wanted(heard[0].nodes, "draft-due"):
        return []
    first = min(slot.day for slot in heard)
    return [
        DraftDue(
            day=plan.calendar.workday_before(first, before),
            before=before,
            first=first,
            nodes=heard[0].nodes,
        )
        for before in DRAFT_DUE
    ]


def _lead_day(day: NodeDay, lead: int, plan: Plan) -> date:
    """Return the day `lead` workdays before W, or the open day before it if that one is not."""
    return _open_before(plan.calendar.workday_before(day.last_workday_before, lead), plan)


def _open_before(day: date, plan: Plan) -> date:
    return _open(day, plan, plan.calendar.workday_before)


def _open_after(day: date, plan: Plan) -> date:
    return _open(day, plan, plan.calendar.workday_after)


def _open(day: date, plan: Plan, step: Callable[[date], date]) -> date:
    while not policy.open_day(day, plan.calendar.is_workday, plan.policy.blackout):
        day = step(day)
    return day


def _slot(group: Sequence[NodeDay], part: str, day: date, last: date) -> Slot:
    return Slot(
        day=day,
        occurrence=group[0].occurrence,
        part=part,
        covers=tuple(node_day.occurrence for node_day in group),
        last_day=last,
        rank=policy.rank_of(part),
        nodes=tuple(group),
    )


def _same_day(slots: Sequence[Slot]) -> list[Slot]:
    """Two finals of one span (中秋 inside 国庆, 2025) are one, which names both."""
    joined: dict[tuple[str, date, date | str], Slot] = {}
    for slot in slots:
        at = (slot.part, slot.day, slot.nodes[0].first_off or slot.occurrence)
        if twin := joined.get(at):
            covers, nodes = twin.covers + slot.covers, twin.nodes + slot.nodes
            joined[at] = replace(twin, covers=covers, nodes=nodes)
        else:
            joined[at] = slot
    return list(joined.values())


def without(slot: Slot, covered: frozenset[str], plan: Plan) -> Slot | None:
    """Return a slot less the occurrences that were spoken of; None when nothing is left."""
    nodes = tuple(day for day in slot.nodes if day.occurrence not in covered)
    if not nodes:
        return None
    if slot.part in ("final", "after"):
        covers = tuple(day.occurrence for day in nodes)
        return replace(slot, covers=covers, occurrence=covers[0], nodes=nodes)
    return next((one for one in group_slots(nodes, plan) if one.part == slot.part), None)


def next_node_days(item: Item, day: date, plan: Plan) -> tuple[NodeDay, ...]:
    """Return the nodes that a node item sent by hand on `day` speaks of: the next that it fits."""
    for group in groups([d for year in (0, 1) for d in plan.node_days(day.year + year)]):
        mine = tuple(d for d in group if d.node.name in item.nodes and d.until >= day)
        if mine:
            return mine
    return ()
