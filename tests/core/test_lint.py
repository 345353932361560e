"""What must not be sent: each rule by the text that offends it, and no other rule with it."""

from dataclasses import replace
from datetime import date

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bot.core import render
from bot.core.content import parse_item
from bot.core.lint import MARKINGS, RULES, lint
from bot.core.model import Kind
from bot.core.render import Footer

from .cast import CALENDAR, MONDAY, NODES, item

NAMES = [node.name for node in NODES]
SOUND = item("SC-01")
NODE = item("N06", Kind.NODE, nodes=("端午",))


def found(*items):
    return [(problem.code, problem.severity) for problem in lint(items, MONDAY, NAMES)]


def said(offender, **more):
    return replace(offender, sections={**offender.sections, **more})


@pytest.mark.parametrize("kind", list(Kind))
def test_a_sound_item_offends_no_rule(kind):
    nodes = ("端午",) if kind is Kind.NODE else ()
    assert found(item("X", kind, nodes=nodes)) == []


OFFENCES = [
    (replace(SOUND, public=""), "not-public"),
    (replace(SOUND, public="内部"), "not-public"),
    (replace(SOUND, public="公开。"), "not-public"),
    *((said(SOUND, 经过=f"此件{word}存档"), "marking") for word in MARKINGS),
    (replace(SOUND, title="机密要事"), "marking"),
    (replace(SOUND, short="机密要事"), "marking"),
    (replace(SOUND, summary="机密要事"), "marking"),
    (replace(SOUND, basis="机密要事"), "marking"),
    (replace(SOUND, source="机密要事"), "marking"),
    (replace(SOUND, question="机密要事"), "marking"),
    (replace(SOUND, persons="机密要事"), "marking"),
    (said(SOUND, 经过="身份证11010119900307123X。"), "identity-number"),
    (replace(SOUND, summary="110101199003071234"), "identity-number"),
    (said(SOUND, 经过="请打13800138000"), "phone-number"),
    (replace(SOUND, persons="张三 19912345678"), "phone-number"),
    (said(SOUND, 经过="大家好<@zhang>"), "mention"),
    (replace(SOUND, title="请@所有人看"), "mention"),
    (replace(SOUND, summary="@all"), "mention"),
    (said(SOUND, 经过="  \n"), "section-missing"),
    (replace(SOUND, sections={"经过": "甲"}), "section-missing"),
    (replace(NODE, sections={"提醒": "甲"}), "section-missing"),
    (replace(NODE, sections={"一句话": "甲"}), "section-missing"),
    (replace(item("X", Kind.REPOST), sections={"": "甲"}), "section-missing"),
    (replace(item("X", Kind.STUDY), sections={"": "甲"}), "section-missing"),
    (replace(item("X", Kind.MEDIA), sections={"看点": "甲"}), "section-missing"),
    (replace(item("X", Kind.DUTY), sections={"怎么做": "甲"}), "section-missing"),
    (replace(item("X", Kind.CULTURE), sections={"": "甲"}), "section-missing"),
    (replace(item("X", Kind.MODEL), sections={"": "甲"}), "section-missing"),
    (replace(NODE, nodes=()), "node-missing"),
    (replace(NODE, nodes=("端午", "端五")), "node-unknown"),
    (replace(SOUND, summary=""), "field-missing"),
    (replace(SOUND, source=""), "field-missing"),
    (replace(SOUND, author=""), "field-missing"),
    (replace(SOUND, expires=None), "field-missing"),
    (replace(SOUND, title="题" * 27), "title-long"),
    (replace(SOUND, summary="文" * 111), "summary-long"),
    (said(NODE, 一句话="文" * 61), "one-line-long"),
    (said(NODE, 提前说一句="文" * 61), "one-line-long"),
    (said(SOUND, 经过="文" * 1400), "text-long"),
    (said(replace(NODE, nodes=("中秋", "国庆")), 提醒="{放假安排}" * 30), "text-long"),
    (replace(NODE, title="{放假安排}{放假安排}"), "card-long"),
    (replace(NODE, summary="{放假安排}" * 6), "card-long"),
    (said(NODE, 提醒="9月25日放假"), "date-in-node"),
    (said(NODE, 提醒="10月1号放假"), "date-in-node"),
    (said(NODE, 提醒="十月一日放假"), "date-in-node"),
    (said(NODE, 提醒="2026-10-01起放假"), "date-in-node"),
    (said(NODE, 一句话="明天放假"), "date-in-node"),
    (said(NODE, 节后="明日上班"), "date-in-node"),
    (replace(NODE, title="6 月 19 日"), "date-in-node"),
    (said(NODE, 提醒="{节曰}好"), "placeholder"),
    (replace(NODE, summary="{ 节日 }"), "placeholder"),
    (said(SOUND, 经过="{节日}好"), "placeholder"),
    (said(SOUND, 经过="{名字}好"), "placeholder"),
    (replace(NODE, basis="{节日}"), "placeholder"),
    (replace(SOUND, effective=date(2037, 1, 1)), "dates"),
]


