"""What every store promises (bot.store.Store)."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from datetime import date, timedelta

import pytest

from bot.core.model import Member, State, Step
from bot.store import TargetState
from tests.store.rows import (
    MEMBERS,
    MINUTE,
    MONDAY,
    PEOPLE,
    attempt,
    brought_to,
    cohort,
    push,
    receipt,
)

P = push()
UNBEGINNABLE = [State.SENDING, State.SENT, State.REFUSED, State.SKIPPED, State.EXPIRED]


# -- planning ----------------------------------------------------------------------------------


async def test_a_push_is_added_once_however_often_it_is_planned(store):
    assert await store.add_pushes([P, push("jg2")]) == 2
    assert await store.add_pushes([replace(P, item="N99"), push("jg3"), push("jg3")]) == 1
    assert (await store.push(P.key)).item == "N06"
    assert len(await store.pushes()) == 3


async def test_a_push_and_its_roster_are_one_question(store):
    assert await store.addressed(P.key) == (None, None)
    of = await brought_to(store, State.SENT, P)
    assert await store.addressed(P.key) == (of, await store.cohort(P.key))
    assert (await store.addressed(P.key))[1].covered == PEOPLE
    await store.forget(PEOPLE[0], MONDAY)
    assert PEOPLE[0] not in (await store.addressed(P.key))[1].covered  # not from memory either


async def test_planning_nothing_adds_nothing(store):
    assert await store.add_pushes([]) == 0
    assert await store.pushes() == []


async def test_due_gives_the_most_urgent_first_then_the_earliest(store):
    late, early = push("late", due=MONDAY), push("early", due=MONDAY - MINUTE)
    urgent = push("urgent", due=MONDAY, rank=-1)
    await store.add_pushes([late, urgent, early])
    assert await store.due(MONDAY, 10, ["webhook"]) == [urgent, early, late]
    assert await store.due(MONDAY, 1, ["webhook"]) == [urgent]


async def test_due_holds_back_what_is_not_yet_due_and_other_channels(store):
    await store.add_pushes([P, push("app", channel="app"), push("next", due=MONDAY + MINUTE)])
    assert await store.due(MONDAY, 10, ["webhook"]) == [P]
    assert await store.due(MONDAY - MINUTE, 10, ["webhook"]) == []


async def test_due_respects_not_before(store):
    await store.add_pushes([P])
    await store.postpone(P.key, MONDAY + MINUTE, "排队")
    assert await store.due(MONDAY, 10, ["webhook"]) == []
    assert await store.next_due() == MONDAY + MINUTE
    found = await store.due(MONDAY + MINUTE, 10, ["webhook"])
    assert [one.reason for one in found] == ["排队"]


async def test_a_not_before_in_the_past_never_makes_a_push_earlier(store):
    await store.add_pushes([P])
    await store.postpone(P.key, MONDAY - MINUTE, "")
    assert await store.next_due() == MONDAY


async def test_next_due_is_none_when_nothing_waits(store):
    assert await store.next_due() is None
    await brought_to(store, State.SENT, P)
    await brought_to(store, State.UNKNOWN, push("jg2"))
    assert await store.next_due() is None


async def test_pushes_come_by_due_time_and_can_be_asked_for_by_state(store):
    later = push("later", due=MONDAY + MINUTE)
    await store.add_pushes([later])
    await brought_to(store, State.SENT, P)
    assert [one.key for one in await store.pushes()] == [P.key, later.key]
    assert [one.key for one in await store.pushes([State.SENT])] == [P.key]
    assert await store.push("nobody_main@nowhere") is None


async def test_of_some_people_those_are_told_apart_who_have_acted(store):
    zhang, li, wang = PEOPLE
    await brought_to(store, State.SENT, P)
    await brought_to(store, State.SENT, push("jg2"))
    assert await store.acted(P.key, PEOPLE) == set()
    await store.add_receipt(receipt(P, zhang))
    await store.add_receipt(receipt(P, wang, step=Step.ANSWERED))
    await store.add_receipt(receipt(push("jg2"), li))
    assert await store.acted(P.key, PEOPLE) == {zhang, wang}
    assert await store.acted(P.key, [li, zhang, "nobody"]) == {zhang}
    assert await store.acted(P.key, []) == set()
    assert await store.acted("nobody_main@nowhere", PEOPLE) == set()


# -- begin and finish ----------------------------------------------------------------------------


async def test_of_many_begins_at_once_exactly_one_has_the_part(store):
    await store.add_pushes([P])
    begun = await asyncio.gather(
        *(store.begin(attempt(P, number=n), cohort(P)) for n in range(1, 9))
    )
    assert sorted(begun) == [False] * 7 + [True]
    assert len(await store.deliveries(P.key)) == 1


@pytest.mark.parametrize("state", UNBEGINNABLE)
async def test_what_is_on_its_way_or_has_ended_cannot_begin(store, state):
    before = await brought_to(store, state, P)
    assert not await store.begin(attempt(P, number=2), cohort(P))
    assert await store.push(P.key) == before


async def test_a_push_nobody_planned_cannot_begin(store):
    assert not await store.begin(attempt(P), cohort(P))
    assert await store.deliveries() == []
    assert await store.cohorts() == {}


async def test_an_unknown_push_may_begin_again_to_be_repeated(store):
    await brought_to(store, State.UNKNOWN, P)
    assert await store.begin(attempt(P, number=2), cohort(P))


async def test_parts_begin_each_for_itself(store):
    await store.add_pushes([P])
    assert await store.begin(attempt(P, part=0), cohort(P), 2)
    assert await store.begin(attempt(P, part=1), cohort(P), 2)
    assert not await store.begin(attempt(P, part=1, number=2), cohort(P), 2)


async def test_pushes_are_found_by_target_and_by_occurrence_and_part(store):
    other = push("jg2")
    friday = push("jg1", key="friday-2026W26_main@jg1", occurrence="friday-2026W26")
    await store.add_pushes([P, other, friday])
    await brought_to(store, State.SENT, other)
    found = {
        "target": await store.pushes(target="jg1"),
        "stem": await store.pushes(stem="dragon-boat-2026_main"),
        "both": await store.pushes(target="jg2", stem="dragon-boat-2026_main"),
        "sent": await store.pushes([State.SENT], stem="dragon-boat-2026_main"),
        "none": await store.pushes([State.SENT], target="jg1"),
    }
    sent = await store.push(other.key)
    assert found == {
        "target": [P, friday],
        "stem": [P, sent],
        "both": [sent],
        "sent": [sent],
        "none": [],
    }


async def test_the_attempts_at_one_part_are_told_apart_from_the_others(store):
    await store.add_pushes([P])
    for part, number in ((0, 1), (1, 1), (1, 2)):
        await store.begin(attempt(P, part, number), cohort(P), 11)
        await store.finish(attempt(P, part, number, state=State.PLANNED), 11, MONDAY)
    tried = [(row.part, row.attempt) for row in await store.deliveries(P.key, 1)]
    assert tried == [(1, 1), (1, 2)]
    assert await store.deliveries(P.key, 10) == []


async def test_of_many_parts_only_those_on_their_way_are_unknown_after_a_crash(shelf):
    """Each part has its own claim and its own end; the push counts them."""
    store, ends = shelf.store, [S, S, U, R, W]
    await store.add_pushes([P])
    for part, state in enumerate(ends):
        assert await store.begin(attempt(P, part=part), cohort(P), 7)
        await store.finish(attempt(P, part=part, state=state), 7, None)
    assert await store.begin(attempt(P, part=5), cohort(P), 7)
    store = shelf.reopen()
    assert await store.recover() == [P.key]
    assert await store.parts(P.key) == dict(enumerate([*ends, U, W]))
    assert (await store.push(P.key)).tally == {"sent": 2, "unknown": 2, "refused": 1}
    assert await store.again(P.key, "没有送达")
    assert await store.parts(P.key) == dict(enumerate([S, S, W, R, W, W, W]))
    assert await store.verify() == []


async def test_the_cohort_of_the_first_part_stays(store):
    await store.add_pushes([P])
    await store.begin(attempt(P, part=0), cohort(P, "zhang", "li"), 2)
    await store.begin(attempt(P, part=1), cohort(P, "somebody"), 2)
    assert (await store.cohort(P.key)).covered == ("zhang", "li")


S, R, U, W = State.SENT, State.REFUSED, State.UNKNOWN, State.PLANNED


@pytest.mark.parametrize(
    ("ends", "overall"),
    [
        ([S], S),
        ([R], R),
        ([U], U),
        ([W], W),
        ([S, S], S),
        ([S, R], S),
        ([R, R], R),
        ([R, U], U),
        ([S, U], U),
        ([S, W], W),
        ([U, W], W),
        ([R, R, S], S),
    ],
    ids=lambda value: "+".join(value) if isinstance(value, list) else str(value),
)
async def test_a_push_stands_where_its_parts_do(store, ends, overall):
    await store.add_pushes([P])
    for part, state in enumerate(ends):
        assert await store.begin(attempt(P, part=part), cohort(P), len(ends))
        await store.finish(attempt(P, part=part, state=state), len(ends), None)
    found = await store.push(P.key)
    assert found.state is overall
    assert await store.parts(P.key) == dict(enumerate(ends))


async def test_a_push_is_not_done_before_its_last_part(store):
    await store.add_pushes([P])
    await store.begin(attempt(P, part=0), cohort(P), 3)
    await store.finish(attempt(P, part=0, state=State.SENT), 3, None)
    found = await store.push(P.key)
    assert (found.state, found.sent_at) == (State.PLANNED, MONDAY)


async def test_a_retry_waits_until_not_before_and_can_begin_again(store):
    await store.add_pushes([P])
    await store.begin(attempt(P), cohort(P))
    retry = attempt(P, state=State.PLANNED, reason="45009")
    await store.finish(retry, 1, MONDAY + MINUTE)
    found = await store.push(P.key)
    assert (found.state, found.reason, found.sent_at) == (State.PLANNED, "45009", None)
    assert await store.due(MONDAY, 10, ["webhook"]) == []
    assert await store.begin(attempt(P, number=2, begun=MONDAY + MINUTE), cohort(P))
    await store.finish(attempt(P, number=2, begun=MONDAY + MINUTE, state=State.SENT), 1, None)
    assert (await store.push(P.key)).sent_at == MONDAY + MINUTE
    assert [row.state for row in await store.deliveries(P.key)] == [State.PLANNED, State.SENT]


@pytest.mark.parametrize("state", [State.PLANNED, State.REFUSED])
async def test_what_an_earlier_attempt_may_have_sent_stays_unknown(store, state):
    """A repeat that was not sent says nothing of the attempt before it."""
    await brought_to(store, State.UNKNOWN, P)
    await store.begin(attempt(P, number=2), cohort(P))
    await store.finish(attempt(P, number=2, state=state), 1, MONDAY + MINUTE)
    found = await store.push(P.key)
    assert (found.state, found.not_before) == (State.UNKNOWN, MONDAY + MINUTE)
    assert [row.state for row in await store.deliveries(P.key)] == [State.UNKNOWN, state]


async def test_nothing_turns_sent_back(store):
    await brought_to(store, State.SENT, P)
    await store.finish(attempt(P, state=State.REFUSED, reason="迟到的答复"), 1, None)
    assert (await store.push(P.key)).state is State.SENT


async def test_begun_since_counts_the_sends_to_one_target(store):
    for name, begun in (("jg1", MONDAY), ("jg1-b", MONDAY), ("jg2", MONDAY)):
        one = push(name)
        await store.add_pushes([one])
        await store.begin(attempt(one, begun=begun), cohort(one))
    assert await store.begun_since("jg1", MONDAY) == [MONDAY]
    assert await store.begun_since("jg1", MONDAY + MINUTE) == []
    assert await store.begun_since("1", MONDAY) == []


# -- other changes of state ----------------------------------------------------------------------

NOT_PLANNED = [state for state in State if state is not State.PLANNED]


@pytest.mark.parametrize("state", NOT_PLANNED)
async def test_only_a_planned_push_can_be_skipped_or_expire(store, state):
    before = await brought_to(store, state, P)
    assert not await store.end(P.key, State.EXPIRED, "太迟")
    assert await store.push(P.key) == before


async def test_the_end_of_a_planned_push_carries_its_reason(store):
    await store.add_pushes([P])
    await store.postpone(P.key, MONDAY + MINUTE, "排队")
    assert await store.end(P.key, State.SKIPPED, "放假")
    found = await store.push(P.key)
    assert (found.state, found.reason, found.not_before) == (State.SKIPPED, "放假", None)
    assert not await store.end("nobody_main@nowhere", State.SKIPPED, "")


async def test_pushes_can_be_asked_for_by_their_targets_and_since_a_moment(store):
    old, other = push("jg2", due=MONDAY - MINUTE), push("jg3")
    await store.add_pushes([old, P, other])
    assert await store.pushes(targets=["jg1", "jg2"]) == [old, P]
    assert await store.pushes(targets=["jg1", "jg2"], since=MONDAY) == [P]
    assert await store.pushes([State.PLANNED], since=MONDAY) == [P, other]
    assert await store.pushes([State.SENT], targets=["jg1"]) == []


async def test_members_can_be_asked_for_by_branch_or_department(store):
    one, other = Member(id="a", name="甲", branch="一"), Member(id="b", name="乙", branch="二")
    third = Member(id="c", name="丙", branch="二", department="一")
    for roster in ((other,), (one, other, third)):
        await store.set_members(roster)
    assert await store.members() == [one, other, third]
    assert await store.members("一") == [one, third]
    assert await store.members("三") == []
    await store.set_members(())
    assert await store.members() == []


async def test_of_each_target_is_told_how_many_texts_it_had_and_since_when(store):
    assert await store.told() == {}
    early = replace(P, key="friday-2026W24_main@jg1", due=MONDAY - MINUTE)
    await store.add_pushes([P, early, push("jg2"), push("office", item="")])
    assert await store.told() == {
        "jg1": (2, 0, MONDAY - MINUTE),
        "jg2": (1, 0, MONDAY),
    }
    await store.end(P.key, State.SKIPPED, "理由")
    await brought_to(store, State.SENT, push("jg2"))
    assert await store.told() == {
        "jg1": (2, 1, MONDAY - MINUTE),
        "jg2": (1, 0, MONDAY),
    }


async def test_all_rows_of_an_occurrence_stand_in_the_week_of_its_first(store):
    """Also of those that come later, and of a part of its own."""
    await store.add_pushes([P, push("jg2")])
    later = push("jg3", due=MONDAY + 20000 * MINUTE)
    final = push("jg1", key="dragon-boat-2026_final@jg1", part="final", due=later.due)
    assert await store.add_pushes([later, final, P]) == 2
    assert await store.add_pushes([later, final, P]) == 0
    for one in (P, later, final):
        assert await store.begin(attempt(one), cohort(one))
        await store.add_receipt(receipt(one))
    parts = await store.acts()
    assert len(parts.receipts) == 3
    assert await store.verify() == []


@pytest.mark.parametrize("state", [*UNBEGINNABLE])
async def test_what_has_ended_or_is_on_its_way_is_not_postponed(store, state):
    before = await brought_to(store, state, P)
    await store.postpone(P.key, MONDAY + MINUTE, "以后再说")
    assert await store.push(P.key) == before


async def test_the_repeat_of_an_unknown_push_can_be_put_off_and_called_off(store):
    await brought_to(store, State.UNKNOWN, P)
    await store.postpone(P.key, MONDAY + MINUTE, "再试")
    assert await store.next_due() == MONDAY + MINUTE
    await store.postpone(P.key, None, "不再试")
    assert await store.next_due() is None
    assert (await store.push(P.key)).state is State.UNKNOWN


@pytest.mark.parametrize("state", [state for state in State if state is not State.UNKNOWN])
async def test_only_what_is_unknown_can_be_confirmed(store, state):
    before = await brought_to(store, state, P)
    assert not await store.confirm(P.key, 0)
    assert await store.push(P.key) == before


async def test_a_confirmed_push_is_sent_at_its_first_attempt_and_stays_so(store):
    await brought_to(store, State.UNKNOWN, P)
    assert await store.confirm(P.key, 0)
    assert not await store.confirm(P.key, 0)
    found = await store.push(P.key)
    assert (found.state, found.sent_at) == (State.SENT, MONDAY)


async def test_confirming_one_part_says_nothing_of_the_others(store):
    await store.add_pushes([P])
    for part in (0, 1):
        await store.begin(attempt(P, part=part), cohort(P), 3)
        await store.finish(attempt(P, part=part, state=State.UNKNOWN), 3, None)
    assert await store.confirm(P.key, 0)
    assert not await store.confirm(P.key, 2)
    found = await store.push(P.key)
    assert found.state is State.PLANNED  # the third is still to go
    assert await store.parts(P.key) == {0: S, 1: U, 2: W}


async def test_what_did_not_arrive_is_sent_again_and_its_next_end_is_believed(store):
    await brought_to(store, State.UNKNOWN, P)
    assert await store.again(P.key, "没有送达")
    found = await store.push(P.key)
    assert (found.state, found.reason, found.sent_at) == (State.PLANNED, "没有送达", None)
    assert [row.state for row in await store.deliveries(P.key)] == [State.REFUSED]
    assert await store.begin(attempt(P, number=2), cohort(P))
    await store.finish(attempt(P, number=2, state=State.REFUSED), 1, None)
    assert (await store.push(P.key)).state is State.REFUSED


@pytest.mark.parametrize("state", [state for state in State if state is not State.UNKNOWN])
async def test_only_what_is_unknown_is_sent_again(store, state):
    before = await brought_to(store, state, P)
    assert not await store.again(P.key, "没有送达")
    assert await store.push(P.key) == before


async def test_the_parts_that_arrived_are_not_sent_again(store):
    await store.add_pushes([P])
    for part, end in enumerate((State.SENT, State.UNKNOWN)):
        await store.begin(attempt(P, part=part), cohort(P), 2)
        await store.finish(attempt(P, part=part, state=end), 2, None)
    assert await store.again(P.key, "没有送达")
    found = await store.push(P.key)
    assert (await store.parts(P.key), found.sent_at) == ({0: S, 1: W}, MONDAY)


async def test_a_crash_in_the_first_part_never_passes_for_the_whole(shelf):
    store = shelf.store
    await store.add_pushes([P])
    await store.begin(attempt(P, part=0), cohort(P), 2)
    store = shelf.reopen()
    assert await store.recover() == [P.key]
    assert await store.confirm(P.key, 0)
    assert (await store.push(P.key)).state is State.PLANNED


async def test_recover_turns_sending_to_unknown_and_nothing_else(shelf):
    before = {
        state: await brought_to(shelf.store, state, push(f"t{number}"))
        for number, state in enumerate(State)
    }
    store = shelf.reopen()
    assert await store.recover() == [before[State.SENDING].key]
    after = {state: await store.push(one.key) for state, one in before.items()}
    lost = after.pop(State.SENDING)
    assert (lost.state, lost.sent_at, lost.not_before) == (State.UNKNOWN, MONDAY, None)
    assert all(one == before[state] for state, one in after.items())
    assert await store.recover() == []


# -- what came back ----------------------------------------------------------------------------


async def test_a_receipt_counts_once_and_its_first_time_stays(store):
    assert await store.add_receipt(receipt(P))
    assert not await store.add_receipt(receipt(P, at=MONDAY + timedelta(days=1), means="页面"))
    (kept,) = (await store.acts()).receipts
    assert kept == receipt(P)


async def test_receipts_of_another_push_person_or_step_are_others(store):
    others = [
        receipt(P),
        receipt(push("jg2")),
        receipt(P, "li"),
        receipt(P, step=Step.ANSWERED),
        receipt(P, "ZHANG"),
    ]
    assert [await store.add_receipt(one) for one in others] == [True] * 5


async def test_of_many_taps_at_once_one_is_recorded(store):
    added = await asyncio.gather(*(store.add_receipt(receipt(P)) for _ in range(8)))
    assert added.count(True) == 1
    assert len((await store.acts()).receipts) == 1


async def test_acts_name_whoever_wecom_could_not_reach_as_the_roster_spells_them(store):
    await store.add_pushes([P])
    to = ("ZhangSan", "li", "wang")
    await store.begin(attempt(P, to=to), cohort(P, *to))
    end = attempt(P, to=to, state=State.SENT, invalid=("zhangsan",), unlicensed=("wang", "other"))
    await store.finish(end, 1, None)
    assert (await store.acts()).unreached == {P.key: {"ZhangSan", "wang"}}


async def test_counts_add_up_over_days(store):
    for day in ("2026-06-15", "2026-06-15", "2026-06-16"):
        await store.count("stranger", day)
    await store.count("too-late", "2026-06-15")
    assert await store.counts() == {"stranger": 3, "too-late": 1}


async def test_an_occurrence_gets_its_number_once_and_a_new_year_begins_at_one(store):
    given = [await store.number(name, 2026) for name in ("a", "b", "a", "c")]
    assert given == [1, 2, 1, 3]
    assert await store.number("a", 2027) == 1


async def test_the_same_occurrence_asked_for_at_once_gets_one_number(store):
    numbers = await asyncio.gather(*(store.number(f"n{i % 3}", 2026) for i in range(12)))
    assert set(numbers) == {1, 2, 3}
    assert numbers[:3] == numbers[3:6] == numbers[6:9]


# -- people, targets, summaries --------------------------------------------------------------------


async def test_a_new_roster_replaces_the_old_one(store):
    await store.set_members(MEMBERS)
    fresh = [Member(id="sun", name="孙", on_duty=False, leave_until=date(2026, 7, 1))]
    await store.set_members(fresh)
    assert await store.members() == fresh
    await store.set_members([])
    assert await store.members() == []


async def test_what_is_learned_of_a_target_replaces_what_was_known(store):
    await store.set_target(TargetState(id="jg1", disabled="群机器人已被移除", since=MONDAY))
    await store.set_target(TargetState(id="jg2"))
    await store.set_target(TargetState(id="jg1"))
    assert await store.targets() == {"jg1": TargetState(id="jg1"), "jg2": TargetState(id="jg2")}


async def test_the_first_summary_of_a_week_is_kept(store):
    await store.keep_summary("2026-W25", {"text": "第一版", "json": {"total": {"read": 3}}})
    await store.keep_summary("2026-W25", {"text": "第二版"})
    assert (await store.summary("2026-W25"))["text"] == "第一版"
    assert await store.summary("2026-W26") is None


async def test_what_was_handed_out_cannot_be_used_to_change_what_is_kept(store):
    kept = {"json": {"total": {"read": 3}}}
    await store.keep_summary("2026-W25", kept)
    kept["json"]["total"]["read"] = 99
    (await store.summary("2026-W25"))["json"]["total"]["read"] = 98
    assert (await store.summary("2026-W25")) == {"json": {"total": {"read": 3}}}
    await brought_to(store, State.SENT, P)
    (await store.push(P.key)).tally["refused"] = 1
    assert (await store.push(P.key)).tally == {"sent": 1}


async def test_everything_is_there_after_closing_and_opening_again(shelf):
    store = shelf.store
    await brought_to(store, State.UNKNOWN, P)
    await store.add_receipt(receipt(P))
    await store.set_members(MEMBERS)
    await store.set_target(TargetState(id="jg1", disabled="移除", since=MONDAY))
    await store.keep_summary("2026-W25", {"text": "周报 😀", "rows": [1, None, 0.5]})
    await store.count("stranger", "2026-06-15")
    await store.number("dragon-boat-2026_main", 2026)

    async def everything(of):
        return [
            await of.pushes(),
            await of.deliveries(),
            await of.cohorts(),
            (await of.acts()).receipts,
            await of.members(),
            await of.targets(),
            await of.summary("2026-W25"),
            await of.counts(),
            await of.number("dragon-boat-2026_main", 2026),
        ]

    before = await everything(store)
    assert await everything(shelf.reopen()) == before
    assert before[2][P.key].covered == PEOPLE


async def test_callers_that_go_away_never_let_two_changes_run_into_each_other(shelf):
    """A request may be cancelled while its change is under way; the next one waits all the same."""
    store = shelf.store
    await store.add_pushes([push(f"t{number}") for number in range(200)])
    for number in range(30):
        task = asyncio.create_task(store.count("cancelled", f"day{number}"))
        await asyncio.sleep(0)
        task.cancel()
        await store.add_receipt(receipt(P, f"person{number}"))
        await store.number(f"name{number}", 2026)
    receipts, counts = (await store.acts()).receipts, await store.counts()
    assert len(receipts) == 30
    store = shelf.reopen()
    assert (await store.acts()).receipts == receipts
    assert await store.counts() == counts
    assert await store.number("name29", 2026) == 30
