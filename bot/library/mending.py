"""`check --fix` on disk: each file keeps its encoding, its BOM and its line ends."""

from __future__ import annotations

import os
from collections.abc import Iterable
from pathlib import Path

from bot.core.lint.lexicon import Lexicon
from bot.core.lint.mend import mend
from bot.library.decode import MAX_BYTES, encoding_of


def mend_files(content: Path, paths: Iterable[str], lexicon: Lexicon) -> dict[str, list[str]]:
    """Put right what is mechanical in these files; return path -> the changes made."""
    made: dict[str, list[str]] = {}
    for shown in sorted(set(paths)):
        path = content / shown
        if path.is_symlink() or not path.is_file() or path.stat().st_size > MAX_BYTES:
            continue
        data = path.read_bytes()
        encoding = encoding_of(data)
        if encoding is None:
            continue
        text, changes = mend(data.decode(encoding), lexicon)
        if changes:
            _replace(path, text.encode(encoding))
            made[shown] = changes
    return made


def _replace(path: Path, data: bytes) -> None:
    draft = path.with_name(f".{path.name}.tmp")
    with draft.open("wb") as out:
        out.write(data)
        out.flush()
        os.fsync(out.fileno())
    os.replace(draft, path)
