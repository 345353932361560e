"""What every store promises of suggestions and of signatures (bot.store.Store)."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

from bot.core.model import Signature, State
from tests.store.rows import MINUTE, MONDAY, PEOPLE, brought_to, push, receipt

DAY = timedelta(days=1)
P = push()
SIGNED = Signature(
    push=P.key,
    person="zhang",
    at=MONDAY,
    means="卡片按钮",
    item="DU-01",
    title="党费收缴",
    digest="d" * 64,
)


async def test_a_suggestion_is_words_and_a_day_and_survives_a_restart(shelf):
    await shelf.store.suggest("多讲讲公车", "2026-06-15")
    await shelf.store.suggest("字再大些", "2026-06-14")
    store = shelf.reopen()
    assert await store.suggestions() == [("2026-06-14", "字再大些"), ("2026-06-15", "多讲讲公车")]


async def test_the_order_of_suggestions_does_not_tell_who_came_when(store):
    said = [f"建议{number:02d}" for number in range(20)]
    for words in said:
        await store.suggest(words, "2026-06-15")
    told = [words for _, words in await store.suggestions()]
    assert sorted(told) == said
    assert told != said
    assert told == [words for _, words in await store.suggestions()], "and it does not dance"


async def test_the_same_words_twice_are_two_suggestions(store):
    for _ in range(2):
        await store.suggest("字再大些", "2026-06-15")
    assert len(await store.suggestions()) == 2


async def test_suggestions_of_before_a_day_are_dropped_and_no_others(store):
    for day in ("2026-06-14", "2026-06-15", "2026-06-16"):
        await store.suggest(f"{day}说的", day)
    assert await store.drop_suggestions("2026-06-15") == 1
    assert [day for day, _ in await store.suggestions()] == ["2026-06-15", "2026-06-16"]
    assert await store.drop_suggestions("2026-06-15") == 0


async def test_a_signature_counts_once_and_the_first_one_stays(shelf):
    assert await shelf.store.sign(SIGNED)
    assert not await shelf.store.sign(replace(SIGNED, at=MONDAY + DAY, digest="e" * 64))
    assert await shelf.store.sign(replace(SIGNED, person="li"))
    store = shelf.reopen()
    kept = {one.person: one for one in await store.signatures()}
    assert kept == {"zhang": SIGNED, "li": replace(SIGNED, person="li")}


async def test_a_signature_outlives_the_receipt_and_a_wish_to_be_forgotten(store):
    """It is a document: kept by the unit's own term."""
    await brought_to(store, State.SENT, P)
    await store.add_receipt(receipt(P, PEOPLE[0]))
    await store.sign(SIGNED)
    await store.fold_names(MONDAY + MINUTE, MONDAY + DAY)
    await store.forget(PEOPLE[0], MONDAY + DAY)
    assert await store.receipts(P.key) == []
    assert await store.signatures() == [SIGNED]


async def test_signatures_of_before_a_moment_are_dropped_and_no_others(store):
    later = replace(SIGNED, person="li", at=MONDAY + DAY)
    await store.sign(SIGNED)
    await store.sign(later)
    assert await store.drop_signatures(MONDAY) == 0
    assert await store.drop_signatures(MONDAY + DAY) == 1
    assert await store.signatures() == [later]


async def test_a_store_with_nothing_in_it_is_at_ease_and_sound(store):
    assert await store.limits() == []
    assert await store.verify() == []
    assert await store.trouble() == ""
    assert await store.suggestions() == []
    assert await store.signatures() == []
    assert await store.certificates() == []


async def test_a_text_and_an_entry_of_the_trail_are_kept_and_given_back(shelf):
    digest = await shelf.store.keep_text("一盒粽子", MONDAY)
    assert await shelf.store.keep_text("一盒粽子", MONDAY + DAY) == digest
    store = shelf.reopen()
    assert await store.text(digest) == "一盒粽子"
    assert await store.text("0" * 64) is None
    assert await store.texts() == [digest]
