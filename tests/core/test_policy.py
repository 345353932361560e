"""Decent hours and pace, as arithmetic on times that are passed in."""

from datetime import date, datetime, time, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bot.core.model import SHANGHAI, Kind
from bot.core.policy import (
    AFTERNOON,
    GRACE,
    LONGEST,
    MINUTE,
    MORNING,
    RANKS,
    Limit,
    Policy,
    Sends,
    closing,
    next_permitted,
    next_slot,
    open_day,
    permitted,
    rank_of,
    slot_time,
    summary_time,
)

from .cast import CALENDAR, MONDAY, at

POLICY = Policy()
MOMENTS = st.datetimes(
    datetime(2020, 1, 1),  # noqa: DTZ001 - hypothesis adds the zone
    datetime(2027, 12, 31),  # noqa: DTZ001 - of an estimated year
    timezones=st.just(SHANGHAI),
)
DAYS = st.dates(date(2020, 1, 1), date(2027, 12, 31))


@st.composite
def windows(draw):
    """One to three windows of at least a quarter of an hour, in order, apart from each other."""
    marks = draw(st.lists(st.integers(0, 94), min_size=2, max_size=6, unique=True).map(sorted))
    late = draw(st.integers(0, 14))  # a window may open at any minute
    clock = [time(*divmod(mark * 15 + late, 60)) for mark in marks]
    return tuple(zip(clock[::2], clock[1::2], strict=False))


POLICIES = st.one_of(st.just(POLICY), st.builds(Policy, windows=windows()))


def may(moment, policy=POLICY):
    return permitted(moment, policy, CALENDAR.is_workday)


@pytest.mark.parametrize(
    ("moment", "allowed"),
    [
        (at(9, 9), False),
        (at(9, 10), True),
        (at(9, 30), False),
        (at(9, 31), True),
        (at(10, 0), False),
        (at(11, 19), True),
        (at(11, 20), False),
        (at(12, 15), False),
        (at(14, 39), False),
        (at(14, 40), True),
        (at(17, 9), True),
        (at(17, 10), False),
        (at(22, 15), False),
        (at(9, 15, date(2026, 6, 19)), False),  # 端午
        (at(9, 15, date(2026, 6, 20)), False),  # a Saturday
        (at(9, 15, date(2026, 9, 20)), True),  # a Sunday worked
        (at(9, 15, date(2027, 12, 13)), False),  # 国家公祭日, a Monday
        (at(9, 15, date(2027, 12, 14)), True),
    ],
)
def test_a_message_leaves_in_decent_hours_only(moment, allowed):
    assert may(moment) is allowed


@given(MOMENTS)
@settings(max_examples=500)
def test_nothing_leaves_outside_hours_on_the_half_hour_or_on_a_day_off(moment):
    if not may(moment):
        return
    clock = moment.time()
    assert time(9, 10) <= clock < time(11, 20) or time(14, 40) <= clock < time(17, 10)
    assert clock.minute not in (0, 30)
    assert CALENDAR.is_workday(moment.date())
    assert (moment.month, moment.day) != (12, 13)


