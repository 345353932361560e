"""What a text cites: titles of regulations, and the articles that stand behind them."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass

_CITED = re.compile(
    r"《(?P<title>[^《》\n]+)》(?:[（(][^（）()\n]{0,12}?(?P<year>\d{4})年?[^（）()\n]{0,12}[）)])?"
    r"|第(?P<article>[一二三四五六七八九十百零〇两]+|\d{1,4})条"
)
_OTHER = ("条例", "准则", "规定", "办法", "细则", "意见", "通知", "法")
_DIGITS = {char: n for n, char in enumerate("零一二三四五六七八九")} | {"〇": 0, "两": 2}


@dataclass(frozen=True)
class Citation:
    """A title or an article in a text; an article has the title that stands before it."""

    where: str
    at: int
    said: str
    title: str  # "" where no title stands before an article
    year: int  # 0 where none is given
    article: int  # 0 for a title


def citations(texts: Iterable[tuple[str, str]]) -> list[Citation]:
    """Return what an item's texts cite, in the order of reading."""
    found = []
    for name, text in texts:
        title, year = "", 0
        for match in _CITED.finditer(text):
            if match["title"]:
                title, year = match["title"], int(match["year"] or 0)
            elif text.endswith(_OTHER, 0, match.start()):
                title, year = "", 0  # 条例第九十七条: not of the title before it
            article = number(match["article"]) if match["article"] else 0
            found.append(Citation(name, match.start(), match[0], title, year, article))
    return found


def number(written: str) -> int:
    """Read 一百零一 or 101.

    >>> [number(text) for text in ("十", "九十八", "一百零一", "一百一十三", "38")]
    [10, 98, 101, 113, 38]
    """
    if written.isdecimal():
        return int(written)
    total, digit = 0, 0
    for char in written:
        if char in "十百":
            total += (digit or 1) * (10 if char == "十" else 100)
            digit = 0
        else:
            digit = _DIGITS[char]
    return total + digit
