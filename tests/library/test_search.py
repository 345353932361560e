"""The approved texts that a plain question is about (bot/library/search.py)."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.core.model import Kind
from bot.library.search import LONGEST_QUESTION, Index
from tests.core.cast import item

CARD = item(
    "SC-14", title="换个科目发福利", tags=("津补贴",), sections={"经过": "买了购物卡发给大家。"}
)
LECTURE = item(
    "SP-02", Kind.STUDY, title="讲课费什么时候成了礼", sections={"要点": "讲课费、咨询费。"}
)
SECRET = item("SP-20", Kind.STUDY, title="扫一扫，扫出去了", sections={"要点": "涉密文件不上网。"})
INDEX = Index([CARD, LECTURE, SECRET])


def found(question):
    return [hit.item.id for hit in INDEX.ask(question)]


@pytest.mark.parametrize(
    ("question", "first"),
    [
        ("能不能收购物卡", "SC-14"),
        ("讲课费能收吗？", "SP-02"),
        ("SP-02 讲课费", "SP-02"),
        ("涉密文件可以拍照吗", "SP-20"),
        ("津补贴", "SC-14"),
        ("Ｓｈｏｐ 购物卡", "SC-14"),
    ],
)
def test_a_plain_question_finds_its_text(question, first):
    assert found(question)[0] == first


@pytest.mark.parametrize("question", ["", "？", "的吗呢", "今天天气", 'a" OR *', "NEAR(", "购"])
def test_what_is_about_nothing_finds_nothing_and_breaks_nothing(question):
    assert found(question) == []


def test_no_more_than_was_asked_for_and_the_best_first():
    hits = INDEX.ask("讲课费 购物卡 涉密", top=2)
    assert len(hits) == 2
    assert hits[0].score >= hits[1].score > 0


@given(st.text(max_size=400))
def test_no_question_raises(question):
    assert len(INDEX.ask(question)) <= 3


def test_a_question_as_long_as_a_book_is_cut_not_refused():
    assert found("购物卡" + "啊" * 100_000)[0] == "SC-14"
    assert found("啊" * LONGEST_QUESTION + "购物卡") == []
