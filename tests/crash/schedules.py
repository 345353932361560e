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
from collections import Counter
from collections.abc import Awaitable, Coroutine, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import Any

import uvloop

from bot.core.model import SHANGHAI, Member, Push, State, Target
from bot.core.render import Footer
from bot.engine.bureau import Bureau
from bot.engine.deliver import deliver, recover
from bot.inbox import Confirm, Count, Event, Record, handle
from bot.library.folder import Folders, Library, load
from bot.store import TargetState
from bot.store.tiny import TinyStore
from tests.crash.disk import Disk, PowerCut
from tests.crash.wecom import Way, WeCom

ROOT = Path(__file__).parents[2]
DATA = Path("/data")
MONDAY = datetime(2026, 6, 15, 9, 5, tzinfo=SHANGHAI)
CHANNELS = {"jg1": "app", "jg2": "app", "zx": "webhook", "yq": "webhook", "fw": "webhook"}
PEOPLE = {target: tuple(f"{target}-{n}" for n in range(3)) for target in CHANNELS}
MEMBERS = [Member(id=who, name=who, branch=at) for at in PEOPLE for who in PEOPLE[at]]
TARGETS = tuple(Target(id=id, name=id, channel=way, roster=id) for id, way in CHANNELS.items())
# What a script may plan: occurrence, part, item, the day it is due, the day its window closes.
OCCASIONS = (
    ("dragon-boat-2026", "main", "N06", 15, 17),
    ("study-2026W25", "main", "SP-05", 16, 17),
    ("dragon-boat-2026", "final", "N06", 18, 18),
)
CHANGES = {"add_pushes", "begin", "finish", "end", "postpone", "confirm", "recover"}
CHANGES |= {"add_receipt", "count", "number", "set_members", "set_target", "keep_summary"}
CRASHES_A_SCRIPT = 5
CACHES = ("figures", "meta")  # tables that promise nothing


Rows = dict[str, Any]


@dataclass(frozen=True)
class Violation:
    law: str  # as in the module's docstring
    what: str


class Shelves(TinyStore):
    """The embedded store, with a look at all of its rows and a fold on demand."""

    async def fold(self) -> None:
        await self._read(self._databases.fold_or_say)

    async def everything(self) -> dict[str, Any]:
        return await self._read(self._rows)

    def _rows(self) -> dict[str, Any]:
        base = self._databases
        parts = ["", *base.names("sent"), *base.names("receipts")]
        return {
            f"{table}/{id}": doc
            for part in parts
            for table, rows in base[part].rows("pushes")._part.tables.items()
            if table not in CACHES
            for id, doc in rows.items()
        }


@dataclass(eq=False)
class Op:
    """One change that was asked of the store, and whether it was answered."""

    name: str
    args: tuple[Any, ...]
    options: dict[str, Any]
    outcome: str = "asked"  # returned, raised
    result: Any = None


class Witness:
    """Stands between the engine and the store, and notes what was asked and what was answered."""

    def __init__(self, store: Any, notes: list[Op]) -> None:
        self.store, self._notes = store, notes

    def __getattr__(self, name: str) -> Any:
        method = getattr(self.store, name)
        return functools.partial(self._noted, name, method) if name in CHANGES else method

    async def _noted(self, name: str, method: Any, *args: Any, **options: Any) -> Any:
        op = Op(name, args, options)
        self._notes.append(op)
        try:
            op.result = await method(*args, **options)
        except Exception:
            op.outcome = "raised"
            raise
        op.outcome = "returned"
        return op.result


@functools.cache
def library() -> Library:
    folders = Folders(
        content=ROOT / "content",
        schedules=ROOT / "schedules",
        data=ROOT / "nowhere",
        steps=(),
        review=False,
    )
    return load(folders, date(2026, 6, 15))


class Still:
    """A shelf whose texts do not change."""

    def now(self, today: date) -> Library:
        return library()


def bureau_of(store: Any, wecom: WeCom) -> Bureau:
    return Bureau(
        store=store,
        shelf=Still(),  # type: ignore[arg-type]
        channels={target: Way(wecom, target, way) for target, way in CHANNELS.items()},
        targets=TARGETS,
        footer=Footer(unit="某局", office="局机关纪委", feedback="局机关党委"),
        review=False,
    )


