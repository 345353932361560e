"""The parts of a node, each on its day: what the calendar calls for."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import date

from bot.core import policy
from bot.core.calendar import merges
from bot.core.model import Item, NodeDay
from bot.core.plan import Plan, Slot

ESTIMATE_LEAD = 2  # workdays a main comes earlier while its days off are an estimate (DESIGN §9)


def node_slots(monday: date, plan: Plan) -> list[Slot]:
    """Return the node slots of the weeks round `monday`, merged where they are to be."""
    # A node's first part comes up to a few weeks before its day: 元旦 is warned of in December.
    # A lunar year ends in the next solar one: 小年 of 2026 is in January 2027.
    days = [day for year in (-1, 0, 1) for day in plan.node_days(monday.year + year)]
    near = [day for day in days if -30 <= (day.date - monday).days <= 60]
    mains = [main_slot(group, plan) for group in groups(near)]
    finals = [_final_slot(node_day, plan) for node_day in near if not node_day.node.follows]
    return mains + _merge_same_day(finals)


def groups(days: Sequence[NodeDay]) -> list[list[NodeDay]]:
    groups: list[list[NodeDay]] = []
    for day in days:
        if groups and merges(groups[-1][-1], day):
            groups[-1].append(day)
        else:
            groups.append([day])
    return groups


def main_slot(group: Sequence[NodeDay], plan: Plan) -> Slot:
    first, calendar = group[0], plan.calendar
    if first.node.follows:  # its day is a workday, and the only one
        return _node_slot(group, "main", first.date, calendar.workday_after(first.date))
    earlier = ESTIMATE_LEAD if any(node_day.provisional for node_day in group) else 0
    day = _lead_day(first, first.node.main + earlier, plan)
    final = _lead_day(first, first.node.final, plan)
    late = calendar.workday_after(day, first.node.main_late_ok)
    # A main that would come on the final's own day is worth nothing beside it.
    return _node_slot(group, "main", day, max(day, min(late, calendar.workday_before(final))))


def _final_slot(node_day: NodeDay, plan: Plan) -> Slot:
    day = _lead_day(node_day, node_day.node.final, plan)
    return _node_slot([node_day], "final", day, day)


def _lead_day(node_day: NodeDay, lead: int, plan: Plan) -> date:
    """Return the day `lead` workdays before W, or the workday before it if that one is silent."""
    day = plan.calendar.workday_before(node_day.last_workday_before, lead)
    is_open = policy.open_day(day, plan.calendar.is_workday)
    return day if is_open else plan.calendar.workday_before(day)


def _node_slot(group: Sequence[NodeDay], part: str, day: date, last: date) -> Slot:
    return Slot(
        day=day,
        occurrence=group[0].occurrence,
        part=part,
        covers=tuple(node_day.occurrence for node_day in group),
        last_day=last,
        rank=policy.rank_of(part),
        nodes=tuple(group),
    )


def _merge_same_day(slots: Sequence[Slot]) -> list[Slot]:
    """Two finals on one morning (中秋 inside 国庆, 2025) are one, which names both."""
    merged: dict[date, Slot] = {}
    for slot in slots:
        if twin := merged.get(slot.day):
            covers, nodes = twin.covers + slot.covers, twin.nodes + slot.nodes
            merged[slot.day] = replace(twin, covers=covers, nodes=nodes)
        else:
            merged[slot.day] = slot
    return list(merged.values())


def next_node_days(item: Item, day: date, plan: Plan) -> tuple[NodeDay, ...]:
    """Return the nodes that a node item sent by hand on `day` speaks of: the next that it fits."""
    for group in groups([d for year in (0, 1) for d in plan.node_days(day.year + year)]):
        mine = tuple(d for d in group if d.node.name in item.nodes and d.until >= day)
        if mine:
            return mine
    return ()
