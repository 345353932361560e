"""The waker: whatever stumbles, the next tick comes."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta

from apscheduler.triggers.base import BaseTrigger

from bot.engine.embedded import JOB, Embedded


def clock() -> datetime:
    return datetime.now(UTC)


async def later() -> datetime:
    return clock() + timedelta(seconds=1)


@asynccontextmanager
async def at_work(engine: Embedded) -> AsyncIterator[None]:
    stop = asyncio.Event()
    task = asyncio.create_task(engine.run(stop))
    try:
        yield
    finally:
        stop.set()
        await task


async def run_for(engine: Embedded, seconds: float) -> None:
    async with at_work(engine):
        await asyncio.sleep(seconds)


async def until(what: Callable[[], bool]) -> None:
    """Wait for it, on a busy machine longer."""
    async with asyncio.timeout(30):
        while not what():  # noqa: ASYNC110 - the condition is the engine's own
            await asyncio.sleep(0.02)


async def test_a_tick_that_raises_does_not_stop_the_clock():
    async def tick() -> None:
        raise OSError("no space left on device")

    engine = Embedded(tick, later, clock)
    async with at_work(engine):
        await until(lambda: engine.beats >= 2)


async def test_a_next_wake_that_raises_does_not_stop_the_clock():
    async def tick() -> None:
        return None

    async def stumbles() -> datetime:
        raise ValueError("a trigger that raises")

    engine = Embedded(tick, stumbles, clock)
    async with at_work(engine):
        await until(lambda: engine.beats >= 2)


async def test_a_stalled_loop_is_survived():
    beats: list[float] = []

    async def tick() -> None:
        beats.append(time.monotonic())
        if len(beats) == 1:
            time.sleep(2.5)  # noqa: ASYNC251 - the loop itself stands still

    engine = Embedded(tick, later, clock)
    async with at_work(engine):
        await until(lambda: len(beats) >= 2)


async def test_a_clock_that_lost_its_job_is_started_anew():
    async def tick() -> None:
        return None

    engine = Embedded(tick, later, clock, watch=0.5, overdue=1.0)
    async with at_work(engine):
        await until(lambda: engine.beats >= 1)
        engine._scheduler.remove_job(JOB)  # as when a trigger ended it
        before = engine.beats
        await until(lambda: engine.beats > before)


async def test_a_product_clock_that_raises_inside_the_trigger_is_survived():
    broken = False

    def stumbling() -> datetime:
        if broken:
            raise OSError("no clock")
        return clock()

    async def tick() -> None:
        return None

    engine = Embedded(tick, later, stumbling)
    async with at_work(engine):
        await until(lambda: engine.beats >= 1)
        broken, before = True, engine.beats
        await asyncio.sleep(2.5)
        broken = False
        await until(lambda: engine.beats > before + 1)


async def test_a_foreign_trigger_that_raises_stops_apscheduler_and_the_watch_revives_it():
    class Raising(BaseTrigger):
        def get_next_fire_time(self, previous, now):
            if previous is None:
                return now
            raise ValueError("a trigger that raises")

    async def tick() -> None:
        return None

    engine = Embedded(tick, later, clock, watch=0.5, overdue=1.5)
    async with at_work(engine):
        await until(lambda: engine.beats >= 1)
        engine._scheduler.reschedule_job(JOB, trigger=Raising())
        await asyncio.sleep(1.0)
        before = engine.beats
        await until(lambda: engine.beats > before)


async def test_what_is_being_sent_when_the_process_is_told_to_stop_is_sent_to_its_end():
    begun, ended = [], []

    async def tick() -> None:
        begun.append(True)
        await asyncio.sleep(0.5)
        ended.append(True)

    engine = Embedded(tick, later, clock)
    async with at_work(engine):
        await until(lambda: bool(begun))
    assert ended == [True]


async def test_a_long_tick_is_not_cut_off_by_the_watch():
    ended = []

    async def tick() -> None:
        await asyncio.sleep(2.5)
        ended.append(True)

    engine = Embedded(tick, later, clock, watch=0.3, overdue=1.5)
    await run_for(engine, 4.5)
    assert ended
    assert engine.beats == len(ended)


async def test_while_ticks_fail_they_come_less_and_less_often():
    async def tick() -> list[str]:
        return ["deliver: no space left on device"]

    engine = Embedded(tick, later, clock)
    await run_for(engine, 6.0)  # after 1 s, then 2 s, then 4 s
    assert engine.beats == 2


async def test_the_waker_sleeps_no_longer_than_half_a_minute_and_wakes_for_what_is_due():
    moments: list[float] = []

    async def tick() -> None:
        moments.append(time.monotonic())

    waits = iter([timedelta(seconds=2), timedelta(days=30), timedelta(days=30)])

    async def wake() -> datetime:
        return clock() + next(waits, timedelta(days=30))

    engine = Embedded(tick, wake, clock)
    await run_for(engine, 4.5)
    assert len(moments) == 2
    assert 1.5 < moments[1] - moments[0] < 3.5
