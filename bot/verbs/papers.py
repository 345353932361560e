"""Review on paper: the form that is printed, and the signed one that is registered."""

from __future__ import annotations

import base64
import hashlib
import json
import re
from collections.abc import Mapping
from datetime import datetime
from pathlib import Path
from typing import Any

from bot.core import diff, messages
from bot.core.content import words_of
from bot.core.model import Item
from bot.engine.bureau import Bureau
from bot.library import approvals, disk
from bot.library.approvals import Standing
from bot.report import form as paper
from bot.verbs import reviewing
from bot.verbs.asking import Mistake, Params, item_of

_NUMBER = re.compile(r"\d{8}-[0-9a-f]{6}", re.ASCII)
MOST = 50  # texts on one form


async def form(bureau: Bureau, now: datetime, params: Params) -> dict[str, Any]:
    """Make one 《信息发布审核表》 for several texts, and remember which words stand on it."""
    names = list(dict.fromkeys(str(name) for name in params["items"]))
    if not 0 < len(names) <= MOST:
        raise Mistake(f"一张审核表写 1 到 {MOST} 篇")
    items = [item_of(bureau, now, name) for name in names]
    library = bureau.library(now.date())
    for item in items:
        if library.blocked.get(item.id) == messages.BLOCK_FAULTY:
            raise Mistake(f"{item.id} 有错误，改好后再送审（qingfeng check 可看）")
    said = "\n".join(f"{item.id}:{item.digest}" for item in items)
    number = f"{now:%Y%m%d}-{hashlib.sha256(said.encode()).hexdigest()[:6]}"
    made = paper.Form(
        number=number,
        unit=bureau.footer.unit,
        day=now.date().isoformat(),
        entries=tuple(_entry(bureau, item) for item in items),
    )
    for item in items:
        await bureau.store.keep_text(words_of(item), now)
    kept = {"number": number, "items": {item.id: item.digest for item in items}}
    disk.write(_path(bureau, number), json.dumps(kept, ensure_ascii=False).encode())
    return {
        "number": number,
        "items": [item.id for item in items],
        "steps": made.steps,
        "html": paper.html(made),
        "docx": base64.b64encode(paper.docx(made)).decode(),
    }


def _entry(bureau: Bureau, item: Item) -> paper.Entry:
    return paper.Entry(
        id=item.id,
        title=item.title,
        kind=str(item.kind),
        digest=item.digest,
        author=item.author,
        lines=tuple(diff.lines_of(words_of(item))),
        steps=bureau.shelf.folders.steps_of(item),
    )


async def register(bureau: Bureau, now: datetime, params: Params) -> dict[str, Any]:
    """Register a signed form: seal every step for each of its texts whose words are the same.

    `signed` is {step: name}; `without` lists the texts that were struck out on the paper.
    """
    number = str(params.get("number") or "").strip()
    on_it = _read(bureau, number)
    without = {str(name).casefold() for name in params.get("without") or ()}
    signed = {str(k).strip(): str(v).strip() for k, v in dict(params["signed"]).items()}
    done: list[str] = []
    refused: dict[str, str] = {}
    for item_id, digest in on_it.items():
        if item_id.casefold() in without:
            continue
        item = bureau.library(now.date()).item(item_id)
        if item is None:
            refused[item_id] = messages.BLOCK_MISSING
        elif item.digest != digest:
            refused[item_id] = messages.FORM_CHANGED
        elif reason := _unsigned(bureau, item, signed):
            refused[item_id] = reason
        else:
            await _seal(bureau, now, item, signed, number)
            done.append(item_id)
    return {"number": number, "approved": done, "refused": refused}


def _unsigned(bureau: Bureau, item: Item, signed: Mapping[str, str]) -> str:
    """Return why the signatures do not do for a text: before the first of them is sealed."""
    stands = reviewing.standing_of(bureau.shelf.folders, item)
    if bureau.library(bureau.clock().date()).blocked.get(item.id) == messages.BLOCK_FAULTY:
        return messages.BLOCK_FAULTY
    if stands.returned:
        return stands.why
    if not stands.missing:
        return messages.FORM_DONE
    lacking = [step for step in stands.missing if not signed.get(step)]
    if lacking:
        return messages.BLOCK_STEPS.format("、".join(lacking))
    return _barred(item, stands, signed)


def _barred(item: Item, stands: Standing, signed: Mapping[str, str]) -> str:
    passed = dict(stands.passed)
    for step in stands.missing:
        if reason := approvals.barred(item, passed, signed[step]):
            return reason
        passed[step] = approvals.Approval(
            id=item.id,
            digest=item.digest,
            step=step,
            who=signed[step],
            when=datetime.min,  # noqa: DTZ901 - only names are looked at
            how=approvals.ON_PAPER,
            sources_checked=True,
        )
    return ""


async def _seal(
    bureau: Bureau, now: datetime, item: Item, signed: Mapping[str, str], number: str
) -> None:
    for step in reviewing.standing_of(bureau.shelf.folders, item).missing:
        await reviewing.seal(
            bureau,
            now,
            item,
            step=step,
            who=reviewing.name_of(signed[step]),
            how=approvals.ON_PAPER,
            sources_checked=True,  # the form says so above the signatures
            note=f"{messages.FORM_TITLE} {number}",
        )


def _read(bureau: Bureau, number: str) -> dict[str, str]:
    if not _NUMBER.fullmatch(number):
        raise Mistake(f"“{number}”不是审核表的表号，表号印在表头，如 20260615-1a2b3c")
    try:
        found = json.loads(_path(bureau, number).read_text("utf-8"))
        return {str(item): str(digest) for item, digest in found["items"].items()}
    except FileNotFoundError:
        raise Mistake(f"这里没有打印过表号 {number} 的审核表") from None
    except (ValueError, LookupError, AttributeError, TypeError):
        raise Mistake(f"表号 {number} 的记录读不懂，请重新打印一张") from None


def _path(bureau: Bureau, number: str) -> Path:
    return bureau.shelf.folders.data / "forms" / f"{number}.json"
