"""The other channels: what a screen shows, one text as a page, pictures and films; the USB stick.

What a page asks (`opened_by` is its token) and what the office asks are the same verbs; a token
that opens nothing and a text that may not leave the house get the same answer.
"""

from __future__ import annotations

import base64
from dataclasses import asdict
from datetime import datetime
from pathlib import Path, PurePosixPath
from typing import Any
from urllib.parse import quote

from bot.core import enclosing, messages, outlets
from bot.core.model import Item
from bot.core.outlets import Shown
from bot.engine import outlets as door
from bot.engine.bureau import Bureau, Doorway
from bot.engine.enclosing import path_of
from bot.engine.planner import is_halted
from bot.library.decode import read_text
from bot.report import codes, screen
from bot.verbs.asking import Mistake, Params, item_of

NOTHING: dict[str, Any] = {"found": False}
MONTHS_AHEAD = 120  # days whose seasons a stick takes along
MOST_ON_A_STICK = 60
TYPES = {
    ".png": "image/png",
    ".jpg": "image/jpeg",
    ".jpeg": "image/jpeg",
    ".gif": "image/gif",
    ".mp4": "video/mp4",
}
DOCUMENT = "application/octet-stream"  # fetched, never shown by a page of ours


async def screen_data(bureau: Bureau, now: datetime, params: Params) -> dict[str, Any]:
    """What the screens show now, and a tag that changes with it."""
    doorway = doorway_of(bureau)
    if not opened(doorway, "screen", params):
        return NOTHING
    moment = bureau.moment()
    may = [] if is_halted(await bureau.store.targets()) else door.shown(bureau, moment)
    chosen = outlets.rotation(may, moment.today, bureau.screen.most)
    found = screen.data(
        chosen,
        door.coming(moment),
        bureau.footer,
        now,
        bureau.screen,
        media=lambda one, name: f"{doorway.path('media', one.item.id)}/{quote(name)}",
        code=lambda one: codes.svg_address(page_of(bureau, one.item)),
    )
    return {"found": True, "data": found, "tag": screen.tag_of(found)}


async def addresses(bureau: Bureau, _: datetime, __: Params) -> dict[str, Any]:
    """Where screens and the intranet find us."""
    doorway = doorway_of(bureau)
    return {
        "screen": f"{doorway.base}{doorway.path('screen', '')}/",
        "public": bool(doorway.public),
    }


async def screen_export(bureau: Bureau, now: datetime, params: Params) -> dict[str, Any]:
    """The screen as files for a stick; what leaves is written down first.

    {"number", "items", "files": {name: base64}, "media": {name: path on this machine}}
    """
    moment = bureau.moment()
    most = int(params.get("items") or bureau.screen.most * 2)
    if not 1 <= most <= MOST_ON_A_STICK:
        raise Mistake(messages.STICK_ITEMS.format(MOST_ON_A_STICK))
    chosen = outlets.rotation(door.shown(bureau, moment, MONTHS_AHEAD), moment.today, most)
    if not chosen:
        raise Mistake(messages.STICK_EMPTY)
    number = await door.leave(
        bureau,
        now,
        [one.item for one in chosen],
        messages.WAY_STICK,
        who=str(params.get("who") or ""),
        where=str(params.get("where") or ""),
    )
    media: dict[str, Path] = {}

    def beside(one: Shown, name: str) -> str:
        path = path_of(one.item, name, bureau)
        kept = f"media/{one.item.id}-{len(media)}{path.suffix.lower()}"
        media[kept] = path
        return kept

    found = screen.data(
        chosen,
        door.coming(moment),
        bureau.footer,
        now,
        bureau.screen,
        media=beside,
        code=lambda one: codes.svg_address(page_of(bureau, one.item)),
    )
    files = screen.export(found, number)
    for name, path in list(media.items()):
        if path.suffix.lower() in outlets.CAPTIONS:
            files[name] = outlets.as_vtt(read_text(path)).encode()
            del media[name]
    return {
        "number": number,
        "items": [one.item.id for one in chosen],
        "files": {name: base64.b64encode(data).decode() for name, data in files.items()},
        "media": {name: str(path) for name, path in media.items()},
    }


async def item_page(bureau: Bureau, _: datetime, params: Params) -> dict[str, Any]:
    """The whole of one text, and the addresses of its pictures and films."""
    item = opened_item(bureau, "i", params)
    one = door.seen(item, bureau, bureau.moment()) if item is not None else None
    if item is None or one is None:
        return NOTHING
    return {
        "found": True,
        "reading": asdict(one.reading),
        "media": [
            *figures_of(bureau, item),
            *documents_of(bureau, item),
        ],
    }


def figures_of(bureau: Bureau, item: Item) -> list[dict[str, Any]]:
    """Return the pictures and films of a text by the paths at which we serve them."""
    at = doorway_of(bureau).path("media", item.id)
    return [
        {
            "src": f"{at}/{quote(one.name)}",
            "film": one.film,
            "captions": f"{at}/{quote(one.captions)}" if one.captions else "",
        }
        for one in outlets.media_of(item)
    ]


def documents_of(bureau: Bureau, item: Item) -> list[dict[str, Any]]:
    """Return what else is attached to a text, to be fetched: {"src", "file"}."""
    at = doorway_of(bureau).path("media", item.id)
    return [
        {"src": f"{at}/{quote(name)}", "file": PurePosixPath(name).name}
        for name in enclosing.names_of(item)
        if PurePosixPath(name).suffix.lower() not in TYPES
    ]


async def media(bureau: Bureau, _: datetime, params: Params) -> dict[str, Any]:
    """Where what is attached to a text lies, or its captions as WebVTT."""
    item = opened_item(bureau, "media", params)
    name = str(params.get("name") or "")
    if item is None or name not in item.attachments:
        return NOTHING
    path = path_of(item, name, bureau)
    if path.suffix.lower() in outlets.CAPTIONS:
        return {"found": True, "text": outlets.as_vtt(read_text(path))}
    if path.suffix.lower() not in TYPES:
        return {"found": True, "path": str(path), "type": DOCUMENT, "file": path.name}
    return {"found": True, "path": str(path), "type": TYPES[path.suffix.lower()]}


# -- what they stand on ----------------------------------------------------------------------------


def doorway_of(bureau: Bureau) -> Doorway:
    if bureau.doorway is None:
        raise Mistake("这个安装没有网页")
    return bureau.doorway


def page_of(bureau: Bureau, item: Item) -> str:
    """Return the address of a text that phones reach, "" where they reach no page of ours."""
    doorway = doorway_of(bureau)
    return f"{doorway.public}{doorway.path('i', item.id)}" if doorway.public else ""


def opened_item(bureau: Bureau, what: str, params: Params) -> Item | None:
    """Return the text that a token opens, or that the office names; None if it may not be shown."""
    moment = bureau.moment()
    if "opened_by" in params:
        about, _, _ = str(params["opened_by"]).rpartition(".")
        item = moment.library.item(about) if opened(doorway_of(bureau), what, params) else None
    else:
        item = item_of(bureau, moment.now, str(params["item"]))
    return item if item is not None and not door.why_not(item, moment) else None


def opened(doorway: Doorway, what: str, params: Params) -> bool:
    """Whether the token of a page opens `what`; the office needs none."""
    if "opened_by" not in params:
        return True
    about, _, token = str(params["opened_by"]).rpartition(".")
    return doorway.opens(what, about, token)
