"""The screen as we serve it, and as a folder: what may be on it, and what leaves it when."""

from __future__ import annotations

import base64
import json

import pytest

from bot.core.outlets import Screen, span_of
from bot.verbs import VERBS, Mistake, cards
from tests.engine.office import moment, office


@pytest.fixture
async def desk(tmp_path):
    async with office(tmp_path, port=8650) as built:
        yield built


async def ask(desk, verb, **params):
    return await VERBS[verb](desk.house.bureau, desk.clock.now(), params)


async def screen_of(desk):
    return (await ask(desk, "outlet-addresses"))["screen"]


async def shown(desk):
    answer = await desk.door.get(f"{await screen_of(desk)}data.json")
    assert answer.status_code == 200
    return [item["id"] for item in answer.json()["items"]]


async def test_the_page_is_ours_alone_and_asks_nobody_else(desk):
    answer = await desk.door.get(await screen_of(desk))
    assert answer.status_code == 200
    policy = answer.headers["content-security-policy"]
    assert "default-src 'none'" in policy
    assert "unsafe" not in policy
    assert "http" not in answer.text.replace('http-equiv="', "")
    for name in ("screen.css", "screen.js", "sw.js"):
        assert (await desk.door.get(f"{await screen_of(desk)}{name}")).status_code == 200
    assert (await desk.door.get(f"{await screen_of(desk)}../../etc")).status_code == 404


@pytest.mark.parametrize("path", ["/screen/x/", "/screen/x/data.json", "/media/SC-01.x/a.png"])
async def test_an_address_that_somebody_guessed_opens_nothing(desk, path):
    answer = await desk.door.get(f"http://127.0.0.1:8650{path}")
    assert answer.status_code == 404
    assert answer.text == ""


async def test_it_shows_the_next_node_first_and_nothing_for_one_role_alone(desk):
    found = await shown(desk)  # 端午 is this week
    assert set(found[:2]) == {"N06", "N06-2"}
    assert {"SC-01", "SP-02"} <= set(found)
    assert not {"N01", "N10"} & set(found)  # 春节 and 国庆 are far
    data = (await desk.door.get(f"{await screen_of(desk)}data.json")).json()
    assert data["coming"][0] == {"name": "端午", "day": "2026-06-19"}
    assert "12388" in data["report"]
    [scenario] = [item for item in data["items"] if item["id"] == "SC-01"]
    assert scenario["label"].startswith("情景案例·虚构")
    assert "{" not in json.dumps(data["items"], ensure_ascii=False).replace('{"', "")


async def test_what_is_withdrawn_edited_halted_or_not_approved_is_gone_at_the_next_question(desk):
    assert {"SC-01", "SC-08", "SC-14"} <= set(await shown(desk))
    await ask(desk, "withdraw", item="SC-01", who="王五", why="金额有误")
    edited = next((desk.home / "content").glob("*/SC-08*"))
    edited.write_text(edited.read_text("utf-8") + "\n又一句。\n", "utf-8")
    halted = desk.house.bureau.library(desk.clock.now().date()).item("SC-14")
    await ask(desk, "hold", word=halted.title[:4], who="王五")
    assert not {"SC-01", "SC-08", "SC-14"} & set(await shown(desk))


async def test_an_emergency_stop_empties_the_screen_until_it_is_lifted_and_a_pause_does_not(desk):
    before = await shown(desk)
    assert before
    await ask(desk, "pause")
    assert await shown(desk) == before
    await cards.halt(desk.house.bureau, desk.clock.now(), "王五")
    assert await shown(desk) == []
    await ask(desk, "resume")
    assert await shown(desk) == before


async def test_what_is_past_its_day_is_gone_without_anybody(desk):
    assert "SC-01" in await shown(desk)
    desk.clock.jump(moment("2030-01-02 09:00"))
    assert await shown(desk) == []


