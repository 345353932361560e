"""What nobody has verified about WeCom's long connection: the outcome of each switch, either way.

tests/engine/test_open_questions.py has the others, and keeps the list whole.
"""

from __future__ import annotations

import pytest
import websockets

from bot.core import messages
from bot.core.model import State
from bot.sandbox import talks
from tests.e2e.test_bot import BOT, CHAT, SECRET, SEND, TARGETS, town
from tests.engine.test_open_questions import OF_ROBOTS

GROUP = TARGETS["group"] + '\nchatid = "Group2"'
FINAL = "dragon-boat-2026_final@people"
NOTHING = [  # what changes nothing: groups get no cards, a message is answered once
    *[("aibot_group_card", value) for value in ("allow", "reject", "drop")],
    *[("aibot_group_update", value) for value in ("all", "clicker")],
    *[("aibot_replies", value) for value in ("once", "many")],
    ("aibot_idle_seconds", 0),
]
ALONE = {"aibot_offline", "aibot_spoken_days", "aibot_unlock", "aibot_kick_code"}


def test_the_list_is_whole():
    assert {name for name, _ in NOTHING} | ALONE == OF_ROBOTS


@pytest.mark.nightly
@pytest.mark.parametrize(("name", "value"), NOTHING)
async def test_either_way_everybody_hears_once_and_a_tap_is_one_receipt(tmp_path, name, value):
    async with town(tmp_path, people=TARGETS["people"], group=GROUP) as at:
        at.world.turn(name, value)
        await at.live()
        talks.say(at.world, "Zhang", CHAT, "好")
        talks.say(at.world, "zhao", "Group2", "@清风 在吗")
        await at.until(lambda: at.heard("Group2") and at.heard(CHAT))
        await at.at("2026-06-15 11:00")
        assert at.heard("Group2") == ["markdown_v2", "markdown_v2"]
        assert at.heard(CHAT) == ["markdown_v2", "template_card"]
        card = at.card("Zhang", "people")
        talks.press(at.world, "Zhang", card, "ack")
        await at.until(lambda: at.world.state_of(card, "Zhang") is not None)
        receipts = await at.house.bureau.store.receipts(SEND.format("people"))
        assert [one.person for one in receipts] == ["Zhang"]


@pytest.mark.nightly
@pytest.mark.parametrize(("value", "counted"), [("lost", 0), ("replayed", 1)])
async def test_a_tap_while_the_line_is_down_counts_once_it_is_told_or_is_tapped_again(
    tmp_path, value, counted
):
    async with town(tmp_path, people=TARGETS["people"]) as at:
        at.world.turn("aibot_offline", value)
        await at.live()
        talks.say(at.world, "Zhang", CHAT, "好")
        await at.until(lambda: at.heard(CHAT))
        await at.at("2026-06-15 11:00")
        card, line = at.card("Zhang", "people"), at.world.robots[BOT].line
        line.close(1006)
        line.lost()
        assert talks.press(at.world, "Zhang", card, "ack") is False
        await at.until(lambda: at.world.robots[BOT].line is not None and at.house.robot.live)
        store = at.house.bureau.store
        if counted:
            await at.until(lambda: at.world.state_of(card, "Zhang") is not None)
        assert len(await store.receipts(SEND.format("people"))) == counted
        talks.press(at.world, "Zhang", card, "ack")
        await at.until(lambda: at.world.state_of(card, "Zhang") is not None)
        assert len(await store.receipts(SEND.format("people"))) == 1


@pytest.mark.nightly
async def test_a_chat_whose_word_has_gone_stale_is_told_by_name_and_stops_nobody_else(tmp_path):
    async with town(tmp_path, people=TARGETS["people"]) as at:
        at.world.turn("aibot_spoken_days", 1)
        await at.live()
        talks.say(at.world, "Zhang", CHAT, "好")
        await at.until(lambda: at.heard(CHAT))
        at.clock.jump(at.clock.now().replace(day=18, hour=8))
        talks.say(at.world, "li", CHAT, "好")
        await at.until(lambda: len(at.heard(CHAT)) == 2)
        await at.at("2026-06-18 17:30")
        rows = await at.house.bureau.store.deliveries(FINAL)
        ends = {row.to[0]: (row.state, row.reason) for row in rows}
        assert ends["li"] == (State.SENT, "")
        assert ends["Zhang"] == (State.REFUSED, messages.NOT_JOINED)


@pytest.mark.nightly
async def test_a_group_that_all_must_open_waits_and_hears_it_once_they_have(tmp_path):
    async with town(tmp_path, group=GROUP) as at:
        at.world.turn("aibot_unlock", "everyone")
        await at.live()
        talks.say(at.world, "zhao", "Group2", "@清风 在吗")
        await at.until(lambda: at.heard("Group2"))
        await at.at("2026-06-15 10:30")
        push = await at.push("group")
        assert (push.state, "846607" in push.reason) == (State.PLANNED, True)
        for person in ("Zhang", "li", "wang"):
            talks.say(at.world, person, "Group2", "@清风 在")
        await at.until(lambda: len(at.heard("Group2")) == 4)
        await at.at("2026-06-15 17:00")
        assert (await at.push("group")).state is State.SENT
        assert len(at.heard("Group2")) == 5


@pytest.mark.nightly
@pytest.mark.parametrize("code", [1000, 1006, 4001])
async def test_whoever_is_pushed_aside_alarms_once_and_starts_no_duel(tmp_path, code):
    async with town(tmp_path, people=TARGETS["people"]) as at:
        at.world.turn("aibot_kick_code", code)
        await at.live()
        address = at.house.config.bot.ws_url
        async with websockets.connect(address) as other:
            body = f'{{"bot_id": "{BOT}", "secret": "{SECRET}"}}'
            frame = f'{{"cmd": "aibot_subscribe", "headers": {{"req_id": "s"}}, "body": {body}}}'
            await other.send(frame)
            await at.until(lambda: at.house.robot.last.what == "kicked")
            assert at.world.robots[BOT].line is not None, "the newer one keeps it"
