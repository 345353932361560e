import gc
import os
import shutil
import tempfile
from collections.abc import AsyncIterator

import pytest
from hypothesis import settings
from playwright.async_api import Browser

from tests.chromium import chromium

# Several workers share the machine: how long an example takes says nothing.
settings.register_profile("house", deadline=None)
settings.load_profile("house")

MEMORY, ROOM = "/dev/shm", 4 << 30  # where Linux has its memory as a folder; bytes to be free


def pytest_configure(config: pytest.Config) -> None:
    """Work in memory where there is plenty: no test cuts the power, so no disk is waited for.

    What must be durable is proved on a disk of our own (tests/crash/disk.py). With TMPDIR=/tmp the
    real one is used, and what the tests left can be looked at.
    """
    if "TMPDIR" in os.environ or not os.access(MEMORY, os.W_OK):
        return
    if shutil.disk_usage(MEMORY).free > ROOM:
        folder = tempfile.mkdtemp(prefix="qingfeng-tests-", dir=MEMORY)
        config.add_cleanup(lambda: shutil.rmtree(folder, ignore_errors=True))
        os.environ["TMPDIR"] = tempfile.tempdir = folder  # of the workers, too


def pytest_collection() -> None:
    """What is collected stays until the end: no search for garbage need walk it."""
    gc.disable()


def pytest_collection_finish() -> None:
    gc.freeze()
    gc.enable()


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
