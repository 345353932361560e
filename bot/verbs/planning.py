"""The plan: what will be sent, and what will not."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, datetime, time, timedelta
from typing import Any

from bot.core import messages
from bot.core.model import SHANGHAI, Skip
from bot.core.planning import plan_span
from bot.engine import planner, ticks
from bot.engine.bureau import Bureau
from bot.verbs.asking import YEARS, Mistake, Params, day_of, push_json

MAX_DAYS = 800


async def plan(bureau: Bureau, now: datetime, params: Params) -> dict[str, Any]:
    """What will be sent, when, to whom; what is blocked or skipped, and why."""
    first, days = _span(params, now.date())
    library = bureau.library(now.date())
    rows = {push.key: push for push in await bureau.store.pushes() if push.item}
    # A span of the past is planned as it stood on its first morning.
    as_of = now if first >= now.date() else datetime.combine(first, time(), SHANGHAI)
    back = ticks.LOOK_BACK  # what a late window still admits is sent too, and so it is shown
    whole = await planner.plan_of(bureau, library, now.date())
    planned = plan_span(
        first - timedelta(days=back), days + back, whole, list(rows.values()), as_of
    )
    last = first + timedelta(days=days)
    known = [push for push in rows.values() if first <= push.due.date() < last]
    fresh = [push for push in planned.pushes if push.key not in rows and push.due.date() >= first]
    late = [
        replace(push, reason=messages.LATE)
        for push in planned.pushes
        if push.key not in rows and push.due.date() < first <= now.date() and push.until > now
    ]
    pushes = sorted([*known, *fresh, *late], key=lambda push: (push.due, push.key))
    return {
        "pushes": [push_json(push) for push in pushes],
        "skipped": [_skip_json(skip) for skip in planned.skipped if skip.date >= first],
    }


def _skip_json(skip: Skip) -> dict[str, Any]:
    return {
        "rule": skip.rule,
        "date": skip.date.isoformat(),
        "reason": skip.reason,
        "target": skip.target,
    }


def _span(params: Params, today: date) -> tuple[date, int]:
    """Return the first day and the count of days that were asked for."""
    first = day_of(params.get("from"), today)
    days = int(params.get("days", 30))
    if not 0 < days <= MAX_DAYS or (first + timedelta(days=days)).year not in YEARS:
        raise Mistake(f"天数应在 1 到 {MAX_DAYS} 之间，日历到 {YEARS[-1]} 年为止")
    return first, days
