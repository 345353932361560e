"""Measures the reading page's 已阅 over HTTP, durable and not: `make bench-receipts`.

Both sides are the product's whole route (signed address, signed cookie, the form's proof, what the
event becomes, the store); on one of them the store's files take nothing, so what is left between
the two is the durable write. Asked by `wrk`, 64 connections, every request another tap.
Writes docs/bench-receipts.md.
"""

from __future__ import annotations

import argparse
import asyncio
import os
import re
import subprocess
import sys
import tempfile
import time
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from types import SimpleNamespace
from typing import Any, cast

import httpx
from starlette.responses import Response

from bot.cli.shell import lasting
from bot.core.model import SHANGHAI, Cohort, Delivery, Push, State
from bot.demo.stage import build_stage, install
from bot.engine.bureau import Bureau
from bot.engine.receive import Reception
from bot.sandbox.serving import Serving, free_port
from bot.store import Store
from bot.store.files import Files
from bot.store.tiny import TinyStore
from bot.web.reading import Links
from bot.web.server import Doors, create_app
from bot.web.signin import SignIn
from tests.bench.store import fsync_time

ROOT = Path(__file__).parents[2]
PAGE = ROOT / "docs" / "bench-receipts.md"
CONNECTIONS, ROUNDS, SECONDS = 64, 3, 5
PUSHES, PEOPLE = 100, 1_000  # taps that there can be: more than any round asks for
KEY = b"k" * 32

WRK = """
local taps = {}
for line in io.lines("%s") do taps[#taps + 1] = line end
local n = 0
request = function()
  n = n %% #taps + 1
  local path, cookie, body = taps[n]:match("(%%S+) (%%S+) (%%S+)")
  return wrk.format("POST", path, {["Cookie"] = cookie,
    ["Content-Type"] = "application/x-www-form-urlencoded"}, body)
end
done = function(summary, latency)
  io.write(string.format("RESULT %%d %%d %%d %%d %%d\\n", summary.requests, summary.duration,
    latency:percentile(99), latency:percentile(50), summary.errors.status + summary.errors.connect
    + summary.errors.read + summary.errors.write + summary.errors.timeout))
end
"""


class Unwritten(Files):
    """The durable write left out: everything else happens."""

    def write_at(self, handle: int, offset: int, data: bytes) -> None:
        pass

    def fsync(self, handle: int) -> None:
        pass


@dataclass(frozen=True)
class Asked:
    """What wrk found."""

    rate: float
    p50: float  # seconds
    p99: float


def now() -> datetime:
    return datetime.now(SHANGHAI)


def signin() -> SignIn:
    return SignIn(
        public_url="http://127.0.0.1", authorize=_nowhere, opener=_nobody, key=KEY, now=now
    )


def _nowhere(back: str, state: str) -> str:
    return back + state


async def _nobody(code: str) -> str:
    return ""


def person(number: int) -> str:
    return f"reader-{number:05d}"


def push(number: int) -> Push:
    return Push(
        key=f"rule-{number}_main@jg{number % 12}",
        occurrence=f"rule-{number}",
        part="main",
        target=f"jg{number % 12}",
        channel="app",
        due=now(),
        until=now() + timedelta(days=1),
    )


async def filled(store: Store) -> None:
    """Send the pushes to their people, so that every tap is one of somebody who was covered."""
    everybody = tuple(person(number) for number in range(PEOPLE))
    pushes = [push(number) for number in range(PUSHES)]
    await store.add_pushes(pushes)
    for one in pushes:
        trial = Delivery(push=one.key, part=0, attempt=1, begun=now(), body="{}", to=())
        await store.begin(trial, Cohort(push=one.key, covered=everybody, tappable=True))
        sent = Delivery(
            push=one.key, part=0, attempt=1, begun=now(), body="{}", to=(), state=State.SENT
        )
        await store.finish(sent, 1, None)


async def serve(store: Store) -> None:
    """Serve the page over a store until somebody ends this process."""
    reception = Reception(
        cast(Bureau, SimpleNamespace(store=store, clock=now, tip_words=frozenset()))
    )

    async def nothing(*_: Any) -> Any:
        return None

    doors = Doors(
        control=nothing,
        receive=reception,
        read=nothing,
        links=Links("http://127.0.0.1", KEY),
        now=now,
        token="-",
        signin=signin(),
    )
    async with Serving(create_app(doors)) as served:
        print(served.url, flush=True)
        await asyncio.Event().wait()


def taps(path: Path) -> None:
    """Write what wrk asks for: address, cookie and form of every tap, person by person."""
    sign, links = signin(), Links("http://127.0.0.1", KEY)
    tokens = [links.address(push(number).key).rpartition("/r/")[2] for number in range(PUSHES)]
    lines = []
    for number in range(PEOPLE):
        who, answer = person(number), Response()
        sign._set(answer, "session", [who], timedelta(hours=12))
        cookie = answer.headers["set-cookie"].partition(";")[0]
        lines += [f"/r/{token} {cookie} form={sign.form(who, token)}" for token in tokens]
    path.write_text("\n".join(lines) + "\n", "ascii")


