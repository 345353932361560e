"""One, two and four workers on one PostgreSQL: how much sooner a thousand groups have their text.

.venv/bin/python -m tests.bench.cluster [--keys 1000] [--latency 0.1] [--workers 1 2 4]

Real processes (`qingfeng run`, role send, four calls on their way each), a real PostgreSQL with
fsync on, the sandbox over real HTTP, which takes `latency` seconds for each answer. All groups
are due when the workers begin; what is measured is from the first message that arrived until the
last, by the sandbox's own log.
"""

from __future__ import annotations

import argparse
import asyncio
import os
import subprocess
import sys
import tempfile
import time
from collections import Counter
from pathlib import Path
from subprocess import Popen
from typing import IO

import psycopg

from bot import app
from bot.demo.stage import Stage, build_stage, install
from bot.sandbox.server import create_app
from bot.sandbox.serving import Serving
from tests.engine.office import ROOT, moment
from tests.postgres import fresh_database, server

START = "2026-06-15 09:35"  # 端午's warning was due to all of them by 09:22


class Clock:
    def __init__(self) -> None:
        self.now = app.shifted_clock(moment(START))


def _late(inner, latency: float, arrived: list[float]):
    async def late(scope, receive, send):
        if scope["type"] == "http" and scope["path"].endswith("webhook/send"):
            await inner(scope, receive, _held(send, latency, arrived))
        else:
            await inner(scope, receive, send)

    return late


def _held(send, latency, arrived):
    async def held(message):
        if message["type"] == "http.response.start":
            arrived.append(time.perf_counter())
            await asyncio.sleep(latency)
        await send(message)

    return held


def _groups(stage: Stage, path: Path, keys: int) -> None:
    lines = [""]
    for number in range(keys):
        key = stage.world.add_group(f"g{number}", f"群{number}", ["me"])
        lines.append(f'[target.g{number}]\nname = "群{number}"\nchannel = "webhook"')
        lines.append(f'webhook = "{key}"')
    with path.open("a", encoding="utf-8") as file:
        file.write("\n".join(lines) + "\n")


def _verb(path: Path, environ: dict[str, str], *args: str) -> None:
    command = [sys.executable, "-m", "bot", *args, "--config", str(path)]
    done = subprocess.run(command, cwd=ROOT, env=environ, capture_output=True, check=False)
    assert done.returncode == 0, done.stderr.decode()


def _start(path: Path, environ: dict[str, str], clock: str, log: IO[bytes]) -> Popen[bytes]:
    command = [sys.executable, "-m", "bot", "run", "--config", str(path), "--clock", clock]
    return Popen(command, cwd=ROOT, env=environ, stdout=log, stderr=log)


async def run(workers: int, keys: int, latency: float) -> dict[str, float]:
    """Return messages a second, and what it cost."""
    stage, arrived = build_stage(Clock()), list[float]()  # type: ignore[arg-type]
    url = fresh_database()
    with tempfile.TemporaryDirectory() as name:
        home = Path(name)
        async with Serving(_late(create_app(stage.world), latency, arrived)) as sandbox:
            path = install(home, ROOT, stage, sandbox.url)
            _groups(stage, path, keys)
            mine = {**os.environ, "QINGFENG_STORE__URL": url, "QINGFENG_STORE__ROLE": "send"}
            hand = {**mine, "QINGFENG_STORE__DATA": "data-hand"}
            args = ("approve", "N06", "--as", "王终审", "--sources-checked")
            await asyncio.to_thread(_verb, path, hand, *args)
            clock = stage.world.now().isoformat()
            started = []
            with (home / "log").open("wb") as log:
                for number in range(workers):
                    environ = {**mine, "QINGFENG_STORE__DATA": f"data-{number}"}
                    started.append(_start(path, environ, clock, log))
            try:
                async with asyncio.timeout(600):
                    while _seen(stage) < keys:  # noqa: ASYNC110 - the condition is WeCom's own
                        await asyncio.sleep(0.05)
                memory = max(_rss(one.pid) for one in started)
                cpu = sum(_cpu(one.pid) for one in started)
            finally:
                for one in started:
                    one.terminate()
                for one in started:
                    await asyncio.to_thread(one.wait)
            doubled = [chat for chat, times in _heard(stage).items() if times > 1]
            assert not doubled, doubled
    middle = sorted(arrived)[keys // 10 : keys * 9 // 10]
    return {
        "rate": (len(middle) - 1) / (middle[-1] - middle[0]),
        "whole": max(arrived) - min(arrived),
        "memory": memory,
        "cpu_ms": 1000 * cpu / keys,
    }


def _heard(stage: Stage) -> Counter[str]:
    log = stage.world.log
    return Counter(r.chat for r in log if r.kind == "message" and r.chat.startswith("g"))


def _seen(stage: Stage) -> int:
    return len(_heard(stage))


def _rss(pid: int) -> float:
    """Return the memory of a process in MB."""
    for line in Path(f"/proc/{pid}/status").read_text("ascii").splitlines():
        if line.startswith("VmRSS"):
            return int(line.split()[1]) / 1024
    return 0.0


def _cpu(pid: int) -> float:
    """Return the processor time of a process in seconds, its start included."""
    fields = Path(f"/proc/{pid}/stat").read_text("ascii").rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--keys", type=int, default=1000)
    parser.add_argument("--latency", type=float, default=0.1)
    parser.add_argument("--workers", type=int, nargs="+", default=[1, 2, 4])
    asked = parser.parse_args()
    with psycopg.connect(server().get_uri(), autocommit=True) as conn:
        conn.execute("ALTER SYSTEM SET fsync = on")
        conn.execute("SELECT pg_reload_conf()")
    print(f"load {os.getloadavg()[0]:.1f}, {asked.keys} keys, {asked.latency * 1000:.0f} ms")
    base = 0.0
    for workers in asked.workers:
        found = asyncio.run(run(workers, asked.keys, asked.latency))
        base = base or found["rate"] / workers
        print(
            f"{workers} workers: {found['rate']:.1f}/s, {found['rate'] / base:.2f} x one,"
            f" all in {found['whole']:.1f} s, {found['memory']:.0f} MB,"
            f" {found['cpu_ms']:.1f} ms of the processor a message, starts included",
            flush=True,
        )


if __name__ == "__main__":
    main()
