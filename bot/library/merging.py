"""A pack comes into a library: the unit's own edits stay, and a crash leaves no half of it.

Three digests decide: of the file as the last pack brought it, as it is here, and as this pack
brings it.

    unpacked (all of it sound, or BadPack) ── _refuse (all of it can be laid down here, or BadPack)
      ── the data folder keeps the pack itself ── files, base ── the kept pack goes

Killed before the pack is kept, everything is as it was; after that, `resume` brings in the rest.
"""

from __future__ import annotations

import contextlib
import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import Literal

from filelock import FileLock, Timeout

from bot.library import disk
from bot.library.decode import Unreadable, decode
from bot.library.pack import BadPack, Places, packed, unpacked

_TEXTS = frozenset({".md", ".txt", ".toml"})

What = Literal["new", "updated", "same", "yours", "conflict", "deleted"]


@dataclass(frozen=True, kw_only=True)
class Change:
    path: str
    what: What


def merge(files: Mapping[str, bytes], places: Places) -> list[Change]:
    """Bring the files of a pack in; what the unit changed stays, what both changed is laid beside.

    The other version of what both changed comes to content/待合并/, which nothing reads. BadPack
    where it cannot be done, and then nothing is written.
    """
    with _alone(places):
        _resume(places)
        _refuse(files, places)
        disk.write(places.kept, packed(files))  # from here on it will be brought in, come what may
        return _bring_all(files, places)


def resume(places: Places) -> None:
    """Bring in the rest of a pack that a crash cut short, unless somebody is at it right now."""
    if places.kept.exists():
        with contextlib.suppress(Timeout), _alone(places, timeout=0):
            _resume(places)


def _resume(places: Places) -> None:
    if not places.kept.exists():
        return
    try:
        files = unpacked(places.kept)
        _refuse(files, places)
    except BadPack:  # it was sound when it was kept: somebody has touched it, or the folders
        places.kept.unlink()
        return
    _bring_all(files, places)


def _alone(places: Places, timeout: float = 60) -> FileLock:
    places.data.mkdir(parents=True, exist_ok=True)
    return FileLock(places.data / "pack.lock", timeout=timeout)


def _bring_all(files: Mapping[str, bytes], places: Places) -> list[Change]:
    base = _base(places)
    changes = [_bring(name, files[name], base.get(name, ""), places) for name in sorted(files)]
    brought = base | {name: digest_of(name, data) for name, data in files.items()}
    disk.write(places.base, json.dumps(brought, ensure_ascii=False, indent=1).encode())
    places.kept.unlink(missing_ok=True)
    return changes


def _refuse(files: Mapping[str, bytes], places: Places) -> None:
    """Raise BadPack for what cannot be laid down here, before any of it is."""
    for name in files:
        root = places.content if name.startswith("content/") else places.schedules
        for path, top in ((places.of(name), root), (places.beside(name), places.content)):
            if not path.resolve().is_relative_to(top.resolve()):
                raise BadPack(f"“{name}”在这里是一个通向别处的链接，不予导入")
            above = [folder for folder in path.parents if folder.is_relative_to(top)]
            if (path.exists() and not path.is_file()) or any(
                one.exists() and not one.is_dir() for one in above
            ):
                raise BadPack(f"“{name}”在这里有同名的文件夹或文件挡着，请先改名")


def _bring(name: str, data: bytes, base: str, places: Places) -> Change:
    path, theirs = places.of(name), digest_of(name, data)
    if not path.exists():
        if base:  # the unit took it away: it does not come back by itself
            return Change(path=name, what="deleted")
        _put(path, data)
        return Change(path=name, what="new")
    mine = digest_of(name, path.read_bytes())
    if mine == theirs:
        return Change(path=name, what="same")
    if mine == base:
        _put(path, data)
        return Change(path=name, what="updated")
    if theirs == base:
        return Change(path=name, what="yours")
    _put(places.beside(name), data)
    return Change(path=name, what="conflict")


def _put(path: Path, data: bytes) -> None:
    disk.write(path, data)
    path.chmod(0o644)  # people edit it


def digest_of(name: str, data: bytes) -> str:
    """Return the digest of a file; of a text's words, so that saving it anew is no edit."""
    if PurePosixPath(name).suffix.lower() in _TEXTS:
        with contextlib.suppress(Unreadable, UnicodeError):
            data = decode(data).replace("\r\n", "\n").rstrip().encode()
    return hashlib.sha256(data).hexdigest()


def _base(places: Places) -> dict[str, str]:
    try:
        found = json.loads(places.base.read_text("utf-8"))
        return {str(name): str(digest) for name, digest in found.items()}
    except FileNotFoundError:
        return {}
    except (ValueError, AttributeError):
        return {}  # then what differs counts as changed by both: nothing is written over
