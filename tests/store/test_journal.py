"""The journal: what was answered for is there, a torn end is not, and damage is said."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bot.store.files import Files
from bot.store.journal import FORMAT, Journal, line_of, scan
from bot.store.tiny import TinyStore
from tests.store.rows import push, receipt

P = push()
HERE = Path("qingfeng.journal")
NUMBERS = st.integers(-(1 << 63), (1 << 63) - 1)
BATCHES = st.lists(
    st.lists(st.tuples(st.text(), NUMBERS).map(list), min_size=1, max_size=3),
    min_size=1,
    max_size=4,
)


def journal_of(batches) -> bytes:
    return b"".join(line_of(payload) for payload in [{"format": FORMAT}, *batches])


@given(batches=BATCHES, data=st.data())
def test_wherever_a_journal_is_cut_its_whole_lines_are_there(batches, data):
    whole = journal_of(batches)
    cut = data.draw(st.integers(0, len(whole)))
    found = scan(whole[:cut], HERE)
    assert found.batches == batches[: len(found.batches)]
    assert found.size + found.torn == cut
    assert whole[: found.size] == journal_of(found.batches)[: found.size]


@given(batches=BATCHES, rubbish=st.binary(max_size=600))
def test_rubbish_behind_the_last_line_is_cut(batches, rubbish):
    whole = journal_of(batches)
    found = scan(whole + b"\x00" + rubbish, HERE)
    assert (found.batches, found.size) == (batches, len(whole))


@given(batches=BATCHES, data=st.data())
def test_a_line_that_is_torn_over_the_room_is_cut_wherever_its_zeros_are(batches, data):
    whole = journal_of(batches)
    line = line_of(data.draw(st.lists(st.lists(st.text(), max_size=3), min_size=1)))
    first = data.draw(st.integers(0, len(line) - 1))
    last = data.draw(st.integers(first + 1, len(line)))
    torn = line[:first] + bytes(last - first) + line[last:]
    found = scan(whole + torn + bytes(data.draw(st.integers(0, 600))), HERE)
    assert (found.batches, found.size) == (batches, len(whole))


@given(batches=BATCHES, data=st.data())
def test_a_changed_byte_before_the_last_line_is_refused(batches, data):
    whole = journal_of(batches)
    last = len(line_of(batches[-1]))
    at = data.draw(st.integers(0, len(whole) - last - 1))
    other = data.draw(st.integers(0, 255).filter(lambda byte: byte != whole[at]))
    damaged = whole[:at] + bytes([other]) + whole[at + 1 :]
    try:
        found = scan(damaged, HERE)
    except OSError:
        return
    else:  # the spelling of a checksum may differ without a loss: AB for ab
        assert found.batches == batches


def test_a_journal_of_a_later_version_is_refused_in_words():
    with pytest.raises(OSError, match="升级"):
        scan(line_of({"format": FORMAT + 1}), HERE)


class Moody(Files):
    """A disk that refuses the calls counted in `refused`, as cruelly as a kernel may.

    A write leaves half of it. After an fsync that failed, what it should have made durable is
    lost (the bytes are as they were before), and the next fsync of the same file says that all
    is well.
    """

    def __init__(self, refused: set[int]) -> None:
        self.refused, self.calls = refused, 0
        self.durable: dict[int, tuple[Path, bytes]] = {}

    def _refuses(self) -> bool:
        self.calls += 1
        return self.calls in self.refused

    def reopen(self, path: Path) -> int:
        handle = super().reopen(path)
        self.durable[handle] = path, path.read_bytes()
        return handle

    def open(self, path: Path) -> int:
        handle = super().open(path)
        self.durable[handle] = path, b""
        return handle

    def write(self, handle: int, data: bytes) -> None:
        if self._refuses():
            super().write(handle, data[: len(data) // 2])
            raise OSError(28, "No space left on device")
        super().write(handle, data)

    def fsync(self, handle: int) -> None:
        path, before = self.durable[handle]
        if self._refuses():
            path.write_bytes(before)
            raise OSError(5, "Input/output error")
        super().fsync(handle)
        self.durable[handle] = path, path.read_bytes()

    def replace(self, source: Path, target: Path) -> None:
        if self._refuses():
            raise OSError(5, "Input/output error")
        super().replace(source, target)

    def fsync_folder(self, folder: Path) -> None:
        if self._refuses():
            raise OSError(5, "Input/output error")
        super().fsync_folder(folder)


async def _history(folder: Path, files: Moody, steps: list[int], fold_at: int) -> None:
    refused, files.refused = files.refused, set()
    store = TinyStore(folder, files, fold_at=fold_at)
    files.refused = {files.calls + number for number in refused}
    kept: set[str] = set()
    doubtful: set[str] = set()
    for number, together in enumerate(steps):
        people = [f"p{number}-{one}" for one in range(together)]
        done = await asyncio.gather(
            *(store.add_receipt(receipt(P, who)) for who in people), return_exceptions=True
        )
        for who, result in zip(people, done, strict=True):
            (kept if result is True else doubtful).add(who)
        # Nothing is shown that was not answered for, and nothing is missing.
        assert {row.person for row in (await store.acts()).receipts} == kept
    files.refused = set()
    assert await store.count("stranger", "2026-06-15") is None, "recovers by itself"
    store.close()
    again = TinyStore(folder)
    found = {row.person for row in (await again.acts()).receipts}
    again.close()
    assert kept == found
    assert not kept & doubtful


@settings(max_examples=60, deadline=None)
@given(
    refused=st.sets(st.integers(1, 60), max_size=8),
    steps=st.lists(st.integers(1, 4), min_size=1, max_size=8),
    fold_at=st.sampled_from([0, 300, 8 << 20]),
)
def test_whatever_the_disk_refuses_memory_is_never_trusted_and_answers_hold(
    refused, steps, fold_at
):
    with TemporaryDirectory() as folder:
        asyncio.run(_history(Path(folder), Moody(refused), steps, fold_at))


def test_a_journal_that_failed_goes_on_in_a_fresh_file(tmp_path):
    files = Moody(set())
    journal = Journal(tmp_path / "j", files)
    assert journal.load() == []
    journal.append([["", "t", {"n": 1}]])
    files.refused = {files.calls + 2}  # the fsync
    with pytest.raises(OSError):
        journal.append([["", "t", {"n": 2}]])
    journal.distrust()
    before = (tmp_path / "j").stat().st_ino
    assert journal.load() == [[["", "t", {"n": 1}]]]
    journal.append([["", "t", {"n": 3}]])
    assert (tmp_path / "j").stat().st_ino != before
    assert [batch[0][2]["n"] for batch in journal.load()] == [1, 3]
    journal.close()


def test_the_room_behind_the_last_line_is_no_torn_end_and_is_used(tmp_path, caplog):
    journal = Journal(tmp_path / "j", Files())
    journal.load()
    journal.append([["", "t", {"n": 0}]])
    size = (tmp_path / "j").stat().st_size
    for number in range(1, 9):
        journal.append([["", "t", {"n": number}]])
    assert (tmp_path / "j").stat().st_size == size > 2 * journal.size
    journal.close()
    assert [batch[0][2]["n"] for batch in Journal(tmp_path / "j", Files()).load()] == [*range(9)]
    assert not caplog.records
    journal.append([["", "t", {"n": 9, "long": "x" * size}]])
    assert [batch[0][2]["n"] for batch in journal.load()] == [*range(10)]
    journal.close()


async def test_writers_that_come_together_share_one_fsync(tmp_path):
    files = Moody(set())
    store = TinyStore(tmp_path, files)
    await store.add_pushes([P])
    before = files.calls
    answers = await asyncio.gather(
        *(store.add_receipt(receipt(P, f"p{n % 200}")) for n in range(400))
    )
    assert sum(answers) == 200
    assert files.calls - before <= 8, "each batch is one write and one fsync"
    store.close()


async def test_a_work_that_raises_leaves_no_trace_and_does_not_disturb_its_neighbours(tmp_path):
    store = TinyStore(tmp_path)
    bad = replace(receipt(P, "bad"), at=None)
    done = await asyncio.gather(
        store.add_receipt(receipt(P, "a")),
        store.add_receipt(bad),
        store.number("x", 2026),
        store.finish(None, 1, None),
        store.add_receipt(receipt(P, "b")),
        return_exceptions=True,
    )
    assert [type(one) for one in done][3] is AttributeError
    assert (done[0], done[2], done[4]) == (True, 1, True)
    store.close()
