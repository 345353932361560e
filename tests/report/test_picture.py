"""The summary as one picture (bot/report/picture.py)."""

from __future__ import annotations

import struct
import xml.etree.ElementTree as ET
from dataclasses import replace
from datetime import date, datetime

import pytest

from bot.core import messages
from bot.core.disclosure import ItemLine
from bot.core.model import SHANGHAI, State
from bot.core.periods import NodeLine, Part, PeriodSummary
from bot.core.reading import Figures
from bot.core.summary import Guard, Summary
from bot.report import picture

FOUND = Figures(pushes=6, covered=118, reachable=76, read=60)
NOTHING = Figures(pushes=3, covered=118)


def line(title="多跑的那两趟", n=0, **more):
    fields = {"occurrence": f"o{n}", "part": "main", "item": "x", "sent": date(2026, 6, 15)}
    return ItemLine(**{**fields, "title": title, "figures": FOUND, **more})


def summary(**more):
    fields = {
        "week": "2026-W26",
        "as_of": datetime(2026, 6, 29, 8, 50, tzinfo=SHANGHAI),
        "headline_week": "2026-W25",
        "headline": FOUND,
        "running": FOUND,
        "items": (line(),),
        "running_items": (line(),),
        "targets": (),
        "trend": (("2026-W24", FOUND), ("2026-W25", FOUND)),
        "exceptions": (),
    }
    return Summary(**{**fields, **more})


def texts(made, unit="某某局"):
    tree = ET.fromstring(picture.svg(made, unit))
    return ["".join(node.itertext()) for node in tree.iter("{http://www.w3.org/2000/svg}text")]


def test_it_begins_with_what_it_is_not_for_and_ends_with_how_it_is_measured():
    said = texts(summary())
    assert said[0] == messages.NOT_FOR_APPRAISAL
    assert said[-1] == messages.PICTURE_HOW


def test_the_four_numbers_are_those_of_the_closed_week():
    assert {"1", "118", "76", "78.9%"} <= set(texts(summary()))


def test_without_a_closed_week_no_rate_is_claimed():
    said = texts(summary(headline_week=None, headline=Figures(), items=(), trend=()))
    assert "78.9%" not in said
    assert messages.NO_RATE in said
    assert "还没有阅知期已满的一周" in said


def test_a_withheld_line_shows_no_rate():
    said = texts(summary(items=(line(withheld=True),), headline=NOTHING, trend=()))
    assert messages.WITHHELD in said
    assert "78.9%" not in said


def test_no_line_of_the_chart_leads_over_a_week_without_a_rate():
    weeks = [("2026-W22", FOUND), ("2026-W23", FOUND), ("2026-W24", NOTHING), ("2026-W25", FOUND)]
    made = picture.svg(summary(trend=tuple(weeks)), "某某局")
    assert made.count("<polyline") == 1
    assert made.count("<circle") == 3


@pytest.mark.parametrize("evil", ["</text><script>x</script>", '"><image href="file:///x"/>', "&"])
def test_nothing_from_outside_becomes_a_mark(evil):
    made = summary(items=(line(evil),), exceptions=(evil,), coming=(evil,))
    tags = {node.tag.split("}")[1] for node in ET.fromstring(picture.svg(made, evil)).iter()}
    assert tags <= {"svg", "rect", "text", "tspan", "g", "line", "polyline", "circle"}


def test_long_words_and_many_lines_stay_inside_the_page():
    long = "一条非常非常长的标题" * 20
    made = summary(
        items=tuple(line(long, n) for n in range(9)),
        exceptions=(long,) * 9,
        coming=(long,) * 9,
        headline=replace(FOUND, reachable=100_000, covered=1_000_000),
    )
    tree = ET.fromstring(picture.svg(made, long))
    nodes = list(tree.iter("{http://www.w3.org/2000/svg}text"))
    assert max(float(node.get("y")) for node in nodes) <= picture.HEIGHT
    assert all(len("".join(node.itertext())) <= picture.LINE_COLUMNS for node in nodes)
    lowest = [float(node.get("y")) for node in nodes]
    assert lowest[-2] < lowest[-1] - 20  # the plan does not run into the last line


