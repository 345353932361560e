"""The screen in a real browser: both orientations, a lost network, hours, and from a file."""

from __future__ import annotations

import base64
import os
from pathlib import Path

import pytest
from playwright.async_api import expect

from bot.sandbox.serving import Serving, free_port
from bot.verbs import VERBS
from tests.axe import LIGHT_AND_DARK, sound, turn
from tests.chromium import NEEDS_CHROMIUM
from tests.engine.office import moment, office
from tests.web.films import lay_film

pytestmark = NEEDS_CHROMIUM
PICTURES = os.environ.get("PICTURES")  # a folder, to look at what a person sees
WIDE, TALL = {"width": 1920, "height": 1080}, {"width": 1080, "height": 1920}

# Whether all fits, the share of the shorter side that a character takes, and the width.
MEASURE = """() => {
  const stage = document.querySelector("#stage"), text = document.querySelector("#text");
  const size = parseFloat(getComputedStyle(text).fontSize) / Math.min(innerWidth, innerHeight);
  const narrow = document.documentElement.scrollWidth <= innerWidth;
  return [stage.scrollHeight <= stage.clientHeight, size, narrow];
}"""


@pytest.fixture
async def desk(tmp_path):
    port = free_port()
    async with (
        office(tmp_path / "unit", port=port) as built,
        Serving(built.house.web, port=port),
    ):
        yield built


async def ask(desk, verb, **params):
    return await VERBS[verb](desk.house.bureau, desk.clock.now(), params)


async def opened(desk, browser, viewport=WIDE, address=""):
    """Return a page whose time stands at the office's, and what it complained of."""
    context = await browser.new_context(viewport=viewport, timezone_id="America/New_York")
    page = await context.new_page()
    page.complaints = []
    page.on("console", lambda message: page.complaints.append(message.text))
    page.on("pageerror", lambda error: page.complaints.append(str(error)))
    await page.clock.install(time=desk.clock.now())
    await page.goto(address or (await ask(desk, "outlet-addresses"))["screen"])
    await page.clock.run_for(1000)
    return page


async def turned(page, seconds=16):
    await page.clock.run_for(seconds * 1000)


async def asked_anew(page):
    """Let the page's time pass until it has asked what is new and has shown the answer.

    The answer takes real time: were the page's time to run on meanwhile, the question would be
    given up on a busy machine before it is answered.
    """
    asked = []
    page.on("request", lambda request: asked.append(request.url.endswith("/data.json")))
    async with page.expect_response("**/data.json"):
        while not any(asked):
            await page.clock.run_for(1000)
    await page.clock.run_for(6000)


async def look(page, name):
    if PICTURES:
        width = page.viewport_size["width"]
        await page.clock.run_for(100)
        await page.screenshot(path=Path(PICTURES) / f"{name}-{width}.png", animations="disabled")


@pytest.mark.parametrize("viewport", [WIDE, TALL], ids=["wide", "tall"])
async def test_every_page_can_be_read_from_ten_metres_and_fits(desk, browser, viewport):
    page = await opened(desk, browser, viewport)
    await expect(page.locator("#countdown")).to_have_text("距端午还有4天")
    titles = set()
    for n in range(24):
        titles.add(await page.locator("#title").text_content())
        sizes = await page.evaluate(MEASURE)
        assert sizes[0], titles
        assert sizes[2], titles
        assert sizes[1] >= 0.05  # 3.4 cm on a panel of 55 inches
        await look(page, f"screen-{n:02d}")
        await turned(page)
    assert len(titles) >= 10
    assert page.complaints == []


async def test_a_withdrawn_text_is_off_the_screen_within_a_minute(desk, browser):
    page = await opened(desk, browser)
    while (item := await page.locator("#title").text_content()) != "“老同学”聚会谁买的单":
        await turned(page)
    await ask(desk, "withdraw", item="SC-01", who="王五")
    await asked_anew(page)
    await expect(page.locator("#title")).not_to_have_text(item)
    await page.clock.run_for(5_000)
    for _ in range(30):
        assert "老同学" not in await page.locator("body").inner_text()
        await turned(page)


async def test_without_a_network_it_goes_on_with_what_it_has_also_after_a_restart(desk, browser):
    page = await opened(desk, browser)
    await expect(page.locator("#title")).not_to_be_empty()
    await page.wait_for_function(
        "async () => (await caches.open('qingfeng-screen').then((c) => c.keys())).length >= 3"
        " && (await navigator.serviceWorker.ready).active.state === 'activated'"
    )
    await page.context.set_offline(True)
    titles = set()
    for _ in range(12):
        await turned(page)
        titles.add(await page.locator("#title").text_content())
    assert len(titles) >= 5
    await expect(page.locator("#state")).to_have_text("网络中断，显示已有内容")
    await page.reload()
    await page.clock.run_for(2000)
    await expect(page.locator("#unit")).to_contain_text("廉政教育")
    await expect(page.locator("#title")).not_to_be_empty()
    await look(page, "offline")
    await page.context.set_offline(False)
    await asked_anew(page)
    await expect(page.locator("#state")).to_be_empty()


