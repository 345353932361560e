"""A rule looks at the whole first and leaves most texts alone: nothing slips through by that."""

from __future__ import annotations

import re
from dataclasses import replace

from hypothesis import given, settings
from hypothesis import strategies as st

from bot.core.lint import MARKINGS, RULES, Frame, examine
from bot.core.lint.rule import Sheet, bare, plain

from .cast import MONDAY
from .test_lint import LEXICON, NAMES, SOUND, said

FRAME = Frame(today=MONDAY, nodes=frozenset(NAMES), lexicon=LEXICON)
ODD = [*" \u3000\xa0\n\u200b\u00ad\ufeff\u0301，ａ㎏①。"]
BETWEEN = st.sampled_from([""] * 8 + ODD)
FORMS = {
    "密": "密宻⾧",
    "工": "工⼯",
    "作": "作",
    "1": "1１①",
    "3": "3３",
    "8": "8８⑧",
    "0": "0０⓪",
}


def disguised(words):
    """Draw one of `words` with each letter in some form, and something or nothing between them."""
    letters = st.sampled_from(words).flatmap(
        lambda word: st.tuples(*(st.sampled_from(FORMS.get(one, one)) for one in word))
    )
    return letters.flatmap(
        lambda some: st.tuples(*(st.tuples(st.just(one), BETWEEN) for one in some))
    ).map(lambda pairs: "".join(one + gap for one, gap in pairs))


PHONE = re.compile(r"(?<!\d)(?:\+?86-?)?1[3-9]\d-?\d{4}-?\d{4}(?!\d)")


def codes(item) -> set[str]:
    return {problem.code for problem in examine(item, FRAME)}


@given(disguised(MARKINGS))
@settings(max_examples=400)
def test_a_marking_is_found_in_whatever_disguise(body):
    plainly = re.sub("[手司随飞危]机密|身份号", "", bare(body))
    marked = any(word in plainly for word in (*MARKINGS, *LEXICON.words.block))
    assert ("marking" in codes(said(SOUND, 经过=body))) is marked


@given(disguised(["13800138000", "1380013-8000", "年138 0013 8000"]))
@settings(max_examples=400)
def test_a_number_is_found_in_whatever_disguise(body):
    joined = re.sub(r"(?<=\d)[ \t]+(?=\d)", "", plain(body))
    hidden = bool(re.search(r"\d", body) and (PHONE.search(body) or PHONE.search(joined)))
    assert ("phone-number" in codes(said(SOUND, 经过=body))) is hidden


PIECES = [
    *("TODO", "fixme", "xXx", "××", "（日期待核实）", "待补", "![图](a)", "[见](b)", "| 甲 |"),
    *("<b>", "```", "HTTPS://A", "WWW.b", "{{ x }}", "%s", "{节曰}", "@ALL", "＠所有人", "锟斤拷"),
    *("⽉", "\u202e", "\x07", "# 题", "情景案例·虚构", "据悉", "打卡", "secret = ", "文", "\n"),
    *("机密", "1380013 8000", "落实八项规定精神", "不能腐、不敢腐", "总书记", "《纪律处分条例》"),
    *("\ufffd", "Lorem Ipsum", "占位", "请填写", "~~~", "屯屯屯"),
]


@given(st.lists(st.sampled_from(PIECES), max_size=6).map("".join))
@settings(max_examples=200)
def test_what_a_text_is_stopped_for_does_not_hang_on_what_else_is_there(body):
    """Beside a text with everything in it no rule leaves by its first look."""
    found = []
    for other in ("甲", "\n".join(PIECES)):
        sheet = Sheet(replace(SOUND, sections={"经过": body, "问题在哪": other}))
        every = [(rule.code, one) for rule in RULES for one in rule.find(sheet, FRAME)]
        found.append([(code, one.message, one.at) for code, one in every if one.where == "## 经过"])
    assert found[0] == found[1]
