"""Who may come in as what: links given, renewed, taken back; what staff said, of nobody."""

from __future__ import annotations

import re
from html import unescape

import pytest

from bot.engine.receive import Reception
from bot.inbox import Event
from bot.web.console.entry import MAY
from tests.engine.office import moment, office
from tests.web.test_console import HOME, browser, by_link, entered, post


@pytest.fixture
async def desk(tmp_path):
    async with office(tmp_path, port=8650) as built:
        yield built


def told(html: str) -> tuple[str, str]:
    """Return (the console's address, the PIN) of a page that has just given them."""
    return (
        re.findall(r"http://[^<]*/console/with/[^<]*", html)[0],
        re.findall(r'class="pin">(\d+)<', html)[0],
    )


async def test_a_link_is_given_on_a_page_lets_in_and_is_told_nowhere_again(desk):
    one = await entered(desk)
    given = await post(one, "/people", who="赵六", role="编辑", days="30")
    address, pin = told(given.text)
    other = browser(desk)
    said = await other.post(address, data={"pin": pin})
    assert "赵六 · 编辑" in said.text
    again = (await one.get(f"{HOME}/people")).text
    assert "赵六" in again
    assert address not in again
    assert pin not in again
    trail = (await one.get(f"{HOME}/receipts/trail")).text
    assert "审核链接 赵六" in trail
    assert pin not in trail


async def test_a_renewed_link_ends_the_one_before_and_keeps_role_and_steps(desk):
    one = await entered(desk)
    first = told((await post(one, "/people", who="赵六", role="审核", step="终审")).text)
    page = unescape((await one.get(f"{HOME}/people")).text)
    assert "审核 · 审终审" in page
    second = told((await post(one, "/people", who="赵六", role="审核", step="终审")).text)
    assert first[0] != second[0]
    assert (await browser(desk).get(first[0])).status_code == 404
    assert (await browser(desk).get(second[0])).status_code == 200


async def test_a_link_that_is_taken_back_closes_the_stay_it_began(desk):
    one = await entered(desk)
    address, pin = told((await post(one, "/people", who="赵六", role="查看")).text)
    other = browser(desk)
    await other.post(address, data={"pin": pin})
    assert (await other.get(HOME)).status_code == 200
    assert "已收回赵六的链接" in (await post(one, "/people/back", who="赵六")).text
    assert (await other.get(HOME)).status_code == 401


@pytest.mark.parametrize(
    ("fields", "words"),
    [
        ({"who": " ", "role": "审核"}, "请写明姓名"),
        ({"who": "赵六", "role": "皇帝"}, "没有“皇帝”这个身份"),
        ({"who": "赵六", "step": "没有的审"}, "没有“没有的审”这个审批环节"),
        ({"who": "赵六", "days": "900"}, "1 到 366 天"),
    ],
)
async def test_a_slip_gives_no_link_and_is_said(desk, fields, words):
    one = await entered(desk)
    answer = await post(one, "/people", **fields)
    assert answer.status_code == 400
    assert words in answer.text
    assert "还没有发过" in (await one.get(f"{HOME}/people")).text


@pytest.mark.parametrize("role", MAY)
async def test_nobody_but_an_administrator_sees_or_makes_entrants(desk, role):
    one = await by_link(desk, role)
    right = 200 if role == "管理" else 403
    assert (await one.get(f"{HOME}/people")).status_code == right
    made = await post(one, "/people", who="自己", role="管理")
    assert made.status_code == right
    assert (await one.get(f"{HOME}/receipts/heard")).status_code == right
    assert ('href="/console/people"' in (await one.get(HOME)).text) == (role == "管理")


async def test_what_staff_said_is_counts_and_words_without_a_person(desk):
    reception = Reception(desk.house.bureau)
    await desk.at("2026-06-15 11:00")
    for words in ("有用", "看不懂", "建议：字再<b>大</b>一点"):
        at = desk.clock.now()
        await reception(Event(kind="message", person="u004", at=at, text=words))
    one = await entered(desk)
    said = (await one.get(f"{HOME}/receipts/heard")).text
    assert "字再&lt;b&gt;大&lt;/b&gt;一点" in said
    assert re.search(r"<dt>觉得有用</dt><dd>1 次", said)
    assert re.search(r"<dt>看不懂</dt><dd>1 次", said)
    assert "u004" not in said
    assert not [member.name for member in desk.stage.roster if member.name in said]
    await desk.at("2026-07-16 08:30")
    one = await entered(desk)
    assert "字再" not in (await one.get(f"{HOME}/receipts/heard")).text


async def test_todays_taps_are_seen_before_their_week_is_over(desk):
    await desk.at("2026-06-15 10:30")
    one = await entered(desk)
    before = (await one.get(f"{HOME}/receipts")).text
    assert "本周，阅知中" in before
    row = r"<tr><td>([^<]+)</td><td>\d+</td><td>(\d+)</td><td>(\d+)</td>"
    [(title, reachable, read)] = re.findall(row, before)
    assert (int(reachable) > 10, read) == (True, "0")
    push = next(key for key in await desk.pushes() if key.endswith("@jg1"))
    [people] = [row.to for row in await desk.house.bureau.store.deliveries(push)]
    for person in people[:3]:
        at = desk.clock.now()
        tap = Event(kind="card", person=person, at=at, task_id=push, button="ack")
        await Reception(desk.house.bureau)(tap)
    desk.clock.jump(moment("2026-06-15 10:32"))
    assert (title, reachable, "3") in re.findall(row, (await one.get(f"{HOME}/receipts")).text)
    assert "本周，阅知中" not in (await one.get(f"{HOME}/receipts?week=2026-W23")).text
