"""The doors and first pages of the console: who comes in, who may what, what a form proves."""

from __future__ import annotations

import re
from dataclasses import replace
from datetime import timedelta

import httpx
import pytest

from bot.core import messages
from bot.core.model import State
from bot.verbs import VERBS
from bot.web.console.entry import MAY, RULE, SEE, STOP, WRITE
from tests.engine.office import moment, office

PIN = "204816"
FROM_HERE = {"Sec-Fetch-Site": "same-origin"}
HOME = "http://127.0.0.1/console"


@pytest.fixture
async def desk(tmp_path):
    async with office(tmp_path, port=8650) as built:
        yield built


def browser(desk) -> httpx.AsyncClient:
    """A browser of its own, with its own cookies."""
    transport = httpx.ASGITransport(desk.house.web)
    return httpx.AsyncClient(transport=transport, headers=FROM_HERE, follow_redirects=True)


async def entered(desk) -> httpx.AsyncClient:
    one = browser(desk)
    answer = await one.post(f"{HOME}/enter/{desk.house.entry.invite(desk.clock.now())}")
    assert answer.status_code == 200, answer.text
    return one


async def by_link(desk, role: str, who: str = "王五") -> httpx.AsyncClient:
    bureau, now = desk.house.bureau, desk.clock.now()
    params = {"who": who, "pin": PIN, "role": role}
    url = (await VERBS["reviewers-link"](bureau, now, params))["url"]
    one = browser(desk)
    token = url.rpartition("/")[2]
    await one.post(f"{HOME}/with/{token}", data={"pin": PIN})
    return one


async def ticket(one: httpx.AsyncClient) -> str:
    return re.findall(r'name="ticket" value="([0-9a-f]+)"', (await one.get(HOME)).text)[0]


async def post(one: httpx.AsyncClient, path: str, **fields: str) -> httpx.Response:
    return await one.post(HOME + path, data={"ticket": await ticket(one), **fields})


# -- the doors ---


async def test_nobody_is_in_without_a_door(desk):
    for path in ("", "/plan", "/push/x"):
        answer = await browser(desk).get(HOME + path)
        assert answer.status_code == 401
        assert "请从启动清风时打印的链接进入" in answer.text


async def test_an_invitation_lets_one_browser_in_once_and_only_by_its_button(desk):
    url = f"{HOME}/enter/{desk.house.entry.invite(desk.clock.now())}"
    one, other = browser(desk), browser(desk)
    for _ in range(2):
        assert "进入</button>" in (await other.get(url)).text  # a preview has looked
    assert "急停" in (await one.post(url)).text
    assert (await one.get(HOME)).status_code == 200
    assert (await other.post(url)).status_code == 404
    assert (await other.get(HOME)).status_code == 401


async def test_an_invitation_ends_after_a_day_and_a_stay_after_twelve_hours(desk):
    one, entry = await entered(desk), desk.house.entry
    url = f"{HOME}/enter/{entry.invite(desk.clock.now())}"
    desk.clock.jump(desk.clock.now() + timedelta(hours=12))
    assert (await one.get(HOME)).status_code == 401
    desk.clock.jump(desk.clock.now() + timedelta(hours=12))
    assert (await one.post(url)).status_code == 404


@pytest.mark.parametrize("host", ["evil.example", "127.0.0.1.evil.example", "[::1]", ""])
async def test_another_name_for_this_machine_opens_nothing(desk, host):
    one = await entered(desk)
    assert (await one.get(HOME, headers={"Host": host})).status_code == 404


async def test_a_cookie_that_was_made_up_is_none(desk):
    for made in ("", "x", "WyJ4Il0.sig", "." * 4000):
        answer = await browser(desk).get(HOME, headers={"Cookie": f"qingfeng-console={made}"})
        assert answer.status_code == 401


async def test_a_personal_link_asks_for_its_pin_and_ends_when_it_is_taken_back(desk):
    bureau = desk.house.bureau
    one = await by_link(desk, "审核")
    assert "王五 · 审核" in (await one.get(HOME)).text
    await VERBS["reviewers-revoke"](bureau, desk.clock.now(), {"who": "王五"})
    assert (await one.get(HOME)).status_code == 401


async def test_five_wrong_pins_lock_a_personal_link(desk):
    bureau, now = desk.house.bureau, desk.clock.now()
    url = (await VERBS["reviewers-link"](bureau, now, {"who": "王五", "pin": PIN}))["url"]
    one, path = browser(desk), f"{HOME}/with/{url.rpartition('/')[2]}"
    for _ in range(5):
        answer = await one.post(path, data={"pin": "135792"})
    assert "锁定" in answer.text
    assert (await one.post(path, data={"pin": PIN})).status_code == 403
    assert (await one.get(HOME)).status_code == 401


# -- who may do what ---


