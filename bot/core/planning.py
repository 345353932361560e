"""What is to be sent on a day: the future is computed from the folder, never stored.

The way of a week, for each target:

    slots(week)   what the calendar and the rules call for
      → settle    at most so many a day and a week, the lower rank first; the rest is skipped
      → choose    an approved, unexpired, rested text for each slot that stays

Same inputs, same plan, on any machine. A node's parts never move to another week: they are
sent, or skipped with the reason.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime, timedelta

from bot.core import rhythm
from bot.core.dates import ONE
from bot.core.model import Push, Skip
from bot.core.parts import next_node_days
from bot.core.plan import Plan, Planned
from bot.core.weeks import settle

__all__ = ["Plan", "Planned", "next_node_days", "plan_day", "plan_span", "plan_week"]


def plan_day(day: date, plan: Plan, history: Sequence[Push]) -> Planned:
    """Return what is to be sent on `day`, given the pushes of the past (and of this week)."""
    week = plan_week(day - timedelta(days=day.weekday()), plan, history)
    return Planned(
        pushes=tuple(push for push in week.pushes if push.due.date() == day),
        skipped=tuple(skip for skip in week.skipped if skip.date == day),
    )


def plan_span(
    first: date, days: int, plan: Plan, history: Sequence[Push], now: datetime | None = None
) -> Planned:
    """Return the plan of `days` days from `first` on, each week knowing those before it.

    With `now`, what was never written and can no longer be sent is no part of it: it used up no
    text and took no place.
    """
    last = first + (days - 1) * ONE
    monday = first - timedelta(days=first.weekday())
    past = list(history)
    pushes: list[Push] = []
    skipped: list[Skip] = []
    while monday <= last:
        week = plan_week(monday, plan, past, now)
        known = {push.key for push in past}
        past += [push for push in week.pushes if push.key not in known]
        pushes += week.pushes
        skipped += week.skipped
        monday += timedelta(days=7)
    return Planned(
        pushes=tuple(push for push in pushes if first <= push.due.date() <= last),
        skipped=tuple(skip for skip in skipped if first <= skip.date <= last),
    )


def plan_week(
    monday: date, plan: Plan, history: Sequence[Push], now: datetime | None = None
) -> Planned:
    """Settle one ISO week for every target.

    What history holds already stays as it is, and is part of the answer.
    """
    slots, skipped = rhythm.slots(monday, plan)
    pushes: list[Push] = []
    for target in plan.targets:
        if target.office or target.person:
            continue
        mine = [push for push in history if push.target == target.id]
        chosen, dropped = settle(monday, slots, target, plan, mine, now)
        pushes += chosen
        skipped += dropped
    order = {target.id: n for n, target in enumerate(plan.targets)}
    return Planned(
        pushes=tuple(sorted(pushes, key=lambda p: (p.due.date(), order[p.target], p.rank, p.key))),
        skipped=tuple(sorted(skipped, key=lambda s: (s.date, s.rule, s.target))),
    )
