"""One schedule: the engine at work, a crash in any call to the disk, and what must hold after it.

    script of the seed ──> run without a crash ──> its ends, and how many calls it made
                      └──> the same run, crashed 1 to 3 times at random calls, each time by a kill
                           or by a power cut that leaves any state the kernel may leave

The engine is the product's own (`deliver`, `recover`, `handle`), and so is the store; the disk and
WeCom are models. What must hold:

    opens     the store opens on whatever the crash left
    kept      it holds exactly what was answered for, and of what was in flight all up to some point
    believed  what WeCom took is sent or unknown, never planned, refused, skipped or expired
    doubled   nothing is seen twice by people
    lost      what is sent was taken; every planned push is there
    receipts  every receipt that was answered is there, once
    ends      going on after the crash ends as without it, but for `unknown` where an attempt
              was cut in two

A schedule is a number, of a script and its crashes: `python -m tests.crash.schedules 123` tells it
again, call by call.
"""

from __future__ import annotations

import asyncio
import contextlib
import functools
import logging
import random
import sys
from collections.abc import Coroutine, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

import uvloop

from bot.core.model import Push, Receipt, State
from bot.engine.deliver import recover
from tests.crash.disk import Disk, PowerCut
from tests.crash.script import Step, planned, script_of, target_of
from tests.crash.wecom import WeCom
from tests.crash.witness import DATA, Op, Rows, Shelves, difference, states_of
from tests.crash.work import PRODUCT, Variant, Work

CRASHES_A_SCRIPT = 5


@dataclass(frozen=True)
class Violation:
    law: str  # as in the module's docstring
    what: str


@dataclass(kw_only=True)
class Run(Work):
    """Work under the eyes of the law."""

    settled: list[Op] = field(default_factory=list)  # what the store must hold
    doubtful: list[Op] = field(default_factory=list)  # seen after a kill, and answered by nobody
    durable: bool = False  # whether all that is seen next is durable
    checked: int = 0  # how many of the notes were looked at
    found: list[Violation] = field(default_factory=list)
    ends: dict[str, State] = field(default_factory=dict)
    worked: int = 0  # calls to the disk until the script was done

    def broke(self, law: str, what: str) -> None:
        self.found.append(Violation(law, what))

    async def open(self, now: datetime) -> None:
        await self._check_kept()
        await super().open(now)
        await self._check_believed()

    async def _check_kept(self) -> None:
        """What is on the disk is what was answered for, and what was in flight up to some point."""
        probe = Shelves(DATA, self.disk.copied())
        try:
            there = await probe.everything()
        finally:
            probe.leave()
        self._settle(there, await self._allowed())

    def _settle(self, there: Rows, allowed: list[tuple[list[Op], Rows]]) -> None:
        sure, wanted = allowed[0]
        seen = next((ops for ops, rows in allowed if rows == there), None)
        if seen is None:
            self.broke("kept", difference(there, wanted))
            seen = sure
        # What a killed process had only written is seen, and lost if the power is cut before
        # the next answer. What a power cut has left is durable.
        self.settled, self.doubtful = (seen, []) if self.durable else (sure, seen[len(sure) :])
        self.durable = False
        self.checked = len(self.notes)

    async def _allowed(self) -> list[tuple[list[Op], Rows]]:
        """Return what may be there: the changes that led to it, and its rows.

        The store works in the order of the asking. A change that raised has not happened once
        a later one was answered; until then it may have.
        """
        fresh = self.notes[self.checked :]
        last = max((n for n, op in enumerate(fresh) if op.outcome == "returned"), default=-1)
        answered = [op for op in fresh[: last + 1] if op.outcome == "returned"]
        sure = [*self.settled, *(self.doubtful if answered else ()), *answered]
        before = [] if answered else self.doubtful
        raised = [op for op in fresh[last + 1 :] if op.outcome == "raised"]
        asked = [op for op in fresh[last + 1 :] if op.outcome == "asked"]
        found = await states_of(sure, [*before, *asked])
        return [*found, *await states_of(sure, [*before, *raised])] if raised else found

    async def _check_believed(self) -> None:
        """What people have seen is sent or unknown, and seen once."""
        parts = {push.key: await self.store.parts(push.key) for push in await self.store.pushes()}
        for (key, part), times in self.taken().items():
            state = parts.get(key, {}).get(part)
            if state not in (State.SENT, State.UNKNOWN):
                self.broke("believed", f"part {part} of {key} was taken and is {state}")
            if times > 1:
                self.broke("doubled", f"part {part} of {key} was seen {times} times")

    async def check_end(self, now: datetime) -> None:
        self.at = now
        await recover(self.bureau)
        await self._check_believed()
        self._settle(await self.store.everything(), await self._allowed())
        pushes = {push.key: push for push in await self.store.pushes()}
        self.ends = {key: push.state for key, push in pushes.items()}
        await self._check_lost(pushes)
        self._check_receipts((await self.store.acts()).receipts)

    async def _check_lost(self, pushes: dict[str, Push]) -> None:
        for key in {push.key for push in planned(self.seed)} - pushes.keys():
            self.broke("lost", f"{key} is gone")
        taken = self.taken()
        for key in pushes:
            for part, state in (await self.store.parts(key)).items():
                if state == State.SENT and not taken[key, part]:
                    self.broke("lost", f"part {part} of {key} is sent and was seen by nobody")

    def _check_receipts(self, receipts: Sequence[Receipt]) -> None:
        there = [(row.push, row.person, row.step) for row in receipts]
        asked = [op for op in self.notes if op.name == "add_receipt" and op.outcome == "returned"]
        answered = {(op.args[0].push, op.args[0].person, op.args[0].step) for op in asked}
        if len(there) != len(set(there)) or not answered <= set(there):
            self.broke("receipts", f"{len(answered)} were answered, {len(there)} are there")

    def compare(self, ends: dict[str, State]) -> None:
        """Going on after the crash ends as without it."""
        cut, seen = self.cut_in_two(), {key for key, _ in self.taken()}
        for key, state in ends.items():
            mine = self.ends.get(key)
            if mine == state or (key in cut and mine in (State.UNKNOWN, State.SENT)):
                continue  # an attempt that was cut in two; the app's was sent once more
            if self.bureau.channels[target_of(key)].removed and key not in seen:
                continue  # whoever is told first that the group is gone, nobody was sent anything
            if mine is State.EXPIRED and key not in seen:
                continue  # the crash held it, or another one, up till its window or its day closed
            self.broke("ends", f"{key} is {mine}, without the crash it is {state}")


