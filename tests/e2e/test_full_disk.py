"""A really full disk under `qingfeng run`: silence, said everywhere, and over by itself."""

from __future__ import annotations

import asyncio
import contextlib
import json
import os
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator
from datetime import timedelta
from pathlib import Path

import httpx
import pytest

from bot import app
from bot.demo.stage import AGENTID
from tests.e2e.test_run import MAIN, Town, town
from tests.engine.office import ROOT

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="needs tmpfs or prlimit")


@contextlib.contextmanager
def small_disk(data: Path, _: int) -> Iterator[Callable[[bool], None]]:
    """Fill the file system of the data folder, and empty it."""
    filler = data / "filler"

    def fill(full: bool) -> None:
        filler.unlink(missing_ok=True)
        if full:
            with contextlib.suppress(OSError), filler.open("wb", buffering=0) as file:
                while True:
                    file.write(bytes(4096))

    yield fill


@contextlib.contextmanager
def no_growth(_: Path, pid: int) -> Iterator[Callable[[bool], None]]:
    """Let no file of the process grow."""
    import resource

    before = resource.prlimit(pid, resource.RLIMIT_FSIZE)

    def fill(full: bool) -> None:
        resource.prlimit(pid, resource.RLIMIT_FSIZE, (0, before[1]) if full else before)

    yield fill


@contextlib.contextmanager
def mounted(folder: Path, wanted: bool) -> Iterator[None]:
    """Put a file system of 8 MB in the place of the data folder."""
    if not wanted:
        yield
        return
    folder.mkdir()
    mount = ["mount", "-t", "tmpfs", "-o", "size=8m", "qingfeng-test", str(folder)]
    if os.geteuid() != 0 or subprocess.run(mount, capture_output=True, check=False).returncode:
        pytest.skip("may not mount a file system here")
    try:
        yield
    finally:
        subprocess.run(["umount", str(folder)], check=True)


@contextlib.contextmanager
def running(at: Town, clock: str) -> Iterator[subprocess.Popen[bytes]]:
    """Run the bot with its log behind a pipe: the log's file is none of the bot's own."""
    command = [sys.executable, "-m", "bot", "run", "--config", str(at.config), "--clock", clock]
    with (at.home / "log0").open("wb") as log:
        pipe = subprocess.Popen([shutil.which("cat") or "cat"], stdin=subprocess.PIPE, stdout=log)
        bot = subprocess.Popen(command, cwd=ROOT, stdout=pipe.stdin, stderr=pipe.stdin)
        try:
            yield bot
        finally:
            for process in (bot, pipe):
                process.kill()
                process.wait()


@pytest.mark.parametrize(
    "way",
    [
        pytest.param(no_growth, id="a limit"),
        pytest.param(small_disk, id="a small file system", marks=pytest.mark.nightly),
    ],
)
async def test_a_full_disk_stops_sending_is_said_by_log_and_verbs_and_passes_by_itself(
    tmp_path, way
):
    with mounted(tmp_path / "data", way is small_disk):
        async with town(tmp_path, "2026-06-15 09:05") as at:
            start = await at.first_due("2026-06-15") - timedelta(seconds=25)
            at.stage.world.now = app.shifted_clock(start)
            with running(at, start.isoformat()) as bot, way(tmp_path / "data", bot.pid) as fill:
                port = await at.until(at.port, 60)
                callback = f"http://127.0.0.1:{port}/wecom/callback"
                at.stage.world.set_callback(AGENTID, callback)
                async with asyncio.timeout(60):  # until the first tick has planned
                    while MAIN not in (await at.typed("pushes", "--json")).stdout:  # noqa: ASYNC110 - of another process
                        await asyncio.sleep(0.2)
                fill(True)
                await at.until(lambda: "tick deliver" in at.logs(), 60)
                for verb in ("pushes", "targets", "plan"):
                    assert "写不进去" in (await at.typed(verb, "--json")).output, verb
                assert await status(f"http://127.0.0.1:{port}/readyz") == 503
                refused = await at.qingfeng("forget", "somebody")
                assert refused.returncode != 0
                assert "写不进去" in refused.stderr
                assert heard(at) == 0
                assert bot.poll() is None
                fill(False)
                await at.until(lambda: heard(at) >= 1, 60)
                done = await at.typed("pushes", "--json")
                assert "warning" not in json.loads(done.stdout)
                assert await status(f"http://127.0.0.1:{port}/readyz") == 200
                assert bot.poll() is None
    assert "Traceback" not in at.logs() + "".join(at.outputs)


async def status(url: str) -> int:
    async with httpx.AsyncClient(trust_env=False) as client:
        return (await client.get(url)).status_code


def heard(at: Town) -> int:
    """How many messages to staff WeCom has taken; the office's summary leaves earlier."""
    log = at.stage.world.log
    return sum(record.kind == "message" and record.chat != "office" for record in log)
