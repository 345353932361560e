"""What was kept: the trail, and whether all of it still holds."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from bot.engine.bureau import Bureau
from bot.store import Audited
from bot.store.records import broken, digest_of
from bot.verbs.asking import Mistake, Params


async def forget(bureau: Bureau, now: datetime, params: Params) -> dict[str, Any]:
    """Remove a person from every row; no count changes."""
    person = str(params["person"]).strip()
    if not person:
        raise Mistake("请写明账号")
    return {"rows": await bureau.store.forget(person, now)}


async def audit_verify(bureau: Bureau, _: datetime, params: Params) -> dict[str, Any]:
    """Check the chain of the trail, and that each text is still the one of its digest."""
    trail = await bureau.store.audits()
    kept = await bureau.store.texts()
    faults = [fault for fault in [broken(trail)] if fault]
    for digest in kept:
        if digest_of(await bureau.store.text(digest) or "") != digest:
            faults.append(f"文本 {digest[:12]} 与它的摘要不符")
    faults += _missing(trail, set(kept))
    head = trail[-1].hash if trail else ""
    return {"entries": len(trail), "texts": len(kept), "head": head, "faults": faults}


def _missing(trail: Sequence[Audited], kept: set[str]) -> list[str]:
    spoken = {one.number: one.entry.digest for one in trail if one.entry.digest}
    gone = [number for number, digest in spoken.items() if digest not in kept]
    return [f"第 {number} 条所指的文本已不在" for number in gone]