def push_of(target: str, occasion: tuple[str, str, str, int, int]) -> Push:
    occurrence, part, item, due, until = occasion
    spread = 13 + list(CHANNELS).index(target)
    return Push(
        key=f"{occurrence}_{part}@{target}",
        occurrence=occurrence,
        part=part,
        target=target,
        channel=CHANNELS[target],
        due=datetime(2026, 6, due, 9, spread, tzinfo=SHANGHAI),
        until=datetime(2026, 6, until, 17, 10, tzinfo=SHANGHAI),
        covers=(occurrence,),
        item=item,
    )


# -- the script ----------------------------------------------------------------------------------


@dataclass(frozen=True)
class Step:
    at: datetime
    what: str
    dice: int  # what else the step needs, drawn from this


ORDINARY = {
    "tick": 6,
    "tick and taps": 6,
    "taps": 3,
    "fold": 1,
    "restart": 1,
    "kill": 1,
    "fsync fails": 1,
    "odds": 3,
    "put off": 1,
    "skip": 1,
}
TROUBLES = ("kill", "restart", "fsync fails")


def script_of(seed: int, *, calm: bool = False) -> list[Step]:
    """Return the steps of a seed: a planned week, some odd moments, and its orderly end.

    A calm one leaves out what goes wrong by itself: kills between steps, a failing fsync.
    """
    dice = random.Random(f"script {seed}")
    names, weights = list(ORDINARY), list(ORDINARY.values())
    steps = [Step(MONDAY, "plan", seed)]
    now = MONDAY
    for _ in range(dice.randint(6, 14)):
        now += timedelta(seconds=dice.choice((20, 90, 240, 600)))
        steps.append(Step(now, dice.choices(names, weights)[0], dice.getrandbits(32)))
    if calm:
        steps = [step for step in steps if step.what not in TROUBLES]
    for day, hour, ticks in ((15, 15, 3), (16, 10, 3), (17, 10, 3), (18, 10, 3), (18, 15, 1)):
        at = datetime(2026, 6, day, hour, 1, tzinfo=SHANGHAI)
        steps += [Step(at + n * timedelta(minutes=2), "tick", 0) for n in range(ticks)]
    return [*steps, Step(at + timedelta(minutes=9), "everybody taps", 0)]


def planned(seed: int) -> list[Push]:
    dice = random.Random(f"plan {seed}")
    targets = dice.sample(list(CHANNELS), dice.randint(2, 4))
    occasions = dice.sample(OCCASIONS, dice.randint(1, 3))
    return [push_of(target, occasion) for target in targets for occasion in occasions]


# -- a run ---------------------------------------------------------------------------------------


@dataclass(frozen=True, kw_only=True)
class Variant:
    """What a run is made of; the seeded bugs exchange one of them."""

    disk: type[Disk] = Disk
    store: type[Shelves] = Shelves


PRODUCT = Variant()


