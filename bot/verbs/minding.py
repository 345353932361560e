"""Targets and people as the console minds them: a test line, off and on, a roster sent up."""

from __future__ import annotations

import asyncio
import base64
import binascii
import tempfile
from dataclasses import replace
from datetime import datetime
from pathlib import Path, PurePath
from typing import Any

from bot.core import messages
from bot.engine import trying
from bot.engine.bureau import Bureau
from bot.library.library import errors
from bot.library.roster import read_roster
from bot.store import AuditEntry, TargetState
from bot.store.codec import to_doc
from bot.verbs import people
from bot.verbs.asking import Mistake, Params, target_of
from bot.verbs.reviewing import note_of

ROSTERS = (".xlsx", ".csv", ".txt")
SHOWN = 200  # lines of the trail on one page


async def test(bureau: Bureau, now: datetime, params: Params) -> dict[str, Any]:
    """Send the fixed test line into one group, now; nothing of it is counted."""
    target = target_of(bureau, str(params["target"]))
    if bureau.channels[target.id].tappable:
        raise Mistake("逐人送达的对象不试发；请用检查页的“给管理员试发一条”")
    if why := await trying.try_out(target, bureau):
        raise Mistake(f"没有发出：{why}")
    await bureau.store.audit(AuditEntry(at=now, what="tested", about=target.id))
    return {"target": target.id, "name": target.name}


async def disable(bureau: Bureau, now: datetime, params: Params) -> dict[str, Any]:
    """Send a target nothing more until it is enabled, for a reason."""
    target, why = target_of(bureau, str(params["target"])), note_of(params.get("why"))
    if not why:
        raise Mistake("请写明为什么停用")
    state = (await bureau.store.targets()).get(target.id, TargetState(id=target.id))
    way = bureau.channels[target.id].fingerprint
    reason = messages.TURNED_OFF.format(str(params.get("who") or messages.ADMINISTRATOR), why)
    await bureau.store.set_target(replace(state, disabled=reason, way=way, since=now))
    detail = {"why": why}
    await bureau.store.audit(AuditEntry(at=now, what="disabled", about=target.id, detail=detail))
    return {"target": target.id, "disabled": reason}


async def roster_file(bureau: Bureau, now: datetime, params: Params) -> dict[str, Any]:
    """Replace the roster by a table that was sent up; with errors in it nothing changes."""
    name = PurePath(str(params.get("name") or "").replace("\\", "/")).name
    if PurePath(name).suffix.lower() not in ROSTERS:
        raise Mistake(f"{name or '文件'}：名册请用 .xlsx 或 .csv")
    try:
        data = base64.b64decode(str(params.get("data") or ""), validate=True)
    except binascii.Error:
        raise Mistake(f"{name} 没有读全，请再试一次") from None
    members, problems = await asyncio.to_thread(_read, name, data)
    told = [[one.line, one.severity, one.message] for one in problems]
    if errors(problems):
        return {"members": 0, "problems": told, "targets": {}, "taken": False}
    done = await people.roster_import(bureau, now, {"members": [to_doc(one) for one in members]})
    return {**done, "problems": told, "taken": True}


def _read(name: str, data: bytes) -> Any:
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / f"名册{PurePath(name).suffix.lower()}"
        path.write_bytes(data)
        return read_roster(path)


async def trail(bureau: Bureau, _: datetime, params: Params) -> dict[str, Any]:
    """The newest entries of the trail: what was done, when, about what, by whom."""
    found = await bureau.store.audits()
    what = str(params.get("what") or "")
    rows = [one for one in reversed(found) if not what or one.entry.what == what][:SHOWN]
    return {
        "count": len(found),
        "rows": [
            {
                "number": one.number,
                "at": one.entry.at.isoformat(),
                "what": one.entry.what,
                "about": one.entry.about,
                "who": one.entry.who,
                "detail": dict(one.entry.detail),
            }
            for one in rows
        ],
    }
