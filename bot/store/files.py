"""The seam to the disk: every file operation of the store goes through one small object.

A crash harness passes its own `Files` and rebuilds from the calls every state a kernel may
leave behind. What the real one promises is what the operating system does, and no more: a
`write` is durable after `fsync` of the same handle, a `replace`, `open` or `unlink` after
`fsync_folder` of its folder.
"""

from __future__ import annotations

import os
from collections.abc import Iterable
from contextlib import suppress
from pathlib import Path

_BINARY = getattr(os, "O_BINARY", 0)  # Windows would turn line ends otherwise


class Files:
    """The real disk. Handles are numbers of the operating system; errors are OSError."""

    def make_folder(self, folder: Path) -> None:
        """Make `folder` and its parents; no harm if it is there."""
        folder.mkdir(parents=True, exist_ok=True)

    def list(self, folder: Path) -> list[str]:
        """Return the names in `folder`, sorted; none where there is no such folder."""
        try:
            return sorted(os.listdir(folder))
        except FileNotFoundError:
            return []

    def read(self, path: Path) -> bytes | None:
        """Return what is in a file, None where there is none."""
        try:
            return path.read_bytes()
        except FileNotFoundError:
            return None

    def size(self, path: Path) -> int:
        """Return the length of a file in bytes, 0 where there is none."""
        try:
            return path.stat().st_size
        except FileNotFoundError:
            return 0

    def open(self, path: Path) -> int:
        """Open an empty file for writing, in place of what was there; only we may read it."""
        return os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC | _BINARY, 0o600)

    def reopen(self, path: Path) -> int:
        """Open a file that is there for `write_at`; what is in it stays."""
        return os.open(path, os.O_WRONLY | _BINARY)

    def write(self, handle: int, data: bytes) -> None:
        """Write all of `data`, or raise: then any part of it may be in the file."""
        done = os.write(handle, data)
        while done < len(data):
            done += os.write(handle, memoryview(data)[done:])

    def write_at(self, handle: int, offset: int, data: bytes) -> None:
        """Write all of `data` over what is at `offset`, or raise, as `write` does."""
        os.lseek(handle, offset, os.SEEK_SET)
        self.write(handle, data)

    def fsync(self, handle: int) -> None:
        """Make what was written durable, or raise: then nothing is known of any of it."""
        os.fsync(handle)

    def close(self, handle: int) -> None:
        with suppress(OSError):  # nothing is believed durable for having been closed
            os.close(handle)

    def replace(self, source: Path, target: Path) -> None:
        """Put one file in the place of another, as a whole: a reader sees the old or the new."""
        os.replace(source, target)

    def unlink(self, path: Path) -> None:
        path.unlink(missing_ok=True)

    def fsync_folder(self, folder: Path) -> None:
        """Make the names in a folder durable; Windows has no such call and needs none."""
        if os.name == "nt":
            return
        handle = os.open(folder, os.O_RDONLY)
        try:
            os.fsync(handle)
        finally:
            os.close(handle)


def put_in_place(files: Files, path: Path, chunks: Iterable[bytes]) -> None:
    """Write a whole file so that a crash leaves the old one or the new one, and then the new.

    Temporary file, fsync, replace, fsync of the folder. The draft bears a fixed name, so that
    a crash leaves at most one, which the next writing takes over.
    """
    draft = path.with_suffix(path.suffix + ".tmp")
    handle = files.open(draft)
    try:
        for chunk in chunks:
            files.write(handle, chunk)
        files.fsync(handle)
    finally:
        files.close(handle)
    files.replace(draft, path)
    files.fsync_folder(path.parent)
