"""The embedded store's file: never torn, never guessed at, ordinary TinyDB JSON."""

from __future__ import annotations

import asyncio
import os
import random
import subprocess
import sys
import time
from datetime import timedelta
from pathlib import Path

import pytest
from tinydb import TinyDB

from bot.core.model import State
from bot.store.databases import KEPT_LOADED
from bot.store.journal import FORMAT
from bot.store.records import AuditEntry
from bot.store.tiny import TinyStore
from tests.disk import full_disk
from tests.store.rows import MEMBERS, MONDAY, attempt, brought_to, cohort, push, receipt

ROOT = Path(__file__).parents[2]
P = push()


@pytest.fixture
def store(tmp_path):
    built = TinyStore(tmp_path)
    yield built
    built.close()


def on_disk(folder: Path) -> bytes:
    return (folder / "qingfeng.journal").read_bytes()


async def test_the_file_opens_with_stock_tinydb(store, tmp_path):
    await brought_to(store, State.SENT, P)
    await store.add_receipt(receipt(P))
    store.close()
    files = ("qingfeng.json", "sent/2026-W25.json", "receipts/2026-W25.json")
    found = {}
    for name in files:
        with TinyDB(tmp_path / name, encoding="utf-8") as stock:
            found |= {table: stock.table(table).all() for table in stock.tables()}
    assert found.keys() >= {"meta", "pushes", "deliveries", "cohorts", "receipts"}
    (row,) = found["pushes"]
    assert (row["key"], row["state"], row["due"]) == (P.key, "sent", "2026-06-15T09:17:00+08:00")


@pytest.mark.skipif(os.name == "nt", reason="Windows keeps no mode bits")
async def test_nobody_else_on_the_machine_can_read_the_file(store, tmp_path):
    await store.set_members(MEMBERS)
    store.close()
    for path in tmp_path.rglob("*.j*"):
        assert path.stat().st_mode & 0o077 == 0


async def test_a_write_that_fails_leaves_the_old_file_and_a_memory_that_believes_it(
    store, tmp_path
):
    await store.add_pushes([P])
    before = on_disk(tmp_path)
    with full_disk():
        for change in (
            lambda: store.add_receipt(receipt(P)),
            lambda: store.begin(attempt(P), cohort(P)),
            lambda: store.set_members(MEMBERS),
            lambda: store.count("stranger", "2026-06-15"),
            lambda: store.number("a", 2026),
        ):
            with pytest.raises(OSError):
                await change()
        assert on_disk(tmp_path) == before
        assert (await store.push(P.key)).state is State.PLANNED
        assert (await store.acts()).receipts == []
    assert await store.begin(attempt(P), cohort(P))  # recovers by itself
    assert await store.add_receipt(receipt(P))
    assert on_disk(tmp_path) != before
    assert await store.number("a", 2026) == 1


FULL_DISK = """
import asyncio, resource, signal, sys
from pathlib import Path
from bot.store.tiny import TinyStore
from tests.store.rows import push, receipt

async def main():
    store = TinyStore(Path(sys.argv[1]))
    signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    resource.setrlimit(resource.RLIMIT_FSIZE, (3000, resource.RLIM_INFINITY))
    kept, refused = 0, 0
    for number in range(40):
        try:
            await store.add_receipt(receipt(push(), f"person{number}"))
            kept += 1
        except OSError:
            refused += 1
    assert refused, "the disk was never full"
    assert len((await store.acts()).receipts) == kept
    resource.setrlimit(resource.RLIMIT_FSIZE, (resource.RLIM_INFINITY,) * 2)
    assert await store.add_receipt(receipt(push(), "person39"))
    print(kept + 1)

asyncio.run(main())
"""


@pytest.mark.skipif(os.name == "nt", reason="Windows has no limit on a file's size")
def test_a_full_disk_loses_nothing_and_the_store_recovers_by_itself(tmp_path):
    done = subprocess.run(
        [sys.executable, "-c", FULL_DISK, str(tmp_path)], cwd=ROOT, capture_output=True, text=True
    )
    assert done.returncode == 0, done.stderr
    assert len(asyncio.run(_receipts(tmp_path))) == int(done.stdout)


@pytest.mark.parametrize(
    "content", [b"", b"{", b"[]", b"null", b"\x00" * 64, "读不出来".encode("gbk")]
)
def test_a_damaged_file_is_refused_in_words_and_left_as_it_is(tmp_path, content):
    path = tmp_path / "qingfeng.json"
    path.write_bytes(content)
    with pytest.raises(OSError, match="已损坏"):
        TinyStore(tmp_path)
    assert path.read_bytes() == content


def test_a_file_of_a_later_version_is_refused_in_words(tmp_path):
    TinyStore(tmp_path).close()
    path = tmp_path / "qingfeng.json"
    later = path.read_text("utf-8").replace(f'"value":{FORMAT}', f'"value":{FORMAT + 1}')
    path.write_text(later, "utf-8")
    with pytest.raises(OSError, match="升级"):
        TinyStore(tmp_path)


async def test_a_draft_that_a_kill_left_behind_is_no_harm(tmp_path):
    (tmp_path / "qingfeng.json.tmp").write_bytes(b'{"half')
    store = TinyStore(tmp_path)
    assert await store.add_pushes([P]) == 1
    store.close()


WRITER = """
import asyncio, sys
from pathlib import Path
from bot.store.tiny import TinyStore
from tests.store.rows import push, receipt

async def main():
    store = TinyStore(Path(sys.argv[1]))
    for number in range(100_000):
        person = f"{sys.argv[2]}-{number}"
        await store.add_receipt(receipt(push(), person))
        print(person, flush=True)

asyncio.run(main())
"""


@pytest.mark.skipif(os.name == "nt", reason="needs SIGKILL")
def test_a_kill_at_any_moment_keeps_every_receipt_that_was_acknowledged(tmp_path):
    dice = random.Random(20260615)
    acknowledged: set[str] = set()
    for round_ in range(10):
        with subprocess.Popen(
            [sys.executable, "-c", WRITER, str(tmp_path), str(round_)],
            cwd=ROOT,
            stdout=subprocess.PIPE,
            text=True,
        ) as writer:
            first = writer.stdout.readline()
            time.sleep(dice.uniform(0.0, 0.05))
            writer.kill()
            said = [first, *writer.stdout]
        # A line cut in the middle was not acknowledged.
        acknowledged |= {line.strip() for line in said if line.endswith("\n")}
        kept = asyncio.run(_receipts(tmp_path))
        assert acknowledged <= kept
    assert len(acknowledged) >= 10


async def _receipts(folder: Path) -> set[str]:
    store = TinyStore(folder)
    found = (await store.acts()).receipts
    store.close()
    assert len(found) == len({one.person for one in found})
    return {one.person for one in found}


async def test_whoever_reads_the_whole_trail_pushes_no_week_out_of_memory(tmp_path):
    """A look at a summary counts the same weeks again and again, and reads the trail between."""
    store = TinyStore(tmp_path)
    await brought_to(store, State.SENT, push())
    for month in range(KEPT_LOADED + 3):
        at = MONDAY - timedelta(days=31 * month)
        await store.audit(AuditEntry(at=at, what="paused", about=f"{month}"))
    await store.cohort(push().key)
    base = store._databases
    await store._write(base.fold)
    await store.cohort(push().key)
    week = base["sent/2026-W25"]
    assert len(await store.audits(what=("paused",))) == KEPT_LOADED + 3
    assert base["sent/2026-W25"] is week
    months = [name for name in base._parts if name.startswith("audit/")]
    assert len(months) == KEPT_LOADED
    store.close()
