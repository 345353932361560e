"""What is to be sent on a day, computed from the folder: the literal year, and laws of any year."""

import os
import re
import subprocess
import sys
from collections import Counter
from dataclasses import replace
from datetime import date, time, timedelta
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bot.core import messages
from bot.core.calendar import Calendar, Override
from bot.core.model import Kind, Node, Rule, State, Target
from bot.core.planning import plan_day, plan_span, plan_week
from bot.core.policy import Policy, open_day

from .cast import (
    CALENDAR,
    CASE_FRIDAY,
    JG1,
    JG2,
    MONDAY,
    NODES,
    RULES,
    STUDY_MONDAY,
    TARGETS,
    at,
    days,
    item,
    library,
    node,
    plan,
    sent,
)

ROOT = Path(__file__).parents[2]


def of_nodes(planned, target=JG1):
    """Return (day, part, covers) of a target's node pushes."""
    return [
        (f"{push.due:%m-%d}", push.part, push.covers)
        for push in planned.pushes
        if push.target == target.id and push.node
    ]


def reasons(planned):
    return {skip.reason for skip in planned.skipped}


def moved(**workdays):
    """Return the calendar with some days of 2026 overridden: d0619=True is a workday."""
    found = {
        day: Override(date=day, workday=workday)
        for name, workday in workdays.items()
        for day in [date(2026, int(name[1:3]), int(name[3:]))]
    }
    return Calendar(overrides=found)


# -- the literal years ----------------------------------------------------------------------


def test_the_autumn_of_2026_is_as_the_issue_says():
    planned = plan_span(date(2026, 9, 10), 30, plan(), [])
    assert of_nodes(planned) == [
        ("09-20", "main", ("mid-autumn-2026", "national-day-2026")),  # a Sunday worked
        ("09-24", "final", ("mid-autumn-2026",)),
        ("09-30", "final", ("national-day-2026",)),
    ]
    assert {push.item for push in planned.pushes if push.node} == {"N10"}
    assert all(CALENDAR.is_workday(push.due.date()) for push in planned.pushes)
    assert not any(push.provisional or push.blocked for push in planned.pushes)


@pytest.mark.parametrize(
    ("year", "expected"),
    [
        (
            2026,
            "02-11 main spring-festival-2026 | 02-13 final spring-festival-2026 | "
            "03-31 main qingming-2026 | 04-03 final qingming-2026 | "
            "04-27 main labour-day-2026 | 04-30 final labour-day-2026 | "
            "06-15 main dragon-boat-2026 | 06-18 final dragon-boat-2026 | "
            "09-20 main mid-autumn-2026 national-day-2026 | 09-24 final mid-autumn-2026 | "
            "09-30 final national-day-2026",
        ),
        (
            2025,
            "01-23 main spring-festival-2025 | 01-26 final spring-festival-2025 | "
            "03-31 main qingming-2025 | 04-03 final qingming-2025 | "
            "04-27 main labour-day-2025 | 04-30 final labour-day-2025 | "
            "05-27 main dragon-boat-2025 | 05-30 final dragon-boat-2025 | "
            "09-25 main national-day-2025 mid-autumn-2025 | "
            "09-30 final national-day-2025 mid-autumn-2025 | "
            "12-26 main new-year-2026 | 12-31 final new-year-2026",
        ),
    ],
)
def test_the_nodes_of_a_year_fall_on_these_days(year, expected):
    planned = plan_span(date(year, 1, 4), 362, plan(rules=()), [])
    found = [" ".join((day, part, *covers)) for day, part, covers in of_nodes(planned)]
    late = [line for line in found if "2027" not in line]  # new year 2027 is an estimate
    assert late == expected.split(" | ")


def test_while_the_calendar_is_an_estimate_the_main_comes_two_workdays_earlier():
    mains = {
        push.covers[0]: f"{push.due:%m-%d}"
        for push in plan_span(date(2027, 4, 1), 90, plan(rules=()), []).pushes
        if push.part == "main" and push.target == "jg1"
    }
    w_3_and_two_more = {"labour-day-2027": "04-23", "dragon-boat-2027": "06-01"}
    assert mains == w_3_and_two_more
    announced = plan(rules=(), calendar=Calendar(announced=frozenset({2027})))
    assert all(
        not push.provisional for push in plan_span(date(2027, 4, 1), 90, announced, []).pushes
    )


