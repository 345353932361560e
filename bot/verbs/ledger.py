"""The ledger of a period, and one push as it was: what was seen, who approved it, its end."""

from __future__ import annotations

import asyncio
import base64
import json
from datetime import date, datetime
from functools import partial
from typing import Any

from bot.core import messages, periods
from bot.core.ledger import COLUMNS, Approved, period
from bot.core.model import Delivery, Push
from bot.engine.bureau import Bureau
from bot.library import approvals
from bot.report import ledger as book
from bot.report import paper, spans, yearbook
from bot.report.seen import words_in
from bot.store import AuditEntry
from bot.store.records import as_seen, digest_of
from bot.verbs.asking import YEARS, Mistake, Params, outbox_json


async def export(bureau: Bureau, now: datetime, params: Params) -> dict[str, Any]:
    """The ledger of a month or a year; with `suffix` also as a file, in base64."""
    suffix = str(params.get("suffix") or "")
    if suffix and suffix not in book.WRITERS:
        raise Mistake(messages.LEDGER_SUFFIX.format(suffix))
    made = await _gathered(bureau, now, _period(params, now))
    name = made.name
    rows = [dict(zip(COLUMNS, cells, strict=True)) for cells in made.cells]
    answer = {"notice": messages.NOT_FOR_APPRAISAL, "name": name, "rows": rows, "seal": made.seal}
    if suffix:
        answer["file"] = base64.b64encode(book.WRITERS[suffix](made)).decode()
        detail = {"rows": str(len(rows)), "seal": made.seal}
        await bureau.store.audit(AuditEntry(at=now, what="exported", about=name, detail=detail))
    return answer


async def _gathered(bureau: Bureau, now: datetime, span: tuple[date, date, str]) -> book.Ledger:
    first, last, name = span
    library = bureau.library(now.date())
    return await book.gather(
        bureau.store,
        library,
        bureau.plan(library),
        first=first,
        last=last,
        name=name,
        as_of=now,
        approved=await _approved_words(bureau),
        min_people=bureau.min_people,
        ways=bureau.ways,
    )


async def pack(bureau: Bureau, now: datetime, params: Params) -> dict[str, Any]:
    """A year as a Word file, in base64; with `node` the record of one node."""
    node, year = str(params.get("node") or ""), params.get("year")
    if node and not year:
        tail = node.rpartition("-")[2]
        year = int(tail) if tail.isascii() and tail.isdigit() and int(tail) in YEARS else now.year
    made = await _gathered(bureau, now, _period({"year": year}, now))
    names = {target.id: target.name for target in bureau.targets}
    found = await yearbook.entries(bureau.store, made, names, node)
    if not found:
        wrong = messages.PACK_NO_NODE.format(node) if node else messages.PACK_NOTHING
        raise Mistake(wrong.format(made.name))
    if node:
        write = partial(paper.node_record, found, bureau.footer.unit, made)
    else:
        write = partial(paper.pack, await _yearbook(bureau, now, made, found))
    file = await asyncio.to_thread(write)  # a year has many pictures: the loop goes on
    detail = {"rows": str(len(found)), "seal": made.seal, "as": "docx"}
    entry = AuditEntry(at=now, what="exported", about=node or made.name, detail=detail)
    await bureau.store.audit(entry)
    answer = {"notice": messages.NOT_FOR_APPRAISAL, "name": node or made.name, "seal": made.seal}
    return {**answer, "entries": len(found), "file": base64.b64encode(file).decode()}


async def _yearbook(
    bureau: Bureau, now: datetime, made: book.Ledger, found: tuple[yearbook.Entry, ...]
) -> yearbook.Yearbook:
    library = bureau.library(now.date())
    span = await spans.build(
        bureau.store,
        library,
        bureau.plan(library),
        span=periods.period(year=int(made.name.removesuffix("年"))),
        as_of=now,
        review=bureau.review,
        stopped=bureau.shelf.folders.memory.happened,
    )
    return yearbook.Yearbook(
        name=made.name,
        unit=bureau.footer.unit,
        as_of=now,
        ledger=made,
        entries=found,
        span=span,
    )


def _period(params: Params, now: datetime) -> tuple[date, date, str]:
    try:
        first, last, name = period(str(params.get("month") or ""), params.get("year") or now.year)
        if first.year not in YEARS:
            raise ValueError
    except ValueError:
        raise Mistake(f"“{params.get('month')}”不是月份，请写成 {now:%Y-%m}") from None
    return first, last, name


async def _approved_words(bureau: Bureau) -> dict[str, list[Approved]]:
    """Return who let which words pass, by their digest, as the trail tells it."""
    found: dict[str, list[Approved]] = {}
    for one in await bureau.store.audits(what=("approved",)):
        entry = one.entry
        step = Approved(step=entry.detail.get("step", ""), who=entry.who, when=entry.at.date())
        found.setdefault(entry.digest, []).append(step)
    return found


async def show(bureau: Bureau, _: datetime, params: Params) -> dict[str, Any]:
    """What people saw of a push, the approvals of its words, and its end. No recipient."""
    key = str(params["key"])
    push = await bureau.store.push(key)
    if push is None:
        raise Mistake(f"没有“{key}”这条推送；qingfeng pushes 可列出全部编号")
    sends = await bureau.store.deliveries(key)
    digests = dict.fromkeys(one.digest for one in sends if one.digest)
    words = {digest: await bureau.store.text(digest) for digest in digests}
    return {
        **outbox_json(push),
        "messages": [_message(one) for one in sends],
        "words": {digest: json.loads(text) for digest, text in words.items() if text},
        "approvals": await _approvals(bureau, push, set(digests)),
        "trail": [
            {"number": one.number, "at": one.entry.at.isoformat(), "what": one.entry.what}
            for one in await bureau.store.audits()
            if one.entry.about == key
        ],
    }


def _message(delivery: Delivery) -> dict[str, Any]:
    seen = as_seen(delivery.body)
    return {
        "part": delivery.part,
        "attempt": delivery.attempt,
        "begun": delivery.begun.isoformat(),
        "ended": delivery.ended.isoformat() if delivery.ended else None,
        "state": delivery.state,
        "reason": delivery.reason,
        "digest": digest_of(seen),
        "words": delivery.digest,
        "text": words_in(seen),
        "message": seen,
    }


async def _approvals(bureau: Bureau, push: Push, digests: set[str]) -> list[dict[str, Any]]:
    """Return the approvals of the words that were sent: of the trail, and the sealed files."""
    folders = bureau.shelf.folders
    key = approvals.seal_key(folders.data)
    found: dict[tuple[str, str, str], dict[str, Any]] = {}
    for one in await bureau.store.audits(what=("approved",)):
        if one.entry.digest in digests:
            found[_name(one.entry)] = {**_approved(one.entry), "sealed": False}
    for file in approvals.read(folders.approvals, push.item, key) if push.item else ():
        if file.digest in digests:
            when, how = file.when.isoformat(), file.how
            told = {"step": file.step, "who": file.who, "when": when, "how": how, "sealed": True}
            found[file.digest, file.step, file.who] = {**told, "words": file.digest}
    return list(found.values())


def _name(entry: AuditEntry) -> tuple[str, str, str]:
    return entry.digest, entry.detail.get("step", ""), entry.who


def _approved(entry: AuditEntry) -> dict[str, Any]:
    return {
        "step": entry.detail.get("step", ""),
        "who": entry.who,
        "when": entry.at.isoformat(),
        "how": entry.detail.get("how", ""),
        "words": entry.digest,
    }
