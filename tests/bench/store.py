"""Measures the store beside its rivals, in one run on one disk: `make bench-store`.

Rounds of all engines alternate and the median round counts, so that a noisy machine disturbs
all of them alike: read the ratios. Writes docs/bench-store.md.
"""

from __future__ import annotations

import argparse
import asyncio
import gc
import json
import os
import platform
import re
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from datetime import timedelta
from pathlib import Path
from zlib import crc32

from bot.cli.shell import lasting
from bot.core.model import Push, Receipt, Step
from bot.store.tallies import WeekRows
from bot.store.tiny import TinyStore
from tests.bench import rivals
from tests.bench.rivals import Rate
from tests.bench.year import AS_OF, Year, write

ROOT = Path(__file__).parents[2]
PAGE = ROOT / "docs" / "bench-store.md"
WRITERS, ROUNDS, SECONDS = 64, 3, 0.6


# -- the store itself --------------------------------------------------------------------------


def ours(folder: Path, writers: int, fresh: Callable[[str], Receipt]) -> Callable[[float], Rate]:
    """Durable receipts by so many writers, each waiting for its answer."""

    async def run(seconds: float, prepared: list[Receipt]) -> Rate:
        store = TinyStore(folder)
        took: list[float] = []
        await store.add_receipt(prepared.pop())  # the week is read once
        end = time.perf_counter() + seconds

        async def writer() -> None:
            while (start := time.perf_counter()) < end:
                assert await store.add_receipt(prepared.pop())
                took.append(time.perf_counter() - start)

        start = time.perf_counter()
        await asyncio.gather(*(writer() for _ in range(writers)))
        rate = len(took) / (time.perf_counter() - start)
        store.close()
        return rate, took

    def measured(seconds: float) -> Rate:
        prepared = rivals.prepared(fresh, f"w{writers}", seconds)
        return lasting(run(seconds, prepared))  # the loop that `qingfeng run` has

    return measured


async def _recount(store: TinyStore, pushes: Sequence[Push]) -> float:
    """Return the seconds to count the live week from its rows, which are in memory.

    Without the way into the store's thread and back: SQLite is called where it is.
    """
    never_asked = AS_OF - timedelta(microseconds=time.perf_counter_ns() % 999_983)
    questions = [((push.key, never_asked),) for push in pushes]
    rows = WeekRows(store._of, store._main("pushes").find)

    def counted() -> float:
        start = time.perf_counter()
        assert len([rows.count(question) for question in questions]) == len(pushes)
        return time.perf_counter() - start

    return await store._read(counted)


def _memory() -> float:
    """Return the most memory this process ever had, in MB; getrusage would count its parent."""
    found = re.search(r"VmHWM:\s+(\d+)", Path("/proc/self/status").read_text())
    return int(found[1]) / 1024 if found else 0.0


async def _look(folder: Path, fresh_start: float) -> dict[str, float]:
    store = TinyStore(folder)
    await store.pushes()
    found = {"start": time.perf_counter() - fresh_start, "memory": _memory()}
    from tests.bench.summary import summary  # now: its imports are no part of the store's start

    found["cold"] = await summary(store)
    found["warm"] = min([await summary(store) for _ in range(5)])
    live = [push for push in await store.pushes() if push.due > AS_OF - timedelta(days=7)]
    await store.add_receipt(_fresh(live[-1])("looker"))
    found["after"] = await summary(store)
    found["recount"] = min([await _recount(store, live) for _ in range(5)])
    found["most"] = _memory()
    store.close()
    return found


def look(folder: Path) -> dict[str, float]:
    """Start the store in a process of its own, and ask it for the summary."""
    command = [sys.executable, "-m", "tests.bench.store", "--look", str(folder)]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True)
    found: dict[str, float] = json.loads(done.stdout)
    return found


# -- one size ----------------------------------------------------------------------------------


def _fresh(push: Push) -> Callable[[str], Receipt]:
    """Return receipts by people in no order: names that follow each other spare SQLite work."""
    key, at = push.key, push.due + timedelta(minutes=1)

    def fresh(who: str) -> Receipt:
        person = f"{crc32(who.encode()):08x}-{who}"
        return Receipt(push=key, person=person, step=Step.ACKNOWLEDGED, at=at, means="卡片按钮")

    return fresh


