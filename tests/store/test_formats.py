"""A data folder of every earlier version opens, and nothing of it is missing.

`formats/1.json` was written by the first version: a sandbox's week round 端午 2026, with an unknown
push, two receipts and three summaries. `formats/2/` was left by the second as a kill leaves it, a
part of it in the journal; `formats/2.json` is what that version read in it. `formats/3/` was left
by the third in the same way, in the midst of an audience of five parts.
"""

from __future__ import annotations

import contextlib
import json
import shutil
from collections import Counter
from collections.abc import Iterable
from pathlib import Path

import pytest

from bot.core.model import Cohort, Delivery, Member, Push, Receipt
from bot.store.codec import from_doc
from bot.store.files import Files
from bot.store.tiny import TinyStore

FORMATS = Path(__file__).parent / "formats"


@pytest.fixture(params=[1, 2, 3])
def version(request):
    return request.param


@pytest.fixture
def folder(version, tmp_path):
    if version == 1:
        shutil.copy(FORMATS / "1.json", tmp_path / "qingfeng.json")
    else:
        shutil.copytree(FORMATS / str(version), tmp_path, dirs_exist_ok=True)
    return tmp_path


def told(version: int) -> dict:
    return json.loads((FORMATS / f"{version}.json").read_text("utf-8"))


def rows(version: int, table: str, kind: type) -> list:
    return [from_doc(kind, doc) for doc in told(version)[table].values()]


def alike(found, wanted) -> bool:
    return sorted(map(repr, found)) == sorted(map(repr, wanted))


def as_today(doc: dict) -> Push:
    """Return a push whose row said where each part stands: today's says how many stand where."""
    states = Counter(state for state in doc["parts"].values() if state != "planned")
    return from_doc(Push, {**doc, "cut": len(doc["parts"]), "tally": states})


def by_due(pushes: Iterable[Push]) -> list[Push]:
    return sorted(pushes, key=lambda push: (push.due, push.key))


async def assert_all_is_there(store: TinyStore, version: int) -> None:
    acts = await store.acts()
    assert await store.pushes() == by_due(map(as_today, told(version)["pushes"].values()))
    for doc in told(version)["pushes"].values():
        wanted = {int(part): state for part, state in doc["parts"].items()}
        assert await store.parts(doc["key"]) == wanted
    assert alike(acts.receipts, rows(version, "receipts", Receipt))
    assert acts.cohorts == {row.push: row for row in rows(version, "cohorts", Cohort)}
    assert alike(await store.deliveries(), rows(version, "deliveries", Delivery))
    assert await store.members() == rows(version, "members", Member)
    old = told(version)
    for doc in old["summaries"].values():
        assert await store.summary(doc["week"]) == doc["summary"]
    assert sum((await store.counts()).values()) == sum(d["count"] for d in old["counts"].values())
    for doc in old["numbers"].values():
        assert await store.number(doc["name"], doc["year"]) == doc["number"]


async def test_a_folder_of_an_earlier_format_opens_without_loss(folder, version):
    store = TinyStore(folder)
    await assert_all_is_there(store, version)
    store.close()
    again = TinyStore(folder)
    await assert_all_is_there(again, version)
    again.close()


async def test_receipts_of_an_earlier_format_still_count_once_and_sends_keep_their_pace(
    folder, version
):
    store = TinyStore(folder)
    (first, *_) = rows(version, "receipts", Receipt)
    assert not await store.add_receipt(first)
    sent = rows(version, "deliveries", Delivery)
    for target in {row.push.rpartition("@")[2] for row in sent}:
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
async def test_a_migration_that_is_cut_short_anywhere_is_taken_up_again(folder, version, last):
    with contextlib.suppress(OSError):
        TinyStore(folder, Dies(last))._databases.close()
    store = TinyStore(folder)
    await assert_all_is_there(store, version)
    store.close()
