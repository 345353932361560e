"""A month, a quarter, a year in figures: sums of whole weeks, so that nothing can be subtracted.

A week belongs to the month of its Thursday, as ISO counts years. The totals of weeks are shown
anyway (law 3 in `disclosure`); a part of a week never is.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, datetime, timedelta

from bot.core import disclosure, messages
from bot.core.calendar import iso_week, monday_of
from bot.core.model import Push, State
from bot.core.reading import Figures
from bot.core.render import WEBHOOK_BYTES
from bot.core.summary import CORRECTION, Guard
from bot.core.telling import fitted, guard_words, percent

_QUARTER = re.compile(r"(\d{4})-?Q([1-4])", re.ASCII)
THURSDAY = 3


@dataclass(frozen=True, kw_only=True)
class Period:
    """A span of whole weeks under the name people call it by."""

    name: str  # 2026年6月
    weeks: tuple[str, ...]
    parts: tuple[tuple[str, tuple[str, ...]], ...]  # what it is told by: weeks, or months

    @property
    def first(self) -> date:
        return monday_of(self.weeks[0])

    @property
    def last(self) -> date:
        return monday_of(self.weeks[-1]) + timedelta(days=6)


def period(month: str = "", quarter: str = "", year: int = 0) -> Period:
    """Return the month 2026-06, the quarter 2026Q2 or the year; ValueError for what is none."""
    if month:
        first = datetime.strptime(month, "%Y-%m").date()  # noqa: DTZ007 - a day, not a moment
        weeks = _weeks(first.year, first.month)
        parts = tuple((week, (week,)) for week in weeks)
        return Period(name=f"{first.year}年{first.month}月", weeks=weeks, parts=parts)
    if quarter:
        match = _QUARTER.fullmatch(quarter)
        if match is None:
            raise ValueError(quarter)
        year, number = int(match[1]), int(match[2])
        return _of_months(f"{year}年第{number}季度", year, range(3 * number - 2, 3 * number + 1))
    return _of_months(f"{year}年", year, range(1, 13))


def _of_months(name: str, year: int, months: Iterable[int]) -> Period:
    parts = tuple((f"{month}月", _weeks(year, month)) for month in months)
    return Period(name=name, weeks=tuple(week for _, part in parts for week in part), parts=parts)


def _weeks(year: int, month: int) -> tuple[str, ...]:
    """Return the weeks whose Thursday lies in a month."""
    day, found = date(year, month, 1), []
    while day.month == month:
        if day.weekday() == THURSDAY:
            found.append(iso_week(day))
        day += timedelta(days=1)
    return tuple(found)


@dataclass(frozen=True, kw_only=True)
class Part:
    """One week, or one month, of a period."""

    name: str
    texts: int  # each once an occurrence
    figures: Figures  # of the weeks whose reading is over
    open: bool = False  # some of it is still being read


@dataclass(frozen=True, kw_only=True)
class NodeLine:
    """One warning of a node: whether it went, and to how many."""

    title: str
    text: str  # the same without what part it was
    day: date
    sent: int
    targets: int


@dataclass(frozen=True, kw_only=True)
class PeriodSummary:
    """What a chief takes in of a month, a quarter or a year."""

    name: str
    as_of: datetime
    parts: tuple[Part, ...]
    texts: int
    pushes: int  # that were sent
    targets: int  # that got any
    guard: Guard
    nodes: tuple[NodeLine, ...] = ()
    ends: Mapping[State, int] = field(default_factory=dict)  # what did not go, by how it ended
    feedback: tuple[tuple[str, int], ...] = ()

    @property
    def total(self) -> Figures:
        return sum((part.figures for part in self.parts), Figures())


def node_lines(pushes: Sequence[Push], titles: Mapping[str, str]) -> tuple[NodeLine, ...]:
    """Return a line for every warning of a node that was planned, the earliest first."""
    groups: dict[tuple[str, str], list[Push]] = {}
    for push in pushes:
        if push.node:
            groups.setdefault((push.occurrence, push.part), []).append(push)
    lines = [
        NodeLine(
            title=messages.PARTS.get(part, "") + titles.get(group[0].item, group[0].item),
            text=titles.get(group[0].item, group[0].item),
            day=min(push.due.date() for push in group),
            sent=sum(push.state is State.SENT for push in group),
            targets=len(group),
        )
        for (_, part), group in groups.items()
    ]
    return tuple(sorted(lines, key=lambda line: (line.day, line.title)))


def by_text(lines: Sequence[NodeLine]) -> list[NodeLine]:
    """Return a line a text in place of one for each of its parts; the earliest stays first."""
    found: dict[str, NodeLine] = {}
    for line in lines:
        one = found.get(line.text)
        more = (one.sent, one.targets) if one else (0, 0)
        sent, targets = line.sent + more[0], line.targets + more[1]
        day = one.day if one else line.day
        found[line.text] = replace(line, title=line.text, day=day, sent=sent, targets=targets)
    return list(found.values())


def guard_of(pushes: Sequence[Push], stopped: Iterable[str], reviewed: bool) -> Guard:
    what = list(stopped)
    return Guard(
        sent=len(disclosure.by_text(pushes)),
        corrected=len(disclosure.by_text([push for push in pushes if push.rule == CORRECTION])),
        withdrawn=what.count("withdrawn"),
        deferred=what.count("deferred"),
        reviewed=reviewed,
    )


def ends_of(pushes: Iterable[Push]) -> dict[State, int]:
    worth = {State(name) for name in messages.ENDS_WORTH_TELLING}
    return dict(Counter(push.state for push in pushes if push.state in worth))


# -- told --------------------------------------------------------------------------------------


def words(found: PeriodSummary, unit: str) -> str:
    """Return it as WeCom markdown, within a group's 4,096 bytes."""
    total = found.total
    head = [
        f"> {messages.NOT_FOR_APPRAISAL}",
        f"**{messages.PERIOD_TITLE.format(found.name)}** {unit}",
    ]
    rate = f"，阅知率 **{percent(total.rate)}**" if total.rate is not None else ""
    head.append(f"推送 {found.texts} 篇（{found.pushes} 次），送达对象 {found.targets} 个{rate}。")
    if total.reachable:
        low = f"（{messages.LOW_COVERAGE}）" if total.low_coverage else ""
        read = f"可回执 {total.reachable} 人次，已阅 {total.read}{low}"
        head.append(f"覆盖 {total.covered} 人次，{read}")
    elif found.texts:
        head.append(f"覆盖 {total.covered} 人次；{messages.PERIOD_NO_RECEIPTS}")
    blocks = [head, [messages.PERIOD_PARTS, *map(_part_words, found.parts)]]
    if found.nodes:
        blocks.append([messages.PERIOD_NODES, *map(_node_words, found.nodes)])
    blocks.append([guard_words(found.guard)])
    if found.feedback:
        blocks.append(["**反馈** " + " · ".join(f"{what} {n}" for what, n in found.feedback)])
    lost = [f"{messages.STATES[state]} {n} 次" for state, n in found.ends.items()]
    blocks.append([f"**没有发出的** {'，'.join(lost) or '无'}"])
    blocks.append([messages.PERIOD_WEEKS])
    text = "\n\n".join("\n".join(block) for block in blocks)
    return fitted(f'{text}\n\n<font color="comment">{messages.HOW_MEASURED}</font>', WEBHOOK_BYTES)


