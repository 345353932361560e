"""Posters and what people pass on, by the verbs and as we serve them."""

from __future__ import annotations

import base64
import struct

import pytest

from bot.core import outlets, render
from bot.core.outlets import Shown
from bot.core.render import Footer
from bot.library.folder import load_items
from bot.verbs import VERBS, Mistake
from tests.engine.office import ROOT, moment, office


@pytest.fixture
async def desk(tmp_path):
    async with office(tmp_path, port=8650) as built:
        yield built


async def ask(desk, verb, **params):
    return await VERBS[verb](desk.house.bureau, desk.clock.now(), params)


@pytest.mark.parametrize("form", ["pdf", "html"])
async def test_a_poster_is_noted_as_outside_and_told_when_its_text_is_withdrawn(desk, form):
    made = await ask(desk, "board", item="SC-01", form=form, where="二楼专栏", who="张三")
    data = base64.b64decode(made["file"])
    assert data.startswith({"pdf": b"%PDF", "html": b"<!doctype html>"}[form])
    assert (made["number"], made["until"]) == ("2026-001", "2028-11-23")
    if form == "html":
        page = data.decode()
        assert "外发 2026-001" in page
        assert "情景案例·虚构" in page
        assert "扫码看全文" in page  # the office has a public address
    done = await ask(desk, "withdraw", item="SC-01", who="王五", why="金额有误")
    [one] = done["outside"]
    assert (one["way"], one["where"], one["who"]) == ("海报", "二楼专栏", "张三")


@pytest.mark.parametrize("verb", ["board", "share"])
async def test_nothing_is_made_of_what_may_not_leave(desk, verb):
    await ask(desk, "withdraw", item="SC-01", who="王五", why="金额有误")
    with pytest.raises(Mistake, match="金额有误"):
        await ask(desk, verb, item="SC-01")
    desk.clock.jump(moment("2030-01-02 09:00"))
    with pytest.raises(Mistake, match="过失效日期"):
        await ask(desk, verb, item="SC-08")
    with pytest.raises(Mistake, match="没有"):
        await ask(desk, verb, item="XX-99")
    assert (await ask(desk, "outside", all=True))["outside"] == []


@pytest.mark.parametrize("asked", [{"paper": "a5"}, {"form": "docx"}])
async def test_a_paper_or_form_that_is_none_is_refused(desk, asked):
    with pytest.raises(Mistake, match="A4"):
        await ask(desk, "board", item="SC-01", **asked)


async def test_the_served_poster_goes_with_its_text_and_lets_no_script_in(desk):
    url = "http://127.0.0.1:8650" + desk.house.bureau.doorway.path("board", "SC-01")
    answer = await desk.door.get(url)
    assert answer.status_code == 200
    assert "12388" in answer.text
    assert "<style" not in answer.text
    assert "script" not in answer.headers["content-security-policy"]
    assert (await desk.door.get("http://127.0.0.1:8650/board/board.css")).status_code == 200
    await ask(desk, "withdraw", item="SC-01", who="王五")
    answer = await desk.door.get(url)
    assert answer.status_code == 404
    assert "老同学" not in answer.text


async def test_what_is_passed_on_is_words_a_short_message_and_a_picture(desk):
    made = await ask(desk, "share", item="N06", who="张三")
    assert "粽子香，人情不变味" in made["text"]
    assert "**" not in made["text"]
    assert "12388" in made["text"]
    assert "外发 2026-001" in made["text"]
    assert "6月19日（周五）至6月21日（周日）放假" in made["text"]
    assert made["sms"] == (
        "【某某局】不明包裹先问清，提货券不兑换，公家的钱不买礼盒，祝您端午安康。监督举报12388"
    )
    assert outlets.sms_size(made["sms"]) <= 70
    picture = base64.b64decode(made["picture"])
    assert struct.unpack(">I", picture[16:20]) == (1080,)
    assert made["forwarded"] is None


VALUES = {
    "节日": "端午、中秋",
    "放假安排": "6月19日（周五）放假",
    "上班日": "6月22日",
    "年份": "2026",
}


