"""《廉政教育推送周报》: the week in figures, and the message that carries them.

Law 3 in arithmetic: figures per target are merged until each line speaks of enough people, the
extremes are blurred, and nothing is shown from which subtraction would restore them. The lines of
what was sent speak of the whole unit, or withhold what was read.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, datetime, timedelta
from typing import Any

from bot.core import messages
from bot.core.calendar import Calendar, iso_week, monday_of
from bot.core.model import Push, State, Target
from bot.core.reading import (
    Acts,
    Figures,
    Question,
    figures,
    people,
    questions,
    reading_until,
)
from bot.core.render import WEBHOOK_BYTES

MIN_PEOPLE = 10  # a line per target speaks of at least so many (config: never under 5)
LOW = 0.1  # so much of either end is blurred: a mark for 0 % alone would say 0 %
TREND_WEEKS = 4

Count = Callable[[Sequence[Push]], Figures]


@dataclass(frozen=True, kw_only=True)
class Line:
    """The figures of one target, or of several merged ones."""

    name: str
    figures: Figures
    # Who may be among the read: four people and three pushes are four people, not twelve.
    people: frozenset[str] = field(default=frozenset(), repr=False)
    targets: frozenset[str] = field(default=frozenset(), repr=False)  # by id
    blurred: str | None = None  # "≤10%" | "≥90%": rate and read are withheld
    withheld: bool = False  # rate and read are withheld to protect another line


@dataclass(frozen=True, kw_only=True)
class ItemLine:
    """The figures of one text of one occurrence; several where the targets' histories differ."""

    occurrence: str
    part: str
    item: str
    title: str
    sent: date
    figures: Figures
    withheld: bool = False  # rate and read: they would tell of few people, or of one target


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
    lines = _lines(pushes, acts, count, targets, min_people)

    def items(pushes: Sequence[Push], lines: Sequence[Line] = ()) -> tuple[ItemLine, ...]:
        return _items(pushes, acts, count, titles, lines, min_people)

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
    for group in [*together, *_by_text(lines.values()).values(), *([push] for push in newest)]:
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


# -- per text, within law 3 ------------------------------------------------------------------

Text = tuple[str, str, str]  # occurrence, part, item


def _by_text(pushes: Iterable[Push]) -> dict[Text, list[Push]]:
    groups: dict[Text, list[Push]] = {}
    for push in pushes:
        groups.setdefault((push.occurrence, push.part, push.item), []).append(push)
    return groups


def _items(
    pushes: Sequence[Push],
    acts: Acts,
    count: Count,
    titles: Mapping[str, str],
    targets: Sequence[Line],
    min_people: int,
) -> tuple[ItemLine, ...]:
    groups = _by_text(pushes)
    found = {text: count(group) for text, group in groups.items()}
    hidden = _withheld(groups, found, acts, min_people)
    if _restores(groups, count, targets):
        hidden = {text for text in groups if found[text].reachable}
    lines = [
        ItemLine(
            occurrence=occurrence,
            part=part,
            item=item,
            title=titles.get(item, item),
            sent=min(push.sent_at.date() for push in group if push.sent_at),
            figures=found[occurrence, part, item],
            withheld=(occurrence, part, item) in hidden,
        )
        for (occurrence, part, item), group in groups.items()
    ]
    return tuple(sorted(lines, key=lambda line: (line.sent, line.occurrence, line.part, line.item)))


