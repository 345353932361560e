"""Taking a push back: by an app within a day; elsewhere it is said that nobody can."""

from __future__ import annotations

from datetime import timedelta

import pytest

from bot.demo.stage import AGENTID
from bot.verbs import VERBS, Mistake

MAIN, GROUP = "dragon-boat-2026_main@jg1", "dragon-boat-2026_main@zx"


async def recall(desk, key):
    return await VERBS["recall"](desk.house.bureau, desk.clock.now(), {"key": key})


def on_the_phone(desk, person: str) -> list[str]:
    chats = desk.world.chats_of(person)
    [chat] = [chat for chat in chats if chat.chat_id == f"app-{AGENTID}"]
    return [shown.message.task_id for shown in desk.world.messages(chat)]


async def test_a_card_is_taken_off_the_phones_and_the_trail_tells_it(desk):
    await desk.at("2026-06-15 11:05")
    assert MAIN in on_the_phone(desk, "u004")
    assert (await recall(desk, MAIN)) == {"key": MAIN, "recalled": 1, "stay": []}
    assert MAIN not in on_the_phone(desk, "u004")
    trail = [one.entry.what for one in await desk.house.bureau.store.audits()]
    assert trail.count("recalled") == 1


async def test_after_a_day_it_stays_and_says_why(desk):
    await desk.at("2026-06-15 11:05")
    desk.clock.jump(desk.clock.now() + timedelta(hours=25))
    told = await recall(desk, MAIN)
    assert (told["recalled"], "24 小时" in told["stay"][0]) == (0, True)
    assert MAIN in on_the_phone(desk, "u004")


async def test_what_went_to_a_group_or_did_not_go_yet_is_not_taken_back(desk):
    await desk.house.tick()
    with pytest.raises(Mistake, match="还没有发出"):
        await recall(desk, MAIN)
    await desk.at("2026-06-15 11:05")
    with pytest.raises(Mistake, match="人工删"):
        await recall(desk, GROUP)
    with pytest.raises(Mistake, match="没有"):
        await recall(desk, "nothing@all")
