"""An item and the facts of the day become words: nothing cut, nothing demanded left out."""

from dataclasses import replace
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.core.model import Kind, Node
from bot.core.render import (
    CARD_TEXT,
    CARD_TITLE,
    NARROW,
    PLACEHOLDERS,
    WEBHOOK_BYTES,
    Dialect,
    Footer,
    TooLong,
    card,
    fill,
    in_group,
    markdown,
    parts_of,
    source_line,
    summary_of,
    unknown_placeholders,
    values_of,
)

from .cast import CALENDAR, FOOTER, item, node

DUANWU = [CALENDAR.node_day(node("端午"), 2026)]
AUTUMN = [CALENDAR.node_day(node("中秋"), 2026), CALENDAR.node_day(node("国庆"), 2026)]
AUTUMN_2025 = [CALENDAR.node_day(node("国庆"), 2025), CALENDAR.node_day(node("中秋"), 2025)]
DUANWU_2027 = [CALENDAR.node_day(node("端午"), 2027)]
PROVISIONAL = {"节日": "端午", "放假安排": "", "上班日": "", "年份": "2027"}
KNOWN = values_of(DUANWU, CALENDAR)
WORDS = st.text(st.characters(exclude_categories=["C", "Z"], exclude_characters="{}"), max_size=200)


def node_item(**sections):
    return item("N06", Kind.NODE, nodes=("端午",), sections=sections)


@pytest.mark.parametrize(
    ("days", "festival", "off", "back", "year"),
    [
        (DUANWU, "端午", "6月19日（周五）至6月21日（周日）放假，共3天", "6月22日（周一）", "2026"),
        (
            AUTUMN,
            "中秋、国庆",
            "9月25日（周五）至9月27日（周日）放假，共3天，"
            "10月1日（周四）至10月7日（周三）放假，共7天",
            "10月8日（周四）",
            "2026",
        ),
        (  # one span, named once
            AUTUMN_2025,
            "国庆、中秋",
            "10月1日（周三）至10月8日（周三）放假，共8天",
            "10月9日（周四）",
            "2025",
        ),
        (
            [CALENDAR.node_day(node("元旦"), 2025)],
            "元旦",
            "1月1日（周三）放假",
            "1月2日（周四）",
            "2025",
        ),
        (DUANWU_2027, *PROVISIONAL.values()),
    ],
)
def test_the_placeholders_say_what_the_calendar_says(days, festival, off, back, year):
    found = values_of(days, CALENDAR)
    assert found == {"节日": festival, "放假安排": off, "上班日": back, "年份": year}
    assert tuple(found) == PLACEHOLDERS


def test_a_node_that_brings_no_day_off_says_nothing_of_days_off():
    teachers = Node(key="teachers-day", name="教师节", date="9-10")
    values = values_of([CALENDAR.node_day(teachers, 2026)], CALENDAR)
    assert values == {"节日": "教师节", "放假安排": "", "上班日": "", "年份": "2026"}
    text = "{节日}到了。放假：{放假安排}，{上班日}上班。谢谢老师。"
    assert fill(text, values) == "教师节到了。谢谢老师。"


def test_a_heading_with_nothing_below_it_is_not_sent():
    empty = item("GZ-01", Kind.STUDY, sections={"要点": "有一处写错。", "想一想": "\n\n"})
    text = markdown(empty, "main", {}, FOOTER).text
    assert "要点" in text
    assert "想一想" not in text
    fallen = item("N06", Kind.NODE, sections={"提醒": "甲", "怎么办": "{上班日}再说。"})
    assert "怎么办" not in markdown(fallen, "main", PROVISIONAL, FOOTER).text


def test_a_text_without_a_node_has_nothing_to_fill():
    assert values_of([], CALENDAR) == {}
    assert fill("{节日}好", {}) == "{节日}好"


@pytest.mark.parametrize(
    ("text", "filled"),
    [
        (
            "{年份}年{节日}：{放假安排}。",
            "2026年端午：6月19日（周五）至6月21日（周日）放假，共3天。",
        ),
        ("{节日}{节日}", "端午端午"),
        ("{未知}{节日", "{未知}{节日"),
        ("没有", "没有"),
    ],
)
def test_placeholders_are_filled(text, filled):
    assert fill(text, KNOWN) == filled


