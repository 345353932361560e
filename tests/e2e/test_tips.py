"""No place for tips or confessions: of one that comes all the same, nothing is left anywhere.

A whole run: the real process, all ways in, a backup, every report it makes, and a crash.
"""

from __future__ import annotations

import asyncio
import os
import signal
import subprocess
import sys
import zipfile
from datetime import timedelta

import httpx
import pytest

from bot import app
from bot.core import messages
from bot.demo.stage import AGENTID
from bot.sandbox import people, talks
from bot.sandbox.taps import verify_callback
from tests.e2e.test_run import stopped, town
from tests.engine.office import ROOT

__all__ = ["stopped"]
APP, BOT = f"app-{AGENTID}", "aib-tips"
# What is planted, each with marks that stand nowhere else in the house.
TIP = "我要举报局里的汪某，收了企业两箱茅台，标记TIPZQX"
CONFESSION = "上周我收了一张购物卡，面值两千，标记CONFZQX，怎么办"
ASKED = "亲戚办酒标记ASKZQX能不能去"
MARKS = ("ZQX", "汪某", "茅台", "面值两千")
REPORTS = (
    ("suggestions", "--json"),
    ("summary", "--recount", "--json"),
    ("doctor", "--json"),
    ("audit", "verify"),
    ("store", "inspect", "--json"),
    ("pushes", "--json"),
)


def is_ours(path) -> bool:
    """The sandbox's phone has what people wrote, as WeCom has: it is not the bot's."""
    return path.is_file() and not path.is_symlink()


def marked(data: bytes) -> list[str]:
    return [mark for mark in MARKS if mark.encode() in data]


@pytest.mark.nightly
@pytest.mark.skipif(os.name == "nt", reason="needs POSIX signals to crash a process")
async def test_of_a_tip_and_a_confession_nothing_is_left_in_store_log_report_crash_or_backup(
    tmp_path, stopped
):
    async with town(tmp_path, "2026-06-15 09:05") as at:
        world = at.stage.world
        world.add_robot(BOT, "清风", "s3cret", plain_ids=True)
        world.add_group("G", "支部群", ["u001", "u002"], bots=[BOT])
        text = at.config.read_text("utf-8")
        ws = text.split('base_url = "')[1].split('"')[0].replace("http", "ws")
        robot = f'\n[wecom.bot]\nbot_id = "{BOT}"\nsecret = "s3cret"\nws_url = "{ws}"\n'
        at.config.write_text(text + robot, "utf-8")
        first = await at.first_due("2026-06-15")
        start = first - timedelta(seconds=2)
        world.now = app.shifted_clock(start)
        log = tmp_path / "log-run"
        bot = _started(at.config, start.isoformat(), log)
        stopped.append(bot)
        port = await at.until(at.port)
        world.set_callback(AGENTID, f"http://127.0.0.1:{port}/wecom/callback")
        assert await verify_callback(world, AGENTID)
        await at.until(lambda: world.robots[BOT].line is not None)

        for said in (TIP, CONFESSION, ASKED):
            assert (await people.say(world, "u001", APP, said)).reply == "text"
            assert talks.say(world, "u002", f"bot-{BOT}", said)
            assert talks.say(world, "u001", "G", f"@清风 {said}")
        for said in (TIP, CONFESSION):  # a suggestion is kept, and these are none
            assert talks.say(world, "u002", f"bot-{BOT}", f"建议：{said}")
        async with httpx.AsyncClient(trust_env=False) as http:
            forged = await http.post(f"http://127.0.0.1:{port}/wecom/callback", content=TIP)
            assert forged.status_code == 403
        told = [m for m in world.posted if not m.author and m.chat in (APP, f"bot-{BOT}")]
        await at.until(lambda: len(_said(world, f"bot-{BOT}")) >= 5)
        assert sum(messages.NO_TIPS in str(one.body) for one in told) >= 2
        await at.until(lambda: at.heard(APP) >= 4)  # and the warning of the day went out

        for verb in REPORTS:
            await at.qingfeng(*verb)
        backup = tmp_path / "b.zip"
        assert (await at.qingfeng("backup", str(backup))).returncode == 0
        bot.send_signal(signal.SIGABRT)
        await asyncio.to_thread(bot.wait, 10)
        assert "Fatal Python error" in log.read_text("utf-8"), "the crash left its report"

    for path in filter(is_ours, tmp_path.rglob("*")):
        assert marked(path.read_bytes()) == [], path.name
    with zipfile.ZipFile(backup) as packed:
        for name in packed.namelist():
            assert marked(packed.read(name)) == [], name
    assert marked("".join(at.outputs).encode()) == []


def _said(world, chat):
    return [m for m in world.posted if m.chat == chat and not m.author]


def _started(config, clock, log):
    command = [sys.executable, "-X", "faulthandler", "-m", "bot", "run"]
    command += ["--config", str(config), "--clock", clock]
    with log.open("wb") as out:
        return subprocess.Popen(command, cwd=ROOT, stdout=out, stderr=out)
