import gc
from collections.abc import AsyncIterator

import pytest
from hypothesis import settings
from playwright.async_api import Browser

from tests.chromium import chromium

# Several workers share the machine: how long an example takes says nothing.
settings.register_profile("house", deadline=None)
settings.load_profile("house")


def pytest_collection_finish() -> None:
    """What was collected stays until the end: no search for garbage need walk it anew."""
    gc.freeze()


@pytest.fixture(scope="session")
async def _chromium() -> AsyncIterator[Browser]:
    """Start it once for all tests of this process: that takes longer than most of them."""
    async with chromium() as running:
        yield running


@pytest.fixture
async def browser(_chromium: Browser) -> AsyncIterator[Browser]:
    """Yield a browser that nobody has used, as far as a page can tell."""
    yield _chromium
    for context in _chromium.contexts:
        await context.close()
