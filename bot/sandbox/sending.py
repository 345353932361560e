"""The client by which the sandbox calls the program under test."""

import contextlib
from collections.abc import AsyncIterator

import httpx


@contextlib.asynccontextmanager
async def borrowed(given: httpx.AsyncClient | None) -> AsyncIterator[httpx.AsyncClient]:
    """`given`, left open; or one of our own that ignores the machine's proxies."""
    if given is not None:
        yield given
        return
    async with httpx.AsyncClient(trust_env=False) as own:
        yield own
