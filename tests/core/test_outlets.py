"""What may leave the house, and in which words (bot/core/outlets.py)."""

from __future__ import annotations

from datetime import date

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bot.core import outlets
from bot.core.model import Item, Kind
from bot.core.outlets import Shown
from bot.core.render import Reading

DAY = date(2026, 6, 15)


def item(**more):
    fields = {"id": "SC-01", "kind": Kind.SCENARIO, "title": "谁买的单", "path": "x.md"}
    return Item(**{**fields, "public": "公开", **more})


def shown(saying="", summary="一句摘要", title="谁买的单", sections=(("", "正文"),), **more):
    reading = Reading(
        source_line="廉政教育",
        title=title,
        sections=tuple(sections),
        basis="",
        source="",
        footer=("监督举报：12388",),
    )
    return Shown(item=item(title=title, **more), reading=reading, summary=summary, saying=saying)


@pytest.mark.parametrize(
    ("more", "blocked", "why"),
    [
        ({}, "", ""),
        ({"public": ""}, "", "公开属性是“（未写）”，只有“公开”的才能外发"),
        ({"public": "内部"}, "", "公开属性是“内部”，只有“公开”的才能外发"),
        ({}, "内容未经审批", "内容未经审批"),
        ({"expires": date(2026, 6, 14)}, "", "内容已过失效日期"),
        ({"expires": DAY}, "", ""),
        ({"effective": date(2026, 6, 16)}, "", "内容未到生效日期"),
    ],
)
def test_only_what_is_public_approved_and_valid_today_leaves_the_house(more, blocked, why):
    assert outlets.why_not(item(**more), blocked, DAY) == why


@pytest.mark.parametrize(
    ("more", "fit"),
    [
        ({}, True),
        ({"audience": "全体"}, True),
        ({"audience": "党员"}, True),
        ({"audience": "党支部书记"}, False),
        ({"audience": "领导干部"}, False),
        ({"level": "领导"}, False),
        ({"kind": Kind.DUTY}, False),
        ({"corrects": "SC-02"}, False),
    ],
)
def test_a_wall_that_all_pass_by_shows_nothing_for_one_role(more, fit):
    assert outlets.for_everybody(item(**more)) is fit


def test_every_kind_has_its_turn_and_the_share_moves_on_with_the_day():
    kinds = [Kind.SCENARIO, Kind.STUDY, Kind.MODEL]
    texts = [shown(id=f"{kind}{n}", kind=kind) for kind in kinds for n in range(5)]
    days = [date(2026, 6, day) for day in range(1, 16)]
    chosen = [outlets.rotation(texts, day, 6) for day in days]
    assert all(len({one.item.kind for one in some}) == 3 for some in chosen)
    assert chosen[0] != chosen[1]
    assert {one.item.id for some in chosen for one in some} == {one.item.id for one in texts}


# -- short messages --------------------------------------------------------------------------------


def test_a_short_message_is_the_one_sentence_with_unit_and_12388():
    made = outlets.short_message(shown("公家的钱不买粽子送人", kind=Kind.NODE), "某某局")
    assert made.one == "【某某局】公家的钱不买粽子送人。监督举报12388"
    assert made.two == made.one


def test_an_invented_case_is_called_one_in_a_short_message_too():
    made = outlets.short_message(shown("别让人替你买单。"), "某某局")
    assert made.one == "【某某局】情景案例·虚构：别让人替你买单。监督举报12388"


def test_what_does_not_fit_one_goes_in_two_and_nothing_is_cut():
    long = "字" * 65 + "。"
    made = outlets.short_message(shown(long, summary="摘" * 110, kind=Kind.NODE), "某某局")
    assert made.one == "【某某局】谁买的单。监督举报12388"  # only the title does
    assert long in made.two
    none = outlets.short_message(shown("字" * 130, "摘" * 130, "题" * 130), "某某局")
    assert (none.one, none.two) == ("", "")


@settings(max_examples=60)
@given(st.text(max_size=140), st.text(max_size=140), st.sampled_from(["", "某某局", "字" * 30]))
def test_no_short_message_is_longer_than_its_limit(saying, summary, unit):
    made = outlets.short_message(shown(saying.strip(), summary.strip()), unit)
    assert outlets.sms_size(made.one) <= 70
    assert outlets.sms_size(made.two) <= 134
    assert all(text.endswith("12388") for text in (made.one, made.two) if text)


def test_a_character_beyond_the_basic_plane_counts_twice():
    assert outlets.sms_size("𠮷a") == 3


# -- plain words -----------------------------------------------------------------------------------


def test_plain_words_have_no_marks_and_lose_none():
    text = "**先问**清：\n\n- 甲\n- 乙\n\n> 引\n\n### 小\n[看](https://a.example/x)"
    assert outlets.plain(text) == "先问清：\n\n· 甲\n· 乙\n\n引\n\n小\n看（https://a.example/x）"


def test_the_text_for_groups_has_label_headings_footer_and_page():
    made = shown(sections=(("经过", "甲"), ("怎么做", "- 乙")))
    text = outlets.plain_text(made, "https://a.example/i/x")
    assert text.startswith("〔廉政教育〕\n谁买的单\n\n【经过】\n甲\n\n【怎么做】\n· 乙")
    assert text.endswith("监督举报：12388\n看全文：https://a.example/i/x\n")


# -- pictures and films ----------------------------------------------------------------------------


def test_a_film_takes_the_captions_of_its_own_name():
    names = ("a.png", "片.mp4", "片.SRT", "other.vtt", "b.pdf")
    found = outlets.media_of(item(attachments=names))
    assert [(one.name, one.film, one.captions) for one in found] == [
        ("a.png", False, ""),
        ("片.mp4", True, "片.SRT"),
    ]


def test_captions_of_either_kind_become_what_browsers_know():
    srt = "\ufeff1\r\n00:00:01,000 --> 00:00:02,500\r\n第一，句\r\n"
    made = outlets.as_vtt(srt)
    assert made == "WEBVTT\n\n1\n00:00:01.000 --> 00:00:02.500\n第一，句\n"
    assert outlets.as_vtt(made) == made