# -- a crash -------------------------------------------------------------------------------------


async def play(
    run: Run, steps: Sequence[Step], crashes: Sequence[int], dice: random.Random
) -> None:
    """Go through the script; a step that was cut off is done again by the next process."""
    gaps = [*crashes]
    run.disk.crash_at = gaps.pop(0) if gaps else 0
    position = 0
    while position < len(steps):
        try:
            if run.store is None:
                await run.open(steps[position].at)
            await run.step(steps[position])
            position += 1
        except PowerCut:
            run.leave()
            power = dice.random() < 0.7
            run.disk = run.disk.after_power_cut(dice) if power else run.disk.after_kill()
            run.durable = power
            run.disk.crash_at = len(run.disk.calls) + gaps.pop(0) if gaps else 0
            run.store = None
    run.disk.crash_at, run.worked = 0, len(run.disk.calls)
    await run.check_end(steps[-1].at)
    run.store.leave()


@dataclass(frozen=True)
class Calm:
    """What a script comes to when nothing goes wrong."""

    ends: dict[str, State]
    calls: int
    found: list[Violation]


@functools.lru_cache(2)
def calm(seed: int) -> Calm:
    """Tell a script without any crash."""
    run = Run(seed=seed, variant=PRODUCT, disk=Disk(), wecom=WeCom(seed=seed))
    _loop(play(run, script_of(seed, calm=True), [], random.Random(seed)))
    return Calm(run.ends, run.worked, run.found)


def tell(number: int, variant: Variant = PRODUCT) -> tuple[list[Violation], list[str]]:
    """Return what a schedule broke, and every call it made to the disk."""
    seed = number // CRASHES_A_SCRIPT
    base = calm(seed)
    dice = random.Random(f"crash {number}")
    crashes = [dice.randint(1, base.calls)]
    crashes += [dice.randint(2, 40) for _ in range(dice.choice((0, 0, 1, 2)))]
    run = Run(seed=seed, variant=variant, disk=variant.disk(), wecom=WeCom(seed=seed))
    run.disk.dice = dice
    try:
        _loop(play(run, script_of(seed), crashes, dice))
        run.compare(base.ends)
    except OSError as error:
        run.broke("opens", str(error))
    return [*base.found, *run.found], run.disk.calls


def _loop(doing: Coroutine[Any, Any, None]) -> None:
    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        runner.run(doing)


@contextlib.contextmanager
def in_turn() -> Iterator[None]:
    """Let a thread work until it waits, so that a schedule is the same each time it is told."""
    before = sys.getswitchinterval()
    level = logging.root.manager.disable
    sys.setswitchinterval(10.0)
    logging.disable(logging.CRITICAL)
    try:
        yield
    finally:
        sys.setswitchinterval(before)
        logging.disable(level)


def violations(seed: int, variant: Variant = PRODUCT) -> list[Violation]:
    """Tell one schedule; return what it broke."""
    with in_turn():
        return tell(seed, variant)[0]


if __name__ == "__main__":
    with in_turn():
        broken, calls = tell(int(sys.argv[1]))
    print(*(f"{n:5} {words}" for n, words in enumerate(calls, 1)), *broken, sep="\n")
