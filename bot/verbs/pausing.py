"""Nothing more for now, and on again: a pause of everything, by the administrator."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from bot.core import messages
from bot.core.model import DEFER, State
from bot.engine import planner
from bot.engine.bureau import Bureau
from bot.store import AuditEntry, TargetState
from bot.verbs.asking import Mistake, Params, day_of
from bot.verbs.reviewing import note_of


async def pause(bureau: Bureau, now: datetime, params: Params) -> dict[str, Any]:
    """Send nothing to staff until told otherwise, or until a day; the plan shows it."""
    today = now.date()
    until = day_of(params.get("until"), today) if params.get("until") else None
    if until is not None and until <= today:
        raise Mistake(messages.PAUSE_OVER.format(until))
    states = await bureau.store.targets()
    if planner.is_halted(states):  # a pause that ends by itself would undo it unseen
        raise Mistake(messages.HALT_HOLDS.format(states[planner.EVERY].disabled))
    why = messages.PAUSED_BY.format(now)
    if until is not None:
        why += messages.PAUSED_UNTIL.format(until)
    if note := note_of(params.get("why")):
        why += messages.PAUSED_BECAUSE.format(note)
    await bureau.store.set_target(planner.paused(now, until, why))
    await _recorded(bureau, now, "paused", params, {"why": note})
    return {"paused": True, "since": today.isoformat(), "until": until and until.isoformat()}


async def resume(bureau: Bureau, now: datetime, params: Params) -> dict[str, Any]:
    """Send again; what a late window still admits is sent too. With a key: what 暂缓 kept back."""
    if params.get("key"):
        return await _let_go(bureau, now, str(params["key"]))
    held = planner.pause_of(await bureau.store.targets(), now.date())
    await bureau.store.set_target(planner.RESUMED)
    await _recorded(bureau, now, "resumed", params, {})
    return {"paused": False, "was": held is not None}


async def _recorded(
    bureau: Bureau, now: datetime, what: str, params: Params, detail: dict[str, str]
) -> None:
    kept = {name: value for name, value in detail.items() if value}
    entry = AuditEntry(
        at=now, what=what, about="all", who=str(params.get("who") or ""), detail=kept
    )
    await bureau.store.audit(entry)


async def _let_go(bureau: Bureau, now: datetime, key: str) -> dict[str, Any]:
    stem, states = key.partition("@")[0], await bureau.store.targets()
    if not planner.deferred(states, stem):
        known = [name.removeprefix(DEFER) for name in states if planner.is_deferral(name)]
        kept = [one for one in known if planner.deferred(states, one)]
        raise Mistake(messages.NOT_DEFERRED.format(stem, "、".join(kept) or messages.NONE))
    await bureau.store.set_target(TargetState(id=DEFER + stem))
    await bureau.store.audit(AuditEntry(at=now, what="let-go", about=stem))
    for push in await bureau.store.pushes([State.PLANNED]):
        if push.key.rpartition("@")[0] == stem:
            await bureau.store.postpone(push.key, now, "")
    return {"let_go": stem}
