"""The calendar in a running office: the first day back, pauses, and a year announced late."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import timedelta

import pytest

from bot.core import messages
from bot.core.model import Member, State
from bot.engine import compose, planner, ticks
from bot.verbs import VERBS, Mistake
from tests.engine.office import moment, office

AFTER = "dragon-boat-2026_after@jg1"
MAIN, GROUP_MAIN = "dragon-boat-2026_main@jg1", "dragon-boat-2026_main@zx"


async def ask(desk, verb, **params):
    return await VERBS[verb](desk.house.bureau, desk.clock.now(), params)


async def test_on_the_first_day_back_the_card_says_what_was_written_for_it(desk):
    await desk.at("2026-06-22 11:00")
    push = (await desk.pushes())[AFTER]
    assert push.state is State.SENT
    (row,) = await desk.house.bureau.store.deliveries(AFTER)
    item = desk.house.bureau.library(desk.clock.now().date()).item(push.item)
    said = json.loads(row.body)["template_card"]["sub_title_text"]
    assert said == item.sections["节后"].strip() != item.summary


async def test_a_week_in_which_a_node_is_only_over_holds_two_for_a_hand_as_well(desk):
    await desk.at("2026-06-22 11:05")  # the node's last word, on the first day back
    answers = []
    for day, item in (("23", "SC-01"), ("24", "SC-08")):
        await desk.at(f"2026-06-{day} 10:07")
        params = {"item": item, "to": "zx"}
        answers.append(await VERBS["send"](desk.house.bureau, desk.clock.now(), params))
    assert [answer["state"] for answer in answers] == ["sent", "expired"]
    assert messages.WAIT_WEEK_CAP.format(2) in answers[1]["reason"]


@pytest.mark.parametrize(
    "sends",
    [
        ("2026-06-22 11:05", "2026-06-23 10:07", "2026-06-24 10:07"),  # the third this week
        ("2026-07-21 08:55", "2026-07-21 10:07", "2026-07-21 14:47"),  # the second today
    ],
)
async def test_somebody_in_two_targets_hears_no_more_by_both_together(desk, sends):
    both = Member(id="both", name="某", branch="机关一支部", department="机关二支部")
    others = [Member(id=f"p{n}", name="某", branch=f"机关{n}支部") for n in "一二"]
    for member in (both, *others):
        desk.world.add_user(member.id, member.name)
    await desk.house.bureau.store.set_members([both, *others])
    start, *moments = sends
    await desk.at(start)
    for when, item, target in zip(moments, ("SC-01", "SC-08"), ("jg2", "jg1"), strict=True):
        await desk.at(when)
        params = {"item": item, "to": target}
        answer = await VERBS["send"](desk.house.bureau, desk.clock.now(), params)
    (row,) = await desk.house.bureau.store.deliveries(answer["key"])
    assert row.to == ("p一",)


async def test_whom_the_plan_spares_is_not_on_the_roster_of_the_push(desk):
    bureau = desk.house.bureau
    members = [Member(id=name, name="某", branch="机关一支部") for name in ("Zhang", "li")]
    await bureau.store.set_members(members)
    await desk.at("2026-06-15 09:05")
    push = (await desk.pushes())[MAIN]
    today = desk.clock.now().date()
    assert (await compose.cohort_of(push, bureau, today)).covered == ("Zhang", "li")
    spared = replace(push, spared=("zhang",))
    assert (await compose.cohort_of(spared, bureau, today)).covered == ("li",)


# -- pauses --------------------------------------------------------------------------------------


async def test_a_pause_is_asked_for_again_at_delivery_and_resume_lets_the_warning_go(desk):
    await desk.at("2026-06-15 09:05")
    assert (await desk.pushes())[MAIN].state is State.PLANNED, "planned before the pause"
    assert (await ask(desk, "pause"))["paused"] is True
    await desk.at("2026-06-15 11:00")
    rows = await desk.pushes()
    assert {rows[key].reason for key in (MAIN, GROUP_MAIN)} == {messages.SKIP_PAUSED}
    assert {r.chat for r in desk.world.log if r.kind == "message"} == {"office"}, "the office hears"
    shown = await ask(desk, "plan", days=5)
    assert messages.SKIP_PAUSED in {skip["reason"] for skip in shown["skipped"]}
    assert await ask(desk, "resume") == {"paused": False, "was": True}
    await desk.at("2026-06-15 11:19")
    rows = await desk.pushes()
    assert {rows[key].state for key in (MAIN, GROUP_MAIN)} == {State.SENT}
    assert await ask(desk, "resume") == {"paused": False, "was": False}


async def test_a_pause_until_a_day_ends_by_itself_and_what_was_too_late_by_then_is_not_sent(desk):
    await desk.at("2026-06-15 09:05")
    answer = await ask(desk, "pause", until="2026-06-18")
    assert answer["until"] == "2026-06-18"
    for jump in ("2026-06-15 17:00", "2026-06-17 09:05"):  # it would be looked at all the time
        desk.clock.jump(moment(jump))
        assert await desk.house.tick() == []
    desk.clock.jump(moment("2026-06-18 08:46"))
    await desk.at("2026-06-18 11:00")
    rows = await desk.pushes()
    assert rows[MAIN].state is State.EXPIRED
    assert messages.SKIP_PAUSED in rows[MAIN].reason
    assert rows["dragon-boat-2026_final@jg1"].state is State.SENT
    states = await desk.house.bureau.store.targets()
    assert planner.pause_of(states, moment("2026-06-18 09:00").date()) is None


@pytest.mark.parametrize("until", ["2026-06-15", "2026-06-01"])
async def test_a_pause_that_would_be_over_already_is_refused(desk, until):
    with pytest.raises(Mistake, match="不在以后"):
        await ask(desk, "pause", until=until)


# -- what was missed -----------------------------------------------------------------------------


async def test_a_warning_missed_while_nothing_ran_is_an_end_that_is_told_and_never_sent(tmp_path):
    async with office(tmp_path, start="2026-06-12 08:40") as desk:
        await desk.at("2026-06-12 11:00")  # Friday's case goes out: the bureau has begun
        desk.clock.jump(moment("2026-06-17 09:05"))  # the machine was off over 06-15 and 06-16
        assert await desk.house.tick() == []
        push = (await desk.pushes())[MAIN]
        assert (push.state, push.reason) == (State.EXPIRED, messages.MISSED)
        await desk.at("2026-06-18 11:00")
        rows = await desk.pushes()
        assert rows[MAIN].state is State.EXPIRED
        assert rows["dragon-boat-2026_final@jg1"].state is State.SENT
        assert not await desk.house.bureau.store.deliveries(MAIN)


async def test_what_was_due_before_the_first_push_or_may_still_go_is_no_miss(desk):
    await desk.at("2026-06-15 11:00")
    bureau, now = desk.house.bureau, moment("2026-06-17 09:05")
    whole = await planner.plan_of(bureau, bureau.library(now.date()), now.date())
    first = now.date() - timedelta(days=ticks.LOOK_BACK)
    history = [push for push in await bureau.store.pushes() if push.item]
    assert ticks.missed(first, whole, history, now) == []
    assert ticks.missed(first, whole, [], now) == [], "nothing was ever sent here"
    before = [replace(push, key=f"x-{push.key}", covers=("x",)) for push in history]
    early = [replace(push, due=push.due - timedelta(days=4)) for push in before]
    gone = ticks.missed(first, whole, early, now)
    assert {push.key for push in gone} == {MAIN, GROUP_MAIN, "dragon-boat-2026_main@jg2"}
    assert {(push.state, push.reason) for push in gone} == {(State.EXPIRED, messages.MISSED)}
    open_still = moment("2026-06-16 17:00")
    assert ticks.missed(first, whole, early, open_still) == []


# -- a year that is announced late ---------------------------------------------------------------

# Hypothetical: nobody has announced 2027. 除夕 is Friday 02-05, and this notice begins on 02-04.
NOTICE = """国务院办公厅关于2027年部分节假日安排的通知
国办发明电〔2026〕99号

