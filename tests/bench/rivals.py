"""What the store is measured against, each at its best: one thread, no event loop between."""

from __future__ import annotations

import json
import os
import sqlite3
import time
from collections.abc import Callable, Iterable
from pathlib import Path

from tinydb import TinyDB

from bot.core.model import Receipt
from bot.store.codec import to_doc

Rate = tuple[float, list[float]]  # operations a second, seconds each took

TABLE = """CREATE TABLE receipts (push TEXT, person TEXT, step TEXT, at TEXT, means TEXT,
PRIMARY KEY (push, person, step))"""
INSERT = "INSERT OR IGNORE INTO receipts VALUES (?, ?, ?, ?, ?)"
GROUP_BY = """SELECT push, count(DISTINCT person) FROM receipts
WHERE push IN ({}) AND step != 'opened' AND at < ? GROUP BY push"""


def timed(seconds: float, together: int, work: Callable[[], None]) -> Rate:
    """Call `work`, which does `together` operations, for some seconds."""
    took: list[float] = []
    start = time.perf_counter()
    while (now := time.perf_counter()) - start < seconds:
        work()
        took.append(time.perf_counter() - now)
    return len(took) * together / (time.perf_counter() - start), took


def prepared(fresh: Callable[[str], Receipt], tag: str, seconds: float) -> list[Receipt]:
    """Return more receipts than any engine takes in that time: making them is nobody's work."""
    now = time.perf_counter_ns()
    return [fresh(f"{tag}-{now}-{number}") for number in range(int(seconds * 150_000))]


def _row(receipt: Receipt) -> tuple[str, ...]:
    return tuple(to_doc(receipt).values())


def sqlite_filled(path: Path, receipts: Iterable[Receipt]) -> None:
    with sqlite3.connect(path) as database:
        database.execute("PRAGMA journal_mode=WAL")
        database.execute(TABLE)
        database.executemany(INSERT, map(_row, receipts))
    database.close()


def sqlite(
    path: Path, level: str, together: int, fresh: Callable[[str], Receipt]
) -> Callable[[float], Rate]:
    """Inserts into a WAL database, `together` a commit."""

    def run(seconds: float) -> Rate:
        database = sqlite3.connect(path, isolation_level=None)
        database.execute("PRAGMA journal_mode=WAL")
        database.execute(f"PRAGMA synchronous={level}")
        rows = [_row(one) for one in prepared(fresh, f"{level}{together}", seconds)]

        def work() -> None:
            database.execute("BEGIN IMMEDIATE")
            for _ in range(together):
                database.execute(INSERT, rows.pop())
            database.execute("COMMIT")

        try:
            return timed(seconds, together, work)
        finally:
            database.close()

    return run


def sqlite_recount(path: Path, keys: list[str], as_of: str) -> float:
    """Return the seconds one GROUP BY over the rows of some pushes takes."""
    database = sqlite3.connect(path)
    query = GROUP_BY.format(",".join("?" * len(keys)))
    took: list[float] = []
    for _ in range(5):  # the best of five, as ours
        start = time.perf_counter()
        database.execute(query, [*keys, as_of]).fetchall()
        took.append(time.perf_counter() - start)
    database.close()
    return min(took)


def bare_append(
    path: Path, together: int, fresh: Callable[[str], Receipt]
) -> Callable[[float], Rate]:
    """A file that is appended to and fsynced: what no journal can beat."""

    def run(seconds: float) -> Rate:
        handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_APPEND)
        line = json.dumps(to_doc(fresh("somebody"))).encode() + b"\n"

        def work() -> None:
            os.write(handle, line * together)
            os.fsync(handle)

        try:
            return timed(seconds, together, work)
        finally:
            os.close(handle)

    return run


def stock_tinydb(
    path: Path, receipts: list[Receipt], fresh: Callable[[str], Receipt], inserts: int
) -> Rate:
    """TinyDB as it comes, on a file that holds `receipts`; not even fsynced."""
    docs = {str(n): to_doc(receipt) for n, receipt in enumerate(receipts, 1)}
    path.write_text(json.dumps({"receipts": docs}), "utf-8")
    with TinyDB(path) as database:
        table = database.table("receipts")
        numbers = iter(range(inserts))
        took: list[float] = []
        for number in numbers:
            start = time.perf_counter()
            table.insert(to_doc(fresh(f"stock{number}")))
            took.append(time.perf_counter() - start)
    return inserts / sum(took), took
