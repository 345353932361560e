"""Take pictures of README.md and the handbook from the demonstration; none is drawn by hand.

    .venv/bin/python docs/make_pictures.py            # needs `make dev` and Debian's chromium

The fortnight round 端午 2026 is played as `qingfeng demo --headless` plays it, up to each moment.
"""

from __future__ import annotations

import asyncio
import shutil
import sys
import tempfile
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from playwright.async_api import Browser, Page, async_playwright

from bot import app, config, life
from bot.core.model import SHANGHAI
from bot.demo.stage import AGENTID, OFFICE, READER, Clock, Stage, build_stage, install
from bot.demo.story import HEADLESS_FROM, Told, play_until, prepare
from bot.sandbox.cast import Cast
from bot.sandbox.server import create_app
from bot.sandbox.serving import Serving, free_port
from bot.sandbox.taps import verify_callback
from bot.verbs import VERBS

HERE = Path(__file__).parent
PICTURES = HERE / "pictures"
MOST = 240_000  # bytes of one picture
PHONE, DESKTOP = (390, 844), (1280, 800)
WIDTHS = {PHONE[0], DESKTOP[0]}
FLAGS = ["--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking"]
FLAGS += ["--disable-component-update", "--disable-sync"]
MAIN = datetime(2026, 6, 15, 10, 40, tzinfo=SHANGHAI)  # the warning is out, people are tapping
SUMMARY = datetime(2026, 6, 29, 9, 40, tzinfo=SHANGHAI)  # the first week's 阅知期 is over


@dataclass(frozen=True, kw_only=True)
class Play:
    """The demonstration, standing at some moment."""

    house: app.House
    stage: Stage
    clock: Clock
    cast: Cast
    url: str

    async def to(self, end: datetime) -> None:
        told = Told()
        await play_until(end, self.house, self.cast, self.clock, told, lambda _: None)
        self.clock.jump(end)

    def chat(self, chat: str) -> str:
        return f"{self.url}/sandbox?who={READER}&chat={chat}"


@asynccontextmanager
async def playing() -> AsyncIterator[Play]:
    clock = Clock(HEADLESS_FROM)
    stage = build_stage(clock)
    with tempfile.TemporaryDirectory(prefix="qingfeng-pictures-") as home:
        async with Serving(create_app(stage.world)) as sandbox:
            path = install(Path(home), HERE.parent, stage, sandbox.url, free_port())
            house = app.build(config.load(path, {}), clock.now)
            async with life.serving(house) as served:
                stage.world.set_callback(AGENTID, f"{served.url}/wecom/callback")
                assert await verify_callback(stage.world, AGENTID)
                await prepare(house, stage, lambda _: None)
                days = house.bureau.library(clock.now().date()).calendar
                cast = stage.cast(days.is_workday)
                yield Play(house=house, stage=stage, clock=clock, cast=cast, url=sandbox.url)


@asynccontextmanager
async def chromium() -> AsyncIterator[Browser]:
    path = shutil.which("chromium")
    if path is None:
        sys.exit("pictures need Debian's chromium: apt-get install chromium fonts-noto-cjk")
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(
            executable_path=path, args=FLAGS, chromium_sandbox=False
        )
        yield browser
        await browser.close()


async def shoot(
    browser: Browser,
    name: str,
    address: str,
    size: tuple[int, int],
    act: Callable[[Page], Awaitable[object]] | None = None,
) -> None:
    """Save `address` as pictures/<name>.png, after `act` has done its part on the page."""
    width, height = size
    page = await browser.new_page(viewport={"width": width, "height": height}, locale="zh-CN")
    await page.goto(address)
    if act is not None:
        await act(page)
    assert await page.evaluate("document.documentElement.scrollWidth") <= width, name
    path = PICTURES / f"{name}.png"
    await page.screenshot(path=path)
    await page.close()
    assert path.stat().st_size < MOST, f"{name}: {path.stat().st_size} bytes"
    print(f"{path.relative_to(HERE.parent)}: {path.stat().st_size:,} bytes")


async def _whole_last_message(page: Page) -> None:
    """Make the phone as tall as the newest message, and show it from its beginning."""
    message = page.locator(".message").last
    box, room = await message.bounding_box(), await page.locator(".messages").bounding_box()
    assert box is not None
    assert room is not None
    size = page.viewport_size or {"width": PHONE[0], "height": PHONE[1]}
    around = size["height"] - round(room["height"])
    await page.set_viewport_size(
        {"width": size["width"], "height": round(box["height"]) + around + 20}
    )
    await message.evaluate("message => message.scrollIntoView({ block: 'start' })")


async def _tap(page: Page) -> None:
    await page.get_by_role("button", name="已阅").last.click()
    await page.get_by_role("button", name="已阅，谢谢").wait_for()


async def _to_review(play: Play) -> str:
    """Take an approval back, give a reviewer a link, and return the address of what waits."""
    bureau, now = play.house.bureau, play.clock.now()
    await VERBS["withdraw"](bureau, now, {"item": "SC-01", "who": "王五", "why": "再核对一遍"})
    given = await VERBS["reviewers-link"](bureau, now, {"who": "李四"})
    return f"{given['url']}/SC-01"


async def main() -> None:
    PICTURES.mkdir(exist_ok=True)
    async with playing() as play, chromium() as browser:
        await play.to(MAIN)
        card = play.chat(f"app-{AGENTID}")
        await shoot(browser, "phone", card, PHONE)
        await shoot(browser, "phone-read", card, PHONE, _tap)
        await shoot(browser, "group", play.chat("zx"), PHONE, _whole_last_message)
        await shoot(browser, "desktop", card, DESKTOP)
        await play.to(SUMMARY)
        await shoot(browser, "summary", play.chat(OFFICE[0]), PHONE, _whole_last_message)
        await shoot(browser, "review-390", await _to_review(play), PHONE)


if __name__ == "__main__":
    asyncio.run(main())