def _withheld(
    groups: Mapping[Text, Sequence[Push]],
    found: Mapping[Text, Figures],
    acts: Acts,
    min_people: int,
) -> set[Text]:
    """Return the texts whose lines may not say what was read.

    A line speaks of every target that is measured this week, and of enough people, or not at
    all. Whoever knows the total knows the sum of what is withheld, so that sum must do the same,
    and be no extreme; until it does, the smallest of the other lines is withheld as well.
    """
    who = {
        text: {push.target: people([push], acts) for push in group}
        for text, group in groups.items()
    }
    measured = {target for heard in who.values() for target, persons in heard.items() if persons}

    def whole(texts: Collection[Text]) -> bool:
        told = [one for text in texts for one in who[text].items() if one[1]]
        everybody = frozenset[str]().union(*(persons for _, persons in told))
        return {target for target, _ in told} == measured and len(everybody) >= min_people

    lines = [text for text in groups if found[text].reachable]
    hidden = [text for text in lines if not whole([text])]
    others = sorted(set(lines) - set(hidden), key=lambda text: (found[text].reachable, text))
    while hidden and others:
        if whole(hidden) and not _extreme(sum((found[text] for text in hidden), Figures())):
            break
        hidden.append(others.pop(0))
    return set(hidden)


def _restores(groups: Mapping[Text, Sequence[Push]], count: Count, targets: Sequence[Line]) -> bool:
    """Whether what each text came to would tell of a blurred target more than the total does.

    Nothing is told where one reader more here and one fewer there, in a hidden line each, fit
    both marks and leave the sum of their text as it is.
    """
    hidden = [line for line in targets if line.blurred or line.withheld]

    def room(line: Line, step: int) -> bool:
        low, high = _bounds(line)
        return low <= line.figures.read + step <= high

    def cell(line: Line, text: Text, step: int) -> bool:
        mine = [count([push]) for push in groups[text] if push.target in line.targets]
        here = sum(mine, Figures())
        return 0 <= here.read + step <= here.reachable

    for line in (line for line in hidden if line.blurred):
        moves = [
            (other, step)
            for other in hidden
            for step in (1, -1)
            if other is not line and room(line, step) and room(other, -step)
        ]
        if moves and not any(
            cell(line, text, step) and cell(other, text, -step)
            for other, step in moves
            for text in groups
        ):
            return True
    return False


# -- per target, within law 3 ----------------------------------------------------------------


def _lines(
    pushes: Sequence[Push], acts: Acts, count: Count, targets: Sequence[Target], min_people: int
) -> tuple[Line, ...]:
    lines = []
    for target in targets:
        mine = [push for push in pushes if push.target == target.id]
        if mine:
            one = frozenset({target.id})
            who = people(mine, acts)
            lines.append(Line(name=target.name, figures=count(mine), people=who, targets=one))
    return blur(merge_small(lines, min_people))


def merge_small(lines: Sequence[Line], min_people: int) -> list[Line]:
    """Merge lines, in the unit's own order, until each measured one speaks of enough people.

    A remainder that stays too small absorbs the next smallest. Lines that measure nothing (a
    group without receipts) stand as they are: there is nothing to protect.
    """
    done: list[Line] = []
    open_line: Line | None = None
    for line in lines:
        if not line.figures.reachable:
            done.append(line)
            continue
        open_line = _join(open_line, line) if open_line else line
        if len(open_line.people) >= min_people:
            done.append(open_line)
            open_line = None
    if open_line is None:
        return done
    measured = [line for line in done if line.figures.reachable]
    if not measured:  # everybody together is too few: the unit's total says all that may be said
        return done
    smallest = min(measured, key=lambda line: len(line.people))
    done[done.index(smallest)] = _join(smallest, open_line)
    return done


def _join(one: Line, other: Line) -> Line:
    return Line(
        name=f"{one.name}、{other.name}",
        figures=one.figures + other.figures,
        people=one.people | other.people,
        targets=one.targets | other.targets,
    )


def blur(lines: Sequence[Line]) -> tuple[Line, ...]:
    """Blur both ends of the scale, and withhold further lines until subtraction restores nothing.

    All up to 10 % bear one mark, and all from 90 % on the other: so neither says 0 % nor 100 %.
    """
    marked = [replace(line, blurred=_extreme(line.figures)) for line in lines]
    while (victim := _restorable(marked)) is not None:
        marked[victim] = replace(marked[victim], withheld=True)
    return tuple(marked)


