"""Laws of any plan: decent hours and days, caps by person, finals before cases, no chance."""

import os
import subprocess
import sys
from collections import defaultdict
from dataclasses import replace
from datetime import date, time, timedelta
from pathlib import Path

from hypothesis import given, settings
from hypothesis import strategies as st

from bot.core import policy
from bot.core.model import Kind, Rule, Target
from bot.core.parts import node_slots
from bot.core.planning import Plan, plan_span
from bot.core.policy import Policy

from .cast import JG1, JG2, NODES, item, library, plan

ROOT = Path(__file__).parents[2]
HEADS = Target(id="heads", name="领导班子", channel="app", audience="领导干部")
SECRETARIES = Target(id="sj", name="支部书记", channel="app", audience="党支部书记")
FOUR = (JG1, JG2, HEADS, SECRETARIES)
PEOPLE = ("zhang", "li", "wang", "Zhao", "qian", "sun")
ITEMS = (
    *library(6, 6, 3),
    *(item(f"DU-{n}", Kind.DUTY, cooldown_weeks=1) for n in range(3)),
)
FIRSTS = st.dates(date(2024, 1, 1), date(2027, 10, 1)).map(
    lambda day: day - timedelta(days=day.weekday())
)
RULES = st.lists(
    st.builds(
        Rule,
        key=st.sampled_from([f"r{n}" for n in range(9)]),
        name=st.just("规则"),
        every=st.sampled_from(["week", "week", "month", "quarter"]),
        weekday=st.integers(1, 7),
        workday=st.sampled_from([-1, 1, 3, 8]),
        kinds=st.sampled_from([(Kind.STUDY,), (Kind.SCENARIO, Kind.MODEL), (Kind.DUTY,)]),
        audience=st.sampled_from(["", "", "领导干部", "党支部书记"]),
        slot=st.sampled_from(["上午", "下午"]),
        late_ok=st.integers(0, 3),
    ),
    max_size=7,
    unique_by=lambda rule: rule.key,
).map(tuple)
ROSTERS = st.fixed_dictionaries(
    {target.id: st.frozensets(st.sampled_from(PEOPLE), min_size=1) for target in FOUR}
)
HOURS = st.sampled_from(
    [
        Policy(),
        Policy(windows=((time(9, 30), time(10, 30)), (time(15), time(16)))),
        Policy(windows=((time(8, 45), time(11)),), blackout=frozenset({date(2026, 6, 15)})),
    ]
)
PLANS = st.builds(
    lambda rules, rosters, hours, nodes: plan(
        nodes=nodes, rules=rules, items=ITEMS, targets=FOUR, rosters=rosters, policy=hours
    ),
    RULES,
    ROSTERS,
    HOURS,
    st.sampled_from([NODES, NODES[:4], ()]),
)


@given(FIRSTS, PLANS)
@settings(max_examples=60)
def test_nothing_is_due_on_a_day_off_or_outside_hours(first, some):
    for push in plan_span(first, 42, some, []).pushes:
        assert policy.permitted(push.due, some.policy, some.calendar.is_workday), push
        assert push.due < push.until


def by_person(pushes, some: Plan):
    """Return what each person hears: person -> {stem: (day, warns of a node)}."""
    heard = defaultdict(dict)
    for push in sorted(pushes, key=lambda push: push.due):
        for person in some.rosters[push.target]:
            if person.casefold() not in push.spared:
                stem = push.key.rpartition("@")[0]
                what = (push.due.date(), policy.warns(push.node, push.part))
                heard[person].setdefault(stem, what)
    return heard


def test_what_waits_takes_one_day_for_all_targets_of_a_person():
    """Two rules on one day, two groups with one person: the second text moves, once for both."""
    rules = tuple(
        Rule(key=key, name="规则", every="week", weekday=1, kinds=(Kind.STUDY,)) for key in "ab"
    )
    both = {"jg1": frozenset({"zhang"}), "jg2": frozenset({"zhang"})}
    some = plan(nodes=(), rules=rules, items=ITEMS, targets=(JG1, JG2), rosters=both)
    told = by_person(plan_span(date(2026, 6, 1), 28, some, []).pushes, some)["zhang"]
    days = [day for day, _ in told.values()]
    assert len(days) == len(set(days))


