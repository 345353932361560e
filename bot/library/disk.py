"""Small files of the program's own, in the data folder: whole or not at all, and nobody else's."""

from __future__ import annotations

import os
import re
from collections.abc import Iterable
from pathlib import Path

# What Windows takes for a device, whatever stands behind the point.
DEVICE = re.compile(r"(con|prn|aux|nul|com\d|lpt\d)(\.|$)", re.IGNORECASE)


def write(path: Path, data: bytes, mode: int = 0o600) -> None:
    """Put `data` in place of a file (mode 0600); durable when it returns, whole at any moment."""
    write_all(path, (data,), mode)


def write_all(path: Path, pieces: Iterable[bytes], mode: int = 0o600) -> None:
    """Put `pieces`, one after the other, in place of a file, as `write` does."""
    path.parent.mkdir(parents=True, exist_ok=True)
    draft = path.with_name(f".{path.name}.tmp")
    draft.unlink(missing_ok=True)
    handle = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, mode)
    with os.fdopen(handle, "wb") as out:
        out.writelines(pieces)
        out.flush()
        os.fsync(out.fileno())
    os.replace(draft, path)
    if os.name == "nt":  # Windows opens no folders
        return
    folder = os.open(path.parent, os.O_RDONLY)
    try:
        os.fsync(folder)
    finally:
        os.close(folder)
