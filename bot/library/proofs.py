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
import sys
import unicodedata
from pathlib import Path

import yaml

from bot.core import lint
from bot.core.lint import Frame
from bot.core.lint.proof import Proof, from_row, to_row
from bot.library import disk
from bot.library.words import NAME as LEXICON

log = logging.getLogger(__name__)

NAME = "check.cache"
MOST = 256 * 1024 * 1024  # bytes of a cache that is read


class Proofs:
    """Proofs by the digest of a file's name and bytes."""

    def __init__(self, data: Path, content: Path, frame: Frame) -> None:
        self._path = data / NAME
        self._version = version(content, frame)
        self._old = _read(self._path, self._version)
        self._new: dict[bytes, bytes] = {}

    def find(self, shown: str, data: bytes) -> Proof | None:
        """Return what was found in these very bytes under this name; None where nobody looked."""
        key = _key(shown, data)
        row = self._old.get(key)
        if row is None:
            return None
        try:
            proof = from_row(json.loads(row), shown)
        except (ValueError, TypeError, LookupError):  # not as we write it
            return None
        self._new[key] = row
        return proof

    def keep(self, shown: str, data: bytes, proof: Proof) -> None:
        row = json.dumps(to_row(proof), ensure_ascii=False, separators=(",", ":"))
        self._new[_key(shown, data)] = row.encode("utf-8", "surrogatepass")

    def write(self) -> None:
        """Put what was found in place of the file, if it is news; a full disk costs time only."""
        if self._new.keys() == self._old.keys() or not self._path.parent.is_dir():
            return
        lines = [self._version.encode(), *(b"%s %s" % pair for pair in self._new.items()), b""]
        body = b"\n".join(lines)
        try:
            disk.write(self._path, body + _seal(body))
        except OSError as error:
            log.warning("no cache of check: %s", error, extra={"action": "no-cache"})


def version(content: Path, frame: Frame) -> str:
    """Return what changes when the lexicon, the program, or what nodes can be told of does."""
    try:
        words = (content / LEXICON).read_bytes()
    except OSError:
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


def _read(path: Path, wanted: str) -> dict[bytes, bytes]:
    try:
        with path.open("rb") as file:
            raw = file.read(MOST)
    except OSError:
        return {}
    body, _, seal = raw.rpartition(b"\n")
    body += b"\n"
    if not raw.startswith(wanted.encode() + b"\n") or seal != _seal(body):
        return {}
    pairs = (line.split(b" ", 1) for line in body.split(b"\n")[1:-1])
    return {pair[0]: pair[1] for pair in pairs}


def _seal(body: bytes) -> bytes:
    return hashlib.sha256(body).hexdigest().encode()


def _key(shown: str, data: bytes) -> bytes:
    name = shown.encode("utf-8", "surrogatepass")
    return hashlib.blake2b(name + b"\0" + data, digest_size=16).hexdigest().encode()
