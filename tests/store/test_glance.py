"""What lies in memory is answered at once while the store's thread rests; else in that thread."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Coroutine
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from bot.core.model import State
from bot.store.databases import MANY_AT_ONCE
from bot.store.tiny import TinyStore
from tests.store.rows import MEMBERS, MONDAY, attempt, brought_to, cohort, push, receipt

DAY = timedelta(days=1)


def at_once(question: Coroutine[Any, Any, Any]) -> bool:
    """Whether a question is answered without the loop's having another turn."""
    try:
        question.send(None)
    except StopIteration:
        return True
    question.close()
    return False


@pytest.fixture
def store(tmp_path):
    opened = TinyStore(tmp_path)
    yield opened
    opened.close()


async def test_what_ticks_and_taps_ask_is_answered_at_once(store):
    mine = push()
    await brought_to(store, State.SENT, mine)
    await store.pushes()  # decoded by whoever asks first
    for question in (store.pushes([State.SENT]), store.next_due(), store.addressed(mine.key)):
        assert at_once(question)


async def test_while_the_thread_is_at_work_whoever_asks_waits_for_it(store):
    mine, go_on = push(), threading.Event()
    await brought_to(store, State.SENT, mine)
    at_work = store._read(go_on.wait)
    await asyncio.sleep(0.05)
    assert not at_once(store.pushes())
    asked = asyncio.ensure_future(store.push(mine.key))
    await asyncio.sleep(0.05)
    assert not asked.done()
    go_on.set()
    assert (await asked).key == mine.key
    assert await at_work


async def test_a_week_that_lies_on_the_disk_is_read_by_the_thread(tmp_path):
    mine = push()
    before = TinyStore(tmp_path)
    await brought_to(before, State.SENT, mine)
    before.close()
    after = TinyStore(tmp_path)
    try:
        await after.pushes()
        assert not at_once(after.addressed(mine.key))
        assert await after.addressed(mine.key) == await after.addressed(mine.key)
        assert at_once(after.addressed(mine.key))
    finally:
        after.close()


async def test_a_roster_that_takes_long_to_decode_is_decoded_by_the_thread(store):
    many = [replace(MEMBERS[0], id=f"p{n}") for n in range(MANY_AT_ONCE)]
    await store.set_members(many)
    assert not at_once(store.members())
    assert len(await store.members()) == len(many)
    assert at_once(store.members())


async def test_a_store_that_is_closed_answers_nothing(tmp_path):
    store = TinyStore(tmp_path)
    await store.add_pushes([push()])
    store.close()
    with pytest.raises(RuntimeError):
        await store.pushes()


async def test_the_order_by_due_time_holds_whatever_becomes_of_the_rows(store):
    rows = [push(f"t{n}", due=MONDAY + DAY * (n * 7 % 5)) for n in range(10)]
    await store.add_pushes(rows)
    assert await store.pushes() == sorted(rows, key=lambda one: (one.due, one.key))
    await store.end(rows[3].key, State.SKIPPED, "理由")
    await store.postpone(rows[4].key, MONDAY + DAY, "理由")
    left = [one for one in await store.pushes() if one.state is State.PLANNED]
    assert len(left) == 9
    assert left == await store.pushes([State.PLANNED])
    both = await store.pushes([State.SKIPPED, State.PLANNED])
    assert both == await store.pushes()
    assert [one.key for one in both] == sorted(
        (one.key for one in both), key=lambda key: (MONDAY + DAY * (int(key[-1]) * 7 % 5), key)
    )


async def test_names_past_their_term_are_seen_by_when_they_were_sent_not_only_by_when_due(store):
    """Sent by hand, a push may leave days before it was due."""
    mine = push(due=MONDAY + 9 * DAY, until=MONDAY + 11 * DAY)
    await store.add_pushes([mine])
    await store.begin(attempt(mine), cohort(mine))
    await store.finish(attempt(mine, state=State.SENT, ended=MONDAY), 1, None)
    await store.add_receipt(receipt(mine))
    assert await store.fold_names(MONDAY - DAY, MONDAY + 9 * DAY) is None
    found = await store.fold_names(MONDAY + DAY, MONDAY + 91 * DAY)
    assert found is not None
    assert found.receipts == 1
    assert await store.fold_names(MONDAY + DAY, MONDAY + 91 * DAY) is None
