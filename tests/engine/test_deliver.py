"""From the outbox to WeCom: what is sent, what never is, and what becomes of each attempt."""

from __future__ import annotations

import asyncio
import json
import logging
from dataclasses import replace

import pytest

from bot.channels import Webhook
from bot.core.model import Card, Cohort, Delivery, Member, State
from bot.engine import compose
from bot.engine.deliver import recover
from bot.engine.ticks import next_wake, tick
from bot.library.folder import Shelf
from bot.sandbox.faults import FaultKind
from bot.verbs import VERBS, Mistake
from tests.disk import everything_in, full_disk
from tests.engine.office import moment, office

MAIN, GROUP_MAIN = "dragon-boat-2026_main@jg1", "dragon-boat-2026_main@zx"
FINAL = "dragon-boat-2026_final@jg1"


def only_wording(desk):
    """Take the node's second wording away, and return the file of the first."""
    (desk.home / "content" / "nodes" / "N06-2-端午.md").unlink()
    return desk.home / "content" / "nodes" / "N06-端午.md"


async def test_the_warning_leaves_on_the_third_workday_before_the_last_one(desk):
    await desk.at("2026-06-15 09:05")
    assert desk.heard("zx") == 0
    await desk.at("2026-06-15 11:00")
    pushes = await desk.pushes()
    assert pushes[MAIN].state is State.SENT
    assert pushes[GROUP_MAIN].state is State.SENT
    assert desk.heard("zx") == 1


async def test_weekends_and_days_off_are_silent(desk):
    await desk.at("2026-06-18 18:00")
    before = len(desk.world.posted)
    await desk.at("2026-06-22 09:00")  # Friday is 端午, then the weekend
    assert len(desk.world.posted) == before


async def test_ticks_may_run_twice_without_a_second_message(desk):
    await desk.at("2026-06-15 11:00")
    posted = len(desk.world.posted)
    for _ in range(3):
        await desk.house.tick()
    assert len(desk.world.posted) == posted


async def test_without_an_approval_nothing_is_sent_and_the_reason_is_said(tmp_path):
    async with office(tmp_path, approved=False) as desk:
        await desk.at("2026-06-15 17:30")
        assert {r.chat for r in desk.world.log if r.kind == "message"} == {"office"}
        push = (await desk.pushes())[MAIN]
        assert push.state is State.PLANNED
        assert push.reason == "内容未经审批"


async def test_an_approval_inside_the_window_lets_the_warning_go(tmp_path):
    async with office(tmp_path, approved=False) as desk:
        await desk.at("2026-06-15 10:00")
        await desk.approve("N06")
        await desk.at("2026-06-15 11:00")
        assert (await desk.pushes())[MAIN].state is State.SENT


async def test_a_warning_never_approved_expires_when_its_window_closes(tmp_path):
    async with office(tmp_path, approved=False) as desk:
        await desk.at("2026-06-17 09:30")
        push = (await desk.pushes())[MAIN]
        assert push.state is State.EXPIRED
        assert "未经审批" in push.reason


async def test_an_edit_after_the_approval_stops_the_text_until_it_is_approved_again(desk):
    path = only_wording(desk)
    path.write_text(path.read_text("utf-8").replace("粽子", "粽"), encoding="utf-8")
    await desk.at("2026-06-15 11:00")
    push = (await desk.pushes())[MAIN]
    assert push.state is State.PLANNED
    assert push.reason == "内容审批后又改动过，须重新审批"
    assert desk.heard("zx") == 0


async def test_a_nodes_second_wording_goes_out_while_the_first_waits_for_approval(desk):
    path = desk.home / "content" / "nodes" / "N06-端午.md"
    path.write_text(path.read_text("utf-8").replace("粽子", "粽"), encoding="utf-8")
    await desk.at("2026-06-15 11:00")
    push = (await desk.pushes())[MAIN]
    assert (push.state, push.item) == (State.SENT, "N06-2")