def asked(home: Path, number: int, durable: bool) -> Asked:
    """Serve in a process of its own, and let wrk ask for some seconds."""
    folder = home / f"data{number}-{durable}"

    async def fill() -> None:
        store = TinyStore(folder)
        await filled(store)
        store.close()

    asyncio.run(fill())
    script = home / "taps.lua"
    script.write_text(WRK % (home / "taps"), "ascii")
    command = [sys.executable, "-m", "tests.bench.receipts", "--serve", str(folder)]
    server = subprocess.Popen(
        command + ["--durable"] * durable, cwd=ROOT, stdout=subprocess.PIPE, text=True
    )
    try:
        assert server.stdout is not None
        url = server.stdout.readline().strip()
        wrk = ["wrk", "-t1", f"-c{CONNECTIONS}", f"-d{SECONDS}s", "-s", str(script), url]
        said = subprocess.run(wrk, capture_output=True, text=True, check=True).stdout
    finally:
        server.kill()
        server.wait()
    found = re.search(r"RESULT (\d+) (\d+) (\d+) (\d+) (\d+)", said)
    assert found, said
    requests, micros, p99, p50, errors = map(int, found.groups())
    assert not errors, said
    if durable:
        assert requests <= PUSHES * PEOPLE, "every request was another tap"
        asyncio.run(_all_there(folder, requests))
    return Asked(requests / micros * 1e6, p50 / 1e6, p99 / 1e6)


async def _all_there(folder: Path, answered: int) -> None:
    """What was answered is on the disk, although the server was killed."""
    store = TinyStore(folder)
    kept = len((await store.acts()).receipts)
    store.close()
    assert answered <= kept <= answered + CONNECTIONS, f"{answered} answered, {kept} kept"


def start() -> tuple[float, float]:
    """Return the seconds from exec until the bot answers, with the shipped library, and its CPU's.

    The stage's WeCom is not there: nobody waits for it.
    """
    with tempfile.TemporaryDirectory() as name:
        stage = build_stage(cast(Any, SimpleNamespace(now=now)))
        port, nobody = free_port(), f"http://127.0.0.1:{free_port()}"
        config = install(Path(name), ROOT, stage, nobody, port)
        command = [sys.executable, "-m", "bot", "run", "--config", str(config)]
        begun = time.perf_counter()
        bot = subprocess.Popen(
            command, cwd=ROOT, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
        )
        try:
            while not _answers(f"http://127.0.0.1:{port}/readyz"):
                assert bot.poll() is None, "it did not start"
                time.sleep(0.01)
            took = time.perf_counter() - begun
        finally:
            bot.kill()
            used = os.wait4(bot.pid, 0)[2]
        return took, used.ru_utime + used.ru_stime


def _answers(url: str) -> bool:
    try:
        return httpx.get(url, trust_env=False).status_code == 200
    except httpx.HTTPError:
        return False


def page(found: Mapping[bool, Asked], fsync: float, started: tuple[float, float]) -> str:
    durable, left_out = found[True], found[False]
    rows = [
        ("receipts/s", "≥ 3,000", f"{durable.rate:,.0f}"),
        (
            "÷ the same with the durable write left out",
            "≥ 0.6",
            f"{durable.rate / left_out.rate:.2f}",
        ),
        ("p99", "< 50 ms", f"{durable.p99 * 1000:.3g} ms"),
        ("p50", "–", f"{durable.p50 * 1000:.3g} ms"),
        ("receipts/s with the durable write left out", "–", f"{left_out.rate:,.0f}"),
        ("its p99", "–", f"{left_out.p99 * 1000:.3g} ms"),
        ("an fsync of 150 bytes on this disk", "–", f"{fsync * 1000:.3g} ms"),
        ("`qingfeng run` until /readyz, shipped library", "< 1 s", f"{started[0]:.2f} s"),
        ("of that, time of a processor", "–", f"{started[1]:.2f} s"),
    ]
    return "\n".join(
        [
            "# How many taps a page takes",
            "",
            "Written by `make bench-receipts` (needs `wrk`); do not edit. The POST behind 已阅",
            "on the reading page: signed address, signed cookie, proof of the form, one receipt,",
            f"durable before the answer. {CONNECTIONS} connections, each request another tap; then",
            "the server is killed and every answered tap is found on the disk. The median of",
            f"{ROUNDS} rounds in turn; {os.cpu_count()} cores, which wrk shares with the server.",
            f"A load of {os.getloadavg()[2]:.1f} over a quarter of an hour, with other work.",
            "",
            "| what | promised | measured |",
            "|---|---|---|",
            *(f"| {what} | {promised} | {measured} |" for what, promised, measured in rows),
            "",
        ]
    )


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--serve", type=Path)
    parser.add_argument("--durable", action="store_true")
    parser.add_argument("--home", type=Path, help="a folder on the disk to be measured")
    parser.add_argument("-o", type=Path, default=PAGE)
    chosen = parser.parse_args()
    if chosen.serve:
        lasting(serve(TinyStore(chosen.serve, Files() if chosen.durable else Unwritten())))
        return
    runs: dict[bool, list[Asked]] = {True: [], False: []}
    with tempfile.TemporaryDirectory(dir=chosen.home) as name:
        home = Path(name)
        fsync = fsync_time(home)
        taps(home / "taps")
        for number in range(ROUNDS):
            for durable in (True, False):
                runs[durable].append(asked(home, number, durable))
                print(f"durable {durable}: {runs[durable][-1]}", file=sys.stderr, flush=True)
                time.sleep(0.5)
    middle = {
        way: sorted(done, key=lambda one: one.rate)[ROUNDS // 2] for way, done in runs.items()
    }
    text = page(middle, fsync, min(start() for _ in range(ROUNDS)))
    chosen.o.write_text(text, "utf-8")
    print(text)


if __name__ == "__main__":
    main()
