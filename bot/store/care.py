"""The care of the data folder: looking inside, checking it, and a disk that is full."""

from __future__ import annotations

import json
import shutil
from collections import Counter
from collections.abc import Iterator
from datetime import time
from typing import Any

from bot.core import messages
from bot.core.model import State
from bot.store import backup as copies
from bot.store import tallies
from bot.store.databases import JOURNAL_FILE, KINDS, MAIN
from bot.store.journal import FORMAT
from bot.store.keeper import Keeper
from bot.store.records import broken, digest_of
from bot.store.tables import Doc, from_file

PROBE = "probe.tmp"
_OF_A_PUSH = ("cohorts", "deliveries", "parts", "receipts")
_DIGEST = {"deliveries": "text", "kept": "digest"}  # table -> where a row names its text


class Care(Keeper):
    """The rest of the contract (bot.store)."""

    # -- looking inside ------------------------------------------------------------------------

    async def inspect(self) -> dict[str, Any]:
        return await self._read(self._inspect)

    def _inspect(self) -> dict[str, Any]:
        base, folder = self._databases, self._databases.folder
        parts, total = [], 0
        for name in self._names():
            tables = {table: len(base[name].rows(table)) for table in base[name].tables()}
            size = self._files.size(base.path(name))
            file = base.path(name).relative_to(folder).as_posix()
            total += size
            parts.append({"file": file, "bytes": size, "rows": dict(sorted(tables.items()))})
            base.forget()
        trail = self._main("meta").find("trail") or {"number": 0, "hash": ""}
        journal = self._files.size(folder / JOURNAL_FILE)
        return {
            "format": FORMAT,
            "files": parts,
            "journal": journal,
            "bytes": journal + total,
            "free": shutil.disk_usage(folder).free,
            "entries": trail["number"],
            "head": trail["hash"],
            "certificates": len(self._main("certificates")),
            "limits": base.advice(),
        }

    def _names(self) -> list[str]:
        return [MAIN, *(name for kind in KINDS for name in self._databases.names(kind))]

    async def compact(self) -> dict[str, int]:
        def work() -> dict[str, int]:
            before = self._bytes()
            self._out_of_the_files()
            return {"before": before, "after": self._bytes()}

        return await self._read(work)

    def _bytes(self) -> int:
        folder = self._databases.folder
        return sum(self._files.size(folder / name) for name in copies.names_in(folder, self._files))

    # -- checking ------------------------------------------------------------------------------

    async def verify(self) -> list[str]:
        found = await self._read(lambda: list(self._faults()))
        try:
            chain = broken(await self.audits(), await self.head())
        except OSError as error:
            chain = error.strerror or ""
        return [*found, *([f"留痕：{chain}"] if chain else [])]

    def _faults(self) -> Iterator[str]:
        for name in self._names():
            try:
                yield from self._faults_in(name)
            except OSError as error:
                yield f"{name or MAIN}：{error.strerror}"
            self._databases.forget()
        yield from self._wrong_figures()

    def _faults_in(self, name: str) -> Iterator[str]:
        base = self._databases
        tables = base[name].tables()  # OSError where it is damaged
        data = self._files.read(base.path(name))
        if data is not None:
            docs = sum(len(rows) for rows in json.loads(data).values())
            if docs != sum(len(rows) for rows in from_file(data).values()):
                yield f"{name or '主文件'}：有重复的行"
        week = name.partition("/")[2]
        for table in tables:
            for doc in base[name].rows(table).docs():
                yield from self._faults_of(doc, table, week, name)

    def _faults_of(self, doc: Doc, table: str, week: str, name: str) -> Iterator[str]:
        """Say what does not fit about one row: its week, its text, its table of counts."""
        if table in _OF_A_PUSH and week != self._week(table, doc["push"]).partition("/")[2]:
            yield f"{name}：{doc['push']} 的记录不在它那一周的文件里"
        if table == "texts" and digest_of(doc["text"]) != doc["digest"]:
            yield f"{name}：文本 {doc['digest'][:12]} 与它的摘要不符"
        digest = doc.get(_DIGEST.get(table, ""))
        if digest and self._text(digest) is None:
            yield f"{name or '主文件'}：文本 {digest[:12]} 已不在"
        counted = doc.get("folded") if table == "pushes" else None
        if counted and self._of("sent", "folded", doc["key"]).find(counted) is None:
            yield f"{doc['key']} 的合计数已不在"
        if table == "pushes" and self._tally(doc) != doc["tally"]:
            yield f"{doc['key']} 的各部分与它的合计不符"

    def _tally(self, doc: Doc) -> dict[str, int]:
        """Count where the parts of a push stand, from their rows."""
        states = Counter(self._parts(doc["key"], doc["cut"]).values())
        return {str(state): n for state, n in states.items() if state is not State.PLANNED}

    def _wrong_figures(self) -> Iterator[str]:
        rows = tallies.WeekRows(self._of, self._main("pushes").find)
        for doc in self._main("figures").docs():
            for question, figures in tallies.remembered(doc):
                # A table of counts knows days, and a question of long ago may end within one.
                if all(end.time() == time() for _, end in question) and (
                    rows.count(question) != figures
                ):
                    yield f"{doc['of']} 的合计数与明细不符"

    # -- a disk that takes nothing ---------------------------------------------------------------

    async def trouble(self) -> str:
        def work() -> str:
            path = self._databases.folder / PROBE
            try:
                handle = self._files.open(path)
                try:
                    self._files.write(handle, bytes(4096))
                    self._files.fsync(handle)
                finally:
                    self._files.close(handle)
                    self._files.unlink(path)
            except OSError as error:
                return messages.DISK_TROUBLE.format(error.strerror)
            return ""

        return await self._read(work)