async def test_a_refusal_inside_http_200_is_never_counted_as_sent(desk):
    desk.world.stop_webhook(desk.stage.keys["zx"])
    await desk.at("2026-06-15 11:00")
    pushes = await desk.pushes()
    assert pushes[GROUP_MAIN].state is State.REFUSED
    assert pushes[GROUP_MAIN].sent_at is None
    assert pushes[MAIN].state is State.SENT, "the others go on"
    assert "zx" in await desk.house.bureau.store.targets(), "the target is disabled and shown"


async def test_a_disabled_target_is_left_alone(desk):
    desk.world.remove_webhook(desk.stage.keys["zx"])
    await desk.at("2026-06-15 17:30")
    calls = [r for r in desk.world.log if r.kind == "call" and r.endpoint == "webhook/send"]
    refused = [r for r in calls if r.errcode == 93000]
    assert len(refused) == 1


async def test_a_lost_answer_to_a_group_is_unknown_and_never_sent_again(desk):
    await desk.at("2026-06-15 09:13")  # the summary and its picture have left
    desk.world.faults.add("webhook/send", FaultKind.MALFORMED)
    await desk.at("2026-06-15 17:30")
    states = {push.state for key, push in (await desk.pushes()).items() if key.endswith("@zx")}
    assert State.UNKNOWN in states
    assert desk.heard("zx") == 1


async def test_a_lost_answer_of_the_app_is_repeated_byte_for_byte_and_reaches_people_once(desk):
    desk.world.faults.add("message/send", FaultKind.MALFORMED, times=2)
    await desk.at("2026-06-15 11:00")
    push = (await desk.pushes())[MAIN]
    assert push.state is State.SENT
    tries = await desk.house.bureau.store.deliveries(MAIN)
    assert len(tries) >= 2
    assert len({one.body for one in tries}) == 1
    cards = [m for m in desk.world.posted if m.task_id == MAIN]
    assert len(cards) == 1


async def test_where_the_office_does_not_want_it_no_lost_answer_is_repeated(tmp_path):
    async with office(tmp_path, **{"wecom.app": "resend_unknown = false"}) as desk:
        desk.world.faults.add("message/send", FaultKind.MALFORMED, times=2)
        await desk.at("2026-06-15 17:30")
        push = (await desk.pushes())[MAIN]
        assert push.state is State.UNKNOWN
        assert len(await desk.house.bureau.store.deliveries(MAIN)) == 1
        person = (await desk.house.bureau.store.deliveries(MAIN))[0].to[0]
        await desk.tap(person, MAIN)
        assert (await desk.pushes())[MAIN].state is State.SENT


async def test_an_unknown_push_of_the_app_is_not_repeated_after_four_hours(desk):
    desk.world.faults.add("message/send", FaultKind.MALFORMED, times=500)
    await desk.at("2026-06-15 17:30")
    push = (await desk.pushes())[MAIN]
    assert push.state is State.UNKNOWN
    last = (await desk.house.bureau.store.deliveries(MAIN))[-1]
    first = (await desk.house.bureau.store.deliveries(MAIN))[0]
    assert (last.begun - first.begun).total_seconds() <= (3 * 60 + 50) * 60


async def test_a_busy_wecom_is_asked_again_and_then_heard(desk):
    await desk.at("2026-06-15 09:13")  # the summary and its picture have left
    desk.world.faults.add("webhook/send", FaultKind.ERRCODE, errcode=45009)
    await desk.at("2026-06-15 11:00")
    push = (await desk.pushes())[GROUP_MAIN]
    assert push.state is State.SENT
    assert len(await desk.house.bureau.store.deliveries(GROUP_MAIN)) == 2


async def test_a_process_that_died_while_sending_leaves_unknown_and_never_a_second_message(desk):
    await desk.at("2026-06-15 09:00")
    store, push = desk.house.bureau.store, (await desk.pushes())[GROUP_MAIN]

    begun = Delivery(push=push.key, part=0, attempt=1, begun=desk.clock.now(), body="{}")
    cohort = Cohort(push=push.key, covered=(), tappable=False)
    assert await store.begin(begun, cohort)  # and here the process dies
    assert await recover(desk.house.bureau) == [push.key]
    await desk.at("2026-06-15 17:30")
    assert (await desk.pushes())[GROUP_MAIN].state is State.UNKNOWN
    assert desk.heard("zx") == 0


