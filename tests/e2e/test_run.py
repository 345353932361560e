"""`qingfeng run` as a real process against a real sandbox, for real seconds."""

from __future__ import annotations

import asyncio
import json
import os
import signal
import subprocess
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path

import click.testing
import pytest

from bot import app, cli
from bot.core import messages
from bot.demo.stage import AGENTID, Stage, build_stage, install
from bot.sandbox.server import create_app
from bot.sandbox.serving import Serving
from bot.sandbox.taps import tap, verify_callback
from tests.engine.office import ROOT, moment

START = "2026-06-15 09:05"  # the group 下属中心 is due at 09:19 and some seconds
MAIN = "dragon-boat-2026_main@jg1"


class LiveClock:
    """A clock that runs, shared by the sandbox and (by --clock) the bot."""

    def __init__(self, start: str) -> None:
        self.now = app.shifted_clock(moment(start))


@dataclass(kw_only=True)
class Town:
    home: Path
    stage: Stage
    config: Path
    outputs: list[str]

    async def qingfeng(self, *args: str) -> subprocess.CompletedProcess[str]:
        command = [sys.executable, "-m", "bot", *args, "--config", str(self.config)]
        done = await asyncio.to_thread(
            subprocess.run, command, cwd=ROOT, capture_output=True, text=True, check=False
        )
        self.outputs.append(done.stdout + done.stderr)
        return done

    async def typed(self, *args: str) -> click.testing.Result:
        """The same words in this process: a second sooner, for what is only on the way."""
        words = [*args, "--config", str(self.config)]
        done = await asyncio.to_thread(click.testing.CliRunner().invoke, cli.main, words)
        self.outputs.append(done.output)
        return done

    async def first_due(self, day: str) -> datetime:
        answer = json.loads((await self.typed("plan", "--from", day, "--json")).stdout)
        return datetime.fromisoformat(answer["pushes"][0]["due"])

    def start(self, clock: str) -> subprocess.Popen[bytes]:
        log = self.home / f"log{len(list(self.home.glob('log*')))}"
        with log.open("wb") as out:
            command = [sys.executable, "-m", "bot", "run", "--config", str(self.config)]
            return subprocess.Popen([*command, "--clock", clock], cwd=ROOT, stdout=out, stderr=out)

    async def until(self, what, seconds: float = 25.0):
        for _ in range(int(seconds * 10)):
            if found := what():
                return found
            await asyncio.sleep(0.1)
        raise AssertionError("it did not happen: " + self.logs()[-2000:])

    def logs(self) -> str:
        return "\n".join(path.read_text("utf-8") for path in sorted(self.home.glob("log*")))

    def heard(self, chat: str) -> int:
        log = self.stage.world.log
        return sum(1 for record in log if record.kind == "message" and record.chat == chat)

    def port(self) -> int:
        try:
            return json.loads((self.home / "data" / "control.json").read_text("utf-8"))["port"]
        except (OSError, ValueError):
            return 0


@asynccontextmanager
async def town(home: Path, clock: str) -> AsyncIterator[Town]:
    stage = build_stage(LiveClock(clock))  # type: ignore[arg-type]
    async with Serving(create_app(stage.world)) as sandbox:
        path = install(home, ROOT, stage, sandbox.url)
        built = Town(home=home, stage=stage, config=path, outputs=[])
        roster = ["姓名,账号,支部,部门"]
        roster += [f"{m.name},{m.id},{m.branch},{m.department}" for m in stage.roster]
        (home / "名册.csv").write_text("\n".join(roster), encoding="gb18030")
        assert (await built.typed("roster", "import", str(home / "名册.csv"))).exit_code == 0
        for item in ("N06", "SP-05"):
            args = ("approve", item, "--as", "王终审", "--sources-checked")
            assert (await built.typed(*args)).exit_code == 0
        yield built


@pytest.fixture
def stopped():
    """Processes to end after a test, by the very objects that started them."""
    started: list[subprocess.Popen[bytes]] = []
    yield started
    for process in started:
        if process.poll() is None:
            process.send_signal(signal.SIGCONT)
            process.kill()
        process.wait()


