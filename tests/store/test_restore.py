"""A restore under attack: spoilt files, foreign trails, kills, and what happens meanwhile."""

from __future__ import annotations

import asyncio
import contextlib
import hashlib
import json
import random
import shutil
import struct
import zipfile
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest

from bot.core.model import State
from bot.store import NotABackup, TargetState
from bot.store.backup import RESTORING
from bot.store.files import Files
from bot.store.records import AuditEntry, broken
from bot.store.tiny import TinyStore
from tests.disk import everything_in
from tests.store.rows import MEMBERS, MINUTE, MONDAY, attempt, brought_to, cohort, push, receipt

P, Q = push("jg1"), push("jg2")
HOUR = 60 * MINUTE
FORMATS = Path(__file__).parent / "formats"
NEVER = MONDAY - timedelta(days=999)
SETTING = AuditEntry(at=MONDAY, what="setting", about="x")
PAUSE = TargetState(id="*", disabled="暂停", since=MONDAY)


# -- what today knows better than the backup -------------------------------------------------------


async def test_a_pause_and_a_silenced_target_of_today_outlive_a_restore(store, tmp_path):
    await store.set_target(TargetState(id="jg1", chat="wr1"))
    await store.backup(tmp_path / "b.zip", MONDAY)
    await store.set_target(PAUSE)
    await store.set_target(TargetState(id="jg2", disabled="群已解散", since=MONDAY))
    await store.restore(tmp_path / "b.zip", MONDAY + HOUR, NEVER)
    known = await store.targets()
    assert known["*"] == PAUSE
    assert known["jg2"].disabled == "群已解散"
    assert known["jg1"].chat == "wr1"


async def test_a_number_that_people_have_seen_is_never_given_again(store, tmp_path):
    await store.number("a", 2026)
    await store.backup(tmp_path / "b.zip", MONDAY)
    assert await store.number("b", 2026) == 2
    await store.restore(tmp_path / "b.zip", MONDAY + HOUR, NEVER)
    assert await store.number("c", 2026) == 3
    assert await store.number("b", 2026) == 2


async def test_halts_links_and_signed_forms_are_in_the_backup_and_those_of_today_stand(tmp_path):
    old, new = tmp_path / "old", tmp_path / "new"
    store = TinyStore(old)
    (old / "forms").mkdir()
    (old / "forms" / "20260615-1a2b3c.json").write_text("{}", encoding="utf-8")
    (old / "holds.json").write_text('["then"]', encoding="utf-8")
    (old / "reviewers.json").write_text('["then"]', encoding="utf-8")
    await store.backup(tmp_path / "b.zip", MONDAY)
    (old / "holds.json").write_text('["now"]', encoding="utf-8")
    (old / "reviewers.json").write_text('["now"]', encoding="utf-8")
    (old / "forms" / "20260616-1a2b3c.json").write_text("{}", encoding="utf-8")
    await store.restore(tmp_path / "b.zip", MONDAY + HOUR, NEVER)
    assert "now" in (old / "holds.json").read_text("utf-8")
    assert "now" in (old / "reviewers.json").read_text("utf-8")
    assert len(list((old / "forms").iterdir())) == 2
    store.close()
    store = TinyStore(new)
    await store.restore(tmp_path / "b.zip", MONDAY + HOUR, NEVER)
    assert "then" in (new / "holds.json").read_text("utf-8")
    assert "then" in (new / "reviewers.json").read_text("utf-8")
    assert (new / "forms" / "20260615-1a2b3c.json").exists()
    store.close()


async def test_a_trail_that_is_another_one_is_kept_and_spoken_of(store, tmp_path):
    elsewhere = TinyStore(tmp_path / "elsewhere")
    await elsewhere.audit(replace(SETTING, about="there"))
    await elsewhere.backup(tmp_path / "b.zip", MONDAY)
    elsewhere.close()
    await store.audit(replace(SETTING, about="here"))
    head = await store.head()
    done = await store.restore(tmp_path / "b.zip", MONDAY + HOUR, NEVER)
    trail = await store.audits()
    assert [one.entry.about for one in trail] == ["there", "b.zip"]
    assert broken(trail, await store.head()) == ""
    assert done.replaced == 1
    before = json.loads(await store.text(trail[-1].entry.digest))
    assert (before[-1]["hash"], before[-1]["entry"]["about"]) == (head, "here")


