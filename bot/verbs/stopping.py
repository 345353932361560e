"""Calling a halt to a name or phrase, and lifting it."""

from __future__ import annotations

import json
from datetime import datetime
from typing import Any

from bot.core import holding
from bot.core.diff import lines_of
from bot.core.model import Delivery, Push, State
from bot.engine.bureau import Bureau
from bot.library import holds
from bot.library.holds import Hold
from bot.store import AuditEntry
from bot.verbs import leaving
from bot.verbs.asking import Mistake, Params, outbox_json, sent_of

MAX_WORD = 60  # characters


async def hold(bureau: Bureau, now: datetime, params: Params) -> dict[str, Any]:
    """Stop every unsent text with a word, and tell what with it was sent where.

    Without a word: the halts in force. With `lift`: end that halt.
    """
    data, memory = bureau.shelf.folders.data, bureau.shelf.folders.memory
    word = " ".join(str(params.get("word") or "").split())
    kept = bureau.shelf.folders.holds()
    if not word:
        return {"holds": [vars(one) for one in kept]}
    known = [one for one in kept if holding.plain(one.word) == holding.plain(word)]
    if params.get("lift"):
        if not known:
            raise Mistake(f"没有叫停过“{word}”；qingfeng hold 可列出现有的")
        holds.write(data, [one for one in kept if one not in known])
        for one in known:  # by the words as they were halted, so that the trail agrees
            await _recorded(bureau, now, "lifted", one.word, str(params.get("who") or ""))
            memory.lifted(one.word)
        return {"word": word, "lifted": True, **_items(bureau, now, word)}
    if not word.isprintable() or not holding.FEWEST <= len(holding.plain(word)) <= MAX_WORD:
        raise Mistake(f"叫停的词请写 {holding.FEWEST} 到 {MAX_WORD} 个字")
    if not known:
        who, why = str(params.get("who") or ""), str(params.get("why") or "")
        one = Hold(word=word, who=who, when=now.isoformat(timespec="seconds"), why=why)
        holds.write(data, [*kept, one])  # first of all: it is urgent
        memory.held(one)
        await _recorded(bureau, now, "held", word, who)
    outside = {"outside": await leaving.holding_word(bureau, word)}
    found = {**_items(bureau, now, word), **await _told(bureau, word), **outside}
    return {"word": word, "lifted": False, **found}


async def _recorded(bureau: Bureau, now: datetime, what: str, word: str, who: str) -> None:
    await bureau.store.audit(AuditEntry(at=now, what=what, about=word, who=who))


def _items(bureau: Bureau, now: datetime, word: str) -> dict[str, Any]:
    library = bureau.library(now.date())
    found = [
        {
            "id": item.id,
            "title": item.title,
            "path": item.path,
            "where": places,
            "blocked": library.blocked.get(item.id) or None,
        }
        for item in library.items
        if (places := holding.places(item, word))
    ]
    return {"items": found}


async def _told(bureau: Bureau, word: str) -> dict[str, Any]:
    """Return what with `word` waits in the outbox, and what was sent, by the very words sent."""
    wanted = holding.plain(word)
    pushes = {push.key: push for push in await bureau.store.pushes() if push.item}
    held = {
        item.id.casefold()
        for item in bureau.library(bureau.clock().date()).items
        if holding.held_by(item, [word])
    }
    waiting = [push for push in pushes.values() if _waits(push) and push.item.casefold() in held]
    spoken: dict[str, bool] = {}
    for delivery in await bureau.store.deliveries():
        if delivery.push in pushes and not spoken.get(delivery.push):
            spoken[delivery.push] = wanted in holding.plain(await _words_of(delivery, bureau))
    sent = [
        row for key, push in pushes.items() if spoken.get(key) and (row := sent_of(bureau, push))
    ]
    library = bureau.library(bureau.clock().date())
    mended = {item.corrects.casefold() for item in library.items if item.corrects}
    items = dict.fromkeys(row["item"] for row in sent)
    return {
        "stopped": [outbox_json(push) for push in waiting],
        "sent": sent,
        "write": [
            f"qingfeng new 更正 更正{item}一处 --corrects {item}"
            for item in items
            if item.casefold() not in mended and library.item(item)
        ],
        "correct": [f"qingfeng correct {item}" for item in items],
    }


def _waits(push: Push) -> bool:
    return push.state is State.PLANNED


async def _words_of(delivery: Delivery, bureau: Bureau) -> str:
    """Return what a reader may have seen of a delivery: the message, and the page behind it."""
    try:
        said = _strings(json.loads(delivery.body))
    except ValueError:
        said = delivery.body
    kept = await bureau.store.text(delivery.digest) if delivery.digest else None
    return "\n".join([said, *(lines_of(kept) if kept else ())])


def _strings(value: Any) -> str:
    if isinstance(value, dict):
        return "\n".join(_strings(entry) for entry in value.values())
    if isinstance(value, list):
        return "\n".join(_strings(entry) for entry in value)
    return value if isinstance(value, str) else ""