@dataclass(kw_only=True)
class Run:
    """The bureau at work on one disk, through as many lives as its process has."""

    seed: int
    variant: Variant
    disk: Disk
    wecom: WeCom
    notes: list[Op] = field(default_factory=list)  # of all lives
    settled: list[Op] = field(default_factory=list)  # what the store must hold
    doubtful: list[Op] = field(default_factory=list)  # seen after a kill, and answered by nobody
    checked: int = 0  # how many of the notes were looked at
    found: list[Violation] = field(default_factory=list)
    store: Any = None
    ends: dict[str, State] = field(default_factory=dict)
    worked: int = 0  # calls to the disk until the script was done

    def broke(self, law: str, what: str) -> None:
        self.found.append(Violation(law, what))

    # -- lives

    async def open(self, now: datetime) -> None:
        """Begin a life: what is there, then `recover` as at the start of every tick."""
        self.store = None
        await self._check_kept()
        self.store = self.variant.store(DATA, self.disk)
        self.bureau = bureau_of(Witness(self.store, self.notes), self.wecom)
        await recover(self.bureau, now)
        await self.check_believed()

    def leave(self) -> None:
        """Let go of the store of a process that is gone: only its thread is to be ended."""
        self.disk.dead = True
        if self.store is not None:
            with contextlib.suppress(PowerCut):
                self.store.close()

    # -- steps

    async def step(self, step: Step) -> None:
        """Do one step, and once more where the disk refused: whoever asked was told so."""
        doing = getattr(self, "_" + step.what.replace(" ", "_"))
        try:
            await doing(step.at, random.Random(step.dice))
        except OSError:
            await recover(self.bureau, step.at)
            await doing(step.at, random.Random(step.dice))

    async def _plan(self, now: datetime, dice: random.Random) -> None:
        await self.bureau.store.set_members(MEMBERS)
        pushes = planned(self.seed)
        await self.bureau.store.add_pushes(pushes[::2])
        await self.bureau.store.add_pushes(pushes)

    async def _tick(self, now: datetime, dice: random.Random) -> None:
        await deliver(self.bureau, now)

    async def _tick_and_taps(self, now: datetime, dice: random.Random) -> None:
        await _all(deliver(self.bureau, now), *self._tapping(now, dice))

    async def _taps(self, now: datetime, dice: random.Random) -> None:
        await _all(*self._tapping(now, dice))

    async def _everybody_taps(self, now: datetime, dice: random.Random) -> None:
        await _all(*(self._tap(key, who, now) for key, who in self._on_phones()))
        await deliver(self.bureau, now)

    async def _fold(self, now: datetime, dice: random.Random) -> None:
        await self.store.fold()

    async def _restart(self, now: datetime, dice: random.Random) -> None:
        self.store.close()
        self.disk = self.disk.after_kill()
        await self.open(now)

    async def _kill(self, now: datetime, dice: random.Random) -> None:
        self.leave()
        self.disk = self.disk.after_kill()
        await self.open(now)

    async def _fsync_fails(self, now: datetime, dice: random.Random) -> None:
        self.disk.fail_fsync_at = len(self.disk.calls) + dice.randint(1, 9)

    async def _odds(self, now: datetime, dice: random.Random) -> None:
        store = self.bureau.store
        await _all(
            store.number(f"odd-{dice.randrange(3)}", 2026),
            store.keep_summary(f"2026-W{dice.randint(20, 24)}", {"as_of": now.isoformat()}),
            store.set_target(TargetState(id="elsewhere", disabled="移除", since=now)),
            store.count("stranger", now.date().isoformat()),
        )

    async def _put_off(self, now: datetime, dice: random.Random) -> None:
        push = dice.choice(planned(self.seed))
        await self.bureau.store.postpone(push.key, now + timedelta(minutes=5), "排队")

    async def _skip(self, now: datetime, dice: random.Random) -> None:
        push = planned(self.seed)[-1]
        await self.bureau.store.end(push.key, State.SKIPPED, "停推")

    # -- people

    def _on_phones(self) -> list[tuple[str, str]]:
        """Return push and person of every card that WeCom has shown to somebody."""
        keys = [key for key, count in self.taken().items() if count]
        tappable = [key for key in keys if CHANNELS[_target(key)] == "app"]
        return [(key, who) for key in tappable for who in PEOPLE[_target(key)]]

    def _tapping(self, now: datetime, dice: random.Random) -> list[Awaitable[None]]:
        cards = self._on_phones()
        some = [dice.choice(cards) for _ in range(dice.randint(1, 8))] if cards else []
        return [self._tap(key, who, now) for key, who in some]

    async def _tap(self, key: str, who: str, now: datetime) -> None:
        """What app.py does with a tap (its `receive`)."""
        store = self.bureau.store
        push, cohort = await store.push(key), await store.cohort(key)
        event = Event(kind="card", person=who, at=now, task_id=key, button="ack", means="卡片按钮")
        for effect in handle(event, push=push, cohort=cohort, now=now):
            match effect:
                case Record(receipt=receipt):
                    await store.add_receipt(receipt)
                case Confirm(push_key=confirmed, part=part):
                    await store.confirm(confirmed, part)
                case Count(name=name):
                    await store.count(name, now.date().isoformat())

    # -- what WeCom knows

    def taken(self) -> Counter[str]:
        """Return how often people see each push."""
        begun = [op.args[0] for op in self.notes if op.name == "begin"]
        whose = {(_target(row.push), row.body.encode()): row.push for row in begun}
        return Counter(whose[call] for call in self.wecom.taken)

    def cut_in_two(self) -> set[str]:
        """Return the pushes with an attempt of which the end was not answered for."""
        ends = {
            (op.args[0].push, op.args[0].part, op.args[0].attempt)
            for op in self.notes
            if op.name == "finish" and op.outcome == "returned"
        }
        begun = [op.args[0] for op in self.notes if op.name == "begin" and op.result is not False]
        return {row.push for row in begun if (row.push, row.part, row.attempt) not in ends}

    # -- what must hold

    async def _check_kept(self) -> None:
        """What is on the disk is what was answered for, and what was in flight up to some point."""
        probe = Shelves(DATA, self.disk.copied())
        try:
            there = await probe.everything()
        finally:
            probe.close()
        self._settle(there, await self._allowed())

    def _settle(self, there: Rows, allowed: list[tuple[list[Op], Rows]]) -> None:
        sure, wanted = allowed[0]
        seen = next((ops for ops, rows in allowed if rows == there), None)
        if seen is None:
            self.broke("kept", _difference(there, wanted))
            seen = sure
        # What a killed process had only written is seen, and lost if the power is cut before
        # the next answer.
        self.settled, self.doubtful = sure, seen[len(sure) :]
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
        found = await _states(sure, [*before, *asked])
        return [*found, *await _states(sure, [*before, *raised])] if raised else found

    async def check_believed(self) -> None:
        """What people have seen is sent or unknown, and seen once."""
        states = {push.key: push.state for push in await self.store.pushes()}
        for key, times in self.taken().items():
            if states.get(key) not in (State.SENT, State.UNKNOWN):
                self.broke("believed", f"{key} was taken and is {states.get(key)}")
            if times > 1:
                self.broke("doubled", f"{key} was seen {times} times")

    async def check_end(self, now: datetime) -> None:
        await recover(self.bureau, now)
        await self.check_believed()
        self._settle(await self.store.everything(), await self._allowed())
        self.ends = {push.key: push.state for push in await self.store.pushes()}
        taken = self.taken()
        for push in planned(self.seed):
            state = self.ends.get(push.key)
            if state is None or (state is State.SENT and not taken[push.key]):
                self.broke("lost", f"{push.key} is {state} and was seen by nobody")
        receipts = [(r.push, r.person, r.step) for r in (await self.store.acts()).receipts]
        answered = {
            (op.args[0].push, op.args[0].person, op.args[0].step)
            for op in self.notes
            if op.name == "add_receipt" and op.outcome == "returned"
        }
        if len(receipts) != len(set(receipts)) or not answered <= set(receipts):
            self.broke("receipts", f"{len(answered)} were answered, {len(receipts)} are there")

    def compare(self, ends: dict[str, State]) -> None:
        """Going on after the crash ends as without it."""
        cut = self.cut_in_two()
        for key, state in ends.items():
            mine = self.ends.get(key)
            if mine == state or (key in cut and mine in (State.UNKNOWN, State.SENT)):
                continue  # an attempt that was cut in two; the app's was sent once more
            if self.bureau.channels[_target(key)].removed and not self.taken()[key]:
                continue  # whoever is told first that the group is gone, nobody was sent anything
            self.broke("ends", f"{key} is {mine}, without the crash it is {state}")