def test_the_png_is_the_same_everywhere_and_as_large_as_promised():
    made = picture.svg(summary(), "某某局")
    first, second = picture.png(made), picture.png(made)
    assert first == second
    assert first.startswith(b"\x89PNG")
    assert struct.unpack(">II", first[16:24]) == (picture.WIDTH, picture.HEIGHT)
    assert len(first) < 2_000_000  # a webhook's picture (wecom/api.md §1.2.4)


def test_chinese_is_drawn_not_boxes():
    """Two different characters of one box would make one picture: the font knows them."""
    one, other = (picture.png(picture.svg(summary(), unit)) for unit in ("廉", "政"))
    assert one != other


# -- a month, a quarter, a year -------------------------------------------------------------------


def span(nodes=2, months=3, **more):
    fields = {
        "name": "2026年",
        "as_of": datetime(2027, 1, 4, 9, tzinfo=SHANGHAI),
        "parts": tuple(Part(name=f"{n}月", texts=2, figures=FOUND) for n in range(1, months + 1)),
        "texts": 121,
        "pushes": 363,
        "targets": 3,
        "guard": Guard(sent=121),
        "nodes": tuple(
            NodeLine(
                title=f"节后 第{n // 3}篇",
                text=f"第{n // 3}篇",
                day=date(2026, 2, 1 + n % 28),
                sent=3,
                targets=3,
            )
            for n in range(nodes)
        ),
    }
    return PeriodSummary(**{**fields, **more})


def words_of(made):
    tree = ET.fromstring(picture.span_svg(made, "某某局"))
    return list(tree.iter("{http://www.w3.org/2000/svg}text"))


def test_the_picture_of_a_year_has_its_four_numbers_and_every_month():
    said = ["".join(node.itertext()) for node in words_of(span(months=12))]
    assert said[0] == messages.NOT_FOR_APPRAISAL
    assert said[-1] == messages.PICTURE_HOW
    assert {"121", str(118 * 12), str(76 * 12), "78.9%", "1月", "12月"} <= set(said)
    assert "廉政教育推送小结 2026年" in said


@pytest.mark.parametrize("nodes", [0, 1, 16, 17, 36, 200])
def test_whatever_a_span_holds_stays_on_its_page(nodes):
    found = span(nodes, 12, ends={State.REFUSED: 3}, feedback=(("觉得有用", 9),))
    made = words_of(found)
    heights = [float(node.get("y")) for node in made]
    assert heights[-3] < heights[-2] - 20, "the lines do not run into the last two"
    assert max(heights) < picture.HEIGHT
    said = "".join("".join(node.itertext()) for node in made)
    assert "没有发出的：被拒收 3 次" in said
    assert ("另有" in said) is (nodes == 200)


def test_a_long_year_tells_each_text_once_with_all_its_parts():
    said = ["".join(node.itertext()) for node in words_of(span(36))]
    assert said.count("9/9") == 12
    assert "02-01 第0篇" in said


@pytest.mark.parametrize("of", ["week", "span"])
def test_where_nobody_can_tap_it_tells_how_often_and_where_and_claims_no_rate(of):
    if of == "week":
        said = texts(
            summary(
                headline=NOTHING,
                items=(line(figures=NOTHING),),
                trend=(("2026-W24", NOTHING), ("2026-W25", NOTHING)),
                reached=(3, 3),
            )
        )
        assert {"3/3", "近几周推送次数", "发出 3 次"} <= set(said)
    else:
        parts = (Part(name="1月", texts=1, figures=NOTHING),)
        said = ["".join(node.itertext()) for node in words_of(span(parts=parts))]
    assert not [words for words in said if "%" in words or "阅知率" in words]
    assert messages.LOW_COVERAGE not in said