def test_every_text_that_ships_fits_a_short_message_of_two_parts_and_most_fit_one():
    items, _ = load_items(ROOT / "content")
    assert len(items) > 80
    fits = []
    for item in items:
        read = render.reading(item, "main", VALUES, Footer(unit="某某局"))
        summary, saying = render.fill(item.summary, VALUES), outlets.saying_of(item, VALUES)
        one = Shown(item=item, reading=read, summary=summary, saying=saying)
        made = outlets.short_message(one, "某某局")
        assert made.two, item.id
        assert "{" not in made.two + outlets.plain_text(one)
        fits.append(bool(made.one))
    assert sum(fits) / len(fits) > 0.9


# -- the ledger ------------------------------------------------------------------------------------


async def test_the_ledger_notes_what_was_passed_on_where_the_clerk_says_so_and_only_then(desk):
    await ask(desk, "share", item="SC-01", who="张三")
    assert (await ask(desk, "ledger", month="2026-06"))["rows"] == []
    done = await ask(desk, "share", item="SC-01", who="张三", forwarded="局老干部 QQ群")
    assert done["forwarded"] == "局老干部 QQ群"
    [row] = (await ask(desk, "ledger", month="2026-06"))["rows"]
    assert (row["节点/期次"], row["渠道"]) == ("线下转发", "线下转发")
    assert (row["推送范围"], row["推送时间"]) == ("局老干部 QQ群", "06-15 08:40")
    assert row["发送结果"] == "由张三转发，清风未发送"
    assert row["编号"] == f"SC-01（外发 {done['number']}）"
    assert row["审核"] == "终审 王终审 2026-06-15"
    assert row["覆盖人数"] == row["阅知率"] == ""
    assert (await ask(desk, "ledger", month="2026-07"))["rows"] == []
    assert (await ask(desk, "ledger", month="2026-06", suffix=".xlsx"))["file"]


async def test_what_was_passed_on_keeps_its_words_in_the_ledger_when_the_text_is_edited(desk):
    await ask(desk, "share", item="SC-01", forwarded="群")
    path = next((desk.home / "content").glob("*/SC-01*"))
    path.write_text(path.read_text("utf-8").replace("标题: ", "标题: 新"), "utf-8")
    [row] = (await ask(desk, "ledger", month="2026-06"))["rows"]
    assert row["标题"] == "“老同学”聚会谁买的单"
    [one] = (await ask(desk, "outside"))["outside"]
    assert one["why"] == "内容审批后又改动过，须重新审批"


# -- all of it -------------------------------------------------------------------------------------


@pytest.mark.parametrize("way", ["withdraw", "hold", "status", "edit", "delete"])
async def test_a_text_leaves_every_outlet_we_serve_at_once_whatever_way_it_is_stopped(desk, way):
    await desk.at("2026-06-15 11:05")
    doorway, bureau = desk.house.bureau.doorway, desk.house.bureau
    pushed = bureau.page("dragon-boat-2026_main@jg1")
    item = (await bureau.store.push("dragon-boat-2026_main@jg1")).item
    text = bureau.library(desk.clock.now().date()).item(item)
    title, path = text.title, desk.home / "content" / text.path
    feeds = doorway.path("feed", "")
    paths = [
        doorway.path("screen", "") + "/data.json",
        *(doorway.path(what, item) for what in ("i", "board")),
        *(f"{feeds}/{name}" for name in ("rss.xml", "feed.json")),
    ]
    urls = [*(f"http://127.0.0.1:8650{path}" for path in paths), pushed]
    assert [url for url in urls if title in (await desk.door.get(url)).text] == urls
    match way:
        case "withdraw":
            await ask(desk, "withdraw", item=item, who="王五")
        case "hold":
            await ask(desk, "hold", word=title[:4], who="王五")
        case "status":
            path.write_text(
                path.read_text("utf-8").replace("---\n", "---\n状态: 停用\n", 1), "utf-8"
            )
        case "edit":
            path.write_text(path.read_text("utf-8") + "\n又一句。\n", "utf-8")
        case "delete":
            path.unlink()
    desk.clock.jump(moment("2026-06-15 11:06"))
    assert [url for url in urls if title in (await desk.door.get(url)).text] == []
    plan = await desk.door.get(f"http://127.0.0.1:8650{feeds}/plan.ics")
    assert plan.status_code == 200
