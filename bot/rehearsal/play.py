"""The clock jumps to whatever comes first, a tick or a tap, until the year is over."""

from __future__ import annotations

import asyncio
import os
import shutil
import tempfile
from collections.abc import Callable
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import Any

import httpx

from bot import app, life
from bot.config import Config
from bot.core.links import push_key_of
from bot.core.model import Push, State
from bot.demo.stage import AGENTID
from bot.inbox.handle import OPEN_FOR
from bot.rehearsal import figures
from bot.rehearsal.acts import EVERY, People
from bot.rehearsal.stage import SEED, Ask, Stage, Still, all_join, build_stage, connected
from bot.rehearsal.told import Told
from bot.sandbox.cast import Cast
from bot.sandbox.server import create_app
from bot.sandbox.serving import Serving
from bot.sandbox.taps import verify_callback
from bot.verbs import Mistake

LOT = 1000  # acts taken at once
SECOND = timedelta(seconds=1)
MEMORY, ROOM = Path("/dev/shm"), 2 * 1024**3  # noqa: S108 - a folder of ours below it, mode 0700
TRIES = 10
LAST_FRAMES = 5.0  # real seconds for what is still on its way from the robot

Watch = Callable[[date], None]


async def rehearse(
    unit: Config, ask: Ask, watch: Watch = lambda _: None, *, every: int = EVERY
) -> dict[str, Any]:
    """Play the year of `ask` in a copy of `unit`; return the report (figures.report).

    Nothing of the unit is written, and nothing leaves this machine. Of `every` so many acts one
    goes over the network. Mistake where there is nothing to play, or the days are not known.
    """
    with tempfile.TemporaryDirectory(prefix="qingfeng-rehearsal-", dir=_quick()) as home:
        stage = build_stage(unit, ask, Path(home))
        all_join(stage)
        async with Serving(create_app(stage.world)) as wecom:
            stage.world.base_url = wecom.url
            copy = connected(stage.config, wecom.url, wecom.ws_url)
            house = app.build(copy, stage.clock.now, shelf=Still)
            async with life.serving(house) as served:
                stage.world.set_callback(AGENTID, f"{served.url}/wecom/callback")
                await _prepare(house, stage)
                async with httpx.AsyncClient() as http:
                    people = People(
                        world=stage.world,
                        cast=_cast(house, stage),
                        clock=stage.clock,
                        receive=house.receive,
                        http=http,
                        every=every,
                    )
                    told = await _play(house, stage, people, watch)
                return await figures.report(house, stage, people, told)


def _quick() -> Path | None:
    """Return a folder in memory, where there is room: what goes away afterwards needs no disk."""
    try:
        roomy = shutil.disk_usage(MEMORY).free > ROOM and os.access(MEMORY, os.W_OK)
    except OSError:
        return None
    return MEMORY if roomy else None


async def _prepare(house: app.House, stage: Stage) -> None:
    # WeCom waits a second for it, and a busy machine may need more for the first answer.
    for _ in range(TRIES):
        if await verify_callback(stage.world, AGENTID):
            break
    else:
        raise Mistake("演练环境的回调没有通过验证")
    await house.bureau.store.set_members(stage.roster)
    if hold := house.bureau.library(stage.clock.now().date()).hold:
        raise Mistake(hold)
    if house.robot is None:
        return
    async with asyncio.timeout(10):
        while not house.robot.live:  # noqa: ASYNC110 - the socket tells nobody
            await asyncio.sleep(0.01)


def _cast(house: app.House, stage: Stage) -> Cast:
    calendar = house.bureau.library(stage.clock.now().date()).calendar
    return Cast(stage.world, seed=SEED, habits=stage.habits, is_workday=calendar.is_workday)


async def _play(house: app.House, stage: Stage, people: People, watch: Watch) -> Told:
    clock, told = stage.clock, Told()
    week = clock.now().date()
    while True:
        wake = await house.next_wake()
        while acts := people.cast.take(min(wake, stage.ask.end), LOT):
            await people.perform(acts)
        if wake > stage.ask.end:
            break
        # Two ticks at one moment would be a loop: the outbox always moves on by a second.
        clock.jump(max(wake, clock.now() + SECOND))
        told.ticks += 1
        for failure in await house.tick():
            told.failed[failure] = told.failed.get(failure, 0) + 1
        await _strangers(stage, people, told)
        if clock.now().date() >= week + timedelta(days=7):
            week = clock.now().date()
            watch(week)
            await _compare(house, people, told, clock.now() - OPEN_FOR)
    await _settle(house, people, told, stage)
    return told


async def _strangers(stage: Stage, people: People, told: Told) -> None:
    """Somebody who never got the card taps it too: it must not count."""
    new = [*stage.world.posted.since(told.posted)]
    told.posted = stage.world.posted.total
    for message in new:
        key, part = push_key_of(message.task_id)
        if message.agentid is not None and not part and key:
            act = people.cast.stranger_taps(message.task_id, userid="guest")
            await people.perform([act])


async def _settle(house: app.House, people: People, told: Told, stage: Stage) -> None:
    """Compare the rest; frames of the robot may still be on their way."""
    if house.robot is not None:
        await asyncio.sleep(min(LAST_FRAMES, 0.5))
    await _compare(house, people, told, stage.ask.end + SECOND)


async def _compare(house: app.House, people: People, told: Told, before: datetime) -> None:
    """Compare both sides of the pushes that went out before `before`, each once."""
    for push in await house.bureau.store.pushes([State.SENT, State.UNKNOWN]):
        if push.key in told.compared or not _is_over(push, before):
            continue
        told.compared.add(push.key)
        rows = await house.bureau.store.receipts(push.key)
        found, due = {row.person for row in rows}, people.tapped.pop(push.key, set())
        told.counted += len(found)
        told.expected += len(due)
        told.note(rows)
        if found != due or len(rows) != len(found):
            told.unequal.append(push.key)


def _is_over(push: Push, before: datetime) -> bool:
    return bool(push.item) and push.sent_at is not None and push.sent_at < before
