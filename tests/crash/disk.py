"""A disk in memory that knows what a kernel promises, and rebuilds what a crash may leave.

    write ──> current (what a process reads) ──fsync──> durable (what a power cut leaves)
    names ──> current                   ──fsync_folder──> durable

After a power cut a file holds its durable bytes and, of what was written since, anything: all,
nothing, a prefix whose last sector is garbage or zeros, or some sectors and not others. A name
that was made, replaced or taken away since the last `fsync_folder` is as before or as after, each
for itself or in their order; so a file whose bytes were fsynced is lost with its name. Files and
folders are torn independently of each other: nothing keeps an order between them.

A kill of the process alone leaves everything as it was read, with nothing more durable than before.
"""

from __future__ import annotations

import copy
import errno
import random
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

from bot.store.files import Files

SECTOR = 512


class PowerCut(BaseException):
    """The machine, or the process, is gone: nobody hears an answer any more."""


@dataclass(frozen=True)
class Write:
    """One change of a file's bytes: `data` at `offset`, or (None) cut to `offset` bytes."""

    offset: int
    data: bytes | None

    def on(self, content: bytes) -> bytes:
        if self.data is None:
            return content[: self.offset].ljust(self.offset, b"\0")
        padded = content.ljust(self.offset, b"\0")
        return padded[: self.offset] + self.data + padded[self.offset + len(self.data) :]


@dataclass(eq=False)
class File:
    durable: bytes = b""
    pending: list[Write] = field(default_factory=list)
    current: bytes = b""

    def change(self, write: Write) -> None:
        self.pending.append(write)
        self.current = write.on(self.current)

    def sync(self) -> None:
        for write in self.pending:
            self.durable = write.on(self.durable)
        self.pending = []

    def lose(self, dice: random.Random) -> None:
        """A failed fsync: the kernel calls its pages clean, and what reached the disk is chance."""
        self.durable, self.pending = self.torn(dice), []

    def torn(self, dice: random.Random) -> bytes:
        """Return one content that a power cut may leave."""
        ways = (_nothing, _everything, _prefix, _sectors)
        return dice.choice(ways)(self.durable, self.pending, dice) if self.pending else self.durable


def _nothing(durable: bytes, pending: list[Write], dice: random.Random) -> bytes:
    return durable


def _everything(durable: bytes, pending: list[Write], dice: random.Random) -> bytes:
    for write in pending:
        durable = write.on(durable)
    return durable


def _prefix(durable: bytes, pending: list[Write], dice: random.Random) -> bytes:
    """Some writes whole, the next one up to any byte, and the rest of its sector is anything."""
    whole = dice.randrange(len(pending))
    content = _everything(durable, pending[:whole], dice)
    torn = pending[whole]
    if torn.data is None:
        return content
    kept = dice.randint(0, len(torn.data))
    room = min(-(torn.offset + kept) % SECTOR, len(torn.data) - kept)
    fill = dice.choice((b"", bytes(room), dice.randbytes(room)))
    return Write(torn.offset, torn.data[:kept] + fill).on(content)


