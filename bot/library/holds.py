"""Words that somebody has called a halt to: kept in the data folder until they are lifted."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

from bot.library import disk


@dataclass(frozen=True, kw_only=True)
class Hold:
    """叫停: a name or phrase with which nothing is sent."""

    word: str
    who: str
    when: str  # ISO, Shanghai
    why: str = ""


def read(data: Path) -> tuple[Hold, ...]:
    """Return the halts in force. ValueError where the file cannot be read as what we wrote."""
    try:
        text = _path(data).read_text("utf-8")
    except FileNotFoundError:
        return ()
    try:
        return tuple(Hold(**row) for row in json.loads(text))
    except (TypeError, ValueError, RecursionError):
        raise ValueError(str(_path(data))) from None


def write(data: Path, holds: Sequence[Hold]) -> None:
    rows = [asdict(hold) for hold in holds]
    disk.write(_path(data), json.dumps(rows, ensure_ascii=False, indent=1).encode())


def stamp(data: Path) -> tuple[int, int]:
    """Return what changes when the halts do."""
    try:
        stat = _path(data).stat()
    except OSError:
        return (0, 0)
    return (stat.st_mtime_ns, stat.st_size)


def _path(data: Path) -> Path:
    return data / "holds.json"
