"""What the crash proof's disk leaves behind, and what must outlive it from the very first row."""

from __future__ import annotations

import random
from pathlib import Path

import pytest

from bot.store.files import put_in_place
from bot.store.tiny import TinyStore
from tests.crash.disk import SECTOR, Disk, PowerCut
from tests.store.rows import push

OLD, NEW = b"o" * 700, b"n" * 1400
FILE = Path("/file")
DICE = [random.Random(seed) for seed in range(200)]


def disk_with(content: bytes) -> Disk:
    disk = Disk()
    put_in_place(disk, FILE, [content])
    return disk


def left_by(disk: Disk) -> set[bytes | None]:
    return {disk.after_power_cut(dice).read(FILE) for dice in DICE}


def test_what_was_fsynced_is_there_whatever_the_power_does():
    assert left_by(disk_with(OLD)) == {OLD}


def test_a_write_without_fsync_may_be_there_in_any_part():
    disk = disk_with(OLD)
    disk.write(disk.reopen(FILE), NEW)
    left = left_by(disk)
    assert {OLD, OLD + NEW} <= left
    assert any(OLD + NEW[:SECTOR] in one and one != OLD + NEW for one in left), "a prefix"
    assert any(b"\0" in one for one in left), "sectors that were never written"
    assert all(one.startswith(OLD) for one in left)


def test_a_replaced_name_is_the_old_or_the_new_until_its_folder_is_fsynced():
    disk = disk_with(OLD)
    draft = disk.open(Path("/draft"))
    disk.write(draft, NEW)
    disk.fsync(draft)
    disk.replace(Path("/draft"), FILE)
    assert left_by(disk) == {OLD, NEW}
    disk.dead = False
    disk.fsync_folder(Path("/"))
    assert left_by(disk) == {NEW}


def test_a_new_file_is_lost_with_its_name_although_its_bytes_were_fsynced():
    disk = Disk()
    handle = disk.open(FILE)
    disk.write(handle, NEW)
    disk.fsync(handle)
    assert left_by(disk) == {None, NEW}


def test_what_is_written_over_zeros_is_there_by_sectors_or_still_zeros():
    room = bytes(1400)
    disk = disk_with(OLD + room)
    disk.write_at(disk.reopen(FILE), len(OLD), NEW)
    left = left_by(disk)
    assert {OLD + room, OLD + NEW} <= left
    assert any(one.rstrip(b"\0") == one and b"\0" in one for one in left), "only a later sector"
    assert {len(one or b"") for one in left} == {len(OLD) + len(NEW)}


def test_after_a_failed_fsync_a_second_one_proves_nothing():
    disk = disk_with(OLD)
    handle = disk.reopen(FILE)
    disk.write(handle, NEW)
    disk.fail_fsync_at = 1
    with pytest.raises(OSError):
        disk.fsync(handle)
    disk.fsync(handle)
    assert disk.read(FILE) == OLD + NEW
    assert left_by(disk) != {OLD + NEW}


def test_a_kill_leaves_everything_as_it_was_read():
    disk = disk_with(OLD)
    disk.write(disk.reopen(FILE), NEW)
    after = disk.after_kill()
    assert after.read(FILE) == OLD + NEW
    with pytest.raises(PowerCut):
        disk.read(FILE)


async def test_a_new_data_folder_is_not_lost_with_its_name():
    disk = Disk()
    store = TinyStore(Path("/data"), disk)
    await store.add_pushes([push()])
    for dice in DICE:
        left = TinyStore(Path("/data"), disk.copied().after_power_cut(dice))
        assert [one.key for one in await left.pushes()] == [push().key]
        left.close()
    store.close()