async def test_nothing_is_sent_while_the_disk_takes_no_row_and_all_is_sent_afterwards(desk):
    await desk.at("2026-06-15 09:00")
    with full_disk():
        desk.clock.jump(moment("2026-06-15 09:30"))
        assert await desk.house.tick() != []
        assert desk.heard("zx") == 0
    await desk.at("2026-06-15 10:40")
    assert (await desk.pushes())[GROUP_MAIN].state is State.SENT


async def test_a_person_in_two_targets_gets_the_card_once(desk):
    await desk.at("2026-06-15 11:00")
    cards = [m for m in desk.world.posted if m.task_id.startswith("dragon-boat-2026_main")]
    reached = [person for card in cards for person in card.reached]
    assert len(reached) == len(set(reached))


async def test_more_than_a_thousand_people_are_served_in_parts(tmp_path):
    async with office(tmp_path) as desk:
        people = [Member(id=f"p{n:05d}", name="张三", branch="机关一支部") for n in range(2001)]
        for member in people:
            desk.world.add_user(member.id, member.name)
        await desk.house.bureau.store.set_members(people)
        await desk.at("2026-06-15 11:00")
        tasks = {m.task_id: len(m.reached) for m in desk.world.posted if m.task_id}
        assert tasks == {MAIN: 1000, f"{MAIN}_1": 1000, f"{MAIN}_2": 1}
        assert (await desk.pushes())[MAIN].state is State.SENT


async def test_a_target_whose_roster_is_empty_is_skipped_with_the_reason(desk):
    await desk.house.bureau.store.set_members([])
    await desk.at("2026-06-15 11:00")
    push = (await desk.pushes())[MAIN]
    assert push.state is State.SKIPPED
    assert "名册" in push.reason


async def test_people_on_leave_and_away_are_not_asked(desk):
    roster = [
        Member(id="me", name="我", branch="机关一支部"),
        Member(id="u001", name="甲", branch="机关一支部", on_duty=False),
        Member(id="u002", name="乙", branch="机关一支部", leave_until=moment(DAY).date()),
        Member(id="u003", name="丙", branch="机关一支部", leave_until=moment(EVE).date()),
    ]
    await desk.house.bureau.store.set_members(roster)
    await desk.at("2026-06-15 11:00")
    cohort = await desk.house.bureau.store.cohort(MAIN)
    assert cohort is not None
    assert cohort.covered == ("me", "u003")


DAY, EVE = "2026-06-15 00:00", "2026-06-14 00:00"


async def test_a_hand_that_sends_waits_for_the_next_day_when_the_group_heard_something_today(desk):
    await desk.at("2026-06-15 10:07")
    params = {"item": "SC-01", "to": "zx"}
    answer = await VERBS["send"](desk.house.bureau, desk.clock.now(), params)
    assert answer["state"] == "planned"
    assert answer["not_before"] > "2026-06-16"
    await desk.at("2026-06-16 12:00")
    assert desk.heard("zx") == 2


async def test_a_text_without_approval_is_not_sent_by_hand_either(tmp_path):
    async with office(tmp_path, approved=False) as desk:
        params = {"item": "SC-01", "to": "zx"}
        with pytest.raises(Mistake, match="未经审批"):
            await VERBS["send"](desk.house.bureau, desk.clock.now(), params)
        assert desk.heard("zx") == 0


async def test_no_key_and_no_secret_reaches_any_log_line(desk, caplog):
    caplog.set_level(logging.DEBUG)
    desk.world.faults.add("webhook/send", FaultKind.MALFORMED)
    desk.world.faults.add("message/send", FaultKind.STATUS)
    desk.world.stop_webhook(desk.stage.keys["office"])
    await desk.at("2026-06-15 17:30")
    told = caplog.text + repr(desk.house.config) + repr(desk.house.bureau)
    secrets = [*desk.stage.keys.values(), "demo-app-secret", "DemoToken1"]
    secrets += [desk.world.gettoken(desk.world.corp_id, "demo-app-secret")["access_token"]]
    assert [secret for secret in secrets if secret in told] == []
    kept = everything_in(desk.home / "data")
    assert [secret for secret in secrets if secret in kept] == []


