"""An audience of thousands, a call each: what it costs, and what stops it on its way."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from contextlib import asynccontextmanager
from dataclasses import replace
from datetime import timedelta
from typing import Any

from bot import app, config
from bot.channels.bot import Bot
from bot.core import messages
from bot.core.model import Member, Push, State
from bot.demo.stage import Clock
from bot.engine import planner
from bot.engine.crowd import AT_ONCE
from bot.engine.deliver import deliver
from bot.store.files import Files
from bot.store.tiny import TinyStore
from bot.wecom.errors import CallFailed
from tests.engine.office import ROOT, moment

START = moment("2026-06-15 09:41")
PUSH = Push(
    key="bot-kicked-1_main@all",
    occurrence="bot-kicked-1",
    part="main",
    target="all",
    channel="bot",
    due=START,
    until=moment("2026-06-15 11:20"),
    rule="bot-kicked",
)


class Line:
    """A long connection; what comes of the call of a number is told by `answers`."""

    live = True

    def __init__(self) -> None:
        self.asked: list[str] = []
        self.under_way = self.most = 0
        self.answers = _yes

    async def ask(self, cmd: str, body: Mapping[str, Any]) -> Mapping[str, Any]:
        self.asked.append(body["chatid"])
        number = len(self.asked)
        self.under_way += 1
        self.most = max(self.most, self.under_way)
        await asyncio.sleep(0.002)
        self.under_way -= 1
        return await self.answers(number)


async def _yes(_: int) -> Mapping[str, Any]:
    return {"errcode": 0}


class Counted(Files):
    """A disk that counts the bytes it is given, and is in no hurry to keep them."""

    bytes = 0

    def write(self, handle: int, data: bytes) -> None:
        self.bytes += len(data)
        super().write(handle, data)

    def write_at(self, handle: int, offset: int, data: bytes) -> None:
        self.bytes += len(data.rstrip(b"\0"))
        super().write_at(handle, offset, data)

    def fsync(self, handle: int) -> None: ...


class Room:
    """A unit with one audience that its robot reaches one by one."""

    def __init__(self, house: app.House, clock: Clock, line: Line, disk: Counted) -> None:
        self.clock, self.line, self.disk = clock, line, disk
        self.store = TinyStore(house.config.root / "rows", disk, fold_at=1 << 30)
        channels = {"all": Bot(line, "b")}
        self.bureau = replace(house.bureau, store=self.store, channels=channels)

    async def push(self) -> Push:
        found = await self.store.push(PUSH.key)
        assert found is not None
        return found

    async def to_the_end(self) -> None:
        while (due := await self.store.next_due()) is not None:
            self.clock.jump(max(due, self.clock.now()))
            await deliver(self.bureau, self.clock.now())


@asynccontextmanager
async def room(home, people: int):
    for part in ("content", "schedules"):
        (home / part).symlink_to(ROOT / part)
    (home / "config.toml").write_text(
        '[wecom.bot]\nbot_id = "b"\nsecret = "s"\n[target.all]\nchannel = "bot"\nroster = "全员"\n',
        "utf-8",
    )
    clock = Clock(START)
    house = app.build(config.load(home / "config.toml", {}), clock.now)
    built = Room(house, clock, Line(), Counted())
    crowd = [Member(id=f"p{n:05}", name=f"人{n}", branch="全员") for n in range(people)]
    await built.store.set_members(crowd)
    await built.store.add_pushes([PUSH])
    try:
        yield built
    finally:
        built.store.close()
        await house.close()


async def test_the_last_five_hundred_of_many_cost_as_many_bytes_as_the_first(tmp_path):
    async with room(tmp_path, 1500) as unit:
        written = []

        async def noting(number: int) -> Mapping[str, Any]:
            if number % 500 == 0:
                written.append(unit.disk.bytes)
            return {"errcode": 0}

        unit.line.answers = noting
        await unit.to_the_end()
        push = await unit.push()
        assert (push.state, push.cut, push.tally) == (State.SENT, 1500, {"sent": 1500})
        assert len(set(unit.line.asked)) == len(unit.line.asked) == 1500
        first, last = written[0], written[2] - written[1]
        assert last < 1.05 * first


async def test_some_calls_are_on_their_way_at_once_and_never_more(tmp_path):
    async with room(tmp_path, 5 * AT_ONCE + 1) as unit:
        await unit.to_the_end()
        assert (await unit.push()).tally == {"sent": 5 * AT_ONCE + 1}
        assert unit.line.most == AT_ONCE


async def test_a_pause_reaches_the_people_of_an_audience_who_are_still_to_be_called(tmp_path):
    async with room(tmp_path, 100) as unit:

        async def pausing(number: int) -> Mapping[str, Any]:
            if number == 20:
                await unit.store.set_target(planner.paused(START, None, "先停"))
            return {"errcode": 0}

        unit.line.answers = pausing
        await deliver(unit.bureau, START)
        push = await unit.push()
        assert push.tally["sent"] < 20 + AT_ONCE
        assert (push.state, push.reason) == (State.PLANNED, messages.SKIP_PAUSED)
        await unit.store.set_target(planner.RESUMED)
        await unit.to_the_end()
        assert sorted(unit.line.asked) == [f"p{n:05}" for n in range(100)]


async def test_a_line_that_is_down_is_tried_by_a_few_and_not_by_everybody(tmp_path):
    async with room(tmp_path, 100) as unit:

        async def down(_: int) -> Mapping[str, Any]:
            raise CallFailed("no", "长连接未连上")

        unit.line.answers = down
        await deliver(unit.bureau, START)
        assert len(unit.line.asked) == AT_ONCE
        assert (await unit.push()).state is State.PLANNED
        unit.line.asked, unit.line.answers = [], _yes
        await unit.to_the_end()
        assert sorted(unit.line.asked) == [f"p{n:05}" for n in range(100)]


async def test_an_audience_leaves_the_others_their_turn_and_goes_on_with_the_next_tick(tmp_path):
    async with room(tmp_path, 100) as unit:

        async def slow(_: int) -> Mapping[str, Any]:
            unit.clock.jump(unit.clock.now() + timedelta(seconds=1))
            return {"errcode": 0}

        unit.line.answers = slow
        await deliver(unit.bureau, START)
        assert 20 <= (await unit.push()).tally["sent"] <= 20 + 2 * AT_ONCE
        assert await unit.store.next_due() <= unit.clock.now()
        await unit.to_the_end()
        assert sorted(unit.line.asked) == [f"p{n:05}" for n in range(100)]


async def test_what_reached_some_people_before_its_hour_was_over_is_sent_and_says_so(tmp_path):
    async with room(tmp_path, 100) as unit:

        async def closing(number: int) -> Mapping[str, Any]:
            if number == 20:
                unit.clock.jump(moment("2026-06-15 11:20"))
            return {"errcode": 0}

        unit.line.answers = closing
        unit.clock.jump(moment("2026-06-15 11:19") + timedelta(seconds=50))
        await deliver(unit.bureau, START)
        push = await unit.push()
        assert push.state is State.SENT
        assert push.tally["sent"] < 20 + AT_ONCE
        assert push.reason == messages.EXPIRED_WINDOW.format(messages.OUT_OF_HOURS)
