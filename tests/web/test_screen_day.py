"""A screen that stands for a day: 24 hours of its own time, and no more of anything at the end."""

from __future__ import annotations

from datetime import timedelta

import pytest

from bot.sandbox.serving import Serving, free_port
from tests.chromium import NEEDS_CHROMIUM
from tests.engine.office import office
from tests.web.films import lay_film
from tests.web.test_screen_browser import ask, opened

pytestmark = NEEDS_CHROMIUM
STEP = timedelta(minutes=1)
# A film lasts as long as it lasts, whatever the clock says: its end is told to the page.
END = "() => document.querySelector('#film').dispatchEvent(new Event('ended'))"


async def measures(page, session):
    """Return bytes of the heap, nodes and listeners, after what is garbage is gone."""
    await session.send("HeapProfiler.collectGarbage")
    await session.send("HeapProfiler.collectGarbage")
    found = {
        m["name"]: m["value"] for m in (await session.send("Performance.getMetrics"))["metrics"]
    }
    return found["JSHeapUsedSize"], found["Nodes"], found["JSEventListeners"]


async def stand(desk, page, hours):
    """Let so many hours go by, on the screen and with us, and tell what stood there."""
    titles = set()
    for _ in range(int(timedelta(hours=hours) / STEP)):
        desk.clock.jump(desk.clock.now() + STEP)
        await page.clock.run_for(int(STEP.total_seconds() * 1000))
        titles.add(await page.locator("#title").text_content())
        await page.evaluate(END)
    return titles


@pytest.mark.nightly
async def test_a_screen_runs_24_hours_without_growing(tmp_path):
    await a_day(tmp_path, warm=1, hours=24)


async def a_day(tmp_path, *, warm, hours):
    from tests.chromium import chromium

    port = free_port()
    async with (
        office(tmp_path, port=port, screen="hours = []") as desk,
        Serving(desk.house.web, port=port),
        chromium() as browser,
    ):
        lay_film(desk.home)
        await desk.approve("MD-90")
        page = await opened(desk, browser)
        session = await page.context.new_cdp_session(page)
        await session.send("Performance.enable")
        await stand(desk, page, warm)
        before = await measures(page, session)
        titles = await stand(desk, page, hours / 2)
        await ask(desk, "withdraw", item="SC-01", who="王五")  # and it goes on with what is left
        titles |= await stand(desk, page, hours / 2)
        after = await measures(page, session)
        print(
            f"{hours} h: heap {before[0]} -> {after[0]} bytes, nodes {before[1]} -> {after[1]},"
            f" listeners {before[2]} -> {after[2]}, {len(titles)} titles"
        )
        assert len(titles) >= 4
        assert page.complaints == []
        assert after[0] <= before[0] * 1.1 + 100_000
        assert after[1] <= before[1] + 100  # whatever stands there just now
        assert after[2] <= before[2] + 5
