"""Backups while the store is at work; a restore doubles nothing and forgets again."""

from __future__ import annotations

import asyncio
import contextlib
import os
import zipfile
from dataclasses import replace
from datetime import timedelta

import pytest

from bot.core.model import State
from bot.store import NotABackup
from bot.store.files import Files
from bot.store.records import AuditEntry, broken
from bot.store.tiny import TinyStore
from bot.store.vault import made_ready
from tests.store.rows import MEMBERS, MINUTE, MONDAY, attempt, brought_to, cohort, push, receipt

P, Q = push("jg1"), push("jg2")
HOUR = 60 * MINUTE
NEVER = MONDAY - timedelta(days=999)
SETTING = AuditEntry(at=MONDAY, what="setting", about="x")


async def test_a_restore_brings_everything_back_as_it_was(shelf, tmp_path):
    store = shelf.store
    await store.set_members(MEMBERS)
    await brought_to(store, State.SENT, P)
    await store.add_receipt(receipt(P))
    await store.number("a", 2026)
    await store.backup(tmp_path / "b.zip", MONDAY)
    pushes, acts = await store.pushes(), await store.acts()
    await store.add_receipt(receipt(P, "li"))
    await store.set_members([])
    await store.add_pushes([Q])
    done = await store.restore(tmp_path / "b.zip", MONDAY + HOUR, NEVER)
    assert (done.made, done.unknown, done.new_key) == (MONDAY, 0, False)
    for reopened in (False, True):
        store = shelf.reopen() if reopened else store
        assert await store.pushes() == pushes
        assert await store.acts() == acts
        assert await store.members() == list(MEMBERS)
        assert await store.verify() == []
    assert await store.number("b", 2026) == 2


async def test_a_backup_taken_while_writers_write_is_whole(store, tmp_path):
    await brought_to(store, State.SENT, P)

    async def writer(name):
        for number in range(60):
            await store.add_receipt(receipt(P, f"{name}-{number}"))

    async def copier():
        await asyncio.sleep(0.01)
        await store.backup(tmp_path / "b.zip", MONDAY)

    await asyncio.gather(*(writer(name) for name in "abcdefgh"), copier())
    assert len(await store.receipts(P.key)) == 480
    await store.restore(tmp_path / "b.zip", MONDAY, NEVER)
    found = [row.person for row in await store.receipts(P.key)]
    for name in "abcdefgh":  # of each writer, a beginning without a gap
        mine = [person for person in found if person.startswith(name)]
        assert mine == [f"{name}-{number}" for number in range(len(mine))]
    assert await store.verify() == []


async def test_what_may_have_been_sent_since_is_unknown_and_not_sent_again(store, tmp_path):
    later = push("jg3", due=MONDAY + 5 * HOUR)
    await store.add_pushes([P, later])
    await store.backup(tmp_path / "b.zip", MONDAY - MINUTE)
    await brought_to(store, State.SENT, P)  # which the restore is about to forget
    now = MONDAY + HOUR
    assert (await store.restore(tmp_path / "b.zip", now, NEVER)).unknown == 1
    assert (await store.push(P.key)).state is State.UNKNOWN
    assert (await store.push(later.key)).state is State.PLANNED
    assert await store.due(now, 10, ["webhook"]) == []
    await store.add_pushes([Q])  # due before the restore: it was planned, and sent, in between
    assert (await store.push(Q.key)).state is State.UNKNOWN
    assert await store.due(now, 10, ["webhook"]) == []
    fresh = push("jg4", due=now + MINUTE)
    await store.add_pushes([fresh])
    assert await store.due(now + MINUTE, 10, ["webhook"]) == [fresh]


async def test_a_repeat_that_was_planned_at_the_backup_is_not_made(store, tmp_path):
    await brought_to(store, State.UNKNOWN, P)
    await store.postpone(P.key, MONDAY + MINUTE, "再试")
    await brought_to(store, State.SENDING, Q)
    await store.backup(tmp_path / "b.zip", MONDAY)
    await store.restore(tmp_path / "b.zip", MONDAY + HOUR, NEVER)
    assert await store.next_due() is None
    assert {one.state for one in await store.pushes()} == {State.UNKNOWN}
    assert await store.recover() == []


async def test_somebody_may_say_that_it_did_not_arrive_and_it_goes(store, tmp_path):
    await store.add_pushes([P])
    await store.backup(tmp_path / "b.zip", MONDAY - MINUTE)
    await store.restore(tmp_path / "b.zip", MONDAY + HOUR, NEVER)
    assert await store.again(P.key, "没有送达")
    assert await store.begin(attempt(P), cohort(P))
    await store.finish(attempt(P, state=State.SENT, ended=MONDAY), 1, None)
    assert (await store.push(P.key)).state is State.SENT


