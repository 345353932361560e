"""What has left the house, and what of it somebody must fetch back by hand."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from bot.core import holding, messages
from bot.core.diff import lines_of
from bot.core.outlets import Left
from bot.engine import outlets as door
from bot.engine.bureau import Bureau, Moment
from bot.store import AuditEntry
from bot.verbs.asking import Mistake, Params


async def outside(bureau: Bureau, now: datetime, params: Params) -> dict[str, Any]:
    """List what lies outside, and why it should come back; `back` notes that a number has."""
    number = str(params.get("back") or "").strip()
    rows = await door.left(bureau)
    if number:
        mine = [one for one in rows if one.number == number]
        if not mine:
            raise Mistake(messages.OUTSIDE_UNKNOWN.format(number))
        if not all(one.back for one in mine):
            entry = AuditEntry(
                at=now,
                what=door.BACK,
                about=mine[0].item,
                who=str(params.get("who") or ""),
                detail={"number": number},
            )
            await bureau.store.audit(entry)
            rows = await door.left(bureau)
    wanted = [one for one in rows if params.get("all") or not one.back]
    return {"outside": told(bureau, wanted)}


def told(bureau: Bureau, rows: list[Left]) -> list[dict[str, Any]]:
    moment = bureau.moment()
    return [
        {
            "number": one.number,
            "way": one.way,
            "item": one.item,
            "title": one.title,
            "at": one.at.isoformat(),
            "who": one.who,
            "where": one.where,
            "back": one.back,
            "why": _why(one, moment) or None,
        }
        for one in rows
    ]


def _why(one: Left, moment: Moment) -> str:
    """Return why something should be fetched back, "" while it may stay where it is."""
    item = moment.library.item(one.item)
    if item is None:
        return messages.BLOCK_MISSING
    if item.digest != one.digest and not door.why_not(item, moment):
        return messages.OUTSIDE_NEWER
    return door.why_not(item, moment)


async def holding_word(bureau: Bureau, word: str) -> list[dict[str, Any]]:
    """Return what lies outside with a word in it, by the very words that left."""
    wanted, found = holding.plain(word), []
    for one in await door.left(bureau):
        kept = await bureau.store.text(one.digest) if not one.back else None
        if kept is not None and wanted in holding.plain("\n".join(lines_of(kept))):
            found.append(one)
    return told(bureau, found)


async def to_fetch(bureau: Bureau, item_id: str) -> list[dict[str, Any]]:
    """Return where a text still lies outside: what a withdrawal cannot reach."""
    rows = await door.left(bureau)
    mine = [one for one in rows if one.item.casefold() == item_id.casefold() and not one.back]
    return told(bureau, mine)
