"""The reading page in a real browser: on a phone and a desk, by day and night, without a mouse."""

from __future__ import annotations

import os
from datetime import timedelta
from pathlib import Path

import pytest
from playwright.async_api import expect

from bot.core import messages
from bot.verbs import VERBS
from tests.axe import LIGHT_AND_DARK, turn
from tests.axe import sound as sound_in
from tests.chromium import NEEDS_CHROMIUM
from tests.web.test_signin import ASKS, READER, built

pytestmark = NEEDS_CHROMIUM
PICTURES = os.environ.get("PICTURES")  # a folder, to look at what a person sees
HEAVIEST = 100_000  # bytes of the page with all that it loads


@pytest.fixture
async def town(tmp_path):
    """A text with a question is out, and its reader is known to WeCom."""
    async with built(tmp_path, "", targets=ASKS) as found:
        bureau = found.desk.house.bureau
        await VERBS["send"](bureau, found.desk.clock.now(), {"item": "SP-05", "to": "jg1"})
        await found.desk.at("2026-06-15 10:20")
        [key] = [k for k, p in (await found.desk.pushes()).items() if p.item == "SP-05"]
        found.page = bureau.page(key)
        found.key = key
        yield found


async def session(town) -> list[dict[str, str]]:
    """Return the cookies of a browser that WeCom has named."""
    async with town.browser(READER) as browser:
        await browser.go(town.page)
        jar = browser.http.cookies.jar
        return [{"name": c.name, "value": c.value, "url": town.url} for c in jar]


async def opened(town, browser, **look):
    context = await browser.new_context(bypass_csp=True, **look)  # else axe is let in no more
    await context.add_cookies(await session(town))
    page = await context.new_page()
    await page.goto(town.page)
    return page


async def sound(page, name: str, looks=LIGHT_AND_DARK) -> None:
    """Whatever is on the page, axe finds nothing wrong and nothing sticks out."""
    for scheme, width in looks if PICTURES else ():
        await turn(page, scheme, width)
        picture = Path(PICTURES or "") / f"{name}-{scheme}-{width}.png"
        await page.screenshot(path=picture, full_page=True)
    await sound_in(page, *looks, name=name)


async def test_axe_finds_nothing_and_nothing_sticks_out(town, browser):
    page = await opened(town, browser, viewport={"width": 390, "height": 844})
    await page.get_by_text("意见反馈（不记名）").click()
    await sound(page, "page")
    await page.get_by_role("radio").nth(1).check()
    await page.get_by_role("button", name=messages.ANSWER_BUTTON, exact=True).click()
    await expect(page.locator("body")).to_contain_text("参考答案")
    await sound(page, "answered")
    await page.goto(f"{town.page}x")
    await expect(page.locator("body")).to_contain_text(messages.PAGE_CLOSED_TITLE)
    await sound(page, "closed")
    town.desk.clock.jump(town.desk.clock.now() + timedelta(days=31))
    await page.context.add_cookies(await session(town))  # the old sign-in is past its time
    await page.goto(town.page)
    await expect(page.locator("body")).to_contain_text(messages.PAGE_OVER)
    await sound(page, "over", looks=[("light", 390)])


async def test_it_is_read_and_tapped_without_a_mouse_and_weighs_little(town, browser):
    context = await browser.new_context(viewport={"width": 390, "height": 844})
    await context.add_cookies(await session(town))
    page = await context.new_page()
    weight, complaints = [], []
    page.on("response", lambda answer: weight.append(answer))
    page.on("pageerror", lambda error: complaints.append(str(error)))
    await page.goto(town.page, wait_until="networkidle")
    assert sum([len(await answer.body()) for answer in weight if answer.ok]) < HEAVIEST
    tree = await page.locator("body").aria_snapshot()
    headings = [line.strip() for line in tree.splitlines() if "heading" in line]
    assert headings[0].endswith("[level=1]")
    assert all(line.endswith("[level=2]") for line in headings[1:]), "no step is left out"
    assert 'button "已阅"' in tree
    assert 'group "想一想（自愿，不记名）' in tree, "a question has its name for a screen reader"
    assert await page.evaluate("document.documentElement.lang") == "zh-CN"
    for _ in range(40):
        await page.keyboard.press("Tab")
        here = await page.evaluate("document.activeElement.textContent.trim()")
        if here == "已阅":
            break
    assert here == "已阅"
    outline = await page.evaluate("getComputedStyle(document.activeElement).outlineStyle")
    assert outline == "solid", "who has no mouse sees where he is"
    await page.keyboard.press("Enter")
    await expect(page.locator("body")).to_contain_text("已阅，谢谢")
    assert complaints == []
    receipts = await town.desk.house.bureau.store.receipts(town.key)
    assert [one.person for one in receipts] == [READER]
    await context.close()


async def test_without_a_script_it_is_the_same_page(town, browser):
    size = {"width": 390, "height": 844}
    page = await opened(town, browser, viewport=size, java_script_enabled=False)
    await page.get_by_role("button", name="已阅", exact=True).click()
    await expect(page.locator("body")).to_contain_text("已阅，谢谢")
    counts = await town.desk.house.bureau.store.counts()
    assert not [name for name in counts if name.startswith("opened")], "only a script says so"
