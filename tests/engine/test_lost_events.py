"""What WeCom does to events on their way, by the sandbox's switches, and what comes of each."""

from __future__ import annotations

import pytest

TASK = "dragon-boat-2026_main@jg1"
ONE, TWO = "u004", "u005"


@pytest.fixture
async def tapped(desk):
    await desk.at("2026-06-15 11:05")

    async def people() -> list[str]:
        return [row.person for row in await desk.house.bureau.store.receipts(TASK)]

    return desk, people


async def test_a_lost_event_is_no_receipt_and_a_second_tap_mends_it(tapped):
    desk, people = tapped
    desk.world.faults.add("callback", "lose")
    assert not (await desk.tap(ONE, TASK)).delivered
    assert await people() == []
    assert (await desk.tap(ONE, TASK)).greyed == "已阅，谢谢"
    assert await people() == [ONE]


async def test_an_event_told_twice_is_one_receipt(tapped):
    desk, people = tapped
    desk.world.faults.add("callback", "duplicate")
    await desk.tap(ONE, TASK)
    assert await people() == [ONE]


async def test_events_out_of_order_are_each_their_own_receipt(tapped):
    desk, people = tapped
    desk.world.faults.add("callback", "reorder")
    assert (await desk.tap(ONE, TASK)).held
    assert await people() == []
    await desk.tap(TWO, TASK)
    assert sorted(await people()) == [ONE, TWO]