async def _states(sure: Sequence[Op], tail: Sequence[Op]) -> list[tuple[list[Op], Rows]]:
    """Do `sure` on a disk that never fails, then `tail` one by one; return all that one sees."""
    store = Shelves(DATA, Disk())
    try:
        await asyncio.gather(*(getattr(store, op.name)(*op.args, **op.options) for op in sure))
        found = [([*sure], await store.everything())]
        for number, op in enumerate(tail, 1):
            await getattr(store, op.name)(*op.args, **op.options)
            found.append(([*sure, *tail[:number]], await store.everything()))
        return found
    finally:
        store.close()


def _difference(there: Rows, wanted: Rows) -> str:
    keys = sorted({*there, *wanted})
    wrong = [key for key in keys if there.get(key) != wanted.get(key)]
    return "; ".join(f"{k}: {there.get(k)} instead of {wanted.get(k)}" for k in wrong[:3])


def _target(key: str) -> str:
    return key.rpartition("@")[2]


async def _all(*doing: Awaitable[Any]) -> None:
    """Do all at once, wait for all, and raise what the gravest of them raised."""
    done = await asyncio.gather(*doing, return_exceptions=True)
    raised = [one for one in done if isinstance(one, BaseException)]
    for error in sorted(raised, key=lambda one: isinstance(one, Exception)):
        raise error


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
            run.disk.crash_at = len(run.disk.calls) + gaps.pop(0) if gaps else 0
            run.store = None
    run.disk.crash_at, run.worked = 0, len(run.disk.calls)
    await run.check_end(steps[-1].at)
    run.store.close()


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