async def test_a_screen_that_has_the_newest_hears_only_that(desk):
    first = await desk.door.get(f"{await screen_of(desk)}data.json")
    same = {"If-None-Match": first.headers["etag"]}
    again = await desk.door.get(f"{await screen_of(desk)}data.json", headers=same)
    assert (again.status_code, again.content) == (304, b"")
    assert again.headers["x-now"].startswith("2026-06-15T08:40")
    await ask(desk, "withdraw", item="SC-01", who="王五")
    changed = await desk.door.get(f"{await screen_of(desk)}data.json", headers=same)
    assert changed.status_code == 200


# -- the folder for a stick ----------------------------------------------------------------------


async def test_a_stick_is_written_down_before_it_leaves_and_told_when_it_must_come_back(desk):
    made = await ask(desk, "screen-export", who="张三", where="一楼大厅")
    assert made["number"] == "2026-001"
    files = {name: base64.b64decode(data).decode() for name, data in made["files"].items()}
    assert {"index.html", "screen.css", "screen.js", "data.js"} <= set(files)
    assert "Content-Security-Policy" in files["index.html"]
    again = await ask(desk, "screen-export", who="张三", where="一楼大厅")
    assert again["number"] == "2026-001"  # the same words for the same place are one thing
    listed = (await ask(desk, "outside"))["outside"]
    assert {one["item"] for one in listed} == set(made["items"])
    assert {one["why"] for one in listed} == {None}
    await ask(desk, "withdraw", item="SC-01", who="王五", why="金额有误")
    why = {one["item"]: one["why"] for one in (await ask(desk, "outside"))["outside"]}
    assert why["SC-01"] == "内容已由王五收回：金额有误"
    assert why["SC-08"] is None
    await ask(desk, "outside", back="2026-001", who="张三")
    assert (await ask(desk, "outside"))["outside"] == []
    assert (await ask(desk, "outside", all=True))["outside"][0]["back"]
    with pytest.raises(Mistake):
        await ask(desk, "outside", back="2026-009")


async def test_a_stick_takes_along_what_comes_into_season_later_with_its_days(desk):
    desk.clock.jump(moment("2026-04-20 09:00"))
    made = await ask(desk, "screen-export")
    text = base64.b64decode(made["files"]["data.js"]).decode()
    data = json.loads(text.removeprefix("window.SCREEN = ").rstrip(";\n"))
    [later] = [item for item in data["items"] if item["id"] == "N06"]
    assert later["first"] > "2026-05-20"
    assert later["last"] == "2026-06-21" or later["last"] > later["first"]


@pytest.mark.parametrize("text", ["7:30-19:00", "07:30", "07:30-07:30", "24:30-25:00", ""])
def test_hours_that_are_none_are_refused(text):
    with pytest.raises(ValueError):
        span_of(text)


def test_hours_may_go_over_midnight_and_to_the_end_of_the_day():
    assert span_of("22:00-06:00") == ("22:00", "06:00")
    assert span_of("07:30-24:00") == ("07:30", "24:00")
    assert Screen().hours == (("07:30", "19:00"),)


# -- one text, where a code leads ------------------------------------------------------------------


async def code_of(desk, item):
    path = desk.house.bureau.doorway.path("i", item)
    return f"http://127.0.0.1:8650{path}"


async def test_the_page_behind_a_code_shows_the_whole_text_and_counts_nothing(desk):
    answer = await desk.door.get(await code_of(desk, "N06"))
    assert answer.status_code == 200
    for words in ("粽子香", "不在此列", "12388", "自愿阅看，不作考核", "不作记录"):
        assert words in answer.text
    assert "<script" not in answer.text
    assert "<form" not in answer.text
    assert list((await desk.house.bureau.store.acts()).receipts) == []


async def test_the_page_behind_a_code_closes_with_the_text(desk):
    url = await code_of(desk, "SC-01")
    assert (await desk.door.get(url)).status_code == 200
    await ask(desk, "withdraw", item="SC-01", who="王五")
    answer = await desk.door.get(url)
    assert answer.status_code == 404
    assert "看不到了" in answer.text
    assert "老同学" not in answer.text


async def test_the_code_of_one_text_opens_no_other(desk):
    token = (await code_of(desk, "SC-01")).rpartition(".")[2]
    answer = await desk.door.get(f"http://127.0.0.1:8650/i/SC-08.{token}")
    assert answer.status_code == 404
