"""An event is taken once, however often WeCom tells it."""

from __future__ import annotations

import asyncio
from dataclasses import replace

import httpx
import pytest

from bot.engine.receive import Reception
from bot.inbox import Event
from bot.web.reading import Links
from bot.web.server import Doors, create_app
from tests.engine.office import moment, office

ENTER = Event(kind="enter", person="u001", at=moment("2026-06-15 09:00"), name="bot/m1")


async def test_told_three_times_at_once_it_is_taken_once_and_answered_every_time(tmp_path):
    async with office(tmp_path, approved=False) as desk:
        reception = Reception(desk.house.bureau)
        answers = await asyncio.gather(*(reception(ENTER) for _ in range(3)))
        assert [bool(answer.text) for answer in answers] == [True] * 3
        (count,) = (await desk.house.bureau.store.counts()).values()
        assert count == 1
        await reception(replace(ENTER, name="bot/m2"))
        assert sum((await desk.house.bureau.store.counts()).values()) == 2


@pytest.mark.parametrize("name", ["bot/m1", ""])  # a page's act has none
async def test_whoever_gives_up_waiting_stops_nothing(tmp_path, name):
    async with office(tmp_path, approved=False) as desk:
        waiting = Reception(desk.house.bureau)(replace(ENTER, name=name))
        waiting.cancel()
        for _ in range(500):
            if await desk.house.bureau.store.counts():
                break
            await asyncio.sleep(0.01)
        assert sum((await desk.house.bureau.store.counts()).values()) == 1


async def test_a_callback_behind_which_something_dawdles_is_answered_within_five_seconds(tmp_path):
    async def never(_):
        await asyncio.sleep(60)

    async with office(tmp_path, approved=False) as desk:
        doors = Doors(
            control=never,  # type: ignore[arg-type]
            receive=never,
            read=never,  # type: ignore[arg-type]
            links=Links("", b"k"),
            now=desk.clock.now,
            token="t",
            callback=desk.house.web.state.doors.callback,
        )
        transport = httpx.ASGITransport(create_app(doors))
        async with httpx.AsyncClient(transport=transport) as door:
            desk.door, began = door, asyncio.get_running_loop().time()
            desk.world.callback_timeout = 5.0
            task = asyncio.create_task(desk.tap("me", "x_main@jg1"))
            await asyncio.sleep(0)
            result = await task
            assert result.status == 503
            assert asyncio.get_running_loop().time() - began < 3 * 5.0
