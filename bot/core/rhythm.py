"""The rules of rhythm.toml, each on its day."""

from __future__ import annotations

from datetime import date

from bot.core import messages, policy
from bot.core.dates import ONE
from bot.core.model import Rule, Skip
from bot.core.parts import node_slots
from bot.core.plan import Plan, Slot


def slots(monday: date, plan: Plan) -> tuple[list[Slot], list[Skip]]:
    """Return the slots of the week (and of nodes near it), and the rules that give way to it."""
    found = node_slots(monday, plan)
    skips = []
    for rule in plan.rules:
        day = monday + (rule.weekday - 1) * ONE
        if policy.open_day(day, plan.calendar.is_workday):
            found.append(_rule_slot(rule, day, plan))
        else:
            skips.append(Skip(rule=rule.key, date=day, reason=_why_closed(day, plan)))
    return found, skips


def _why_closed(day: date, plan: Plan) -> str:
    found = plan.calendar.day(day)
    if found.workday:
        return messages.SKIP_SILENT_DAY
    return messages.SKIP_DAY_OFF.format(found.name or messages.DAY_OFF)


def _rule_slot(rule: Rule, day: date, plan: Plan) -> Slot:
    year, week, _ = day.isocalendar()
    occurrence = f"{rule.key}-{year}W{week:02d}"
    return Slot(
        day=day,
        occurrence=occurrence,
        part="main",
        covers=(occurrence,),
        last_day=plan.calendar.workday_after(day, rule.late_ok),
        rank=policy.rank_of("main", rule.kinds),
        time=rule.slot,
        rule=rule,
    )