@given(FIRSTS, PLANS)
@settings(max_examples=100)
def test_nobody_hears_more_than_one_a_day_and_two_a_week_by_all_targets_together(first, some):
    pushes = plan_span(first, 42, some, []).pushes
    warned = {  # a node week is one for everybody who belongs to a target that is warned
        (person, push.due.isocalendar()[:2])
        for push in pushes
        if policy.warns(push.node, push.part)
        for person in some.rosters[push.target]
    }
    for person, told in by_person(pushes, some).items():
        days = [day for day, _ in told.values()]
        assert len(days) == len(set(days)), (person, told)
        weeks = [day.isocalendar()[:2] for day in days]
        for week in set(weeks):
            assert weeks.count(week) <= (3 if (person, week) in warned else 2), (person, week)


@given(FIRSTS, PLANS)
@settings(max_examples=60)
def test_no_final_is_dropped_for_anything_that_is_no_node(first, some):
    last = first + timedelta(days=41)
    planned = plan_span(first, 42, some, [])
    told = {(push.target, push.part, one) for push in planned.pushes for one in push.covers}
    for slot in node_slots(first, last, some):
        if slot.part != "final":
            continue
        for target in (JG1, JG2):
            if all((target.id, "final", one) in told for one in slot.covers):
                continue
            week = slot.day.isocalendar()[:2]
            there = [
                push
                for push in planned.pushes
                if push.target == target.id and push.due.isocalendar()[:2] == week
            ]
            assert there, (slot.stem, planned.skipped)
            assert any(push.node for push in there), (slot.stem, there)
            assert not any(push.rule and push.due.date() == slot.day for push in there)


# -- nothing by chance ---------------------------------------------------------------------------

_CODE = """
from datetime import date
from pathlib import Path
from bot.core.model import Target
from bot.core.plan import Plan
from bot.core.planning import plan_span
from bot.library.folder import Folders, load
root = Path.cwd()
folders = Folders(
    content=root / "content", schedules=root / "schedules", data=root / "nowhere", review=False
)
found = load(folders, date(2026, 1, 1))
targets = tuple(
    Target(id=name, name=name, channel="app", audience=audience)
    for name, audience in (("b", ""), ("a", "党员"), ("d", "领导干部"), ("c", "党支部书记"))
)
people = {"a": frozenset("uvw"), "b": frozenset("uxy"), "c": frozenset("ux"), "d": frozenset("yz")}
whole = Plan(
    calendar=found.calendar, nodes=found.schedules.nodes, rules=found.schedules.rules,
    items=found.items, targets=targets, rosters=people,
)
planned = plan_span(date(2026, 1, 1), 365, whole, [])
print(len(planned.pushes), planned)
"""


def test_the_shipped_year_is_the_same_under_any_hash_seed_and_in_any_time_zone():
    answers = {
        subprocess.run(
            [sys.executable, "-c", _CODE],
            env={**os.environ, "TZ": zone, "PYTHONHASHSEED": seed, "PYTHONUTF8": "1"},
            cwd=ROOT,
            capture_output=True,
            check=True,
        ).stdout
        for zone, seed in (("UTC", "1"), ("America/New_York", "2"), ("Asia/Shanghai", "77"))
    }
    assert len(answers) == 1
    assert int(answers.pop().split()[0]) > 200


def test_a_roster_spares_the_same_people_in_whatever_order_it_is_given():
    rosters = {target.id: frozenset(PEOPLE[n : n + 4]) for n, target in enumerate(FOUR)}
    duty = Rule(key="duty", name="责任", weekday=5, kinds=(Kind.DUTY,), audience="党支部书记")
    case = Rule(key="case", name="案例", weekday=5, kinds=(Kind.SCENARIO,))
    some = plan(nodes=(), rules=(case, duty), items=ITEMS, targets=FOUR, rosters=rosters)
    other = replace(
        some, targets=FOUR[::-1], rules=(duty, case), rosters=dict(reversed(rosters.items()))
    )
    first = date(2026, 7, 6)
    one, two = plan_span(first, 28, some, []), plan_span(first, 28, other, [])
    assert {push.key: push for push in one.pushes} == {push.key: push for push in two.pushes}
    assert any(push.spared for push in one.pushes)
