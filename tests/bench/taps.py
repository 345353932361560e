"""Everybody taps within a minute: `make bench-taps` writes docs/bench-taps.md.

The whole way of a callback: sealed and signed by the sandbox, over HTTP, opened, made durable,
answered with the new button. One in ten is told twice, one in ten comes after the next one, and
WeCom tries again where no answer came within a second. Then the data folder is copied as a power
cut would leave it, while the bot still runs, and the copy is counted.
"""

from __future__ import annotations

import argparse
import asyncio
import os
import platform
import random
import shutil
import tempfile
import time
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path

import httpx

from bot import app, config
from bot.cli.shell import lasting
from bot.core.model import SHANGHAI, Cohort, Delivery, Push, State
from bot.demo.stage import AES_KEY, AGENTID, APP_SECRET, CORP_ID, TOKEN, Clock
from bot.sandbox.faults import FaultKind
from bot.sandbox.serving import Serving
from bot.sandbox.taps import TapResult, flush, tap, verify_callback
from bot.sandbox.world import World
from bot.store.tiny import TinyStore
from tests.bench.store import fsync_time

ROOT = Path(__file__).parents[2]
PAGE = ROOT / "docs" / "bench-taps.md"
SENT = datetime(2026, 6, 15, 9, 17, tzinfo=SHANGHAI)
KEY = "dragon-boat-2026_main@all"
WITHIN = 1.0  # seconds in which an answer leaves
SPOILT = 0.1  # of the taps are told twice, and as many out of order
SEED = 5000

SETTINGS = f"""
[unit]
name = "某某局"
office = "纪委"
feedback = "党委"
[wecom]
base_url = "http://127.0.0.1:9"
[wecom.app]
corp_id = "{CORP_ID}"
agentid = {AGENTID}
secret = "{APP_SECRET}"
token = "{TOKEN}"
aes_key = "{AES_KEY}"
[target.all]
name = "全体"
channel = "app"
roster = "全体"
"""


class Timed(httpx.AsyncBaseTransport):
    """A connection to each call, and how long it took, from dialling to the last byte.

    Not httpx's own pool: with thousands waiting it looks through all of them for each, and what
    would be measured is that.
    """

    def __init__(self) -> None:
        self.took: list[float] = []

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        start, body = time.perf_counter(), await request.aread()
        head = f"POST {request.url.raw_path.decode()} HTTP/1.1\r\nHost: 127.0.0.1\r\n"
        head += f"Content-Length: {len(body)}\r\nConnection: close\r\n\r\n"
        try:
            reader, writer = await asyncio.open_connection("127.0.0.1", request.url.port)
            writer.write(head.encode() + body)
            answer = await reader.read()
        except OSError as error:
            raise httpx.ConnectError(str(error)) from None
        writer.close()
        self.took.append(time.perf_counter() - start)
        top, _, content = answer.partition(b"\r\n\r\n")
        return httpx.Response(int(top.split()[1]), content=content)


@dataclass(kw_only=True)
class Found:
    people: int
    seconds: float  # from the first tap to the last answer
    took: list[float] = field(repr=False)  # of every callback, repeats included
    late: int  # taps that needed another try
    undelivered: int
    lost: int  # people who tapped and have no receipt in the copy
    doubled: int  # receipts beyond one a person

    def at(self, share: float) -> float:
        return sorted(self.took)[min(len(self.took) - 1, int(share * len(self.took)))]


async def minute(people: int, seconds: float, folder: Path) -> Found:
    """Let `people` tap once each, at moments spread by chance over `seconds`."""
    (folder / "content").mkdir()
    (folder / "schedules").mkdir()
    (folder / "config.toml").write_text(SETTINGS, "utf-8")
    clock = Clock(SENT)
    crowd = tuple(f"p{number:05d}" for number in range(people))
    house = app.build(config.load(folder / "config.toml", {}), clock.now)
    await _sent(house, crowd)
    world = _world(clock, crowd)
    timed = Timed()
    async with Serving(house.web) as served, httpx.AsyncClient(transport=timed) as http:
        world.set_callback(AGENTID, f"{served.url}/wecom/callback")
        assert await verify_callback(world, AGENTID)  # as WeCom does before it sends anything
        start = time.perf_counter()
        results = await _all_tap(world, crowd, seconds, http)
        results += await flush(world, http=http)
        took = time.perf_counter() - start
        copy = folder / "copy"
        shutil.copytree(folder / "data", copy)  # as it lies on disk; the bot runs on
    await house.close()
    store = TinyStore(copy)
    rows = await store.receipts(KEY)
    store.close()
    read = {row.person for row in rows}
    return Found(
        people=people,
        seconds=took,
        took=timed.took,
        late=sum(result.attempts > 1 for result in results),
        undelivered=sum(not result.delivered and not result.held for result in results),
        lost=len(set(crowd) - read),
        doubled=len(rows) - len(read),
    )