@pytest.mark.parametrize("role", MAY)
@pytest.mark.parametrize(
    ("path", "needs"),
    [
        ("/pause", STOP),
        ("/resume", RULE),
        ("/push/friday_x/skip", RULE),
        ("/push/friday_x/now", RULE),
    ],
)
async def test_a_role_does_what_it_may_and_no_more(desk, role, path, needs):
    one = await by_link(desk, role)
    answer = await post(one, path, why="休假")
    assert (answer.status_code == 403) == (needs not in MAY[role])
    assert (await one.get(HOME)).status_code == 200
    assert SEE in MAY[role]
    assert (WRITE in MAY[role]) == (role in ("编辑", "管理"))


@pytest.mark.parametrize("given", ["", "0" * 64, None])
async def test_a_form_without_this_visitors_ticket_does_nothing(desk, given):
    one = await entered(desk)
    fields = {} if given is None else {"ticket": given}
    assert (await one.post(f"{HOME}/pause", data=fields)).status_code == 403
    other = await ticket(await entered(desk))
    assert (await one.post(f"{HOME}/pause", data={"ticket": other})).status_code == 403
    assert "推送已暂停" not in (await one.get(HOME)).text


async def test_a_form_from_another_site_does_nothing(desk):
    one = await entered(desk)
    headers = {"Sec-Fetch-Site": "cross-site"}
    answer = await one.post(f"{HOME}/pause", data={"ticket": await ticket(one)}, headers=headers)
    assert answer.status_code == 403


@pytest.mark.parametrize(
    ("headers", "taken"),
    [
        ({"Origin": "http://127.0.0.1"}, True),
        ({"Origin": "http://127.0.0.1:8650"}, True),
        ({"Origin": "http://127.0.0.1:9999"}, False),  # another program of this machine
        ({"Origin": "https://evil.example"}, False),
        ({"Origin": "null"}, False),
        ({"Sec-Fetch-Site": "same-site"}, False),
        ({}, True),  # a browser too old to tell: the ticket is left
    ],
)
async def test_whose_form_it_is_is_told_by_the_browser_as_far_as_it_tells(desk, headers, taken):
    one = await entered(desk)
    fields = {"ticket": await ticket(one)}
    del one.headers["Sec-Fetch-Site"]
    answer = await one.post(f"{HOME}/pause", data=fields, headers=headers)
    assert (answer.status_code == 200) == taken


# -- when something is wrong with us ---


@pytest.mark.parametrize("path", ["", "/plan", "/library/SC-01", "/with/x"])
async def test_a_fault_of_ours_is_a_page_in_words_and_in_the_log(desk, caplog, path):
    one = await entered(desk)
    works = desk.house.web.state.doors

    async def fails(verb, params):
        raise RuntimeError("secret of the inside")

    desk.house.web.state.doors = replace(works, control=fails)
    answer = await one.get(HOME + path)
    assert answer.status_code == 500
    assert messages.OUR_FAULT in answer.text
    assert "secret" not in answer.text
    assert "Traceback" not in answer.text
    [told] = [one for one in caplog.records if getattr(one, "action", "") == "page-failed"]
    assert "secret of the inside" in str(told.exc_info)
    desk.house.web.state.doors = works
    assert (await one.get(HOME)).status_code == 200


async def test_pages_that_only_show_write_nothing_to_the_disk(desk):
    one = await by_link(desk, "管理")
    paths = ("/plan", "/library", "/library/SC-01", "/targets", "/receipts", "/people")
    for path in paths:  # what is worked out at first is kept
        await one.get(HOME + path)

    def touched() -> dict:
        data = desk.home / "data"
        return {path: path.stat().st_mtime_ns for path in (data, *data.rglob("*"))}

    before = touched()
    for path in paths:
        assert (await one.get(HOME + path)).status_code == 200
    assert touched() == before


@pytest.mark.parametrize("path", ["/console/x", "/console/library/x/y/z", "/review/a/b/c"])
async def test_an_address_that_leads_nowhere_is_said_in_words(desk, path):
    answer = await browser(desk).get(f"http://127.0.0.1{path}")
    assert answer.status_code == 404
    assert messages.NO_SUCH_PAGE in answer.text
    assert (await browser(desk).get("http://127.0.0.1/x")).text == "Not Found"


async def test_a_page_asked_for_in_another_way_is_said_in_words(desk):
    assert messages.NO_SUCH_PAGE in (await (await entered(desk)).put(HOME)).text


# -- today and the plan ---


async def test_everything_stops_by_one_button_and_goes_on_by_another(desk):
    one = await entered(desk)
    assert "已急停" in (await post(one, "/pause", why="核对名册")).text
    assert "：核对名册" in (await one.get(HOME)).text
    assert "推送已暂停" in (await one.get(HOME)).text
    await desk.at("2026-06-15 10:00")
    assert desk.heard("zx") == 0
    assert "已恢复推送" in (await post(one, "/resume")).text
    await desk.at("2026-06-15 10:30")
    assert desk.heard("zx") == 1