def test_a_push_of_an_estimated_year_says_so():
    pushes = plan_span(date(2026, 12, 21), 14, plan(), []).pushes
    provisional = {push.occurrence for push in pushes if push.provisional}
    assert provisional == {"new-year-2027"}  # its own week is known, its festival is not


def test_a_main_may_be_late_but_not_as_late_as_the_final():
    pushes = plan_span(MONDAY, 7, plan(rules=()), []).pushes
    until = {push.part: push.until for push in pushes if push.target == "jg1"}
    assert until == {"main": at(17, 10, date(2026, 6, 16)), "final": at(17, 10, date(2026, 6, 18))}
    patient = replace(node("端午"), main_late_ok=9)
    pushes = plan_span(MONDAY, 7, plan(nodes=(patient,), rules=()), []).pushes
    assert pushes[0].until == at(17, 10, date(2026, 6, 17))


def test_a_node_at_the_end_of_the_lunar_year_is_warned_of_in_january():
    little = Node(key="little-year", name="小年", lunar="12-23")  # 2027-01-30, a Saturday
    text = item("N-ly", Kind.NODE, nodes=("小年",))
    planned = plan_span(date(2027, 1, 4), 40, plan(nodes=(little,), items=(text,), rules=()), [])
    assert {part for _, part, _ in of_nodes(planned)} == {"main", "final"}


def test_no_node_is_warned_of_on_the_silent_day():
    quiet = Node(key="a", name="甲", date="12-15", main=1)  # W 12-14, so W-1 is 2027-12-13
    final = Node(key="b", name="乙", date="12-14")  # W is 2027-12-13 itself
    texts = (item("A", Kind.NODE, nodes=("甲",)), item("B", Kind.NODE, nodes=("乙",)))
    planned = plan_span(
        date(2027, 12, 1), 20, plan(nodes=(quiet, final), items=texts, rules=()), []
    )
    assert len(planned.pushes) >= 4
    assert not any(f"{push.due:%m-%d}" == "12-13" for push in planned.pushes)


# -- caps and ranks -------------------------------------------------------------------------


def test_what_gives_way_in_a_node_week_is_said():
    week = plan_week(MONDAY, plan(), [])
    mine = [(f"{push.due:%m-%d}", push.part) for push in week.pushes if push.target == "jg1"]
    assert mine == [("06-15", "main"), ("06-18", "final")]
    skips = {(skip.rule, skip.target, skip.reason) for skip in week.skipped}
    assert ("monday", "jg1", messages.SKIP_DAY_TAKEN + messages.MOVES_ON) in skips
    assert ("friday", "", "当天放假（端午节），不推送") in skips


def test_a_node_week_holds_three_and_the_fourth_is_said():
    every_day = [replace(CASE_FRIDAY, key=f"r{n}", weekday=n) for n in (2, 3, 4)]
    week = plan_week(MONDAY, plan(rules=tuple(every_day), targets=(JG1,)), [])
    assert [push.occurrence for push in week.pushes] == [
        "dragon-boat-2026",
        "r2-2026W25",
        "dragon-boat-2026",
    ]
    full = messages.SKIP_WEEK_FULL.format(3) + messages.MOVES_ON
    assert [(s.rule, s.reason) for s in week.skipped if s.rule == "r3"] == [("r3", full)]


def test_a_plain_week_holds_two():
    every_day = tuple(replace(STUDY_MONDAY, key=f"r{n}", weekday=n) for n in range(1, 6))
    week = plan_week(date(2026, 7, 6), plan(rules=every_day, targets=(JG1,)), [])
    assert [push.rule for push in week.pushes] == ["r1", "r2"]
    assert reasons(week) == {messages.SKIP_WEEK_FULL.format(2) + messages.MOVES_ON}


def test_the_silent_day_is_named_when_a_rule_gives_way_to_it():
    week = plan_week(date(2027, 12, 13), plan(), [])
    assert [skip.reason for skip in week.skipped if skip.rule == "monday"] == [
        "当天是国家公祭日，不推送"
    ]


