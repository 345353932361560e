"""The console in a real browser: what axe says, what sticks out, how heavy it is, what typing does.

`PICTURES=docs/pictures/console .venv/bin/pytest tests/web/test_console_browser.py -k pictures`
takes the pictures of docs/console.md anew.
"""

from __future__ import annotations

import os
from datetime import timedelta
from pathlib import Path

import pytest
from playwright.async_api import expect

from bot.engine.receive import Reception
from bot.inbox import Event
from bot.sandbox.serving import Serving, free_port
from bot.verbs import VERBS
from tests.axe import sound
from tests.chromium import NEEDS_CHROMIUM
from tests.engine.office import office

pytestmark = NEEDS_CHROMIUM
PICTURES = os.environ.get("PICTURES")
PAGES = {
    "today": "/console",
    "plan": "/console/plan",
    "year": "/console/plan/year",
    "push": "/console/push/dragon-boat-2026_main@zx",
    "planned": "/console/push/dragon-boat-2026_final@zx",
    "library": "/console/library",
    "text": "/console/library/SC-01",
    "write": "/console/library/N06/edit",
    "new": "/console/library/new",
    "targets": "/console/targets",
    "receipts": "/console/receipts",
    "unknown": "/console/receipts/unknown",
    "heard": "/console/receipts/heard",
    "trail": "/console/receipts/trail",
    "people": "/console/people",
    "setup": "/console/setup",
    "outside": "/console/outside",
    "days": "/console/days",
    "doctor": "/console/doctor",
}
TALLEST = 1200  # pixels of a picture
HEAVIEST = 200_000  # bytes of a page with its style, script and pictures


LONG = "某某自治州水利工程建设与质量安全监督服务中心（河湖长制办公室、移民安置服务中心）第二党支部"
GROUP = f'\n[target.long]\nname = "{LONG}"\nchannel = "bot-group"\n'


@pytest.fixture
async def desk(tmp_path):
    port = free_port()
    async with office(tmp_path, port=port, targets="" if PICTURES else GROUP) as built:
        await built.at("2026-06-16 10:00")
        bureau, now = built.house.bureau, built.clock.now()
        for who, role in (("王五", "审核"), ("欧阳慕容", "编辑")):
            await VERBS["reviewers-link"](bureau, now, {"who": who, "role": role})
        for words in ("有用", "有用", "看不懂", "建议：字再大一点", f"建议：{'长' * 200}"):
            if len(words) < 100 or not PICTURES:
                said = Event(kind="message", person="u004", at=now, text=words)
                await Reception(bureau)(said)
        cards = [key for key in await built.pushes() if key.endswith(("@jg1", "@jg2"))]
        for key in cards:
            for row in await bureau.store.deliveries(key):
                for person in row.to[::3]:
                    tap = Event(kind="card", person=person, at=now, task_id=key, button="ack")
                    await Reception(bureau)(tap)
        built.clock.jump(now + timedelta(minutes=2))
        text = next((tmp_path / "content").glob("*/SC-01*.md"))
        text.write_text(text.read_text("utf-8").replace("二百", "三百"), "utf-8")
        async with Serving(built.house.web, port=port) as served:
            yield built, served.url


async def entered(desk, browser, width: int, **more):
    built, url = desk
    context = await browser.new_context(viewport={"width": width, "height": 900}, **more)
    page = await context.new_page()
    await page.goto(f"{url}/console/enter/{built.house.entry.invite(built.clock.now())}")
    await page.get_by_role("button", name="进入").click()
    return page, url


async def test_every_page_is_light_and_sound_to_axe_and_nothing_sticks_out(desk, browser):
    """Each page is loaded once: on a phone by day, on a desk by night, on a wall screen."""
    page, url = await entered(desk, browser, 390, color_scheme="light")
    complaints: list[str] = []
    page.on("console", lambda message: complaints.append(message.text))
    page.on("pageerror", lambda error: complaints.append(str(error)))
    for name, path in PAGES.items():
        weights: list[int] = []

        async def weigh(response, weights=weights) -> None:
            weights.append(len(await response.body()))

        page.on("response", weigh)
        await page.goto(url + path, wait_until="networkidle")
        page.remove_listener("response", weigh)
        assert 0 < sum(weights) < HEAVIEST, name
        await page.set_viewport_size({"width": 1920, "height": 900})
        assert await page.evaluate("document.documentElement.scrollWidth") <= 1920, name
        await sound(page, ("light", 390), ("dark", 1280), name=name)
        await page.set_viewport_size({"width": 390, "height": 900})
    assert complaints == []


async def test_the_answer_comes_while_typing_and_a_saved_text_is_shown(desk, browser):
    page, url = await entered(desk, browser, 1280)
    await page.goto(f"{url}/console/library/SC-08/edit")
    await expect(page.locator("#answer")).to_contain_text("字节")
    await page.get_by_label("怎么做").fill("打 13800138000 找他。")
    await expect(page.locator("#answer")).to_contain_text("手机号")
    beside = page.locator("label", has=page.locator('[name="s-怎么做"]')).locator(".slip")
    await expect(beside).to_contain_text("手机号")
    assert await page.locator('[name="s-怎么做"]').get_attribute("aria-describedby")
    await page.get_by_label("怎么做").fill("有事先问一句。")
    await expect(beside).to_have_count(0)
    await expect(page.locator("#answer")).not_to_contain_text("手机号")
    await page.get_by_role("button", name="保存").click()
    await expect(page.get_by_role("status")).to_contain_text("已保存")
    await expect(page.get_by_text("有事先问一句。").first).to_be_visible()


async def test_everything_is_done_by_keyboard_and_without_a_script(desk, browser):
    page, url = await entered(desk, browser, 390, java_script_enabled=False)
    await page.goto(f"{url}/console")
    await page.keyboard.press("Tab")
    await expect(page.get_by_role("link", name="跳到正文")).to_be_focused()
    await page.locator("summary", has_text="急停").focus()
    await page.keyboard.press("Enter")
    await page.get_by_label("为什么").fill("试一试")
    await page.keyboard.press("Enter")
    await expect(page.get_by_role("alert")).to_contain_text("推送已暂停")
    await page.get_by_role("button", name="恢复推送").press("Enter")
    await expect(page.get_by_role("status")).to_contain_text("已恢复")


@pytest.mark.skipif(not PICTURES, reason="PICTURES names no folder")
@pytest.mark.parametrize("width", [390, 1280])
async def test_pictures_of_every_page_are_taken(desk, browser, width):
    page, url = await entered(desk, browser, width)
    for name, path in PAGES.items():
        await page.goto(url + path, wait_until="networkidle")
        if name == "doctor":
            await page.get_by_role("button", name="开始检查").click()
        tall = min(await page.evaluate("document.documentElement.scrollHeight"), TALLEST)
        await page.set_viewport_size({"width": width, "height": tall})
        await page.screenshot(path=Path(PICTURES or "") / f"{name}-{width}.png")
