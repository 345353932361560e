"""Who may come to the console by a personal link, and whether the link still holds."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from bot.engine.bureau import Bureau
from bot.library import reviewers
from bot.verbs import desk
from bot.verbs.asking import Params


async def enter(bureau: Bureau, now: datetime, params: Params) -> dict[str, Any]:
    """Let somebody in by link and PIN. {"outcome", "error"}, and when done who it is.

    done; wrong (the PIN); closed (nobody's link, over, or locked).
    """
    one = desk.reviewer_of(bureau, params)
    if one is None or one.closed(now):
        return {"outcome": "closed", "error": one.closed(now) if one else ""}
    if "pin" not in params:
        return {"outcome": "asked", "error": "", "name": one.name}
    if failed := await desk.unproven(bureau, now, one, str(params["pin"] or "")):
        return {**failed, "name": one.name}
    return {"outcome": "done", "error": "", "name": one.name, "role": one.role, "link": one.link}


async def link(bureau: Bureau, now: datetime, params: Params) -> dict[str, Any]:
    """Whether a personal link, named by its hash, still opens something."""
    found = reviewers.read(bureau.shelf.folders.data)
    held = str(params.get("link") or "")
    return {"open": any(one.link == held and not one.closed(now) for one in found)}
