"""《廉政教育推送周报》: the week in figures; what of them may be shown is `disclosure`'s to say."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from bot.core import messages
from bot.core.calendar import Calendar, iso_week, monday_of
from bot.core.disclosure import MIN_PEOPLE, ItemLine, Line, by_text, item_lines, target_lines
from bot.core.model import Push, State, Target
from bot.core.reading import (
    Acts,
    Figures,
    Question,
    figures,
    questions,
    reading_until,
)

TREND_WEEKS = 4


@dataclass(frozen=True, kw_only=True)
class Summary:
    """What the office is told on the week's first workday."""

    week: str  # the week reported on: last week, still 阅知中
    as_of: datetime
    headline_week: str | None  # the newest week whose reading periods are over
    headline: Figures
    running: Figures  # of `week`
    items: tuple[ItemLine, ...]  # of the headline week
    running_items: tuple[ItemLine, ...]
    targets: tuple[Line, ...]  # of the headline week
    trend: tuple[tuple[str, Figures], ...]  # closed weeks, oldest first
    exceptions: tuple[str, ...]
    coming: tuple[str, ...] = ()  # next week's plan, in words


def summarise(
    week: str,
    acts: Acts,
    *,
    calendar: Calendar,
    as_of: datetime,
    targets: Sequence[Target],
    titles: Mapping[str, str],
    exceptions: Sequence[str] = (),
    coming: Sequence[str] = (),
    min_people: int = MIN_PEOPLE,
) -> Summary:
    """Count the acts before `as_of`; `titles` gives each item's words by its 编号."""
    weeks = _sent_by_week(acts.pushes, as_of)
    closed = _closed_weeks(week, weeks, calendar, as_of)

    def count(pushes: Sequence[Push]) -> Figures:
        return figures(pushes, acts, calendar, as_of)

    headline = closed[-1] if closed else None
    pushes = weeks.get(headline, []) if headline else []
    running = weeks.get(week, [])
    lines = target_lines(pushes, acts, count, targets, min_people)

    def items(pushes: Sequence[Push], lines: Sequence[Line] = ()) -> tuple[ItemLine, ...]:
        return item_lines(pushes, acts, count, titles, lines, min_people)

    return Summary(
        week=week,
        as_of=as_of,
        headline_week=headline,
        headline=count(pushes),
        running=count(running),
        items=items(pushes, lines),
        running_items=items(running) if week != headline else (),
        targets=lines,
        trend=tuple((name, count(weeks[name])) for name in closed[-TREND_WEEKS:]),
        exceptions=(*_failures(acts.pushes, week, titles, targets, as_of), *exceptions),
        coming=tuple(coming),
    )


@dataclass(frozen=True, kw_only=True)
class Asked:
    """What `summarise` will ask of the acts, so that a store hands over no more than that."""

    questions: frozenset[Question]
    named: tuple[str, ...]  # pushes whose people must be told apart, by key


def asked(week: str, pushes: Sequence[Push], *, calendar: Calendar, as_of: datetime) -> Asked:
    """Return what a summary of `week` asks: each occurrence, text and target by itself."""
    weeks = _sent_by_week(pushes, as_of)
    closed = _closed_weeks(week, weeks, calendar, as_of)
    newest = weeks[closed[-1]] if closed else []
    lines = {push.key: push for push in [*newest, *weeks.get(week, [])]}  # each once
    together = [weeks.get(name, []) for name in {week, *closed[-TREND_WEEKS:]}]
    found: list[Question] = []
    for group in [*together, *by_text(lines.values()).values(), *([push] for push in newest)]:
        found += questions(group, calendar, as_of)
    return Asked(questions=frozenset(found), named=tuple(lines))


def _closed_weeks(
    week: str, weeks: Mapping[str, Sequence[Push]], calendar: Calendar, as_of: datetime
) -> list[str]:
    """Return the weeks up to `week` whose reading periods are over, oldest first.

    What was sent later is read until later: before a closed week all are closed.
    """
    ended = [name for name in sorted(weeks) if name <= week]
    while ended and not _closed(weeks[ended[-1]], calendar, as_of):
        ended.pop()
    return ended


def _sent_by_week(pushes: Sequence[Push], as_of: datetime) -> dict[str, list[Push]]:
    weeks: dict[str, list[Push]] = {}
    for push in pushes:
        if push.state is State.SENT and push.sent_at is not None and push.sent_at < as_of:
            weeks.setdefault(iso_week(push.sent_at.date()), []).append(push)
    return weeks


def _closed(pushes: Sequence[Push], calendar: Calendar, as_of: datetime) -> bool:
    last = max(push.sent_at for push in pushes if push.sent_at)
    return reading_until(last, calendar) <= as_of


def _failures(
    pushes: Sequence[Push],
    week: str,
    titles: Mapping[str, str],
    targets: Sequence[Target],
    as_of: datetime,
) -> list[str]:
    monday = monday_of(week)
    names = {target.id: target.name for target in targets}
    found = []
    for push in sorted(pushes, key=lambda push: push.key):
        of_week = monday <= push.due.date() < monday + timedelta(days=7) and push.due < as_of
        if not of_week or push.state not in messages.ENDS_WORTH_TELLING:
            continue
        end = messages.ENDS_WORTH_TELLING[push.state]
        title = titles.get(push.item, push.item)
        why = f"（{push.reason}）" if push.reason else ""
        found.append(
            f"{push.due:%m-%d} {title} → {names.get(push.target, push.target)}：{end}{why}"
        )
    return found