def test_what_was_said_by_hand_takes_its_day_and_its_place():
    by_hand = sent(occurrence="manual-1", day=date(2026, 7, 6))
    case = sent(occurrence="manual-2", day=date(2026, 7, 7))
    one = plan_week(date(2026, 7, 6), plan(targets=(JG1,)), [by_hand])
    assert [push.rule for push in one.pushes] == ["friday"]
    two = plan_week(date(2026, 7, 6), plan(targets=(JG1,)), [by_hand, case])
    assert two.pushes == ()
    unsent = [replace(push, state=State.EXPIRED) for push in (by_hand, case)]
    assert len(plan_week(date(2026, 7, 6), plan(targets=(JG1,)), unsent).pushes) == 2


RULE_KINDS = [(Kind.STUDY,), (Kind.SCENARIO,), (Kind.SCENARIO, Kind.MODEL), (Kind.REPOST,)]
SOME_RULES = st.lists(
    st.builds(
        Rule,
        key=st.sampled_from([f"r{n}" for n in range(9)]),
        name=st.just("规则"),
        weekday=st.integers(1, 7),
        kinds=st.sampled_from(RULE_KINDS),
        slot=st.sampled_from(["上午", "下午"]),
        late_ok=st.integers(0, 3),
    ),
    max_size=6,
    unique_by=lambda rule: rule.key,
).map(tuple)
SOME_NODES = st.lists(st.sampled_from(NODES), unique=True).flatmap(
    lambda nodes: st.tuples(
        *[
            st.builds(
                lambda node, main, final: replace(node, main=main, final=final),
                st.just(node),
                st.integers(0, 8),
                st.integers(0, 2),
            )
            for node in nodes
        ]
    )
)
SOME_TARGETS = st.sampled_from([(JG1,), (JG1, JG2), TARGETS, ()])
FIRSTS = st.dates(date(2020, 1, 1), date(2028, 6, 1))
PLANS = st.builds(
    lambda nodes, rules, targets, cases: plan(
        nodes=nodes, rules=rules, targets=targets, items=library(cases)
    ),
    SOME_NODES,
    SOME_RULES,
    SOME_TARGETS,
    st.integers(0, 4),
)


@given(FIRSTS, PLANS)
@settings(max_examples=120)
def test_the_caps_hold_in_any_year_with_any_rules(first, some):
    planned = plan_span(first - timedelta(days=first.weekday()), 42, some, [])
    a_day = Counter((push.target, push.due.date()) for push in planned.pushes)
    a_week = Counter((push.target, push.due.isocalendar()[:2]) for push in planned.pushes)
    with_node = {(p.target, p.due.isocalendar()[:2]) for p in planned.pushes if p.node}
    assert all(count == 1 for count in a_day.values())
    assert all(count <= (3 if week in with_node else 2) for week, count in a_week.items())
    for push in planned.pushes:
        assert open_day(push.due.date(), some.calendar.is_workday)
        assert push.due.minute not in (0, 30)
        assert time(9, 10) <= push.due.time() < time(17, 10)
        assert push.due < push.until


@given(FIRSTS, PLANS)
@settings(max_examples=120)
def test_a_final_never_gives_way_to_a_case(first, some):
    planned = plan_span(first - timedelta(days=first.weekday()), 42, some, [])
    nodes = {one.key for one in some.nodes}
    for skip in planned.skipped:
        if skip.rule not in nodes or not skip.target or messages.is_dry(skip.reason):
            continue
        week = [p for p in planned.pushes if p.due.isocalendar()[:2] == skip.date.isocalendar()[:2]]
        mine = [push for push in week if push.target == skip.target]
        if skip.reason == messages.SKIP_DAY_TAKEN:
            assert all(push.node for push in mine if push.due.date() == skip.date)
        else:
            assert all(push.node for push in mine)


