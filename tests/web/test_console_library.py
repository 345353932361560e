"""Texts at the console: written in a form, checked while typing, approved, returned, withdrawn."""

from __future__ import annotations

import json
import re
from html import unescape
from io import BytesIO

import docx
import pytest

from bot.verbs import VERBS
from tests.engine.office import moment, office
from tests.web.test_console import HOME, by_link, entered, post, ticket


@pytest.fixture
async def desk(tmp_path):
    async with office(tmp_path, port=8650) as built:
        yield built


async def form(one, path: str) -> dict[str, str]:
    """Open a form and return what a browser would send of it."""
    html = (await one.get(HOME + path)).text
    page = html[html.index('id="write"') :]
    found = dict(re.findall(r'<input[^>]*? name="([^"]+)"[^>]*? value="([^"]*)"', page))
    found |= dict(re.findall(r'<textarea name="([^"]+)"[^>]*>(.*?)</textarea>', page, re.DOTALL))
    state = re.search(r'name="f-状态">.*?<option selected value="([^"]*)"', page, re.DOTALL)
    found["f-状态"] = state[1] if state else ""
    found = {name: unescape(value) for name, value in found.items()}
    return {**found, "there": re.findall(r'name="there" value="([^"]+)"', page)}


def library(desk):
    return desk.house.bureau.library(desk.clock.now().date())


async def test_the_list_shows_how_each_stands_and_finds_one(desk):
    one = await entered(desk)
    said = (await one.get(f"{HOME}/library")).text
    assert "15 篇" in said
    assert "可以发 15" in said
    found = (await one.get(f"{HOME}/library", params={"q": "粽子"})).text
    assert "粽子香，人情不变味" in found
    assert "顺路接孩子" not in found
    assert "没有符合的内容" in (await one.get(f"{HOME}/library?state=review")).text
    for odd in ("0", "-1", "9999999999", "x"):
        assert (await one.get(f"{HOME}/library", params={"page": odd})).status_code == 200


async def test_a_text_that_is_held_by_a_word_waits_for_no_reviewer(desk):
    await VERBS["hold"](desk.house.bureau, desk.clock.now(), {"word": "老同学"})
    one = await entered(desk)
    said = (await one.get(f"{HOME}/library")).text
    assert "已叫停 1" in said
    assert "等审批" not in said
    assert "等待审批" not in (await one.get(HOME)).text
    assert "老同学" in (await one.get(f"{HOME}/library?state=held")).text


async def test_a_text_opened_and_saved_unchanged_is_still_approved(desk):
    one = await entered(desk)
    path = desk.home / "content" / "nodes" / "N06-端午.md"
    before = library(desk).item("N06")
    fields = await form(one, "/library/N06/edit")
    answer = await one.post(f"{HOME}/library/save", data=fields)
    assert "已保存" in answer.text
    after = library(desk).item("N06")
    assert after.digest == before.digest
    assert not library(desk).blocked.get("N06")
    assert path.exists()


async def test_words_changed_in_the_form_wait_for_approval_again(desk):
    one = await entered(desk)
    fields = await form(one, "/library/SC-01/edit")
    fields["s-怎么做"] = fields["s-怎么做"] + "\r\n- 有事先问。"
    saved = await one.post(f"{HOME}/library/save", data=fields)
    assert "审批后又改动过" in saved.text
    assert "有事先问" in saved.text
    assert "之后的改动" in saved.text


async def test_a_file_keeps_its_encoding_and_line_ends(desk):
    one = await entered(desk)
    path = next((desk.home / "content").glob("*/SC-08*.md"))
    path.write_bytes(path.read_text("utf-8").replace("\n", "\r\n").encode("gb18030"))
    fields = await form(one, "/library/SC-08/edit")
    fields["s-怎么做"] = "先问清。"
    await one.post(f"{HOME}/library/save", data=fields)
    data = path.read_bytes()
    assert "先问清。" in data.decode("gb18030")
    assert b"\r\n" in data
    assert b"\n" not in data.replace(b"\r\n", b"")