async def test_a_notice_that_moves_a_node_never_makes_a_second_warning(desk):
    await desk.at("2026-06-15 11:00")
    override = desk.home / "schedules" / "overrides" / "2026.toml"
    override.write_text('[[day]]\ndate = "2026-06-18"\nworkday = false\n', encoding="utf-8")
    await desk.at("2026-06-17 17:30")
    finals = [key for key in await desk.pushes() if key.startswith("dragon-boat-2026_final")]
    mains = [m.task_id for m in desk.world.posted if m.task_id.startswith("dragon-boat-2026_main")]
    assert len(finals) == 3, "the final moved to the new last workday"
    assert len(mains) == len(set(mains)) == 2


async def test_a_late_start_sends_the_main_within_its_window_and_not_after(tmp_path):
    async with office(tmp_path, start="2026-06-16 10:00") as desk:
        await desk.at("2026-06-16 11:05")
        assert (await desk.pushes())[MAIN].state is State.SENT
    late = tmp_path / "late"
    late.mkdir()
    async with office(late, start="2026-06-17 10:00") as desk:
        await desk.at("2026-06-17 17:00")
        assert MAIN not in await desk.pushes()


async def test_an_expired_text_is_not_sent(desk):
    path = only_wording(desk)
    text = path.read_text("utf-8")
    assert "失效: 2027-12-31" in text
    path.write_text(text.replace("失效: 2027-12-31", "失效: 2026-06-01"), encoding="utf-8")
    await desk.approve("N06")
    await desk.at("2026-06-15 17:30")
    assert not any(push.item == "N06" for push in (await desk.pushes()).values())


async def test_sent_rows_keep_the_words_as_sent_without_the_key(desk):
    await desk.at("2026-06-15 11:00")
    [row] = await desk.house.bureau.store.deliveries(GROUP_MAIN)
    assert "端午" in row.body
    assert "2026-001" in row.body, "the push number is in the footer"
    assert "自愿阅看，不作考核" in row.body
    assert row == replace(row, state=State.SENT)


async def test_a_process_that_died_while_the_app_was_sending_repeats_the_very_bytes(desk):
    await desk.at("2026-06-15 09:00")
    store, bureau = desk.house.bureau.store, desk.house.bureau
    people = ("me", "u001")
    body = bureau.channels["jg1"].body(CARD, people).decode()
    begun = Delivery(push=MAIN, part=0, attempt=1, begun=desk.clock.now(), body=body, to=people)
    begun = replace(begun, digest=bureau.library(moment(DAY).date()).item("N06").digest)
    assert await store.begin(begun, Cohort(push=MAIN, covered=people, tappable=True))
    await recover(bureau)
    await desk.at("2026-06-15 10:07")
    assert (await desk.pushes())[MAIN].state is State.SENT
    bodies = {row.body for row in await store.deliveries(MAIN)}
    assert bodies == {body}


CARD = Card(
    task_id=MAIN, source="廉政教育", title="端午", text="提醒", button="已阅", button_key="ack"
)


async def test_the_repeat_of_a_lost_answer_keeps_decent_hours(tmp_path):
    async with office(tmp_path, start="2026-06-15 17:04") as desk:
        desk.world.faults.add("message/send", FaultKind.MALFORMED, times=50)
        await desk.at("2026-06-15 21:30")
        tries = await desk.house.bureau.store.deliveries(MAIN)
        assert tries
        assert max(row.begun for row in tries) < moment("2026-06-15 17:10")
        assert (await desk.pushes())[MAIN].state is State.UNKNOWN
        assert await desk.house.next_wake() == moment("2026-06-16 08:45")


