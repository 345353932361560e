"""The parts of the nodes that ship, on the days the issue names; what moves and what stays."""

import tomllib
from dataclasses import replace
from datetime import date, timedelta
from pathlib import Path

import pytest

from bot.core import messages
from bot.core.calendar import Calendar, Override, year_days
from bot.core.model import Kind, Rule, State, Target
from bot.core.notices import notices, words
from bot.core.parts import node_slots, year_parts
from bot.core.planning import Pause, plan_span, plan_week
from bot.core.policy import Policy
from bot.core.schedules import parse_nodes

from .cast import CASE_FRIDAY, JG1, JG2, MONDAY, OFFICE, STUDY_MONDAY, item, plan, sent

SHIPPED = (Path(__file__).parents[2] / "schedules" / "nodes.toml").read_text("utf-8")
NODES, _ = parse_nodes(tomllib.loads(SHIPPED), SHIPPED, "nodes.toml")
HEADS = Target(id="heads", name="领导班子", channel="app", audience="领导干部")
TEXTS = tuple(
    item(
        f"N-{node.key}",
        Kind.NODE,
        nodes=(node.name,),
        sections={"提醒": "甲", "一句话": "乙", "节后": "丙"},
    )
    for node in NODES
)


def shipped(**more):
    fields = {"nodes": NODES, "rules": (), "items": TEXTS, "targets": (JG1, HEADS, OFFICE)}
    return plan(**(fields | more))


def parts_of(key, year, some=None):
    """Return {part: day} of a node's occurrence, merged parts under the first of their nodes."""
    some = some or shipped()
    slots = node_slots(date(year - 1, 10, 1), date(year + 1, 2, 1), some)
    return {slot.part: f"{slot.day:%m-%d}" for slot in slots if f"{key}-{year}" in slot.covers}


@pytest.mark.parametrize(
    ("key", "year", "expected"),
    [
        # 春节 2026: W is Saturday 02-14, the final on Friday 02-13.
        (
            "spring-festival",
            2026,
            "early 02-02 leaders 02-09 main 02-10 final 02-13 after 02-24",
        ),
        ("dragon-boat", 2026, "leaders 06-12 main 06-15 final 06-18 after 06-22"),
        ("mid-autumn", 2026, "early 09-11 leaders 09-18 main 09-20 final 09-24 after 09-28"),
        ("national-day", 2026, "early 09-11 leaders 09-18 main 09-20 final 09-30 after 10-08"),
        # 2025: one span, so one of everything.
        ("mid-autumn", 2025, "early 09-17 leaders 09-24 main 09-25 final 09-30 after 10-09"),
        ("national-day", 2025, "early 09-17 leaders 09-24 main 09-25 final 09-30 after 10-09"),
        # 2024: apart. 国庆 unmerged has 中秋's leads.
        ("national-day", 2024, "early 09-14 leaders 09-24 main 09-25 final 09-30 after 10-08"),
        # No days off: W is the workday before, and there is no after.
        ("teachers-day", 2026, "leaders 09-03 main 09-04 final 09-09"),
        ("year-end", 2026, "leaders 12-03 main 12-04 final 12-09"),
        ("eight-rules-day", 2026, "leaders 11-27 main 11-30"),
    ],
)
def test_the_parts_of_a_node_fall_on_these_days(key, year, expected):
    words = expected.split()
    assert parts_of(key, year) == dict(zip(words[::2], words[1::2], strict=True))


