"""A data folder of every earlier version opens, and nothing of it is missing.

`formats/1.json` was written by that version: a sandbox's week round 端午 2026, with an unknown
push, two receipts and three summaries.
"""

from __future__ import annotations

import contextlib
import json
import shutil
from pathlib import Path

import pytest

from bot.core.model import Cohort, Delivery, Member, Push, Receipt
from bot.store.codec import from_doc
from bot.store.files import Files
from bot.store.tiny import TinyStore

FIRST = Path(__file__).parent / "formats" / "1.json"


@pytest.fixture
def folder(tmp_path):
    shutil.copy(FIRST, tmp_path / "qingfeng.json")
    return tmp_path


def rows(table: str, kind: type) -> list:
    return [from_doc(kind, doc) for doc in json.loads(FIRST.read_text("utf-8"))[table].values()]


async def assert_all_is_there(store: TinyStore) -> None:
    acts = await store.acts()
    assert {one.key: one for one in acts.pushes} == {o.key: o for o in rows("pushes", Push)}
    assert sorted(map(repr, acts.receipts)) == sorted(map(repr, rows("receipts", Receipt)))
    assert acts.cohorts == {row.push: row for row in rows("cohorts", Cohort)}
    deliveries = sorted(map(repr, await store.deliveries()))
    assert deliveries == sorted(map(repr, rows("deliveries", Delivery)))
    assert await store.members() == rows("members", Member)
    old = json.loads(FIRST.read_text("utf-8"))
    for doc in old["summaries"].values():
        assert await store.summary(doc["week"]) == doc["summary"]
    assert sum((await store.counts()).values()) == sum(d["count"] for d in old["counts"].values())
    for doc in old["numbers"].values():
        assert await store.number(doc["name"], doc["year"]) == doc["number"]


async def test_a_folder_of_the_first_format_opens_without_loss(folder):
    store = TinyStore(folder)
    await assert_all_is_there(store)
    store.close()
    again = TinyStore(folder)
    await assert_all_is_there(again)
    again.close()


async def test_receipts_of_the_first_format_still_count_once_and_sends_keep_their_pace(folder):
    store = TinyStore(folder)
    (first, *_) = rows("receipts", Receipt)
    assert not await store.add_receipt(first)
    sent = rows("deliveries", Delivery)
    for target in ("jg1", "zx"):
        mine = sorted(row.begun for row in sent if row.push.endswith("@" + target))
        assert await store.begun_since(target, mine[0]) == mine
    store.close()


class Dies(Files):
    """A disk that dies at a certain call."""

    def __init__(self, last: int) -> None:
        self.left = last

    def _count(self) -> None:
        self.left -= 1
        if self.left < 0:
            raise OSError(5, "Input/output error")

    def write(self, handle: int, data: bytes) -> None:
        self._count()
        super().write(handle, data)

    def replace(self, source: Path, target: Path) -> None:
        self._count()
        super().replace(source, target)


@pytest.mark.parametrize("last", range(14))
async def test_a_migration_that_is_cut_short_anywhere_is_taken_up_again(folder, last):
    with contextlib.suppress(OSError):
        TinyStore(folder, Dies(last))._databases.close()
    store = TinyStore(folder)
    await assert_all_is_there(store)
    store.close()
