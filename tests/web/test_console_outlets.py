"""Passing a text on from the console: one press each, and written down."""

from __future__ import annotations

import pytest

from tests.engine.office import office
from tests.web.test_console import HOME, by_link, entered, post


@pytest.fixture
async def desk(tmp_path):
    async with office(tmp_path, port=8650) as built:
        yield built


async def test_one_press_gives_words_short_message_and_long_picture(desk):
    one = await entered(desk)
    said = (await post(one, "/library/SC-01/share", forwarded="老干部群")).text
    assert "12388" in said
    assert "data:image/png;base64,iVBOR" in said
    assert "两条短信" in said
    listed = (await one.get(f"{HOME}/outside")).text
    assert "“老同学”聚会谁买的单" in listed
    assert "老干部群" in listed


async def test_one_press_gives_a_poster_and_its_return_is_noted(desk):
    one = await entered(desk)
    answer = await post(one, "/library/SC-01/board", paper="a4", where="一楼专栏")
    assert answer.content.startswith(b"%PDF")
    await post(one, "/library/SC-01/withdraw", why="数字有误", who="王五")
    listed = (await one.get(f"{HOME}/outside")).text
    assert "要收回：" in listed
    number = listed.partition('name="number" value="')[2].partition('"')[0]
    assert "收回来了" in (await post(one, "/outside/back", number=number)).text
    assert "没有还在外面的" in (await one.get(f"{HOME}/outside")).text


async def test_what_may_not_be_sent_may_not_leave_either(tmp_path):
    async with office(tmp_path, approved=False, port=8650) as desk:
        one = await entered(desk)
        for path in ("share", "board"):
            answer = await post(one, f"/library/SC-01/{path}")
            assert answer.status_code == 400
            assert "没有办成" in answer.text


async def test_a_viewer_takes_nothing_out(desk):
    one = await by_link(desk, "查看")
    assert (await post(one, "/library/SC-01/share")).status_code == 403
    assert (await post(one, "/library/SC-01/board")).status_code == 403
