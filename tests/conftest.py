from collections.abc import AsyncIterator

import pytest
from hypothesis import settings
from playwright.async_api import Browser

from tests.chromium import chromium

# Several workers share the machine: how long an example takes says nothing.
settings.register_profile("house", deadline=None)
settings.load_profile("house")


@pytest.fixture
async def browser() -> AsyncIterator[Browser]:
    async with chromium() as running:
        yield running
