"""Targets, roster, receipts, the check and the notice at the console."""

from __future__ import annotations

import pytest

from bot.core.model import State
from bot.sandbox.faults import FaultKind
from bot.verbs import VERBS
from tests.engine.office import office
from tests.web.test_console import HOME, by_link, entered, post, ticket

ROSTER = "姓名,账号,支部\n张三,zhangsan,机关一支部\n李四,lisi,机关一支部\n"


@pytest.fixture
async def desk(tmp_path):
    async with office(tmp_path, port=8650) as built:
        yield built


async def upload(one, path: str, name: str, data: bytes):
    fields = {"ticket": await ticket(one)}
    return await one.post(HOME + path, data=fields, files={"file": (name, data)})


async def test_a_group_gets_the_test_line_and_nothing_is_counted(desk):
    one = await entered(desk)
    assert "已向下属中心试发一条" in (await post(one, "/targets/zx/test")).text
    assert desk.heard("zx") == 1
    assert await desk.pushes() == {}
    desk.world.faults.add("webhook/send", FaultKind.ERRCODE, errcode=93000)
    assert "没有发出" in (await post(one, "/targets/zx/test")).text
    assert desk.heard("zx") == 1


async def test_a_target_is_turned_off_with_a_reason_and_on_again(desk):
    one = await entered(desk)
    assert "请写明为什么停用" in (await post(one, "/targets/zx/off", why="")).text
    assert "已停用" in (await post(one, "/targets/zx/off", why="群解散了")).text
    assert "管理员停用：群解散了" in (await one.get(f"{HOME}/targets")).text
    assert "1 个推送对象已停用" in (await one.get(HOME)).text
    await desk.at("2026-06-15 10:00")
    one = await entered(desk)
    assert desk.heard("zx") == 0
    assert "已恢复" in (await post(one, "/targets/zx/on")).text
    await desk.at("2026-06-15 10:30")
    assert desk.heard("zx") == 1


async def test_a_roster_is_taken_whole_or_its_wrong_rows_are_listed(desk):
    one = await entered(desk)
    before = len(await desk.house.bureau.store.members())
    wrong = await upload(one, "/targets/roster", "名册.csv", ROSTER.encode() + "王五,,\n".encode())
    assert wrong.status_code == 400
    assert "第 4 行" in wrong.text
    assert len(await desk.house.bureau.store.members()) == before
    done = await upload(one, "/targets/roster", "名册.csv", ROSTER.encode("gb18030"))
    assert "名册已更新：2 人" in done.text
    for name, data in (("x.exe", b"x"), ("x.xlsx", b"no zip"), ("", b"")):
        assert (await upload(one, "/targets/roster", name, data)).status_code == 400


async def test_receipts_begin_with_law_three_and_name_nobody(desk):
    await desk.at("2026-06-15 10:00")
    one = await entered(desk)
    said = (await one.get(f"{HOME}/receipts")).text
    assert said.index("仅用于改进推送内容") < said.index("周报 2026-W24</small></h1>")
    names = [member.name for member in desk.stage.roster]
    assert not [name for name in names if name in said]
    assert "未阅" not in said
    drawn = await one.get(f"{HOME}/receipts/picture.svg")
    assert drawn.headers["content-type"] == "image/svg+xml"
    assert drawn.text.lstrip().startswith("<svg")
    assert "script-src" not in drawn.headers["content-security-policy"]
    assert (await one.get(f"{HOME}/receipts?week=x")).status_code == 400


async def test_an_unknown_end_is_listed_and_resolved(desk):
    desk.world.faults.add("webhook/send", FaultKind.MALFORMED)
    await desk.at("2026-06-15 10:00")
    one = await entered(desk)
    key = next(iter(await desk.pushes(State.UNKNOWN)))
    assert "条推送结果不明" in (await one.get(HOME)).text
    assert key.replace("@", "%40") in (await one.get(f"{HOME}/receipts/unknown")).text
    assert "送到了</button>" in (await one.get(f"{HOME}/push/{key}")).text
    assert "已登记：送到了" in (await post(one, f"/push/{key}/resolve", said="sent")).text
    assert await desk.pushes(State.UNKNOWN) == {}
    assert "不用核实" in (await post(one, f"/push/{key}/resolve", said="sent")).text


async def test_the_trail_says_what_was_done_in_words(desk):
    one = await entered(desk)
    await post(one, "/targets/zx/off", why="群解散了")
    said = (await one.get(f"{HOME}/receipts/trail")).text
    assert "停用对象 zx" in said
    assert "审批通过" in said
    assert (await (await by_link(desk, "查看")).get(f"{HOME}/receipts/trail")).status_code == 403


async def test_the_ledger_is_a_file_for_excel(desk):
    await desk.at("2026-06-15 10:00")
    one = await entered(desk)
    answer = await post(one, "/receipts/ledger", month="2026-06")
    assert answer.content.startswith(b"PK")
    assert 'filename="ledger-2026-06.xlsx"' in answer.headers["content-disposition"]
    assert (await post(one, "/receipts/ledger", month="x")).status_code == 400


async def test_the_check_says_the_sentences_of_doctor(desk):
    one = await entered(desk)
    said = await post(one, "/doctor")
    found = await desk.house.web.state.doors.control("doctor", {})
    for check in found["checks"]:
        assert check["name"] in said.text


async def test_a_notice_is_read_first_and_written_when_it_was_looked_at(desk):
    text = (
        "国务院办公厅关于2027年部分节假日安排的通知\n国办发明电〔2026〕9号\n"
        "一、元旦：1月1日（周五）至3日（周日）放假，共3天。\n"
        "二、春节：2月5日（周五）至11日（周四）放假调休，共7天。\n"
        "三、清明节：4月3日（周六）至5日（周一）放假，共3天。\n"
        "四、劳动节：5月1日（周六）至5日（周三）放假调休，共5天。\n"
        "五、端午节：6月9日（周三）放假，共1天。\n"
        "六、中秋节：9月15日（周三）放假，共1天。\n"
        "七、国庆节：10月1日（周五）至7日（周四）放假调休，共7天。\n"
    )
    one = await entered(desk)
    path = desk.home / "schedules" / "overrides" / "2027.toml"
    path.unlink(missing_ok=True)
    said = (await post(one, "/days", text=text)).text
    assert not path.exists()
    assert "2027 年：读到的" in said or "请" in said
    wrong = (await post(one, "/days", text="放假三天")).text
    assert not path.exists()
    assert "alarm" in wrong


async def test_a_bot_group_is_bound_by_name(tmp_path):
    line = '[target.hj]\nname = "后勤"\nchannel = "bot-group"\n'
    settings = {"wecom": ""}
    async with office(tmp_path, port=8650, targets="\n" + line, **settings) as desk:
        one = await entered(desk)
        assert "还没有绑定群" in (await one.get(f"{HOME}/targets")).text
        answer = await post(one, "/targets/bind", target="hj", number="1")
        assert "还没有群要求绑定" in answer.text
        assert "targets-bind" in VERBS