@pytest.mark.parametrize(
    ("text", "left"),
    [
        ("甲。放假：{放假安排}，{上班日}上班。乙。", "甲。乙。"),
        ("放假：{放假安排}！{上班日}上班。问好。", "问好。"),
        ("甲；{放假安排}；乙", "甲；乙"),
        ("{放假安排}", ""),
        ("问：{放假安排}？答。", "答。"),
        ("甲。{放假安排}。\n\n- 乙\n- 丙", "甲。\n\n- 乙\n- 丙"),
        ("甲\n{放假安排}\n乙", "甲\n\n乙"),
        ("甲。\n乙 {节日}\n", "甲。\n乙 端午\n"),
    ],
)
def test_a_sentence_about_days_off_falls_away_while_they_are_an_estimate(text, left):
    assert fill(text, PROVISIONAL) == left


@given(
    st.lists(st.sampled_from(["甲。", "乙！", "丙\n", "\n", "- 丁；", "{放假安排}。", "{节日}"]))
)
def test_only_sentences_with_the_estimate_fall_away(sentences):
    told = "".join(one for one in sentences if one != "{放假安排}。").replace("{节日}", "端午")
    joined = any(a == "{节日}" and "放假" in b for a, b in pairwise(sentences))
    if not joined:
        assert fill("".join(sentences), PROVISIONAL) == told


def test_what_nothing_fills_is_found():
    assert unknown_placeholders("{节日}{节曰}{}{放假安排}{ 年份 }") == ["节曰", "", " 年份 "]


@pytest.mark.parametrize(
    ("kind", "line"),
    [
        (Kind.SCENARIO, "情景案例·虚构"),
        (Kind.REPOST, "廉政教育 · 转发通报"),
        (Kind.STUDY, "廉政教育 · 学习提示"),
        (Kind.MODEL, "廉政教育 · 先进典型"),
        (Kind.NODE, "廉政教育 · 节点提醒"),
    ],
)
def test_an_invented_case_says_so_on_its_first_line(kind, line):
    text = item("X", kind)
    assert source_line(text) == line
    assert markdown(text, "main", {}, FOOTER).text.startswith(f"> {line}\n\n**标题X**\n\n")
    assert card(text, "main", {}, FOOTER, task_id="t").source == line


@pytest.mark.parametrize("kind", list(Kind))
@pytest.mark.parametrize("part", ["main", "final"])
def test_every_message_ends_with_the_footer(kind, part):
    text = markdown(item("X", kind), part, {}, FOOTER).text
    assert text.endswith(
        '\n\n<font color="comment">监督举报：12388，局机关纪委 010-00000000</font>\n'
        '<font color="comment">清源县审计局 · 2026-031 · 自愿阅看，不作考核</font>'
    )
    facts = dict(card(item("X", kind), part, {}, FOOTER, task_id="t").facts)
    assert facts["监督举报"] == "12388"
    assert facts["说明"] == "自愿阅看，不作考核"
    assert facts["编号"] == "2026-031"
    assert all(len(name) <= 5 and len(value) <= 30 for name, value in facts.items())


def test_a_footer_leaves_out_what_the_unit_has_not():
    assert Footer(unit="某局").lines() == ["监督举报：12388", "某局 · 自愿阅看，不作考核"]
    assert Footer(unit="某局", feedback="党委 张三").lines()[1] == "意见反馈：党委 张三"


def test_a_case_is_told_whole_and_in_the_authors_order():
    text = item("X", sections={"经过": "- 甲\n- 乙\n一-二", "问题在哪": "丙"}, basis="条例")
    assert markdown(text, "main", {}, Footer(unit="某局")).text == (
        "> 情景案例·虚构\n\n**标题X**\n\n**经过**\n· 甲\n· 乙\n一-二\n\n**问题在哪**\n丙\n\n"
        "> 依据：条例\n\n> 来源：《中国共产党纪律处分条例》（2023年修订）\n\n"
        '<font color="comment">监督举报：12388</font>\n'
        '<font color="comment">某局 · 自愿阅看，不作考核</font>'
    )


@pytest.mark.parametrize(
    ("part", "names"),
    [
        ("main", ["提醒", "怎么办"]),
        ("early", ["一句话"]),
        ("final", ["一句话"]),
        ("after", ["节后"]),
    ],
)
def test_each_part_of_a_node_says_its_own_sections(part, names):
    text = node_item(提醒="甲", 怎么办="乙", 一句话="丙", 节后="丁")
    assert [name for name, _ in parts_of(text, part)] == names


