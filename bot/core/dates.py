"""Where a node falls in a year, before anybody asks which days are worked.

Lunar dates and solar terms are the library's (borax; tests cross-check 2000-2056 with a second).
Everything here is arithmetic on the words of a node's table:

    date = "10-1"                          every year on that day
    lunar = "8-15"                         the lunar month and day
    solar_term = "清明"
    holiday = "国庆节"                      an official holiday by its name (calendar.py finds it)
    nth_weekday = "5月第2个周日"             or "11月最后一个周五"
    window = ["6-1 至 6-30", "7-10 至 8-31"]  or with a year: "2026-09-01 至 2027-03-31"
    follows = ["春节"]                      so many workdays after their days off (calendar.py)
    evergreen = true                       no day of its own: sent by hand, or called for by a rule
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from functools import lru_cache

from borax.calendars.lunardate import LunarDate, TermUtils

from bot.core.model import Node

ONE = timedelta(days=1)
WEEKDAYS = {f"周{name}": number for number, name in enumerate("一二三四五六日", 1)}
# The official holidays and their days, by the names the notices use.
HOLIDAYS: Mapping[str, Node] = {
    "元旦": Node(key="h1", name="元旦", date="1-1"),
    "春节": Node(key="h2", name="春节", lunar="1-1"),
    "清明节": Node(key="h3", name="清明", solar_term="清明"),
    "劳动节": Node(key="h4", name="五一", date="5-1"),
    "端午节": Node(key="h5", name="端午", lunar="5-5"),
    "中秋节": Node(key="h6", name="中秋", lunar="8-15"),
    "国庆节": Node(key="h7", name="国庆", date="10-1"),
}
# The statutory days since 2025 (放假办法, 国务院令第795号): 13 days in seven festivals.
_STATUTORY_SOLAR = {
    (1, 1): "元旦",
    (5, 1): "劳动节",
    (5, 2): "劳动节",
    (10, 1): "国庆节",
    (10, 2): "国庆节",
    (10, 3): "国庆节",
}
_NTH = re.compile(r"^(\d{1,2})月(?:第([1-5一二三四五])|(最后一))个(周[一二三四五六日])$")
_DIGITS = {name: number for number, name in enumerate("一二三四五", 1)}
_SPAN = re.compile(
    r"^\s*(?:(\d{4})-)?(\d{1,2})-(\d{1,2})\s*[至到~/]\s*(?:(\d{4})-)?(\d{1,2})-(\d{1,2})\s*$"
)


@dataclass(frozen=True, kw_only=True)
class Occasion:
    """One time a node comes round: its day, or the first and last of its window."""

    first: date
    last: date
    label: str = ""  # tells the windows of one year apart: the month each begins in
    window: bool = False


def lunar_day(year: int, month: int, day: int) -> date:
    """Return the solar date in `year` of a lunar month and day (not of a leap month).

    A lunar year's last months fall into the next solar year; nobody asks for those here.
    """
    found: date = LunarDate(year, month, day).to_solar_date()
    return found


@lru_cache(maxsize=256)
def solar_term(year: int, name: str) -> date:
    """Return the date of a solar term, e.g. 清明, in `year`."""
    found: date = TermUtils.nth_term_day(year, term_name=name)
    return found


@lru_cache(maxsize=64)
def statutory(year: int) -> Mapping[date, str]:
    """Return the days off that the law gives in `year`, with the name of their festival."""
    days = {date(year, month, day): name for (month, day), name in _STATUTORY_SOLAR.items()}
    spring = lunar_day(year, 1, 1)
    days |= {spring + n * ONE: "春节" for n in (-1, 0, 1, 2)}
    days[solar_term(year, "清明")] = "清明节"
    days[lunar_day(year, 5, 5)] = "端午节"
    days[lunar_day(year, 8, 15)] = "中秋节"
    return days


def festival_of(node: Node, year: int) -> date:
    """Return the day of a node that has one day a year.

    ValueError for a node without one: schedules.py reports those before they come here.
    """
    if node.date:
        month, day = (int(part) for part in node.date.split("-"))
        return date(year, month, day)
    if node.lunar:
        month, day = (int(part) for part in node.lunar.split("-"))
        return lunar_day(year, month, day)
    if node.solar_term:
        return solar_term(year, node.solar_term)
    if node.nth_weekday:
        return nth_weekday(year, node.nth_weekday)
    if node.holiday in HOLIDAYS:
        return festival_of(HOLIDAYS[node.holiday], year)
    raise ValueError(f"node {node.key} has no date")


def nth_weekday(year: int, words: str) -> date:
    """Return the day that 5月第2个周日 names in `year`; ValueError where there is none."""
    match = _NTH.match(words)
    if not match:
        raise ValueError(f"not a weekday of a month: {words}")
    month, weekday = int(match[1]), WEEKDAYS[match[4]]
    if match[3]:
        day = (date(year + month // 12, month % 12 + 1, 1)) - ONE
        return day - ((day.isoweekday() - weekday) % 7) * ONE
    number = _DIGITS.get(match[2]) or int(match[2])
    first = date(year, month, 1)
    day = first + ((weekday - first.isoweekday()) % 7 + 7 * (number - 1)) * ONE
    if day.month != month:
        raise ValueError(f"no such day in {year}: {words}")
    return day


def windows(node: Node, year: int) -> Iterator[Occasion]:
    """Yield the windows of a node that begin in `year`; ValueError for one that is none."""
    for words in node.window:
        match = _SPAN.match(words)
        if not match:
            raise ValueError(f"not a window: {words}")
        begins, ends = match[1], match[4]
        if begins and int(begins) != year:
            continue
        first = date(year, int(match[2]), int(match[3]))
        last = date(int(ends or year), int(match[5]), int(match[6]))
        if last < first:
            if ends:
                raise ValueError(f"ends before it begins: {words}")
            last = date(year + 1, last.month, last.day)  # over the new year
        label = f"{first:%m}" if len(node.window) > 1 else ""
        yield Occasion(first=first, last=last, label=label, window=True)
