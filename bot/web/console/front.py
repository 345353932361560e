"""Today, and the plan of a month: what went, what will, and what somebody has to do."""

from __future__ import annotations

from calendar import Calendar, monthrange
from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any
from urllib.parse import quote

from starlette.responses import Response
from starlette.routing import Route

from bot.web.console.entry import RULE, SEE, STOP
from bot.web.console.room import HOME, Ask, back_of, page
from bot.web.shown import bubble_of

YEARS = 3  # before and after this one
LINKS = {  # where each need is met
    "unknown": f"{HOME}/receipts/unknown",
    "faulty": f"{HOME}/library?state=faulty",
    "review": f"{HOME}/library?state=review",
    "returned": f"{HOME}/library?state=returned",
    "off": f"{HOME}/targets",
    "unbound": f"{HOME}/targets",
}


@page(SEE)
async def _today(ask: Ask) -> Response:
    found = await ask.verb("today")
    return ask.page(
        "today.html",
        found=found,
        links=LINKS,
        names=found["names"],
        titles=found["titles"],
        sent=together(found["sent"]),
        coming=together(found["next"]),
    )


@page(SEE)
async def _plan(ask: Ask) -> Response:
    year, month = _month(ask.text("month"), ask.now.date())
    first = date(year, month, 1)
    days = monthrange(year, month)[1]
    found = await ask.verb("plan", **{"from": first.isoformat(), "days": days, "unseen": True})
    today = ask.now.date()
    rows = together([one for one in found["pushes"] if _still_told(one, today)])
    by_day: dict[str, list[dict[str, Any]]] = {}
    for row in rows:
        by_day.setdefault(row["due"][:10], []).append(row)
    return ask.page(
        "plan.html",
        weeks=Calendar().monthdatescalendar(year, month),
        first=first,
        before=_step(first, -1),
        after=_step(first, 1),
        by_day=by_day,
        rows=rows,
        skipped=found["skipped"],
        days=found["days"],
        names=found["names"],
        titles=found["titles"],
    )


@page(SEE)
async def _year(ask: Ask) -> Response:
    """The whole year on one page, month by month."""
    asked, today = ask.text("year"), ask.now.date()
    known = asked.isdecimal() and abs(int(asked) - today.year) <= YEARS
    year = int(asked) if known else today.year
    first = date(year, 1, 1)
    days = (date(year + 1, 1, 1) - first).days
    found = await ask.verb("plan", **{"from": first.isoformat(), "days": days, "unseen": True})
    rows = [one for one in found["pushes"] if _still_told(one, today)]
    months: dict[int, list[dict[str, Any]]] = {month: [] for month in range(1, 13)}
    for row in together(rows):
        months[int(row["due"][5:7])].append(row)
    return ask.page(
        "year.html", year=year, months=months, names=found["names"], titles=found["titles"]
    )


def _still_told(one: Mapping[str, Any], today: date) -> bool:
    """Whether a push is of interest: what was never written by its day did not go and will not."""
    return bool(one["state"] != "planned" or one["due"][:10] >= today.isoformat())


@page(SEE)
async def _one(ask: Ask) -> Response:
    """One push: what it is, and what may be done with it."""
    key = ask.request.path_params["key"]
    found = await ask.verb("push", key=key)
    views = [bubble_of(view) for view in found["views"]]
    return ask.page(
        "push.html", one=found, views=views, names=found["names"], back=back_of(ask.request)
    )


@page(RULE)
async def _skip(ask: Ask) -> Response:
    key = ask.request.path_params["key"]
    await ask.verb("skip", key=key, why=ask.text("why"), who=ask.visitor.name)
    return ask.go(HOME + "/plan", "已取消这一条，计划里写着原因。")


@page(RULE)
async def _hasten(ask: Ask) -> Response:
    key = ask.request.path_params["key"]
    done = await ask.verb("hasten", key=key, who=ask.visitor.name)
    words = "已发出。" if done["state"] == "sent" else "已交给发送，结果看这一页。"
    return ask.go(f"{HOME}/push/{quote(key, safe='@')}", words)


@page(RULE)
async def _resolve(ask: Ask) -> Response:
    key = ask.request.path_params["key"]
    arrived = ask.text("said") == "sent"
    await ask.verb("resolve", key=key, sent=arrived)
    return ask.go(
        LINKS["unknown"], "已登记：送到了。" if arrived else "已登记：没有送到，重新发出。"
    )


@page(STOP)
async def _pause(ask: Ask) -> Response:
    until, why = ask.text("until") or None, ask.text("why")
    await ask.verb("pause", until=until, why=why, who=ask.visitor.name)
    return ask.go(HOME, "已急停：恢复之前，一条也不会发给职工。")


@page(RULE)
async def _resume(ask: Ask) -> Response:
    await ask.verb("resume")
    return ask.go(HOME, "已恢复推送。")


def together(pushes: Sequence[Mapping[str, Any]]) -> list[dict[str, Any]]:
    """Put the pushes of one occurrence, part, text and fate on one line, with all their targets."""
    lines: dict[tuple[Any, ...], dict[str, Any]] = {}
    for one in pushes:
        stem = one["key"].rpartition("@")[0]
        fate = (stem, one["item"], one["state"], one["blocked"], one["reason"], one["due"][:10])
        line = lines.setdefault(fate, {**one, "targets": [], "keys": []})
        line["targets"].append(one["target"])
        line["keys"].append(one["key"])
    return list(lines.values())


def _month(text: str, today: date) -> tuple[int, int]:
    try:
        found = date.fromisoformat(f"{text}-01")
    except ValueError:
        found = today
    return found.year, found.month


def _step(first: date, months: int) -> str:
    number = first.year * 12 + first.month - 1 + months
    return f"{number // 12:04d}-{number % 12 + 1:02d}"


ROUTES = [
    Route(HOME, _today, methods=["GET"]),
    Route(f"{HOME}/plan", _plan, methods=["GET"]),
    Route(f"{HOME}/plan/year", _year, methods=["GET"]),
    Route(f"{HOME}/push/{{key}}", _one, methods=["GET"]),
    Route(f"{HOME}/push/{{key}}/skip", _skip, methods=["POST"]),
    Route(f"{HOME}/push/{{key}}/now", _hasten, methods=["POST"]),
    Route(f"{HOME}/push/{{key}}/resolve", _resolve, methods=["POST"]),
    Route(f"{HOME}/pause", _pause, methods=["POST"]),
    Route(f"{HOME}/resume", _resume, methods=["POST"]),
]
