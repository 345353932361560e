"""From a finger on the phone to the office's summary, in a real browser over real sockets."""

from __future__ import annotations

import re

import pytest
from playwright.async_api import expect

from bot.demo.stage import AGENTID, READER
from bot.sandbox.server import create_app
from bot.sandbox.serving import Serving, free_port
from tests.chromium import NEEDS_CHROMIUM
from tests.engine.office import office

pytestmark = NEEDS_CHROMIUM
MAIN = "dragon-boat-2026_main@jg1"


async def test_a_tap_in_the_phone_is_a_person_in_the_summary(tmp_path, browser):
    port = free_port()
    async with (
        office(tmp_path, port=port) as desk,
        Serving(desk.house.web, port=port) as served,
        Serving(create_app(desk.world)) as sandbox,
    ):
        desk.world.set_callback(AGENTID, f"{served.url}/wecom/callback")
        await desk.at("2026-06-15 11:05")
        page = await browser.new_page(viewport={"width": 390, "height": 844})
        phone = f"{sandbox.url}/sandbox?who={READER}&chat="
        await page.goto(f"{phone}app-{AGENTID}")
        await expect(page.get_by_text("监督举报").first).to_be_visible()
        await page.get_by_role("button", name="已阅").click()
        await expect(page.get_by_role("button", name="已阅，谢谢")).to_be_disabled()
        receipts = (await desk.house.bureau.store.acts()).receipts
        assert [(r.person, r.push) for r in receipts] == [(READER, MAIN)]

        # The grey card still leads to the whole text; reading it adds no receipt.
        await page.goto(desk.house.bureau.page(MAIN))
        await expect(page.get_by_role("heading", name="不在此列")).to_be_visible()
        assert await page.evaluate("document.documentElement.scrollWidth") <= 390
        assert len((await desk.house.bureau.store.acts()).receipts) == 1

        await desk.at("2026-06-29 09:35")
        await page.goto(f"{phone}office")
        told = page.get_by_text(re.compile("可回执 76，已阅 1，"))
        await expect(told.last).to_be_visible()


@pytest.mark.parametrize("chat", ["zx", "office"])
async def test_a_group_reads_the_whole_text_without_a_sideways_scroll(tmp_path, browser, chat):
    async with office(tmp_path) as desk, Serving(create_app(desk.world)) as sandbox:
        await desk.at("2026-06-15 11:05")
        page = await browser.new_page(viewport={"width": 390, "height": 844})
        await page.goto(f"{sandbox.url}/sandbox?who={READER}&chat={chat}")
        await expect(page.locator("body")).to_contain_text(
            "自愿阅看，不作考核" if chat == "zx" else "仅用于改进推送内容"
        )
        assert await page.evaluate("document.documentElement.scrollWidth") <= 390
