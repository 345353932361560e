"""What the console remembers is never what was: each change shows at the next look."""

from __future__ import annotations

import re
from datetime import timedelta

import pytest

from bot.core.model import Receipt, Step
from tests.engine.office import moment, office
from tests.web.test_console import HOME, entered
from tests.web.test_console_people import ROSTER, upload


@pytest.fixture
async def desk(tmp_path):
    async with office(tmp_path, port=8650) as built:
        yield built


async def seen(one, path: str) -> str:
    """Look twice: what the second look has kept from the first must be the same."""
    first, second = [(await one.get(HOME + path)).text for _ in range(2)]
    assert re.sub(r"<input[^>]*ticket[^>]*>", "", first) == re.sub(
        r"<input[^>]*ticket[^>]*>", "", second
    )
    return second


async def test_each_tap_is_in_the_figures_of_the_next_look(desk):
    await desk.at("2026-06-15 10:30")
    one, store = await entered(desk), desk.house.bureau.store
    rosters = await store.cohorts()
    key = next(key for key, cohort in rosters.items() if cohort.tappable and cohort.covered)
    found = [_figures(await seen(one, "/receipts"))]
    for n, who in enumerate(rosters[key].covered[:3]):
        desk.clock.jump(moment(f"2026-06-15 11:0{n}"))
        at = desk.clock.now()
        tap = Receipt(push=key, person=who, step=Step.ACKNOWLEDGED, at=at, means="卡片按钮")
        await store.add_receipt(tap)
        desk.clock.jump(at + timedelta(seconds=5))
        found.append(_figures(await seen(one, "/receipts")))
    read = [sum(row) for row in found]
    assert read == [read[0] + n for n in range(4)], found


def _figures(page: str) -> list[int]:
    return [int(read) for read in re.findall(r'<td>(\d+)</td><td class="bar">', page)]


async def test_a_saved_word_an_approval_and_a_roster_show_at_once(desk):
    one, bureau = await entered(desk), desk.house.bureau
    title = next(item.title for item in bureau.library(desk.clock.now().date()).items)
    where = next(
        path
        for path in (desk.home / "content").glob("*/*.md")
        if f"标题: {title}\n" in path.read_text("utf-8")
    )
    name = re.findall("编号: (.*)", where.read_text("utf-8"))[0]
    assert title in await seen(one, f"/library/{name}")
    assert "待审批" not in await seen(one, "")
    where.write_text(where.read_text("utf-8").replace(title, "换了一个说法"), "utf-8")
    assert "换了一个说法" in await seen(one, f"/library/{name}")
    waits = await seen(one, "/library?state=review")
    assert "换了一个说法" in waits
    await desk.approve(name)
    assert "换了一个说法" not in await seen(one, "/library?state=review")
    before = await seen(one, "/targets")
    assert (
        "名册已更新：2 人"
        in (await upload(one, "/targets/roster", "名册.csv", ROSTER.encode())).text
    )
    assert await seen(one, "/targets") != before


async def test_midnight_is_another_day_on_every_page(desk):
    one = await entered(desk)
    desk.clock.jump(moment("2026-06-15 17:59"))
    one = await entered(desk)
    assert "6月15日" in await seen(one, "")
    desk.clock.jump(moment("2026-06-16 00:00"))
    today = await seen(one, "")
    assert "6月16日" in today[today.index("<main") :]
    assert "6月15日" not in re.findall(r"<h1>.*?</h1>", today, re.S)[0]