@given(FIRSTS, PLANS)
@settings(max_examples=60)
def test_every_call_for_a_text_has_exactly_one_end(first, some):
    monday = first - timedelta(days=first.weekday())
    planned = plan_span(monday, 28, some, [])
    groups = [target for target in some.targets if not target.office]
    for rule in some.rules:
        for week in range(4):
            day = monday + timedelta(days=7 * week + rule.weekday - 1)
            ends = [p for p in planned.pushes if p.rule == rule.key and p.due.date() == day]
            skips = [s for s in planned.skipped if s.rule == rule.key and s.date == day]
            closed = [skip for skip in skips if not skip.target]
            assert len(closed) == (not open_day(day, some.calendar.is_workday))
            assert closed or len(ends) + len(skips) == len(groups)


# -- keys, and planning again -----------------------------------------------------------------


@given(FIRSTS, PLANS)
@settings(max_examples=60)
def test_keys_are_plain_short_unique_and_speak_of_the_push(first, some):
    pushes = plan_span(first, 60, some, []).pushes
    keys = [push.key for push in pushes]
    assert len(set(keys)) == len(keys)
    for push in pushes:
        assert re.fullmatch(r"[0-9A-Za-z_@-]{1,100}", push.key)
        assert push.key == f"{push.occurrence}_{push.part}@{push.target}"
        assert push.covers[0] == push.occurrence


def keys_of(some, first=date(2026, 8, 31), span=45):
    return [push.key for push in plan_span(first, span, some, []).pushes]


@pytest.mark.parametrize(
    "change",
    [
        {"items": library(9, 9, 9)},
        {"items": tuple(replace(one, title="改", digest="x") for one in library())},
        {"policy": Policy(windows=((time(10), time(11)), (time(15), time(16))))},
        {"blocked": {"N10": "未审批"}},
        {"rules": tuple(replace(rule, slot="下午", late_ok=0) for rule in RULES)},
        {"nodes": tuple(replace(one, main=2) for one in NODES)},
    ],
)
def test_a_key_outlives_a_change_of_text_and_hour(change):
    assert set(keys_of(plan(**change))) == set(keys_of(plan()))


@pytest.mark.parametrize("calendar", [moved(d0920=False), moved(d0924=False), moved(d1008=False)])
def test_the_key_of_a_node_outlives_a_notice(calendar):
    assert set(keys_of(plan(calendar=calendar, rules=()))) == set(keys_of(plan(rules=())))


@given(FIRSTS, PLANS, st.integers(1, 30))
@settings(max_examples=80)
def test_planning_again_on_what_was_planned_changes_nothing(first, some, span):
    once = plan_span(first, span, some, [])
    assert plan_span(first, span, some, once.pushes) == once
    sent_now = [replace(push, state=State.SENT, sent_at=push.due) for push in once.pushes]
    again = plan_span(first, span, some, sent_now)
    assert list(again.pushes) == sent_now
    assert again.skipped == once.skipped


@given(FIRSTS, PLANS)
@settings(max_examples=30)
def test_planning_day_by_day_is_planning_the_span(first, some):
    monday = first - timedelta(days=first.weekday())
    whole, rows = plan_span(monday, 14, some, []), []
    for day in days(monday, monday + timedelta(days=13)):
        rows += plan_day(day, some, rows).pushes
    assert {push.key: push for push in rows} == {push.key: push for push in whole.pushes}


@given(FIRSTS, PLANS, st.randoms(use_true_random=False))
@settings(max_examples=60)
def test_the_order_in_which_things_are_given_decides_nothing(first, some, random):
    def shuffled(things):
        return tuple(random.sample(things, len(things)))

    other = replace(
        some,
        items=shuffled(some.items),
        targets=shuffled(some.targets),
        nodes=shuffled(some.nodes),
        rules=shuffled(some.rules),
    )
    one, two = plan_span(first, 30, some, []), plan_span(first, 30, other, [])
    assert {push.key: push for push in one.pushes} == {push.key: push for push in two.pushes}
    assert set(one.skipped) == set(two.skipped)
    history = [replace(push, state=State.SENT) for push in one.pushes]
    after = first + timedelta(days=30)
    later = plan_span(after, 7, some, history)
    assert later == plan_span(after, 7, some, shuffled(history))


