"""A TinyDB storage that a kill cannot tear: temporary file, fsync, replace, fsync of the folder.

The whole file is rewritten on every change, as in stock TinyDB, but never in place, so it is
always either the old state or the new one. Quick enough for a bureau's few thousand rows.
"""

from __future__ import annotations

import errno
import json
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from tinydb.storages import Storage


class AtomicJSONStorage(Storage):
    """TinyDB's own JSON format in one file that is replaced as a whole."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self._data: dict[str, Any] | None = None
        self._batch = False
        self._changed = False

    def read(self) -> dict[str, Any] | None:
        if self._data is None and self.path.exists():
            self._data = self._load()
        return self._data

    def _load(self) -> dict[str, Any]:
        """Return what the file holds; one that is damaged is never taken for an empty one."""
        try:
            found = json.loads(self.path.read_text("utf-8"))
            if isinstance(found, dict):
                return found
        except ValueError:
            pass
        raise OSError(errno.EIO, "文件已损坏，请从备份恢复", str(self.path))

    def write(self, data: dict[str, Any]) -> None:
        if self._batch:
            self._data, self._changed = data, True
        else:
            with self.batch():
                self.write(data)

    @contextmanager
    def batch(self) -> Iterator[None]:
        """Make all changes inside one change of the file: all of them are kept, or none."""
        self._batch, self._changed = True, False
        try:
            yield
            if self._changed:
                self._save()
        except BaseException:
            self._data = None  # the file is believed, never a memory that did not reach it
            raise
        finally:
            self._batch = False

    def _save(self) -> None:
        draft = self.path.with_suffix(".tmp")
        with open(draft, "w", encoding="utf-8", opener=_private) as file:
            json.dump(self._data, file, ensure_ascii=False)
            file.flush()
            os.fsync(file.fileno())
        os.replace(draft, self.path)
        _sync_folder(self.path.parent)


def _private(path: str, flags: int) -> int:
    return os.open(path, flags, 0o600)  # names and receipts are nobody else's business


def _sync_folder(folder: Path) -> None:
    """Make the rename itself durable; Windows has no such call and needs none."""
    if os.name == "nt":
        return
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
