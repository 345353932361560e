"""How the sandbox reaches the program under test: by a client, and sometimes late."""

import asyncio
import contextlib
from collections.abc import AsyncIterator, Callable

import httpx


def late(action: Callable[[], object], seconds: float) -> None:
    """Do `action` after so many real seconds; needs a running event loop."""
    asyncio.get_running_loop().call_later(seconds, action)


@contextlib.asynccontextmanager
async def borrowed(given: httpx.AsyncClient | None) -> AsyncIterator[httpx.AsyncClient]:
    """`given`, left open; or one of our own that ignores the machine's proxies."""
    if given is not None:
        yield given
        return
    async with httpx.AsyncClient(trust_env=False) as own:
        yield own
