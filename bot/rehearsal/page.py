"""The report as one HTML page that stands alone: months of days, and below them what to mend."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date
from itertools import groupby
from pathlib import Path
from typing import Any

from jinja2 import Environment, FileSystemLoader

from bot.channels import WAYS
from bot.core import messages
from bot.rehearsal.figures import faults

Row = dict[str, Any]
_templates = Environment(
    loader=FileSystemLoader(Path(__file__).parent / "templates"),
    autoescape=True,
    trim_blocks=True,
    lstrip_blocks=True,
)


def page(found: Mapping[str, Any]) -> str:
    """Return the page of a report (figures.report)."""
    sent = [push for push in found["pushes"] if push["state"] == "sent"]
    return _templates.get_template("year.html").render(
        found=found,
        months=_months(found),
        sent=len(sent),
        faults=faults(found),
        states=messages.STATES,
        ways=WAYS,
        parts={**messages.PARTS, "main": "主提醒 "},
        mark=messages.PLAN_MARK,
        not_for_appraisal=messages.NOT_FOR_APPRAISAL,
    )


def _months(found: Mapping[str, Any]) -> list[Row]:
    """Return twelve months of days, each with what was sent on it."""
    by_day: dict[str, list[Row]] = {}
    for push in found["pushes"]:
        by_day.setdefault(push["at"][:10], []).append(push)
    months = []
    for month, days in groupby(found["days"], key=lambda day: day["date"][:7]):
        cells = [_cell(day, by_day.get(day["date"], ())) for day in days]
        months.append({"name": f"{int(month[5:])} 月", "days": cells})
    return months


def _cell(day: Mapping[str, Any], pushes: Sequence[Row]) -> Row:
    """Return one day; a text that went to several targets is one line with their number."""
    lines: dict[tuple[Any, ...], Row] = {}
    for push in pushes:
        alike = (push["title"], push["state"], push["reason"])
        line = lines.setdefault(alike, {**push, "targets": 0, "hour": push["at"][11:16]})
        line["targets"] += 1
        line["hour"] = min(line["hour"], push["at"][11:16])
    when = date.fromisoformat(day["date"])
    odd = day["workday"] != (when.weekday() < 5)
    return {
        "number": when.day,
        "weekday": "一二三四五六日"[when.weekday()],
        "column": when.weekday() + 1,
        "workday": day["workday"],
        "name": day["name"] if odd or day["name"] not in ("周末", "") else "",
        "lines": list(lines.values()),
    }
