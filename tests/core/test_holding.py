"""A halted word is found wherever a reader would see it."""

from dataclasses import replace

import pytest

from bot.core.holding import held_by, places
from bot.core.model import Kind

from .cast import item

NODE = item("N10", Kind.NODE, nodes=("中秋", "国庆"))


@pytest.mark.parametrize(
    ("text", "word", "where"),
    [
        (replace(NODE, title="{节日}快乐"), "国庆快乐", "title"),
        (replace(NODE, summary="过好{节日}"), "过好中秋、国庆", "summary"),
        (replace(NODE, sections={"提醒": "{节日}"}), "中 秋", "## 提醒"),
        (replace(NODE, attachments=("张 三的检查.pdf",)), "张三", "attachments"),
        (replace(NODE, attachments=("甲.pdf", "张.pdf", "三.pdf")), "张三", ""),
        (replace(NODE, sections={"提醒": "端午"}), "中秋", ""),
        (replace(item("SC-01"), sections={"经过": "张\u200b三"}), "张三", "## 经过"),
    ],
)
def test_a_word_is_found_in_what_the_calendar_fills_and_in_the_names_of_files(text, word, where):
    assert places(text, word) == [where][: bool(where)]
    assert held_by(text, ["没有", word]) == (word if where else "")
