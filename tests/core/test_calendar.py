"""The calendar: the State Council's own days as a literal table, and two libraries' agreement."""

from datetime import date, timedelta
from functools import cache

import chinese_calendar
import holidays
import pytest
from holidays.calendars.chinese import _ChineseLunisolar
from hypothesis import given
from hypothesis import strategies as st

from bot.core.calendar import (
    MERGE_GAP,
    Calendar,
    Override,
    iso_week,
    merges,
    monday_of,
    year_days,
)
from bot.core.dates import festival_of, lunar_day, solar_term
from bot.core.model import Node, NodeDay

from .cast import CALENDAR, NODES, node

MAKEUP_2026 = "01-04 02-14 02-28 05-09 09-20 10-10"
OFF_2026 = (
    "01-01 01-02 02-16 02-17 02-18 02-19 02-20 02-23 04-06 05-01 05-04 05-05 06-19 "
    "09-25 10-01 10-02 10-05 10-06 10-07"
)
# Year, node: first and last day off, and W, the last workday before them.
SPANS = [
    ("2024", "元旦", "2023-12-30", "2024-01-01", "2023-12-29"),
    ("2024", "春节", "2024-02-10", "2024-02-17", "2024-02-09"),  # 除夕 was worked
    ("2024", "清明", "2024-04-04", "2024-04-06", "2024-04-03"),
    ("2024", "五一", "2024-05-01", "2024-05-05", "2024-04-30"),
    ("2024", "端午", "2024-06-08", "2024-06-10", "2024-06-07"),  # the weekend adjoins
    ("2024", "中秋", "2024-09-15", "2024-09-17", "2024-09-14"),  # a Saturday worked
    ("2024", "国庆", "2024-10-01", "2024-10-07", "2024-09-30"),
    ("2025", "元旦", "2025-01-01", "2025-01-01", "2024-12-31"),
    ("2025", "春节", "2025-01-28", "2025-02-04", "2025-01-27"),
    ("2025", "清明", "2025-04-04", "2025-04-06", "2025-04-03"),
    ("2025", "五一", "2025-05-01", "2025-05-05", "2025-04-30"),
    ("2025", "端午", "2025-05-31", "2025-06-02", "2025-05-30"),
    ("2025", "中秋", "2025-10-01", "2025-10-08", "2025-09-30"),  # one span with 国庆
    ("2025", "国庆", "2025-10-01", "2025-10-08", "2025-09-30"),
    ("2026", "元旦", "2026-01-01", "2026-01-03", "2025-12-31"),
    ("2026", "春节", "2026-02-15", "2026-02-23", "2026-02-14"),  # a Saturday worked
    ("2026", "清明", "2026-04-04", "2026-04-06", "2026-04-03"),
    ("2026", "五一", "2026-05-01", "2026-05-05", "2026-04-30"),
    ("2026", "端午", "2026-06-19", "2026-06-21", "2026-06-18"),
    ("2026", "中秋", "2026-09-25", "2026-09-27", "2026-09-24"),
    ("2026", "国庆", "2026-10-01", "2026-10-07", "2026-09-30"),
    ("2027", "元旦", "2027-01-01", "2027-01-03", "2026-12-31"),  # from here on the estimate
    ("2027", "春节", "2027-02-05", "2027-02-08", "2027-02-04"),
    ("2027", "清明", "2027-04-03", "2027-04-05", "2027-04-02"),
    ("2027", "端午", "2027-06-09", "2027-06-09", "2027-06-08"),
    ("2027", "中秋", "2027-09-15", "2027-09-15", "2027-09-14"),
    ("2027", "国庆", "2027-10-01", "2027-10-03", "2027-09-30"),
]
# 春节, 清明, 端午, 中秋: the table of domain/background.md §4.3.
LUNAR = """
2026 02-17 04-05 06-19 09-25
2027 02-06 04-05 06-09 09-15
2028 01-26 04-04 05-28 10-03
2029 02-13 04-04 06-16 09-22
2030 02-03 04-05 06-05 09-12
2031 01-23 04-05 06-24 10-01
2032 02-11 04-04 06-12 09-19
2033 01-31 04-04 06-01 09-08
2034 02-19 04-05 06-20 09-27
2035 02-08 04-05 06-10 09-16
2036 01-28 04-04 05-30 10-04
"""


