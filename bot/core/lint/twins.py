"""Texts that are there twice: the same 编号, the same title, nearly the same words.

Near-duplicates are found by MinHash (one permutation, 125 bins, 25 bands of 5): every text is
looked at once, and only texts that agree in a whole band are compared; a text that is there many
times over is compared with its first copy only. Measured (docs/bench-check.md), ten thousand texts
cost 28 times as much as a thousand: less than comparing each with each, more than in proportion.
"""

from __future__ import annotations

import re
from array import array
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from zlib import crc32

from bot.core.lint.rule import Severity
from bot.core.model import Item, Problem

BANDS, ROWS = 25, 5
BINS = BANDS * ROWS
SHINGLE = 4  # characters
SHORTEST = 100  # characters: shorter texts are alike by chance
NEAR = 0.75  # of the shingles in common (Jaccard)
CROWD = 50  # texts of one band that are compared with a new one
_EMPTY = 0xFFFFFFFF
_WORDS = re.compile(r"[\W_]+")

# code -> (severity, what it finds, what to do), for the page of codes
CODES: dict[str, tuple[Severity, str, str]] = {
    "id-twice": ("error", "两篇内容用了同一个编号（不分大小写）", "改其中一篇的编号"),
    "title-twice": ("warning", "两篇内容标题一样", "改其中一篇的标题，免得收到的人以为是重发"),
    "text-twice": ("warning", "两篇内容正文几乎一样", "留一篇；是更正的，写“更正: 原编号”"),
}


@dataclass(frozen=True, kw_only=True)
class Print:
    """What of an item is needed to find its twins: small, so that ten thousand fit anywhere."""

    id: str
    title: str
    path: str
    line: int  # of 编号
    title_line: int
    corrects: str = ""
    sketch: bytes = b""  # BINS numbers of four bytes; empty for a short text


def print_of(item: Item) -> Print:
    return Print(
        id=item.id,
        title=item.title,
        path=item.path,
        line=item.lines.get("编号") or item.lines.get("id", 1),
        title_line=item.lines.get("title", 1),
        corrects=item.corrects,
        sketch=sketch_of("".join(item.sections.values())),
    )


def sketch_of(text: str) -> bytes:
    """Return the MinHash of `text`, b"" where it is too short to tell."""
    text = _WORDS.sub("", text)
    if len(text) < SHORTEST:
        return b""
    raw, width = text.encode("utf-32-le", "surrogatepass"), 4 * SHINGLE
    bins = array("I", [_EMPTY]) * BINS
    for shingle in {raw[at : at + width] for at in range(0, len(raw) - width + 1, 4)}:
        value, place = divmod(crc32(shingle), BINS)
        if value < bins[place]:
            bins[place] = value
    return _filled(bins).tobytes()


def _filled(bins: array[int]) -> array[int]:
    """Give every empty bin what its next full neighbour has, so that all can be compared."""
    last = next(value for value in bins if value != _EMPTY)
    for place in range(BINS - 1, -1, -1):
        if bins[place] == _EMPTY:
            bins[place] = last
        last = bins[place]
    return bins


def alike(one: bytes, other: bytes) -> float:
    """Return the share of shingles two texts have in common, as their sketches tell it."""
    mine, theirs = memoryview(one).cast("I"), memoryview(other).cast("I")
    return sum(a == b for a, b in zip(mine, theirs, strict=True)) / BINS


class Crowd:
    """The texts seen so far. `add` names the first that a new one is nearly the same as."""

    def __init__(self) -> None:
        self._bands: list[dict[bytes, list[Print]]] = [{} for _ in range(BANDS)]

    def add(self, text: Print) -> Print | None:
        if not text.sketch:
            return None
        width, seen = 4 * ROWS, set()
        places = []
        for number, band in enumerate(self._bands):
            key = text.sketch[number * width : (number + 1) * width]
            for other in band.get(key, ())[:CROWD]:
                if other.path in seen:
                    continue
                seen.add(other.path)
                if alike(text.sketch, other.sketch) >= NEAR and not _corrected(text, other):
                    return other  # a copy is not looked for again: its original stands for it
            places.append((band, key))
        for band, key in places:
            band.setdefault(key, []).append(text)
        return None


def _corrected(one: Print, other: Print) -> bool:
    """Whether one says that it corrects the other: then they are alike on purpose."""
    ids = {one.id.casefold(), other.id.casefold()}
    return bool({one.corrects.casefold(), other.corrects.casefold()} & ids)


def twins(prints: Iterable[Print]) -> Iterator[Problem]:
    """Yield what is there twice; of a pair, the later file by path is told of."""
    ids: dict[str, Print] = {}
    titles: dict[str, Print] = {}
    crowd = Crowd()
    for one in sorted(prints, key=lambda one: one.path):
        if (first := ids.setdefault(one.id.casefold(), one)) is not one:
            hint = f"编号“{one.id}”与 {first.path} 重复，请改成不同的编号"
            yield _problem(one, "id-twice", one.line, hint)
        twin = crowd.add(one)
        if twin is not None:
            hint = f"正文与 {twin.path} 几乎一样；是更正的请写“更正: {twin.id}”，否则留一篇"
            yield _problem(one, "text-twice", one.line, hint)
        first = titles.setdefault(_WORDS.sub("", one.title), one)
        same_id = first.id.casefold() == one.id.casefold()  # itself, or told of already
        if not (same_id or twin or _corrected(one, first)):
            hint = f"标题与 {first.path} 一样，请改一个，免得收到的人以为是重发"
            yield _problem(one, "title-twice", one.title_line, hint)


def _problem(one: Print, code: str, line: int, message: str) -> Problem:
    return Problem(path=one.path, line=line, severity=CODES[code][0], code=code, message=message)


def copies(texts: Sequence[str]) -> list[tuple[int, int]]:
    """Return the pairs (later, earlier) of texts that are nearly the same. For trying it out."""
    crowd, found = Crowd(), []
    for number, text in enumerate(texts):
        one = Print(
            id=str(number), title="", path=str(number), line=0, title_line=0, sketch=sketch_of(text)
        )
        if (twin := crowd.add(one)) is not None:
            found.append((number, int(twin.path)))
    return found