async def test_an_end_that_the_disk_did_not_take_is_unknown_without_a_restart(desk):
    """The message left, the row did not: nothing may stay `sending` for ever."""
    await desk.at("2026-06-15 09:17")
    desk.world.faults.add("webhook/send", FaultKind.SLOW, seconds=1.0)
    desk.clock.jump(moment("2026-06-15 09:20"))
    ticking = asyncio.create_task(desk.house.tick())
    for _ in range(200):
        if desk.heard("zx"):
            break
        await asyncio.sleep(0.02)
    with full_disk():
        assert await ticking != []
    await desk.at("2026-06-15 11:05")
    assert (await desk.pushes())[GROUP_MAIN].state is State.UNKNOWN
    assert desk.heard("zx") == 1


async def test_the_administrator_can_try_a_text_on_himself_and_nobody_is_counted(desk):
    await desk.at("2026-06-15 11:05")
    params = {"item": "SC-01", "to": "me"}
    answer = await VERBS["send"](desk.house.bureau, desk.clock.now(), params)
    assert answer["state"] == "sent"
    assert desk.world.posted[-1].reached == ("me",)
    told = await VERBS["summary"](desk.house.bureau, desk.clock.now(), {"week": "2026-W25"})
    assert [line["item"] for line in told["running_items"]] == ["N06"]


async def test_without_an_app_sending_to_oneself_says_what_to_fill_in(desk):
    alone = replace(desk.house.bureau, targets=desk.house.bureau.targets[:-1])
    with pytest.raises(Mistake, match="administrator"):
        await VERBS["send"](alone, desk.clock.now(), {"item": "SC-01", "to": "me"})


async def test_a_lost_answer_is_not_repeated_with_other_words(desk):
    await desk.at("2026-06-15 09:12")
    desk.world.faults.add("message/send", FaultKind.MALFORMED, times=2)
    desk.clock.jump(moment("2026-06-15 09:22"))
    await desk.house.tick()
    path = desk.home / "content" / "nodes" / "N06-端午.md"
    path.write_text(path.read_text("utf-8") + "\n改一句\n", encoding="utf-8")
    await desk.approve("N06")
    await desk.at("2026-06-15 17:30")
    assert (await desk.pushes())[MAIN].state is State.UNKNOWN
    assert len(await desk.house.bureau.store.deliveries(MAIN)) == 1


async def test_a_group_comes_back_with_a_new_address(desk):
    desk.world.remove_webhook(desk.stage.keys["zx"])
    await desk.at("2026-06-15 17:30")
    assert (await desk.pushes())[GROUP_MAIN].state is State.REFUSED
    key = desk.world.add_group("zx2", "下属中心", ["me"])
    again = replace(
        desk.house.bureau,
        channels={**desk.house.bureau.channels, "zx": Webhook(desk.house.http, key)},
    )
    desk.clock.jump(moment("2026-06-16 09:15"))
    params = {"item": "SC-01", "to": "zx"}
    assert (await VERBS["send"](again, desk.clock.now(), params))["state"] == "sent"
    assert desk.heard("zx2") == 1


async def test_a_hand_that_sends_never_takes_the_day_of_a_final(desk):
    await desk.at("2026-06-18 09:11")
    params = {"item": "SC-01", "to": "zx"}
    answer = await VERBS["send"](desk.house.bureau, desk.clock.now(), params)
    assert answer["state"] != "sent"
    await desk.at("2026-06-18 11:05")
    final = (await desk.pushes())["dragon-boat-2026_final@zx"]
    assert final.state is State.SENT


async def test_a_hand_that_sends_cannot_exceed_the_week(desk):
    await desk.at("2026-07-13 11:05")  # W29 has no node: two a week
    sent = []
    for day in ("14", "15", "16"):
        desk.clock.jump(moment(f"2026-07-{day} 10:07"))
        params = {"item": f"SC-{ {'14': '01', '15': '08', '16': '14'}[day] }", "to": "zx"}
        answer = await VERBS["send"](desk.house.bureau, desk.clock.now(), params)
        sent.append(answer["state"])
    await desk.at("2026-07-17 17:30")
    week = [m for m in desk.world.posted if m.chat == "zx" and m.at >= moment("2026-07-13 00:00")]
    assert len(week) <= 2, sent


