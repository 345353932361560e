"""What was kept: the trail, and whether all of it still holds."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from bot.core import messages
from bot.engine.bureau import Bureau
from bot.engine.ticks import SUGGESTIONS_FOR
from bot.store import Audited, AuditEntry, NotABackup, Restored
from bot.store.records import broken, digest_of
from bot.store.vault import Vault, made_ready
from bot.verbs.asking import Mistake, Params


async def backup(bureau: Bureau, now: datetime, params: Params) -> dict[str, Any]:
    """Everything in one file, while the bot goes on."""
    target = Path(str(params["file"]))
    try:
        size = await bureau.store.backup(target, now)
    except FileExistsError:
        raise Mistake(f"{target} 已经存在，请换一个文件名") from None
    except OSError as error:
        raise Mistake(f"备份没有写成（{error.strerror}）：{target}") from None
    await bureau.store.audit(AuditEntry(at=now, what="exported", about=target.name))
    return {"file": str(target), "bytes": size, "made": now.isoformat()}


async def restore(bureau: Bureau, now: datetime, params: Params) -> dict[str, Any]:
    """Everything as it was in a backup; what may have been sent since is for somebody to see."""
    before = now - timedelta(days=bureau.keep_days)
    try:
        async with bureau.turn:
            done = await bureau.store.restore(Path(str(params["file"])), now, before)
    except NotABackup as error:
        raise Mistake(str(error)) from None
    return _restored(done)


async def rescue(
    kind: type[Vault], data: Path, params: Params, now: datetime, before: datetime
) -> dict[str, Any]:
    """Make a backup ready for a data folder that cannot be opened: who opens it, finishes."""
    try:
        done = await made_ready(kind, data, Path(str(params["file"])), now, before)
    except NotABackup as error:
        raise Mistake(str(error)) from None
    return _restored(done)


def _restored(done: Restored) -> dict[str, Any]:
    return {
        "made": done.made.isoformat(),
        "unknown": done.unknown,
        "forgotten": done.forgotten,
        "folded": done.certificates,
        "new_key": done.new_key,
        "replaced": done.replaced,
    }


async def inspect(bureau: Bureau, _: datetime, __: Params) -> dict[str, Any]:
    """What is in the data folder, and how large it is."""
    return await bureau.store.inspect()


async def verify(bureau: Bureau, _: datetime, __: Params) -> dict[str, Any]:
    """Read every row, and say what does not fit."""
    return {"faults": await bureau.store.verify()}


async def compact(bureau: Bureau, _: datetime, __: Params) -> dict[str, Any]:
    """Fold the journal now."""
    return dict(await bureau.store.compact())


async def suggestions(bureau: Bureau, now: datetime, _params: Params) -> dict[str, Any]:
    """What people suggested in the last 30 days: words and day, nobody's name; what was counted."""
    found = await bureau.store.suggestions()
    counts = await bureau.store.counts((now - SUGGESTIONS_FOR).date().isoformat())
    heard = [[words, counts[name]] for name, words in messages.FEEDBACK.items() if name in counts]
    nobody = [[words, counts[n]] for n, words in messages.UNCOUNTED.items() if counts.get(n)]
    said = [{"day": day, "text": text} for day, text in found]
    return {"suggestions": said, "feedback": heard, "uncounted": nobody}


async def forget(bureau: Bureau, now: datetime, params: Params) -> dict[str, Any]:
    """Remove a person from every row; no count changes."""
    person = str(params["person"]).strip()
    if not person:
        raise Mistake("请写明账号")
    return {"rows": await bureau.store.forget(person, now)}


async def audit_verify(bureau: Bureau, _: datetime, params: Params) -> dict[str, Any]:
    """Check the chain of the trail, and that each text is still the one of its digest.

    With `head`, or its beginning, as somebody noted it earlier: that the trail still has it.
    """
    trail: Sequence[Audited] = ()
    kept, noted = await bureau.store.texts(), str(params.get("head") or "").strip().lower()
    try:
        trail = await bureau.store.audits()
        faults = [fault for fault in [broken(trail, await bureau.store.head())] if fault]
    except OSError as error:
        faults = [f"留痕：{error.strerror}"]
    if noted and not any(one.hash.startswith(noted) for one in trail):
        faults.append(f"抄录的校验值 {noted[:12]} 不在留痕里：留痕被截短或重写过")
    for digest in kept:
        if fault := await _spoilt(bureau, digest):
            faults.append(fault)
    faults += _missing(trail, set(kept))
    head = trail[-1].hash if trail else ""
    return {"entries": len(trail), "texts": len(kept), "head": head, "faults": faults}


async def _spoilt(bureau: Bureau, digest: str) -> str:
    try:
        same = digest_of(await bureau.store.text(digest) or "") == digest
    except OSError as error:
        return f"文本 {digest[:12]}：{error.strerror}"
    return "" if same else f"文本 {digest[:12]} 与它的摘要不符"


def _missing(trail: Sequence[Audited], kept: set[str]) -> list[str]:
    spoken = {one.number: one.entry.digest for one in trail if one.entry.digest}
    gone = [number for number, digest in spoken.items() if digest not in kept]
    return [f"第 {number} 条所指的文本已不在" for number in gone]
