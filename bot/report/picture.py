"""The summary, of a week or of a longer span, as one picture.

An SVG of our own template, and a PNG of it with the packaged font.

The console shows the SVG as it is; the office's group gets the PNG. 1080 × 1350, for a phone held
upright. No system font is needed, and none is looked for: the same picture on every machine.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Iterable, Mapping, Sequence
from functools import cache, lru_cache
from pathlib import Path
from typing import Any

from jinja2 import Environment, PackageLoader

from bot.core import messages
from bot.core.periods import NodeLine, PeriodSummary, by_text, part_name
from bot.core.reading import Figures
from bot.core.summary import Summary
from bot.core.telling import days_words, guard_words, percent

WIDTH, HEIGHT = 1080, 1350
FAMILY = "Noto Sans CJK SC"
MOST_ITEMS, MOST_COMING, MOST_NODES = 3, 3, 16
TITLE_COLUMNS, LINE_COLUMNS = 38, 62  # of half-width characters that fit a line
NODE_COLUMNS, FEW = 28, 6
CHART = (96, 546, 888, 106)  # left, top, width, height of the trend

Points = Sequence[Mapping[str, Any]]


def svg(summary: Summary, unit: str) -> str:
    """Return the picture as SVG text. Everything from outside is escaped."""
    trend = _trend([(days_words(week).split("—")[0] + " 起", f) for week, f in summary.trend])
    closed = summary.headline_week is not None
    found = summary.headline if closed else summary.running
    reached = summary.reached if closed else summary.running_reached
    items = summary.items if closed else summary.running_items
    return _drawn(
        "summary.svg",
        recent=messages.PICTURE_RECENT,
        title=messages.SUMMARY_TITLE,
        unit=unit,
        when=_headline(summary),
        tiles=_tiles(found, len(items), "{}/{}".format(*reached), closed=closed),
        low=found.low_coverage and found.reachable > 0 and closed,
        measured=any(one.rate is not None for _, one in summary.trend),
        trend=trend,
        items=[_item(line) for line in summary.items[:MOST_ITEMS]],
        more=max(0, len(summary.items) - MOST_ITEMS),
        running=_running(summary),
        heed=len(summary.exceptions),
        first=_cut(summary.exceptions[0], LINE_COLUMNS) if summary.exceptions else "",
        coming=[_cut(line, LINE_COLUMNS) for line in summary.coming[:MOST_COMING]],
        guard=_plain(guard_words(summary.guard)),
    )


def span_svg(found: PeriodSummary, unit: str) -> str:
    """Return the picture of a month, a quarter or a year."""
    lost = [f"{messages.STATES[state]} {n} 次" for state, n in found.ends.items()]
    heard = [f"{what} {n}" for what, n in found.feedback]
    told = found.nodes if len(found.nodes) <= MOST_NODES else by_text(found.nodes)
    nodes = [_node(line) for line in told[:MOST_NODES]]
    half = (len(nodes) + 1) // 2
    return _drawn(
        "span.svg",
        title=messages.PERIOD_TITLE.format(found.name),
        unit=unit,
        when=messages.PICTURE_AS_OF.format(found.as_of),
        tiles=_tiles(found.total, found.texts, str(found.targets)),
        low=found.total.low_coverage and found.total.reachable > 0,
        measured=found.total.rate is not None,
        trend=_trend([(part_name(part), part.figures) for part in found.parts]),
        nodes=(nodes[:half], nodes[half:]),
        more=max(0, len(told) - MOST_NODES),
        guard=_plain(guard_words(found.guard)),
        lost="，".join(lost) or "无",
        heard=" · ".join(heard),
        weeks=messages.PERIOD_WEEKS,
    )


def _drawn(template: str, *, unit: str, low: bool, trend: Points, **values: Any) -> str:
    return (
        _templates()
        .get_template(template)
        .render(
            width=WIDTH,
            height=HEIGHT,
            family=FAMILY,
            notice=messages.NOT_FOR_APPRAISAL,
            how=messages.PICTURE_HOW,
            unit=_cut(unit, TITLE_COLUMNS),
            low=messages.LOW_COVERAGE if low else "",
            trend=trend,
            lines=_lines(trend),
            few=len(trend) <= FEW,
            **values,
        )
    )


def _plain(markdown: str) -> str:
    return markdown.replace("**", "").replace(" ", "：", 1)


@lru_cache(4)  # a fifth of a second each; a preview, a message and the console ask for the same
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


def _tiles(
    found: Figures, texts: int, reached: str, *, closed: bool = True
) -> list[tuple[str, str]]:
    """Return the four big numbers; where nobody can tap, how often and where it went."""
    if not found.reachable and found.pushes:
        return [
            (messages.TILE_ITEMS, str(texts)),
            (messages.TILE_PUSHES, str(found.pushes)),
            (messages.TILE_REACHED, reached),
            (messages.TILE_COVERED, str(found.covered) if found.covered else messages.NO_RATE),
        ]
    return [
        (messages.TILE_ITEMS, str(texts)),
        (messages.TILE_COVERED, str(found.covered)),
        (messages.TILE_REACHABLE, str(found.reachable)),
        (messages.TILE_RATE, percent(found.rate) if closed else messages.NO_RATE),
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
    found = line.figures
    rate = messages.WITHHELD if line.withheld else percent(found.rate)
    told = rate if found.reachable else messages.PICTURE_TIMES.format(found.pushes)
    return {"title": title, "part": part, "rate": told}


def _node(line: NodeLine) -> Mapping[str, str]:
    told = _cut(f"{line.day:%m-%d} {line.title}", NODE_COLUMNS)
    return {"title": told, "sent": f"{line.sent}/{line.targets}"}


def _trend(parts: Sequence[tuple[str, Figures]]) -> Points:
    """Return the points of what is told side by side: x, y, its figure in words and its name.

    The figure is the rate; where none is measured anywhere it is how often was sent.
    """
    left, top, width, height = CHART
    if len(parts) > FEW:  # their figures stand in the middle of their points
        left, width = left + 24, width - 48
    rated = any(found.rate is not None for _, found in parts)
    most = max([found.pushes for _, found in parts], default=0) or 1
    step = width / max(1, len(parts) - 1)
    points: list[Mapping[str, Any]] = []
    for n, (name, found) in enumerate(parts):
        x = left + n * step if len(parts) > 1 else left + width / 2
        share = found.rate if rated else found.pushes / most
        y = top + height * (1 - share) if share is not None else None
        told = percent(found.rate) if rated else str(found.pushes)
        points.append({"x": x, "y": y, "told": told, "name": name})
    return points


def _lines(trend: Points) -> list[str]:
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