async def test_people_who_were_forgotten_are_forgotten_again_and_old_names_folded(store, tmp_path):
    await store.set_members(MEMBERS)
    old = push("jg1", key="old_main@jg1", occurrence="old", due=MONDAY - timedelta(days=100))
    for one in (P, old):
        await store.add_pushes([one])
        await store.begin(attempt(one, begun=one.due), cohort(one))
        await store.finish(attempt(one, begun=one.due, state=State.SENT), 1, None)
        await store.add_receipt(receipt(one, "li", at=one.due))
    await store.backup(tmp_path / "b.zip", MONDAY)
    await store.forget("Li", MONDAY + MINUTE)
    done = await store.restore(tmp_path / "b.zip", MONDAY + HOUR, MONDAY - timedelta(days=90))
    assert (done.forgotten, done.certificates) == (1, 1)
    assert "li" not in {member.id for member in await store.members()}
    assert "'li'" not in repr(await store.acts())
    assert await store.receipts(old.key) == []
    assert len(await store.receipts(P.key)) == 1
    assert len(store.forgotten()) == 1


async def test_the_trail_is_never_cut_by_a_restore(store, tmp_path):
    await store.audit(SETTING)
    await store.backup(tmp_path / "b.zip", MONDAY)
    await store.audit(replace(SETTING, about="y"))
    digest = await store.keep_text("后来批的", MONDAY)
    await store.restore(tmp_path / "b.zip", MONDAY + HOUR, NEVER)
    trail = await store.audits()
    assert [one.entry.about for one in trail] == ["x", "y", "b.zip"]
    assert broken(trail) == ""
    assert await store.text(digest) == "后来批的"


async def test_a_folder_that_cannot_be_read_is_replaced(tmp_path):
    data = tmp_path / "data"
    store = TinyStore(data)
    await brought_to(store, State.SENT, P)
    await store.backup(tmp_path / "b.zip", MONDAY)
    await store.forget("li", MONDAY)
    store.close()
    (data / "qingfeng.json").write_bytes(b"\0" * 99)
    with pytest.raises(OSError, match="已损坏"):
        TinyStore(data)
    await made_ready(TinyStore, data, tmp_path / "b.zip", MONDAY + HOUR, NEVER)
    store = TinyStore(data)
    assert (await store.push(P.key)).state is State.SENT
    assert "li" not in (await store.cohort(P.key)).covered
    store.close()


async def test_only_we_can_read_a_backup_and_nothing_is_written_over(store, tmp_path):
    target = tmp_path / "b.zip"
    assert await store.backup(target, MONDAY) == os.stat(target).st_size
    assert os.name == "nt" or os.stat(target).st_mode & 0o077 == 0
    with pytest.raises(FileExistsError):
        await store.backup(target, MONDAY)
    assert [path.name for path in tmp_path.glob("*.tmp")] == []


def _cut(path):
    path.write_bytes(path.read_bytes()[:-50])


def _exchanged(path):
    with zipfile.ZipFile(path) as old:
        files = {name: old.read(name) for name in old.namelist()}
    files["qingfeng.json"] = files["qingfeng.json"].replace(b"jg1", b"jg9")
    _zip(path, files)


def _zip(path, files):
    with zipfile.ZipFile(path, "w") as new:
        for name, data in files.items():
            new.writestr(name, data)


def _elsewhere(path):
    _zip(path, {"manifest.json": '{"made": "2026-06-15T09:00:00+08:00", "files": {"../x": "0"}}'})


@pytest.mark.parametrize(
    "spoil",
    [
        _cut,
        _exchanged,
        _elsewhere,
        lambda path: path.write_bytes(b"hello"),
        lambda path: path.unlink(),
        lambda path: _zip(path, {"readme.txt": "x"}),
    ],
    ids=["cut", "exchanged", "outside", "no zip", "missing", "another zip"],
)
async def test_what_is_no_sound_backup_is_refused_and_nothing_changes(store, tmp_path, spoil):
    await brought_to(store, State.SENT, P)
    path = tmp_path / "b.zip"
    await store.backup(path, MONDAY)
    spoil(path)
    before = await store.acts()
    with pytest.raises(NotABackup):
        await store.restore(path, MONDAY, NEVER)
    assert await store.acts() == before
    assert await store.add_receipt(receipt(P))


class Dies(Files):
    """A disk that dies at a certain change of a name."""

    def __init__(self, last: int) -> None:
        self.left = last

    def _count(self) -> None:
        self.left -= 1
        if self.left < 0:
            raise OSError(5, "Input/output error")

    def replace(self, source, target) -> None:
        self._count()
        super().replace(source, target)

    def unlink(self, path) -> None:
        self._count()
        super().unlink(path)


@pytest.mark.parametrize("last", range(12))
async def test_a_restore_that_is_cut_short_is_finished_by_whoever_opens_next(tmp_path, last):
    data = tmp_path / "data"
    store = TinyStore(data)
    await brought_to(store, State.SENT, P)
    await store.backup(tmp_path / "b.zip", MONDAY)
    week = push("jg1", key="w_main@jg1", occurrence="w", due=MONDAY + timedelta(days=40))
    await store.add_pushes([week])
    await store.begin(attempt(week), cohort(week))
    store.close()
    await made_ready(TinyStore, data, tmp_path / "b.zip", MONDAY + HOUR, NEVER)
    with contextlib.suppress(OSError):
        TinyStore(data, Dies(last))._databases.close()
    store = TinyStore(data)
    assert [one.key for one in await store.pushes()] == [P.key]
    assert list((await store.cohorts()).keys()) == [P.key]
    assert await store.verify() == []
    assert "restoring" not in Files().list(data)
    store.close()