async def test_sending_one_text_by_hand_sends_nothing_else(desk):
    desk.clock.jump(moment("2026-06-15 09:40"))  # main warnings are due, no tick has run
    await VERBS["send"](desk.house.bureau, desk.clock.now(), {"item": "SC-01", "to": "me"})
    assert [m.reached for m in desk.world.posted] == [("me",)]


async def test_two_hands_at_once_get_two_numbers(desk):
    desk.clock.jump(moment("2026-06-16 09:40"))
    ask = VERBS["send"]
    answers = await asyncio.gather(
        ask(desk.house.bureau, desk.clock.now(), {"item": "SC-01", "to": "me"}),
        ask(desk.house.bureau, desk.clock.now(), {"item": "SP-05", "to": "me"}),
    )
    assert len({answer["key"] for answer in answers}) == 2
    assert {answer["item"] for answer in answers} == {"SC-01", "SP-05"}


async def test_a_node_text_sent_by_hand_speaks_of_its_next_day(desk):
    await desk.at("2026-06-16 09:40")
    await VERBS["send"](desk.house.bureau, desk.clock.now(), {"item": "N10", "to": "zx"})
    body = json.dumps(desk.world.posted[-1].body, ensure_ascii=False)
    assert "9月25日" in body
    assert "{" not in body.split("content")[1].replace('"', "").rstrip("}")


async def test_a_tick_that_lasts_into_the_evening_sends_nothing_in_the_evening(desk):
    await desk.at("2026-06-15 09:05")
    first = desk.house.bureau.channels["jg1"]

    class Slow:
        """An app whose first call lasts until the evening."""

        def __getattr__(self, name):
            return getattr(first, name)

        async def send(self, body):
            desk.clock.jump(moment("2026-06-15 20:00"))
            return await first.send(body)

    ways = {**desk.house.bureau.channels, "jg1": Slow(), "jg2": Slow()}
    desk.clock.jump(moment("2026-06-15 09:25"))
    assert await tick(replace(desk.house.bureau, channels=ways), desk.clock.now()) == []
    spoken = [m.at for m in desk.world.posted if m.chat != "office"]
    assert len(spoken) == 1


async def test_one_bad_push_never_stops_those_behind_it(desk):
    first = desk.house.bureau.channels["jg1"]

    class Broken:
        def __getattr__(self, name):
            return getattr(first, name)

        def body(self, message, to):
            raise KeyError("a mistake of ours")

    ways = {**desk.house.bureau.channels, "jg1": Broken(), "jg2": Broken()}
    await desk.at("2026-06-15 09:05")
    desk.clock.jump(moment("2026-06-15 09:25"))
    await tick(replace(desk.house.bureau, channels=ways), desk.clock.now())
    assert desk.heard("zx") == 1
    assert (await desk.pushes())[MAIN].reason == "程序出错，稍后再试"


async def test_a_target_that_changed_its_channel_ends_its_rows(desk):
    await desk.at("2026-06-15 09:05")
    targets = tuple(replace(t, channel="app") if t.id == "zx" else t for t in desk.stage_targets())
    ways = {**desk.house.bureau.channels, "zx": desk.house.bureau.channels["jg1"]}
    desk.clock.jump(moment("2026-06-15 09:25"))
    bureau = replace(desk.house.bureau, targets=targets, channels=ways)
    await tick(bureau, desk.clock.now())
    push = (await desk.pushes())[GROUP_MAIN]
    assert (push.state, push.reason) == (State.SKIPPED, "对象的渠道已更改")


