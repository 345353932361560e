"""Looking after the data folder: what is in it, whether it fits, whether the disk takes more."""

from __future__ import annotations

from datetime import timedelta

import pytest

from bot.core.model import State
from bot.store.records import AuditEntry
from bot.store.tiny import TinyStore
from tests.disk import full_disk
from tests.store.rows import MEMBERS, MONDAY, brought_to, push, receipt

P, Q = push("jg1"), push("zx", key="w_main@zx", occurrence="w", due=MONDAY + timedelta(days=30))


async def filled(folder):
    store = TinyStore(folder)
    await store.set_members(MEMBERS)
    for one in (P, Q):
        await brought_to(store, State.SENT, one)
        await store.add_receipt(receipt(one))
    await store.audit(AuditEntry(at=MONDAY, what="setting"))
    await store.keep_text("一段话", MONDAY)
    return store


async def test_a_sound_folder_has_no_fault_wherever_its_rows_are(tmp_path):
    store = await filled(tmp_path)
    assert await store.verify() == []
    await store.fold_names(MONDAY, MONDAY)
    assert await store.verify() == []
    store.close()
    store = TinyStore(tmp_path)
    assert await store.verify() == []
    store.close()


@pytest.mark.parametrize(
    ("file", "old", "new", "fault"),
    [
        ("texts/2026-06.json", "一段话", "二段话", "摘要不符"),
        ("receipts/2026-W25.json", '"push":"dragon', '"push":"Dragon', "不在它那一周"),
        ("receipts/2026-W25.json", "{", "[", "已损坏"),
        ("audit/2026-06.json", '"what":"setting"', '"what":"sotting"', "第 3 条"),
        ("sent/2026-W25.json", '"text":"', '"text":"0', "已不在"),
        ("sent/2026-W25.json", '"part":0,"state":"sent"', '"part":0,"state":"refused"', "各部分"),
        ("qingfeng.json", '"hash":"', '"hash":"0', "留痕"),
    ],
)
async def test_what_was_changed_by_hand_is_found(tmp_path, file, old, new, fault):
    store = await filled(tmp_path)
    store.close()
    path = tmp_path / file
    text = path.read_text("utf-8")
    assert old in text
    path.write_text(text.replace(old, new), "utf-8")
    store = TinyStore(tmp_path)
    found = await store.verify()
    assert any(fault in one for one in found), found
    store.close()


async def test_inspect_tells_every_file_with_its_rows_and_the_sum_of_all_bytes(tmp_path):
    store = await filled(tmp_path)
    await store.compact()
    told = await store.inspect()
    rows = {one["file"]: one["rows"] for one in told["files"]}
    assert rows["receipts/2026-W25.json"] == {"receipts": 1}
    assert rows["sent/2026-W29.json"] == {"cohorts": 1, "deliveries": 1, "parts": 1}
    assert rows["qingfeng.json"]["pushes"] == 2
    assert told["bytes"] == sum(path.stat().st_size for path in tmp_path.rglob("*.j*"))
    assert (told["entries"], told["limits"]) == (3, [])
    store.close()


async def test_compact_folds_the_journal_and_clears_what_a_crash_left(tmp_path):
    store = await filled(tmp_path)
    for number in range(50):
        await store.count("stranger", f"day{number % 2}")
    (tmp_path / "sent" / "2026-W25.json.tmp").parent.mkdir(exist_ok=True)
    (tmp_path / "sent" / "2026-W25.json.tmp").write_bytes(b"half")
    size = (tmp_path / "qingfeng.journal").stat().st_size
    told = await store.compact()
    assert told["after"] < told["before"]
    assert (tmp_path / "qingfeng.journal").stat().st_size < 100 < size
    assert list(tmp_path.rglob("*.tmp")) == []
    assert await store.verify() == []
    store.close()


async def test_a_disk_that_takes_nothing_is_said_for_as_long_as_it_lasts(tmp_path):
    store = TinyStore(tmp_path)
    assert await store.trouble() == ""
    with full_disk():
        assert "写不进去" in await store.trouble()
    assert await store.trouble() == ""
    store.close()
