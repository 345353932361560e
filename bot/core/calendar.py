"""Which days are worked, when the nodes fall, and how sure we are of it.

Three sources, the first that knows a day wins:

    override   schedules/overrides/<year>.toml: the State Council's own days, from its notice
    official   chinesecalendar: the same days, 2004-2026, as packaged
    estimate   statutory days since 2025 and weekends; the year is then `provisional`

Labels are never used for logic: the libraries disagree on them (domain/background.md §4.2).
A node's days off are the maximal run of days off round its festival.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from functools import lru_cache

import chinese_calendar
from borax.calendars.lunardate import LunarDate, TermUtils

from bot.core.model import Date, Day, Node, NodeDay

ONE = timedelta(days=1)
MERGE_GAP = 6  # fewer days than this between two spans: one warning for both

# The statutory days since 2025 (放假办法, 国务院令第795号): 13 days in seven festivals.
_STATUTORY_SOLAR = {
    (1, 1): "元旦",
    (5, 1): "劳动节",
    (5, 2): "劳动节",
    (10, 1): "国庆节",
    (10, 2): "国庆节",
    (10, 3): "国庆节",
}

# chinesecalendar's names, in the words of the office.
_NAMES = {
    "New Year's Day": "元旦",
    "Spring Festival": "春节",
    "Tomb-sweeping Day": "清明节",
    "Labour Day": "劳动节",
    "Dragon Boat Festival": "端午节",
    "Mid-autumn Festival": "中秋节",
    "National Day": "国庆节",
    "Anti-Fascist 70th Day": "抗战胜利70周年纪念日",
}


@dataclass(frozen=True, kw_only=True)
class Override:
    """One day as the State Council set it."""

    date: Date
    workday: bool
    name: str = ""


def lunar_day(year: int, month: int, day: int) -> date:
    """Return the solar date in `year` of a lunar month and day (not of a leap month).

    A lunar year's last months fall into the next solar year; nobody asks for those here.
    """
    found: date = LunarDate(year, month, day).to_solar_date()
    return found


@lru_cache(maxsize=64)
def solar_term(year: int, name: str) -> date:
    """Return the date of a solar term, e.g. 清明, in `year`."""
    found: date = TermUtils.nth_term_day(year, term_name=name)
    return found


@lru_cache(maxsize=64)
def _statutory(year: int) -> Mapping[date, str]:
    days = {date(year, month, day): name for (month, day), name in _STATUTORY_SOLAR.items()}
    spring = lunar_day(year, 1, 1)
    days |= {spring + n * ONE: "春节" for n in (-1, 0, 1, 2)}
    days[solar_term(year, "清明")] = "清明节"
    days[lunar_day(year, 5, 5)] = "端午节"
    days[lunar_day(year, 8, 15)] = "中秋节"
    return days


def _official(day: date) -> tuple[bool, str] | None:
    """Return (workday, name) from the packaged notices, None for a year they do not hold."""
    try:
        off, name = chinese_calendar.get_holiday_detail(day)
    except NotImplementedError:  # how the library says: nobody has announced this year
        return None
    return not off, _NAMES.get(name or "", "")


@dataclass(frozen=True, kw_only=True)
class Calendar:
    """The days of China. Pure: two calendars with the same overrides answer the same."""

    overrides: Mapping[date, Override] = field(default_factory=dict)
    announced: frozenset[int] = frozenset()  # years for which an override cites a whole notice

    def day(self, day: date) -> Day:
        """Return what `day` is, by which source."""
        if override := self.overrides.get(day):
            return _day(day, override.workday, override.name, "override", False)
        official = _official(day)
        if official is not None:
            return _day(day, *official, "official", False)
        if day.year in self.announced:  # a plain day of a year whose notice was entered
            return _day(day, day.weekday() < 5, "", "override", False)
        name = _statutory(day.year).get(day, "")
        return _day(day, day.weekday() < 5 and not name, name, "estimate", True)

    def is_workday(self, day: date) -> bool:
        return self.day(day).workday

    def workday_before(self, day: date, count: int = 1) -> date:
        """Return the `count`-th workday before `day`; with 0, `day` itself."""
        return self._step(day, count, -ONE)

    def workday_after(self, day: date, count: int = 1) -> date:
        """Return the `count`-th workday after `day`; with 0, `day` itself."""
        return self._step(day, count, ONE)

    def first_workday(self, days: Iterable[date]) -> date | None:
        return next((day for day in days if self.is_workday(day)), None)

    def _step(self, day: date, count: int, step: timedelta) -> date:
        while count:
            day += step
            count -= self.is_workday(day)
        return day

    def span(self, festival: date) -> tuple[date, date] | None:
        """Return the first and last of the days off round `festival`; None if it is worked."""
        if self.is_workday(festival):
            return None
        first = last = festival
        while not self.is_workday(first - ONE):
            first -= ONE
        while not self.is_workday(last + ONE):
            last += ONE
        return first, last

    def node_day(self, node: Node, year: int) -> NodeDay:
        """Return when `node` falls in `year`, and the last workday (W) before its days off.

        A node that brings no day off has for W the last workday before its day.
        """
        day = festival_of(node, year)
        span = self.span(day)
        first, last = span if span else (None, None)
        return NodeDay(
            node=node,
            year=year,
            date=day,
            first_off=first,
            last_off=last,
            last_workday_before=self.workday_before(first or day),
            until=last or day,
            provisional=self.day(day).provisional,
        )

    def node_days(self, nodes: Iterable[Node], year: int) -> list[NodeDay]:
        """Return the nodes of `year`, earliest first."""
        return sorted(
            (self.node_day(node, year) for node in nodes), key=lambda n: (n.date, n.node.key)
        )


def _day(day: date, workday: bool, name: str, source: str, provisional: bool) -> Day:
    if not name and not workday and day.weekday() >= 5:
        name = "周末"
    if workday and day.weekday() >= 5:
        name = f"{name}调休上班" if name else "调休上班"
    return Day(
        date=day,
        workday=workday,
        name=name,
        source=source,  # type: ignore[arg-type]
        provisional=provisional,
    )


def festival_of(node: Node, year: int) -> date:
    """Return the day of `node` in `year`, by whichever of its three rules is set.

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
    raise ValueError(f"node {node.key} has no date")


def merges(first: NodeDay, second: NodeDay) -> bool:
    """Whether two nodes, in order of date, are warned of together.

    They are when fewer than MERGE_GAP days lie between the last day off of one and the first
    of the next: 2026 中秋 ends on 09-27, 国庆 begins on 10-01, three days lie between.
    """
    if not (first.last_off and second.first_off):
        return False
    return (second.first_off - first.last_off).days - 1 < MERGE_GAP


def year_days(year: int) -> Iterator[date]:
    day = date(year, 1, 1)
    while day.year == year:
        yield day
        day += ONE


def iso_week(day: date) -> str:
    """Return the ISO week of `day` as people write it, e.g. 2026-W25."""
    year, week, _ = day.isocalendar()
    return f"{year}-W{week:02d}"


def monday_of(week: str) -> date:
    """Return the Monday of an ISO week written as 2026-W25; ValueError for anything else."""
    return datetime.strptime(week + "-1", "%G-W%V-%u").date()  # noqa: DTZ007 - a day, not a moment
