"""The first page of the console: what went, what will, what needs somebody."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import date, datetime, time, timedelta
from typing import Any

from bot.core import messages, policy
from bot.core.calendar import iso_week
from bot.core.model import SHANGHAI, Push, State
from bot.engine import deliver, planner
from bot.engine import preview as previewed
from bot.engine.bureau import Bureau
from bot.engine.hindrance import hindrance
from bot.library.library import Library
from bot.store import AuditEntry, TargetState
from bot.verbs import planning, reviewing, shelving
from bot.verbs.asking import Mistake, Params, outbox_json

AHEAD = 10  # days of what will be sent
NODE_AHEAD = 75  # days in which the next node is looked for
BEHIND = 7  # days of what was sent
SKIP_AHEAD = 400  # days in which a push may be taken out of the plan


async def today(bureau: Bureau, now: datetime, _: Params) -> dict[str, Any]:
    """What was sent lately, what comes next, what waits for somebody, the next node."""
    library = bureau.library(now.date())
    planned = await planning.plan(bureau, now, {"days": NODE_AHEAD, "unseen": True})
    rows = await bureau.store.pushes()
    since = datetime.combine(now.date() - timedelta(days=BEHIND), time(), SHANGHAI)
    until = (now.date() + timedelta(days=AHEAD)).isoformat()
    # An end without a sending (skipped, expired, refused) is told by when it was due.
    sent = [push for push in rows if (push.sent_at or push.due) >= since and _ended(push)]
    sent.sort(key=lambda push: push.sent_at or push.due, reverse=True)
    states = await bureau.store.targets()
    pause = planner.pause_of(states, now.date())
    return {
        "today": now.date().isoformat(),
        "workday": library.calendar.is_workday(now.date()),
        "hold": library.hold,
        "trouble": await bureau.store.trouble(),
        "paused": pause and {"until": _iso(pause.until), "why": states[planner.EVERY].disabled},
        "sent": [outbox_json(push) for push in sent],
        "next": [
            one
            for one in planned["pushes"]
            if one["state"] in (State.PLANNED, State.SENDING) and one["due"][:10] < until
        ],
        "needs": [*_of_rows(rows), *_of_texts(library), *_of_targets(bureau, states)],
        "node": _next_node(library, now.date(), planned["pushes"]),
        "names": planned["names"],
        "titles": {**planned["titles"], **planning.named(bureau, library, sent)["titles"]},
    }


def _ended(push: Push) -> bool:
    return push.state not in (State.PLANNED, State.SENDING)


def _iso(day: date | None) -> str | None:
    return day.isoformat() if day else None


# -- what needs somebody ---------------------------------------------------------------------------


def _need(what: str, count: int, words: str) -> list[dict[str, Any]]:
    return [{"what": what, "count": count, "words": words.format(count)}] if count else []


def _of_rows(rows: Sequence[Push]) -> list[dict[str, Any]]:
    unknown = sum(push.state is State.UNKNOWN for push in rows)
    return _need("unknown", unknown, messages.NEED_UNKNOWN)


def _of_texts(library: Library) -> list[dict[str, Any]]:
    faulty = sum(why == messages.BLOCK_FAULTY for why in library.blocked.values())
    broken = len({one.path for one in library.problems if one.severity == "error"})
    states = Counter(shelving.state_of(item, library) for item in library.items)
    return [
        *_need("faulty", max(faulty, broken), messages.NEED_MENDING),
        *_need("review", states["review"], messages.NEED_REVIEW),
        *_need("returned", states["returned"], messages.NEED_REWRITING),
    ]


def _of_targets(bureau: Bureau, states: Mapping[str, TargetState]) -> list[dict[str, Any]]:
    off = unbound = 0
    for target in bureau.targets:
        state, channel = states.get(target.id), bureau.channels[target.id]
        off += bool(state and state.disabled and state.way == channel.fingerprint)
        unbound += channel.needs_chat and not (target.chat or (state and state.chat))
    return [
        *_need("off", off, messages.NEED_TARGET),
        *_need("unbound", unbound, messages.NEED_BIND),
    ]


# -- the next node ---------------------------------------------------------------------------------


def _next_node(
    library: Library, today: date, pushes: Sequence[Mapping[str, Any]]
) -> dict[str, Any] | None:
    """Return the node that comes next, how far it is, and how its texts stand."""
    schedules = library.schedules
    found = [
        day
        for year in (today.year, today.year + 1)
        for day in library.calendar.node_days(schedules.nodes, year)
        if day.until >= today
    ]
    coming = [day for day in found if (day.first_off or day.date) >= today] or found
    if not coming:
        return None
    first = min(coming, key=lambda day: (day.first_off or day.date, day.node.key))
    day = first.first_off or first.date
    mine = [one for one in pushes if one["node"] == first.node.key]
    parts: dict[str, dict[str, Any]] = {}
    for one in mine:
        part = parts.setdefault(one["part"], {**one, "targets": []})
        part["targets"].append(one["target"])
        part["blocked"] = part["blocked"] or one["blocked"]
    return {
        "name": first.node.name,
        "key": first.node.key,
        "day": day.isoformat(),
        "days": (day - today).days,
        "provisional": any(one["provisional"] for one in mine),
        "parts": list(parts.values()),
    }


# -- one push ------------------------------------------------------------------------------------


async def one(bureau: Bureau, now: datetime, params: Params) -> dict[str, Any]:
    """One push, planned or past: what it is called, how it looks, what may be done with it."""
    library = bureau.library(now.date())
    push = await _found(bureau, library, now, str(params.get("key") or ""))
    item = library.item(push.item) if push.item else None
    views: list[dict[str, Any]] = []
    if item is not None:
        day, plan = push.due.date(), bureau.plan(library)
        views = [
            view
            for view in previewed.views(item, day, bureau, plan, [push.channel])
            if view["part"] == push.part or not push.node
        ]
    return {
        **outbox_json(push),
        **planning.named(bureau, library, [push]),
        "until": push.until.isoformat(),
        "may_skip": push.state is State.PLANNED,
        "may_resolve": State.UNKNOWN in push.tally,
        "views": views,
    }


async def _found(bureau: Bureau, library: Library, now: datetime, key: str) -> Push:
    known = await bureau.store.push(key)
    if known is not None:
        return known
    planned, _ = await planning.outlook_of(bureau, library, now, now.date(), SKIP_AHEAD)
    for push in planned:
        if push.key == key:
            return push
    raise Mistake(f"计划里没有“{key}”这条推送")


# -- one that shall not go -------------------------------------------------------------------------


async def skip(bureau: Bureau, now: datetime, params: Params) -> dict[str, Any]:
    """Let one planned push not be sent, for a reason; it is never planned again."""
    key, why = str(params.get("key") or ""), reviewing.note_of(params.get("why"))
    if not why:
        raise Mistake("请写明为什么不发")
    async with bureau.turn:
        push = await bureau.store.push(key)
        if push is None:
            push = await _found(bureau, bureau.library(now.date()), now, key)
            await bureau.store.add_pushes([push])
        if push.state is not State.PLANNED:
            raise Mistake(f"{key} 已经是“{messages.STATES[push.state]}”，不能再取消")
        who = str(params.get("who") or "")
        reason = messages.SKIPPED_BY.format(who or messages.ADMINISTRATOR, why)
        await bureau.store.end(key, State.SKIPPED, reason)
    return outbox_json(await bureau.store.push(key) or push)


# -- one that shall go at once ---------------------------------------------------------------------


async def hasten(bureau: Bureau, now: datetime, params: Params) -> dict[str, Any]:
    """Send one planned push now, under the laws that hold for it at its own time.

    It keeps its key and what it covers, so it is not planned again.
    """
    key = str(params.get("key") or "")
    async with bureau.turn:
        moment = bureau.moment()
        known = await bureau.store.push(key)
        push = known or await _found(bureau, moment.library, now, key)
        if push.state is not State.PLANNED:
            raise Mistake(f"{key} 已经是“{messages.STATES[push.state]}”，不用再发")
        if known is not None and known.until < now:
            raise Mistake(f"{key} 的推送时段已在 {known.until:%m-%d %H:%M} 结束，不再补发")
        if push.node and iso_week(push.due.date()) != iso_week(now.date()):
            raise Mistake("节点提醒的各部分不挪到别的周：请到那一周再发")
        wait = await hindrance(push, bureau.target(push.target), bureau, moment)
        if wait is not None:
            raise Mistake(f"现在不能发：{wait.reason}。最早 {wait.until:%m-%d %H:%M} 再看。")
        if known is None:
            until = policy.closing(now.date(), bureau.policy)
            await bureau.store.add_pushes([replace(push, due=now, until=until)])
        who = str(params.get("who") or "")
        await bureau.store.audit(AuditEntry(at=now, what="hastened", about=key, who=who))
        await deliver.deliver_one(key, bureau)
    return outbox_json(await bureau.store.push(key) or push)
