"""Somebody is forgotten while their message is still on its way."""

from __future__ import annotations

from bot.core.model import State
from bot.sandbox.faults import FaultKind

MAIN = "dragon-boat-2026_main@jg1"


async def test_a_lost_answer_is_not_repeated_with_other_bytes_once_somebody_was_forgotten(desk):
    """WeCom drops a copy only if it is identical: without one name the others get it twice."""
    await desk.at("2026-06-15 09:05")
    desk.world.faults.add("message/send", FaultKind.MALFORMED, times=500)
    store = desk.house.bureau.store
    while not (tries := await store.deliveries(MAIN)):
        await desk.house.tick()
        desk.clock.jump(desk.clock.now() + (await desk.house.next_wake() - desk.clock.now()))
    assert await store.forget(tries[0].to[0], desk.clock.now())
    desk.world.faults.clear()
    sent = len(await store.deliveries(MAIN))
    await desk.at("2026-06-15 17:30")
    assert len(await store.deliveries(MAIN)) == sent
    assert (await desk.pushes())[MAIN].state is State.UNKNOWN
    assert len([m for m in desk.world.posted if m.task_id == MAIN]) <= 1
