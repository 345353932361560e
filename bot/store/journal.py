"""An append-only journal of changes: one line for every batch that was made durable together.

    <crc32, 8 hex digits> <length in bytes> <payload, JSON on one line>\\n

The first line says which format the rest has. A crash in mid-write leaves a line whose length
or checksum is wrong; at the end of the file that line was never answered for, and is cut. In
the middle it is damage, and is refused: what follows it was answered for.

Behind the last line there is room, zeros that were made durable beforehand: an fsync of bytes that
only take the place of others is twice as quick as one of a file that grows. No line ends in a zero,
so what a crash leaves is read as if there had never been any room.
"""

from __future__ import annotations

import errno
import logging
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from zlib import crc32

from bot.store.codec import decoded, encoded
from bot.store.files import Files, put_in_place

log = logging.getLogger(__name__)

FORMAT = 4
SPOKEN = (2, 3, FORMAT)  # formats whose journal has these lines
ROOM_LEAST, ROOM_MOST = 64 << 10, 1 << 20  # bytes; as many as there are lines, within these
Change = Sequence[Any]  # see databases.py; a JSON array


def line_of(payload: Any) -> bytes:
    """Return one line of the journal."""
    text = encoded(payload)
    return b"%08x %d %b\n" % (crc32(text), len(text), text)


def parse(line: bytes) -> Any:
    """Return the payload of one whole line (without its end); ValueError where it is damaged."""
    checksum, length, text = line.split(b" ", 2)
    if len(text) != int(length) or crc32(text) != int(checksum, 16) or len(checksum) != 8:
        raise ValueError("checksum")
    return decoded(text)


@dataclass(frozen=True, kw_only=True)
class Found:
    """What is in a journal."""

    batches: list[list[Change]]
    size: int  # bytes that are good; what follows them was never answered for
    torn: int  # bytes behind them, without the room


def scan(data: bytes, path: Path) -> Found:
    """Read a journal; OSError where it is damaged before its end, or of a later version."""
    data = data.rstrip(b"\0")
    batches: list[list[Change]] = []
    start = 0
    while start < len(data):
        end = data.find(b"\n", start)
        try:
            if end < 0:
                raise ValueError("no end")
            payload = parse(data[start:end])
        except ValueError:
            if _goes_on(data, start) or _good_line_after(data, start):
                raise OSError(errno.EIO, "文件已损坏，请从备份恢复", str(path)) from None
            break
        if start == 0:
            _check(payload, path)
        else:
            batches.append(payload)
        start = end + 1
    return Found(batches=batches, size=start, torn=len(data) - start)


def _goes_on(data: bytes, start: int) -> bool:
    """Whether a whole payload stands here, and more than its end of line is behind it."""
    head = data[start : start + 40].split(b" ", 2)
    if len(head) < 3 or not head[1].isdigit():
        return False
    end = start + len(head[0]) + len(head[1]) + 2 + int(head[1])
    try:
        parse(data[start:end])
    except ValueError:
        return False
    return end < len(data)


def _good_line_after(data: bytes, start: int) -> bool:
    """Whether a whole line follows a damaged one: then it is no torn end."""
    while (end := data.find(b"\n", start)) >= 0:
        start = end + 1
        following = data.find(b"\n", start)
        if following < 0:
            return False
        try:
            parse(data[start:following])
        except ValueError:
            continue
        return True
    return False


def _check(header: Any, path: Path) -> None:
    if not isinstance(header, dict) or header.get("format") not in SPOKEN:
        raise OSError(errno.EINVAL, "由更新的版本写成，请升级清风", str(path))


class Journal:
    """The file itself. Not thread-safe: one thread writes.

    `size` is the length up to which everything is known to be durable. After a failure nothing
    behind it is believed, and before the next batch the good lines are written into a fresh
    file: a kernel may call a page clean that it could not write, so a second fsync of the same
    file proves nothing.
    """

    def __init__(self, path: Path, files: Files) -> None:
        self.path = path
        self.size = 0
        self._files = files
        self._handle: int | None = None
        self._room = 0  # up to where the file has zeros
        self._sound = False  # whether the file is known to end at `size`, durably

    def load(self) -> list[list[Change]]:
        """Return the batches that are believed; a torn end is cut with the next change."""
        data = self._files.read(self.path) or b""
        if self.size:  # we wrote it: only what was made durable counts
            data = data[: self.size]
        found = scan(data, self.path)
        if found.torn:
            log.warning(
                "journal: %d bytes of an unfinished change are cut",
                found.torn,
                extra={"action": "torn-tail"},
            )
        self.size = found.size
        return found.batches

    def append(self, changes: Sequence[Change]) -> None:
        """Make one batch durable, or raise: then call `distrust`, and `load` what there is."""
        self.ensure()
        assert self._handle is not None, "a sound journal is open"
        line = line_of(changes)
        end = self.size + len(line)
        more = b"" if end <= self._room else bytes(min(max(end, ROOM_LEAST), ROOM_MOST))
        self._files.write_at(self._handle, self.size, line + more if more else line)
        self._files.fsync(self._handle)
        self.size = end
        self._room = max(self._room, end + len(more))

    def ensure(self) -> None:
        """Make sure that all up to `size` is durable, whoever wrote it."""
        if not self._sound:
            self._mend()

    def distrust(self) -> None:
        """Believe nothing behind `size` any more."""
        self._shut()
        self._sound = False

    def begin_anew(self) -> None:
        """Start an empty journal: everything in the old one is durable elsewhere."""
        self._fresh([line_of({"format": FORMAT})])

    def _mend(self) -> None:
        good = (self._files.read(self.path) or b"")[: self.size]
        self._fresh([good or line_of({"format": FORMAT})])

    def _fresh(self, chunks: Iterable[bytes]) -> None:
        self.distrust()
        content = b"".join(chunks)
        put_in_place(self._files, self.path, [content])
        self.size = self._room = len(content)
        self._handle = self._files.reopen(self.path)
        self._sound = True

    def close(self) -> None:
        self.distrust()

    def _shut(self) -> None:
        if self._handle is not None:
            self._files.close(self._handle)
            self._handle = None
