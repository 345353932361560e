"""The summary, told: as markdown for the office's group, and as the JSON of `summary --json`."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import fields
from datetime import date, timedelta
from typing import Any

from bot.core import messages
from bot.core.calendar import monday_of
from bot.core.disclosure import ItemLine, Line
from bot.core.reading import Figures
from bot.core.render import WEBHOOK_BYTES
from bot.core.summary import Guard, Summary


def words(summary: Summary, unit: str, per_target: bool = False) -> str:
    """Return the summary as WeCom markdown for the administrators' group (≤ 4,096 bytes).

    The unit's totals; the lines per target only where the unit chose to have them here.
    """
    head = [f"> {messages.NOT_FOR_APPRAISAL}", f"**《廉政教育推送周报》** {unit}"]
    blocks = [[*head, _one_line(summary)]]
    if summary.headline_week:
        title = f"**{_week_words(summary.headline_week)}** 阅知期已满"
        lines = _week_lines(summary.headline, summary.items, summary.reached)
        blocks.append([title, *lines])
    if summary.running_items:
        lines = _week_lines(summary.running, summary.running_items, summary.running_reached)
        blocks.append([f"**{_span_words(summary)}** 阅知中", *lines])
    if per_target and summary.targets:
        blocks.append([messages.PER_TARGET, *map(_target_words, summary.targets)])
    blocks += [[line] for line in (_trend_words(summary), guard_words(summary.guard)) if line]
    blocks += [[line] for line in _heard(summary)]
    heed = "**需要留意**" + ("" if summary.exceptions else " 无")
    blocks.append([heed, *(f"· {line}" for line in summary.exceptions)])
    if summary.coming:
        blocks.append(["**本周计划**", *(f"· {line}" for line in summary.coming)])
    text = "\n\n".join("\n".join(block) for block in blocks)
    return fitted(text + _HOW, WEBHOOK_BYTES)


_HOW = f'\n\n<font color="comment">{messages.HOW_MEASURED}</font>'


def fitted(text: str, limit: int, *, coloured: bool = True) -> str:
    """Return a summary's words within `limit` bytes; how it was measured is never cut off: law 2.

    Without colours the marks for them are left out: they would be read as words.
    """
    body, how, _ = text.partition(_HOW)
    if not coloured:
        how = re.sub(r"</?font[^>]*>", "", how)
    return _within(body, limit - len(how.encode())) + how


def _one_line(summary: Summary) -> str:
    """Say all in one line: the rate where there is one, what was sent, what wants looking at."""
    whose = "上周" if not summary.since else _span_words(summary).partition("（")[0]
    closed = summary.week == summary.headline_week and not summary.since
    items = summary.items if closed else summary.running_items
    last = f"{whose}推送 {len(items)} 篇"
    if not items:
        why = f"（{'；'.join(summary.idle)}）" if summary.idle else ""
        last = messages.NOTHING_SENT.format(whose) + why
    rate = ""
    if summary.headline_week and summary.headline.rate is not None:
        days = days_words(summary.headline_week)
        rate = f"{days} 阅知率 **{percent(summary.headline.rate)}**；"
    return f"{rate}{last}；需要留意 {len(summary.exceptions)} 项。"


def _span_words(summary: Summary) -> str:
    if not summary.since:
        return _week_words(summary.week)
    first, last = days_words(summary.since), days_words(summary.week)
    weeks = f"第{int(summary.since[-2:])}—{int(summary.week[-2:])}周"
    return f"{first.partition('—')[0]}—{last.partition('—')[2]}（{weeks}）"


def _week_lines(found: Figures, items: Sequence[ItemLine], reached: tuple[int, int]) -> list[str]:
    sent = f"推送 {len(items)} 篇（{found.pushes} 次），送达对象 {reached[0]}/{reached[1]}"
    opened = f"，打开全文 {found.opened} 次" if found.opened else ""
    nobodys = messages.ANONYMOUS.format(found.anonymous) if found.anonymous else ""
    lines = [f"{sent}，覆盖 {found.covered} 人次{opened}{nobodys}"]
    if not found.reachable:
        lines.append(messages.NO_RECEIPTS)
    else:
        low = f"（{messages.LOW_COVERAGE}）" if found.low_coverage else ""
        told = f"可回执 {found.reachable}，已阅 {found.read}"
        lines.append(f"{told}，阅知率 **{percent(found.rate)}**{low}")
    return [*lines, *(line for item in items for line in _item_words(item))]


def _trend_words(summary: Summary) -> str:
    """Tell the closed weeks side by side; where nothing is measured, how often was sent."""
    weeks = [found for _, found in summary.trend]
    if len(weeks) < 2:
        return ""
    if all(found.rate is None for found in weeks):
        steps = " → ".join(str(found.pushes) for found in weeks)
        return f"**近{len(weeks)}周推送次数** {steps}"
    steps = " → ".join(percent(found.rate) for found in weeks)
    return f"**近{len(weeks)}周阅知率** {steps}"


def guard_words(guard: Guard) -> str:
    """Say that everything sent was reviewed, and what was stopped or mended."""
    how = messages.GUARD_REVIEWED if guard.reviewed else messages.GUARD_OFF
    sent = messages.GUARD_SENT.format(guard.sent, how) if guard.sent else messages.GUARD_NOTHING
    ends = messages.GUARD_ENDS.format(guard.corrected, guard.withdrawn, guard.deferred)
    return f"**审核把关** {sent}；{ends}"


def _heard(summary: Summary) -> list[str]:
    lines = []
    if summary.feedback:
        told = " · ".join(f"{words} {count}" for words, count in summary.feedback)
        lines.append(f"**反馈** {told}")
    if summary.misunderstood:
        lines.append(f"**最容易答错的一问** {summary.misunderstood}")
    return lines


def _item_words(line: ItemLine) -> tuple[str, str]:
    found = line.figures
    part = messages.PARTS.get(line.part, "").strip()
    figures_line = f"　覆盖{found.covered}"
    if found.reachable:
        read = messages.WITHHELD if line.withheld else f"{found.read}，{percent(found.rate)}"
        figures_line += f" 可回执{found.reachable} 已阅{read}"
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
        "since": summary.since or summary.week,
        "reached": list(summary.reached),
        "running_reached": list(summary.running_reached),
        "guard": vars(summary.guard),
        "feedback": dict(summary.feedback),
        "misunderstood": summary.misunderstood or None,
        "idle": list(summary.idle),
        "coming": list(summary.coming),
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


def item_lines_of(rows: Iterable[Mapping[str, Any]]) -> tuple[ItemLine, ...]:
    """Return the lines that `as_json` wrote under `items`; what was withheld stays so."""
    names = [one.name for one in fields(Figures)]
    return tuple(
        ItemLine(
            **{name: row[name] for name in ("occurrence", "part", "item", "title", "withheld")},
            sent=date.fromisoformat(row["sent"]),
            figures=Figures(**{name: row.get(name) or 0 for name in names}),
        )
        for row in rows
    )


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