@pytest.mark.skipif(os.name == "nt", reason="needs POSIX signals to stall a process")
async def test_a_missed_wake_a_stall_and_a_kill_lose_nothing_and_double_nothing(tmp_path, stopped):
    async with town(tmp_path, "2026-06-15 09:05") as at:
        first = await at.first_due("2026-06-15")
        start = first - timedelta(seconds=6)
        at.stage.world.now = app.shifted_clock(start)
        bot = at.start(start.isoformat())
        stopped.append(bot)
        port = await at.until(at.port)
        at.stage.world.set_callback(AGENTID, f"http://127.0.0.1:{port}/wecom/callback")
        assert await verify_callback(at.stage.world, AGENTID)

        # The process stands still while its wake comes and goes; then it goes on by itself.
        bot.send_signal(signal.SIGSTOP)
        await asyncio.sleep(7)
        assert at.heard(f"app-{AGENTID}") == 0
        bot.send_signal(signal.SIGCONT)
        await at.until(lambda: at.heard(f"app-{AGENTID}") >= 1)

        # A verb reaches the running bot; a second bot is refused and told of the first.
        pushes = json.loads((await at.qingfeng("pushes", "--json")).stdout)["pushes"]
        assert MAIN in {push["key"] for push in pushes}
        second = await at.qingfeng("run")
        assert second.returncode == 1
        assert str(bot.pid) in second.stderr

        # Killed, and started again after its due time: the warning still goes, once.
        bot.send_signal(signal.SIGKILL)
        bot.wait()
        at.stage.world.now = app.shifted_clock(moment("2026-06-15 09:31"))
        again = at.start("2026-06-15T09:31")
        stopped.append(again)
        await at.until(lambda: at.heard("zx") == 1)
        await at.until(lambda: at.heard(f"app-{AGENTID}") == 2)
        again.send_signal(signal.SIGKILL)
        again.wait()

        at.stage.world.now = app.shifted_clock(moment("2026-06-15 09:41"))
        third = at.start("2026-06-15T09:41")
        stopped.append(third)
        await at.until(lambda: at.port() and _alive(third))
        await asyncio.sleep(3)
        assert (at.heard("zx"), at.heard(f"app-{AGENTID}")) == (1, 2), "nothing is sent twice"
        states = json.loads((await at.qingfeng("pushes", "--json")).stdout)["pushes"]
        # The second kill may have hit the group's send between WeCom's yes and our row: that is
        # `unknown`, shown and never repeated; the app's is repeated byte for byte and heard once.
        ends = {p["key"]: p["state"] for p in states if p["node"] == "dragon-boat"}
        assert ends.pop("dragon-boat-2026_main@zx") in ("sent", "unknown")
        assert set(ends.values()) == {"sent"}

        # A tap reaches the third process and is a receipt.
        port = await at.until(at.port)
        at.stage.world.set_callback(AGENTID, f"http://127.0.0.1:{port}/wecom/callback")
        result = await tap(at.stage.world, "me", MAIN, "ack")
        assert result.greyed == "已阅，谢谢"

        asked = await at.qingfeng("stop")
        assert (asked.returncode, asked.stdout) == (0, f"{messages.STOPPED}\n")
        assert await asyncio.to_thread(third.wait, 10) == 0
        assert not (tmp_path / "data" / "control.json").exists()
        told = at.logs() + "".join(at.outputs)
        for secret in (*at.stage.keys.values(), "demo-app-secret", "access_token="):
            assert secret not in told
        assert "Traceback" not in told
        assert "睡眠" in told, "said at each start"
        assert (await at.qingfeng("stop")).returncode == 1, "nobody runs any more"


def _alive(process: subprocess.Popen[bytes]) -> bool:
    return process.poll() is None


async def test_without_approvals_run_says_that_nothing_will_be_sent(tmp_path, stopped):
    stage = build_stage(LiveClock("2026-06-15 10:05"))  # type: ignore[arg-type]
    async with Serving(create_app(stage.world)) as sandbox:
        path = install(tmp_path, ROOT, stage, sandbox.url)
        at = Town(home=tmp_path, stage=stage, config=path, outputs=[])
        bot = at.start("2026-06-15T10:05")
        stopped.append(bot)
        await at.until(lambda: "什么也不会推送" in at.logs())
        await asyncio.sleep(3)
        assert at.heard("zx") == 0


async def test_the_rehearsal_clock_is_refused_against_the_real_wecom(tmp_path):
    (tmp_path / "config.toml").write_text('[unit]\nname = "某局"\n', encoding="utf-8")
    command = [sys.executable, "-m", "bot", "run", "--clock", "2026-06-15T09:00"]
    command += ["--config", str(tmp_path / "config.toml")]
    done = await asyncio.to_thread(
        subprocess.run, command, cwd=ROOT, capture_output=True, text=True, check=False
    )
    assert done.returncode == 2
    assert "演练" in done.stderr
