"""Half an hour under load, and a simulated year: `make soak` writes docs/soak.md.

The half hour is `qingfeng run` as a process of its own against a sandbox: taps through the whole
way of a callback, forged ones among them, messages to groups, the console's pages, connections that
say nothing. What it holds is read from the system each ten seconds. The year is the same engine on
a clock that jumps, in one process, looked at on the first of each month.
"""

from __future__ import annotations

import argparse
import asyncio
import ctypes
import gc
import json
import os
import platform
import random
import re
import statistics
import subprocess
import sys
import tempfile
import time
from contextlib import suppress
from datetime import date, timedelta
from pathlib import Path

import httpx

from bot import app
from bot.demo.stage import AGENTID
from bot.sandbox.taps import tap, verify_callback
from tests.e2e.test_run import MAIN, Town, town
from tests.engine.office import ROOT, office

PAGE = ROOT / "docs" / "soak.md"
LOOKS = ("", "/plan", "/library", "/receipts", "/targets")
TAPS, LOOKS_A_SECOND, FORGED, IDLERS = 25.0, 2.0, 5.0, 1.0  # a second
SEED = 7


def held(pid: int) -> tuple[float, int]:
    """Return (resident MB, open descriptors) of a process."""
    status = Path(f"/proc/{pid}/status").read_text("ascii")
    resident = int(re.findall(r"VmRSS:\s+(\d+)", status)[0]) / 1024
    return resident, len(list(Path(f"/proc/{pid}/fd").iterdir()))


class Load:
    """What is done to the bot, and how often it was done."""

    def __init__(self, at: Town, port: int, token: str) -> None:
        self.at, self.base = at, f"http://127.0.0.1:{port}"
        self.head = {"Authorization": f"Bearer {token}"}
        self.port, self.count = port, dict.fromkeys(("taps", "looks", "sent", "forged", "idle"), 0)
        self.slips, self.dice = 0, random.Random(SEED)

    async def verb(self, name: str, **params: str) -> dict[str, object]:
        url = f"{self.base}/control/{name}"
        answer = await self.http.post(url, json=params, headers=self.head)
        return dict(answer.json())

    async def begin(self) -> None:
        self.http = httpx.AsyncClient(trust_env=False, timeout=30, follow_redirects=True)
        self.http.headers["Sec-Fetch-Site"] = "same-origin"
        path = str((await self.verb("console-invite"))["path"])
        assert (await self.http.post(f"{self.base}{path}")).status_code == 200

    async def tapped(self) -> None:
        person = self.dice.choice(self.at.stage.roster).id
        done = await tap(self.at.stage.world, person, MAIN, "ack", http=self.http)
        self.count["taps"] += 1
        self.slips += not done.delivered

    async def looked(self) -> None:
        answer = await self.http.get(f"{self.base}/console{self.dice.choice(LOOKS)}")
        self.count["looks"] += 1
        self.slips += answer.status_code != 200

    async def sent(self) -> None:
        target = self.dice.choice(("jg1", "jg2", "zx"))
        self.count["sent"] += (await self.verb("targets-test", target=target)).get(
            "ok", True
        ) is True

    async def forged(self) -> None:
        body = self.dice.randbytes(self.dice.randrange(2000))
        answer = await self.http.post(f"{self.base}/wecom/callback", content=body)
        self.count["forged"] += 1
        self.slips += answer.status_code != 403

    async def idled(self) -> None:
        reader, writer = await asyncio.open_connection("127.0.0.1", self.port)
        writer.write(b"GET / HTTP/1.1\r\nX: ")
        self.count["idle"] += 1
        with suppress(OSError):
            await reader.read()
        writer.close()


async def over_and_over(work, a_second: float, until: float) -> None:  # type: ignore[no-untyped-def]
    running: set[asyncio.Task[None]] = set()
    while time.monotonic() < until:
        task = asyncio.create_task(work())
        running.add(task)
        task.add_done_callback(running.discard)
        await asyncio.sleep(1 / a_second)
        if len(running) > 64:
            await asyncio.wait(running, return_when=asyncio.FIRST_COMPLETED)
    await asyncio.gather(*running, return_exceptions=True)


