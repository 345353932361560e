"""A sandbox of its own, without the bot: the real clock, and waiting for Ctrl-C.

So that it starts at once: everything else that knows these brings the whole bot with it.
"""

import asyncio
import contextlib
import signal
from collections.abc import Callable
from datetime import datetime, timedelta, timezone

CHINA = timezone(timedelta(hours=8))


def clock(start: datetime | None = None) -> Callable[[], datetime]:
    """The time now in China; or a clock that says `start` now and goes on at the real pace."""
    offset = start - datetime.now(CHINA) if start else timedelta(0)
    return lambda: datetime.now(CHINA) + offset


async def until_told() -> None:
    """Return at Ctrl-C or SIGTERM."""
    stop = asyncio.Event()
    for name in (signal.SIGINT, signal.SIGTERM):
        # Windows has no such handlers; there Ctrl-C raises KeyboardInterrupt, which ends us too.
        with contextlib.suppress(NotImplementedError):
            asyncio.get_running_loop().add_signal_handler(name, stop.set)
    await stop.wait()