def test_while_the_days_off_are_an_estimate_all_but_after_come_two_workdays_earlier():
    estimate = shipped()
    days = [d for year in (2027, 2028) for d in year_days(year) if d.weekday() < 5]
    off = [d for d in days if not estimate.calendar.is_workday(d)]
    same_days = Calendar(
        overrides={d: Override(date=d, workday=False) for d in off},
        announced=frozenset({2027, 2028}),
    )
    known = shipped(calendar=same_days)
    earlier, seen = same_days.workday_before, set()
    first, last = date(2027, 2, 15), date(2027, 12, 10)
    later = {slot.stem: slot for slot in node_slots(first, last, known)}
    for slot in node_slots(date(2027, 2, 10), last, estimate):
        if other := later.get(slot.stem):
            follows = slot.nodes[0].node.follows
            shift = 0 if slot.part == "after" or follows else 2
            assert slot.day == earlier(other.day, shift), slot.stem
            seen.add(slot.part)
    assert seen == {"early", "leaders", "main", "final", "after"}
    dues = {(due.nodes[0].occurrence, due.before): due.day for due in year_parts(2027, known).due}
    told = 0
    for due in year_parts(2027, estimate).due:
        one = dues[due.nodes[0].occurrence, due.before]
        if first < one < last and not due.nodes[0].node.follows:
            assert due.day == earlier(one, 2)
            told += 1
    assert told > 15


def test_a_window_of_two_stretches_has_two_mains():
    slots = node_slots(date(2026, 5, 1), date(2026, 8, 31), shipped())
    mine = [
        (slot.occurrence, f"{slot.day:%m-%d}")
        for slot in slots
        if slot.part == "main" and slot.name == "graduation"
    ]
    assert mine == [("graduation-06-2026", "05-26"), ("graduation-07-2026", "07-06")]


def test_a_node_that_follows_is_said_once_on_its_own_day():
    slots = node_slots(date(2026, 1, 1), date(2026, 12, 31), shipped())
    mine = [slot for slot in slots if slot.name == "after-holiday"]
    assert [(slot.part, f"{slot.day:%m-%d}") for slot in mine] == [
        ("main", "02-26"),
        ("main", "10-10"),
    ]


# -- for whom ----------------------------------------------------------------------------------


def test_leaders_hear_a_workday_before_the_others_and_only_what_is_theirs():
    planned = plan_week(MONDAY - timedelta(days=7), shipped(rules=(STUDY_MONDAY,)), [])
    heads = [(push.part, push.node) for push in planned.pushes if push.target == "heads"]
    assert heads == [("leaders", "dragon-boat")]
    assert "leaders" not in {push.part for push in planned.pushes if push.target == "jg1"}


def test_leaders_get_the_text_that_was_written_for_them():
    own = item("N-top", Kind.NODE, nodes=("端午",), audience="领导干部", level="领导")
    some = shipped(items=(*TEXTS, own))
    planned = plan_span(date(2026, 6, 8), 14, some, [])
    texts = {(push.target, push.part): push.item for push in planned.pushes}
    assert texts["heads", "leaders"] == "N-top"
    assert texts["jg1", "main"] == "N-dragon-boat"


def test_a_duty_goes_to_its_role_alone():
    secretary = replace(JG2, id="sj", audience="党支部书记")
    duty = Rule(
        key="meet",
        name="三会一课",
        every="month",
        workday=3,
        kinds=(Kind.DUTY,),
        audience="党支部书记",
    )
    some = plan(
        nodes=(),
        rules=(duty,),
        items=(item("DU-1", Kind.DUTY, audience="党支部书记", cooldown_weeks=3),),
        targets=(JG1, secretary),
    )
    pushes = plan_span(date(2026, 7, 1), 62, some, []).pushes
    assert [(push.key, f"{push.due:%m-%d}") for push in pushes] == [
        ("meet-2026M07_main@sj", "07-03"),
        ("meet-2026M08_main@sj", "08-05"),
    ]


# -- the editors -------------------------------------------------------------------------------


