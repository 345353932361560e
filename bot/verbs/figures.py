"""The weekly summary."""

from __future__ import annotations

import base64
from collections.abc import Mapping
from datetime import datetime
from typing import Any

from bot.core import messages, periods
from bot.core.calendar import iso_week, monday_of
from bot.engine import compose, reports
from bot.engine.bureau import Bureau
from bot.report import picture, spans, weekly
from bot.verbs.asking import YEARS, Mistake, Params, outbox_json


async def summary_of(bureau: Bureau, now: datetime, params: Params) -> dict[str, Any]:
    """The weekly summary as it was sent; with `recount`, as it would be today, and what changed."""
    if span := _span(params):
        return await _of_span(span, bureau, now, params)
    week = _week(now, params)
    kept = await bureau.store.summary(week)
    if kept and not params.get("recount"):
        return {**kept["json"], "text": kept["text"], "as_sent": True, **_drawn(kept, params)}
    drawn = bool(params.get("picture"))
    built = await compose.summary_of(week, bureau, bureau.moment(), drawn=drawn)
    answer: dict[str, Any] = {**built["json"], "text": built["text"]}
    answer |= {"as_sent": False, **_drawn(built, params)}
    if kept:
        answer["difference"] = _difference(kept["json"]["total"], answer["total"])
    return answer


async def send(bureau: Bureau, now: datetime, params: Params) -> dict[str, Any]:
    """Send a week's summary to the office's group now; one that went there is not sent again."""
    offices, week = [target for target in bureau.targets if target.office], _week(now, params)
    if _span(params) or params.get("recount"):
        raise Mistake(messages.SEND_WEEK_ONLY)
    if week >= iso_week(now.date()):
        raise Mistake(messages.SEND_LATER.format(week))
    if not offices:
        raise Mistake(messages.SEND_NOWHERE)
    found, already = [], []
    async with bureau.turn:
        for office in offices:
            rows, had = await reports.send_now(week, office, bureau)
            found += rows
            already += [office.id] if had else []
    return {"week": week, "pushes": [outbox_json(row) for row in found], "already": already}


def _week(now: datetime, params: Params) -> str:
    week = str(params.get("week") or weekly.reported_week(now.date()))
    try:
        if monday_of(week).year not in YEARS:
            raise ValueError
    except ValueError:
        raise Mistake(f"“{week}”不是周次，请写成 {iso_week(now.date())}") from None
    return week


def _span(params: Params) -> periods.Period | None:
    """Return the month, quarter or year that was asked for, None where a week is."""
    month, quarter = str(params.get("month") or ""), str(params.get("quarter") or "")
    year = params.get("year")
    asked = [one for one in (params.get("week"), month, quarter, year) if one]
    if len(asked) > 1:
        raise Mistake(messages.PERIOD_ONE)
    if not (month or quarter or year):
        return None
    try:
        span = periods.period(month, quarter, int(year or 0))
        if not all(day.year in YEARS for day in (span.first, span.last)):
            raise ValueError
    except (ValueError, TypeError, OverflowError):
        raise Mistake(messages.PERIOD_WRONG.format(asked[0])) from None
    return span


async def _of_span(
    span: periods.Period, bureau: Bureau, now: datetime, params: Params
) -> dict[str, Any]:
    """A month, a quarter or a year, counted now."""
    library = bureau.library(now.date())
    found = await spans.build(
        bureau.store,
        library,
        bureau.plan(library),
        span=span,
        as_of=now,
        review=bureau.review,
        stopped=bureau.shelf.folders.memory.happened,
    )
    unit = bureau.footer.unit
    drawn = _drawn({"svg": picture.span_svg(found, unit)}, params)
    return {**periods.as_json(found), "text": periods.words(found, unit), **drawn}


def _drawn(built: Mapping[str, Any], params: Params) -> dict[str, Any]:
    """Return {"picture"}, a .svg or .png in base64, for whoever asks for one."""
    wanted = params.get("picture")
    if not wanted:
        return {}
    if "svg" not in built:  # kept before there were pictures
        raise Mistake(messages.PICTURE_NONE)
    drawn = built["svg"].encode() if wanted == ".svg" else picture.png(built["svg"])
    return {"picture": base64.b64encode(drawn).decode()}


def _difference(before: Mapping[str, Any], after: Mapping[str, Any]) -> dict[str, Any]:
    return {
        name: after[name] - before[name]
        for name in after
        if isinstance(after[name], int) and isinstance(before.get(name), int)
    }