def test_an_occurrence_once_covered_is_not_planned_again_when_a_notice_moves_the_node():
    before = plan_span(date(2026, 9, 14), 28, plan(), []).pushes
    early = [push for push in before if push.due.date() <= date(2026, 9, 20)]
    history = [replace(push, state=State.SENT, sent_at=push.due) for push in early]
    assert "mid-autumn-2026_main@jg1" in {push.key for push in history}
    apart = moved(d0928=False, d0929=False, d0930=False, d1001=True, d1002=True, d1005=True)
    for calendar in (apart, moved(d0920=False), moved(d0924=False, d0923=False)):
        for nodes in (NODES, tuple(replace(one, main=1) for one in NODES)):
            after = plan_span(date(2026, 9, 21), 21, plan(calendar=calendar, nodes=nodes), history)
            mains = [push for push in after.pushes if push.part == "main" and push.node]
            assert mains == []


def test_a_node_that_a_notice_joins_to_one_already_warned_of_is_warned_of_all_the_same():
    alone = plan(nodes=(node("中秋"),), rules=(), targets=(JG1,))
    main = plan_span(date(2026, 9, 14), 7, alone, []).pushes[0]
    assert main.covers == ("mid-autumn-2026",)
    history = [replace(main, state=State.SENT, sent_at=main.due)]
    both = plan(rules=(), targets=(JG1,))
    planned = plan_span(date(2026, 9, 14), 21, both, history).pushes
    mains = [push for push in planned if push.part == "main"]
    assert [push.covers for push in mains if push.key != main.key] == [("national-day-2026",)]


def test_what_was_sent_already_keeps_its_place_when_a_notice_brings_a_node_into_the_week():
    rules = tuple(replace(STUDY_MONDAY, key=f"r{n}", weekday=n) for n in (1, 2, 3))
    quiet = plan(nodes=(), rules=rules, targets=(JG1,))
    before = plan_week(MONDAY, quiet, []).pushes
    assert [push.rule for push in before] == ["r1", "r2"]
    history = [replace(push, state=State.SENT, sent_at=push.due) for push in before]
    busy = plan(nodes=(replace(node("端午"), main=1),), rules=rules, targets=(JG1,))
    week = plan_week(MONDAY, busy, history)
    assert all(push in week.pushes for push in history)
    assert len(week.pushes) <= 3
    assert ("dragon-boat-2026", "final") in {(p.occurrence, p.part) for p in week.pushes}


def test_a_row_not_yet_sent_gives_way_to_the_final_of_its_day():
    rules = (replace(CASE_FRIDAY, weekday=4),)
    before = plan_day(date(2026, 6, 18), plan(nodes=(), rules=rules, targets=(JG1,)), []).pushes
    after = plan_day(date(2026, 6, 18), plan(rules=rules, targets=(JG1,)), before)
    assert [push.part for push in after.pushes] == ["final"]


def test_a_day_that_a_moved_push_left_is_free_again():
    rules = (replace(CASE_FRIDAY, weekday=2),)
    early = sent(
        occurrence="dragon-boat-2026", day=MONDAY, item="N-dragon-boat", node="dragon-boat"
    )
    later = plan(rules=rules, targets=(JG1,), nodes=(replace(node("端午"), main=2),))
    week = plan_week(MONDAY, later, [early])  # the main would now be on Tuesday
    assert [(push.due.date(), push.key) for push in week.pushes] == [
        (MONDAY, early.key),
        (date(2026, 6, 16), "friday-2026W25_main@jg1"),
        (date(2026, 6, 18), "dragon-boat-2026_final@jg1"),
    ]


def test_the_plan_is_the_same_in_every_time_zone():
    code = (
        "from datetime import date;from tests.core.cast import plan;"
        "from bot.core.planning import plan_span;"
        "print(plan_span(date(2026, 9, 10), 30, plan(), []))"
    )
    answers = {
        subprocess.run(
            [sys.executable, "-c", code],
            env={**os.environ, "TZ": zone, "PYTHONHASHSEED": seed, "PYTHONUTF8": "1"},
            cwd=ROOT,
            capture_output=True,
            check=True,
        ).stdout
        for zone, seed in (
            ("America/New_York", "1"),
            ("Asia/Shanghai", "2"),
            ("UTC", "3"),
        )
    }
    assert answers == {f"{plan_span(date(2026, 9, 10), 30, plan(), [])}\n".encode()}


