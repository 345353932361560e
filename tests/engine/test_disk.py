"""A full disk stops sending, is said in the log and by every verb, and passes by itself."""

from __future__ import annotations

import logging

import httpx
import pytest

from bot.core.model import State
from bot.engine.ticks import tick
from tests.disk import full_disk

GROUP = "dragon-boat-2026_main@zx"


async def ask(desk, verb, **params):
    transport = httpx.ASGITransport(desk.house.web)
    token = {"Authorization": f"Bearer {desk.house.token}"}
    async with httpx.AsyncClient(transport=transport, base_url="http://qingfeng") as door:
        return await door.post(f"/control/{verb}", json=params, headers=token)


@pytest.mark.parametrize("verb", ["pushes", "plan", "summary", "targets", "store-inspect"])
async def test_every_verb_that_still_answers_says_that_the_disk_takes_nothing(desk, verb):
    assert "warning" not in (await ask(desk, verb)).json()
    with full_disk():
        answer = await ask(desk, verb)
    if answer.status_code == 200:
        assert "写不进去" in answer.json()["warning"]
    else:  # it had something to write
        assert (answer.status_code, "写不进去" in answer.json()["error"]) == (507, True)
    assert "warning" not in (await ask(desk, verb)).json()


async def test_a_verb_that_must_write_is_refused_in_words(desk):
    with full_disk():
        answer = await ask(desk, "forget", person="somebody")
    assert answer.status_code == 507
    assert "写不进去" in answer.json()["error"]


async def test_nothing_is_sent_while_the_disk_is_full_and_all_of_it_after(desk, caplog):
    await desk.at("2026-06-15 09:05")
    with full_disk(), caplog.at_level(logging.ERROR):
        desk.clock.jump(desk.clock.now().replace(hour=10, minute=7))
        assert await tick(desk.house.bureau, desk.clock.now()) != []
        assert desk.heard("zx") == 0
    assert any(getattr(one, "action", "") == "tick-failed" for one in caplog.records)
    assert await tick(desk.house.bureau, desk.clock.now()) == []
    assert (await desk.pushes())[GROUP].state is State.SENT
    assert desk.heard("zx") == 1
