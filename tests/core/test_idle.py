"""A rule that selects nothing is told, with its line and what to look at."""

from dataclasses import replace
from datetime import date

import pytest

from bot.core import roles
from bot.core.idle import idle_rules
from bot.core.model import Kind, Rule
from bot.core.schedules import Schedules

from .cast import STUDY_MONDAY, item

TODAY = date(2026, 6, 15)
FILM = Rule(
    key="films", name="影视", every="month", workday=8, kinds=(Kind.MEDIA,), tags=("专题片",)
)
TEXTS = (
    item("SP-1", Kind.STUDY, posts=("采购",), level="通识"),
    item("MD-1", Kind.MEDIA, tags=("专题片",)),
    item("DU-1", Kind.DUTY, audience="领导班子、党支部书记", level="领导"),
    item("N-1", Kind.NODE, nodes=("婚丧喜庆",)),
    item("L-1", Kind.STUDY, series="党纪学习教育 1/12"),
)
DUTY = replace(FILM, key="duty", kinds=(Kind.DUTY,), tags=())


def idle(*rules, items=TEXTS):
    lines = {rule.key: 7 for rule in rules}
    schedules = Schedules(rules=rules, rule_lines=lines, known=("婚丧喜庆",))
    return [(one.path, one.line, one.message) for one in idle_rules(schedules, items, TODAY)]


@pytest.mark.parametrize(
    ("rule", "says"),
    [
        (replace(FILM, tags=("专题篇",)), "tags 里的“专题篇”没有一篇内容用到，是不是“专题片”？"),
        (replace(FILM, kinds=(Kind.CULTURE,)), "没有类别是廉洁文化的内容"),
        (replace(STUDY_MONDAY, posts=("审批",)), "posts 里的“审批”没有一篇内容用到"),
        (
            replace(STUDY_MONDAY, levels=("通知",)),
            "levels 里的“通知”没有一篇内容用到，是不是“通识”？",
        ),
        (
            replace(DUTY, audience="支部书记"),
            "audience 里的“支部书记”没有一篇内容用到，是不是“党支部书记”？",
        ),
        (replace(DUTY, audience=""), "写的几项条件没有一篇同时符合"),
        (replace(FILM, kinds=(Kind.NODE,), nodes=("婚丧",), tags=()), "是不是“婚丧喜庆”？"),
        (
            replace(STUDY_MONDAY, series="党纪教育"),
            "series 里的“党纪教育”没有一篇内容用到，是不是“党纪学习教育”？",
        ),
    ],
)
def test_a_rule_that_selects_nothing_is_told_at_its_line_and_the_rest_goes_on(rule, says):
    sound = replace(FILM, key="sound")
    ((path, line, message),) = idle(sound, rule)
    assert (path, line) == ("schedules/rhythm.toml", 7)
    assert message.startswith(f"[{rule.key}] 在内容库里一篇也挑不出来")
    assert says in message


def test_a_rule_all_of_whose_texts_are_over_is_told_so():
    old = replace(TEXTS[1], expires=date(2026, 6, 14))
    ((_, _, message),) = idle(FILM, items=(old,))
    assert "都已过失效日期" in message
    assert idle(FILM, items=(replace(old, expires=TODAY),)) == []


@pytest.mark.parametrize("change", [{"status": "停用"}, {"corrects": "SC-1"}])
def test_what_is_switched_off_or_mends_another_text_is_not_selected(change):
    assert len(idle(FILM, items=(replace(TEXTS[1], **change),))) == 1


def test_a_sound_rule_one_that_is_over_and_an_empty_library_are_not_told():
    series = replace(STUDY_MONDAY, series="党纪学习教育")
    leaders = replace(DUTY, audience="领导干部")
    assert idle(STUDY_MONDAY, FILM, series, leaders, replace(DUTY, audience="党支部书记")) == []
    assert idle(replace(FILM, tags=("无",), last=date(2026, 6, 14))) == []
    assert idle(FILM, items=()) == []


# -- who is meant ------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("written", "level", "audience", "suits"),
    [
        ("", "", "", True),
        ("全体", "", "党支部书记", True),
        ("全体", "领导", "全体", False),
        ("全体", "领导", "领导干部", True),
        ("领导班子、党支部书记", "领导", "党支部书记", True),
        ("领导班子、党支部书记", "领导", "领导干部", True),
        ("领导班子、党支部书记", "领导", "党员", False),
        ("领导班子、党支部书记", "", "纪检干部", False),
        ("党员，党支部书记", "", "党员", True),
        ("党员", "", "党支部书记", True),
        ("党员", "", "全体", False),
        ("党员", "", "", False),
    ],
)
def test_a_text_may_name_several_audiences(written, level, audience, suits):
    assert roles.suits(item("X", audience=written, level=level), audience) is suits