def test_editors_hear_eight_and_four_workdays_before_a_nodes_first_part():
    some = shipped(
        targets=(JG1, OFFICE), nodes=tuple(n for n in NODES if n.name in ("中秋", "国庆"))
    )
    text = item("N10", Kind.NODE, nodes=("中秋", "国庆"))
    some = replace(some, items=(text,), blocked={"N10": "内容未经审批"})
    first, second = (due for due in year_parts(2026, some).due if due.day.year == 2026)
    assert [f"{due.day:%m-%d} {due.before}" for due in (first, second)] == ["09-01 8", "09-07 4"]
    (row,) = [row for row in notices(first.day, some) if row.rule == "draft-due"]
    assert row.key == "mid-autumn-2026_draft-due-8@office"
    said = words(row, some, [], first.day)
    assert said.startswith("**距中秋、国庆节点首条提醒还有8个工作日：待审1、已批0**")
    assert "N10" in said
    approved = words(row, replace(some, blocked={}), [], second.day)
    assert "还有4个工作日：待审0、已批1" in approved


def test_the_administrator_is_asked_every_week_from_november_until_the_year_is_known():
    def asked(some, first, days):
        found = [first + timedelta(days=n) for n in range(days)]
        return [
            f"{day:%m-%d}" for day in found for row in notices(day, some) if row.rule == "calendar"
        ]

    # The week of 1 November itself has its first workday in October.
    assert asked(shipped(), date(2026, 10, 1), 60) == [
        *("11-02", "11-09", "11-16", "11-23"),
    ]
    known = shipped(calendar=Calendar(announced=frozenset({2027})))
    assert asked(known, date(2026, 10, 1), 60) == []
    (row,) = [r for r in notices(date(2026, 11, 2), shipped()) if r.rule == "calendar"]
    assert "2027年的放假安排还没有录入" in words(row, shipped(), [], date(2026, 11, 2))


def test_on_a_months_first_workday_the_editors_hear_how_many_cases_are_left():
    cases = [item(f"SC-{n}") for n in range(5)]
    some = plan(items=tuple(cases), nodes=(), blocked={"SC-4": "内容未经审批"})
    history = [sent(day=date(2026, 6, 5), item="SC-0", occurrence="x")]
    (row,) = [r for r in notices(date(2026, 7, 1), some) if r.rule == "stock"]
    said = words(row, some, history, date(2026, 7, 1))
    assert said.startswith("**可用的案例还有3篇**（待审1篇，冷却期内1篇")
    assert "周一学习提示" in said, "a rule that runs dry is named"
    assert not [r for r in notices(date(2026, 7, 2), some) if r.rule == "stock"]


# -- what gives way moves --------------------------------------------------------------------


def test_what_gives_way_moves_to_the_next_free_week_under_the_key_of_its_own():
    some = plan(rules=(CASE_FRIDAY,), targets=(JG1,))
    full = [sent(occurrence=f"manual-{n}", day=date(2026, 7, 5 + n), item="x") for n in (1, 2)]
    week = plan_week(date(2026, 7, 6), some, full)
    assert [skip.reason for skip in week.skipped] == [
        messages.SKIP_WEEK_FULL.format(2) + messages.MOVES_ON
    ]
    later = plan_week(date(2026, 7, 13), some, full).pushes
    assert [(push.key, f"{push.due:%m-%d}") for push in later] == [
        ("friday-2026W28_main@jg1", "07-13"),  # its own Friday belongs to this week's case
        ("friday-2026W29_main@jg1", "07-17"),
    ]
    assert later[0].reason == "原定07-10；" + messages.SKIP_WEEK_FULL.format(2)
    span = plan_span(date(2026, 7, 6), 14, some, full)
    assert [skip.reason for skip in span.skipped] == [
        messages.SKIP_WEEK_FULL.format(2) + "，顺延到07-13"
    ]


