"""How soon the console's pages come: `make bench-console`. Writes docs/bench-console.md.

10,000 texts, twelve targets, a year of 1,000,000 receipts; each page asked for over and over in
turn, through the whole app but without a socket. A page is also asked for right after a text was
saved, a row written, when nothing that was worked out before holds.
"""

from __future__ import annotations

import argparse
import asyncio
import gc
import os
import platform
import statistics
import tempfile
import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path

import httpx

from bot import app, config
from bot.core.model import Receipt, Step
from bot.library.watching import watch
from tests.bench import check
from tests.bench.year import AS_OF, Year
from tests.bench.year import write as write_year

PAGE = Path(__file__).parents[2] / "docs" / "bench-console.md"
ROUNDS = 40
PAGES = {
    "今天": "/console",
    "计划（一个月）": "/console/plan?month=2026-07",
    "一条推送": "/console/push/rule-103_main@t00",
    "内容（第 1 页）": "/console/library",
    "内容（找“礼”）": "/console/library?q=%E7%A4%BC",
    "一篇内容": "/console/library/T17",
    "写（表单）": "/console/library/T17/edit",
    "对象和名册": "/console/targets",
    "回执": "/console/receipts",
    "周报的图": "/console/receipts/picture.svg",
    "结果不明": "/console/receipts/unknown",
    "留痕": "/console/receipts/trail",
}
CONFIG = """[unit]
name = "某某局"
[review]
required = false
[wecom]
base_url = "http://127.0.0.1:9"
{targets}
"""
TARGET = """[target.t{n:02d}]
name = "支部{n}"
channel = "terminal"
roster = "t{n:02d}"
"""


def settled(home: Path, texts: int) -> app.House:
    """Lay an installation down over the data that was written, and put it together."""
    check.write(home, texts)
    (home / "schedules").symlink_to(check.ROOT / "schedules")
    path = home / "config.toml"
    path.write_text(CONFIG.format(targets="".join(TARGET.format(n=n) for n in range(12))), "utf-8")
    begun = time.perf_counter()
    return app.build(
        config.load(path, {}), lambda: AS_OF + timedelta(seconds=time.perf_counter() - begun)
    )


@dataclass
class Found:
    """Of one page: the first look after a start, its times, those after a change, its bytes."""

    first: float = 0.0
    times: list[float] = field(default_factory=list)
    worked: list[float] = field(default_factory=list)  # of the processor
    after: list[float] = field(default_factory=list)
    size: int = 0


async def asked(door: httpx.AsyncClient, path: str) -> tuple[float, float, int]:
    start, worked = time.perf_counter(), time.process_time()
    answer = await door.get(f"http://127.0.0.1{path}")
    took, worked = time.perf_counter() - start, time.process_time() - worked
    assert answer.status_code == 200, (path, answer.status_code, answer.text[:300])
    return took, worked, len(answer.content)


async def measured(house: app.House, home: Path) -> dict[str, Found]:
    found = {name: Found() for name in PAGES}
    transport = httpx.ASGITransport(house.web)
    headers = {"Sec-Fetch-Site": "same-origin"}
    async with httpx.AsyncClient(transport=transport, headers=headers) as door:
        invited = f"http://127.0.0.1/console/enter/{house.entry.invite(AS_OF)}"
        assert (await door.post(invited)).status_code == 303
        for name, path in PAGES.items():
            found[name].first = (await asked(door, path))[0]
        for name, path in PAGES.items():
            one = found[name]
            for _ in range(ROUNDS):
                took, worked, one.size = await asked(door, path)
                one.times.append(took)
                one.worked.append(worked)
            one.after = await _after_a_change(house, home, door, path)
    return found


async def _after_a_change(
    house: app.House, home: Path, door: httpx.AsyncClient, path: str
) -> list[float]:
    """Return the times of a page that is asked for once a saved text is seen and a tap came."""
    text, shelf, took = home / "content" / "17" / "T17.md", house.bureau.shelf, list[float]()
    for number in range(3):
        before = shelf.glance(AS_OF.date())
        text.write_text(text.read_text("utf-8") + f"\n又一句{number}。\n", "utf-8")
        while shelf.glance(AS_OF.date()) is before:  # noqa: ASYNC110 - as a person waits
            await asyncio.sleep(0.05)
        tap = Receipt(
            push="rule-103_main@t00",
            person=f"t00-x{path[-3:]}{number}",
            step=Step.ACKNOWLEDGED,
            at=AS_OF,
            means="卡片按钮",
        )
        await house.bureau.store.add_receipt(tap)
        took.append((await asked(door, path))[0])
    return took


def page(found: dict[str, Found], texts: int, receipts: int) -> str:
    lines = [
        "# How soon the console's pages come",
        "",
        "Written by `make bench-console`; do not edit. Through the whole app, without a socket;",
        f"{texts:,} texts, twelve targets, a year of {receipts:,} receipts, on a clock that goes. "
        f"Python {platform.python_version()}, {os.cpu_count()} cores;",
        f"a load of {os.getloadavg()[1]:.1f} over five minutes: where that is more than the cores, "
        "the wall's times are those of a queue.",
        "Promised: p95 under 50 ms, under 200 kB a page. *First*: after a start, in this order. "
        "*Changed*: once a saved text is seen and a tap came, the plan is drawn and the week "
        "counted anew.",
        "",
        "| page | p50 | p95 | processor, p50 | first | changed | kB |",
        "|---|---|---|---|---|---|---|",
    ]
    for name, one in found.items():
        times = [statistics.median(one.times), sorted(one.times)[int(len(one.times) * 0.95)]]
        times += [statistics.median(one.worked), one.first, statistics.median(one.after)]
        cells = [*map(_ms, times), f"{one.size / 1000:.0f}"]
        lines.append(f"| {name} | {' | '.join(cells)} |")
    return "\n".join(lines) + "\n"


def _ms(seconds: float) -> str:
    return f"{seconds * 1000:.3g} ms"


def main(arguments: Sequence[str] | None = None) -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--texts", type=int, default=10_000)
    parser.add_argument("--receipts", type=int, default=1_000_000)
    parser.add_argument("-o", type=Path, default=PAGE)
    chosen = parser.parse_args(arguments)
    with tempfile.TemporaryDirectory() as name:
        home = Path(name)
        asyncio.run(write_year(home / "data", Year(chosen.receipts)))
        house = settled(home, chosen.texts)

        async def work() -> dict[str, Found]:
            stop = asyncio.Event()  # as in the running bot, somebody watches the folder
            watcher = asyncio.create_task(watch(house.bureau.shelf, lambda: AS_OF.date(), stop))
            try:
                await asyncio.sleep(1)  # it has begun
                assert house.bureau.shelf.watched
                gc.collect()  # as the running bot does (cli/shell.py, life.py)
                gc.freeze()
                gc.set_threshold(10_000, 10, 10)
                return await measured(house, home)
            finally:
                stop.set()
                await watcher
                await house.close()

        text = page(asyncio.run(work()), chosen.texts, chosen.receipts)
    chosen.o.write_text(text, "utf-8")
    print(text)


if __name__ == "__main__":
    main()