async def test_today_says_what_went_what_comes_and_what_the_node_needs(desk):
    await desk.at("2026-06-16 10:00")
    one = await entered(desk)
    said = (await one.get(HOME)).text
    assert "天后是端午" in said
    assert said.index("接下来十天") < said.index("节前一句话 ·") < said.index("最近七天")
    assert "没有要办的事" in said


async def test_what_waits_for_review_is_said_first(tmp_path):
    async with office(tmp_path, approved=False) as desk:
        said = (await (await entered(desk)).get(HOME)).text
        assert "15 篇内容等待审批" in said
        assert "发不出：" in said


async def test_the_plan_shows_a_month_and_turns_to_others(desk):
    one = await entered(desk)
    said = (await one.get(f"{HOME}/plan?month=2026-09")).text
    assert "2026 年 9 月" in said
    assert "中秋" in said
    for odd in ("2026-13", "x", "99999-01", "2026-09-01", "0000-00"):
        assert "2026 年 6 月" in (await one.get(f"{HOME}/plan", params={"month": odd})).text


async def test_the_year_is_on_one_page_with_every_month(desk):
    one = await entered(desk)
    said = (await one.get(f"{HOME}/plan/year")).text
    assert [month for month in range(1, 13) if f">{month} 月</a>" in said] == [*range(1, 13)]
    assert "金秋佳节" in said
    for odd in ("x", "0", "99999999999999999999", "²"):
        answer = await one.get(f"{HOME}/plan/year", params={"year": odd})
        assert "2026 年</h1>" in answer.text


async def test_one_that_was_taken_out_of_the_plan_is_not_sent_and_says_why(desk):
    one = await entered(desk)
    key = "dragon-boat-2026_main@zx"
    said = await one.get(f"{HOME}/push/{key}")
    assert "下属中心" in said.text
    assert "正式提醒" in said.text
    assert "请写明为什么不发" in (await post(one, f"/push/{key}/skip", why=" ")).text
    assert "已取消这一条" in (await post(one, f"/push/{key}/skip", why="支部当天另有活动")).text
    await desk.at("2026-06-15 10:00")
    assert desk.heard("zx") == 0
    assert len(await desk.pushes(State.SENT)) > 1  # the others got theirs
    push = (await desk.pushes(State.SKIPPED))[key]
    assert push.reason == "管理员取消：支部当天另有活动"
    assert "支部当天另有活动" in (await one.get(f"{HOME}/plan")).text
    again = await post(one, f"/push/{key}/skip", why="再来")
    assert "已经是“未发”" in again.text


async def test_one_that_is_sent_at_once_keeps_the_laws_and_is_not_sent_again(desk):
    one, key = await entered(desk), "dragon-boat-2026_main@zx"
    early = await post(one, f"/push/{key}/now")
    assert "现在不能发" in early.text
    assert key not in await desk.pushes()
    desk.clock.jump(moment("2026-06-15 09:11"))
    assert "现在就发" in (await one.get(f"{HOME}/push/{key}")).text
    assert "已发出" in (await post(one, f"/push/{key}/now")).text
    assert desk.heard("zx") == 1
    assert "已经是“已发出”" in (await post(one, f"/push/{key}/now")).text
    assert "提前发出" in (await one.get(f"{HOME}/receipts/trail")).text
    final = await post(one, "/push/dragon-boat-2026_final@zx/now")
    assert "现在不能发" in final.text  # one a day
    await desk.at("2026-06-15 17:00")
    assert desk.heard("zx") == 1


async def test_what_is_sent_days_before_its_time_is_not_planned_again(desk):
    one, key = await entered(desk), "dragon-boat-2026_final@zx"
    await post(one, "/push/dragon-boat-2026_main@zx/skip", why="不发")
    desk.clock.jump(moment("2026-06-16 09:41"))
    one = await entered(desk)
    assert "已发出" in (await post(one, f"/push/{key}/now")).text
    await desk.at("2026-06-19 17:00")
    assert [k for k in await desk.pushes(State.SENT) if k.endswith("@zx")] == [key]
    assert desk.heard("zx") == 1


async def test_a_part_of_a_node_is_not_sent_in_another_week(desk):
    one = await entered(desk)
    planned = await VERBS["plan"](
        desk.house.bureau, desk.clock.now(), {"days": 200, "unseen": True}
    )
    key = next(p["key"] for p in planned["pushes"] if p["node"] and p["due"] > "2026-06-22")
    desk.clock.jump(moment("2026-06-15 09:41"))
    assert "不挪到别的周" in (await post(one, f"/push/{key}/now")).text
    assert key not in await desk.pushes()


async def test_a_push_that_is_none_is_said_in_words(desk):
    one = await entered(desk)
    for key in ("x", "%00", "..%2f..", "<b>", "a" * 300):
        answer = await one.get(f"{HOME}/push/{key}")
        assert answer.status_code in (400, 404)
        assert "<b>" not in answer.text
    assert moment("2026-06-15 08:40") == desk.clock.now()