def part_name(part: Part) -> str:
    """Return what a part is called: a week by its Monday."""
    week = re.fullmatch(r"\d{4}-W\d\d", part.name)
    return f"{monday_of(part.name):%m.%d} 起" if week else part.name


def _part_words(part: Part) -> str:
    told = f"· {part_name(part)} {part.texts} 篇"
    if part.figures.reachable:
        told += f"，可回执 {part.figures.reachable}，阅知率 {percent(part.figures.rate)}"
    elif part.figures.covered:
        told += f"，覆盖 {part.figures.covered} 人次"
    return told + ("（部分阅知中）" if part.open else "")


def _node_words(line: NodeLine) -> str:
    return f"· {line.day:%m-%d} {line.title} {line.sent}/{line.targets}"


def as_json(found: PeriodSummary) -> dict[str, object]:
    """Return the stable JSON of `summary --month|--quarter|--year`."""
    return {
        "notice": messages.NOT_FOR_APPRAISAL,
        "period": found.name,
        "as_of": found.as_of.isoformat(),
        "total": {**vars(found.total), "rate": found.total.rate},
        "texts": found.texts,
        "pushes": found.pushes,
        "targets": found.targets,
        "parts": [
            {
                "name": one.name,
                "texts": one.texts,
                "open": one.open,
                **vars(one.figures),
                "rate": one.figures.rate,
            }
            for one in found.parts
        ],
        "nodes": [{**vars(one), "day": one.day.isoformat()} for one in found.nodes],
        "guard": vars(found.guard),
        "ends": {str(state): n for state, n in found.ends.items()},
        "feedback": dict(found.feedback),
    }
