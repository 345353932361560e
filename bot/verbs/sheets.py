"""What is made of one text to leave the house: the poster, and what people pass on."""

from __future__ import annotations

import asyncio
import base64
import logging
from collections.abc import Callable
from dataclasses import replace
from datetime import datetime
from pathlib import Path
from typing import Any

from bot.core import messages, outlets
from bot.core.model import Item
from bot.core.outlets import Shown
from bot.engine import outlets as door
from bot.engine.bureau import Bureau
from bot.engine.enclosing import path_of
from bot.report import board as press
from bot.report.board import Sheet
from bot.report.forwarding import FORWARDED
from bot.report.typeset import Unprintable
from bot.store import AuditEntry
from bot.verbs.asking import Mistake, Params, item_of
from bot.verbs.outlets import NOTHING, doorway_of, figures_of, opened_item, page_of

log = logging.getLogger(__name__)


async def board(bureau: Bureau, now: datetime, params: Params) -> dict[str, Any]:
    """A text as a poster, PDF or HTML, A4 or A3; noted as outside before it is handed over."""
    paper, form = str(params.get("paper") or "a4").lower(), str(params.get("form") or "pdf")
    if paper not in press.PAPERS or form not in ("pdf", "html"):
        raise Mistake(messages.BOARD_FORMS)
    one = fit(bureau, str(params["item"]))
    number = await _leave(bureau, now, one.item, messages.WAY_BOARD, params)
    sheet = _sheet(bureau, one, number)
    if form == "html":
        data = press.html(_inside(sheet), paper).encode()
    else:
        data = await _printed(press.pdf, sheet, paper)
    return {**_named(one, number), "paper": paper, "file": base64.b64encode(data).decode()}


async def board_page(bureau: Bureau, _: datetime, params: Params) -> dict[str, Any]:
    """The poster as we serve it: made anew each time, so it has no number and is not outside."""
    item = opened_item(bureau, "board", params)
    one = door.seen(item, bureau, bureau.moment()) if item is not None else None
    if item is None or one is None:
        return NOTHING
    pages = [figure["src"] for figure in figures_of(bureau, item) if not figure["film"]]
    sheet = Sheet(
        shown=one,
        unit=bureau.footer.unit,
        page=page_of(bureau, item),
        picture_pages=pages,
    )
    return {"found": True, "html": press.html(sheet, alone=False)}


async def share(bureau: Bureau, now: datetime, params: Params) -> dict[str, Any]:
    """What people pass on of a text: plain words, 短信, 长图. We send nothing of it.

    With `forwarded` (where to, as the clerk says) the ledger notes 线下转发.
    """
    one = fit(bureau, str(params["item"]))
    where = " ".join(str(params.get("forwarded") or "").split())
    number = await _leave(bureau, now, one.item, messages.WAY_SHARE, params, where)
    if where:
        await _forwarded(bureau, now, one.item, number, where, str(params.get("who") or ""))
    sheet = _sheet(bureau, one, number)
    short = outlets.short_message(one, bureau.footer.unit)
    text = outlets.plain_text(one, page_of(bureau, one.item))
    picture = await _printed(press.long_picture, sheet)
    return {
        **_named(one, number),
        "text": f"{text}{press.lines(sheet)[-1]}\n",
        "sms": short.one or None,
        "sms_long": short.two or None,
        "picture": base64.b64encode(picture).decode(),
        "forwarded": where or None,
    }


def fit(bureau: Bureau, name: str) -> Shown:
    """Return a text as it may leave the house now; Mistake with the reason if it may not."""
    moment = bureau.moment()
    item = item_of(bureau, moment.now, name)
    if reason := door.why_not(item, moment):
        raise Mistake(messages.OUT_NOT.format(item.id, reason))
    one = door.seen(item, bureau, moment)
    if one is None:
        raise Mistake(messages.OUT_NOT.format(item.id, messages.OUT_NO_SEASON))
    return one


async def _printed(make: Callable[..., bytes], *words: Any) -> bytes:
    """Return what a slow maker makes, beside the loop; Mistake where a picture is none."""
    try:
        return await asyncio.to_thread(make, *words)
    except Unprintable as error:
        log.warning("not printed: %s", error, extra={"action": "not-printed"})
        raise Mistake(messages.UNPRINTABLE) from None


def _named(one: Shown, number: str) -> dict[str, Any]:
    last = one.last.isoformat() if one.last else None
    return {"item": one.item.id, "title": one.reading.title, "number": number, "until": last}


async def _leave(
    bureau: Bureau, now: datetime, item: Item, way: str, params: Params, where: str = ""
) -> str:
    who, to = str(params.get("who") or ""), where or str(params.get("where") or "")
    return await door.leave(bureau, now, [item], way, who=who, where=to)


async def _forwarded(
    bureau: Bureau, now: datetime, item: Item, number: str, where: str, who: str
) -> None:
    entry = AuditEntry(
        at=now,
        what=FORWARDED,
        about=item.id,
        who=who,
        digest=item.digest,
        detail={"number": number, "where": where},
    )
    await bureau.store.audit(entry)


def _sheet(bureau: Bureau, one: Shown, number: str) -> Sheet:
    doorway_of(bureau)
    return Sheet(
        shown=one,
        unit=bureau.footer.unit,
        page=page_of(bureau, one.item),
        number=number,
        pictures=_pictures(bureau, one.item),
    )


def _pictures(bureau: Bureau, item: Item) -> list[Path]:
    return [path_of(item, one.name, bureau) for one in outlets.media_of(item) if not one.film]


def _inside(sheet: Sheet) -> Sheet:
    """Return the sheet with its pictures in the page itself: a file has nothing beside it."""
    kinds = {".jpg": "jpeg", ".jpeg": "jpeg", ".png": "png", ".gif": "gif"}
    pages = [
        f"data:image/{kinds[path.suffix.lower()]};base64,"
        + base64.b64encode(path.read_bytes()).decode()
        for path in sheet.pictures
    ]
    return replace(sheet, picture_pages=pages)
