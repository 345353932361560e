"""The summary, told: as markdown for the office's group, and as the JSON of `summary --json`."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta
from typing import Any

from bot.core import messages
from bot.core.calendar import monday_of
from bot.core.disclosure import ItemLine, Line
from bot.core.reading import Figures
from bot.core.render import WEBHOOK_BYTES
from bot.core.summary import Summary


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