async def test_what_is_put_down_while_a_restore_is_made_ready_is_not_lost(store, tmp_path):
    await store.set_members(MEMBERS)
    await brought_to(store, State.SENT, P)
    await store.backup(tmp_path / "b.zip", MONDAY)

    async def meanwhile():
        await asyncio.sleep(0.01)
        await store.forget("li", MONDAY)
        await store.set_target(PAUSE)
        await store.audit(SETTING)

    await asyncio.gather(
        store.restore(tmp_path / "b.zip", MONDAY + HOUR, NEVER), asyncio.create_task(meanwhile())
    )
    assert "li" not in (await store.cohort(P.key)).covered
    assert "*" in await store.targets()
    said = [one.entry.what for one in await store.audits()]
    assert {"forgotten", "setting", "restored"} <= set(said)
    assert broken(await store.audits(), await store.head()) == ""


# -- spoilt and foreign files ----------------------------------------------------------------------


async def test_a_backup_with_any_byte_changed_is_refused_or_restored_as_it_was(store, tmp_path):
    await brought_to(store, State.SENT, P)
    await store.backup(tmp_path / "b.zip", MONDAY)
    good = (tmp_path / "b.zip").read_bytes()
    pushes = await store.pushes()
    dice = random.Random(3)
    for _ in range(60):
        place = dice.randrange(len(good))
        data = good[:place] + bytes([good[place] ^ dice.randint(1, 255)]) + good[place + 1 :]
        if dice.random() < 0.3:
            data = good[:place]
        (tmp_path / "bad.zip").write_bytes(data)
        with contextlib.suppress(NotABackup):  # some bytes of a zip mean nothing
            await store.restore(tmp_path / "bad.zip", MONDAY, NEVER)
        assert await store.pushes() == pushes


def _rewritten(path: Path, change) -> None:
    with zipfile.ZipFile(path) as old:
        files = {name: old.read(name) for name in old.namelist()}
    manifest = json.loads(files.pop("manifest.json"))
    change(manifest, files)
    with zipfile.ZipFile(path, "w") as new:
        for name, data in files.items():
            new.writestr(name, data)
        new.writestr("manifest.json", json.dumps(manifest))


def _locked(path: Path) -> None:
    """Say of every file inside that it is encrypted."""
    data = bytearray(path.read_bytes())
    for mark, flags in ((b"PK\x03\x04", 6), (b"PK\x01\x02", 8)):
        place = data.find(mark)
        while place >= 0:
            data[place + flags : place + flags + 2] = struct.pack("<H", 1)
            place = data.find(mark, place + 1)
    path.write_bytes(data)


def _nothing_in_it(manifest, files):
    manifest["files"] = {}


def _of_a_later_version(manifest, files):
    manifest["format"] = 99


@pytest.mark.parametrize(
    "spoil",
    [
        _locked,
        lambda path: _rewritten(path, _nothing_in_it),
        lambda path: _rewritten(path, _of_a_later_version),
        lambda path: _rewritten(path, lambda manifest, _: manifest.update(files=["x"])),
        lambda path: _rewritten(path, lambda manifest, _: manifest.update(program="other")),
        lambda path: _rewritten(path, lambda manifest, _: manifest.update(made="2026-06-15T09:00")),
    ],
    ids=["encrypted", "empty", "later version", "a list", "another program", "no time zone"],
)
async def test_what_is_no_backup_of_ours_is_refused_in_words(store, tmp_path, spoil):
    await brought_to(store, State.SENT, P)
    await store.backup(tmp_path / "b.zip", MONDAY)
    spoil(tmp_path / "b.zip")
    with pytest.raises(NotABackup):
        await store.restore(tmp_path / "b.zip", MONDAY, NEVER)
    assert (await store.push(P.key)).state is State.SENT


async def test_a_backup_that_was_refused_leaves_no_names_behind(tmp_path):
    data = tmp_path / "data"
    store = TinyStore(data)
    await store.set_members(MEMBERS)
    await store.backup(tmp_path / "b.zip", MONDAY)
    await store.set_members([])
    (tmp_path / "b.zip").write_bytes(
        (tmp_path / "b.zip").read_bytes().replace(b"\x50\x4b\x05", b"")
    )
    with pytest.raises(NotABackup):
        await store.restore(tmp_path / "b.zip", MONDAY, NEVER)
    assert RESTORING not in Files().list(data)
    store.close()


