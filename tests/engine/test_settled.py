"""Planning is not done twice over what has not changed, and is done again over what has."""

from __future__ import annotations

from dataclasses import replace

import pytest

from bot.core.calendar import Calendar
from bot.core.model import State
from bot.core.planning import Plan, apart, plan_span
from bot.engine import planner, ticks
from bot.engine.bureau import Drawn
from bot.library.folder import Shelf
from bot.store import Told
from tests.engine.office import moment

BEFORE, EARLY, LATE = (moment(f"2026-06-0{day} 09:30") for day in (1, 2, 3))


async def _plan(desk):
    now = desk.clock.now()
    library = desk.house.bureau.library(now.date())
    return await planner.plan_of(desk.house.bureau, library, now.date())


async def test_a_plan_in_which_nothing_changed_is_the_same_one(desk):
    await desk.at("2026-06-15 09:30")
    first = await _plan(desk)
    assert await _plan(desk) is first
    members = await desk.house.bureau.store.members()
    await desk.house.bureau.store.set_members(members[1:])
    assert await _plan(desk) is not first


async def test_a_row_that_was_refused_makes_the_day_be_planned_again(desk):
    await desk.at("2026-06-15 09:30")
    bureau, now = desk.house.bureau, desk.clock.now()
    await ticks.plan(bureau, now)
    assert await ticks.plan(bureau, now) == 0
    rows = [push for push in await bureau.store.pushes() if push.item]
    whole, began = await _plan(desk), min(push.due for push in rows)
    (share,) = apart(whole)

    async def is_settled(plan=whole, then=now):
        told = await bureau.store.told()
        mine = {name: told.get(name) for name in share}
        return bureau.drawn.is_settled(plan, share, (mine, began), then)

    assert await is_settled()
    assert await is_settled(then=moment("2026-06-15 17:09"))
    assert not await is_settled(then=moment("2026-06-15 17:10"))
    assert not await is_settled(then=moment("2026-06-16 09:30"))
    assert not await is_settled(plan=replace(whole))
    fresh = replace(rows[0], key=f"one-2026_main@{rows[0].target}", state=State.PLANNED)
    await bureau.store.add_pushes([fresh])
    assert not await is_settled()
    await ticks.plan(bureau, now)
    assert await is_settled()
    assert await bureau.store.end(fresh.key, State.SKIPPED, "理由")
    assert not await is_settled()


async def test_what_a_plan_has_just_written_needs_no_second_look_and_would_add_nothing(desk):
    await desk.at("2026-06-15 09:30")
    bureau, grew = desk.house.bureau, 0
    await ticks.plan(bureau, desk.clock.now())
    for day in range(16, 31):
        now = moment(f"2026-06-{day} 08:30")
        new = await ticks.plan(bureau, now)
        whole = await planner.plan_of(bureau, bureau.library(now.date()), now.date())
        (share,) = apart(whole)
        told = await bureau.store.told()
        mine = {name: told.get(name) for name in share}
        began = min(one.first for one in told.values())
        assert bureau.drawn.is_settled(whole, share, (mine, began), now)
        assert await ticks.plan(replace(bureau, drawn=Drawn()), now) == 0
        grew += new
    assert grew


@pytest.mark.parametrize(
    ("before", "later", "settled"),
    [
        (Told(3, 1, EARLY), Told(5, 1, EARLY), True),
        (Told(3, 1, EARLY), Told(6, 1, EARLY), False),  # somebody else wrote one meanwhile
        (Told(3, 1, EARLY), Told(5, 2, EARLY), False),  # one was written with its end
        (None, Told(2, 0, LATE), True),  # the first of this target, not of the bureau
        (None, Told(2, 0, BEFORE), False),  # what gave way before is now told
    ],
)
def test_a_share_is_settled_by_its_own_rows_alone(before, later, settled):
    assert ticks._only_grew({"jg1": before}, {"jg1": later}, 2, EARLY) is settled
    assert not ticks._only_grew({"jg1": before}, {"jg1": later}, 2, None)


async def test_of_the_clock_a_plan_asks_only_which_days_are_over(desk):
    await desk.at("2026-06-15 09:30")
    whole = await _plan(desk)
    since = moment("2026-06-11 00:00").date()

    def planned(clock):
        return plan_span(since, 8, whole, [], moment(f"2026-06-18 {clock}"))

    assert planned("00:01") == planned("09:30") == planned("17:09")
    assert planned("17:09") != planned("17:10"), "what is not written by then is too late"


class Counting(Shelf):
    """A shelf that tells how often it was looked at."""

    looks = 0

    def now(self, today):
        self.looks += 1
        return super().now(today)


async def test_a_tick_with_nothing_to_do_looks_at_the_folder_once_for_all_its_planning(desk):
    await desk.at("2026-06-15 12:30")
    shelf = Counting(desk.house.bureau.shelf.folders)
    bureau = replace(desk.house.bureau, shelf=shelf)
    assert await ticks.tick(bureau, desk.clock.now()) == []
    shelf.looks = 0
    assert await ticks.tick(bureau, desk.clock.now()) == []
    assert shelf.looks <= 3, "what plans, what sends and what reminds"


def test_what_was_worked_out_goes_with_the_month():
    one = Plan(calendar=Calendar(), nodes=(), rules=(), items=(), targets=())
    drawn, equal = Drawn(), replace(one)
    assert drawn.same(one, moment("2026-06-15 09:30").date()) is one
    assert drawn.same(equal, moment("2026-06-16 09:30").date()) is one
    assert drawn.same(equal, moment("2026-07-01 09:30").date()) is equal
    assert len(drawn._plans) == 1