@pytest.mark.parametrize("waits", ["", messages.PACED, "内容审批后又改动过；须重新审批"])
def test_a_row_that_moved_and_by_now_waits_for_another_reason_still_gives_way_in_words(waits):
    some = plan(rules=(CASE_FRIDAY,), targets=(JG1,))
    full = [sent(occurrence=f"manual-{n}", day=date(2026, 7, 5 + n), item="x") for n in (1, 2)]
    row, _ = plan_week(date(2026, 7, 13), some, full).pushes
    span = plan_span(date(2026, 7, 6), 14, some, [*full, replace(row, reason=waits)])
    assert [skip.reason for skip in span.skipped] == [messages.GAVE_WAY + "，顺延到07-13"]
    kept = plan_span(date(2026, 7, 6), 14, some, [*full, row]).skipped
    assert [skip.reason for skip in kept] == [messages.SKIP_WEEK_FULL.format(2) + "，顺延到07-13"]


def test_what_finds_no_free_week_is_given_up_and_said():
    rules = tuple(replace(STUDY_MONDAY, key=f"r{n}", weekday=n) for n in (1, 2, 3))
    skipped = plan_span(
        date(2026, 7, 6), 42, plan(nodes=(), rules=rules, targets=(JG1,)), []
    ).skipped
    given_up = [
        (skip.rule, skip.date, skip.reason) for skip in skipped if "不再推送" in skip.reason
    ]
    assert given_up[0] == ("r3", date(2026, 8, 5), messages.GIVEN_UP.format(date(2026, 7, 8), 4))


def test_of_two_rules_of_one_rank_the_rarer_goes_first():
    monthly = Rule(key="film", name="影视", every="month", workday=3, kinds=(Kind.MEDIA,))
    rules = (STUDY_MONDAY, replace(STUDY_MONDAY, key="again", weekday=2), monthly)
    items = (item("MD-1", Kind.MEDIA), *(item(f"SP-{n}", Kind.STUDY) for n in range(9)))
    week = plan_week(date(2026, 8, 3), plan(items=items, rules=rules, nodes=(), targets=(JG1,)), [])
    assert [push.rule for push in week.pushes] == ["monday", "film"]


# -- one person, several targets ---------------------------------------------------------------


def people(**rosters):
    return {name: frozenset(members.split()) for name, members in rosters.items()}


def test_somebody_in_two_targets_is_spared_rather_than_told_twice_a_day():
    case = replace(CASE_FRIDAY, kinds=(Kind.SCENARIO,), audience="领导干部")
    some = plan(
        nodes=(),
        rules=(replace(STUDY_MONDAY, weekday=5), case),
        targets=(JG1, HEADS),
        rosters=people(jg1="zhang li wang", heads="Zhang"),
    )
    pushes = {p.target: p for p in plan_week(date(2026, 7, 6), some, []).pushes}
    assert pushes["heads"].rule == "friday"  # a case goes before a study prompt
    assert pushes["jg1"].spared == ("zhang",)
    apart = replace(some, rosters=people(jg1="li wang", heads="zhang"))
    assert not any(push.spared for push in plan_week(date(2026, 7, 6), apart, []).pushes)


def test_a_target_all_of_whose_people_have_had_their_share_gives_way():
    case = replace(CASE_FRIDAY, kinds=(Kind.SCENARIO,), audience="领导干部")
    some = plan(
        nodes=(),
        rules=(replace(STUDY_MONDAY, weekday=5), case),
        targets=(JG1, HEADS),
        rosters=people(jg1="zhang", heads="zhang"),
    )
    week = plan_week(date(2026, 7, 6), some, [])
    assert [push.target for push in week.pushes] == ["heads"]
    assert [(skip.target, skip.rule) for skip in week.skipped] == [("jg1", "monday")]


def test_the_same_item_by_way_of_two_targets_counts_once():
    some = plan(
        nodes=(),
        rules=(STUDY_MONDAY,),
        targets=(JG1, JG2),
        rosters=people(jg1="zhang li", jg2="zhang wang"),
    )
    pushes = plan_week(date(2026, 7, 6), some, []).pushes
    assert [(push.target, push.spared) for push in pushes] == [("jg1", ()), ("jg2", ())]


