"""What `check` found last time, by the digest of each file: a cache, never the truth.

One file in the data folder, replaced as a whole. It is good for one program, one lexicon: their
digest stands in its first line, that of all before it in its last. A cache of others, a spoilt one,
or none is an empty one. Every file is read each time all the same: dates and sizes prove nothing.
"""

from __future__ import annotations

import functools
import hashlib
import json
import logging
import os
import sys
import tempfile
import unicodedata
from collections.abc import Iterator
from contextlib import suppress
from itertools import chain
from pathlib import Path
from typing import BinaryIO, cast

import yaml

from bot.core import lint
from bot.core.lint import Frame
from bot.core.lint.proof import Proof, from_row, to_row
from bot.library import disk
from bot.library.decode import Unreadable, read_bytes
from bot.library.words import NAME as LEXICON

log = logging.getLogger(__name__)

NAME = "check.cache"
MOST = 256 * 1024 * 1024  # bytes of a cache that is read
LONGEST = 16 * 1024 * 1024  # bytes of one row


class Proofs:
    """Proofs by the digest of a file's name and bytes: the rows stay on disk, the places here."""

    def __init__(self, data: Path, content: Path, frame: Frame) -> None:
        self._path = data / NAME
        self._version = version(content, frame)
        self._file, self._old = _open(self._path, self._version)
        self._news = _spool(data)
        self._new: dict[bytes, tuple[BinaryIO, int, int]] = {}  # the file, and where in it

    def find(self, shown: str, data: bytes) -> Proof | None:
        """Return what was found in these very bytes under this name; None where nobody looked."""
        key = _key(shown, data)
        place = self._old.get(key)
        if place is None or self._file is None:
            return None
        try:
            proof = from_row(json.loads(_row(self._file, *place)), shown)
        except (OSError, ValueError, TypeError, LookupError):  # not as we write it
            return None
        self._new[key] = (self._file, *place)
        return proof

    def keep(self, shown: str, data: bytes, proof: Proof) -> None:
        row = json.dumps(to_row(proof), ensure_ascii=False, separators=(",", ":"))
        if self._news is None:
            return
        raw = row.encode("utf-8", "surrogatepass")
        try:
            self._new[_key(shown, data)] = (self._news, self._news.tell(), len(raw))
            self._news.write(raw)
        except OSError:  # a full disk
            self._news = None

    def write(self) -> None:
        """Put what was found in place of the file, if it is news; a full disk costs time only.

        Nothing is found or kept after it.
        """
        if self._news is not None and self._new.keys() != self._old.keys():
            try:
                disk.write_all(self._path, self._lines())
            except OSError as error:
                log.warning("no cache of check: %s", error, extra={"action": "no-cache"})
        for file in (self._file, self._news):
            if file is not None:
                with suppress(OSError):  # what is not yet on a full disk is of no use any more
                    file.close()

    def _lines(self) -> Iterator[bytes]:
        seal = hashlib.sha256()
        rows = (b"%s %s\n" % (key, _row(*place)) for key, place in self._new.items())
        for line in chain([self._version.encode() + b"\n"], rows):
            seal.update(line)
            yield line
        yield seal.hexdigest().encode()


def version(content: Path, frame: Frame) -> str:
    """Return what changes when the lexicon, the program, or what nodes can be told of does."""
    try:
        words = read_bytes(content / LEXICON)
    except Unreadable:
        words = b""
    empty = repr(sorted((name, sorted(marks)) for name, marks in frame.unfilled.items()))
    return hashlib.sha256(_program() + empty.encode() + words).hexdigest()


@functools.cache
def _program() -> bytes:
    """Return the digest of the code that reads and judges, and of what it stands on."""
    core = Path(lint.__file__).parents[1]
    found = hashlib.sha256(
        f"{sys.version} {unicodedata.unidata_version} {yaml.__version__}".encode()
    )
    for folder in (core, Path(__file__).parent):
        for path in sorted(folder.rglob("*.py")):
            found.update(path.name.encode() + b"\0" + path.read_bytes() + b"\0")
    return found.digest()


Rows = dict[bytes, tuple[int, int]]  # key -> where its row begins, and how long it is


def _open(path: Path, wanted: str) -> tuple[BinaryIO | None, Rows]:
    """Return the cache and where its rows lie; nothing of one that is not whole or not ours."""
    try:
        file = path.open("rb")
    except OSError:
        return None, {}
    try:
        rows = _rows(file, wanted.encode() + b"\n")
    except (OSError, ValueError):
        rows = {}
    if not rows:
        file.close()
        return None, {}
    return file, rows


def _rows(file: BinaryIO, version: bytes) -> Rows:
    if os.fstat(file.fileno()).st_size > MOST or file.readline(LONGEST) != version:
        return {}
    rows, seal, at = Rows(), hashlib.sha256(version), len(version)
    while (line := file.readline(LONGEST)).endswith(b"\n"):
        key, _, row = line.partition(b" ")
        rows[key] = (at + len(key) + 1, len(row) - 1)
        seal.update(line)
        at += len(line)
    return rows if line == seal.hexdigest().encode() else {}


def _row(file: BinaryIO, start: int, length: int) -> bytes:
    file.seek(start)
    return file.read(length)


def _spool(data: Path) -> BinaryIO | None:
    """Return a file without a name for what is new; None where there is no place for it."""
    try:
        return cast(BinaryIO, tempfile.TemporaryFile(dir=data))
    except OSError:
        return None


def _key(shown: str, data: bytes) -> bytes:
    name = shown.encode("utf-8", "surrogatepass")
    return hashlib.blake2b(name + b"\0" + data, digest_size=16).hexdigest().encode()
