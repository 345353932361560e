"""The numbers of reading, always together: covered, reachable, read."""

from dataclasses import replace
from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.core.model import State, Step
from bot.core.reading import (
    Acts,
    Figures,
    answer,
    answers,
    figures,
    first_acts,
    people,
    reading_until,
)

from .cast import CALENDAR, JG2, LI, MONDAY, WANG, ZHANG, at, cohort, cohorts, sent, tap

SENT = sent()  # Monday 2026-06-15; 端午 lies in its reading period
TWIN = sent(JG2)  # the same occurrence to the other group
LATER = at(12, 0, date(2026, 7, 31))
END = reading_until(SENT.sent_at, CALENDAR)
ALL = (ZHANG, LI, WANG)


def count(*receipts, pushes=(SENT,), held=None, as_of=LATER, **more):
    held = cohorts(cohort(SENT, ALL)) if held is None else held
    acts = Acts(pushes=pushes, cohorts=held, receipts=receipts, **more)
    return figures(pushes, acts, CALENDAR, as_of)


@pytest.mark.parametrize(
    ("day", "until"),
    [
        ("2026-06-15", "2026-06-24"),  # 16 17 18 | 端午 19-21 | 22 23
        ("2026-06-18", "2026-06-27"),
        ("2026-07-06", "2026-07-14"),  # over a weekend
        ("2026-09-18", "2026-09-25"),  # Sunday 09-20 is worked: 20 21 22 23 24
        ("2026-09-30", "2026-10-14"),  # 国庆, then 8 9 10(Sat, worked) 12 13
    ],
)
def test_the_reading_period_ends_after_five_official_workdays(day, until):
    moment = at(9, 15, date.fromisoformat(day))
    assert reading_until(moment, CALENDAR) == at(0, 0, date.fromisoformat(until))


@pytest.mark.parametrize(
    ("receipts", "read"),
    [
        ([], 0),
        ([tap(SENT, LI, at(9, 20))], 1),
        ([tap(SENT, LI, at(9, 20), Step.ANSWERED)], 1),
        ([tap(SENT, LI, at(9, 20), Step.OPENED)], 0),
        ([tap(SENT, LI, at(9, 20)), tap(SENT, LI, at(9, 21)), tap(SENT, LI, at(9, 22))], 1),
        ([tap(SENT, LI, at(9, 20)), tap(SENT, ZHANG, at(9, 20))], 2),
        ([tap(SENT, "stranger", at(9, 20))], 0),
        ([tap(TWIN, LI, at(9, 20))], 0),
        ([tap(SENT, LI, END - timedelta(seconds=1))], 1),
        ([tap(SENT, LI, END)], 0),
        ([tap(SENT, LI, END + timedelta(days=1)), tap(SENT, LI, at(9, 20))], 1),
    ],
)
def test_reading_is_a_deliberate_act_of_a_reached_person_in_time(receipts, read):
    assert count(*receipts) == Figures(pushes=1, covered=3, reachable=3, read=read)


def test_a_report_counts_the_acts_before_its_own_hour():
    taps = [tap(SENT, LI, at(9, 20)), tap(SENT, WANG, at(10))]
    assert [count(*taps, as_of=at(9, minute)).read for minute in (20, 21)] == [0, 1]
    assert count(*taps, as_of=at(10, 1)).read == 2


def test_who_was_not_reached_is_covered_but_neither_reachable_nor_read():
    found = count(tap(SENT, LI, at(9, 20)), unreached={SENT.key: frozenset({LI})})
    assert found == Figures(pushes=1, covered=3, reachable=2, read=0)
    assert found.rate == 0


def test_a_group_message_covers_people_and_measures_nothing():
    silent = cohorts(cohort(SENT, ALL, tappable=False))
    found = count(tap(SENT, LI, at(9, 20)), held=silent)
    assert found == Figures(pushes=1, covered=3)
    assert found.rate is None


@pytest.mark.parametrize(
    "change", [{"state": state} for state in State if state is not State.SENT] + [{"sent_at": None}]
)
def test_only_what_was_sent_counts(change):
    push = replace(SENT, **change)
    assert count(tap(SENT, LI, at(9, 20)), pushes=(push,)) == Figures()


def test_a_person_counts_once_an_occurrence_however_many_targets():
    held = cohorts(cohort(SENT, (ZHANG, LI)), cohort(TWIN, (LI, WANG)))
    taps = [tap(SENT, LI, at(9, 20)), tap(TWIN, LI, at(9, 21)), tap(TWIN, WANG, at(9, 22))]
    found = count(*taps, pushes=(SENT, TWIN), held=held)
    assert found == Figures(pushes=2, covered=3, reachable=3, read=2)


def test_a_person_without_a_button_in_one_group_may_have_one_in_the_other():
    held = cohorts(cohort(SENT, ALL, tappable=False), cohort(TWIN, (LI,)))
    found = count(tap(TWIN, LI, at(9, 20)), pushes=(SENT, TWIN), held=held)
    assert found == Figures(pushes=2, covered=3, reachable=1, read=1)


