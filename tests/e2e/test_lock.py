"""One process a data folder, by real processes: what is stale, what stands still, who is named."""

from __future__ import annotations

import json
import os
import signal
import socket

import pytest

from bot.sandbox.serving import free_port
from tests.e2e.test_run import stopped, town  # noqa: F401 - a fixture

START = "2026-06-15T10:05"
pytestmark = pytest.mark.skipif(os.name == "nt", reason="needs POSIX signals to stall a process")


def left_behind(data, **changes):
    """What a bot that was killed leaves: its lock's file, and where its door was."""
    (data / "lock").write_text("4711@another-host\n", encoding="utf-8")
    told = {"port": free_port(), "token": "x" * 43, "pid": os.getpid(), "host": "another-host"}
    (data / "control.json").write_text(json.dumps(told | changes), encoding="utf-8")


async def test_what_a_dead_bot_left_keeps_nobody_out(tmp_path, stopped):  # noqa: F811
    """Its pid belongs to another program by now, and so does its port."""
    async with town(tmp_path, "2026-06-15 10:05") as at:
        with socket.create_server(("127.0.0.1", 0)) as other:
            left_behind(tmp_path / "data", port=other.getsockname()[1])
            assert (await at.qingfeng("targets")).returncode == 0
            bot = at.start(START)
            stopped.append(bot)
            await at.until(lambda: "已启动" in at.logs(), 60)
        known = json.loads((tmp_path / "data" / "control.json").read_text("utf-8"))
        assert known["pid"] == bot.pid
        bot.send_signal(signal.SIGKILL)
        bot.wait()
        again = at.start(START)  # and so does what this one leaves
        stopped.append(again)
        await at.until(lambda: at.logs().count("已启动") == 2, 60)


async def test_a_second_bot_is_refused_and_told_of_the_first_also_when_that_one_stands_still(
    tmp_path,
    stopped,  # noqa: F811
):
    async with town(tmp_path, "2026-06-15 10:05") as at:
        first = at.start(START)
        stopped.append(first)
        await at.until(lambda: "已启动" in at.logs(), 60)
        for stalled in (False, True):
            if stalled:
                first.send_signal(signal.SIGSTOP)
            second = await at.qingfeng("run")
            assert second.returncode == 1
            assert str(first.pid) in second.stderr
            assert "Traceback" not in second.stderr
