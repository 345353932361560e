"""The summary of a month, a quarter, a year: the weeks' own totals, added up."""

from __future__ import annotations

import base64

import pytest

from bot.core import messages
from bot.verbs import VERBS, Mistake
from tests.engine.office import office


async def asked(desk, **params):
    return await VERBS["summary"](desk.house.bureau, desk.clock.now(), params)


async def test_a_month_is_the_sum_of_its_weeks_and_a_quarter_that_of_its_months(tmp_path):
    async with office(tmp_path) as desk:
        for stop in ("2026-06-15 10:00", "2026-06-18 10:00", "2026-07-03 10:00"):
            await desk.at(stop)
            for card in [one for one in desk.world.posted if one.task_id][-2:]:
                for person in card.reached[:5]:
                    await desk.tap(person, card.task_id)
        await desk.at("2026-07-20 10:00")
        weeks = [await asked(desk, week=f"2026-W{n}", recount=True) for n in range(25, 27)]
        month = await asked(desk, month="2026-06")
        for name in ("pushes", "covered", "reachable", "read"):
            assert month["total"][name] == sum(week["total"][name] for week in weeks)
        assert month["total"]["read"] > 0
        quarter = await asked(desk, quarter="2026Q2")
        months = [await asked(desk, month=f"2026-0{n}") for n in (4, 5, 6)]
        assert quarter["total"]["read"] == sum(one["total"]["read"] for one in months)
        year = await asked(desk, year=2026)
        assert year["texts"] >= quarter["texts"] >= month["texts"] > 0
        assert year["total"]["rate"] == year["total"]["read"] / year["total"]["reachable"]
        assert [node["sent"] for node in month["nodes"]][:1] == [3]
        text = month["text"]
        assert text.startswith(f"> {messages.NOT_FOR_APPRAISAL}")
        assert len(text.encode()) <= 4096
        assert "均经审核" in text


async def test_what_is_still_being_read_is_in_no_rate(tmp_path):
    async with office(tmp_path) as desk:
        await desk.at("2026-06-16 10:00")
        month = await asked(desk, month="2026-06")
        assert (month["texts"], month["total"]["reachable"]) == (1, 0)
        assert any(part["open"] for part in month["parts"])


@pytest.mark.parametrize(
    "params", [{"month": "六月"}, {"quarter": "2026Q9"}, {"month": "2026-06", "week": "2026-W25"}]
)
async def test_a_wrong_period_is_told_in_a_sentence(tmp_path, params):
    async with office(tmp_path, approved=False) as desk:
        with pytest.raises(Mistake):
            await asked(desk, **params)


@pytest.mark.parametrize("params", [{"month": "2026-06"}, {"quarter": "2026Q2"}, {"year": 2026}])
async def test_every_span_is_drawn_as_one_page(tmp_path, params):
    async with office(tmp_path, approved=False) as desk:
        drawn = base64.b64decode((await asked(desk, **params, picture=".png"))["picture"])
        assert drawn.startswith(b"\x89PNG")
        assert b"<svg" in base64.b64decode((await asked(desk, **params, picture=".svg"))["picture"])
