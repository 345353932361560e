"""The waker: whatever stumbles, the next tick comes."""

from __future__ import annotations

import asyncio
import time
from datetime import UTC, datetime, timedelta

from bot.engine.embedded import JOB, Embedded


def clock() -> datetime:
    return datetime.now(UTC)


async def later() -> datetime:
    return clock() + timedelta(seconds=1)


async def run_for(engine: Embedded, seconds: float) -> None:
    stop = asyncio.Event()
    task = asyncio.create_task(engine.run(stop))
    await asyncio.sleep(seconds)
    stop.set()
    await task


async def test_a_tick_that_raises_does_not_stop_the_clock():
    async def tick() -> None:
        raise OSError("no space left on device")

    engine = Embedded(tick, later, clock)
    await run_for(engine, 3.5)
    assert engine.beats >= 2


async def test_a_next_wake_that_raises_does_not_stop_the_clock():
    async def tick() -> None:
        return None

    async def stumbles() -> datetime:
        raise ValueError("a trigger that raises")

    engine = Embedded(tick, stumbles, clock)
    await run_for(engine, 3.5)
    assert engine.beats >= 2


async def test_a_stalled_loop_is_survived():
    beats: list[float] = []

    async def tick() -> None:
        beats.append(time.monotonic())
        if len(beats) == 1:
            time.sleep(2.5)  # noqa: ASYNC251 - the loop itself stands still

    engine = Embedded(tick, later, clock)
    await run_for(engine, 5.5)
    assert len(beats) >= 2


async def test_a_clock_that_lost_its_job_is_started_anew():
    async def tick() -> None:
        return None

    engine = Embedded(tick, later, clock, watch=0.5, overdue=1.0)
    stop = asyncio.Event()
    task = asyncio.create_task(engine.run(stop))
    await asyncio.sleep(1.5)
    engine._scheduler.remove_job(JOB)  # as when a trigger ended it
    before = engine.beats
    await asyncio.sleep(3.5)
    stop.set()
    await task
    assert engine.beats > before


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