# -- which text --------------------------------------------------------------------------------

JULY = date(2026, 7, 6)  # a Monday without nodes near it


def chosen(some, first=JULY, span=28, history=(), target=JG1):
    planned = plan_span(first, span, some, history)
    return [push.item for push in planned.pushes if push.target == target.id]


def only(*items, rules=(CASE_FRIDAY,), **more):
    return plan(items=items, rules=rules, targets=(JG1,), nodes=(), **more)


def test_a_pool_that_is_empty_is_said():
    week = plan_week(JULY, only(), [])
    assert week.pushes == ()
    assert [(skip.rule, skip.target) for skip in week.skipped] == [("friday", "jg1")]
    assert reasons(week) == {"内容库里没有合适的情景案例、转发通报、先进典型"}


def test_a_pool_that_runs_dry_is_said_and_nothing_is_repeated():
    two = [item(f"SC-{n}", cooldown_weeks=26) for n in range(2)]
    planned = plan_span(JULY, 28, only(*two), [])
    assert sorted(push.item for push in planned.pushes) == ["SC-0", "SC-1"]
    assert reasons(planned) == {"合适的情景案例、转发通报、先进典型近期都用过，仍在冷却期"}


@pytest.mark.parametrize(("weeks", "again"), [(25, False), (26, True)])
def test_a_text_rests_for_its_cooldown_to_the_day(weeks, again):
    friday = JULY + timedelta(days=4)
    used = sent(day=friday - timedelta(weeks=weeks), item="SC-0", occurrence="old")
    found = chosen(only(item("SC-0", cooldown_weeks=26)), span=7, history=[used])
    assert found == (["SC-0"] if again else [])


@pytest.mark.parametrize(
    ("change", "fits"),
    [
        ({}, True),
        ({"status": "草稿"}, False),
        ({"status": "停用"}, False),
        ({"kind": Kind.STUDY}, False),
        ({"expires": date(2026, 7, 9)}, False),
        ({"expires": date(2026, 7, 10)}, True),
        ({"effective": date(2026, 7, 10)}, True),
        ({"effective": date(2026, 7, 11)}, False),
        ({"channels": ("App", "webhook")}, True),
        ({"channels": ("webhook",)}, False),
    ],
)
def test_only_a_text_in_force_on_its_day_and_meant_for_the_way_is_chosen(change, fits):
    text = replace(item("SC-0"), **change)
    assert chosen(only(text), span=7) == (["SC-0"] if fits else [])


def test_after_two_warnings_a_model_is_due():
    items = [item(f"SC-{n}", cooldown_weeks=1) for n in range(4)]
    items += [item(f"AM-{n}", Kind.MODEL, cooldown_weeks=1) for n in range(4)]
    found = chosen(only(*items), first=JULY, span=63)
    assert [one[:2] for one in found] == ["SC", "SC", "AM"] * 3


def test_a_warning_written_this_week_is_one_warning_and_not_two():
    items = (item("SC-0"), item("SC-1"), item("AM-0", Kind.MODEL))
    rules = (replace(CASE_FRIDAY, key="first", weekday=1, kinds=(Kind.SCENARIO,)), CASE_FRIDAY)
    some = only(*items, rules=rules)
    shown = plan_week(JULY, some, []).pushes
    (monday,) = plan_day(JULY, some, []).pushes
    (friday,) = plan_day(JULY + timedelta(days=4), some, [monday]).pushes
    assert (monday, friday) == shown
    assert friday.item[:2] == "SC"


def test_a_model_of_a_pool_without_models_is_a_case_rather_than_nothing():
    items = [item(f"SC-{n}", cooldown_weeks=1) for n in range(4)]
    assert len(chosen(only(*items))) == 4


def test_a_node_warning_counts_as_a_warning_and_a_study_prompt_does_not():
    items = (
        item("SC-0"),
        item("AM-0", Kind.MODEL),
        item("N-x", Kind.NODE),
        item("SP-1", Kind.STUDY),
    )
    history = [
        sent(occurrence=f"old-{n}", day=JULY - timedelta(days=30 - n), item=name)
        for n, name in enumerate(["SC-0", "N-x", "SP-1"])
    ]
    assert chosen(only(*items), span=7, history=history) == ["AM-0"]


