"""How the sandbox reaches the program under test: by a client, and sometimes late."""

import asyncio
import contextlib
import functools
import ssl
from collections.abc import AsyncIterator, Callable

import httpx


def late(action: Callable[[], object], seconds: float) -> None:
    """Do `action` after so many real seconds; needs a running event loop."""
    asyncio.get_running_loop().call_later(seconds, action)


@functools.cache
def authorities() -> ssl.SSLContext:
    """What a client of ours believes, read once: to read them for each callback is 20 ms of it."""
    return httpx.create_ssl_context(trust_env=False)


@contextlib.asynccontextmanager
async def borrowed(given: httpx.AsyncClient | None) -> AsyncIterator[httpx.AsyncClient]:
    """`given`, left open; or one of our own that ignores the machine's proxies."""
    if given is not None:
        yield given
        return
    async with httpx.AsyncClient(verify=authorities(), trust_env=False) as own:
        yield own
