"""What an item looks like on each channel, on whatever day."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from bot.core.model import Kind
from bot.engine import preview as previewed
from bot.engine.bureau import Bureau
from bot.verbs.asking import Mistake, Params, day_of, item_of

EVERY = ("全部", "all")


async def preview(bureau: Bureau, now: datetime, params: Params) -> dict[str, Any]:
    """Show an item as the phone would on `clock` (a day).

    On one `channel`, on all of them, or by default on those that the unit's targets have.
    """
    item = item_of(bureau, now, str(params["item"]))
    day = day_of(params.get("clock"), now.date())
    channels = _channels(bureau, str(params.get("channel") or ""))
    library = bureau.library(day)
    item = library.item(item.id) or item
    return {
        "item": item.id,
        "title": item.title,
        "node": item.kind is Kind.NODE,
        "day": day.isoformat(),
        "blocked": bureau.library(now.date()).blocked.get(item.id) or None,
        "views": previewed.views(item, day, bureau, bureau.plan(library), channels),
    }


def _channels(bureau: Bureau, asked: str) -> tuple[str, ...]:
    if asked in previewed.CHANNELS:
        return (asked,)
    if asked and asked not in EVERY:
        known = "、".join([*previewed.CHANNELS, EVERY[0]])
        raise Mistake(f"没有“{asked}”这个渠道可看，可用：{known}")
    own = {target.channel for target in bureau.targets}
    mine = tuple(name for name in previewed.CHANNELS if name in own)
    return mine if mine and not asked else previewed.CHANNELS
