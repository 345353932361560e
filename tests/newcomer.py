"""A new user's way to the first message, walked and timed: from a clone, from a bundle.

    python -m tests.newcomer clone
    python -m tests.newcomer bundle build/qingfeng-…-linux-x86_64.tar.gz   (or a Windows .zip: Wine)

The WeCom is a sandbox here; the browser is Chromium, clicked as a clerk clicks. Prints one line
for each step, with the seconds since the beginning. docs/operate/timings.md keeps what came out.
"""

from __future__ import annotations

import asyncio
import os
import re
import shutil
import signal
import subprocess
import sys
import tarfile
import tempfile
import time
import zipfile
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path

from playwright.async_api import Page, expect

from bot import app
from bot.demo.stage import Clock, Stage, build_stage
from bot.sandbox.server import create_app
from bot.sandbox.serving import Serving
from tests.chromium import chromium
from tests.engine.office import moment

ROOT = Path(__file__).parents[1]
START = "2026-06-16T09:12"  # a workday, within hours
Say = Callable[[str], None]


def stopwatch() -> Say:
    began = time.monotonic()
    return lambda done: print(f"{time.monotonic() - began:6.1f} s  {done}", flush=True)


@asynccontextmanager
async def town() -> AsyncIterator[tuple[Stage, str]]:
    """A local WeCom whose clock runs from START, and the address of a group's webhook."""
    start = moment(START.replace("T", " "))
    stage = build_stage(Clock(start))
    stage.world.now = app.shifted_clock(start)  # runs, as the bot's own does by --clock
    async with Serving(create_app(stage.world)) as served:
        yield stage, f"{served.url}/cgi-bin/webhook/send?key={stage.keys['jg1']}"


def heard(stage: Stage) -> list[str]:
    return [str(one.body) for one in stage.world.log if one.kind == "message" and one.chat == "jg1"]


# -- from a clone, with a command line ---------------------------------------------------------


async def from_clone(home: Path, say: Say) -> None:
    async with town() as (stage, address):
        await typed(["git", "clone", "--quiet", str(ROOT), "qingfeng"], home)
        say("git clone")
        clone = home / "qingfeng"
        await typed(["make", "--silent", "venv", f"PYTHON={sys.executable}"], clone)
        say("make venv")
        qingfeng = str(clone / ".venv/bin/qingfeng")
        given = ["--unit", "某县水利局", "--webhook", address, "--reviewers", "1"]
        await typed([qingfeng, "init", "我单位", *given], clone)
        say("init")
        unit = clone / "我单位"
        await typed([qingfeng, "approve", "SC-01", "--as", "王五", "--sources-checked"], unit)
        say("approve")
        bot = begun(
            [qingfeng, "run", "--clock", START],
            unit,
            {**os.environ, "QINGFENG_WEB__PORT": "0"},
            home / "log",
        )
        try:
            await link(home / "log", bot, "清风已启动")
            say("run")
            await typed([qingfeng, "send", "SC-01", "--to", "jg1"], unit)
            assert "某县水利局" in heard(stage)[-1]
            say("send: the group has the message")
        finally:
            bot.send_signal(signal.SIGINT)
            assert await asyncio.to_thread(bot.wait, 20) == 0


async def typed(command: list[str], cwd: Path) -> str:
    done = await asyncio.to_thread(
        subprocess.run, command, cwd=cwd, capture_output=True, encoding="utf-8", check=False
    )
    assert done.returncode == 0, (command, done.stdout, done.stderr)
    return done.stdout


# -- from a bundle, without one ------------------------------------------------------------------


async def from_bundle(archive: Path, home: Path, say: Say) -> None:
    """Unpack, start, answer five questions, approve, send, back up, stop."""
    folder = unpacked(archive, home / "我的 电脑")
    say("unpacked")
    windows = archive.suffix == ".zip"

    def click(name: str, *more: str) -> list[str]:
        if windows:  # Wine gives Python no handle of a file: a pipe then
            return ["sh", "-c", 'wine cmd /c "$@" 2>&1 | cat', "sh", f"{name}.bat", *more]
        return [f"./{name}.sh", *more]

    env = desktop(home)
    async with town() as (stage, address), chromium() as browser:
        bot = begun(click("启动清风", "--clock", START), folder, env, home / "log")
        try:
            url = await link(home / "log", bot)
            say("started: the browser opens")
            page = await browser.new_page()
            await answered(page, url, address)
            say("five questions answered, a test line tried")
            assert len(heard(stage)) == 1
            await sent(page)
            assert "某县水利局" in heard(stage)[-1]
            say("approved and sent: the group has the message")
            stick = str(home / "U盘")
            os.mkdir(stick)
            await done(click("备份到U盘", f"Z:{stick}" if windows else stick), folder, env)
            assert copied(home / "U盘") >= {"数据.zip", "content", "config.toml"}
            say("backed up to a stick")
            await done(click("停止清风"), folder, env)
            assert await asyncio.to_thread(bot.wait, 30) == 0
            say("stopped")
        finally:
            if bot.poll() is None:
                bot.kill()
            print(told(home / "log"))