@pytest.mark.parametrize(("offender", "code"), OFFENCES)
def test_each_rule_stops_the_text_that_offends_it(offender, code):
    assert found(offender) == [(code, "error")]


@pytest.mark.parametrize(
    ("offender", "code"),
    [
        (replace(SOUND, title="题" * 21), "title-long"),
        (replace(SOUND, expires=date(2026, 6, 14)), "expired"),
    ],
)
def test_a_rule_that_advises_only_warns(offender, code):
    assert found(offender) == [(code, "warning")]


@pytest.mark.parametrize(
    "sound",
    [
        replace(SOUND, title="题" * 20),
        replace(SOUND, summary="文" * 110),
        replace(SOUND, expires=MONDAY),
        replace(SOUND, effective=date(2036, 12, 31)),
        said(NODE, 一句话="文" * 60),
        said(NODE, 提醒="{节日}{放假安排}{上班日}{年份}"),
        said(NODE, 提醒="{放假安排}" * 30),
        said(NODE, 提醒="正月初一，八月十五，一个月内登记，十日之内"),
        replace(NODE, basis="2023年12月19日印发", source="2020年6月20日通过"),
        said(SOUND, 经过="9月25日，明天，请拨12388或010-66554433"),
        said(SOUND, 经过="编号1234567890123456789012，秘密，工作中的秘密"),
        said(SOUND, 经过="邮箱 a@b.example"),
    ],
)
def test_a_text_at_the_edge_of_a_rule_passes(sound):
    assert found(sound) == []


def test_every_rule_has_a_text_that_only_it_stops():
    for rule in RULES:
        assert any(list(rule(offender)) for offender, _ in OFFENCES)
    assert not any(list(rule(SOUND)) for rule in RULES)


@pytest.mark.parametrize("twin", ["SC-01", "sc-01"])
def test_a_number_used_twice_stops_the_second_file(twin):
    first, second = replace(SOUND, path="a.md"), replace(SOUND, id=twin, path="b.md")
    for items in ((first, second), (second, first)):
        (problem,) = lint(items, MONDAY, NAMES)
        assert (problem.code, problem.path) == ("id-twice", "b.md")
        assert "a.md" in problem.message


def test_a_problem_names_the_line_of_its_key_or_heading():
    head = (
        "---\n标题: 端午\n类别: 节点\n节点: 端五\n摘要: {x}\n起草: 甲\n来源: 乙\n公开属性: 内部\n"
    )
    text = f"{head}失效: 2026-01-01\n---\n## 提醒\n明天。\n\n## 一句话\n机密\n"
    read, problems = parse_item(text, "n.md")
    assert problems == []
    places = [(problem.line, problem.code) for problem in lint([read], MONDAY, NAMES)]
    assert places == [
        (4, "node-unknown"),
        (5, "placeholder"),
        (8, "not-public"),
        (9, "expired"),
        (11, "date-in-node"),
        (14, "marking"),
    ]


def test_one_faulty_item_does_not_stop_the_others():
    items = [replace(SOUND, id=f"X{n}", path=f"{9 - n}.md", public="") for n in range(3)]
    assert [problem.path for problem in lint(items, MONDAY, NAMES)] == ["7.md", "8.md", "9.md"]


FOOTER = Footer(unit="单" * 20, office="位" * 26, feedback="馈" * 30, number="2026-031")
PIECES = ["{放假安排}", "{节日}", "{上班日}", "{年份}", "文" * 20, "字", "。", "\n- "]
TEXT = st.lists(st.sampled_from(PIECES), max_size=14).map("".join)


@given(
    title=TEXT,
    summary=TEXT,
    body=st.tuples(TEXT, st.integers(0, 60)).map(lambda two: two[0] + "满" * 20 * two[1]),
    one=TEXT,
    nodes=st.sampled_from(
        [("端午",), ("中秋", "国庆"), ("国庆", "中秋"), ("元旦", "春节", "五一")]
    ),
)
@settings(max_examples=300)
def test_a_text_that_passes_fits_when_it_is_sent(title, summary, body, one, nodes):
    sections = {"提醒": f"甲{body}", "一句话": f"乙{one}"}
    text = item(
        "N", Kind.NODE, title=f"题{title}", summary=f"摘{summary}", sections=sections, nodes=nodes
    )
    if any(severity == "error" for _, severity in found(text)):
        return
    for year in (2025, 2026, 2027):
        days = [CALENDAR.node_day(one, year) for one in NODES if one.name in nodes]
        values = render.values_of(days, CALENDAR)
        for part in ("main", "final"):
            render.markdown(text, part, values, FOOTER)
            render.card(text, part, values, FOOTER, task_id="t")