async def _sent(house: app.House, crowd: tuple[str, ...]) -> None:
    push = Push(
        key=KEY,
        occurrence="dragon-boat-2026",
        part="main",
        target="all",
        channel="app",
        due=SENT,
        until=SENT.replace(hour=17),
        covers=("dragon-boat-2026",),
        item="N06",
    )
    store = house.bureau.store
    await store.add_pushes([push])
    row = Delivery(push=KEY, part=0, attempt=1, begun=SENT, body="{}", to=crowd)
    assert await store.begin(row, Cohort(push=KEY, covered=crowd, tappable=True))
    ended = Delivery(
        push=KEY, part=0, attempt=1, begun=SENT, body="{}", to=crowd, state=State.SENT, ended=SENT
    )
    await store.finish(ended, 1, None)


def _world(clock: Clock, crowd: tuple[str, ...]) -> World:
    world = World(clock.now, corp_id=CORP_ID)
    world.add_app(AGENTID, "清风", APP_SECRET, token=TOKEN, aes_key=AES_KEY)
    for person in crowd:
        world.add_user(person, person)
    world.callback_timeout = WITHIN  # harder than WeCom's five
    for _ in range(int(len(crowd) * SPOILT)):
        for kind in (FaultKind.DUPLICATE, FaultKind.REORDER):
            world.faults.add("callback", kind, chance=2 * SPOILT)
    return world


async def _all_tap(
    world: World, crowd: tuple[str, ...], seconds: float, http: httpx.AsyncClient
) -> list[TapResult]:
    dice = random.Random(SEED)
    moments = sorted((dice.random() * seconds, person) for person in crowd)
    start = time.perf_counter()
    tasks = []
    for at, person in moments:
        if (wait := start + at - time.perf_counter()) > 0:
            await asyncio.sleep(wait)
        tasks.append(asyncio.create_task(tap(world, person, KEY, "ack", http=http)))
    return list(await asyncio.gather(*tasks))


HEAD = """# Everybody taps within a minute

`make bench-taps`: a push went to {people:,} people, and all of them tap within a minute, at moments
spread by chance. Each callback goes the whole way: sealed and signed by the sandbox, over HTTP,
opened, made durable, answered with the new button. One in ten is told twice, one in ten comes after
the one behind it, and the sandbox tries again where no answer came within a second (WeCom waits
five). Then the data folder is copied while the bot runs on, and the receipts in the copy are
counted. The second row is the same crowd four times as fast. Asked and asking
share one process and {cpus} cores, on Python {python}; one fsync of this disk takes {fsync:.1f} ms.

| taps | in | callbacks | p50 | p99 | slowest | tried again | not answered | lost | doubled |
|---|---|---|---|---|---|---|---|---|---|
"""


def row(found: Found) -> str:
    ms = [f"{1000 * took:.0f} ms" for took in (found.at(0.5), found.at(0.99), max(found.took))]
    cells = [
        *(f"{found.people:,}", f"{found.seconds:.0f} s", f"{len(found.took):,}", *ms),
        *map(str, (found.late, found.undelivered, found.lost, found.doubled)),
    ]
    return f"| {' | '.join(cells)} |"


async def main(people: int, seconds: float) -> None:
    rows = []
    with tempfile.TemporaryDirectory(prefix="qingfeng-taps-") as folder:
        for name, span in (("minute", seconds), ("quarter", seconds / 4)):
            home = Path(folder) / name
            home.mkdir()
            rows.append(row(await minute(people, span, home)))
        fsync = fsync_time(Path(folder))
    head = HEAD.format(
        people=people, cpus=os.cpu_count(), python=platform.python_version(), fsync=1000 * fsync
    )
    PAGE.write_text(head + "\n".join(rows) + "\n", "utf-8")
    print(PAGE.read_text("utf-8"))


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--people", type=int, default=5000)
    parser.add_argument("--seconds", type=float, default=60)
    given = parser.parse_args()
    lasting(main(given.people, given.seconds))
