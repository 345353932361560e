"""A target that WeCom refused: shown, left alone, and back by one word of an administrator."""

from __future__ import annotations

import pytest

from bot.core.model import State
from bot.verbs import VERBS, Mistake

MAIN, NEXT = "dragon-boat-2026_main@zx", "dragon-boat-2026_final@zx"


async def verb(desk, name, **params):
    return await VERBS[name](desk.house.bureau, desk.clock.now(), params)


async def test_a_webhook_that_was_removed_comes_back_by_one_word_once_it_is_there_again(desk):
    key = desk.stage.keys["zx"]
    await desk.at("2026-06-15 09:13")  # the summary and its picture have left
    desk.world.faults.add("webhook/send", "errcode", errcode=93000, times=1)
    await desk.at("2026-06-15 11:05")
    assert (await desk.pushes())[MAIN].state is State.REFUSED
    [row] = [t for t in (await verb(desk, "targets"))["targets"] if t["id"] == "zx"]
    assert "消息推送" in row["disabled"]
    assert key not in str(row)

    await desk.at("2026-06-18 09:00")
    told = await verb(desk, "targets-enable", target="zx")
    assert "消息推送" in told["was"]
    [row] = [t for t in (await verb(desk, "targets"))["targets"] if t["id"] == "zx"]
    assert row["disabled"] == ""
    await desk.at("2026-06-18 11:05")
    assert (await desk.pushes())[NEXT].state is State.SENT


async def test_enabling_what_works_changes_nothing_and_a_stranger_is_a_mistake(desk):
    assert (await verb(desk, "targets-enable", target="jg1"))["was"] == ""
    with pytest.raises(Mistake):
        await verb(desk, "targets-enable", target="nobody")