# -- days on which nothing is said -------------------------------------------------------------


def test_a_blackout_day_closes_for_rules_and_nodes_come_before_it():
    quiet = Policy(blackout=frozenset({date(2026, 6, 15), date(2026, 6, 26)}))
    some = plan(targets=(JG1,), policy=quiet)
    planned = plan_span(date(2026, 6, 8), 21, some, [])
    days = {(push.rule or push.part): f"{push.due:%m-%d}" for push in planned.pushes}
    assert days["main"] == "06-12"
    assert not {"06-15", "06-26"} & set(days.values())
    assert (messages.SKIP_BLACKOUT, date(2026, 6, 26)) in {
        (skip.reason, skip.date) for skip in planned.skipped
    }


def test_a_pause_skips_everything_until_its_day_and_says_so():
    some = plan(targets=(JG1,), pause=Pause(since=date(2026, 6, 15), until=date(2026, 6, 18)))
    planned = plan_span(MONDAY, 7, some, [])
    assert [push.part for push in planned.pushes] == ["final"]
    assert {skip.reason for skip in planned.skipped if skip.date < date(2026, 6, 18)} == {
        messages.SKIP_PAUSED
    }
    assert plan_span(MONDAY, 60, replace(some, pause=Pause(since=MONDAY)), []).pushes == ()


# -- a series ----------------------------------------------------------------------------------


def lessons(*numbers, total=3):
    return tuple(
        item(f"L{n}", Kind.STUDY, series=f"党纪学习教育 {n}/{total}", cooldown_weeks=26)
        for n in numbers
    )


COURSE = Rule(
    key="course",
    name="党纪学习教育",
    weekday=3,
    kinds=(Kind.STUDY,),
    series="党纪学习教育",
    first=date(2026, 7, 1),
    last=date(2026, 8, 31),
)


def course(items, span=40, rule=COURSE, rules=(), history=()):
    some = plan(items=items, rules=(rule, *rules), nodes=(), targets=(JG1,))
    return plan_span(date(2026, 7, 1), span, some, list(history))


def test_a_series_is_told_in_order_and_then_is_over():
    planned = course(lessons(3, 1, 2))
    assert [push.item for push in planned.pushes] == ["L1", "L2", "L3"]
    assert {skip.reason for skip in planned.skipped} == {"“党纪学习教育”系列已推送完"}


def test_a_missing_lesson_stops_the_series_and_says_which():
    planned = course(lessons(1, 3))
    assert [push.item for push in planned.pushes] == ["L1"]
    assert {skip.reason for skip in planned.skipped} == {
        "系列停在这里：“党纪学习教育”缺第2课（共3课）"
    }


def test_a_lesson_that_was_never_heard_is_told_again():
    lost = sent(occurrence="course-2026W27", day=date(2026, 7, 1), item="L1")
    again = course(lessons(1, 2), history=[replace(lost, state=State.EXPIRED)])
    assert next(p.item for p in again.pushes if p.state is State.PLANNED) == "L1"


def test_a_series_may_take_the_place_of_the_rhythm():
    items = (*lessons(1, 2, 3), *(item(f"SC-{n}") for n in range(9)))
    beside = course(items, rules=(CASE_FRIDAY,), span=14)
    assert {push.rule for push in beside.pushes} == {"course", "friday"}
    alone = course(items, rule=replace(COURSE, instead=True), rules=(CASE_FRIDAY,), span=14)
    assert {push.rule for push in alone.pushes} == {"course"}
    assert "“党纪学习教育”系列推送期间，平日节奏暂停" in {s.reason for s in alone.skipped}


def test_a_lesson_is_never_picked_by_an_ordinary_rule():
    some = plan(items=lessons(1, 2), rules=(STUDY_MONDAY,), nodes=(), targets=(JG1,))
    assert plan_span(date(2026, 7, 6), 7, some, []).pushes == ()