def _rounds(engines: dict[str, Callable[[float], Rate]]) -> dict[str, Rate]:
    """Let all engines run in turn, and return the median round of each."""
    runs: dict[str, list[Rate]] = {name: [] for name in engines}
    for _ in range(ROUNDS):
        for name, run in engines.items():
            gc.collect()
            runs[name].append(run(SECONDS))
    return {name: sorted(done)[len(done) // 2] for name, done in runs.items()}


def measure(size: int, home: Path) -> dict[str, object]:
    """Return everything that is measured with `size` receipts in the year."""
    year, data, database = Year(size), home / f"data{size}", home / f"{size}.sqlite"
    asyncio.run(write(data, year))
    pushes = list(year.pushes())
    rivals.sqlite_filled(database, (one for push in pushes for one in year.acts(push)))
    first = look(data)["cold"]
    started = {**look(data), "first": first}
    live = [push.key for push in pushes if push.due > AS_OF - timedelta(days=7)]
    started["group by"] = rivals.sqlite_recount(database, live, AS_OF.isoformat())
    fresh = _fresh(pushes[-1])
    engines = {
        "清风, one at a time": ours(data, 1, fresh),
        f"清风, {WRITERS} writers": ours(data, WRITERS, fresh),
        **{
            f"SQLite {level}, {together} a commit": rivals.sqlite(database, level, together, fresh)
            for level in ("FULL", "NORMAL")
            for together in (1, 100)
        },
        "bare append + fsync, 1": rivals.bare_append(home / "bare", 1, fresh),
        f"bare append + fsync, {WRITERS}": rivals.bare_append(home / "bare", WRITERS, fresh),
    }
    rates = _rounds(engines)
    if size <= 100_000:
        few = 20 if size <= 10_000 else 3
        rows = [one for push in pushes for one in year.acts(push)]
        rates["stock TinyDB (no fsync)"] = rivals.stock_tinydb(home / "stock", rows, fresh, few)
    return {"started": started, "rates": rates}


# -- the page ----------------------------------------------------------------------------------


def _ms(seconds: float) -> str:
    return f"{seconds * 1000:.3g} ms"


def _quantile(took: Sequence[float], share: float) -> float:
    return sorted(took)[min(len(took) - 1, int(len(took) * share))]


def _rate_table(results: dict[int, dict[str, object]]) -> list[str]:
    names = list(next(iter(results.values()))["rates"])  # type: ignore[call-overload]
    lines = [
        "| durable receipts/s (p50, p99 of one wait) | " + " | ".join(f"{n:,}" for n in results),
        "|---" * (len(results) + 1) + "|",
    ]
    for name in names:
        cells = []
        for found in results.values():
            rate = found["rates"].get(name)  # type: ignore[attr-defined]
            if rate is None:
                cells.append("not run")
                continue
            p50, p99 = (_ms(_quantile(rate[1], share)) for share in (0.5, 0.99))
            per_second = f"{rate[0]:,.0f}" if rate[0] > 100 else f"{rate[0]:.3g}"
            cells.append(f"{per_second} ({p50}, {p99})")
        lines.append(f"| {name} | " + " | ".join(cells) + " |")
    lines[0] += " |"
    return lines


def _ratios(results: dict[int, dict[str, object]]) -> list[str]:
    wanted = [
        (f"清风, {WRITERS} writers", "SQLite FULL, 1 a commit", 5.0),
        (f"清风, {WRITERS} writers", "SQLite FULL, 100 a commit", 2.0),
        ("清风, one at a time", "SQLite FULL, 1 a commit", 0.65),
        ("清风, one at a time", "bare append + fsync, 1", 0.0),
    ]
    lines = []
    for ours_, other, promise in wanted:
        ratios = [
            f"{found['rates'][ours_][0] / found['rates'][other][0]:.2f}"  # type: ignore[index]
            for found in results.values()
        ]
        kept = f"≥ {promise}" if promise else "–"
        lines.append(f"| {ours_} ÷ {other} | {kept} | " + " | ".join(ratios) + " |")
    return lines


LOOKS = [
    ("start, interpreter and imports included", "start", _ms),
    ("memory after the start", "memory", lambda mb: f"{mb:.0f} MB"),
    ("weekly summary, the first ever: five weeks are counted", "first", _ms),
    ("weekly summary, the first after a restart", "cold", _ms),
    ("weekly summary again", "warm", _ms),
    ("weekly summary after one more receipt", "after", _ms),
    ("live week counted from its rows", "recount", _ms),
    ("the same by SQLite's GROUP BY", "group by", _ms),
    ("most memory until then", "most", lambda mb: f"{mb:.0f} MB"),
]


def _look_table(results: dict[int, dict[str, object]]) -> list[str]:
    head = "| receipts of a year on disk | " + " | ".join(f"{n:,}" for n in results) + " |"
    lines = [head, "|---" * (len(results) + 1) + "|"]
    for words, name, shown in LOOKS:
        cells = [shown(found["started"][name]) for found in results.values()]  # type: ignore[index]
        lines.append(f"| {words} | " + " | ".join(cells) + " |")
    return lines


def fsync_time(home: Path) -> float:
    handle = os.open(home / "probe", os.O_WRONLY | os.O_CREAT)
    took = []
    for _ in range(200):
        os.write(handle, b"x" * 150)
        start = time.perf_counter()
        os.fsync(handle)
        took.append(time.perf_counter() - start)
    os.close(handle)
    return statistics.median(took)


def page(results: dict[int, dict[str, object]], fsync: float) -> str:
    sizes = " | ".join(f"{n:,}" for n in results)
    lines = [
        "# What the embedded store does",
        "",
        "Written by `make bench-store`; do not edit. Ratios count: rounds of all engines alternate",
        f"in one run and the median of {ROUNDS} is shown; rows are made beforehand.",
        f"Python {platform.python_version()}, "
        f"{os.cpu_count()} cores; an fsync of 150 bytes takes {_ms(fsync)} here, 1–5 ms on an SSD",
        "of an office. The store answers through its event loop, its rivals are called in a plain",
        "loop. A million receipts are a year of two sends a week to 13,700 people in twelve",
        "groups; new ones come in no order, as people tap. The machine had",
        f"other work meanwhile: a load of {os.getloadavg()[2]:.1f} over a quarter of an hour.",
        "",
        *_rate_table(results),
        "",
        f"| ratio | promised | {sizes} |",
        "|---" * (len(results) + 2) + "|",
        *_ratios(results),
        "",
        *_look_table(results),
        "",
        "The weekly summary is whole but for the plan of the coming week, which a running bot",
        "has at hand. `not run`: one insert into a stock file of a million rows takes 11 s.",
        "",
    ]
    return "\n".join(lines)


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--sizes", default="1000,10000,100000,1000000")
    parser.add_argument("--look", type=Path)
    parser.add_argument("--home", type=Path, help="a folder on the disk to be measured")
    parser.add_argument("-o", type=Path, default=PAGE)
    chosen = parser.parse_args()
    if chosen.look:
        age = time.clock_gettime(time.CLOCK_BOOTTIME) - _born()
        print(json.dumps(asyncio.run(_look(chosen.look, time.perf_counter() - age))))
        return
    results: dict[int, dict[str, object]] = {}
    with tempfile.TemporaryDirectory(dir=chosen.home) as home:
        fsync = fsync_time(Path(home))
        for size in map(int, chosen.sizes.split(",")):
            print(f"{size:,} receipts …", file=sys.stderr, flush=True)
            results[size] = measure(size, Path(home))
            chosen.o.write_text(page(results, fsync), "utf-8")
    print(page(results, fsync))


def _born() -> float:
    """Return when this process was started, in seconds since the machine was (Linux)."""
    fields = Path("/proc/self/stat").read_text().rpartition(")")[2].split()
    return int(fields[19]) / os.sysconf("SC_CLK_TCK")


if __name__ == "__main__":
    main()
