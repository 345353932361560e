"""The State Council's notice as pasted: several years agree with the library, slips are told."""

import tomllib
from datetime import date, timedelta
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.core.calendar import Calendar, year_days
from bot.core.notice import as_toml, read_notice
from bot.core.schedules import parse_overrides

from .cast import CALENDAR

FIXTURES = Path(__file__).parent / "notices"  # facts re-typed


def pasted(year):
    return (FIXTURES / f"{year}.txt").read_text("utf-8")


@pytest.mark.parametrize("year", [2023, 2024, 2025, 2026])
def test_a_pasted_notice_gives_the_year_that_the_library_knows(year):
    notice = read_notice(pasted(year))
    assert (notice.year, notice.problems) == (year, ())
    text = as_toml(notice)
    days, whole, problems = parse_overrides(tomllib.loads(text), text, "x.toml", year)
    assert (whole, problems) == (True, [])
    # An announced year of which the library knows nothing: the notice alone, and plain weekends.
    wrong = [
        day
        for day in year_days(year)
        if (days[day].workday if day in days else day.weekday() < 5) != CALENDAR.is_workday(day)
    ]
    # The one day at the year's end that the next year's notice decides.
    assert [day for day in wrong if day.month != 12] == []


def test_the_title_and_number_are_kept():
    notice = read_notice(pasted(2026))
    assert notice.title == "国务院办公厅关于2026年部分节假日安排的通知"
    assert notice.number == "国办发明电〔2025〕7号"
    assert as_toml(notice).startswith(f'notice = "{notice.title}（{notice.number}）"')


@pytest.mark.parametrize(
    ("old", "new", "says"),
    [
        ("1月4日（周日）", "1月4日（周六）", "1月4日写着周六，其实是周日"),
        ("共9天", "共8天", "春节：写着共8天，数下来是9天"),
        ("2月14日（周六）", "2月30日（周六）", "没有“2月30日（周六）”这一天"),
        ("5月9日（周六）上班", "5月2日（周六）上班", "5月2日既放假又上班"),
        ("七、国庆节：", "七、国庆：十月初放假。甲：", "国庆节：看不懂“十月初放假”"),
        ("五、端午节：6月19日（周五）至21日（周日）放假，共3天。\n", "", "没有找到“端午节”"),
        ("6月19日（周五）至21日（周日）", "6月21日（周日）至19日（周五）", "先后不对"),
    ],
)
def test_a_slip_in_the_paste_is_told(old, new, says):
    assert old in pasted(2026)
    problems = read_notice(pasted(2026).replace(old, new)).problems
    assert any(says in problem for problem in problems), problems


@pytest.mark.parametrize(("text", "says"), [("", "哪一年"), ("2027年你好", "没有找到“元旦：")])
def test_what_is_no_notice_is_told(text, says):
    assert says in read_notice(text).problems[0]


def test_a_notice_pasted_on_one_line_reads_the_same():
    flat = pasted(2026).partition("\n\n各省")[0] + pasted(2026).partition("机构：")[2]
    assert read_notice(flat.replace("\n", "")).days == read_notice(pasted(2026)).days


@given(st.text(alphabet="元旦春节：月日周一至（）放假上班共天。123\n", max_size=80))
def test_no_text_raises(text):
    read_notice(text, 2027)


def test_a_year_that_was_entered_is_provisional_no_more():
    made = pasted(2026).replace("2026", "2027")
    assert read_notice(made).problems, "the weekdays of another year do not pass"
    plain = "\n".join(
        f"{name}：{day.month}月{day.day}日放假，共1天。"
        for name, day in {
            "元旦": date(2027, 1, 1),
            "春节": date(2027, 2, 5),
            "清明节": date(2027, 4, 5),
            "劳动节": date(2027, 5, 1),
            "端午节": date(2027, 6, 9),
            "中秋节": date(2027, 9, 15),
            "国庆节": date(2027, 10, 1),
        }.items()
    )
    notice = read_notice(plain, 2027)
    assert notice.problems == ()
    known = Calendar(overrides={day.date: day for day in notice.days}, announced=frozenset({2027}))
    assert not any(known.day(day).provisional for day in year_days(2027))
    assert not known.is_workday(date(2027, 2, 5))
    assert known.is_workday(date(2027, 2, 5) + timedelta(days=3))
