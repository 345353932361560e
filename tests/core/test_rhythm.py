"""The rules that ship, and every form of when a rule may come round."""

import tomllib
from collections import Counter
from dataclasses import replace
from datetime import date, timedelta
from pathlib import Path

import pytest

from bot.core import messages
from bot.core.calendar import Calendar
from bot.core.model import Kind, Rule, State, Target
from bot.core.planning import plan_day, plan_span
from bot.core.policy import Policy
from bot.core.schedules import parse_nodes, parse_rules
from bot.library.folder import load_items

from .cast import CALENDAR, JG1, item, plan

ROOT = Path(__file__).parents[2]


def shipped(name, parse):
    text = (ROOT / "schedules" / name).read_text("utf-8")
    found, problems = parse(tomllib.loads(text), text, name)
    assert problems == []
    return found


RULES, NODES = shipped("rhythm.toml", parse_rules), shipped("nodes.toml", parse_nodes)
ITEMS = tuple(load_items(ROOT / "content")[0])
SECRETARIES = Target(id="sj", name="支部书记", channel="webhook", audience="党支部书记")
HEADS = Target(id="ld", name="班子", channel="webhook", audience="领导班子")
EVERYBODY = plan(nodes=NODES, rules=RULES, items=ITEMS, targets=(JG1, SECRETARIES, HEADS))


def year(number, some=EVERYBODY):
    return plan_span(date(number, 1, 1), 365, some, [])


def days(rule, first=date(2026, 1, 1), span=365, targets=(JG1,), **more):
    """Return the days on which one rule alone is heard."""
    texts = tuple(item(f"X-{n}", rule.kinds[0], cooldown_weeks=1) for n in range(4))
    some = plan(nodes=(), rules=(rule,), items=texts, targets=targets, **more)
    return [f"{push.due:%m-%d}" for push in plan_span(first, span, some, []).pushes]


# -- what ships ----------------------------------------------------------------------------------


def test_every_rule_that_ships_is_heard_within_a_year():
    heard = Counter(push.rule for push in year(2026).pushes)
    assert {rule.key for rule in RULES} == set(heard) - {""}
    # 52 weeks hold two; studies give way to what comes but once or twice a year.
    assert heard["friday"] > heard["monday"] > 25
    assert all(1 <= heard[rule.key] <= 12 for rule in RULES if rule.every != "week")


@pytest.mark.parametrize("number", [2026, 2027])
def test_the_duty_calendar_reaches_those_whose_duty_it_is(number):
    told = {"sj": {}, "ld": {}}
    for push in year(number).pushes:
        if push.target in told and push.rule:
            told[push.target].setdefault(push.item, []).append(push.rule)
    assert told["ld"] == {
        "DU-01": ["study-group"] * 4,
        "DU-04": ["leaders-life"],
        "DU-05": ["leaders-duties"],
        "DU-06": ["leaders-lecture"],
    }
    duties = {one: told["sj"][one] for one in ("DU-02", "DU-03", "DU-05")}
    assert duties == {
        "DU-02": ["branch-meetings"] * 4,
        "DU-03": ["branch-life"],
        "DU-05": ["branch-duties"],
    }


def test_films_culture_and_the_evergreen_nodes_are_used():
    used = {push.item[:2] for push in year(2026).pushes if push.target == "jg1" and push.rule}
    assert used >= {"MD", "CU", "SP", "SC", "AM"}
    evergreen = {
        push.item for push in year(2026).pushes if push.rule in ("family-events", "new-post")
    }
    assert {one[:3] for one in evergreen} == {"N13", "N15"}


def test_a_role_that_no_target_has_is_said_and_takes_no_place():
    planned = year(2026, replace(EVERYBODY, targets=(JG1,)))
    skips = [skip for skip in planned.skipped if skip.rule == "study-group"]
    assert [skip.reason for skip in skips] == [messages.SKIP_NO_TARGET.format("领导干部")] * 4
    everybody = [push for push in year(2026).pushes if push.target == "jg1"]
    assert list(planned.pushes) == everybody


# -- every form of when --------------------------------------------------------------------------

ANY = Rule(key="r", name="规则", kinds=(Kind.STUDY,))


@pytest.mark.parametrize(
    ("fields", "expected"),
    [
        # 10 January 2026 is a Saturday, 10 May a Sunday; 10 October a Saturday worked.
        (
            {"every": "month", "day": 10},
            "01-12 02-10 03-10 04-10 05-11 06-10 07-10 08-10 09-10 10-10 11-10 12-10",
        ),
        # No 31st, or not worked: the last open day of the month.
        (
            {"every": "month", "day": 31},
            "01-30 02-28 03-31 04-30 05-29 06-30 07-31 08-31 09-30 10-30 11-30 12-31",
        ),
        (
            {"every": "month", "workday": 1},
            "01-04 02-02 03-02 04-01 05-06 06-01 07-01 08-03 09-01 10-08 11-02 12-01",
        ),
        (
            {"every": "month", "workday": -1},
            "01-30 02-28 03-31 04-30 05-29 06-30 07-31 08-31 09-30 10-30 11-30 12-31",
        ),
        ({"every": "month", "months": (3, 9), "workday": 2}, "03-03 09-02"),
        ({"every": "month", "months": (7,), "day": 1}, "07-01"),
        ({"every": "quarter", "workday": 10}, "01-15 04-15 07-14 10-20"),
        ({"every": "quarter", "workday": -1}, "03-31 06-30 09-30 12-31"),
        ({"every": "quarter", "day": 15}, "01-15 04-15 07-15 10-15"),
    ],
)
def test_a_rule_comes_on_these_days_of_2026(fields, expected):
    assert days(replace(ANY, **fields)) == expected.split()


def test_the_last_workday_of_a_quarter_is_the_last_that_may_be_used():
    last = replace(ANY, every="quarter", workday=-1)
    assert days(last, date(2027, 1, 1)) == ["03-31", "06-30", "09-30", "12-31"]
    closed = Policy(blackout=frozenset({date(2026, 3, 31), date(2026, 3, 30)}))
    assert days(last, span=95, policy=closed) == ["03-27"]


def test_the_thirteenth_of_december_gives_way_to_the_next_open_day():
    rule = replace(ANY, every="month", day=13, months=(12,))
    assert days(rule, date(2027, 12, 1), 31) == ["12-14"]


def test_a_month_whose_days_off_hold_its_day_has_it_on_the_first_day_back():
    rule = replace(ANY, every="month", day=2, months=(10,))
    assert days(rule) == ["10-08"]
    assert CALENDAR.is_workday(date(2026, 10, 8))


# -- the year that is announced late -----------------------------------------------------------


@pytest.mark.parametrize("heal", ["2027-01-22", "2027-01-29", "2027-02-03", "2027-03-15"])
def test_an_announcement_moves_what_is_unsent_and_sends_nothing_twice(heal):
    some = replace(EVERYBODY, rules=(), targets=(JG1,))
    healed = replace(some, calendar=Calendar(announced=frozenset({2027})))
    rows = []
    for n in range(84):
        day = date(2026, 12, 21) + timedelta(days=n)
        now = some if day < date.fromisoformat(heal) else healed
        fresh = [push for push in plan_day(day, now, rows).pushes if push not in rows]
        rows += [replace(push, state=State.SENT, sent_at=push.due) for push in fresh]
    keys = [push.key for push in rows]
    said = [(push.part, one) for push in rows for one in push.covers]
    assert len(keys) == len(set(keys))
    assert len(said) == len(set(said)), "no occurrence's part is said twice"
    assert {"main", "final"} <= {p.part for p in rows if p.node == "spring-festival"}