async def test_saving_over_what_somebody_else_saved_is_refused_and_nothing_typed_is_lost(desk):
    one = await entered(desk)
    fields = await form(one, "/library/SC-01/edit")
    path = next((desk.home / "content").glob("*/SC-01*.md"))
    path.write_text(path.read_text("utf-8") + "\n别人的一句。\n", "utf-8")
    fields["s-怎么做"] = "我写的一句。"
    answer = await one.post(f"{HOME}/library/save", data=fields)
    assert answer.status_code == 400
    assert "别人改过这一篇" in answer.text
    assert "我写的一句。" in answer.text
    assert "别人的一句。" in path.read_text("utf-8")


async def test_a_new_text_gets_a_number_and_a_file_of_its_own(desk):
    one = await entered(desk)
    fields = await form(one, "/library/new?kind=学习提示")
    fields |= {"f-标题": "公车钥匙放哪里", "s-要点": "下班交回。", "f-编号": ""}
    answer = await one.post(f"{HOME}/library/save", data=fields)
    assert "已保存《公车钥匙放哪里》" in answer.text
    item = next(i for i in library(desk).items if i.title == "公车钥匙放哪里")
    assert item.id.startswith("SP-")
    assert item.status == "草稿"
    again = await form(one, "/library/new?kind=学习提示")
    again |= {"f-标题": "另一篇", "f-编号": item.id}
    twice = await one.post(f"{HOME}/library/save", data=again)
    assert twice.status_code == 400
    assert f"编号 {item.id} 已经是《公车钥匙放哪里》的" in twice.text


@pytest.mark.parametrize("bad", ["../../x", "a/b", "..", "a\\b", "C:x", "a" * 60, "<b>"])
async def test_a_number_that_would_leave_the_folder_is_refused(desk, bad):
    one = await entered(desk)
    fields = await form(one, "/library/new?kind=学习提示")
    fields |= {"f-标题": "题", "f-编号": bad}
    before = sorted((desk.home / "content").rglob("*"))
    answer = await one.post(f"{HOME}/library/save", data=fields)
    assert answer.status_code == 400
    assert "编号只能有" in answer.text
    assert sorted((desk.home / "content").rglob("*")) == before


@pytest.mark.parametrize("path", ["../config.toml", "nodes/none.md", "approvals/x", "/etc/passwd"])
async def test_only_texts_of_the_library_are_saved_over(desk, path):
    one = await entered(desk)
    fields = await form(one, "/library/SC-01/edit") | {"path": path, "f-编号": "SC-99"}
    answer = await one.post(f"{HOME}/library/save", data=fields)
    assert answer.status_code == 400
    assert "没有" in answer.text


async def test_last_years_text_is_copied_as_a_draft_with_a_new_number(desk):
    one = await entered(desk)
    fields = await form(one, "/library/N06/edit?copy=1")
    assert fields["f-状态"] == "草稿"
    assert fields["f-编号"] not in ("N06", "")
    assert fields["path"] == ""
    assert "公款礼盒" in fields["s-提醒"]


async def test_the_answer_beside_the_form_is_that_of_check_and_saves_nothing(desk):
    one = await entered(desk)
    fields = await form(one, "/library/SC-01/edit")
    path = next((desk.home / "content").glob("*/SC-01*.md"))
    before = path.read_bytes()
    fields["s-怎么做"] = "打 13800138000 找他。"
    answer = json.loads((await one.post(f"{HOME}/library/try", data=fields)).text)
    assert any(
        "电话" in words or "手机" in words
        for _, words, box in answer["problems"]
        if box == "s-怎么做"
    )
    assert any(line.startswith("群消息：全文 ") for line in answer["used"])
    assert path.read_bytes() == before


async def test_a_word_file_becomes_a_draft(desk):
    one, word = await entered(desk), BytesIO()
    paper = docx.Document()
    paper.add_heading("从一盒茶叶说起", 1)
    paper.add_paragraph("收下之前先问一句。")
    paper.save(word)
    files = {"file": ("茶叶.docx", word.getvalue())}
    answer = await one.post(f"{HOME}/library/word", data={"ticket": await ticket(one)}, files=files)
    assert "已转成草稿" in answer.text
    assert "从一盒茶叶说起" in (await one.get(f"{HOME}/library?state=draft")).text
    for name, data in (("x.doc", b"x"), ("x.docx", b"no zip"), ("", b"")):
        wrong = await one.post(
            f"{HOME}/library/word",
            data={"ticket": await ticket(one)},
            files={"file": (name, data)},
        )
        assert wrong.status_code == 400
        assert "没有办成" in wrong.text


