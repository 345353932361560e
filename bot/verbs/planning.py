"""The plan: what will be sent, and what will not."""

from __future__ import annotations

import json
from collections.abc import Iterable
from contextlib import suppress
from dataclasses import replace
from datetime import date, datetime, time, timedelta
from typing import Any

from bot.core import enclosing, messages
from bot.core.model import SHANGHAI, Push, Skip
from bot.core.planning import plan_span
from bot.engine import planner, ticks
from bot.engine.bureau import Bureau
from bot.library import disk
from bot.library.folder import Library
from bot.report import outlook
from bot.verbs.asking import YEARS, Mistake, Params, day_of, push_json

MAX_DAYS = 800
SEEN = "plan-seen.json"  # in the data folder: the plan as it was last looked at


async def plan(bureau: Bureau, now: datetime, params: Params) -> dict[str, Any]:
    """What will be sent, when, to whom; what is blocked or skipped, and why.

    With `unseen` it is not kept as the plan that somebody looked at.
    """
    first, days = _span(params, now.date())
    library = bureau.library(now.date())
    pushes, skipped = await outlook_of(bureau, library, now, first, days)
    answer: dict[str, Any] = {
        "pushes": [push_json(push) for push in pushes],
        "skipped": [_skip_json(skip) for skip in skipped if skip.date >= first],
    }
    answer |= named(bureau, library, pushes) | {"problems": _broken(library)}
    titles = answer["titles"]
    match params.get("form"):
        case "ics":
            answer["document"] = outlook.as_ics(answer["pushes"], titles, now).decode()
        case "html":
            names = answer["names"]
            answer["document"] = outlook.as_sheet(answer, titles, names, bureau.footer.unit)
    if params.get("unseen"):  # a calendar that fetches by itself is nobody who has looked
        return {**answer, "days": _days(library, first, days)}
    return _compared(answer, first, days, bureau, bool(params.get("diff")))


async def outlook_of(
    bureau: Bureau, library: Library, now: datetime, first: date, days: int
) -> tuple[list[Push], tuple[Skip, ...]]:
    """Return the pushes due in a span, those that have rows as they stand, and what is skipped."""
    rows = {push.key: push for push in await bureau.store.pushes() if push.item}
    # A span of the past is planned as it stood on its first morning.
    as_of = now if first >= now.date() else datetime.combine(first, time(), SHANGHAI)
    back = ticks.LOOK_BACK  # what a late window still admits is sent too, and so it is shown
    whole = await planner.plan_of(bureau, library, now.date())
    history, begin = list(rows.values()), first - timedelta(days=back)
    asked = (begin, days, as_of.replace(second=0, microsecond=0))
    planned = bureau.drawn.span(
        whole, history, asked, lambda: plan_span(begin, days + back, whole, history, as_of)
    )
    last = first + timedelta(days=days)
    known = [push for push in rows.values() if first <= push.due.date() < last]
    fresh = [push for push in planned.pushes if push.key not in rows and push.due.date() >= first]
    late = [
        replace(push, reason=messages.LATE)
        for push in planned.pushes
        if push.key not in rows and push.due.date() < first <= now.date() and push.until > now
    ]
    found = sorted([*known, *fresh, *late], key=lambda push: (push.due, push.key))
    states = await bureau.store.targets()
    found = [planner.marked(push, states) for push in found]
    return found, tuple(planned.skipped)


def named(bureau: Bureau, library: Library, pushes: Iterable[Push]) -> dict[str, Any]:
    """Return what the targets, rules, nodes and texts of some pushes are called."""
    items = {push.item: library.item(push.item) for push in pushes}
    titles = {key: item.title for key, item in items.items() if item is not None}
    return {"names": names_of(bureau, library), "titles": titles}


def _broken(library: Library) -> list[dict[str, Any]]:
    """Return what is wrong with the files that a plan is made from: a node that fails is silent."""
    return [
        {"where": one.where, "code": one.code, "message": one.message}
        for one in library.problems
        if one.severity == "error" and one.path.startswith("schedules/")
    ]


def _days(library: Library, first: date, days: int) -> dict[str, Any]:
    """Return for each day of a span whether it is a workday, and what it is called."""
    span = (first + timedelta(days=n) for n in range(days))
    found = ((day, library.calendar.day(day)) for day in span)
    return {day.isoformat(): {"workday": one.workday, "name": one.name} for day, one in found}


def names_of(bureau: Bureau, library: Library) -> dict[str, str]:
    """Return what targets, rules and nodes are called."""
    names = dict(messages.TO_THE_OFFICE) | {one.id: one.name for one in bureau.targets}
    names[enclosing.RULE] = messages.ATTACHMENT
    names |= {rule.key: rule.name for rule in library.schedules.rules}
    return names | {node.key: node.name for node in library.schedules.nodes}


def _compared(
    answer: dict[str, Any], first: date, days: int, bureau: Bureau, diff: bool
) -> dict[str, Any]:
    """Keep the plan as it was seen; with `diff`, tell what an edit changed since then."""
    path = bureau.shelf.folders.data / SEEN
    if not diff:
        kept = {"from": first.isoformat(), "days": days, "pushes": answer["pushes"]}
        with suppress(OSError):  # a full disk: the plan can be read all the same
            disk.write(path, json.dumps(kept, ensure_ascii=False).encode())
        return answer
    try:
        seen = json.loads(path.read_text("utf-8"))
        begun, span = date.fromisoformat(seen["from"]), timedelta(days=seen["days"])
        before = [one for one in seen["pushes"] if one["due"][:10] >= first.isoformat()]
        after = [p for p in answer["pushes"] if p["due"][:10] < (begun + span).isoformat()]
        return {**answer, "diff": outlook.changes(before, after, answer["titles"])}
    except (OSError, ValueError, LookupError, TypeError):
        raise Mistake(messages.NO_PLAN_BEFORE) from None


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