def _extreme(found: Figures) -> str | None:
    if not found.reachable:
        return None
    few = _few(found)
    if found.read <= few:
        return "≤10%"
    return "≥90%" if found.read >= found.reachable - few else None


def _few(found: Figures) -> int:
    """Return how many people a mark leaves open: one at least, also in a line of under ten."""
    return max(1, int(LOW * found.reachable))


def _restorable(lines: Sequence[Line]) -> int | None:
    """Return the next line to withhold, None when no blurred line can be worked out.

    Whoever knows the total knows the sum over the hidden lines; with the bounds of each (what
    its mark says, or that it bears none) a line is safe while two values are possible.
    """
    hidden = [n for n, line in enumerate(lines) if line.blurred or line.withheld]
    if not any(lines[n].blurred for n in hidden):
        return None
    total = sum(lines[n].figures.read for n in hidden)
    bounds = {n: _bounds(lines[n]) for n in hidden}
    for n in (n for n in hidden if lines[n].blurred):
        low = total - sum(bounds[m][1] for m in hidden if m != n)
        high = total - sum(bounds[m][0] for m in hidden if m != n)
        if max(low, bounds[n][0]) >= min(high, bounds[n][1]):
            shown = [m for m in range(len(lines)) if m not in hidden and lines[m].figures.reachable]
            return min(shown, key=lambda m: lines[m].figures.reachable, default=None)
    return None


def _bounds(line: Line) -> tuple[int, int]:
    count, few = line.figures.reachable, _few(line.figures)
    if line.blurred == "≤10%":
        return 0, few
    if line.blurred == "≥90%":
        return count - few, count
    return few + 1, count - few - 1


# -- what needs attention ---------------------------------------------------------------------


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


# -- the message ------------------------------------------------------------------------------


def words(summary: Summary, unit: str, per_target: bool = False) -> str:
    """Return the summary as WeCom markdown for the administrators' group (≤ 4,096 bytes).

    The unit's totals; the lines per target only where the unit chose to have them here.
    """
    head = [f"> {messages.NOT_FOR_APPRAISAL}", f"**《廉政教育推送周报》** {unit}"]
    blocks = [[*head, _one_line(summary)]]
    if summary.headline_week:
        title = f"**{_week_words(summary.headline_week)}** 阅知期已满"
        blocks.append([title, *_week_lines(summary.headline, summary.items)])
    if summary.week != summary.headline_week and summary.running_items:
        title = f"**{_week_words(summary.week)}** 阅知中"
        blocks.append([title, *_week_lines(summary.running, summary.running_items)])
    if per_target and summary.targets:
        blocks.append([messages.PER_TARGET, *map(_target_words, summary.targets)])
    if len(summary.trend) > 1:
        steps = " → ".join(percent(found.rate) for _, found in summary.trend)
        blocks.append([f"**近{len(summary.trend)}周阅知率** {steps}"])
    heed = "**需要留意**" + ("" if summary.exceptions else " 无")
    blocks.append([heed, *(f"· {line}" for line in summary.exceptions)])
    if summary.coming:
        blocks.append(["**本周计划**", *(f"· {line}" for line in summary.coming)])
    how = f'\n\n<font color="comment">{messages.HOW_MEASURED}</font>'  # never cut off: law 2
    text = "\n\n".join("\n".join(block) for block in blocks)
    return _within(text, WEBHOOK_BYTES - len(how.encode())) + how


def _one_line(summary: Summary) -> str:
    last = f"上周推送 {len(summary.running_items)} 篇"
    if summary.week == summary.headline_week:
        last = f"上周推送 {len(summary.items)} 篇"
    elif not summary.running_items:
        last = messages.NOTHING_SENT
    rate = ""
    if summary.headline_week:
        days = days_words(summary.headline_week)
        rate = f"{days} 阅知率 **{percent(summary.headline.rate)}**；"
    return f"{rate}{last}；需要留意 {len(summary.exceptions)} 项。"


