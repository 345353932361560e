"""The page in a real browser: live, by finger, with and without JavaScript."""

import pytest
from playwright.async_api import expect

from bot.sandbox.server import create_app
from bot.sandbox.serving import Serving
from tests.axe import sound
from tests.chromium import NEEDS_CHROMIUM

from .house import AGENT, KEY, THANKS, button_card, robot, text, to, token

pytestmark = NEEDS_CHROMIUM

RICH = """# 题
> 引 **粗** [看](https://a.example/)
<font color="info">绿</font><font color="comment">灰</font><font color="warning">红</font>"""
TABLE = "|甲|乙|\n|--|--:|\n|1|2|\n\n- 一\n- 二"


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
        keys = [event["EventKey"] for event in callback.events]
        assert keys == [None, "ack"]  # opening the chat is an event too


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


async def test_axe_finds_nothing_to_complain_of(world, browser):
    robot(world)
    world.webhook_send(KEY, {"msgtype": "markdown", "markdown": {"content": RICH}})
    world.webhook_send(KEY, {"msgtype": "markdown_v2", "markdown_v2": {"content": TABLE}})
    options = [{"id": "a", "text": "甲", "is_checked": False}]
    vote = {"card_type": "vote_interaction", "task_id": "v", "main_title": {"title": "题"}}
    vote |= {"checkbox": {"question_key": "q", "option_list": options}}
    vote |= {"submit_button": {"text": "交", "key": "k"}}
    for card in (button_card("c1"), {"msgtype": "template_card", "template_card": vote}):
        assert world.message_send(token(world), to("zhang", card))["errcode"] == 0
    async with Serving(create_app(world)) as served:
        page = await browser.new_page(viewport={"width": 360, "height": 844})
        for chat in ("", "&chat=g1", f"&chat=app-{AGENT}"):
            await page.goto(f"{served.url}/sandbox?who=zhang{chat}")
            await sound(page, ("light", 360), ("light", 1280))


async def test_a_card_can_be_tapped_with_the_keyboard_alone(world, bot, callback, browser):
    callback.reply = THANKS
    world.message_send(token(world), to("zhang", button_card("c1")))
    async with Serving(create_app(world, http=bot)) as served:
        page = await browser.new_page(viewport={"width": 390, "height": 844})
        await page.goto(f"{served.url}/sandbox?who=zhang&chat=app-{AGENT}")
        button = page.get_by_role("button", name="已阅")
        for _ in range(12):
            await page.keyboard.press("Tab")
            if await button.evaluate("one => one === document.activeElement"):
                break
        await page.keyboard.press("Enter")
        await expect(page.get_by_role("button", name="已阅，谢谢")).to_be_disabled()


async def test_a_robot_is_called_by_its_button_and_what_was_written_stands_there(world, browser):
    robot(world)
    async with Serving(create_app(world)) as served:
        page = await browser.new_page(viewport={"width": 390, "height": 844})
        await page.goto(f"{served.url}/sandbox?who=zhang&chat=g1")
        await page.get_by_role("button", name="@廉小助").click()
        await page.keyboard.type("绑定")
        await page.keyboard.press("Enter")
        await expect(page.locator(".is-mine .wx-text")).to_have_text("@廉小助 绑定")
        await expect(page.get_by_label("以 张敏 的身份发言")).to_have_value("")