def test_accounts_that_differ_in_case_only_are_one_person():
    held = cohorts(cohort(SENT, ("Li", ZHANG)), cohort(TWIN, ("LI", WANG)))
    taps = [tap(SENT, "li", at(9, 20)), tap(TWIN, "lI", at(9, 21)), tap(TWIN, "Wang", at(9, 22))]
    found = count(*taps, pushes=(SENT, TWIN), held=held)
    assert found == Figures(pushes=2, covered=3, reachable=3, read=2)
    gone = {SENT.key: frozenset({"LI"}), TWIN.key: frozenset({"li"})}
    found = count(*taps, pushes=(SENT, TWIN), held=held, unreached=gone)
    assert found == Figures(pushes=2, covered=3, reachable=2, read=1)
    assert people((SENT, TWIN), Acts(pushes=(), cohorts=held)) == {LI, ZHANG, WANG}


def test_occurrences_add_up_to_times():
    other = sent(occurrence="friday-2026W25", day=MONDAY + timedelta(days=3))
    held = cohorts(cohort(SENT, ALL), cohort(other, (LI, WANG)))
    taps = [tap(SENT, LI, at(9, 20)), tap(other, LI, at(9, 20, date(2026, 6, 18)))]
    found = count(*taps, pushes=(SENT, other), held=held, opened={SENT.key: 4, other.key: 1})
    assert found == Figures(pushes=2, covered=5, reachable=5, opened=5, read=2)


def test_the_parts_of_a_node_are_occasions_of_their_own():
    main, final = (sent(occurrence="dragon-boat-2026", part=part) for part in ("main", "final"))
    held = cohorts(cohort(main, ALL), cohort(final, ALL))
    assert count(pushes=(main, final), held=held).covered == 6


def test_a_push_whose_roster_is_not_known_counts_as_sent_and_no_more():
    assert count(held={}) == Figures(pushes=1)


@pytest.mark.parametrize(("reachable", "low"), [(0, True), (2, True), (3, False), (5, False)])
def test_under_sixty_percent_the_coverage_is_low(reachable, low):
    assert Figures(pushes=1, covered=5, reachable=reachable).low_coverage is low


@given(st.integers(1, 10_000))
def test_exactly_sixty_percent_is_enough(fifth):
    assert not Figures(covered=5 * fifth, reachable=3 * fifth).low_coverage
    assert Figures(covered=5 * fifth, reachable=3 * fifth - 1).low_coverage


def test_where_nobody_was_covered_nothing_is_low():
    assert not Figures().low_coverage


PEOPLE = st.sets(st.sampled_from("abcdefgh"))


@given(
    covered=st.tuples(PEOPLE, PEOPLE),
    lost=PEOPLE,
    taps=st.lists(
        st.tuples(
            st.sampled_from([SENT, TWIN]),
            st.sampled_from("abcdefghxyz"),
            st.integers(0, 15 * 24),
            st.sampled_from(list(Step)),
        )
    ),
    tappable=st.tuples(st.booleans(), st.booleans()),
)
def test_the_numbers_are_what_counting_by_hand_gives(covered, lost, taps, tappable):
    pushes = (SENT, TWIN)
    held = cohorts(*(cohort(*one) for one in zip(pushes, covered, tappable, strict=True)))
    receipts = [
        tap(push, who, SENT.sent_at + timedelta(hours=hours), step)
        for push, who, hours, step in taps
    ]
    found = count(*receipts, pushes=pushes, held=held, unreached={SENT.key: frozenset(lost)})
    reached = {
        push.key: (people - (lost if push is SENT else set())) if can else set()
        for push, people, can in zip(pushes, covered, tappable, strict=True)
    }
    read = {
        one.person
        for one in receipts
        if one.step is not Step.OPENED and one.at < END and one.person in reached[one.push]
    }
    assert found.covered == len(covered[0] | covered[1])
    assert found.reachable == len(set().union(*reached.values()))
    assert found.read == len(read)
    assert 0 <= found.read <= found.reachable <= found.covered
    assert (found.rate is None) is (found.reachable == 0)


@given(
    covered=st.tuples(PEOPLE, PEOPLE),
    lost=PEOPLE,
    taps=st.lists(
        st.tuples(
            st.sampled_from([SENT, TWIN]),
            st.sampled_from("abcdefghxyzABC"),
            st.integers(0, 9),
            st.sampled_from(list(Step)),
        )
    ),
    days=st.lists(st.integers(-1, 10), min_size=1),
    both=st.booleans(),
)
def test_several_moments_are_answered_at_once_as_each_by_itself(covered, lost, taps, days, both):
    pushes = (SENT, TWIN) if both else (TWIN,)
    acts = Acts(
        pushes=pushes,
        cohorts=cohorts(*map(cohort, (SENT, TWIN), covered)),
        unreached={SENT.key: frozenset(lost)},
        opened={SENT.key: 3},
    )
    first = first_acts(
        tap(push, who, SENT.sent_at + timedelta(days=day), step) for push, who, day, step in taps
    )
    keys, ends = [push.key for push in pushes], [SENT.sent_at + timedelta(days=day) for day in days]
    alone = [answer(tuple((key, end) for key in keys), acts, first) for end in ends]
    assert answers(keys, ends, acts, first) == alone
