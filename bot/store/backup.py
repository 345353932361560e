"""A backup is one file with every row; a restore puts it in place as a whole, or not at all.

backup    the journal is folded, the files are opened in the store's own thread, and copied
          while the bot goes on: a data file is replaced, never written into
restore   unpacked and made ready in data/restoring/, then a list of its files is put there,
          and from that moment on it is in place: whoever opens the folder finishes the move

Halts, reviewers' links and printed forms are in a backup too; where the folder has its own, those
stand.
"""

from __future__ import annotations

import errno
import hashlib
import json
import os
import re
import shutil
import zipfile
import zlib
from collections.abc import Iterable, Mapping
from datetime import datetime
from pathlib import Path
from typing import IO, Any

from bot.store.databases import JOURNAL_FILE, KINDS, MAIN_FILE
from bot.store.files import Files, put_in_place
from bot.store.journal import FORMAT
from bot.store.records import NotABackup

MANIFEST = "manifest.json"
RESTORING, READY = "restoring", "ready.json"
BESIDE = (
    "forgotten.json",
    "seal.key",
    "holds.json",
    "reviewers.json",
)  # what else belongs to the rows
FORMS = "forms"
_NAME = re.compile(
    rf"{re.escape(MAIN_FILE)}|{re.escape(JOURNAL_FILE)}|{'|'.join(map(re.escape, BESIDE))}"
    rf"|({'|'.join((*KINDS, FORMS))})/[0-9A-Za-z-]+\.json"
)
_OURS = re.compile(rf"(holds|reviewers)\.json|{FORMS}/.*")  # today's stand: no halt is undone
_SPOILT = (  # what a damaged zip, or one of another kind, makes zipfile and us say
    zipfile.BadZipFile,
    zlib.error,
    KeyError,
    TypeError,
    ValueError,
    AttributeError,
    EOFError,
    NotImplementedError,
    RuntimeError,
    IndexError,
    OverflowError,
)
CHUNK = 1 << 20


def names_in(folder: Path, files: Files) -> list[str]:
    """Return the names of the data files of a folder, relative to it."""
    kinds = [f"{kind}/{name}" for kind in (*KINDS, FORMS) for name in files.list(folder / kind)]
    return sorted(name for name in [*files.list(folder), *kinds] if _NAME.fullmatch(name))


def opened(folder: Path, files: Files) -> dict[str, IO[bytes]]:
    """Open all data files but the journal: what is replaced meanwhile stays as it was."""
    names = [name for name in names_in(folder, files) if name != JOURNAL_FILE]
    return {name: (folder / name).open("rb") for name in names}


def write(
    target: Path, sources: Mapping[str, IO[bytes]], about: Mapping[str, object], files: Files
) -> int:
    """Write a backup as a whole, for our eyes only; return its bytes. It holds the sealing key."""
    if target.exists():
        raise FileExistsError(errno.EEXIST, os.strerror(errno.EEXIST), str(target))
    draft = target.with_name(target.name + ".tmp")
    draft.unlink(missing_ok=True)
    handle = os.open(draft, os.O_RDWR | os.O_CREAT | os.O_EXCL | getattr(os, "O_BINARY", 0), 0o600)
    try:
        with os.fdopen(handle, "w+b") as out:
            with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED, compresslevel=1) as archive:
                told = {name: _copied(archive, name, source) for name, source in sources.items()}
                manifest = {"program": "qingfeng", **about, "files": told}
                archive.writestr(MANIFEST, json.dumps(manifest, indent=1))
            out.flush()
            os.fsync(out.fileno())
        size = draft.stat().st_size
        files.replace(draft, target)
        files.fsync_folder(target.parent)
    except BaseException:
        draft.unlink(missing_ok=True)
        raise
    return size


def _copied(archive: zipfile.ZipFile, name: str, source: IO[bytes]) -> str:
    """Copy one file into the archive and return its sha256."""
    digest = hashlib.sha256()
    with archive.open(name, "w", force_zip64=True) as out:
        while chunk := source.read(CHUNK):
            digest.update(chunk)
            out.write(chunk)
    return digest.hexdigest()


