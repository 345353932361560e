"""What is kept for whoever asks a year later: texts as approved and as sent, and the trail."""

from __future__ import annotations

import errno
from collections.abc import Collection
from datetime import datetime

from bot.store.codec import from_doc
from bot.store.records import Audited, AuditEntry
from bot.store.returns import Returns
from bot.store.tables import Doc


class Archive(Returns):
    """The archive of the contract (bot.store)."""

    async def keep_text(self, text: str, at: datetime) -> str:
        return await self._write(lambda: self._keep_text(text, at))

    async def text(self, digest: str) -> str | None:
        return await self._read(lambda: self._text(digest))

    async def texts(self) -> list[str]:
        return await self._read(lambda: [doc["digest"] for doc in self._main("kept").docs()])

    async def audit(self, entry: AuditEntry) -> None:
        await self._write(lambda: self._audit(entry))

    async def head(self) -> str:
        def work() -> str:
            return str((self._main("meta").find("trail") or {"hash": ""})["hash"])

        return await self._read(work)

    async def audits(self, since: int = 0, what: Collection[str] = ()) -> list[Audited]:
        def work() -> list[Audited]:
            docs = self._docs("audit", "trail")
            asked = [doc for doc in docs if doc["number"] > since and _is_of(doc, what)]
            self._databases.forget()
            return sorted(map(_audited, asked), key=lambda one: one.number)

        return await self._read(work)


def _is_of(doc: Doc, what: Collection[str]) -> bool:
    """Whether an entry is asked for; one that is damaged always is, so that it is said."""
    entry = doc.get("entry")
    return not what or not isinstance(entry, dict) or entry.get("what") in what


def _audited(doc: Doc) -> Audited:
    try:
        entry = from_doc(AuditEntry, doc["entry"])
        return from_doc(Audited, {**doc, "entry": entry})
    except (ValueError, TypeError, LookupError, AttributeError):
        raise OSError(errno.EIO, f"第 {doc['number']} 条已损坏", "trail") from None
