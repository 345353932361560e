"""The tick that takes Word files out of 待导入, when they lie still."""

from __future__ import annotations

import asyncio
import logging
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING

from bot.library import intake

if TYPE_CHECKING:
    from bot.engine.bureau import Bureau

log = logging.getLogger(__name__)
Stamp = tuple[int, int]


class Intake:
    """What was seen at the last look: a file that is still being copied changes in between."""

    def __init__(self) -> None:
        self._seen: dict[Path, Stamp] = {}
        self._told: dict[
            Path, Stamp
        ] = {}  # those that cannot be read, and have a note that says so

    def still(self, paths: list[Path]) -> list[Path]:
        """Return the files that are as they were at the last look, and not tried as they are."""
        stamps = {path: stamp for path in paths if (stamp := _stamp(path)) is not None}
        before, self._seen = self._seen, stamps
        return [
            path
            for path, stamp in stamps.items()
            if before.get(path) == stamp and self._told.get(path) != stamp
        ]

    def tried(self, path: Path) -> None:
        self._told[path] = self._seen[path]


async def take_in(bureau: Bureau, now: datetime) -> int:
    """Make drafts of the Word files that lie still in 待导入; return how many."""
    content = bureau.shelf.folders.content
    paths = bureau.intake.still(intake.waiting(content))
    if not paths:
        return 0
    items = bureau.library(now.date()).items
    found = await asyncio.to_thread(intake.take_in, content, paths, items, now.date())
    for path, one in zip(paths, found, strict=True):
        if one.error:
            bureau.intake.tried(path)
        log.info("import %s", "failed" if one.error else one.path, extra={"action": "import"})
    return sum(not one.error for one in found)


def _stamp(path: Path) -> Stamp | None:
    try:
        stat = path.lstat()
    except OSError:  # gone between the listing and here
        return None
    return stat.st_mtime_ns, stat.st_size
