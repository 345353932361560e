"""The weekly summary."""

from __future__ import annotations

import base64
from collections.abc import Mapping
from datetime import datetime
from typing import Any

from bot.core import messages
from bot.core.calendar import iso_week, monday_of
from bot.engine import compose
from bot.engine.bureau import Bureau
from bot.report import picture, weekly
from bot.verbs.asking import YEARS, Mistake, Params


async def summary_of(bureau: Bureau, now: datetime, params: Params) -> dict[str, Any]:
    """The weekly summary as it was sent; with `recount`, as it would be today, and what changed."""
    week = str(params.get("week") or weekly.reported_week(now.date()))
    try:
        if monday_of(week).year not in YEARS:
            raise ValueError
    except ValueError:
        raise Mistake(f"“{week}”不是周次，请写成 {iso_week(now.date())}") from None
    kept = await bureau.store.summary(week)
    if kept and not params.get("recount"):
        return {**kept["json"], "text": kept["text"], "as_sent": True, **_drawn(kept, params)}
    built = await compose.summary_of(week, bureau, bureau.moment())
    answer: dict[str, Any] = {**built["json"], "text": built["text"]}
    answer |= {"as_sent": False, **_drawn(built, params)}
    if kept:
        answer["difference"] = _difference(kept["json"]["total"], answer["total"])
    return answer


def _drawn(built: Mapping[str, Any], params: Params) -> dict[str, Any]:
    """Return {"picture"}, a .svg or .png in base64, for whoever asks for one."""
    wanted = params.get("picture")
    if not wanted:
        return {}
    if "svg" not in built:  # kept before there were pictures
        raise Mistake(messages.PICTURE_NONE)
    drawn = built["svg"].encode() if wanted == ".svg" else picture.png(built["svg"])
    return {"picture": base64.b64encode(drawn).decode()}


def _difference(before: Mapping[str, Any], after: Mapping[str, Any]) -> dict[str, Any]:
    return {
        name: after[name] - before[name]
        for name in after
        if isinstance(after[name], int) and isinstance(before.get(name), int)
    }