# -- approval ---


async def test_a_reviewer_approves_by_personal_link_and_the_seal_says_so(tmp_path):
    async with office(tmp_path, approved=False, port=8650) as desk:
        one = await by_link(desk, "审核")
        digest = library(desk).item("SC-01").digest
        path = "/library/SC-01/approve"
        fields = {"step": "终审", "digest": digest}
        assert "逐条核对" in (await post(one, path, **fields)).text
        done = await post(one, path, **fields, sources="on", who="别人")
        assert "已登记：王五 终审通过" in done.text
        seal = next((desk.home / "content" / "approvals" / "SC-01").glob("*.toml"))
        assert 'who = "王五"' in seal.read_text("utf-8")
        assert "个人链接+口令" in seal.read_text("utf-8")
        assert not library(desk).blocked.get("SC-01")


async def test_words_that_changed_after_they_were_shown_are_not_approved(tmp_path):
    async with office(tmp_path, approved=False, port=8650) as desk:
        one = await by_link(desk, "审核")
        answer = await post(
            one, "/library/SC-01/approve", step="终审", digest="0" * 64, sources="on"
        )
        assert "又改过了" in answer.text
        assert library(desk).blocked["SC-01"]


async def test_a_link_for_one_step_approves_no_other(tmp_path):
    async with office(tmp_path, approved=False, port=8650) as desk:
        bureau, now = desk.house.bureau, desk.clock.now()
        one = await by_link(desk, "审核")
        params = {"who": "王五", "pin": "204816", "steps": ["初审"]}
        url = (await VERBS["reviewers-link"](bureau, now, params))["url"]
        token = url.rpartition("/")[2]
        await one.post(f"{HOME}/with/{token}", data={"pin": "204816"})
        digest = library(desk).item("SC-01").digest
        answer = await post(one, "/library/SC-01/approve", step="终审", digest=digest, sources="on")
        assert "您的链接不管“终审”" in answer.text


async def test_a_text_is_returned_or_withdrawn_with_a_reason(desk):
    one = await by_link(desk, "管理")
    assert "已收回" in (await post(one, "/library/SC-01/withdraw", why="数字有误")).text
    assert "数字有误" in library(desk).blocked["SC-01"]
    assert "请写明原因" in (await post(one, "/library/SC-08/return", why="")).text
    assert "已退回" in (await post(one, "/library/SC-08/return", why="案例太旧")).text
    assert "已退回 1" in (await one.get(f"{HOME}/library")).text


@pytest.mark.parametrize(
    ("at", "before", "after"),
    [
        ("2026-06-18 10:07", "", "已发出。"),
        ("2026-06-18 10:30", "最早 6月18日 周四 10:31 发出", "最早 6月18日 周四 10:31 发出"),
        ("2026-06-18 12:10", "最早 6月18日 周四 14:40 发出", "最早 6月18日 周四 14:40 发出"),
        ("2026-06-18 19:00", "最早 6月22日 周一 09:10 发出", "最早 6月22日 周一 09:10 发出"),
        ("2026-06-15 10:31", "", "最早 6月16日 周二 09:10 发出：当天已向该对象推送过一条"),
    ],
)
async def test_a_text_sent_by_hand_says_at_once_when_it_really_goes(desk, at, before, after):
    if at < "2026-06-16":
        await desk.at(at)
    desk.clock.jump(moment(at))
    one = await entered(desk)
    page = (await one.get(f"{HOME}/library/SC-01")).text
    assert before in page
    assert ("现在不是推送的时候" in page) == bool(before)
    answer = await post(one, "/library/SC-01/send", to="zx")
    assert after in answer.text
    assert (desk.heard("zx") == 1) == (after == "已发出。" or at < "2026-06-16")


async def test_an_editor_writes_and_neither_approves_nor_sends(desk):
    one = await by_link(desk, "编辑")
    html = (await one.get(f"{HOME}/library/SC-01")).text
    assert "现在就发" not in html
    for path in ("approve", "return", "send"):
        assert (await post(one, f"/library/SC-01/{path}")).status_code == 403
    viewer = await by_link(desk, "查看", "李四")
    for path in ("/library/new", "/library/SC-01/edit"):
        assert (await viewer.get(HOME + path)).status_code == 403
