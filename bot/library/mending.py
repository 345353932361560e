"""`check --fix` on disk: each file keeps its encoding, its BOM and its line ends."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

from bot.core.lint.lexicon import Lexicon
from bot.core.lint.mend import mend
from bot.library import disk
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
            disk.write(path, text.encode(encoding), mode=path.stat().st_mode & 0o777)
            made[shown] = changes
    return made