def announced_2027() -> Calendar:
    """A notice for 2027 that works 02-14, a Sunday, and gives Monday 03-01 off."""
    given = [
        Override(date=date(2027, 2, 14), workday=True, name="春节"),
        Override(date=date(2027, 3, 1), workday=False, name="补休"),
    ]
    return Calendar(overrides={one.date: one for one in given}, announced=frozenset({2027}))


@cache
def second_opinion(year: int) -> holidays.HolidayBase:
    # "Workday" needs the neighbours too: a notice moves days across the new year.
    return holidays.country_holidays("CN", years=range(year - 1, year + 2))


def month_days(found):
    return " ".join(f"{day:%m-%d}" for day in found)


def test_the_year_2026_is_word_for_word_the_notice():
    days = list(year_days(2026))
    weekend = [day for day in days if day.weekday() >= 5]
    assert month_days(d for d in weekend if CALENDAR.is_workday(d)) == MAKEUP_2026
    weekdays = [day for day in days if day.weekday() < 5]
    assert month_days(d for d in weekdays if not CALENDAR.is_workday(d)) == OFF_2026
    assert {CALENDAR.day(day).source for day in days} == {"official"}
    assert not any(CALENDAR.day(day).provisional for day in days)


@pytest.mark.parametrize("year", range(2007, 2027))
def test_a_second_library_agrees_on_every_day(year):
    other = second_opinion(year)
    days = list(year_days(year))
    assert [d for d in days if CALENDAR.is_workday(d) != other.is_working_day(d)] == []


def test_new_years_eve_of_2024_was_a_workday():
    assert CALENDAR.is_workday(date(2024, 2, 9))


@pytest.mark.parametrize(("year", "name", "first", "last", "before"), SPANS)
def test_a_node_has_the_days_off_round_it_and_a_last_workday(year, name, first, last, before):
    found = CALENDAR.node_day(node(name), int(year))
    assert f"{found.first_off} {found.last_off}" == f"{first} {last}"
    assert str(found.last_workday_before) == before
    assert found.until == found.last_off
    assert found.provisional is (year == "2027")


def test_a_node_without_a_day_off_ends_with_its_day():
    found = CALENDAR.node_day(Node(key="party-day", name="七一", date="7-1"), 2026)
    assert (found.first_off, found.last_off) == (None, None)
    assert (found.last_workday_before, found.until) == (date(2026, 6, 30), date(2026, 7, 1))


@pytest.mark.parametrize("line", LUNAR.strip().split("\n"))
def test_festivals_fall_where_the_table_says(line):
    year, *expected = line.split()
    found = [festival_of(node(name), int(year)) for name in ("春节", "清明", "端午", "中秋")]
    assert [f"{day:%m-%d}" for day in found] == expected


def test_an_unknown_year_is_estimated_and_says_so():
    days = [CALENDAR.day(day) for day in year_days(2027)]
    assert {(day.source, day.provisional) for day in days} == {("estimate", True)}
    off = [day.date for day in days if not day.workday and day.date.weekday() < 5]
    statutory = "01-01 02-05 02-08 04-05 06-09 09-15 10-01"  # the rest lie on weekends
    assert month_days(off) == statutory
    assert not any(day.workday for day in days if day.date.weekday() >= 5)


def test_an_override_beats_the_library_and_the_estimate():
    day = date(2026, 9, 20)  # officially a Sunday worked
    moved = Calendar(overrides={day: Override(date=day, workday=False, name="中秋")})
    assert CALENDAR.is_workday(day)
    assert not moved.is_workday(day)
    assert (moved.day(day).source, moved.day(day).name) == ("override", "中秋")


@pytest.mark.parametrize(
    ("day", "workday", "source", "name"),
    [
        ("2027-02-14", True, "override", "春节调休上班"),
        ("2027-03-01", False, "override", "补休"),
        ("2027-02-08", True, "override", ""),  # the estimate would have it off: the notice rules
        ("2027-03-06", False, "override", "周末"),
    ],
)
def test_an_announced_year_is_not_provisional(day, workday, source, name):
    found = announced_2027().day(date.fromisoformat(day))
    assert (found.workday, found.source, found.name) == (workday, source, name)
    assert not found.provisional