def unpack(source: Path, folder: Path) -> datetime:
    """Unpack a backup into an empty folder, every byte checked; return when it was made."""
    if not source.is_file():
        raise NotABackup(f"没有 {source} 这个文件")
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    try:
        with zipfile.ZipFile(source) as archive:
            manifest = json.loads(archive.read(MANIFEST))
            made = _made(manifest, source)
            for name, digest in manifest["files"].items():
                if not _NAME.fullmatch(name):
                    raise NotABackup(f"{source.name} 里有不认识的文件 {name}")
                _unpacked(archive, name, folder / name, digest)
    except NotABackup:
        raise
    except (*_SPOILT, OSError) as error:
        if isinstance(error, OSError) and error.errno != errno.EINVAL:  # a place outside the file
            raise
        raise NotABackup(f"{source.name} 不是清风的备份，或者已经损坏") from None
    return made


def _made(manifest: dict[str, Any], source: Path) -> datetime:
    """Return when a backup was made; NotABackup where it is none that we can read."""
    made = datetime.fromisoformat(manifest["made"])
    whole = not manifest["files"].keys().isdisjoint({MAIN_FILE, JOURNAL_FILE})
    if manifest["program"] != "qingfeng" or made.tzinfo is None or not whole:
        raise NotABackup(f"{source.name} 不是清风的备份，或者已经损坏")
    if manifest["format"] > FORMAT:
        raise NotABackup(f"{source.name} 由更新的版本写成，请升级清风")
    return made


def _unpacked(archive: zipfile.ZipFile, name: str, path: Path, digest: str) -> None:
    path.parent.mkdir(exist_ok=True)
    found = hashlib.sha256()
    handle = os.open(path, os.O_WRONLY | os.O_CREAT | getattr(os, "O_BINARY", 0), 0o600)
    with os.fdopen(handle, "wb") as out, archive.open(name) as source:
        while chunk := source.read(CHUNK):
            found.update(chunk)
            out.write(chunk)
        out.flush()
        os.fsync(out.fileno())
    if found.hexdigest() != digest:
        raise NotABackup(f"备份里的 {name} 已经损坏")


# -- the move into place -----------------------------------------------------------------------


def make_ready(folder: Path, files: Files) -> None:
    """From here on `folder`/restoring is the data: list its files, durably."""
    staging = folder / RESTORING
    names = names_in(staging, files)
    for place in {staging, *(staging / name for name in names)}:
        files.fsync_folder(place if place == staging else place.parent)
    files.fsync_folder(folder)
    put_in_place(files, staging / READY, [json.dumps(names).encode()])


def finish_restore(folder: Path, files: Files) -> None:
    """Move a restore that was made ready into place; begun anew after any crash."""
    staging = folder / RESTORING
    listed = files.read(staging / READY)
    if listed is None:
        return
    names: list[str] = json.loads(listed)
    for name in names_in(folder, files):
        if name not in names and not _OURS.fullmatch(name):
            files.unlink(folder / name)
    for name in names:
        if not (_OURS.fullmatch(name) and (folder / name).exists()):
            _moved(staging / name, folder / name, files)
    for place in _folders(folder, names):
        files.fsync_folder(place)
    files.unlink(staging / READY)
    files.fsync_folder(staging)
    clear(folder)


def clear(folder: Path) -> None:
    """Take away what a restore left that was never made ready: it may name people."""
    shutil.rmtree(folder / RESTORING, ignore_errors=True)


def _moved(source: Path, target: Path, files: Files) -> None:
    files.make_folder(target.parent)
    if source.name in files.list(source.parent):  # else an earlier try has moved it
        files.replace(source, target)


def _folders(folder: Path, names: Iterable[str]) -> list[Path]:
    return sorted({folder, *((folder / name).parent for name in names)})
