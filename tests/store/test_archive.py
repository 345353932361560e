"""What was sent is kept, and the trail cannot be mended: what every store promises of both."""

from __future__ import annotations

import json
from dataclasses import replace

import pytest

from bot.core.links import task_id_of
from bot.core.model import State
from bot.store.records import AuditEntry, as_seen, broken, digest_of
from tests.store.rows import MINUTE, MONDAY, PEOPLE, attempt, brought_to, cohort, push

P = push()
WORDS = "一盒月饼，也是一道考题。"
BODY = json.dumps(
    {"touser": "|".join(PEOPLE), "msgtype": "markdown", "markdown": {"content": WORDS}}
)


# -- texts -----------------------------------------------------------------------------------------


async def test_the_cards_of_all_parts_show_one_text_though_each_has_its_number(store):
    await store.add_pushes([P])
    named = [(n, task_id_of(P.key, n)) for n in range(12)]
    bodies = [f'{{"touser":"p{n}","card":{{"task_id":"{task}"}}}}' for n, task in named]
    for part, body in enumerate(bodies):
        await store.begin(attempt(P, part, body=body), cohort(P), 12)
        await store.finish(attempt(P, part, body=body, state=State.SENT), 12, None)
    assert [row.body for row in await store.deliveries(P.key)] == bodies  # for a repeat, exactly
    assert len(await store.texts()) == 1


async def test_a_text_is_kept_once_and_found_by_its_digest(shelf):
    store = shelf.store
    digest = await store.keep_text(WORDS, MONDAY)
    assert digest == digest_of(WORDS)
    assert await store.keep_text(WORDS, MONDAY + 99 * 24 * 60 * MINUTE) == digest
    store = shelf.reopen()
    assert await store.text(digest) == WORDS
    assert await store.texts() == [digest]
    assert await store.text(digest_of("别的")) is None


async def test_a_message_to_many_groups_is_kept_once_and_each_attempt_has_its_bytes(store):
    for name in ("jg1", "jg2", "zx"):
        one = push(name)
        await store.add_pushes([one])
        await store.begin(attempt(one, body=WORDS), cohort(one))
    assert await store.texts() == [digest_of(WORDS)]
    assert [row.body for row in await store.deliveries()] == [WORDS] * 3


async def test_what_was_seen_is_kept_without_whom_it_was_for(shelf):
    store = shelf.store
    await store.add_pushes([P])
    await store.begin(attempt(P, body=BODY), cohort(P))
    store = shelf.reopen()
    (kept,) = await store.texts()
    seen = await store.text(kept)
    assert json.loads(seen) == {"msgtype": "markdown", "markdown": {"content": WORDS}}
    (row,) = await store.deliveries()
    assert row.body == BODY  # the exact bytes, for a repeat


@pytest.mark.parametrize(
    ("body", "seen"),
    [
        ("{}", "{}"),
        ('{"a": 1}', '{"a": 1}'),  # nobody is named: not a byte is changed
        ('{"touser":"zhang"}', "{}"),
        (
            '{"body":{"chatid":"zhang","x":[{"userid":"li","y":"是"}]}}',
            '{"body":{"x":[{"y":"是"}]}}',
        ),
        ('not json, "touser"', 'not json, "touser"'),
    ],
)
def test_whoever_a_message_is_for_is_not_part_of_what_is_seen(body, seen):
    assert as_seen(body) == seen


# -- the trail -------------------------------------------------------------------------------------

APPROVED = AuditEntry(
    at=MONDAY, what="approved", about="N06", who="王五", digest="d" * 64, detail={"step": "终审"}
)


async def test_the_trail_tells_what_was_put_into_it_in_that_order(shelf):
    entries = [APPROVED, replace(APPROVED, who="赵六"), AuditEntry(at=MONDAY, what="setting")]
    for entry in entries:
        await shelf.store.audit(entry)
    trail = await shelf.reopen().audits()
    assert [one.entry for one in trail] == entries
    assert [one.number for one in trail] == [1, 2, 3]
    assert broken(trail) == ""


async def test_the_trail_goes_on_over_months_and_restarts_and_clocks_that_go_back(shelf):
    for days in (0, 40, 20, 400):
        await shelf.store.audit(replace(APPROVED, at=MONDAY + days * 24 * 60 * MINUTE))
        shelf.reopen()
    trail = await shelf.store.audits()
    assert len(trail) == 4
    assert broken(trail) == ""


@pytest.mark.parametrize("state", [State.SENT, State.REFUSED, State.UNKNOWN])
async def test_the_end_of_an_attempt_is_put_into_the_trail_with_what_was_seen(store, state):
    await store.add_pushes([P])
    await store.begin(attempt(P, body=BODY), cohort(P))
    end = attempt(P, body=BODY, state=state, ended=MONDAY + MINUTE, digest="w" * 64, reason="理由")
    await store.finish(end, 1, None)
    (one,) = await store.audits()
    assert (one.entry.what, one.entry.about, one.entry.at) == (state, P.key, MONDAY + MINUTE)
    assert one.entry.detail["words"] == "w" * 64
    assert WORDS in await store.text(one.entry.digest)
    assert not any(person in repr(one) for person in PEOPLE)


async def test_a_retry_is_no_end_and_a_lost_one_is(shelf):
    await shelf.store.add_pushes([P])
    await shelf.store.begin(attempt(P), cohort(P))
    await shelf.store.finish(attempt(P, state=State.PLANNED), 1, MONDAY + MINUTE)
    assert await shelf.store.audits() == []
    await shelf.store.begin(attempt(P, number=2), cohort(P))
    store = shelf.reopen()
    await store.recover()
    assert [one.entry.what for one in await store.audits()] == ["unknown"]


async def test_whatever_is_changed_in_the_trail_is_found(store):
    for number in range(5):
        await store.audit(replace(APPROVED, about=f"N0{number}"))
    trail = await store.audits()
    other = replace(trail[2], entry=replace(trail[2].entry, who="李四"))
    assert "第 3 条" in broken([*trail[:2], other, *trail[3:]])
    assert "第 3 条" in broken([*trail[:2], *trail[3:]])
    assert "第 2 条" in broken([trail[0], trail[2], trail[1], *trail[3:]])
    assert "第 1 条" in broken(trail[1:])
    assert broken(trail, await store.head()) == ""
    assert "末尾" in broken(trail[:-1], await store.head())


async def test_everything_that_was_done_stays_in_the_trail_when_a_push_ends(store):
    await brought_to(store, State.SENT, P)
    await store.audit(APPROVED)
    assert [one.entry.what for one in await store.audits()] == ["sent", "approved"]


async def test_entries_of_the_trail_are_found_by_what_they_are_and_from_where(store):
    for number, what in enumerate(["paused", "approved", "paused", "held"], 1):
        await store.audit(AuditEntry(at=MONDAY + number * MINUTE, what=what, about=f"{number}"))
    assert [one.entry.about for one in await store.audits(what=("paused",))] == ["1", "3"]
    assert [one.number for one in await store.audits(2)] == [3, 4]
    assert [one.number for one in await store.audits(1, ("held", "approved"))] == [2, 4]
