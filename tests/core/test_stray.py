"""Tables that read well and come to nothing are told at their line, and used as they stand."""

import tomllib

import pytest

from bot.core.schedules import node_names, parse_nodes, parse_rules
from bot.core.stray import stray_nodes, stray_rules

GOOD = '[spring-festival]\nname = "春节"\nlunar = "1-1"\nearly = 10\nmain = 4\nfinal = 1\n'


def asked(text, given=()):
    data = tomllib.loads(text)
    nodes, problems = parse_nodes(data, text, "n")
    assert problems == []
    return nodes, stray_nodes(nodes, node_names(data), given, text, "n")


@pytest.mark.parametrize(
    ("lines", "says"),
    [
        ('holiday = "圣诞节"', "“圣诞节”不是法定节假日"),
        ('holiday = "中秋"', "是不是“中秋节”？"),
        ('follows = ["春结"]', "是不是“春节”？"),
        ('follows = ["甲"]', "“甲”不是别的节点的名字"),
        ('date = "5-4"\nmain = 1\nfinal = 5', "main 比 final 小"),
        ('date = "5-4"\nearly = 2', "early 比 main 小"),
        ('window = ["8-10 至 8-5"]', "是不是先后写反了？"),
    ],
)
def test_a_node_that_comes_to_nothing_is_asked_about_at_its_line(lines, says):
    nodes, (problem,) = asked(f'{GOOD}\n[a]\nname = "甲"\n{lines}\n')
    assert [node.key for node in nodes] == ["spring-festival", "a"]
    assert (problem.line, problem.severity, problem.code) == (8, "warning", "schedule-node")
    assert says in problem.message


@pytest.mark.parametrize(
    "lines",
    [
        'holiday = "国庆节"',
        'holiday = "抗战胜利纪念日"',
        'follows = ["春节"]',
        'date = "5-4"\nmain = 0',
        'date = "5-4"\nmain = 1\nfinal = 5\nparts = ["main"]',
        'window = ["12-10 至 1-5"]',
        'window = ["2026-09-01 至 2027-06-30"]',
    ],
)
def test_a_sound_node_is_asked_nothing(lines):
    assert asked(f'{GOOD}\n[a]\nname = "甲"\n{lines}\n', ["抗战胜利纪念日", ""])[1] == []


def test_a_rule_of_the_weekend_or_with_a_nodes_key_is_asked_about():
    text = '[{}]\nweekday = "{}"\nkinds = ["学习提示"]\n'
    text = text.format("spring-festival", "周五") + text.format("b", "周日")
    rules, _ = parse_rules(tomllib.loads(text), text, "r")
    found = stray_rules(rules, asked(GOOD)[0], text, "r")
    assert [(one.line, one.code) for one in found] == [(1, "schedule-rule"), (4, "schedule-rule")]
    assert "同一个代号" in found[0].message
    assert "周日，只有调休上班的那天" in found[1].message
