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
from functools import cache, cached_property, lru_cache

import chinese_calendar

from bot.core.dates import HOLIDAYS, ONE, Occasion, festival_of, statutory, windows
from bot.core.model import Date, Day, Node, NodeDay

MERGE_GAP = 6  # fewer days than this between two spans: one warning for both

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


@cache
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
        """Return what `day` is, by which source. Asked a hundred times a plan, so kept."""
        found = self._known.get(day)
        if found is None:
            found = self._known[day] = self._look_up(day)
        return found

    def _look_up(self, day: date) -> Day:
        if override := self.overrides.get(day):
            return _day(day, override.workday, override.name, "override", False)
        official = _official(day)
        if official is not None:
            return _day(day, *official, "official", False)
        if day.year in self.announced:  # a plain day of a year whose notice was entered
            return _day(day, day.weekday() < 5, "", "override", False)
        name = statutory(day.year).get(day, "")
        return _day(day, day.weekday() < 5 and not name, name, "estimate", True)

    @cached_property
    def _known(self) -> dict[date, Day]:
        return {}

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

    # -- the nodes ---------------------------------------------------------------------------

    def node_day(self, node: Node, year: int) -> NodeDay:
        """Return when `node` first falls in `year`, and the last workday (W) before its days off.

        A node that brings no day off has for W the last workday before its day.
        """
        return self._node_day(node, year, next(self._occasions(node, year)))

    def node_days(self, nodes: Iterable[Node], year: int) -> list[NodeDay]:
        """Return the nodes of `year`, earliest first; a node may have no day in it, or several."""
        nodes = sorted(nodes, key=lambda node: node.key)
        found = [
            self._node_day(node, year, occasion)
            for node in nodes
            for occasion in self._occasions(node, year)
        ]
        for node in nodes:
            if node.follows:
                found += self._following(node, [day for day in found if day.brings_days_off])
        return sorted(found, key=lambda n: (n.date, n.node.key))

    def _occasions(self, node: Node, year: int) -> Iterator[Occasion]:
        if node.window:
            yield from windows(node, year)
        elif node.holiday and node.holiday not in HOLIDAYS:
            # One that the State Council gave once (抗战胜利70周年纪念日): its own first day.
            for day in year_days(year):
                found = self.day(day)
                if found.name == node.holiday and not found.workday:
                    yield Occasion(first=day, last=day)
                    return
        elif not (node.evergreen or node.follows):
            day = festival_of(node, year)
            yield Occasion(first=day, last=day)

    def _node_day(self, node: Node, year: int, occasion: Occasion) -> NodeDay:
        day = occasion.first
        # A weekend is not what a node brings: 09-10 on a Saturday gives nobody a day off.
        brings = not occasion.window and (day in statutory(year) or day.weekday() < 5)
        span = self.span(day) if brings else None
        first, last = span if span else (None, None)
        return NodeDay(
            node=node,
            year=year,
            date=day,
            first_off=first,
            last_off=last,
            last_workday_before=self.workday_before(first or day),
            until=last or occasion.last,
            provisional=self.day(day).provisional,
            label=occasion.label,
        )

    def _following(self, node: Node, festivals: Iterable[NodeDay]) -> Iterator[NodeDay]:
        """Yield the days of a node that comes after the days off of others.

        Festivals that share their days off (中秋 inside 国庆) are followed once.
        """
        spans: dict[date, list[NodeDay]] = {}
        for found in sorted(festivals, key=lambda found: (found.date, found.node.key)):
            if found.node.name in node.follows and found.last_off:
                spans.setdefault(found.last_off, []).append(found)
        for last_off, together in spans.items():
            first = together[0]
            day = self.workday_after(last_off, node.workday)
            yield NodeDay(
                node=node,
                year=first.year,
                date=day,
                first_off=None,
                last_off=None,
                last_workday_before=day,
                until=day,
                provisional=any(found.provisional for found in together),
                label=first.node.key,
                follows="、".join(found.node.name for found in together),
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


@lru_cache(4096)  # asked of every push of a year
def iso_week(day: date) -> str:
    """Return the ISO week of `day` as people write it, e.g. 2026-W25."""
    year, week, _ = day.isocalendar()
    return f"{year}-W{week:02d}"


@lru_cache(4096)
def monday_of(week: str) -> date:
    """Return the Monday of an ISO week written as 2026-W25; ValueError for anything else."""
    return datetime.strptime(week + "-1", "%G-W%V-%u").date()  # noqa: DTZ007 - a day, not a moment
