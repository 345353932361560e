"""An edit is seen at once: what was written is read, and put in place of the old as one.

inotify and its like see nothing on most network shares; there `polling` looks every second, by
time and size of each file (watchfiles' own polling misses two edits within one second).
"""

from __future__ import annotations

import asyncio
import contextlib
import functools
import logging
from collections.abc import AsyncIterator, Callable, Set
from datetime import date

from watchfiles import awatch

from bot.core.model import Problem
from bot.library.folder import Shelf, errors

log = logging.getLogger(__name__)

STEP, PATIENCE = 100, 500  # milliseconds: to look, to let an editor finish
POLL = 1.0  # seconds


async def watch(
    shelf: Shelf,
    today: Callable[[], date],
    stop: asyncio.Event,
    *,
    polling: bool = False,
    broke: Callable[[Problem], None] | None = None,
) -> None:
    """Read what changes in the folder whenever something does, until `stop`.

    Each error that comes up is told once; one that was mended and comes again is told again.
    """
    told = set(errors(shelf.now(today()).problems))
    shelf.watched = True
    try:
        async for paths in _polled(stop) if polling else _changes(shelf, stop):
            # Not in the loop that answers people: a new lexicon calls for every text.
            read = functools.partial(shelf.changed, paths) if paths else shelf.now
            library = await asyncio.to_thread(read, today())
            found = set(errors(library.problems))
            for problem in sorted(found - told, key=lambda one: (one.path, one.line)):
                (broke or _log)(problem)
            told = found
    finally:
        shelf.watched = False


async def _changes(shelf: Shelf, stop: asyncio.Event) -> AsyncIterator[Set[str]]:
    """Yield the paths of what was written, made or removed."""
    roots = [one for one in (shelf.folders.content, shelf.folders.schedules) if one.is_dir()]
    async for changes in awatch(*roots, stop_event=stop, step=STEP, debounce=PATIENCE):
        yield {path for _, path in changes}


async def _polled(stop: asyncio.Event) -> AsyncIterator[Set[str]]:
    """Yield nothing in particular, every second: whoever polls must look at everything."""
    while not stop.is_set():
        with contextlib.suppress(TimeoutError):
            await asyncio.wait_for(stop.wait(), POLL)
        yield set()


def _log(problem: Problem) -> None:
    log.error("%s %s", problem.where, problem.message, extra={"action": "text-broke"})
