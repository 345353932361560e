"""From an empty folder to the first message, as a clerk does it: in the browser alone."""

from __future__ import annotations

import asyncio
import os
import re
import signal
import subprocess
import sys
from contextlib import asynccontextmanager
from pathlib import Path

import pytest
from playwright.async_api import expect

from bot import app, config
from bot.core import messages
from bot.demo.stage import AGENTID, READER, Clock, build_stage
from bot.sandbox.server import create_app
from bot.sandbox.serving import Serving, free_port
from tests.axe import sound
from tests.chromium import NEEDS_CHROMIUM
from tests.engine.office import ROOT, moment, office

pytestmark = NEEDS_CHROMIUM
START = "2026-06-16T09:12"  # a workday, within hours
PICTURES = os.environ.get("PICTURES")  # a folder, to look at what a person sees


async def look(page, name: str) -> None:
    """See that nothing sticks out and axe finds nothing, on a phone and on a desk."""
    for width in (390, 1280):
        await sound(page, ("light", width), name=name)
        if PICTURES:
            await page.screenshot(path=Path(PICTURES) / f"{name}-{width}.png", full_page=True)


@asynccontextmanager
async def town():
    """A local WeCom whose clock runs from START."""
    start = moment(START.replace("T", " "))
    stage = build_stage(Clock(start))
    stage.world.now = app.shifted_clock(start)
    async with Serving(create_app(stage.world)) as served:
        yield stage, served


def _process(command: list[str], home: Path, log: Path) -> subprocess.Popen[bytes]:
    environ = {**os.environ, "PYTHONPATH": str(ROOT), "PYTHONUTF8": "1"}
    with log.open("wb") as out:
        return subprocess.Popen(command, cwd=home, stdout=out, stderr=out, env=environ)


@asynccontextmanager
async def started(home: Path):
    """`qingfeng run` in a folder, as double-clicking does it; yields the address it prints."""
    command = [sys.executable, "-m", "bot", "run", "--clock", START]
    log = home.parent / "log"
    process = _process(command, home, log)
    try:
        for _ in range(250):
            said = log.read_text("utf-8")
            if url := re.search(r"http://127\.0\.0\.1:\d+/console/enter/\S+", said):
                break
            assert process.poll() is None, said
            await asyncio.sleep(0.1)
        else:
            pytest.fail(said)
        yield url[0], log
    finally:
        process.send_signal(signal.SIGINT)
        assert await asyncio.to_thread(process.wait, 20) == 0, log.read_text("utf-8")


def heard(stage, chat: str) -> list[str]:
    return [one.body for one in stage.world.log if one.kind == "message" and one.chat == chat]


async def test_from_the_first_start_to_the_first_message_without_a_command_line(tmp_path, browser):
    home = tmp_path / "局"
    home.mkdir()
    context = await browser.new_context(bypass_csp=True)  # for axe's own script
    async with town() as (stage, served), started(home) as (url, log):
        page = await context.new_page()
        await page.goto(url)
        await page.get_by_role("button", name="进入").click()
        await expect(page.get_by_role("heading", level=1)).to_have_text("第一次启动：五个问题")
        await look(page, "first")

        await page.get_by_label("单位名称").fill("某县水利局")
        await page.get_by_label("“消息推送”的地址").fill("https://example.com/x")
        await page.get_by_label("上午").fill("9点")
        await page.get_by_role("button", name="设好，开始运行").click()
        await expect(page.get_by_text("这不是“消息推送”的地址")).to_be_visible()
        await expect(page.get_by_text("“9点”应写成 09:10-11:20")).to_be_visible()
        await expect(page.get_by_label("单位名称")).to_have_value("某县水利局")
        await look(page, "first-wrong")
        assert not (home / "config.toml").exists()

        address = f"{served.url}/cgi-bin/webhook/send?key={stage.keys['jg1']}"
        await page.get_by_label("“消息推送”的地址").fill(address)
        await page.get_by_label("上午").fill("9：10—11：20")
        await page.get_by_role("button", name="试发一条").click()
        await expect(page.get_by_role("status")).to_contain_text("已往群里试发一条")
        assert len(heard(stage, "jg1")) == 1
        await look(page, "first-tried")

        await page.get_by_label("这个群叫什么").fill("水利局一支部")
        await page.keyboard.press("Enter")  # looks, and founds nothing
        await expect(page.get_by_role("alert")).to_have_count(0)
        assert not (home / "config.toml").exists()
        await page.get_by_role("button", name="设好，开始运行").click()
        await expect(page.get_by_role("status")).to_have_text(messages.FIRST_DONE)
        assert "清风已启动" in log.read_text("utf-8")
        read = config.load(home / "config.toml", {})
        assert (read.unit.name, read.targets[0].name) == ("某县水利局", "水利局一支部")
        assert stage.keys["jg1"] not in (home / "config.toml").read_text("utf-8")
        await look(page, "first-done")
        console = page.url
        await page.get_by_role("link", name="设置").click()
        await page.locator("summary", has_text="水利局一支部").click()
        await look(page, "setup")

        await page.goto(f"{console}/library/SC-01")
        await page.get_by_label("已打开来源").check()
        await page.locator("form[action$=approve]").get_by_label("审核人姓名").fill("王五")
        await page.get_by_role("button", name="同意").click()
        await expect(page.get_by_role("status")).to_have_text("已登记：王五 终审通过。")
        await page.locator("form[action$=send]").get_by_role("button").click()
        await expect(page.get_by_role("status")).to_be_visible()
        assert len(heard(stage, "jg1")) == 2
        assert "某县水利局" in str(heard(stage, "jg1")[1])


