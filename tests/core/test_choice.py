"""Which text comes next: what was told lately, by tag, by article, and by warning, waits."""

from datetime import date, timedelta

import pytest

from bot.core.model import Kind
from bot.core.planning import plan_span

from .cast import CASE_FRIDAY, JG1, STUDY_MONDAY, item, plan, sent

FRIDAY = date(2026, 7, 10)
LAW = "《中国共产党纪律处分条例》（2023年修订）"


def chosen(items, *told, rules=(CASE_FRIDAY,)):
    """Return the text of one Friday, given (item, days ago) of what was told."""
    history = [
        sent(occurrence=f"old-{n}", day=FRIDAY - timedelta(days=ago), item=one)
        for n, (one, ago) in enumerate(told)
    ]
    some = plan(items=items, rules=rules, nodes=(), targets=(JG1,))
    return [push.item for push in plan_span(FRIDAY, 1, some, history).pushes]


@pytest.mark.parametrize("ago", [1, 20, 21])
def test_a_text_with_a_tag_of_the_last_three_weeks_waits(ago):
    texts = (
        item("OLD", tags=("吃喝", "公车")),
        item("SAME-1", tags=("吃喝",)),
        item("SAME-2", tags=("公车", "家风")),
        item("OTHER", tags=("家风",)),
    )
    assert chosen(texts, ("OLD", ago)) == ["OTHER"]


def test_of_two_texts_that_share_tags_the_one_that_shares_fewer_goes_first():
    texts = (
        item("OLD", tags=("吃喝", "公车")),
        item("BOTH", tags=("吃喝", "公车")),
        item("ONE", tags=("吃喝", "家风")),
    )
    assert chosen(texts, ("OLD", 8)) == ["ONE"]


def test_after_three_weeks_a_tag_is_free_and_what_is_unused_longest_goes_first():
    texts = (
        item("OLD", tags=("吃喝",), cooldown_weeks=1),
        item("SAME", tags=("吃喝",), cooldown_weeks=1),
        item("OTHER", tags=("家风",), cooldown_weeks=1),
    )
    told = (("OLD", 22), ("OTHER", 23), ("SAME", 40))
    assert chosen(texts, *told) == ["SAME"]
    assert chosen(texts, ("OLD", 21), *told[1:]) == ["OTHER"]


@pytest.mark.parametrize(("ago", "free"), [(1, False), (42, False), (43, True)])
def test_a_text_on_an_article_of_the_last_six_weeks_waits(ago, free):
    texts = (
        item("OLD", basis=f"{LAW}第一百零一条", cooldown_weeks=1),
        item("SAME", basis=f"{LAW}第九十七条、第一百零一条", cooldown_weeks=1),
        item("OTHER", basis=f"{LAW}第一百一十五条", cooldown_weeks=1),
    )
    told = (("OLD", ago), ("OTHER", 50), ("SAME", 60))
    assert chosen(texts, *told) == (["SAME"] if free else ["OTHER"])


def test_the_same_number_of_another_regulation_is_another_article():
    texts = (
        item("OLD", basis=f"{LAW}第三十四条", cooldown_weeks=1),
        item("SAME", basis=f"{LAW}第三十四条"),
        item("OTHER", basis="《公职人员政务处分法》（2020年）第三十四条"),
    )
    assert chosen(texts, ("OLD", 8)) == ["OTHER"]


def test_a_text_that_shares_all_comes_rather_than_nothing():
    texts = (
        item("OLD", tags=("吃喝",), basis=f"{LAW}第一百零一条"),
        item("SAME", tags=("吃喝",), basis=f"{LAW}第一百零一条"),
    )
    assert chosen(texts, ("OLD", 3)) == ["SAME"]


def test_an_article_weighs_more_than_a_tag_and_a_models_turn_more_than_both():
    texts = (
        item("OLD", tags=("吃喝",), basis=f"{LAW}第一百零一条"),
        item("ARTICLE", tags=("家风",), basis=f"{LAW}第一百零一条"),
        item("TAG", tags=("吃喝",), basis=f"{LAW}第九十七条"),
    )
    assert chosen(texts, ("OLD", 3)) == ["TAG"]
    model = item("AM", Kind.MODEL, tags=("吃喝",), basis=f"{LAW}第一百零一条")
    more = (*texts, item("OLDER"), model)
    assert chosen(more, ("OLD", 3), ("OLDER", 10)) == ["AM"]


def test_no_three_warnings_come_in_a_row_in_a_whole_year_of_fridays():
    texts = [item(f"SC-{n}", cooldown_weeks=10) for n in range(12)]
    texts += [item(f"AM-{n}", Kind.MODEL, cooldown_weeks=10) for n in range(8)]
    texts += [item(f"SP-{n}", Kind.STUDY, cooldown_weeks=10) for n in range(12)]
    some = plan(items=tuple(texts), rules=(STUDY_MONDAY, CASE_FRIDAY), nodes=(), targets=(JG1,))
    told = [p.item for p in plan_span(date(2026, 1, 5), 350, some, []).pushes if p.rule == "friday"]
    assert len(told) > 40
    rows = zip(told, told[1:], told[2:], strict=False)
    assert not any(all(one.startswith("SC") for one in row) for row in rows)