def test_an_approved_text_goes_before_one_that_is_blocked_and_a_blocked_one_before_none():
    items = (item("SC-0"), item("SC-1"))
    for blocked in ("SC-0", "SC-1"):
        (push,) = plan_week(JULY, only(*items, blocked={blocked: "内容未经审批"}), []).pushes
        assert (push.item == blocked, push.blocked) == (False, "")
    (push,) = plan_week(JULY, only(items[0], blocked={"SC-0": "内容未经审批"}), []).pushes
    assert (push.item, push.blocked) == ("SC-0", "内容未经审批")


def test_the_text_used_longest_ago_goes_first():
    items = tuple(item(f"SC-{n}", cooldown_weeks=1) for n in range(3))
    history = [
        sent(occurrence=f"old-{n}", day=JULY - timedelta(weeks=weeks), item=f"SC-{n}")
        for n, weeks in enumerate([3, 9, 6])
    ]
    assert chosen(only(*items), span=7, history=history) == ["SC-1"]


def test_two_groups_need_not_get_the_same_case():
    items = tuple(item(f"SC-{n}", cooldown_weeks=1) for n in range(9))
    used = sent(occurrence="old", day=JULY - timedelta(weeks=1), item="SC-0")
    some = plan(items=items, rules=(CASE_FRIDAY,), nodes=())
    one, two = (chosen(some, span=63, history=[used], target=target) for target in (JG1, JG2))
    assert one != two
    assert Counter(one).most_common(1)[0][1] == 1


def test_a_text_for_both_nodes_goes_before_a_text_for_one():
    items = (
        item("N-a", Kind.NODE, nodes=("中秋",)),
        item("N-b", Kind.NODE, nodes=("国庆",)),
        item("N-both", Kind.NODE, nodes=("国庆", "中秋", "元旦")),
    )
    (main,) = plan_week(date(2026, 9, 14), plan(items=items, rules=(), targets=(JG1,)), []).pushes
    assert main.item == "N-both"


def test_the_parts_of_a_node_come_from_one_file():
    items = tuple(item(f"N-{n}", Kind.NODE, nodes=("端午",)) for n in range(6))
    week = plan_week(MONDAY, plan(items=items, rules=()), [])
    for target in ("jg1", "jg2"):
        mine = [push for push in week.pushes if push.target == target]
        assert [push.part for push in mine] == ["main", "final"]
        assert len({push.item for push in mine}) == 1


def test_a_node_without_a_text_is_said_with_its_name():
    week = plan_week(MONDAY, plan(items=(), rules=(), targets=(JG1,)), [])
    assert [(skip.rule, skip.reason) for skip in week.skipped] == [
        ("dragon-boat", "内容库里没有合适的端午节点提醒")
    ] * 2


def test_the_offices_own_group_gets_summaries_and_no_items():
    assert {push.target for push in plan_span(MONDAY, 60, plan(), []).pushes} == {"jg1", "jg2"}


def test_each_target_gets_the_text_that_is_meant_for_its_way():
    group = Target(id="jg3", name="机关三支部", channel="webhook")
    long, short = item("SC-0", channels=("app",)), item("SC-1", channels=("webhook",))
    some = replace(only(long, short, rules=(CASE_FRIDAY,)), targets=(JG1, group))
    assert {push.target: push.item for push in plan_week(JULY, some, []).pushes} == {
        "jg1": "SC-0",
        "jg3": "SC-1",
    }


def test_a_push_carries_what_its_target_and_text_say():
    other = Target(id="x-9", name="中心", channel="webhook")
    (push,) = plan_week(JULY, only(item("SC-0"), rules=(CASE_FRIDAY,)), []).pushes
    assert (push.target, push.channel, push.rule, push.node) == ("jg1", "app", "friday", "")
    assert (push.digest, push.state) == (item("SC-0").digest, State.PLANNED)
    some = replace(only(item("SC-0")), targets=(other,))
    (push,) = plan_week(JULY, some, []).pushes
    assert (push.key, push.channel) == ("friday-2026W28_main@x-9", "webhook")
