"""Backups while the bot runs, and a restore that sends nothing a second time."""

from __future__ import annotations

import asyncio
import errno
import io
import json
from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime
from pathlib import Path
from typing import IO, Any

from bot.core.model import State
from bot.store import backup as copies
from bot.store.backup import RESTORING
from bot.store.care import Care
from bot.store.codec import to_doc
from bot.store.databases import FOLD_AT, JOURNAL_FILE
from bot.store.files import Files
from bot.store.journal import FORMAT
from bot.store.keeper import forgotten_in
from bot.store.records import Audited, AuditEntry, NotABackup, Restored
from bot.store.tables import Doc

TRIES = 10  # of a restore, while the trail or the targets change under it


class Vault(Care):
    """The backups of the contract (bot.store)."""

    def __init__(self, folder: Path, files: Files | None = None, fold_at: int = FOLD_AT) -> None:
        super().__init__(folder, files, fold_at)
        self._one_backup = asyncio.Lock()  # two of one name would share a draft

    async def backup(self, target: Path, at: datetime) -> int:
        async with self._one_backup:
            sources, head = await self._read(self._captured)
            about = {"made": at.isoformat(), "format": FORMAT, "trail": head}
            try:
                return await asyncio.to_thread(copies.write, target, sources, about, self._files)
            finally:
                for source in sources.values():
                    source.close()

    def _captured(self) -> tuple[dict[str, IO[bytes]], str]:
        """Open everything as it stands between two changes; the journal as far as it is durable."""
        self._databases.fold_or_say()
        sources = copies.opened(self._databases.folder, self._files)
        sources[JOURNAL_FILE] = io.BytesIO(self._databases.durable_journal())
        return sources, (self._main("meta").find("trail") or {"hash": ""})["hash"]

    async def restore(self, source: Path, at: datetime, before: datetime) -> Restored:
        folder = self._databases.folder
        for _ in range(TRIES):
            known = await self._read(self._of_today)
            found = await _prepared(type(self), folder, source, at, before, self)
            if await self._read(lambda known=known: self._exchanged(known)):  # type: ignore[misc]
                return found
        copies.clear(folder)
        raise OSError(errno.EBUSY, "一直有别的改动，请稍候再恢复", str(folder))

    def _of_today(self) -> list[Any]:
        """Return what a restore hands over: if it changes meanwhile, it is handed over anew."""
        tables = [self._main(name).docs() for name in ("targets", "numbers", "kept")]
        return [*tables, self._main("meta").find("trail"), self.forgotten()]

    def _exchanged(self, known: list[Any]) -> bool:
        if self._of_today() != known:
            return False
        self._databases.let_go()  # whoever reads next finishes what is made ready here
        copies.make_ready(self._databases.folder, self._files)
        copies.finish_restore(self._databases.folder, self._files)
        return True

    def _overtaken(self, made: datetime, at: datetime) -> int:
        """What may have been sent since the backup is unknown, and goes out by itself no more."""
        span = {"made": made.isoformat(), "at": at.isoformat()}
        self._main("meta").put({"name": "restored", **span})
        touched = 0
        for push in self._pushes([State.PLANNED, State.SENDING, State.UNKNOWN]):
            later = push.state is State.PLANNED and push.due >= at
            if not later:
                touched += push.state is not State.UNKNOWN
                self._doubt(push)
        for delivery in [self._delivery_of(doc) for doc in self._docs("sent", "deliveries")]:
            if delivery.state is State.SENDING:
                self._put_delivery(replace(delivery, state=State.UNKNOWN, ended=delivery.begun))
        return touched

    async def _hand_over(self, other: Vault) -> list[Audited]:
        """Give a store that takes our place what it must not lose; return our trail if it is lost.

        The trail goes on where it is the same one. Texts, targets (a pause is one) and numbers
        that people have seen are of today.
        """
        mine, theirs = await self.audits(), await other.audits()
        shared = mine[: len(theirs)] == theirs[: len(mine)]
        for one in mine[len(theirs) :] if shared else ():
            await other.audit(one.entry)
        known = set(await other.texts())
        for doc in await self._read(lambda: self._main("kept").docs()):
            if doc["digest"] not in known and (text := await self.text(doc["digest"])) is not None:
                await other.keep_text(text, datetime.fromisoformat(f"{doc['file']}-01T00:00"))
        targets, numbers, *_ = await self._read(self._of_today)
        await other._write(lambda: other._take_over(targets, numbers))
        return [] if shared else mine

    def _take_over(self, targets: Sequence[Doc], numbers: Sequence[Doc]) -> None:
        for doc in targets:
            self._main("targets").put(doc)
        given = {(doc["year"], doc["number"]) for doc in self._main("numbers").docs()}
        for doc in numbers:
            if (doc["year"], doc["number"]) not in given:
                self._main("numbers").add(doc)


async def made_ready(
    kind: type[Vault], folder: Path, source: Path, at: datetime, before: datetime
) -> Restored:
    """Make a backup ready to take the place of a folder that cannot be read any more.

    Whoever opens the folder finishes it. NotABackup for what is none.
    """
    found = await _prepared(kind, folder, source, at, before, None)
    await asyncio.to_thread(copies.make_ready, folder, Files())
    return found


async def _prepared(
    kind: type[Vault],
    folder: Path,
    source: Path,
    at: datetime,
    before: datetime,
    current: Vault | None,
) -> Restored:
    """Unpack a backup beside the data and bring it up to today; `current` is what it replaces."""
    try:
        made = await asyncio.to_thread(copies.unpack, source, folder / RESTORING)
        store = _opened(kind, folder / RESTORING, source)
        try:
            return await _brought_up(store, folder, source, made, at, before, current)
        finally:
            store.close()
    except BaseException:
        copies.clear(folder)  # it names people
        raise


def _opened(kind: type[Vault], staging: Path, source: Path) -> Vault:
    try:
        return kind(staging)
    except OSError as error:
        if error.errno not in (errno.EIO, errno.EINVAL):
            raise
        raise NotABackup(f"{source.name}：{error.strerror}") from None


async def _brought_up(
    store: Vault,
    folder: Path,
    source: Path,
    made: datetime,
    at: datetime,
    before: datetime,
    current: Vault | None,
) -> Restored:
    replaced = await current._hand_over(store) if current is not None else []
    unknown = await store._write(lambda: store._overtaken(made, at))
    listed = [*store.forgotten(), *forgotten_in(folder)]
    people = await store.forget_again(listed, at)
    certificates = 0
    while await store.fold_names(before, at):
        certificates += 1
    detail = {"made": made.isoformat(), "unknown": str(unknown)}
    digest = ""
    if replaced:  # another trail than the backup's: kept as a text, with its own hashes
        rows = [{**to_doc(one), "entry": to_doc(one.entry)} for one in replaced]
        text = json.dumps(rows, ensure_ascii=False)
        digest = await store.keep_text(text, at)
        detail["replaced"] = str(len(replaced))
    about = source.name
    entry = AuditEntry(at=at, what="restored", about=about, digest=digest, detail=detail)
    await store.audit(entry)
    keys = [store._files.read(place / "seal.key") for place in (folder, folder / RESTORING)]
    return Restored(
        made=made,
        unknown=unknown,
        forgotten=people,
        certificates=certificates,
        new_key=keys[1] not in (None, keys[0]),
        replaced=len(replaced),
    )