def begun(command: list[str], cwd: Path, env: dict[str, str], log: Path) -> subprocess.Popen[bytes]:
    with log.open("wb") as out:
        return subprocess.Popen(
            command, cwd=cwd, env=env, stdin=subprocess.DEVNULL, stdout=out, stderr=out
        )


def told(log: Path) -> str:
    return log.read_text("utf-8", "replace")


def copied(stick: Path) -> set[str]:
    (folder,) = stick.iterdir()
    return {path.name for path in folder.iterdir()}


def desktop(home: Path) -> dict[str, str]:
    """A user's bare surroundings: no Python of ours, no index, no proxy."""
    kept = ("WINEPREFIX", "WINEDEBUG")
    env = {name: os.environ[name] for name in kept if name in os.environ}
    return {**env, "HOME": str(home), "PATH": "/usr/bin:/bin", "LANG": "C.UTF-8"}


def unpacked(archive: Path, into: Path) -> Path:
    into.mkdir()
    if archive.suffix == ".zip":
        with zipfile.ZipFile(archive) as packed:
            packed.extractall(into)
    else:
        with tarfile.open(archive) as packed:
            packed.extractall(into, filter="data")
    (folder,) = into.iterdir()
    return folder


LINK = r"http://127\.0\.0\.1:\d+/console/enter/\S+"


async def link(log: Path, bot: subprocess.Popen[bytes], wanted: str = LINK) -> str:
    for _ in range(1200):
        said = told(log)
        if found := re.search(wanted, said):
            return found[0]
        assert bot.poll() is None, said
        await asyncio.sleep(0.1)
    raise AssertionError(said)


async def answered(page: Page, url: str, address: str) -> None:
    await page.goto(url)
    await page.get_by_role("button", name="进入").click()
    await page.get_by_label("单位名称").fill("某县水利局")
    await page.get_by_label("“消息推送”的地址").fill(address)
    await page.get_by_label("这个群叫什么").fill("水利局一支部")
    await page.get_by_role("button", name="试发一条").click()
    await expect(page.get_by_role("status")).to_contain_text("已往群里试发一条", timeout=30_000)
    await page.get_by_role("button", name="设好，开始运行").click()
    await page.wait_for_url(lambda there: "setup" not in there, timeout=60_000)


async def sent(page: Page) -> None:
    await page.goto(f"{page.url.partition('/console')[0]}/console/library/SC-01")
    await page.get_by_label("已打开来源").check()
    await page.locator("form[action$=approve]").get_by_label("审核人姓名").fill("王五")
    await page.get_by_role("button", name="同意").click()
    await expect(page.get_by_role("status")).to_contain_text("终审通过", timeout=30_000)
    await page.locator("form[action$=send]").get_by_role("button").click()
    await expect(page.get_by_role("status")).to_contain_text("已发出", timeout=30_000)


async def done(command: list[str], cwd: Path, env: dict[str, str]) -> None:
    ran = await asyncio.to_thread(
        subprocess.run,
        command,
        cwd=cwd,
        env=env,
        stdin=subprocess.DEVNULL,
        capture_output=True,
        timeout=120,
        check=False,
    )
    assert ran.returncode == 0, (command, ran.stdout.decode("utf-8", "replace"), ran.stderr)


def main() -> None:
    way, *rest = sys.argv[1:]
    home = Path(tempfile.mkdtemp(prefix="qingfeng-newcomer-"))
    try:
        work = from_clone(home, stopwatch()) if way == "clone" else None
        asyncio.run(work or from_bundle(Path(rest[0]).resolve(), home, stopwatch()))
    finally:
        shutil.rmtree(home, ignore_errors=True)


if __name__ == "__main__":
    main()
