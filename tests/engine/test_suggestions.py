"""有用, 看不懂 and suggestions: counted or kept without a person; tips and confessions nowhere."""

from __future__ import annotations

import logging
import re
import zipfile

import pytest

from bot.core import messages
from bot.engine.receive import Reception
from bot.inbox import Event
from bot.verbs import VERBS
from tests.engine.office import moment, office

TIP = "我要举报办公室的王某收了施工队两条烟-树上七只猫"
CONFESSION = "我错了，过节时收了服务对象一张购物卡-河里八条鱼"
MARKS = ("树上七只猫", "河里八条鱼")
MAIN = "dragon-boat-2026_main@jg1"


def said(desk, text: str, chat: str = "") -> Event:
    return Event(kind="message", person="u004", at=desk.clock.now(), text=text, chat=chat)


def page(desk, button: str, text: str = "") -> Event:
    at = desk.clock.now()
    return Event(kind="page", person="", at=at, task_id=MAIN, button=button, text=text)


async def test_useful_and_unclear_are_counts_and_stand_in_the_summary(desk):
    reception = Reception(desk.house.bureau)
    await desk.at("2026-06-15 11:00")
    for event in (said(desk, "有用"), page(desk, "useful"), said(desk, "看不懂。")):
        assert (await reception(event)).text == messages.FELT
    await desk.at("2026-06-23 11:00")
    params = {"week": "2026-W25"}
    found = await VERBS["summary"](desk.house.bureau, desk.clock.now(), params)
    assert (found["feedback"]["觉得有用"], found["feedback"]["看不懂"]) == (2, 1)


async def test_a_suggestion_is_kept_without_a_person_and_goes_after_thirty_days(desk):
    reception = Reception(desk.house.bureau)
    assert (await reception(said(desk, "建议：字再大一点"))).text == messages.SUGGESTED
    assert (await reception(page(desk, "words", "短一点"))).text == messages.SUGGESTED
    found = await VERBS["suggestions"](desk.house.bureau, desk.clock.now(), {})
    assert sorted(one["text"] for one in found["suggestions"]) == ["字再大一点", "短一点"]
    assert "u004" not in str(found)
    desk.clock.jump(moment("2026-07-16 08:00"))
    await desk.house.tick()
    found = await VERBS["suggestions"](desk.house.bureau, desk.clock.now(), {})
    assert found["suggestions"] == []
    assert everywhere(desk.home / "data").count("字再大一点") == 0, "out of the files too"


@pytest.mark.parametrize("text", ["字再大一点", "意见：字大一点", "建议", "建议 "])
async def test_nothing_is_kept_without_the_command(desk, text):
    await Reception(desk.house.bureau)(said(desk, text))
    assert await desk.house.bureau.store.suggestions() == []


@pytest.mark.parametrize("text", ["建议：查查张三", "建议：他 收 了 烟", "建议：我 要 举 报"])
async def test_a_suggestion_that_sounds_like_a_report_is_not_kept(desk, text):
    reception = Reception(desk.house.bureau)
    assert (await reception(said(desk, text))).text == messages.NO_TIPS
    assert (await reception(page(desk, "words", text))).text == messages.NO_TIPS
    assert await desk.house.bureau.store.suggestions() == []


async def test_the_office_edits_the_list_of_words(tmp_path):
    more = '\n[receipts]\ntip_words = ["打招呼", "-收了"]'
    async with office(tmp_path, approved=False, targets=more) as desk:
        reception = Reception(desk.house.bureau)
        assert (await reception(said(desk, "建议：有人打招呼"))).text == messages.NO_TIPS
        assert (await reception(said(desk, "建议：收了很多好评"))).text == messages.SUGGESTED


async def test_a_tip_and_a_confession_leave_no_trace_of_a_full_run(desk, caplog):
    """Store, logs, counts, kept texts, summary and backup of a run of two weeks."""
    caplog.set_level(logging.DEBUG)
    reception = Reception(desk.house.bureau)
    await desk.at("2026-06-15 11:00")
    for text in (TIP, CONFESSION):
        for words in (text, f"建议：{text}", f"搜索 {text}"):
            assert (await reception(said(desk, words))).text == messages.NO_TIPS
        await reception(said(desk, f"@清风 {text}", chat="wr-1"))
        await reception(page(desk, "words", text))
        await reception(Event(kind="card", person="u004", at=desk.clock.now(), button=text))
    await desk.at("2026-06-29 11:00")
    await desk.house.bureau.store.backup(desk.home / "all.backup", desk.clock.now())
    (desk.home / "apart").mkdir()
    (desk.home / "all.backup").rename(desk.home / "apart" / "all.backup")
    assert "u004" in everywhere(desk.home / "apart"), "the search finds what is in a backup"
    for mark in MARKS:
        assert mark not in everywhere(desk.home)
        assert mark not in caplog.text
        assert mark not in str(await desk.house.bureau.store.counts())


def everywhere(folder) -> str:
    """Return all files below a folder, \\u escapes read, packed ones unpacked."""
    found = []
    for path in (path for path in folder.rglob("*") if path.is_file()):
        raw = path.read_bytes()
        if zipfile.is_zipfile(path):
            with zipfile.ZipFile(path) as packed:
                raw = b"\n".join(packed.read(name) for name in packed.namelist())
        text = raw.decode("utf-8", "replace")
        found.append(re.sub(r"\\u([0-9a-f]{4})", lambda code: chr(int(code[1], 16)), text))
    return "\n".join(found)
