"""One question, from the card to the summary: by options, never by whom."""

from __future__ import annotations

import json

import pytest

from bot.core import asking, messages
from bot.core.model import Step
from bot.core.render import CARD_TEXT
from bot.engine.lots import SIZE, Lots
from bot.sandbox.taps import tap
from bot.verbs import VERBS

from .office import office

ON = {"targets": "\n[receipts]\nquestions = true"}


async def ask(desk, item: str = "SP-05"):
    """Send a text with a question to 机关一支部; return its push key and who got the card."""
    params = {"item": item, "to": "jg1"}
    await VERBS["send"](desk.house.bureau, desk.clock.now(), params)
    await desk.at("2026-06-15 10:20")
    [push] = [push for push in (await desk.pushes()).values() if push.item == item]
    cohort = await desk.house.bureau.store.cohort(push.key)
    return push.key, list(cohort.covered)


async def answer(desk, person, key, option):
    return await tap(
        desk.world, person, key, asking.KEY, http=desk.door, options={asking.KEY: [option]}
    )


async def test_a_text_with_a_question_is_a_card_with_boxes_where_the_office_wants_it(tmp_path):
    async with office(tmp_path, **ON) as desk:
        key, _ = await ask(desk)
        [delivery, *_] = await desk.house.bureau.store.deliveries(key)
        card = json.loads(delivery.body)["template_card"]
        assert card["card_type"] in ("vote_interaction", "multiple_interaction")
        assert messages.REPORT in card["main_title"]["desc"]
        assert messages.ONLY_READ in delivery.body, "nobody must answer"


async def test_nobody_is_asked_by_default(desk):
    key, _ = await ask(desk)
    [delivery, *_] = await desk.house.bureau.store.deliveries(key)
    assert json.loads(delivery.body)["template_card"]["card_type"] == "button_interaction"


async def test_an_answer_is_one_receipt_and_its_option_is_counted_with_others_only(tmp_path):
    async with office(tmp_path, **ON) as desk:
        key, people = await ask(desk)
        store = desk.house.bureau.store
        for number, person in enumerate(people[:SIZE], 1):
            result = await answer(desk, person, key, "B")
            assert result.greyed.startswith("参考答案 ")
            await answer(desk, person, key, "A")  # thinking again changes nothing
            told = {n: c for n, c in (await store.counts()).items() if n.startswith(asking.KEY)}
            assert told == ({asking.name_of(key, "B"): SIZE} if number == SIZE else {})
        receipts = await store.receipts(key)
        assert [(one.person, one.step) for one in receipts] == [
            (person, Step.ANSWERED) for person in people[:SIZE]
        ]


async def test_an_answered_card_says_why_and_leads_to_the_text_for_whoever_answered_it(tmp_path):
    async with office(tmp_path, port=8650, **ON) as desk:
        key, people = await ask(desk)
        asks = asking.question_of(desk.house.bureau.moment().library.item("SP-05"))
        assert (await answer(desk, people[0], key, "B")).reply == "update_template_card"
        card = next(m for m in desk.world.posted if m.task_id == key)
        mine = desk.world.state_of(card, people[0]).card
        assert mine["main_title"]["title"] == card.card["main_title"]["title"]
        assert mine["sub_title_text"].startswith(messages.RIGHT.format(asks.right))
        assert asks.why.split("\n\n")[1] in mine["sub_title_text"]
        assert len(mine["sub_title_text"]) <= CARD_TEXT
        assert mine["card_action"]["url"] == desk.house.bureau.page(key)
        assert desk.world.state_of(card, people[1]) is None, "nobody else's card changes"


async def test_whoever_only_ticks_that_it_is_read_has_read_and_answered_nothing(tmp_path):
    async with office(tmp_path, **ON) as desk:
        key, people = await ask(desk)
        assert (await answer(desk, people[0], key, asking.ONLY_READ)).greyed == messages.ACK_DONE
        [receipt] = await desk.house.bureau.store.receipts(key)
        assert receipt.step is Step.ACKNOWLEDGED


@pytest.mark.parametrize("option", ["D", "E", "", "b"])
async def test_an_option_that_was_never_offered_counts_for_nobody(tmp_path, option):
    async with office(tmp_path, **ON) as desk:
        key, people = await ask(desk)
        await answer(desk, people[0], key, option)
        assert await desk.house.bureau.store.receipts(key) == []
        assert (await desk.house.bureau.store.counts())["other-option"] == 1


async def test_the_summary_says_which_question_is_most_misunderstood(tmp_path):
    async with office(tmp_path, **ON) as desk:
        key, people = await ask(desk)
        right = asking.question_of(desk.house.bureau.library(desk.clock.now().date()).item("SP-05"))
        wrong = next(letter for letter, _ in right.lettered() if letter != right.answer)
        for number, person in enumerate(people[:10]):
            await answer(desk, person, key, wrong if number < 4 else right.answer)
        await desk.at("2026-06-29 11:00")
        found = await VERBS["summary"](desk.house.bureau, desk.clock.now(), {"week": "2026-W26"})
        assert "作答 10，答对 6" in found["misunderstood"]
        assert right.stem in found["text"]


async def test_no_order_of_writing_tells_who_chose_what():
    """Of a lot the order is drawn: each place has each name, over many lots."""
    first = set()
    for _ in range(200):
        lots = Lots(3)
        lots.add("a", "x"), lots.add("b", "x")
        first.add(tuple(lots.add("c", "x")))
    assert len(first) == 6
