"""The reviewer's page in a real browser: by finger, on a phone and on a desk."""

import os
from pathlib import Path

import pytest
from playwright.async_api import expect

from bot.sandbox.serving import Serving, free_port
from tests.axe import LIGHT_AND_DARK, sound, turn
from tests.chromium import NEEDS_CHROMIUM
from tests.engine.office import office
from tests.web.test_desk import PIN, ask, blocked, edit, link_of

pytestmark = NEEDS_CHROMIUM
PICTURES = os.environ.get("PICTURES")  # a folder, to look at what a person sees


@pytest.fixture
async def desk(tmp_path):
    port = free_port()
    async with office(tmp_path, approved=False, port=port) as built:
        await built.approve("SC-01")
        edit(built, "SC-01", "二百", "三百")
        async with Serving(built.house.web, port=port):
            yield built


async def look(page, name: str) -> None:
    if PICTURES:
        width = page.viewport_size["width"]
        await page.screenshot(path=Path(PICTURES) / f"{name}-{width}.png", full_page=True)


@pytest.mark.parametrize("width", [390, 1280])
async def test_a_leader_approves_by_a_finger_and_the_pin(desk, browser, width):
    url = await link_of(desk)
    page = await browser.new_page(
        viewport={"width": width, "height": 844}, java_script_enabled=False, has_touch=True
    )
    complaints: list[str] = []
    page.on("console", lambda message: complaints.append(message.text))
    await page.goto(url)
    await look(page, "list")
    await page.get_by_role("link", name="SC-01").tap()
    await look(page, "item")
    await page.get_by_label("已打开来源").check()
    await page.locator(".agree").get_by_label("口令").fill("999998")
    await page.get_by_role("button", name="同意").tap()
    await expect(page.get_by_role("alert")).to_have_text("口令不对，没有登记")
    await look(page, "wrong")
    await page.get_by_label("已打开来源").check()
    await page.locator(".agree").get_by_label("口令").fill(PIN)
    await page.get_by_role("button", name="同意").tap()
    await expect(page.get_by_role("status")).to_have_text("已登记：同意。")
    await look(page, "done")
    assert blocked(desk, "SC-01") == ""
    refused = [text for text in complaints if "403" not in text]
    assert refused == []


async def test_a_text_is_returned_with_a_reason(desk, browser):
    url = await link_of(desk)
    page = await browser.new_page(viewport={"width": 390, "height": 844}, java_script_enabled=False)
    await page.goto(f"{url}/SC-01")
    await page.locator("summary", has_text="退回").click()
    await page.get_by_label("退回的原因").fill("金额与来源不符")
    await page.locator(".return").get_by_label("口令").fill(PIN)
    await look(page, "returning")
    await page.keyboard.press("Enter")  # of a phone: it must never press 同意
    await expect(page.get_by_role("status")).to_contain_text("退回")
    await look(page, "returned")
    assert blocked(desk, "SC-01") == "内容已由王五退回：金额与来源不符"


async def test_axe_finds_nothing_and_nothing_sticks_out(desk, browser):
    url = await link_of(desk)
    await ask(desk, "reviewers-link", who="赵六")
    # The page itself lets no script in, axe's neither.
    context = await browser.new_context(viewport={"width": 390, "height": 844}, bypass_csp=True)
    page = await context.new_page()
    for address in (url, f"{url}/SC-01", f"{url}/N06", f"{url}/-/coming", f"{url}x"):
        await page.goto(address)
        for scheme, width in LIGHT_AND_DARK if PICTURES else ():
            await turn(page, scheme, width)
            await look(page, f"{scheme}-{address.rpartition('/')[2][-5:]}")
        await sound(page, *LIGHT_AND_DARK)
