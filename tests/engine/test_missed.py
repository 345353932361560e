"""补发: a text once more, to those alone whom it did not reach; receipts play no part in it."""

from __future__ import annotations

import pytest

from bot.core.model import State
from bot.verbs import VERBS, Mistake

MAIN = "dragon-boat-2026_main@{}"


async def test_a_late_joiner_gets_what_he_missed_and_nobody_else_hears_it_twice(desk):
    await desk.at("2026-06-15 11:05")
    store = desk.house.bureau.store
    rows = [(t, d) for t in ("jg1", "jg2") for d in await store.deliveries(MAIN.format(t))]
    target, late = next((t, d.invalid[0]) for t, d in rows if d.invalid)
    tapper = next(p for t, d in rows if t == target for p in d.to if p != late)
    await desk.tap(tapper, MAIN.format(target))  # a tap is no reason to be sent it, nor not to
    desk.world.add_user(late, "来晚了")  # the app sees him now
    await desk.at("2026-06-16 09:32")
    before = len(desk.world.posted)
    sent = await VERBS["send"](
        desk.house.bureau, desk.clock.now(), {"item": "N06", "to": target, "missed": True}
    )
    assert sent["state"] == State.SENT, sent["reason"]
    [message] = desk.world.posted[before:]
    assert message.reached == (late,)
    [again] = await store.deliveries(sent["key"])
    assert set(again.to) - {late} <= set(again.unlicensed)  # who still cannot be reached


async def test_in_a_group_nobody_missed_anything(desk):
    with pytest.raises(Mistake, match="群"):
        await VERBS["send"](
            desk.house.bureau, desk.clock.now(), {"item": "N06", "to": "zx", "missed": True}
        )
