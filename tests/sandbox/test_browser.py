"""The page in a real browser: live, by finger, with and without JavaScript."""

import pytest
from playwright.async_api import expect

from bot.sandbox.server import create_app
from bot.sandbox.serving import Serving
from tests.chromium import NEEDS_CHROMIUM

from .house import AGENT, KEY, THANKS, button_card, text, to, token

pytestmark = NEEDS_CHROMIUM


@pytest.mark.parametrize("scripts", [True, False])
async def test_a_finger_on_the_card_turns_it_grey(world, bot, callback, browser, scripts):
    callback.reply = THANKS
    world.message_send(token(world), to("zhang", button_card("c1")))
    async with Serving(create_app(world, http=bot)) as served:
        page = await browser.new_page(
            viewport={"width": 390, "height": 844}, java_script_enabled=scripts
        )
        await page.goto(f"{served.url}/sandbox?who=zhang&chat=app-{AGENT}")
        await page.get_by_role("button", name="已阅").click()
        await expect(page.get_by_role("button", name="已阅，谢谢")).to_be_disabled()
        assert [event["EventKey"] for event in callback.events] == ["ack"]


@pytest.mark.parametrize("width", [390, 1280])
async def test_a_new_message_appears_by_itself_and_nothing_sticks_out(world, browser, width):
    async with Serving(create_app(world)) as served:
        page = await browser.new_page(viewport={"width": width, "height": 844})
        complaints: list[str] = []
        page.on("console", lambda message: complaints.append(message.text))
        await page.goto(f"{served.url}/sandbox?who=zhang&chat=g1")
        await expect(page.get_by_text("还没有消息", exact=True).last).to_be_visible()
        world.webhook_send(KEY, text("长" * 600))
        await expect(page.locator(".wx-text")).to_be_visible()
        assert await page.evaluate("document.documentElement.scrollWidth") <= width
        assert complaints == []
