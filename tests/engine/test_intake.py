"""Word files that editors drop into 待导入 become drafts while the bot runs; and by the verb."""

from __future__ import annotations

import base64

import pytest

from bot.verbs import VERBS, Mistake
from tests.library.test_intake import written

MORNING = "2026-06-15 09:00"


async def test_a_word_file_that_lies_still_becomes_a_draft_that_is_never_sent(desk):
    folder = desk.home / "content" / "待导入"
    folder.mkdir()
    (folder / "茶叶.docx").write_bytes(written("一盒茶叶", "# 经过", "收了。"))
    await desk.house.tick()
    assert (folder / "茶叶.docx").exists(), "it may still be being copied"
    await desk.house.tick()
    assert not (folder / "茶叶.docx").exists()
    library = desk.house.bureau.library(desk.clock.now().date())
    assert library.blocked["SC-15"]
    assert library.item("SC-15").title == "一盒茶叶"


async def test_a_file_that_is_being_copied_is_left_alone_until_it_lies_still(desk):
    path = desk.home / "content" / "待导入" / "茶叶.docx"
    path.parent.mkdir()
    whole = written("一盒茶叶", "收了。")
    for size in (1000, 2000, len(whole)):
        path.write_bytes(whole[:size])
        await desk.house.tick()
        assert path.exists()
        assert list(path.parent.glob("*.txt")) == []
    await desk.house.tick()
    assert not path.exists()


async def test_a_file_that_cannot_be_read_is_tried_again_only_when_it_has_changed(desk):
    path = desk.home / "content" / "待导入" / "坏.docx"
    path.parent.mkdir()
    path.write_bytes(b"no zip")
    for _ in range(3):
        await desk.house.tick()
    note = path.with_name("坏.docx.说明.txt")
    assert "坏了" in note.read_text("utf-8")
    note.unlink()
    for _ in range(3):
        await desk.house.tick()
    assert not note.exists(), "nobody said anything new"
    path.write_bytes(written("好了", "正文"))
    for _ in range(2):
        await desk.house.tick()
    assert not path.exists()


async def test_a_file_handed_to_the_verb_is_kept_with_the_others(desk):
    data = written("一盒茶叶", "收了。")
    params = {"name": "C:\\稿子\\茶叶.docx", "data": base64.b64encode(data).decode()}
    answer = await VERBS["import"](desk.house.bureau, desk.clock.now(), params)
    [one] = answer["taken"]
    assert (one["source"], one["id"], one["error"]) == ("茶叶.docx", "SP-22", None)
    [kept] = (desk.home / "content" / "待导入" / "已导入").iterdir()
    assert kept.read_bytes() == data
    again = await VERBS["import"](desk.house.bureau, desk.clock.now(), params)
    assert again["taken"][0]["known"]


@pytest.mark.parametrize(
    ("name", "data"),
    [("a.wps", "eA=="), ("a.docx", "eA=="), ("a.docx", "%%%"), ("../../x", "eA=="), ("", "eA==")],
)
async def test_what_is_no_word_file_is_a_mistake_in_words(desk, name, data):
    with pytest.raises(Mistake):
        await VERBS["import"](desk.house.bureau, desk.clock.now(), {"name": name, "data": data})
