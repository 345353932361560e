"""The rules of rhythm.toml, each on its day.

A weekly rule whose day is closed gives way to it, and says so. A rule of the month or the quarter
names a day that may be closed as well: it then comes on the next open one, for it comes but once.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, timedelta
from functools import partial

from bot.core import messages, policy, roles
from bot.core.dates import ONE
from bot.core.model import Kind, Rule, Skip
from bot.core.plan import Plan, Slot

WEEKLY = 3  # how rare a rule is; see Slot.rarity


def rule_slots(monday: date, plan: Plan) -> tuple[list[Slot], list[Skip]]:
    """Return the slots that the rules call for in a week, and the calls that come to nothing.

    A closed day closes for every target, so those skips name none.
    """
    slots, skips = [], []
    series = [rule for rule in plan.rules if rule.series and rule.instead]
    for rule in plan.rules:
        for day, occurrence, rarity in _days(rule, monday, plan):
            if not _within(rule, day):
                continue
            silent = next((one.series for one in series if _silences(one, rule, day)), "")
            reason = closed(day, plan) or _unheard(rule, plan)
            if reason := reason or (silent and messages.SKIP_SERIES.format(silent)):
                skips.append(Skip(rule=rule.key, date=day, reason=reason))
            else:
                slots.append(_slot(rule, day, occurrence, rarity, plan))
    return slots, skips


def closed(day: date, plan: Plan) -> str:
    """Return why nothing is sent on `day`, "" when something may be."""
    return plan.keep(("closed", day), lambda: _closed(day, plan))


def _closed(day: date, plan: Plan) -> str:
    found = plan.calendar.day(day)
    if not found.workday:
        return messages.SKIP_DAY_OFF.format(found.name or messages.DAY_OFF)
    if (day.month, day.day) in policy.SILENT_DAYS:
        return messages.SKIP_SILENT_DAY
    if day in plan.policy.blackout:
        return messages.SKIP_BLACKOUT
    return messages.SKIP_PAUSED if plan.pause is not None and plan.pause.holds(day) else ""


def _unheard(rule: Rule, plan: Plan) -> str:
    """Say that a rule is for a role that no target has, "" when somebody hears it."""
    wanted = rule.audience
    if not wanted or any(roles.same(target.audience, wanted) for target in plan.receivers):
        return ""
    return messages.SKIP_NO_TARGET.format(wanted)


def _within(rule: Rule, day: date) -> bool:
    return (rule.first is None or rule.first <= day) and (rule.last is None or day <= rule.last)


def _silences(series: Rule, rule: Rule, day: date) -> bool:
    """Whether a series that takes the rhythm's place leaves no room for a rule on `day`."""
    return rule.key != series.key and Kind.DUTY not in rule.kinds and _within(series, day)


def _days(rule: Rule, monday: date, plan: Plan) -> Iterator[tuple[date, str, int]]:
    """Yield (day, occurrence, rarity) of a rule in the week of `monday`."""
    if rule.every == "week":
        day = monday + (rule.weekday - 1) * ONE
        year, week, _ = day.isocalendar()
        yield day, f"{rule.key}-{year}W{week:02d}", WEEKLY
        return
    sunday = monday + 6 * ONE
    for year, month in dict.fromkeys(((monday.year, monday.month), (sunday.year, sunday.month))):
        if rule.months and month not in rule.months:
            continue
        if rule.every == "quarter":
            number = (month + 2) // 3
            first, name, rarity = date(year, 3 * number - 2, 1), f"{year}Q{number}", 1
        else:
            first, name, rarity = date(year, month, 1), f"{year}M{month:02d}", 2 - bool(rule.months)
        day = plan.keep((rule, name), partial(_day_in, rule, first, plan))
        if monday <= day <= sunday:
            yield day, f"{rule.key}-{name}", rarity


def _day_in(rule: Rule, first: date, plan: Plan) -> date:
    """Return the day of a rule in the month or quarter that begins with `first`."""
    months = 3 if rule.every == "quarter" else 1
    after = date(first.year + (first.month + months > 12), (first.month + months - 1) % 12 + 1, 1)
    days = [first + n * ONE for n in range((after - first).days)]
    is_open = [day for day in days if not closed_but_for_pause(day, plan)]
    if not is_open:
        return days[-1]  # a month of days off: closed, and said to be
    if rule.workday > 0:
        return is_open[min(rule.workday, len(is_open)) - 1]
    if rule.workday < 0:
        return is_open[-1]
    wanted = _dated(first, rule.day)
    return next((day for day in is_open if day >= wanted), is_open[-1])


def _dated(first: date, day: int) -> date:
    """Return a day of the month of `first`, the last one where it has no 31st."""
    end = (first.replace(day=28) + timedelta(days=4)).replace(day=1) - ONE
    return first.replace(day=min(day, end.day))


def closed_but_for_pause(day: date, plan: Plan) -> bool:
    return not policy.open_day(day, plan.calendar.is_workday, plan.policy.blackout)


def _slot(rule: Rule, day: date, occurrence: str, rarity: int, plan: Plan) -> Slot:
    return Slot(
        day=day,
        occurrence=occurrence,
        part="main",
        covers=(occurrence,),
        last_day=plan.calendar.workday_after(day, rule.late_ok),
        rank=policy.rank_of("main", rule.kinds),
        rarity=rarity,
        time=rule.slot,
        rule=rule,
    )
