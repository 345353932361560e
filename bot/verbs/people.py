"""The roster."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime, timedelta
from typing import Any

from bot.core.model import Member
from bot.engine import compose
from bot.engine.bureau import Bureau
from bot.store.codec import from_doc
from bot.verbs.asking import Params


async def roster_import(bureau: Bureau, _: datetime, params: Params) -> dict[str, Any]:
    """Replace the roster by the given members."""
    members = [from_doc(Member, doc) for doc in params["members"]]
    await bureau.store.set_members(members)
    return {"members": len(members), "targets": await _audiences(bureau, members)}


async def _audiences(bureau: Bureau, members: Sequence[Member]) -> dict[str, int]:
    day = date.max - timedelta(days=1)  # whoever is on leave comes back
    return {
        target.id: len(compose.audience(members, target, day))
        for target in bureau.targets
        if target.roster
    }