def test_a_final_is_one_sentence_without_a_heading_or_sources():
    text = markdown(node_item(提醒="甲", 一句话="{节日}清爽。"), "final", KNOWN, FOOTER).text
    assert "\n\n端午清爽。\n\n<font" in text
    assert "一句话" not in text
    assert "来源" not in text


@pytest.mark.parametrize(
    ("part", "sections", "said"),
    [
        ("main", {"一句话": "丙"}, "三句话说清楚。"),
        ("final", {"一句话": "丙"}, "丙"),
        ("early", {"一句话": "丙", "提前说一句": "丁"}, "丁"),
        ("early", {"一句话": "丙"}, "丙"),
        ("final", {}, "三句话说清楚。"),
        ("after", {"提醒": "甲", "一句话": "丙", "节后": "戊"}, "戊"),
        ("after", {"提醒": "甲"}, "三句话说清楚。"),
    ],
)
def test_a_card_says_the_summary_and_a_short_part_its_own_words(part, sections, said):
    assert summary_of(node_item(**sections), part) == said


def test_a_card_has_one_button_and_a_way_to_the_whole_text_where_there_is_one():
    found = card(node_item(提醒="甲"), "main", KNOWN, FOOTER, task_id="k@jg1", link="https://a")
    assert (found.button, found.button_key, found.task_id) == ("已阅", "ack", "k@jg1")
    assert found.link == ("看全文", "https://a")
    assert card(node_item(提醒="甲"), "main", KNOWN, FOOTER, task_id="t").link is None


@given(WORDS, st.sampled_from(list(Kind)), st.integers(-3, 3), st.sampled_from(["main", "final"]))
def test_a_text_is_sent_whole_or_not_at_all(words, kind, spare, part):
    text = replace(item("X", kind), title=words or "题")
    whole = markdown(text, part, {}, FOOTER).text
    size = len(whole.encode())
    if spare >= 0:
        assert markdown(text, part, {}, FOOTER, Dialect(limit=size + spare)).text == whole
    else:
        with pytest.raises(TooLong) as caught:
            markdown(text, part, {}, FOOTER, Dialect(limit=size + spare))
        assert (caught.value.size, caught.value.limit) == (size, size + spare)


@given(WORDS, WORDS)
def test_every_word_of_the_author_is_in_the_message(one, two):
    text = item("X", sections={"经过": one, "问题在哪": two})
    said = markdown(text, "main", {}, FOOTER, Dialect(limit=100_000)).text
    assert one in said
    assert two in said


def test_the_budget_of_a_group_is_exact_to_the_byte():
    def weigh(more):
        return markdown(item("X", sections={"经过": "汉" * 1200 + "x" * more}), "main", {}, FOOTER)

    base = len(weigh(0).text.encode())
    spare = WEBHOOK_BYTES - base
    assert len(weigh(spare).text.encode()) == 4096
    with pytest.raises(TooLong, match="成文4097字节"):
        weigh(spare + 1)


@pytest.mark.parametrize(("title", "summary"), [(CARD_TITLE, 1), (1, CARD_TEXT)])
def test_the_budget_of_a_card_is_exact_to_the_character(title, summary):
    text = replace(item("X"), title="题" * title, summary="文" * summary)
    assert card(text, "main", {}, FOOTER, task_id="t").title == "题" * title
    longer = replace(
        text,
        title="题" * (title + (title > 1)),
        summary="文" * (summary + (summary > 1)),
    )
    with pytest.raises(TooLong, match=r"\d字，超过"):
        card(longer, "main", {}, FOOTER, task_id="t")


def test_the_author_of_a_card_is_measured_after_filling():
    text = replace(node_item(提醒="甲"), summary="{放假安排}" * 7)
    with pytest.raises(TooLong, match=r"\d字，超过"):
        card(text, "main", KNOWN, FOOTER, task_id="t")
    assert card(text, "main", PROVISIONAL, FOOTER, task_id="t").text == ""


def test_a_text_too_long_for_a_group_without_a_page_says_what_would_help():
    long = item("SC-09", sections={"经过": "长" * 900})
    with pytest.raises(TooLong) as caught:
        in_group(long, "main", {}, FOOTER, "", NARROW)
    assert "填好 [web] public_url" in str(caught.value)
