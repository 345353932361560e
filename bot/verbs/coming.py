"""What is about to go out, for a reviewer on a page: 暂缓 for one of it, 急停 for all.

Two ways lead there: the reviewer's own link (`token`), and the page of one day that stands in the
preview of the office's group (`pass`). The second proves no person: whoever presses says a name.
Looking changes nothing; to stop anything takes the PIN.
"""

from __future__ import annotations

from datetime import date, datetime
from typing import Any

from bot.core import messages
from bot.core.planning import Plan
from bot.engine import planner, tomorrow
from bot.engine.bureau import Bureau
from bot.library import approvals, reviewers
from bot.library.passes import day_of
from bot.library.reviewers import Reviewer
from bot.verbs import cards
from bot.verbs.asking import Params
from bot.verbs.desk import reviewer_of, unproven

DEFER, HALT = "defer", "halt"


async def coming(bureau: Bureau, now: datetime, params: Params) -> dict[str, Any]:
    """{"open", "closed", "reviewer", "names", "unit", "paused", "days"}; see `_day`."""
    one, day = _way_in(bureau, now, params)
    if day is None and (one is None or one.closed(now)):
        return {"open": False, "closed": one.closed(now) if one else ""}
    states, whole = await bureau.store.targets(), await _plan(bureau, now)
    halted = planner.pause_of(states, now.date()) is not None
    days = _days(day, now, whole)
    return {
        "open": True,
        "reviewer": one.name if one else "",
        "may_stop": one is None or one.may_stop,
        "names": [who.name for who in _who_may(bureau, now)] if one is None else [],
        "unit": bureau.footer.unit,
        "paused": states[planner.EVERY].disabled if halted else "",
        "days": [await _day(bureau, now, day, whole) for day in days],
    }


async def stop(bureau: Bureau, now: datetime, params: Params) -> dict[str, Any]:
    """Put one message off, or stop everything. {"outcome", "said"}: what came of it.

    done; wrong (the PIN, or no such name); closed (the way in); gone (it is not to come any more).
    """
    one, day = _way_in(bureau, now, params)
    if day is not None:
        name = str(params.get("who") or "")
        one = next((who for who in _who_may(bureau, now) if who.name == name), None)
        if one is None:
            return {"outcome": "wrong", "said": messages.STOP_WHO}
    if one is None or one.closed(now):
        return {"outcome": "closed", "said": ""}
    if not one.may_stop:
        return {"outcome": "wrong", "said": messages.STOP_NOT_YOURS}
    if failed := await unproven(bureau, now, one, str(params.get("pin") or "")):
        return {"outcome": failed["outcome"], "said": failed["error"]}
    how = approvals.PERSONAL_LINK
    if params.get("did") == HALT:
        return {"outcome": "done", "said": await cards.halt(bureau, now, one.name, how)}
    stem, whole = str(params.get("stem") or ""), await _plan(bureau, now)
    for that in _days(day, now, whole):
        if any(row.stem == stem for row in await _of_day(bureau, now, that, whole)):
            return {"outcome": "done", "said": await cards.defer(bureau, now, stem, one.name, how)}
    return {"outcome": "gone", "said": messages.STOP_GONE}


def _way_in(bureau: Bureau, now: datetime, params: Params) -> tuple[Reviewer | None, date | None]:
    if params.get("pass"):
        return None, day_of(str(params["pass"]), bureau.shelf.folders.data, now.date())
    return reviewer_of(bureau, params), None


def _who_may(bureau: Bureau, now: datetime) -> list[Reviewer]:
    found = reviewers.read(bureau.shelf.folders.data)
    return [one for one in found if one.may_stop and not one.closed(now)]


async def _plan(bureau: Bureau, now: datetime) -> Plan:
    return await planner.plan_of(bureau, bureau.library(now.date()), now.date())


def _days(day: date | None, now: datetime, whole: Plan) -> list[date]:
    """Return the day of the pass; for a reviewer's own link what is left of today, and the next."""
    return [day] if day else [now.date(), tomorrow.next_open(now.date(), whole)]


async def _of_day(bureau: Bureau, now: datetime, day: date, whole: Plan) -> list[tomorrow.Coming]:
    return [one for one in await tomorrow.coming(bureau, whole, day) if one.pushes[-1].until > now]


async def _day(bureau: Bureau, now: datetime, day: date, whole: Plan) -> dict[str, Any]:
    """{"day", "weekday", "today", "texts"}: every occurrence that is still to go out on a day."""
    states = await bureau.store.targets()
    return {
        "day": day.isoformat(),
        "weekday": "一二三四五六日"[day.weekday()],
        "today": day == now.date(),
        "texts": [
            {
                "stem": one.stem,
                "due": one.first.due.isoformat(timespec="minutes"),
                "late": one.first.due.date() < day,
                "deferred": planner.deferred(states, one.stem),
                "views": tomorrow.shown(one, bureau, whole),
            }
            for one in await _of_day(bureau, now, day, whole)
        ],
    }