def _sectors(durable: bytes, pending: list[Write], dice: random.Random) -> bytes:
    """Every sector of every write for itself: there, or as it was (zeros where nothing was)."""
    content = durable
    for write in pending:
        if write.data is None:
            content = write.on(content) if dice.random() < 0.5 else content
            continue
        start, end = write.offset, write.offset + len(write.data)
        content = content.ljust(end, b"\0")
        while start < end:
            stop = min((start // SECTOR + 1) * SECTOR, end)
            if dice.random() < 0.5:
                piece = write.data[start - write.offset : stop - write.offset]
                content = Write(start, piece).on(content)
            start = stop
    return content


Names = dict[str, "File | Folder"]


@dataclass(eq=False)
class Folder:
    durable: Names = field(default_factory=dict)
    pending: list[dict[str, File | Folder | None]] = field(default_factory=list)
    current: Names = field(default_factory=dict)

    def change(self, names: dict[str, File | Folder | None]) -> None:
        """Give names, or take them away (None): all of them in one step."""
        self.pending.append(names)
        _rename(self.current, names)

    def sync(self) -> None:
        for names in self.pending:
            _rename(self.durable, names)
        self.pending = []

    def torn(self, dice: random.Random) -> Names:
        found = dict(self.durable)
        in_order = dice.random() < 0.5
        last = dice.randint(0, len(self.pending))
        for number, names in enumerate(self.pending):
            if number < last if in_order else dice.random() < 0.5:
                _rename(found, names)
        return found


def _rename(names: Names, changes: dict[str, File | Folder | None]) -> None:
    for name, node in changes.items():
        if node is None:
            names.pop(name, None)
        else:
            names[name] = node


class Disk(Files):
    """A whole disk as one process sees it. Its root is durable from the beginning."""

    def __init__(self, before: Disk | None = None, root: Folder | None = None) -> None:
        self.root = root or Folder()
        # Every call that changes something, in words; those before a crash stay.
        self.calls: list[str] = before.calls if before else []
        # The number of the call in which the crash comes; 0: never.
        self.crash_at = before.crash_at if before else 0
        self.fail_fsync_at = 0  # the number of the call from which on the next fsync fails, once
        self.dice = before.dice if before else random.Random(0)
        self.dead = False
        self._handles: dict[int, File] = {}

    # -- what a crash leaves -------------------------------------------------------------------

    def after_power_cut(self, dice: random.Random) -> Disk:
        """Return a disk as the kernel may have left it."""
        self.dead = True
        self.calls.append("the power is cut")
        return type(self)(self, _as_left(self.root, dice, {}))

    def copied(self) -> Disk:
        """Return the same files for somebody who only looks."""
        return Disk(root=copy.deepcopy(self.root))

    def after_kill(self) -> Disk:
        """Return the same disk for the next process: everything is there, no more is durable."""
        self.dead = True
        self.calls.append("the process is killed")
        return type(self)(self, self.root)

    def _happen(self, words: str, effect: Callable[[], None]) -> None:
        """One call; the crash may come before it or after it, and then there is no answer."""
        self._alive()
        self.calls.append(words)
        if len(self.calls) == self.crash_at:
            self.dead = True
            if self.dice.random() < 0.5:
                effect()
            raise PowerCut(words)
        effect()

    def _alive(self) -> None:
        if self.dead:
            raise PowerCut("the process is gone")

    # -- the calls -----------------------------------------------------------------------------

    def make_folder(self, folder: Path) -> None:
        node = self.root
        for name in _parts(folder):
            found = node.current.get(name)
            if found is None:
                found = Folder()
                self._happen(f"make_folder {folder}", _naming(node, {name: found}))
            assert isinstance(found, Folder)
            node = found

    def list(self, folder: Path) -> list[str]:
        self._alive()
        found = self._find(folder)
        return sorted(found.current) if isinstance(found, Folder) else []

    def read(self, path: Path) -> bytes | None:
        self._alive()
        found = self._find(path)
        return found.current if isinstance(found, File) else None

    def size(self, path: Path) -> int:
        return len(self.read(path) or b"")

    def open(self, path: Path) -> int:
        file = self._made(path, "open")
        if file.current:
            self._happen(f"empty {path}", lambda: file.change(Write(0, None)))
        return self._handle(file)

    def reopen(self, path: Path) -> int:
        self._alive()
        file = self._find(path)
        if not isinstance(file, File):
            raise FileNotFoundError(errno.ENOENT, "no such file", str(path))
        return self._handle(file)

    def write(self, handle: int, data: bytes) -> None:
        self.write_at(handle, len(self._handles[handle].current), data)

    def write_at(self, handle: int, offset: int, data: bytes) -> None:
        file = self._handles[handle]
        size = len(data)
        if len(self.calls) + 1 == self.crash_at:  # in the midst of it
            size = self.dice.randint(0, size)
        write = Write(offset, bytes(data[:size]))
        self._happen(f"write {len(data)} bytes", lambda: file.change(write))

    def fsync(self, handle: int) -> None:
        file = self._handles[handle]
        if self.fail_fsync_at and len(self.calls) + 1 >= self.fail_fsync_at:
            self.fail_fsync_at = 0
            self._happen("fsync fails", lambda: file.lose(self.dice))
            raise OSError(errno.EIO, "the disk failed")
        self._happen("fsync", file.sync)

    def close(self, handle: int) -> None:
        self._handles.pop(handle, None)

    def replace(self, source: Path, target: Path) -> None:
        assert source.parent == target.parent, "only within a folder is it one step"
        folder = self._folder(source)
        node = folder.current[source.name]
        self._happen(f"replace {target}", _naming(folder, {source.name: None, target.name: node}))

    def unlink(self, path: Path) -> None:
        self._happen(f"unlink {path}", _naming(self._folder(path), {path.name: None}))

    def fsync_folder(self, folder: Path) -> None:
        found = self._find(folder)
        assert isinstance(found, Folder)
        self._happen(f"fsync_folder {folder}", found.sync)

    # -- finding -------------------------------------------------------------------------------

    def _find(self, path: Path) -> File | Folder | None:
        node: File | Folder | None = self.root
        for name in _parts(path):
            node = node.current.get(name) if isinstance(node, Folder) else None
        return node

    def _folder(self, path: Path) -> Folder:
        found = self._find(path.parent)
        if not isinstance(found, Folder):
            raise FileNotFoundError(errno.ENOENT, "no such folder", str(path.parent))
        return found

    def _made(self, path: Path, words: str) -> File:
        folder = self._folder(path)
        found = folder.current.get(path.name)
        if found is None:
            found = File()
            self._happen(f"{words} {path}", _naming(folder, {path.name: found}))
        assert isinstance(found, File)
        return found

    def _handle(self, file: File) -> int:
        number = max(self._handles, default=2) + 1
        self._handles[number] = file
        return number


def _naming(folder: Folder, names: dict[str, File | Folder | None]) -> Callable[[], None]:
    return lambda: folder.change(names)


def _parts(path: Path) -> tuple[str, ...]:
    return path.parts[1:] if path.root else path.parts


def _as_left(folder: Folder, dice: random.Random, done: dict[int, File]) -> Folder:
    names: Names = {}
    for name, node in sorted(folder.torn(dice).items()):
        if isinstance(node, Folder):
            names[name] = _as_left(node, dice, done)
            continue
        if id(node) not in done:
            content = node.torn(dice)
            done[id(node)] = File(durable=content, current=content)
        names[name] = done[id(node)]
    return Folder(durable=dict(names), current=names)
