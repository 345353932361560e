"""From a tap on the phone to the Monday summary, through the encrypted callback."""

from __future__ import annotations

import json

from bot.core.model import State
from bot.sandbox.faults import FaultKind
from bot.verbs import VERBS
from tests.disk import everything_in

MAIN = "dragon-boat-2026_main@jg1"


async def receipts(desk):
    return (await desk.house.bureau.store.acts()).receipts


async def test_a_tap_becomes_a_receipt_and_the_card_says_thanks(desk):
    await desk.at("2026-06-15 11:00")
    result = await desk.tap("me", MAIN)
    assert result.delivered
    assert result.greyed == "已阅，谢谢"
    [receipt] = await receipts(desk)
    assert (receipt.person, receipt.push, receipt.step) == ("me", MAIN, "acknowledged")


async def test_two_taps_are_one_receipt_and_the_first_time_stays(desk):
    await desk.at("2026-06-15 11:00")
    await desk.tap("me", MAIN)
    [first] = await receipts(desk)
    await desk.at("2026-06-15 15:00")
    desk.world.faults.add("callback", FaultKind.DUPLICATE)
    await desk.tap("me", MAIN)
    assert list(await receipts(desk)) == [first]


async def test_a_stranger_is_thanked_and_not_counted(desk):
    await desk.at("2026-06-15 11:00")
    result = await desk.tap("guest", MAIN)
    assert result.delivered
    assert list(await receipts(desk)) == []
    assert (await desk.house.bureau.store.counts())["stranger"] == 1
    assert "guest" not in everything_in(desk.home / "data")


async def test_a_tap_proves_that_an_unknown_push_was_sent(desk):
    desk.world.faults.add("message/send", FaultKind.MALFORMED, times=500)
    await desk.at("2026-06-15 17:30")
    assert (await desk.pushes())[MAIN].state is State.UNKNOWN
    await desk.tap("me", MAIN)
    assert (await desk.pushes())[MAIN].state is State.SENT


async def test_a_forged_callback_is_refused_and_recorded_nowhere(desk):
    await desk.at("2026-06-15 11:00")
    query = {"msg_signature": "0" * 40, "timestamp": "1781492400", "nonce": "1"}
    body = b"<xml><ToUserName>x</ToUserName><Encrypt>AAAA</Encrypt></xml>"
    answer = await desk.door.post("http://127.0.0.1/wecom/callback", params=query, content=body)
    assert answer.status_code == 403
    assert answer.content == b""
    assert list(await receipts(desk)) == []


async def test_the_control_door_opens_for_its_token_on_this_machine_only(desk):
    headers = {"Authorization": f"Bearer {desk.house.token}"}
    url = "http://127.0.0.1/control/pushes"
    assert (await desk.door.post(url, json={}, headers=headers)).status_code == 200
    assert (await desk.door.post(url, json={})).status_code == 403
    foreign = {**headers, "Host": "evil.example"}
    assert (await desk.door.post(url, json={}, headers=foreign)).status_code == 403


async def test_the_summary_is_kept_as_sent_and_a_recount_shows_what_changed(desk):
    await desk.at("2026-06-18 12:00")
    await desk.tap("me", MAIN)
    await desk.at("2026-06-29 09:30")
    ask = VERBS["summary"]
    sent = await ask(desk.house.bureau, desk.clock.now(), {"week": "2026-W26"})
    assert sent["as_sent"]
    assert sent["headline_week"] == "2026-W25"
    assert sent["total"]["read"] == 1
    final = "dragon-boat-2026_final@jg1"
    await desk.tap("me", final)  # too late for the reading period: it never counts
    again = await ask(desk.house.bureau, desk.clock.now(), {"week": "2026-W26", "recount": True})
    assert again["difference"]["read"] == 0
    kept = await ask(desk.house.bureau, desk.clock.now(), {"week": "2026-W26"})
    assert kept == sent


async def test_the_summary_arrives_even_when_nothing_was_sent_and_says_so(desk):
    await desk.at("2026-06-15 09:30")
    message, picture = [m for m in desk.world.posted if m.chat == "office"]
    assert picture.msgtype == "image"
    text = message.body["markdown"]["content"]
    assert text.startswith("> 仅用于改进推送内容，不作考核、评比、通报依据")
    assert "没有推送" in text


async def test_nobody_without_a_receipt_is_named_anywhere_in_a_summary(desk):
    await desk.at("2026-06-29 09:30")
    answer = await VERBS["summary"](desk.house.bureau, desk.clock.now(), {"week": "2026-W26"})
    told = json.dumps(answer, ensure_ascii=False)
    for member in desk.stage.roster:
        assert member.name not in told
        assert f'"{member.id}"' not in told
    assert "未阅" not in told
