"""Three hundred crashes, each told again by its number; and proof that they bite."""

from __future__ import annotations

from collections import Counter

import pytest

from bot.core.model import State
from tests.crash.disk import Disk
from tests.crash.schedules import in_turn, tell, violations
from tests.crash.witness import Shelves
from tests.crash.work import PRODUCT, Variant

ORDINARY, NIGHTLY = 300, 10_000
SHARE = 30  # told by one worker in one go; most of it waits for threads to hand over


@pytest.mark.parametrize("first", range(0, ORDINARY, SHARE))
def test_no_crash_loses_or_doubles_anything(first):
    assert broken_by(PRODUCT, range(first, first + SHARE)) == {}


@pytest.mark.nightly
def test_no_crash_of_ten_thousand_loses_or_doubles_anything():
    for first in range(ORDINARY, ORDINARY + NIGHTLY, 500):
        assert broken_by(PRODUCT, range(first, first + 500)) == {}
        print(f"{first + 500 - ORDINARY} schedules hold", flush=True)


def broken_by(variant: Variant, seeds: range) -> dict[int, list]:
    """Return what was broken, by the number of the schedule."""
    return {seed: broken for seed in seeds if (broken := violations(seed, variant))}


def test_a_schedule_is_the_same_each_time_it_is_told():
    with in_turn():
        for seed in range(10):
            first, again = (tell(seed) for _ in range(2))
            assert first == again


# -- the harness is worth something: it sees the bugs that it was built for ------------------------


class LyingDisk(Disk):
    """Answers fsync at once and does nothing."""

    def fsync(self, handle: int) -> None:
        self._happen("fsync, a lie", lambda: None)


class Forgetful(Disk):
    """Takes no care of names."""

    def fsync_folder(self, folder) -> None:
        self._happen("fsync_folder, a lie", lambda: None)


class SendsFirst(Shelves):
    """Lets the engine send at once, and writes the row of `begin` when the end is known."""

    async def begin(self, delivery, cohort, parts=1):
        self.put_off = delivery, cohort, parts
        return (await self.parts(delivery.push)).get(delivery.part) is not State.SENT

    async def finish(self, delivery, parts, not_before):
        await super().begin(*self.put_off)
        await super().finish(delivery, parts, not_before)


class LosesFinish(Shelves):
    """Answers every tenth `finish` without writing it."""

    finished = 0

    async def finish(self, delivery, parts, not_before):
        LosesFinish.finished += 1
        if LosesFinish.finished % 10:
            await super().finish(delivery, parts, not_before)


@pytest.mark.parametrize(
    ("variant", "laws", "first"),  # where it showed last; all others are told if it does no more
    [
        (Variant(disk=LyingDisk), {"kept", "believed", "doubled", "receipts"}, (1, 42, 76, 80)),
        (Variant(disk=Forgetful), {"kept", "believed", "doubled", "receipts"}, (13, 14)),
        (Variant(store=SendsFirst), {"kept", "believed", "doubled"}, (11, 32)),
        (Variant(store=LosesFinish), {"kept", "ends"}, (0, 3)),
    ],
    ids=["no fsync", "no fsync of folders", "send before begin", "finish lost"],
)
def test_a_bug_put_in_on_purpose_is_caught(variant, laws, first):
    seen: Counter[str] = Counter()
    for seed in (*first, *range(ORDINARY)):
        seen.update({broken.law for broken in violations(seed, variant)})
        if laws <= seen.keys():
            return
    raise AssertionError(f"only {dict(seen)} in {ORDINARY} schedules")