@pytest.mark.parametrize(
    ("day", "name"),
    [
        ("2026-06-19", "端午节"),
        ("2026-06-20", "端午节"),
        ("2026-06-27", "周末"),
        ("2026-09-20", "国庆节调休上班"),
        ("2026-06-18", ""),
    ],
)
def test_a_day_tells_why_it_is_what_it_is(day, name):
    assert CALENDAR.day(date.fromisoformat(day)).name == name


@pytest.mark.parametrize(("between", "together"), [(0, True), (5, True), (6, False), (7, False)])
def test_spans_merge_when_fewer_than_six_days_lie_between(between, together):
    def spell(first, last):
        return NodeDay(
            node=NODES[0],
            year=2026,
            date=first,
            first_off=first,
            last_off=last,
            last_workday_before=first - timedelta(days=1),
            until=last,
            provisional=False,
        )

    end = date(2026, 9, 27)
    begin = end + timedelta(days=between + 1)
    assert merges(spell(end, end), spell(begin, begin)) is together
    assert MERGE_GAP == 6


def test_the_autumn_nodes_merge_in_2025_and_2026_but_not_in_2024():
    def autumn(year):
        return sorted(
            (CALENDAR.node_day(node(name), year) for name in ("中秋", "国庆")),
            key=lambda found: found.date,
        )

    assert [merges(*autumn(year)) for year in (2024, 2025, 2026)] == [False, True, True]


def test_a_node_without_a_day_off_merges_with_none():
    quiet = CALENDAR.node_day(Node(key="party-day", name="七一", date="7-1"), 2026)
    assert not merges(quiet, quiet)


@given(st.dates(date(2005, 1, 1), date(2035, 12, 31)), st.integers(0, 30))
def test_counting_workdays_there_and_back_ends_on_the_same_workday(day, count):
    start = CALENDAR.workday_before(day)
    there = CALENDAR.workday_after(start, count)
    assert CALENDAR.workday_before(there, count) == start
    assert CALENDAR.is_workday(there)


@given(st.dates(date(2005, 1, 1), date(2035, 12, 31)))
def test_a_span_is_the_longest_run_of_days_off_round_its_day(day):
    span = CALENDAR.span(day)
    if span is None:
        assert CALENDAR.is_workday(day)
        return
    first, last = span
    assert first <= day <= last
    run = [first + timedelta(days=n) for n in range((last - first).days + 1)]
    assert not any(CALENDAR.is_workday(d) for d in run)
    assert CALENDAR.is_workday(first - timedelta(days=1))
    assert CALENDAR.is_workday(last + timedelta(days=1))


@given(st.dates(date(2000, 1, 1), date(2099, 12, 31)))
def test_a_week_is_written_and_read_back(day):
    monday = monday_of(iso_week(day))
    assert monday.weekday() == 0
    assert monday <= day < monday + timedelta(days=7)


@pytest.mark.parametrize("week", ["", "2026-25", "2026W25", "2026-W54", "第25周"])
def test_what_is_no_week_is_refused(week):
    with pytest.raises(ValueError):
        monday_of(week)


def test_the_lunar_new_year_is_the_first_of_the_first():
    assert lunar_day(2026, 1, 1) == date(2026, 2, 17)


def test_a_node_without_any_rule_is_a_mistake_of_the_programmer():
    with pytest.raises(ValueError, match="no date"):
        festival_of(Node(key="x", name="无"), 2026)


# -- the kinds of days a node may have -----------------------------------------------------------


def days_of(node, year, *others, calendar=CALENDAR):
    found = calendar.node_days([node, *others], year)
    return [(day.occurrence, str(day.date)) for day in found if day.node == node]


