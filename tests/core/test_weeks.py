"""What a week holds: two, three where a node is warned of; and nobody hears more by any way."""

from dataclasses import replace
from datetime import date

from bot.core import messages
from bot.core.model import Kind
from bot.core.planning import plan_week

from .cast import JG1, STUDY_MONDAY, item, node, plan

AFTER_DUANWU = date(2026, 6, 22)  # the Monday on which 端午 2026 is over
TEXT = item(
    "N-d", Kind.NODE, nodes=("端午",), sections={"提醒": "甲", "一句话": "乙", "节后": "丙"}
)
EVERY_DAY = tuple(replace(STUDY_MONDAY, key=f"r{n}", weekday=n) for n in (2, 3, 4))
STUDIES = tuple(item(f"SP-{n}", Kind.STUDY) for n in range(6))


def quiet_and_after(**more):
    fields = {
        "nodes": (node("端午"),),
        "rules": EVERY_DAY,
        "items": (TEXT, *STUDIES),
        "targets": (JG1,),
    }
    return plan(**(fields | more))


def test_a_week_in_which_a_node_is_only_over_holds_two_like_any_other():
    week = plan_week(AFTER_DUANWU, quiet_and_after(), [])
    assert [(push.node or push.rule, push.part) for push in week.pushes] == [
        ("dragon-boat", "after"),
        ("r2", "main"),
    ]
    full = messages.SKIP_WEEK_FULL.format(2) + messages.MOVES_ON
    assert [(skip.rule, skip.reason) for skip in week.skipped if skip.rule == "r3"] == [
        ("r3", full)
    ]


def test_a_week_with_a_warning_holds_three():
    short = replace(node("端午"), parts=("main",))
    week = plan_week(date(2026, 6, 15), quiet_and_after(nodes=(short,)), [])
    assert [push.node or push.rule for push in week.pushes] == ["dragon-boat", "r2", "r3"]
