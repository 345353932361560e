"""Retention in the office: names go after their term, by the tick, and the summary stays."""

from __future__ import annotations

import logging
from datetime import timedelta

from bot.core.model import State
from bot.engine.ticks import housekeep
from bot.verbs import VERBS

MAIN = "dragon-boat-2026_main@jg1"


async def recount(desk):
    answer = await VERBS["summary"](
        desk.house.bureau, desk.clock.now(), {"week": "2026-W25", "recount": True}
    )
    return answer["total"]


async def test_after_ninety_days_the_tick_leaves_counts_and_the_recount_is_the_same(desk, caplog):
    await desk.at("2026-06-15 11:03")
    store = desk.house.bureau.store
    for person in (await store.cohort(MAIN)).covered[:5]:
        await desk.tap(person, MAIN)
    await desk.at("2026-06-30 09:00")
    before, now = await recount(desk), desk.clock.now()
    later, june = now + timedelta(days=120), {"month": "2026-06"}
    ledger = await VERBS["ledger"](desk.house.bureau, later, june)
    assert before["read"] > 0
    assert str(before["read"]) in {row["已阅人数"] for row in ledger["rows"]}
    assert await housekeep(desk.house.bureau, now + timedelta(days=70)) == 0
    assert await store.receipts(MAIN)
    with caplog.at_level(logging.INFO):
        assert await housekeep(desk.house.bureau, later) > 0
    assert await store.receipts(MAIN) == []
    assert await recount(desk) == before
    again = await VERBS["ledger"](desk.house.bureau, later, june)
    assert again["seal"] == ledger["seal"], "no figure is withheld because names have gone"
    assert any(getattr(record, "action", "") == "retention" for record in caplog.records)
    assert (await store.push(MAIN)).state is State.SENT


async def test_a_person_is_forgotten_by_a_verb_and_the_recount_is_the_same(desk):
    await desk.at("2026-06-15 11:03")
    store = desk.house.bureau.store
    person = (await store.cohort(MAIN)).covered[0]
    await desk.tap(person, MAIN)
    await desk.at("2026-06-30 09:00")
    before = await recount(desk)
    answer = await VERBS["forget"](desk.house.bureau, desk.clock.now(), {"person": person})
    assert answer["rows"] >= 3
    assert f"'{person}'" not in repr(await store.acts())
    assert await recount(desk) == before