def _week_lines(found: Figures, items: Sequence[ItemLine]) -> list[str]:
    low = f"（{messages.LOW_COVERAGE}）" if found.low_coverage else ""
    return [
        f"推送 {len(items)} 篇（{found.pushes} 次），覆盖 {found.covered} 人次",
        f"可回执 {found.reachable}，已阅 {found.read}，阅知率 **{percent(found.rate)}**{low}",
        *(line for item in items for line in _item_words(item)),
    ]


def _item_words(line: ItemLine) -> tuple[str, str]:
    found = line.figures
    part = messages.PARTS.get(line.part, "").strip()
    read = messages.WITHHELD if line.withheld else f"{found.read}，{percent(found.rate)}"
    figures_line = f"　覆盖{found.covered} 可回执{found.reachable} 已阅{read}"
    return f"· {line.sent:%m-%d}《{line.title}》{part}", figures_line


def _target_words(line: Line) -> str:
    found = line.figures
    if line.withheld and not line.blurred:
        rate = messages.WITHHELD
    else:
        rate = line.blurred or percent(found.rate)
    return f"· {line.name}：覆盖 {found.covered} 可回执 {found.reachable} 阅知率 {rate}"


def percent(rate: float | None) -> str:
    """Return a rate as people read it, 暂无 where nothing can be measured."""
    return messages.NO_RATE if rate is None else f"{rate:.1%}"


def _week_words(week: str) -> str:
    return f"{days_words(week)}（第{int(week[-2:])}周）"


def days_words(week: str) -> str:
    monday = monday_of(week)
    return f"{monday:%m.%d}—{monday + timedelta(days=6):%m.%d}"


def _within(text: str, limit: int) -> str:
    """Keep whole lines within `limit` bytes and say that more is to be found elsewhere."""
    if len(text.encode()) <= limit:
        return text
    kept, size = [], len(messages.MORE.encode())
    for line in text.split("\n"):
        size += len(line.encode()) + 1
        if size > limit:
            break
        kept.append(line)
    return "\n".join([*kept, messages.MORE])


# -- JSON (DESIGN §6) -------------------------------------------------------------------------


def as_json(summary: Summary) -> dict[str, Any]:
    """Return the stable JSON of `summary --json`; what is blurred on screen is null here too."""
    return {
        "notice": messages.NOT_FOR_APPRAISAL,
        "week": summary.week,
        "as_of": summary.as_of.isoformat(),
        "headline_week": summary.headline_week,
        "total": _figures_json(summary.headline),
        "running": _figures_json(summary.running),
        "items": [_item_json(line) for line in summary.items],
        "running_items": [_item_json(line) for line in summary.running_items],
        "targets": [_line_json(line) for line in summary.targets],
        "trend": [{"week": week, **_figures_json(found)} for week, found in summary.trend],
        "exceptions": list(summary.exceptions),
    }


def _figures_json(found: Figures) -> dict[str, Any]:
    return {**vars(found), "rate": found.rate}


def _item_json(line: ItemLine) -> dict[str, Any]:
    return {
        "occurrence": line.occurrence,
        "part": line.part,
        "item": line.item,
        "title": line.title,
        "sent": line.sent.isoformat(),
        **_figures_json(line.figures),
        **({"read": None, "rate": None} if line.withheld else {}),
        "withheld": line.withheld,
    }


def _line_json(line: Line) -> dict[str, Any]:
    hidden = line.blurred is not None or line.withheld
    return {
        "name": line.name,
        "pushes": line.figures.pushes,
        "covered": line.figures.covered,
        "reachable": line.figures.reachable,
        "read": None if hidden else line.figures.read,
        "rate": None if hidden else line.figures.rate,
        "blurred": line.blurred,
    }