@pytest.mark.parametrize(
    ("fields", "year", "expected"),
    [
        ({"nth_weekday": "5月第2个周日"}, 2026, [("x-2026", "2026-05-10")]),
        ({"nth_weekday": "11月第四个周四"}, 2027, [("x-2027", "2027-11-25")]),
        ({"nth_weekday": "12月最后一个周五"}, 2026, [("x-2026", "2026-12-25")]),
        ({"nth_weekday": "6月最后一个周二"}, 2026, [("x-2026", "2026-06-30")]),
        ({"holiday": "端午节"}, 2026, [("x-2026", "2026-06-19")]),
        ({"holiday": "抗战胜利70周年纪念日"}, 2015, [("x-2015", "2015-09-03")]),
        ({"holiday": "抗战胜利70周年纪念日"}, 2016, []),
        ({"window": ("7-1 至 7-31",)}, 2026, [("x-2026", "2026-07-01")]),
        (
            {"window": ("6-1 至 6-30", "7-10至8-31")},
            2026,
            [("x-06-2026", "2026-06-01"), ("x-07-2026", "2026-07-10")],
        ),
        ({"window": ("2026-09-01 至 2027-06-30",)}, 2026, [("x-2026", "2026-09-01")]),
        ({"window": ("2026-09-01 至 2027-06-30",)}, 2027, []),
        ({"evergreen": True}, 2026, []),
    ],
)
def test_a_node_may_have_its_day_in_many_ways(fields, year, expected):
    assert days_of(Node(key="x", name="某", **fields), year) == expected


def test_a_window_over_the_new_year_ends_in_the_next_one():
    (found,) = CALENDAR.node_days([Node(key="x", name="某", window=("12-10 至 1-20",))], 2026)
    assert (found.date, found.until) == (date(2026, 12, 10), date(2027, 1, 20))
    assert (found.first_off, found.last_workday_before) == (None, date(2026, 12, 9))


def test_a_node_that_follows_comes_so_many_workdays_after_the_days_off():
    after = Node(key="after", name="节后", follows=("春节", "国庆", "中秋"), workday=3)
    found = CALENDAR.node_days([after, *NODES], 2026)
    assert [(day.occurrence, str(day.date), day.name) for day in found if day.node == after] == [
        ("after-spring-festival-2026", "2026-02-26", "春节"),
        ("after-mid-autumn-2026", "2026-09-30", "中秋"),
        ("after-national-day-2026", "2026-10-10", "国庆"),  # a Saturday worked
    ]
    in_2025 = [day for day in CALENDAR.node_days([after, *NODES], 2025) if day.node == after]
    assert [(day.occurrence, day.name) for day in in_2025] == [
        ("after-spring-festival-2025", "春节"),
        ("after-national-day-2025", "国庆、中秋"),  # one span, followed once
    ]


@pytest.mark.parametrize("day", ["9-10", "12-4", "7-1"])
def test_a_weekend_is_not_what_a_node_brings(day):
    for year in range(2020, 2040):
        found = CALENDAR.node_day(Node(key="x", name="某", date=day), year)
        if found.date == lunar_day(year, 8, 15):  # 2022: 教师节 was 中秋 too
            continue
        assert found.first_off is None
        assert found.last_workday_before == CALENDAR.workday_before(found.date)


def test_a_month_without_a_fifth_sunday_is_refused():
    with pytest.raises(ValueError, match="no such day"):
        festival_of(Node(key="x", name="某", nth_weekday="2月第5个周日"), 2026)


@pytest.mark.parametrize("year", range(2000, 2057))
def test_a_second_library_agrees_on_the_lunar_festivals(year):
    other = _ChineseLunisolar()
    found = {
        "lunar_new_year_date": lunar_day(year, 1, 1),
        "dragon_boat_date": lunar_day(year, 5, 5),
        "mid_autumn_date": lunar_day(year, 8, 15),
    }
    for method, day in found.items():
        second = getattr(other, method)(year)
        assert (second[0] if isinstance(second, tuple) else second) == day
    first, _ = other.lunar_new_year_date(year)
    assert lunar_day(year, 1, 15) == first + timedelta(days=14)


@pytest.mark.parametrize("year", range(2000, 2057))
def test_two_more_libraries_agree_on_the_solar_terms(year):
    terms = chinese_calendar.get_solar_terms(date(year, 1, 1), date(year, 12, 31))
    assert len(terms) == 24
    assert [(day, name) for day, name in terms if solar_term(year, name) != day] == []
    assert _ChineseLunisolar().qingming_date(year)[0] == solar_term(year, "清明")
