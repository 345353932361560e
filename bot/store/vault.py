"""Backups while the bot runs, and a restore that sends nothing a second time."""

from __future__ import annotations

import asyncio
import io
from dataclasses import replace
from datetime import datetime
from pathlib import Path
from typing import IO

from bot.core.model import State
from bot.store import backup as copies
from bot.store import moves
from bot.store.backup import RESTORING
from bot.store.care import Care
from bot.store.databases import JOURNAL_FILE
from bot.store.journal import FORMAT
from bot.store.keeper import forgotten_in
from bot.store.records import AuditEntry, Restored


class Vault(Care):
    """The backups of the contract (bot.store)."""

    async def backup(self, target: Path, at: datetime) -> int:
        sources, head = await self._read(self._captured)
        about = {"made": at.isoformat(), "format": FORMAT, "trail": head}
        try:
            return await asyncio.to_thread(copies.write, target, sources, about)
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
        found = await made_ready(type(self), self._databases.folder, source, at, before, self)
        await self._read(self._start_over)
        return found

    def _start_over(self) -> None:
        self._databases.let_go()
        copies.finish_restore(self._databases.folder, self._files)
        self._decoded.clear()

    def _overtaken(self, made: datetime, at: datetime) -> int:
        """What may have been sent since the backup is unknown, and goes out by itself no more."""
        span = {"made": made.isoformat(), "at": at.isoformat()}
        self._main("meta").put({"name": "restored", **span})
        touched = 0
        for push in self._pushes([State.PLANNED, State.SENDING, State.UNKNOWN]):
            later = push.state is State.PLANNED and push.due >= at
            if not later:
                touched += push.state is not State.UNKNOWN
                self._put_push(moves.overtaken(push))
        for delivery in [self._delivery_of(doc) for doc in self._docs("sent", "deliveries")]:
            if delivery.state is State.SENDING:
                self._put_delivery(replace(delivery, state=State.UNKNOWN, ended=delivery.begun))
        return touched

    async def _hand_over(self, other: Vault) -> None:
        """Give a store that takes our place what it must not lose: the trail and the texts."""
        mine, theirs = await self.audits(), await other.audits()
        if mine[: len(theirs)] == theirs:
            for one in mine[len(theirs) :]:
                await other.audit(one.entry)
        known = set(await other.texts())
        for doc in await self._read(lambda: self._main("kept").docs()):
            if doc["digest"] not in known and (text := await self.text(doc["digest"])) is not None:
                await other.keep_text(text, datetime.fromisoformat(f"{doc['file']}-01T00:00"))


async def made_ready(
    kind: type[Vault],
    folder: Path,
    source: Path,
    at: datetime,
    before: datetime,
    current: Vault | None,
) -> Restored:
    """Unpack a backup beside the data, bring it up to today, and make it ready to take its place.

    `current` is the store that it replaces, None where that cannot be read any more. NotABackup
    for what is none.
    """
    staging = folder / RESTORING
    made = await asyncio.to_thread(copies.unpack, source, staging)
    store = kind(staging)
    try:
        if current is not None:
            await current._hand_over(store)
        unknown = await store._write(lambda: store._overtaken(made, at))
        listed = [*store.forgotten(), *forgotten_in(folder)]
        people = await store.forget_again(listed, at)
        certificates = 0
        while await store.fold_names(before, at):
            certificates += 1
        detail = {"made": made.isoformat(), "unknown": str(unknown)}
        await store.audit(AuditEntry(at=at, what="restored", about=source.name, detail=detail))
    finally:
        store.close()
    await asyncio.to_thread(copies.make_ready, folder, store._files)
    keys = [store._files.read(place / "seal.key") for place in (folder, staging)]
    return Restored(
        made=made,
        unknown=unknown,
        forgotten=people,
        certificates=certificates,
        new_key=keys[1] not in (None, keys[0]),
    )
