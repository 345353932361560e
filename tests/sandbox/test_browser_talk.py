"""Being somebody in a real browser: read, write, attach, rate, hand on, as on WeCom itself."""

import json

import pytest
from playwright.async_api import expect

from bot.sandbox import talks
from bot.sandbox.app_words import STILL
from bot.sandbox.asks import Ask
from bot.sandbox.server import create_app
from bot.sandbox.serving import Serving
from tests.axe import sound
from tests.chromium import NEEDS_CHROMIUM

from .house import AGENT, BOT, KEY, Phone, robot, text, token

pytestmark = NEEDS_CHROMIUM
SINGLE = f"bot-{BOT}"


@pytest.fixture
def line(world):
    robot(world)
    phone = Phone(world)
    phone.subscribes()
    return phone


@pytest.fixture
async def served(world, bot, callback):
    async with Serving(create_app(world, http=bot)) as serving:
        world.base_url = serving.url
        yield serving


async def phone_of(browser, served, who, chat="", *, width=390):
    page = await browser.new_page(viewport={"width": width, "height": 800})
    page.set_default_timeout(30_000)
    await page.goto(f"{served.url}/sandbox?who={who}" + (f"&chat={chat}" if chat else ""))
    return page


def heard(line, cmd="aibot_msg_callback"):
    return [frame for frame in line.line.out if frame.get("cmd") == cmd][-1]


def answers(line, cmd, asked, body):
    frame = {"cmd": cmd, "headers": asked["headers"], "body": body}
    line.world.receive(line.line, json.dumps(frame))
    assert line.line.out.pop()["errcode"] == 0


def button(task_id="b1", **more):
    made = {"card_type": "button_interaction", "task_id": task_id, "main_title": {"title": "题"}}
    made |= {"button_list": [{"text": "已阅", "key": "ack"}]} | more
    return {"msgtype": "template_card", "template_card": made}


async def test_a_robots_card_changes_in_place_for_whoever_pressed(world, line, served, browser):
    talks.say(world, "zhang", "g1", "@廉小助 在吗")
    line.line.out.clear()
    assert line.says("aibot_send_msg", {"chatid": "g1", "chat_type": 2, **button()}) == 0
    mine = await phone_of(browser, served, "zhang", "g1")
    other = await phone_of(browser, served, "Li", "g1")
    await mine.get_by_role("button", name="已阅").click()
    await expect(mine.get_by_role("button", name="已阅")).to_be_enabled()
    asked = heard(line, "aibot_event_callback")
    new = button(replace_text="已阅，谢谢")["template_card"]
    body = {"response_type": "update_template_card", "userids": ["zhang"], "template_card": new}
    answers(line, "aibot_respond_update_msg", asked, body)
    await expect(mine.get_by_role("button", name="已阅，谢谢")).to_be_disabled()
    await expect(mine.locator(".wx-button")).to_have_count(1)  # in place, not below
    await expect(other.get_by_role("button", name="已阅", exact=True)).to_be_enabled()


async def test_a_welcome_comes_while_one_looks_and_an_answer_can_be_rated(line, served, browser):
    page = await phone_of(browser, served, "zhang", SINGLE)
    asked = heard(line, "aibot_event_callback")
    hello = {"msgtype": "text", "text": {"content": "您好，我是廉小助"}}
    answers(line, "aibot_respond_welcome_msg", asked, hello)
    await expect(page.locator("#messages").get_by_text("您好，我是廉小助")).to_be_visible()
    await page.get_by_label("以 张敏 的身份发言").fill("收到礼品怎么办")
    await page.keyboard.press("Enter")
    await expect(page.locator(".is-mine .wx-text")).to_be_visible()
    part = {"id": "s", "finish": True, "content": "**先婉拒**", "feedback": {"id": "f1"}}
    answers(line, "aibot_respond_msg", heard(line), {"msgtype": "stream", "stream": part})
    await page.get_by_text("不准确", exact=True).click()
    await page.get_by_label("内容不完整").check()
    await page.get_by_label("补充说明").fill("还有呢")
    await page.get_by_role("button", name="提交").click()
    await expect(page.get_by_text("已评价：不准确")).to_be_visible()
    told = heard(line, "aibot_event_callback")["body"]["event"]["feedback_event"]
    assert told == {"id": "f1", "type": 2, "content": "还有呢", "inaccurate_reason_list": [2]}
    await page.get_by_role("button", name="取消").click()
    await expect(page.get_by_role("button", name="准确", exact=True)).to_be_visible()
    told = heard(line, "aibot_event_callback")["body"]["event"]["feedback_event"]
    assert told == {"id": "f1", "type": 3}


async def test_in_any_group_one_can_become_any_member(world, line, served, browser):
    page = await phone_of(browser, served, "zhang", "g1")
    await page.get_by_text("群成员").click()
    await page.get_by_role("link", name="李卫国").click()
    await expect(page.get_by_label("以 李卫国 的身份发言")).to_be_visible()
    await page.get_by_label("以 李卫国 的身份发言").fill("我来了")
    await page.get_by_role("button", name="发送").click()
    await expect(page.locator(".is-mine .wx-text")).to_have_text("我来了")
    assert world.posted[-1].author == "Li"


