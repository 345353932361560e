from collections.abc import AsyncIterator

import httpx
import pytest

from bot.sandbox.server import create_app
from bot.sandbox.world import World

from .house import Callback, Clock, bureau


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def world(clock: Clock) -> World:
    return bureau(clock)


@pytest.fixture
def callback(world: World) -> Callback:
    return Callback(world)


@pytest.fixture
async def bot(callback: Callback) -> AsyncIterator[httpx.AsyncClient]:
    """Carries the sandbox's events to the callback."""
    async with httpx.AsyncClient(transport=httpx.ASGITransport(callback.app)) as http:
        yield http


@pytest.fixture
async def http(world: World, bot: httpx.AsyncClient) -> AsyncIterator[httpx.AsyncClient]:
    """Speaks to the sandbox."""
    transport = httpx.ASGITransport(create_app(world, http=bot))
    async with httpx.AsyncClient(transport=transport, base_url="http://sandbox.test") as client:
        yield client
