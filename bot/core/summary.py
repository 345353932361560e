"""《廉政教育推送周报》: the week in figures; what of them may be shown is `disclosure`'s to say."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
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
CORRECTION = "correction"  # the rule of a push that mends what another one said


@dataclass(frozen=True, kw_only=True)
class Guard:
    """审核把关: what was sent in the weeks reported on, and what was stopped or mended."""

    sent: int = 0  # texts, each once an occurrence
    corrected: int = 0
    withdrawn: int = 0
    deferred: int = 0
    reviewed: bool = True  # whether a text must be approved at all


@dataclass(frozen=True, kw_only=True)
class Summary:
    """What the office is told on the week's first workday."""

    week: str  # the week reported on: last week, still 阅知中
    since: str = ""  # the first week reported on, where weeks before had no summary; "" for `week`
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
    reached: tuple[int, int] = (0, 0)  # targets that got something in the headline week, of all
    running_reached: tuple[int, int] = (0, 0)
    guard: Guard = Guard()
    feedback: tuple[tuple[str, int], ...] = ()  # words -> how often, never by whom
    misunderstood: str = ""  # the question that most people answered wrongly
    idle: tuple[str, ...] = ()  # why nothing was sent, where nothing was


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
    stopped: Iterable[tuple[datetime, str]] = (),
    reviewed: bool = True,
) -> Summary:
    """Count the acts before `as_of`; `titles` gives each item's words by its 编号.

    `stopped` tells when something was withdrawn or deferred.
    """
    weeks = _sent_by_week(acts.pushes, as_of)
    closed = _closed_weeks(week, weeks, calendar, as_of)

    def count(pushes: Sequence[Push]) -> Figures:
        return figures(pushes, acts, calendar, as_of)

    headline = closed[-1] if closed else None
    pushes = weeks.get(headline, []) if headline else []
    since = first_week(week, calendar)
    span = [push for name in weeks if since <= name <= week for push in weeks[name]]
    running = _running(weeks, since, week, headline)
    receivers = {target.id for target in targets if not (target.office or target.person)}

    def reached(pushes: Sequence[Push]) -> tuple[int, int]:
        return len({push.target for push in pushes}), len(receivers)

    lines = target_lines(pushes, acts, count, targets, min_people)

    def items(pushes: Sequence[Push], lines: Sequence[Line] = ()) -> tuple[ItemLine, ...]:
        return item_lines(pushes, acts, count, titles, lines, min_people)

    return Summary(
        week=week,
        since=since if since != week else "",
        as_of=as_of,
        headline_week=headline,
        headline=count(pushes),
        running=count(running or weeks.get(week, [])),
        items=items(pushes, lines),
        running_items=items(running),
        targets=lines,
        trend=tuple((name, count(weeks[name])) for name in closed[-TREND_WEEKS:]),
        exceptions=(*_failures(acts.pushes, since, week, titles, targets, as_of), *exceptions),
        coming=tuple(coming),
        reached=reached(pushes),
        running_reached=reached(running),
        guard=_guard(span, stopped, since, week, reviewed),
    )


def first_week(week: str, calendar: Calendar) -> str:
    """Return the first week that the summary of `week` speaks of.

    A summary of a week is sent in the next one. Where that has no workday there is none, and
    the one after it speaks of both.
    """
    monday = monday_of(week)
    while calendar.first_workday(monday + timedelta(days=n) for n in range(7)) is None:
        monday -= timedelta(days=7)
    return iso_week(monday)


def _running(
    weeks: Mapping[str, Sequence[Push]], since: str, week: str, headline: str | None
) -> list[Push]:
    """Return what was sent in the weeks reported on, but for the headline week."""
    names = [name for name in sorted(weeks) if since <= name <= week and name != headline]
    return [push for name in names for push in weeks[name]]


def _guard(
    pushes: Sequence[Push],
    stopped: Iterable[tuple[datetime, str]],
    since: str,
    week: str,
    reviewed: bool,
) -> Guard:
    first, last = monday_of(since), monday_of(week) + timedelta(days=6)
    what = [name for when, name in stopped if first <= when.date() <= last]
    return Guard(
        sent=len(by_text(pushes)),
        corrected=len(by_text([push for push in pushes if push.rule == CORRECTION])),
        withdrawn=what.count("withdrawn"),
        deferred=what.count("deferred"),
        reviewed=reviewed,
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
    since = first_week(week, calendar)
    running = _running(weeks, since, week, closed[-1] if closed else None)
    lines = {push.key: push for push in [*newest, *running]}  # each once
    together = [running, *(weeks.get(name, []) for name in {week, *closed[-TREND_WEEKS:]})]
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
    since: str,
    week: str,
    titles: Mapping[str, str],
    targets: Sequence[Target],
    as_of: datetime,
) -> list[str]:
    begin, end = monday_of(since), monday_of(week) + timedelta(days=7)
    names = {target.id: target.name for target in targets}
    found: dict[tuple[str, str], list[str]] = {}  # one line for all targets that ended alike
    for push in sorted(pushes, key=lambda push: push.key):
        of_week = begin <= push.due.date() < end and push.due < as_of
        if not of_week or push.state not in messages.ENDS_WORTH_TELLING:
            continue
        what = messages.ENDS_WORTH_TELLING[push.state]
        title = titles.get(push.item, push.item)
        why = f"（{push.reason}）" if push.reason else ""
        line = (f"{push.due:%m-%d} {title}", f"{what}{why}")
        found.setdefault(line, []).append(names.get(push.target, push.target))
    return [f"{text} → {'、'.join(whom)}：{why}" for (text, why), whom in found.items()]