@pytest.mark.parametrize("version", [1, 2])
async def test_a_backup_of_an_earlier_format_is_brought_up_to_date(tmp_path, version):
    store = TinyStore(tmp_path / "data")
    await store.backup(tmp_path / "b.zip", MONDAY)

    def older(manifest, files):
        files.clear()
        if version == 1:
            files["qingfeng.json"] = (FORMATS / "1.json").read_bytes()
        for path in (FORMATS / str(version)).rglob("*.*"):
            files[path.relative_to(FORMATS / str(version)).as_posix()] = path.read_bytes()
        manifest["format"] = version
        manifest["files"] = {name: hashlib.sha256(data).hexdigest() for name, data in files.items()}

    _rewritten(tmp_path / "b.zip", older)
    await store.restore(tmp_path / "b.zip", MONDAY + timedelta(days=900), NEVER)
    assert await store.pushes()
    assert (await store.acts()).receipts
    assert await store.verify() == []
    store.close()


# -- cut short -------------------------------------------------------------------------------------


async def test_a_restore_that_was_killed_while_it_unpacked_leaves_no_names_behind(tmp_path):
    data = tmp_path / "data"
    store = TinyStore(data)
    await brought_to(store, State.SENT, P)
    store.close()
    shutil.copytree(data, data / RESTORING)
    store = TinyStore(data)
    assert RESTORING not in Files().list(data)
    assert (await store.push(P.key)).state is State.SENT
    store.close()


class Refuses(Files):
    """A disk that refuses every change of a name after the first few, until it is well again."""

    left = 10**9

    def replace(self, source, target) -> None:
        self.left -= 1
        if self.left < 0:
            raise OSError(28, "No space left on device")
        super().replace(source, target)


@pytest.mark.parametrize("left", range(1, 12))
async def test_a_disk_that_fails_in_the_middle_of_the_move_shows_nobody_a_half(tmp_path, left):
    files = Refuses()
    store = TinyStore(tmp_path / "data", files)
    await brought_to(store, State.SENT, P)
    await store.add_receipt(receipt(P))
    await store.backup(tmp_path / "b.zip", MONDAY)
    week = push("jg1", key="w_main@jg1", occurrence="w", due=MONDAY + timedelta(days=40))
    await store.add_pushes([week])
    await store.begin(attempt(week), cohort(week))
    await store.compact()
    old = {P.key, week.key}
    files.left = left
    with contextlib.suppress(OSError):
        await store.restore(tmp_path / "b.zip", MONDAY + HOUR, NEVER)
    for well in (False, True):
        files.left = 10**9 if well else files.left
        with contextlib.suppress(OSError):
            found = {one.key for one in await store.pushes()}
            assert found in ({P.key}, old)
            assert set(await store.cohorts()) == found
    files.left = 10**9
    assert await store.verify() == []
    store.close()


# -- a backup is whole -----------------------------------------------------------------------------


async def test_two_backups_of_one_name_at_once_give_one_whole_file(store, tmp_path):
    await brought_to(store, State.SENT, P)
    done = await asyncio.gather(
        *(store.backup(tmp_path / "b.zip", MONDAY) for _ in range(4)), return_exceptions=True
    )
    refused = [one for one in done if isinstance(one, FileExistsError)]
    assert len(refused) == 3
    await store.restore(tmp_path / "b.zip", MONDAY, NEVER)


class Remembers(Files):
    """A disk that remembers of which folders the names were made durable."""

    def __init__(self) -> None:
        self.folders: list[Path] = []

    def fsync_folder(self, folder: Path) -> None:
        self.folders.append(folder)
        super().fsync_folder(folder)


async def test_the_name_of_a_backup_is_durable_too(tmp_path):
    files = Remembers()
    (tmp_path / "usb").mkdir()
    store = TinyStore(tmp_path / "data", files)
    await store.backup(tmp_path / "usb" / "b.zip", MONDAY)
    assert tmp_path / "usb" in files.folders
    store.close()


async def test_nobody_who_was_forgotten_is_in_the_folder_after_a_restore(tmp_path):
    data = tmp_path / "data"
    store = TinyStore(data)
    await store.set_members(MEMBERS)
    trial = attempt(
        P, body='{"touser":"zhang|li","msgtype":"text"}', to=("zhang", "li", "unrostered")
    )
    await store.add_pushes([P])
    await store.begin(trial, cohort(P, "zhang", "li"))
    await store.finish(replace(trial, state=State.SENT, invalid=("unrostered",)), 1, None)
    await store.set_target(TargetState(id="chat/wr9", chat="wr9", name="binder"))
    await store.backup(tmp_path / "b.zip", MONDAY)
    for who in ("li", "unrostered", "binder"):
        await store.forget(who, MONDAY + MINUTE)
    done = await store.restore(tmp_path / "b.zip", MONDAY + HOUR, NEVER)
    said = everything_in(data)
    assert [who for who in ('"li"', "unrostered", "binder", "|li") if who in said] == []
    assert done.forgotten == 2  # who bound the group is forgotten in the targets of today
    store.close()