async def half_an_hour(minutes: float, folder: Path) -> tuple[list[tuple[float, int]], Load]:
    async with town(folder, "2026-06-15 09:05") as at:
        first = await at.first_due("2026-06-15")
        start = first - timedelta(seconds=8)
        at.stage.world.now = app.shifted_clock(start)
        bot = at.start(start.isoformat())
        try:
            port = await at.until(at.port, 60)
            token = json.loads((folder / "data" / "control.json").read_text("utf-8"))["token"]
            at.stage.world.set_callback(AGENTID, f"http://127.0.0.1:{port}/wecom/callback")
            assert await verify_callback(at.stage.world, AGENTID)
            await at.until(lambda: at.heard(f"app-{AGENTID}") >= 1, 120)
            load = Load(at, port, token)
            await load.begin()
            until = time.monotonic() + 60 * minutes
            works = [
                *((load.tapped, TAPS), (load.looked, LOOKS_A_SECOND), (load.sent, 0.25)),
                *((load.forged, FORGED), (load.idled, IDLERS)),
            ]
            tasks = [asyncio.create_task(over_and_over(w, rate, until)) for w, rate in works]
            samples = []
            while time.monotonic() < until:
                samples.append(held(bot.pid))
                await asyncio.sleep(10)
            await asyncio.gather(*tasks)
            await load.http.aclose()
            await asyncio.sleep(15)  # whoever is idle has been hung up on
            samples.append(held(bot.pid))
            return samples, load
        finally:
            bot.terminate()
            await asyncio.to_thread(bot.wait, 20)


async def year(folder: Path) -> list[tuple[str, float, int]]:
    """Return (month, resident MB, objects) on the first of each month of 2026."""
    found = []
    async with office(folder, start="2026-01-04 08:00") as desk:
        for month in range(1, 13):
            day = date(2026, month, 5 if month == 1 else 1)
            await desk.at(f"{day} 08:00")
            found.append((f"{month}月", *_now()))
        await desk.at("2026-12-31 18:00")
        found.append(("年底", *_now()))
    return found


def _now() -> tuple[float, int]:
    gc.collect()
    with suppress(OSError, AttributeError):
        ctypes.CDLL("libc.so.6").malloc_trim(0)
    return held(os.getpid())[0], len(gc.get_objects())


def _drift(values: list[float]) -> str:
    third = len(values) // 3
    middle, last = statistics.median(values[third : 2 * third]), statistics.median(values[-third:])
    return f"{middle:.0f} → {last:.0f}"


def _table(samples: list[tuple[float, int]], load: Load, minutes: float) -> str:
    every = max(1, len(samples) // 10)
    lines = ["| minute | resident MB | open descriptors |", "|---|---|---|"]
    for number in [*range(0, len(samples) - 1, every), len(samples) - 1]:
        resident, files = samples[number]
        at = "after, idle" if number == len(samples) - 1 else f"{number / 6:.0f}"
        lines.append(f"| {at} | {resident:.0f} | {files} |")
    count = load.count
    done = (
        f"In {minutes:.0f} minutes: {count['taps']:,} taps, {count['forged']:,} forged callbacks, "
        f"{count['sent']:,} group messages, {count['looks']:,} pages of the console, "
        f"{count['idle']:,} connections that said nothing; {load.slips} wrong answers. "
        f"Median of the second and the last third: {_drift([r for r, _ in samples[:-1]])} MB, "
        f"{_drift([f for _, f in samples[:-1]])} descriptors."
    )
    return "\n".join([done, "", *lines])


HEAD = """# Half an hour under load, and a simulated year

`make soak` writes this page: `qingfeng run` as a process of its own against a sandbox, looked at
each ten seconds from outside (`tests/bench/soak.py`). {cpus} shared cores, Python {python}.

"""
YEAR = """

## A simulated year

The engine on a clock that jumps through 2026: three groups, sixty people by the app, every tick
that has something to do, the sandbox's own memory (which keeps every message) in the same process.
After a full collection, on the first of each month:

| | resident MB | objects |
|---|---|---|
"""


async def main(minutes: float, page: Path) -> None:
    if not minutes:
        with tempfile.TemporaryDirectory(prefix="qingfeng-year-") as folder:
            print(json.dumps(await year(Path(folder))))
        return
    with tempfile.TemporaryDirectory(prefix="qingfeng-soak-") as folder:
        samples, load = await half_an_hour(minutes, Path(folder))
    command = [sys.executable, "-m", "tests.bench.soak", "--minutes", "0"]
    told = await asyncio.to_thread(
        subprocess.run, command, cwd=ROOT, capture_output=True, text=True, check=True
    )
    rows = json.loads(told.stdout.splitlines()[-1])
    text = HEAD.format(cpus=os.cpu_count(), python=platform.python_version())
    text += _table(samples, load, minutes) + YEAR
    text += "\n".join(f"| {name} | {mb:.0f} | {objects:,} |" for name, mb, objects in rows) + "\n"
    await asyncio.to_thread(page.write_text, text, "utf-8")
    print(text)


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--minutes", type=float, default=30)
    parser.add_argument("--page", type=Path, default=PAGE)
    given = parser.parse_args()
    asyncio.run(main(given.minutes, given.page))
