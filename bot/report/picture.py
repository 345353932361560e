"""The summary as one picture: an SVG of our own template, and a PNG of it with the packaged font.

The console shows the SVG as it is; the office's group gets the PNG. 1080 × 1350, for a phone held
upright. No system font is needed, and none is looked for: the same picture on every machine.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Iterable, Mapping, Sequence
from functools import cache
from pathlib import Path
from typing import Any

from jinja2 import Environment, PackageLoader

from bot.core import messages
from bot.core.reading import Figures
from bot.core.summary import Summary
from bot.core.telling import days_words, guard_words, percent

WIDTH, HEIGHT = 1080, 1350
FAMILY = "Noto Sans CJK SC"
MOST_ITEMS, MOST_COMING = 3, 3
TITLE_COLUMNS, LINE_COLUMNS = 38, 62  # of half-width characters that fit a line
CHART = (96, 546, 888, 106)  # left, top, width, height of the trend


def svg(summary: Summary, unit: str) -> str:
    """Return the picture as SVG text. Everything from outside is escaped."""
    template = _templates().get_template("summary.svg")
    trend = _trend(summary.trend)
    return template.render(
        width=WIDTH,
        height=HEIGHT,
        family=FAMILY,
        notice=messages.NOT_FOR_APPRAISAL,
        title=messages.SUMMARY_TITLE,
        unit=_cut(unit, TITLE_COLUMNS),
        week=_headline(summary),
        tiles=_tiles(summary),
        low=messages.LOW_COVERAGE if summary.headline.low_coverage else "",
        trend=trend,
        lines=_lines(trend),
        items=[_item(line) for line in summary.items[:MOST_ITEMS]],
        more=max(0, len(summary.items) - MOST_ITEMS),
        running=_running(summary),
        heed=len(summary.exceptions),
        first=_cut(summary.exceptions[0], LINE_COLUMNS) if summary.exceptions else "",
        coming=[_cut(line, LINE_COLUMNS) for line in summary.coming[:MOST_COMING]],
        guard=guard_words(summary.guard).replace("**", "").replace(" ", "：", 1),
        how=messages.PICTURE_HOW,
    )


def png(svg_text: str) -> bytes:
    """Return the PNG of an SVG of ours; needs no font of the system."""
    import resvg_py  # here: it costs 60 ms and only a summary needs it

    picture = resvg_py.svg_to_bytes(
        svg_string=svg_text,
        skip_system_fonts=True,
        font_files=[_font()],
        font_family=FAMILY,
        sans_serif_family=FAMILY,
    )
    return bytes(picture)


@cache
def _templates() -> Environment:
    return Environment(loader=PackageLoader("bot.report"), autoescape=True, trim_blocks=True)


def _font() -> str:
    import noto_cjk_sans_otc

    folder = Path(str(noto_cjk_sans_otc.__file__)).parent
    return str(next(folder.glob("*.ttc")))


def _headline(summary: Summary) -> str:
    if summary.headline_week:
        return messages.PICTURE_CLOSED.format(days_words(summary.headline_week))
    return messages.PICTURE_OPEN.format(days_words(summary.week))


def _tiles(summary: Summary) -> list[tuple[str, str]]:
    """Return the four big numbers; those of the running week where none is closed yet."""
    found = summary.headline if summary.headline_week else summary.running
    items = summary.items if summary.headline_week else summary.running_items
    rate = percent(found.rate) if summary.headline_week else messages.NO_RATE
    return [
        (messages.TILE_ITEMS, str(len(items))),
        (messages.TILE_COVERED, str(found.covered)),
        (messages.TILE_REACHABLE, str(found.reachable)),
        (messages.TILE_RATE, rate),
    ]


def _running(summary: Summary) -> str:
    if not summary.headline_week or (summary.week == summary.headline_week and not summary.since):
        return ""
    if not summary.running_items:
        return messages.NOTHING_SENT.format("上周")
    days = days_words(summary.week)
    if summary.since:
        days = f"{days_words(summary.since).partition('—')[0]}—{days.partition('—')[2]}"
    return messages.PICTURE_RUNNING.format(days, len(summary.running_items))


def _item(line: Any) -> Mapping[str, str]:
    part = messages.PARTS.get(line.part, "").strip()
    title = _cut(f"{line.sent:%m-%d}  {line.title}", TITLE_COLUMNS)
    rate = messages.WITHHELD if line.withheld else percent(line.figures.rate)
    return {"title": title, "part": part, "rate": rate}


def _trend(weeks: Sequence[tuple[str, Figures]]) -> list[Mapping[str, Any]]:
    """Return the points of the closed weeks: x, y, the rate in words and the week's days."""
    left, top, width, height = CHART
    step = width / max(1, len(weeks) - 1) if len(weeks) > 1 else 0
    points: list[Mapping[str, Any]] = []
    for n, (week, found) in enumerate(weeks):
        x = left + n * step if len(weeks) > 1 else left + width / 2
        y = top + height * (1 - found.rate) if found.rate is not None else None
        points.append(
            {"x": x, "y": y, "rate": percent(found.rate), "days": days_words(week).split("—")[0]}
        )
    return points


def _lines(trend: Sequence[Mapping[str, Any]]) -> list[str]:
    """Return polylines through neighbouring weeks: none leads over a week that has no rate."""
    runs: list[list[str]] = [[]]
    for point in trend:
        if point["y"] is None:
            runs.append([])
        else:
            runs[-1].append(f"{point['x']:.1f},{point['y']:.1f}")
    return [" ".join(run) for run in runs if len(run) > 1]


def _cut(text: str, columns: int) -> str:
    """Return `text` within so many half-width columns; what is cut ends in …"""
    if wide(text) <= columns:
        return text
    kept, used = "", 1
    for char, width in zip(text, _widths(text), strict=True):
        if used + width > columns:
            break
        kept, used = kept + char, used + width
    return kept + "…"


def wide(text: str) -> int:
    """Return how many half-width columns a text takes."""
    return sum(_widths(text))


def _widths(text: str) -> Iterable[int]:
    return [2 if unicodedata.east_asian_width(char) in "WFA" else 1 for char in text]