async def test_rows_of_a_target_that_is_gone_end_when_their_window_closes(desk):
    await desk.at("2026-06-15 09:05")
    bureau = replace(desk.house.bureau, targets=(), channels={})
    desk.clock.jump(moment("2026-06-15 09:25"))
    await tick(bureau, desk.clock.now())
    assert await next_wake(bureau, desk.clock.now()) > desk.clock.now()
    desk.clock.jump(moment("2026-06-17 09:15"))
    await tick(bureau, desk.clock.now())
    assert (await desk.pushes())[GROUP_MAIN].state is State.EXPIRED


async def test_a_refused_card_takes_nobody_from_their_other_target(desk):
    desk.world.faults.add("message/send", FaultKind.ERRCODE, errcode=44004)
    await desk.at("2026-06-15 11:05")
    states = {key: push.state for key, push in (await desk.pushes()).items()}
    refused = [key for key in states if states[key] is State.REFUSED]
    assert len(refused) == 1
    got = {p for m in desk.world.posted if m.task_id for p in m.reached}
    both = {m.id for m in desk.stage.roster if m.department == "机关二支部"}
    assert {m.id for m in desk.stage.roster if m.branch == "机关一支部"} & both <= got


async def test_the_plan_shows_what_a_late_window_still_admits(tmp_path):
    async with office(tmp_path, start="2026-06-23 08:40") as desk:
        ask = {"from": "2026-06-23", "days": 1}
        answer = await VERBS["plan"](desk.house.bureau, desk.clock.now(), ask)
        shown = {push["key"] for push in answer["pushes"]}
        await desk.at("2026-06-23 17:30")
        sent = {key for key, p in (await desk.pushes(State.SENT)).items() if p.item}
        assert sent == shown != set()


async def test_a_lost_answer_to_the_first_thousand_is_repeated_after_the_second_was_sent(tmp_path):
    async with office(tmp_path) as desk:
        people = [Member(id=f"p{n:05d}", name="张三", branch="机关一支部") for n in range(1500)]
        for member in people:
            desk.world.add_user(member.id, member.name)
        await desk.house.bureau.store.set_members(people)
        desk.world.faults.add("message/send", FaultKind.DROP_BEFORE)
        await desk.at("2026-06-15 11:05")
        push = (await desk.pushes())[MAIN]
        assert push.state is State.SENT
        assert sum(len(m.reached) for m in desk.world.posted if m.task_id) == 1500


async def test_what_the_plan_promises_is_what_is_sent(tmp_path):
    """A text that a week before the first start would have used is not used up."""
    async with office(tmp_path) as desk:
        ask = {"from": "2026-06-15", "days": 15}
        answer = await VERBS["plan"](desk.house.bureau, desk.clock.now(), ask)
        promised = {push["key"]: push["item"] for push in answer["pushes"]}
        await desk.at("2026-06-29 17:30")
        sent = {key: p.item for key, p in (await desk.pushes(State.SENT)).items() if p.item}
        assert sent == promised


async def test_a_broken_notice_at_a_cold_start_holds_everything_until_it_is_mended(tmp_path):
    async with office(tmp_path) as desk:
        notice = desk.home / "schedules" / "overrides" / "2026.toml"
        notice.write_text("[[day]]\ndate = 2026-06-15\nworkday = flase\n", encoding="utf-8")
        cold = replace(desk.house.bureau, shelf=Shelf(desk.house.bureau.shelf.folders))
        desk.clock.jump(moment("2026-06-15 09:40"))
        assert await tick(cold, desk.clock.now()) == []
        assert desk.world.posted == []
        assert await next_wake(cold, desk.clock.now()) > desk.clock.now()
        notice.unlink()
        assert await tick(cold, desk.clock.now()) == []
        assert desk.heard("zx") == 1


async def test_a_text_that_has_just_gone_is_never_replaced_by_the_summary(desk):
    await desk.at("2026-06-15 11:00")
    push = (await desk.pushes())[MAIN]
    (desk.home / "content" / "nodes" / "N06-端午.md").unlink()
    bureau = desk.house.bureau
    desk.clock.jump(moment("2026-06-15 11:05"))
    with pytest.raises(ValueError, match="不在库中"):
        await compose.message_of(push, 0, bureau, bureau.moment())
