"""Backups of a database are those of the data folder that its rows would be (moving.py)."""

from __future__ import annotations

import asyncio
import errno
import shutil
import tempfile
from datetime import datetime
from pathlib import Path
from typing import Any

from bot.store import backup as copies
from bot.store.postgres import moving
from bot.store.postgres.tables import PgDatabases
from bot.store.records import Audited, Restored
from bot.store.tiny import TinyStore
from bot.store.vault import TRIES, Vault, _prepared


class PgVault(Vault):
    """Backups, restores and moves of the contract (bot.store) over PostgreSQL."""

    _base: PgDatabases

    # -- backups ----------------------------------------------------------------------------------

    async def backup(self, target: Path, at: datetime) -> int:
        if await asyncio.to_thread(target.exists):
            raise FileExistsError(errno.EEXIST, "已有这个文件", str(target))
        async with self._one_backup:
            place = Path(tempfile.mkdtemp(prefix="backup-", dir=self._base.folder))
            try:
                folder = await self._read(lambda: moving.write_folder(self._base, place / "data"))
                try:
                    return await folder.backup(target, at)
                finally:
                    folder.close()
            finally:
                shutil.rmtree(place)  # it names people

    async def restore(self, source: Path, at: datetime, before: datetime) -> Restored:
        place = self._base.folder
        try:
            for _ in range(TRIES):
                known = await self._read(self._of_today)
                found = await _prepared(TinyStore, place, source, at, before, self)
                if await self._write(lambda known=known: self._replaced(known)):  # type: ignore[misc]
                    self._take_files(place / copies.RESTORING)
                    return found
        finally:
            copies.clear(place)
        raise OSError(errno.EBUSY, "一直有别的改动，请稍候再恢复", str(place))

    def _replaced(self, known: list[Any]) -> bool:
        if self._of_today() != known:
            return False
        folder = TinyStore(self._base.folder / copies.RESTORING)
        try:
            moving.replace_all(self._base, folder)
        finally:
            folder.close()
        return True

    def _take_files(self, staging: Path) -> None:
        """The sealing key is the backup's; a halt or a link of today stands."""
        for name in copies.BESIDE:
            mine, theirs = self._base.folder / name, staging / name
            wanted = name == "seal.key" or not mine.exists()
            if name != "forgotten.json" and wanted and theirs.exists():
                self._files.replace(theirs, mine)
        if (staging / copies.FORMS).exists() and not (self._base.folder / copies.FORMS).exists():
            shutil.move(staging / copies.FORMS, self._base.folder / copies.FORMS)

    async def _hand_over(self, other: Vault) -> list[Audited]:
        listed = await self._read(self.forgotten)
        await other._write(lambda: other._remember_to_forget(listed))
        return await super()._hand_over(other)

    async def take_in(self, folder: TinyStore) -> dict[str, int]:
        """Move a data folder in; FileExistsError where the database has rows already."""

        def work() -> dict[str, int]:
            if not moving.is_empty(self._base):
                raise FileExistsError(errno.EEXIST, "数据库里已有数据，没有搬")
            return moving.replace_all(self._base, folder)

        return await self._write(work)


# How long a worker may take until it looks again at what it found due; by the database's clock.