async def test_a_screen_whose_address_is_none_of_ours_shows_nothing_of_ours(desk, browser):
    page = await opened(desk, browser)
    await page.route("**/data.json", lambda route: route.fulfill(status=404))
    await asked_anew(page)
    await expect(page.locator("#unit")).to_be_empty()
    await expect(page.locator("#text")).to_be_empty()


async def test_it_sleeps_and_wakes_by_our_clock_wherever_it_hangs(desk, browser):
    page = await opened(desk, browser)
    await expect(page.locator("body")).not_to_have_class("asleep")
    desk.clock.jump(moment("2026-06-15 19:00"))
    await asked_anew(page)
    await expect(page.locator("body")).to_have_class("asleep")
    await expect(page.locator("#title")).not_to_be_visible()
    await look(page, "asleep")
    desk.clock.jump(moment("2026-06-16 07:30"))
    await asked_anew(page)
    await expect(page.locator("body")).not_to_have_class("asleep")
    await expect(page.locator("#countdown")).to_have_text("距端午还有3天")


async def stick(desk, folder):
    made = await ask(desk, "screen-export", where="大厅")
    for name, data in made["files"].items():
        (folder / name).write_bytes(base64.b64decode(data))
    return (folder / "index.html").as_uri()


async def test_from_a_file_it_runs_without_us_and_hides_what_is_past_its_day(
    desk, browser, tmp_path
):
    page = await opened(desk, browser, address=await stick(desk, tmp_path))
    await expect(page.locator("#countdown")).to_have_text("距端午还有4天")
    await expect(page.locator("#state")).to_contain_text("外发 2026-001")
    await look(page, "stick")
    seen = set()
    for _ in range(30):
        seen.add(await page.locator("#title").text_content())
        await turned(page)
    assert "一只粽子的四个去处" in seen
    assert "“老同学”聚会谁买的单" in seen
    await page.clock.fast_forward(20 * 24 * 3600 * 1000)  # 端午 is over
    later = set()
    for _ in range(30):
        await turned(page)
        later.add(await page.locator("#title").text_content())
    assert "一只粽子的四个去处" not in later
    assert "“老同学”聚会谁买的单" in later
    await page.clock.fast_forward(4 * 365 * 24 * 3600 * 1000)
    await page.clock.run_for(60_000)
    await expect(page.locator("#label")).to_have_text("廉政教育")
    await expect(page.locator("#title")).to_have_text("某某局")
    assert page.complaints == []


async def test_a_file_whose_machine_lost_its_clock_takes_the_day_it_was_made(
    desk, browser, tmp_path
):
    address = await stick(desk, tmp_path)
    desk.clock.jump(moment("2026-06-15 08:40"))
    page = await (await browser.new_context(viewport=WIDE)).new_page()
    await page.clock.install(time=moment("2000-01-01 00:00"))
    await page.goto(address)
    await page.clock.run_for(2000)
    await expect(page.locator("#countdown")).to_have_text("距端午还有4天")


async def test_films_and_texts_can_be_read_by_everybody(desk, browser):
    lay_film(desk.home)
    await desk.approve("MD-90")
    context = await browser.new_context(viewport={"width": 390, "height": 844}, bypass_csp=True)
    page = await context.new_page()
    doorway = desk.house.bureau.doorway
    for what, about in (("films", ""), ("i", "MD-90"), ("i", "N06"), ("board", "SC-01")):
        await page.goto(f"{doorway.base}{doorway.path(what, about)}")
        for scheme, width in LIGHT_AND_DARK if PICTURES else ():
            await turn(page, scheme, width)
            name = f"{what}{about}-{scheme}-{width}.png"
            await page.screenshot(path=Path(PICTURES or "") / name, full_page=True)
        await sound(page, *LIGHT_AND_DARK)


async def test_a_film_plays_with_its_captions_and_then_comes_the_next(desk, browser):
    lay_film(desk.home)
    await desk.approve("MD-90")
    page = await opened(desk, browser)
    film = page.locator("#film")
    for _ in range(40):
        if await film.is_visible():
            break
        await turned(page)
    await expect(film).to_be_visible()
    await page.wait_for_function("() => document.querySelector('video')?.currentTime > 0.3")
    said = await page.evaluate("document.querySelector('video').textTracks[0].activeCues[0]?.text")
    assert said == "清风徐来"
    await look(page, "film")
    over = (
        "() => { const film = document.querySelector('#film'); return film.hidden || film.ended }"
    )
    await page.wait_for_function(over)
    await page.clock.run_for(2000)
    await expect(film).not_to_be_visible()
    await expect(page.locator("#picture")).to_be_visible()
    assert page.complaints == []
