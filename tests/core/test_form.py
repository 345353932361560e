"""A text opened as a form and saved again is the same text."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.core.content import KEYS, parse_item
from bot.core.form import BOXES, Form, form_of, text_of

CONTENT = Path(__file__).parents[2] / "content"
TEXTS = sorted(CONTENT.glob("*/*.md"))
PLACE = {"path": "", "lines": {}}


@pytest.mark.parametrize("path", TEXTS[::6], ids=lambda path: path.stem)
def test_every_shipped_text_comes_back_as_it_was(path):
    before, wrong = parse_item(path.read_text("utf-8"), "a.md")
    form = form_of(path.read_text("utf-8"))
    after, more = parse_item(text_of(form), "a.md")
    assert before.digest == after.digest
    assert replace(before, **PLACE) == replace(after, **PLACE)
    assert len(wrong) == len(more)


def test_what_the_form_has_no_box_for_goes_along_as_it_was_written():
    text = (
        "---\n标题: 甲\n类别: 学习提示\n冷却周数: 30\n附件:\n  - a.png\n  - b.png\n"
        "胡写一行\ntitle: 又一个\n---\n\n一句引子\n\n## 要点\n\n正文\n\n## 别的\n\n也在\n"
    )
    form = form_of(text)
    assert form.fields == {"标题": "甲", "类别": "学习提示"}
    assert form.more == "冷却周数: 30\n附件:\n  - a.png\n  - b.png\n胡写一行\ntitle: 又一个"
    assert form.sections == {"": "\n一句引子\n".strip("\n"), "要点": "正文\n\n## 别的\n\n也在"}
    again = text_of(form)
    assert form_of(again).more == form.more
    for words in ("一句引子", "## 别的", "胡写一行", "  - b.png"):
        assert words in again


def test_a_line_break_pasted_into_a_box_ends_no_head():
    form = Form(fields={"标题": "甲\n---\n公开属性: 公开", "类别": "学习提示"}, sections={})
    item, _ = parse_item(text_of(form), "a.md")
    assert item.title == "甲 --- 公开属性: 公开"
    assert item.public == ""


def test_a_file_without_a_head_is_no_form():
    assert form_of("一段文字\n") is None


_WORDS = st.text(alphabet=st.sampled_from("甲乙 a-#:：|>\"'1\n"), max_size=12)


@given(
    fields=st.dictionaries(st.sampled_from(BOXES), _WORDS),
    sections=st.dictionaries(st.sampled_from(["", "要点", "想一想"]), _WORDS),
)
def test_what_was_filled_in_is_what_the_file_says(fields, sections):
    fields = {**fields, "标题": "题", "类别": "学习提示"}
    form = form_of(text_of(Form(fields=fields, sections=sections)))
    given_ = {key: " ".join(value.split()) for key, value in fields.items()}
    assert form.fields == {key: value for key, value in given_.items() if value}
    item, _ = parse_item(text_of(form), "a.md")
    assert item.title == "题"
    assert set(KEYS) >= set(form.fields)