@given(MOMENTS, POLICIES)
@settings(max_examples=300)
def test_the_next_permitted_moment_is_permitted_and_none_comes_before_it(moment, policy):
    found = next_permitted(moment, policy, CALENDAR.is_workday)
    assert found >= moment
    assert may(found, policy)
    if found > moment:
        assert not may(moment, policy)
        assert not may(found - timedelta(seconds=1), policy)
    for minutes in range(1, int((found - moment).total_seconds() // 60), 7):
        assert not may(moment + timedelta(minutes=minutes), policy)


@pytest.mark.parametrize(
    ("moment", "then"),
    [
        (at(9, 15), at(9, 15)),
        (at(9, 30).replace(second=20), at(9, 31)),
        (at(8, 0), at(9, 10)),
        (at(11, 20), at(14, 40)),
        (at(17, 10), at(9, 10, date(2026, 6, 16))),
        (at(17, 10, date(2026, 6, 18)), at(9, 10, date(2026, 6, 22))),  # over 端午
    ],
)
def test_what_may_not_leave_now_leaves_at_the_next_opening(moment, then):
    assert next_permitted(moment, POLICY, CALENDAR.is_workday) == then


def test_a_window_that_opens_on_the_half_hour_opens_a_minute_later():
    policy = Policy(windows=((time(9, 30), time(11, 0)),))
    assert next_permitted(at(8), policy, CALENDAR.is_workday) == at(9, 31)


@given(DAYS, st.sampled_from(["上午", "下午"]), st.text(max_size=8), POLICIES)
@settings(max_examples=400)
def test_a_push_is_due_inside_its_window_whatever_the_window(day, slot, seed, policy):
    due = slot_time(day, slot, seed, policy)
    start, end = policy.windows[0 if slot == "上午" else -1]
    assert due.date() == day
    assert start <= due.time() < end
    assert due.minute not in (0, 30)
    assert due < closing(day, policy)
    assert due == slot_time(day, slot, seed, policy)


@pytest.mark.parametrize(("slot", "start"), [("上午", at(9, 10)), ("下午", at(14, 40))])
def test_a_push_is_due_three_to_twelve_minutes_into_its_window(slot, start):
    dues = {slot_time(MONDAY, slot, f"jg{n}/x", POLICY) - start for n in range(400)}
    assert min(dues) >= timedelta(minutes=3)
    assert max(dues) < timedelta(minutes=12)
    assert len(dues) > 200, "a hundred groups do not speak in the same second"


def test_a_push_is_due_at_the_same_second_on_every_machine():
    assert f"{slot_time(MONDAY, '上午', 'jg1/monday-2026W25/main', POLICY):%H:%M:%S}" == "09:14:43"


@given(DAYS, st.text(max_size=8))
def test_the_summary_leaves_before_half_past_nine(day, seed):
    moment = summary_time(day, seed)
    assert time(9, 11) <= moment.time() < time(9, 27)


def test_the_last_window_closes_the_day():
    assert closing(MONDAY, POLICY) == at(17, 10)
    assert (MORNING[1], AFTERNOON[1]) == (time(11, 20), time(17, 10))


def test_the_thirteenth_of_december_is_silent_though_worked():
    day = date(2027, 12, 13)
    assert CALENDAR.is_workday(day)
    assert not open_day(day, CALENDAR.is_workday)


def test_corrections_go_before_nodes_and_nodes_before_cases():
    order = [RANKS["correction"], rank_of("final"), rank_of("main")]
    order += [rank_of("main", (Kind.MODEL, Kind.SCENARIO)), rank_of("main", (Kind.STUDY,))]
    assert order == sorted(set(order))
    assert rank_of("main", (Kind.REPOST,)) == rank_of("main", (Kind.SCENARIO,))
    assert rank_of("main", (Kind.MODEL,)) == rank_of("main", (Kind.STUDY,))


LIMITS = st.lists(
    st.builds(
        lambda quota, seconds: Limit(quota, timedelta(seconds=seconds)),
        st.integers(1, 20),
        st.integers(1, 90),
    ),
    min_size=1,
    max_size=3,
)


@given(st.lists(st.tuples(st.integers(0, 90), st.integers(1, 3)), min_size=1, max_size=60), LIMITS)
@settings(max_examples=300)
def test_pacing_never_exceeds_a_limit_in_a_fixed_or_sliding_window(sends, limits):
    """Each send weighs 1 to 3, like a message that reaches so many people."""
    limits = [Limit(max(3, limit.quota), limit.window) for limit in limits]
    now, sent, times = at(9, 15), Sends(), []
    for wait, weight in sends:
        now = next_slot(sent, limits, now + timedelta(seconds=wait), weight)
        sent.add(now, weight)
        times.append((now, weight))
    for limit in limits:
        for first, _ in times:
            inside = [w for moment, w in times if first <= moment < first + limit.window]
            assert sum(inside) <= limit.quota
        seconds = int(limit.window.total_seconds())
        for shift in range(seconds):  # every place a fixed window may begin
            filled: dict[int, int] = {}
            for moment, weight in times:
                start = int((moment - at(9)).total_seconds() + shift) // seconds
                filled[start] = filled.get(start, 0) + weight
            assert max(filled.values()) <= limit.quota


@given(st.lists(st.integers(0, 300), max_size=30), st.integers(1, 20))
def test_pacing_waits_no_longer_than_it_must(ago, quota):
    now = at(10, 15)
    sent = [now - timedelta(seconds=second) for second in ago]
    slot = next_slot(Sends(sent), [Limit(quota)], now)
    assert slot >= now
    if slot > now:
        just_before = slot - GRACE - timedelta(seconds=1)
        recent = [one for one in sent if one > just_before - timedelta(seconds=60)]
        assert len(recent) >= quota


def test_what_left_long_ago_is_forgotten_and_changes_no_slot():
    sent, now = Sends(), at(9, 15)
    for second in range(10_000):
        sent.add(now + timedelta(seconds=30 * second))
    last = now + timedelta(seconds=30 * 9_999)
    assert len(sent._times) < 10_000
    assert next_slot(sent, [Limit(2)], last) == last - timedelta(seconds=30) + MINUTE + GRACE


@pytest.mark.parametrize(("rest", "free"), [(23, False), (24, False), (25, True)])
def test_a_rest_frees_a_long_window_only_when_all_of_it_has_passed(rest, free):
    now = at(9, 15) + timedelta(hours=rest)
    assert (next_slot(Sends([at(9, 15)]), [Limit(1, LONGEST)], now) == now) is free


def test_one_that_is_heavier_than_a_whole_window_waits_for_an_empty_one():
    sent = Sends([at(9, 15)])
    assert next_slot(sent, [Limit(5)], at(9, 15), 9) == at(9, 16) + GRACE
    assert next_slot(Sends(), [Limit(5)], at(9, 15), 9) == at(9, 15)
