"""Planning is not done twice over what has not changed, and is done again over what has."""

from __future__ import annotations

from dataclasses import replace

from bot.core.model import State
from bot.engine import planner, ticks
from bot.engine.bureau import Drawn
from tests.engine.office import moment


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
    whole = await _plan(desk)
    assert rows
    assert bureau.drawn.is_settled(whole, rows, now)
    refused = [replace(rows[0], state=State.REFUSED), *rows[1:]]
    assert not bureau.drawn.is_settled(whole, refused, now)
    assert not bureau.drawn.is_settled(whole, rows[1:], now)
    assert not bureau.drawn.is_settled(whole, rows, moment("2026-06-15 10:30"))
    assert not bureau.drawn.is_settled(replace(whole), rows, now)


def test_what_was_worked_out_goes_with_the_day():
    drawn, plan = Drawn(), object()
    assert drawn.same(plan, moment("2026-06-15 09:30").date()) is plan
    assert drawn.same(plan, moment("2026-06-16 09:30").date()) is plan
    assert len(drawn._plans) == 1
