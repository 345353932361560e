"""Thousands of groups are planned share by share: the plan is the same as in one."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

from hypothesis import given, settings
from hypothesis import strategies as st

from bot.core.model import State, Target
from bot.core.planning import apart, plan_span

from .cast import JG1, JG2, at, plan
from .test_planning import FIRSTS, PLANS

SINGLY = tuple(Target(id=f"p{n}", name=f"{n}", channel="app") for n in range(3))
GROUPS = tuple(Target(id=f"g{n}", name=f"{n}", channel="webhook") for n in range(4))
ROSTERS = {"p0": frozenset({"li", "wang"}), "p1": frozenset({"wang"}), "p2": frozenset({"zhao"})}
ENDS = st.sampled_from([State.SENT, State.SKIPPED, State.EXPIRED, State.REFUSED, State.PLANNED])


@given(FIRSTS, PLANS, st.lists(ENDS, min_size=1, max_size=9), st.integers(1, 3), st.booleans())
@settings(max_examples=60)
def test_a_plan_made_share_by_share_is_the_whole_plan(first, some, ends, at_once, timed):
    some = replace(some, targets=(*SINGLY, JG1, *GROUPS, JG2), rosters=ROSTERS)
    rows = plan_span(first - timedelta(days=40), 40, some, []).pushes
    rows = [replace(one, state=ends[n % len(ends)]) for n, one in enumerate(rows)]
    now = at(12, 0, first) if timed else None
    whole = plan_span(first, 15, some, rows, now)
    begun = min((row.due.date() for row in rows), default=None)
    if begun is None:
        return
    pushes, skipped = [], []
    for share in apart(some, at_once):
        mine = [row for row in rows if row.target in share]
        planned = plan_span(first, 15, some, mine, now, only=share, begun=begun)
        pushes += planned.pushes
        skipped += planned.skipped
    assert {one.key: one for one in pushes} == {one.key: one for one in whole.pushes}
    assert len(pushes) == len(whole.pushes)
    assert set(skipped) == set(whole.skipped)  # days that are closed are nobody's alone


def test_people_addressed_one_by_one_are_one_share_and_few_targets_are_too():
    many = plan(targets=(*SINGLY, *GROUPS), rosters=ROSTERS)
    assert [*apart(many, 3)] == [("p0", "p1", "p2"), ("g0", "g1", "g2"), ("g3",)]
    assert [*apart(many)] == [("g0", "g1", "g2", "g3", "p0", "p1", "p2")]
    assert [*apart(plan(targets=()))] == []