一、元旦：1月1日（周五）至3日（周日）放假，共3天。
二、春节：2月4日（周四）至10日（周三）放假调休，共7天。1月30日（周六）、2月13日（周六）上班。
三、清明节：4月3日（周六）至5日（周一）放假，共3天。
四、劳动节：5月1日（周六）至5日（周三）放假调休，共5天。4月25日（周日）、5月8日（周六）上班。
五、端午节：6月9日（周三）放假，共1天。
六、中秋节：9月15日（周三）放假，共1天。
七、国庆节：10月1日（周五）至7日（周四）放假调休，共7天。9月26日（周日）、10月9日（周六）上班。
"""
ESTIMATED = {"early": "01-19", "main": "01-27", "final": "02-01", "after": "02-09"}
ANNOUNCED = {"early": "01-21", "main": "01-29", "final": "02-02", "after": "02-11"}


@pytest.mark.parametrize(
    ("pasted", "moved"),
    [
        ("2027-01-22 10:00", ("main", "final", "after")),
        ("2027-01-28 10:00", ("final", "after")),
    ],
)
async def test_a_notice_pasted_into_a_running_bot_moves_the_unsent_and_sends_nothing_twice(
    tmp_path, pasted, moved
):
    async with office(tmp_path, start="2027-01-18 08:40") as desk:
        await desk.at(pasted)
        before = {key: push for key, push in (await desk.pushes()).items() if push.sent_at}
        bodies = {key: await desk.house.bureau.store.deliveries(key) for key in before}
        looked = await ask(desk, "calendar-import", text=NOTICE)
        assert (looked["problems"], looked["written"]) == ([], None), "first the year is shown"
        written = await ask(desk, "calendar-import", text=NOTICE, write=True)
        assert written["written"] == "schedules/overrides/2027.toml"
        await desk.at("2027-02-12 17:30")
        rows = await desk.pushes()
        for target in ("jg1", "zx"):
            mine = {
                push.part: push
                for push in rows.values()
                if push.node == "spring-festival" and push.target == target
            }
            told = {part: f"{push.sent_at:%m-%d}" for part, push in mine.items()}
            assert told == {**ESTIMATED, **{part: ANNOUNCED[part] for part in moved}}
            assert {push.state for push in mine.values()} == {State.SENT}
            assert {part for part, push in mine.items() if push.provisional} == set(
                ESTIMATED
            ) - set(moved)
        for key, push in before.items():  # what was sent stays as it was sent
            assert rows[key] == push
            assert await desk.house.bureau.store.deliveries(key) == bodies[key]
        posted = [m for m in desk.world.posted if m.chat == "zx"]
        sent = [push for push in rows.values() if push.target == "zx" and push.sent_at]
        assert len(posted) == len(sent), "WeCom heard each once"
        assert all(
            push.sent_at.weekday() < 5 or f"{push.sent_at:%m-%d}" == "01-30" for push in sent
        )
