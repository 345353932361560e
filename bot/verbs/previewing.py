"""What an item looks like on each channel, on whatever day."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from bot.engine import preview as previewed
from bot.engine.bureau import Bureau
from bot.verbs.asking import Mistake, Params, day_of, item_of


async def preview(bureau: Bureau, now: datetime, params: Params) -> dict[str, Any]:
    """Show an item as the phone would on `clock` (a day), on one channel or on all."""
    item = item_of(bureau, now, str(params["item"]))
    day = day_of(params.get("clock"), now.date())
    channel = str(params.get("channel") or "")
    if channel and channel not in previewed.CHANNELS:
        raise Mistake(f"没有“{channel}”这个渠道可看，可用：{'、'.join(previewed.CHANNELS)}")
    channels = (channel,) if channel else previewed.CHANNELS
    library = bureau.library(day)
    item = library.item(item.id) or item
    return {
        "item": item.id,
        "title": item.title,
        "day": day.isoformat(),
        "blocked": bureau.library(now.date()).blocked.get(item.id) or None,
        "views": previewed.views(item, day, bureau, bureau.plan(library), channels),
    }
