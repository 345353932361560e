"""宣传专栏 and 长图: a text on a sheet (PDF, HTML) or one long picture, footer and number on it."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from html import escape
from pathlib import Path
from typing import Any

import nh3
from jinja2 import Environment, FileSystemLoader
from markdown_it import MarkdownIt

from bot.core import messages
from bot.core.outlets import Shown
from bot.report import codes, typeset

STATIC = Path(__file__).parent / "static"
PAPERS = ("a4", "a3")
_TAGS = {"p", "ul", "ol", "li", "strong", "em", "blockquote", "h3", "h4", "br", "code", "hr"}
_markdown = MarkdownIt("commonmark", {"html": False})
# A sheet that a browser prints cannot measure, so we do: its room and its sizes, in points.
_WIDTH, _ROOM = 498.0, 505.0
_SIZES = tuple(half / 2 for half in range(40, 15, -1))  # 20 … 8
_LEADING, _BETWEEN, _HEADING = 1.6, 0.38, 2.5  # of a line, a paragraph, a heading: board.css


@dataclass(frozen=True, kw_only=True)
class Sheet:
    """One text to be printed or drawn."""

    shown: Shown
    unit: str
    page: str = ""  # the address behind its QR code
    number: str = ""  # 外发 2026-003, "" for what we serve ourselves
    pictures: Sequence[Path] = ()  # on the disk, in their order
    picture_pages: Sequence[str] = ()  # the same, by address


def lines(sheet: Sheet) -> list[str]:
    """Return the footer: that of every message, and what this copy is called and lasts until."""
    last = sheet.shown.last
    own = [
        sheet.shown.item.id,
        messages.SHEET_NUMBER.format(sheet.number) if sheet.number else "",
        messages.SHEET_UNTIL.format(last) if last else "",
    ]
    return [*sheet.shown.reading.footer, " · ".join(part for part in own if part)]


def _words(sheet: Sheet, paper: str) -> dict[str, Any]:
    reading = sheet.shown.reading
    alone = len(reading.sections) == 1
    return {
        "paper": paper,
        "unit": sheet.unit,
        "channel": messages.SOURCE_LINE,
        "label": reading.source_line,
        "title": reading.title,
        "sections": [
            {"name": "" if alone else name, "blocks": typeset.blocks_of(text)}
            for name, text in reading.sections
        ],
        "basis": reading.basis,
        "source": reading.source,
        "footer": lines(sheet),
        "code": codes.svg(sheet.page),
    }


def pdf(sheet: Sheet, paper: str = "a4") -> bytes:
    """Return the poster as one page of PDF, its fonts inside."""
    return typeset.pdf("board.typ", _words(sheet, paper), sheet.pictures)


def long_picture(sheet: Sheet) -> bytes:
    """Return the whole text as a PNG, 1080 wide."""
    return typeset.png("long.typ", _words(sheet, ""), sheet.pictures)


def html(sheet: Sheet, paper: str = "a4", *, alone: bool = True) -> str:
    """Return the poster as a page; `alone` with its style inside, else with that which we serve."""
    reading = sheet.shown.reading
    size = _size([(name, typeset.blocks_of(text)) for name, text in reading.sections])
    return (
        _pages()
        .get_template("board.html")
        .render(
            sheet=sheet,
            reading=reading,
            paper=paper,
            channel=messages.SOURCE_LINE,
            sections=[(name, _html(text)) for name, text in reading.sections],
            footer=lines(sheet),
            code=codes.svg_address(sheet.page),
            style=style() if alone else "",
            size=str(size).replace(".", "-"),
        )
    )


def style() -> str:
    """Return the style of a poster; it holds a class for each size, for no style may be inline."""
    rules = (f".s{str(size).replace('.', '-')} {{ font-size: {size}pt; }}" for size in _SIZES)
    return (STATIC / "board.css").read_text("utf-8") + "\n".join(rules) + "\n"


def _size(sections: Sequence[tuple[str, Sequence[typeset.Block]]]) -> float:
    """Return the largest size at which the text fits its room on A4, the smallest if none does."""
    return next((size for size in _SIZES if _height(sections, size) <= _ROOM), _SIZES[-1])


def _height(sections: Sequence[tuple[str, Sequence[typeset.Block]]], size: float) -> float:
    room = int(_WIDTH / size)
    ems = 0.0
    for name, blocks in sections:
        ems += _HEADING if name else 0
        for block in blocks:
            width = room - (1.3 if block["kind"] != "p" else 0)
            length = sum(len(words) for words, _ in block["runs"])
            ems += math.ceil(length / width + 0.02) * _LEADING + _BETWEEN
    return ems * size


@cache
def _pages() -> Environment:
    folder = FileSystemLoader(Path(__file__).parent / "templates")
    return Environment(loader=folder, autoescape=True, trim_blocks=True, lstrip_blocks=True)


def _html(text: str) -> str:
    return nh3.clean(_markdown.render(text), tags=_TAGS, attributes={})


def words(shown: Shown) -> str:
    """Return a text as bare HTML for somebody else's page, with label and footer."""
    reading = shown.reading
    parts = [f"<p>{escape(reading.source_line)}</p>"]
    for name, text in reading.sections:
        parts.append((f"<h3>{escape(name)}</h3>" if name else "") + _html(text))
    told = [(messages.BASIS, reading.basis), (messages.SOURCE, reading.source)]
    parts += [f"<p>{name}{escape(text)}</p>" for name, text in told if text]
    parts += [f"<p>{escape(line)}</p>" for line in reading.footer]
    return "".join(parts)