async def test_new_messages_are_counted_live_and_gone_once_read(world, served, browser):
    page = await phone_of(browser, served, "zhang")
    await expect(page.locator(".badge")).to_have_count(0)
    for _ in range(3):
        world.webhook_send(KEY, text())
    await expect(page.locator(".badge")).to_have_text("未读 3")
    await page.get_by_role("link", name="机关一支部").click()
    await page.get_by_role("link", name="返回会话列表").click()
    await expect(page.locator(".badge")).to_have_count(0)


async def test_a_group_made_by_an_app_is_there_with_its_first_message(world, served, browser):
    page = await phone_of(browser, served, "zhang", width=1280)
    query = {"access_token": token(world)}
    made = {"name": "应用建的群", "owner": "zhang", "userlist": ["zhang", "Li"], "chatid": "made"}
    assert world.call("appchat/create", Ask(query=query, body=made))["errcode"] == 0
    said = {"chatid": "made", **text("第一条")}
    assert world.call("appchat/send", Ask(query=query, body=said))["errcode"] == 0
    await page.get_by_role("link", name="应用建的群").click()
    await expect(page.locator("#messages").get_by_text("第一条")).to_be_visible()
    assert "chat=made" in page.url


@pytest.mark.parametrize("scripts", [True, False])
async def test_pictures_are_attached_with_words(world, line, served, browser, scripts):
    page = await browser.new_page(
        viewport={"width": 390, "height": 800}, java_script_enabled=scripts
    )
    await page.goto(f"{served.url}/sandbox?who=zhang&chat={SINGLE}")
    file = {"name": "礼盒.png", "mimeType": "image/png", "buffer": STILL}
    await page.get_by_label("附上图片").set_input_files([file])
    await page.get_by_label("以 张敏 的身份发言").fill("这个能收吗")
    await page.get_by_role("button", name="发送").click()
    await expect(page.locator(".wx-mixed img")).to_be_visible()
    assert await page.locator(".wx-mixed img").evaluate("one => one.naturalWidth") == 1
    assert heard(line)["body"]["msgtype"] == "mixed"


async def test_a_message_is_quoted_and_handed_on_by_its_menu(world, served, browser):
    world.webhook_send(KEY, text("今天封存公车"))
    page = await phone_of(browser, served, "zhang", "g1")
    more = page.get_by_label("对这条消息：引用、转发")
    await more.click()
    await page.get_by_role("link", name="引用").click()
    await expect(page.get_by_text("回复 消息推送：今天封存公车")).to_be_visible()
    await page.get_by_label("以 张敏 的身份发言").fill("收到")
    await page.keyboard.press("Enter")
    await expect(page.locator(".wx-quoted")).to_contain_text("今天封存公车")
    await page.goto(f"{served.url}/sandbox?who=zhang&chat=g1")
    await more.first.click()
    await page.get_by_label("转发给").first.select_option("王芳")
    await page.get_by_role("button", name="转发").first.click()
    await expect(page.get_by_text("已转发。")).to_be_visible()
    other = await phone_of(browser, served, "wang", "dm-wang~zhang")
    await expect(other.get_by_text("转发的消息")).to_be_visible()


async def test_axe_finds_nothing_in_a_robots_chat_with_every_menu_open(
    world, line, served, browser
):
    world.menus[AGENT] = [
        {"name": "更多", "sub_button": [{"type": "click", "name": "一", "key": "k"}]}
    ]
    talks.say(world, "zhang", SINGLE, "问")
    part = {"id": "s", "finish": True, "content": "答", "feedback": {"id": "f1"}}
    answers(line, "aibot_respond_msg", heard(line), {"msgtype": "stream", "stream": part})
    world.webhook_send(KEY, text())
    page = await phone_of(browser, served, "zhang", width=360)
    for chat in (SINGLE, f"app-{AGENT}", "g1"):
        await page.goto(f"{served.url}/sandbox?who=zhang&chat={chat}")
        for menu in await page.locator("summary").all():
            await menu.evaluate("one => one.parentElement.open = true")
        await sound(page, ("light", 360), ("light", 1280))


async def test_an_apps_menu_is_reached_and_used_by_the_keyboard(world, callback, served, browser):
    below = [{"type": "click", "name": "帮助", "key": "help"}]
    world.menus[AGENT] = [{"name": "更多", "sub_button": below}]
    page = await phone_of(browser, served, "zhang", f"app-{AGENT}")
    for name in ("更多", "帮助"):
        for _ in range(20):
            await page.keyboard.press("Tab")
            focused = await page.evaluate("document.activeElement.textContent.trim()")
            if focused == name:
                break
        await page.keyboard.press("Enter")
    await expect(page.get_by_text("更多")).to_be_visible()
    for _ in range(50):
        if any(event["Event"] == "click" for event in callback.events):
            break
        await page.wait_for_timeout(50)
    assert [e["EventKey"] for e in callback.events if e["Event"] == "click"] == ["help"]