async def test_written_approved_sent_tapped_and_counted(tmp_path, browser):
    port = free_port()
    async with (
        office(tmp_path, port=port) as desk,
        Serving(desk.house.web, port=port) as served,
        Serving(create_app(desk.world)) as sandbox,
    ):
        desk.world.set_callback(AGENTID, f"{served.url}/wecom/callback")
        desk.clock.jump(moment("2026-06-24 10:07"))
        page = await browser.new_page(viewport={"width": 1280, "height": 844})
        await page.goto(f"{served.url}/console/enter/{desk.house.entry.invite(desk.clock.now())}")
        await page.get_by_role("button", name="进入").click()
        await page.goto(f"{served.url}/console/library/SC-01/edit")
        await page.locator("input[name=f-标题]").fill("有事先问一声")
        await page.get_by_role("button", name="保存").click()
        await expect(page.get_by_role("heading", level=1)).to_contain_text("有事先问一声")
        await page.get_by_label("已打开来源").check()
        await page.locator("form[action$=approve]").get_by_label("审核人姓名").fill("王五")
        await page.get_by_role("button", name="同意").click()
        await expect(page.get_by_role("status")).to_contain_text("终审通过")
        await page.get_by_label("发给").select_option("jg1")
        await page.get_by_role("button", name="发出", exact=True).click()
        await expect(page.get_by_role("status")).to_contain_text("已发出")
        await page.get_by_role("link", name="计划").click()
        sent = page.locator("li", has_text="有事先问一声").filter(has_text="机关一支部")
        await expect(sent).to_contain_text("已发出")
        await page.goto(f"{sandbox.url}/sandbox?who={READER}&chat=app-{AGENTID}")
        await page.get_by_role("button", name="已阅").last.click()
        await expect(page.get_by_role("button", name="已阅，谢谢").last).to_be_disabled()
        desk.clock.jump(moment("2026-06-24 10:09"))
        await page.goto(f"{served.url}/console/receipts")  # seen at once, before the week is over
        now = page.locator("section", has_text="本周，阅知中").locator(
            "tr", has_text="有事先问一声"
        )
        await expect(now.locator("td").nth(3)).to_have_text("1")
        await desk.at("2026-07-06 10:07")  # the time for reading is over, and the stay here
        await page.goto(f"{served.url}/console/enter/{desk.house.entry.invite(desk.clock.now())}")
        await page.get_by_role("button", name="进入").click()
        await page.goto(f"{served.url}/console/receipts")
        await expect(page.locator("tr", has_text="有事先问一声").first).to_be_visible()
        read = page.locator("dt", has_text="已阅").locator("xpath=following-sibling::dd[1]")
        await expect(read).to_have_text("1 人次")
