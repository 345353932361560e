"""L2, one question: from the push to the summary, over the long connection, for both cards."""

from __future__ import annotations

import pytest

from bot.core import asking, messages
from bot.core.model import Member, Step
from bot.core.render import CARD_TEXT
from bot.engine.lots import SIZE
from bot.sandbox import talks
from tests.e2e.test_bot import CHAT, TARGETS, town

ASKS = {"seats": "\n[receipts]\nquestions = true\n[summary]\nmin_people = 5"}
FOLK = tuple(f"p{number}" for number in range(SIZE + 2))
LONG = "公家的东西拿回家用，借多久才算借得太久了"  # longer than a card with boxes has room for


def retitled(content):
    [path] = content.glob("*/SP-05*.md")
    text = path.read_text("utf-8")
    title = next(line for line in text.splitlines() if line.startswith("标题"))
    path.write_text(text.replace(title, f"标题：{LONG}"), "utf-8")


async def joined(at) -> str:
    """Everybody has written to the robot once; the text has gone out. Return its push key."""
    store = at.house.bureau.store
    await store.set_members([Member(id=who, name=who, branch="一支部") for who in FOLK])
    for who in FOLK:
        at.world.add_user(who, who)
    await at.live()
    for who in FOLK:
        talks.say(at.world, who, CHAT, "好")
    await at.until(lambda: len(at.heard(CHAT)) == len(FOLK))
    await at.verb("send", item="SP-05", to="people")
    await at.at("2026-06-15 10:30")
    [push] = [push for push in await store.pushes() if push.item == "SP-05"]
    return push.key


def card_of(at, key, person):
    return next(m for m in at.said(CHAT) if m.card and m.reached == (person,) and key in m.task_id)


async def answer(at, key, person, option):
    card = card_of(at, key, person)
    talks.press(at.world, person, card, asking.KEY, {asking.KEY: [option]})
    await at.until(lambda: at.world.state_of(card, person) is not None)
    return at.world.state_of(card, person)


@pytest.mark.parametrize(
    ("kind", "edit"), [("vote_interaction", None), ("multiple_interaction", retitled)]
)
async def test_an_answer_on_the_robot_s_card_is_a_receipt_an_option_and_a_line(
    tmp_path, kind, edit
):
    async with town(tmp_path, edit=edit, people=TARGETS["people"], **ASKS) as at:
        key = await joined(at)
        store = at.house.bureau.store
        asks = asking.question_of(at.house.bureau.moment().library.item("SP-05"))
        wrong = next(letter for letter, _ in asks.lettered() if letter != asks.answer)
        only, silent, *rest = FOLK
        assert card_of(at, key, silent).card["card_type"] == kind
        for number, who in enumerate(rest):
            shown = await answer(at, key, who, wrong if number < 3 else asks.answer)
            assert shown.greyed == messages.ANSWERED.format(asks.answer)
            told = shown.card["main_title"]["desc"]
            assert told.startswith(messages.RIGHT.format(asks.right))
            assert asks.why.split("\n\n")[1] in told, "the reason, after the answer"
            assert len(told) <= CARD_TEXT
        assert (await answer(at, key, only, asking.ONLY_READ)).greyed == messages.ACK_DONE
        talks.press(at.world, silent, card_of(at, key, silent), asking.KEY, {asking.KEY: ["D"]})
        talks.press(at.world, rest[0], card_of(at, key, rest[1]), asking.KEY, {asking.KEY: ["A"]})
        talks.say(at.world, silent, CHAT, "我的记录")
        await at.until(lambda: messages.RECORD_NONE in str(at.said(CHAT)[-1].body))
        receipts = await store.receipts(key)
        assert {one.person: one.step for one in receipts} == {
            only: Step.ACKNOWLEDGED,
            **dict.fromkeys(rest, Step.ANSWERED),
        }
        counts = await store.counts()
        told = {name: n for name, n in counts.items() if name.startswith(asking.KEY)}
        assert told == {asking.name_of(key, wrong): 3, asking.name_of(key, asks.answer): SIZE - 3}
        await at.at("2026-06-29 10:30")
        found = await at.verb("summary", week="2026-W26")
        assert found["total"]["read"] >= SIZE + 1
        assert f"作答 {SIZE}，答对 {SIZE - 3}" in found["misunderstood"]
