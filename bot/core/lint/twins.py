"""Texts that are there twice: the same 编号, the same title, nearly the same words.

Of a pair the later file by path is told of. `Twins` is kept as texts come and go, so that one edit
among ten thousand asks only those that it concerns; the answer is the same as from a fresh look.
"""

from __future__ import annotations

import re
from bisect import insort
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass

from bot.core.lint.near import NOTHING, Near, Sketch, sketch_of
from bot.core.lint.rule import Severity
from bot.core.model import Item, Problem

_WORDS = re.compile(r"[\W_]+")

# code -> (severity, what it finds, what to do), for the page of codes
CODES: dict[str, tuple[Severity, str, str]] = {
    "id-twice": ("error", "两篇内容用了同一个编号（不分大小写）", "改其中一篇的编号"),
    "title-twice": ("warning", "两篇内容标题一样", "改其中一篇的标题，免得收到的人以为是重发"),
    "text-twice": ("warning", "两篇内容正文几乎一样", "留一篇；是更正的，写“更正: 原编号”"),
}


@dataclass(frozen=True, kw_only=True, slots=True)
class Print:
    """What of an item is needed to find its twins: small, so that ten thousand fit anywhere."""

    id: str
    title: str
    path: str
    line: int  # of 编号
    title_line: int
    corrects: str = ""
    sketch: Sketch = NOTHING


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


class Twins:
    """What is there twice in a folder, as texts come and go."""

    def __init__(self, prints: Iterable[Print] = ()) -> None:
        self._prints: dict[str, Print] = {}  # by path
        self._ids = _Groups(lambda one: one.id.casefold())
        self._titles = _Groups(lambda one: _WORDS.sub("", one.title))
        self._near = Near(self._excused)
        self._told: dict[str, tuple[Problem, ...]] = {}
        self.change((), prints)

    def change(self, gone: Iterable[str], come: Iterable[Print]) -> set[str]:
        """Take out the texts of these paths and put others in; an edited one is both.

        Return the paths of which something else may be told now.
        """
        come = list(come)
        out = [self._prints.pop(path) for path in gone if path in self._prints]
        affected = {one.path for one in (*out, *come)}
        for one in out:
            affected |= self._ids.remove(one) | self._titles.remove(one)
        self._prints.update((one.path, one) for one in come)
        for one in come:
            affected |= self._ids.add(one) | self._titles.add(one)
        sketches = ((one.path, one.sketch) for one in come)
        affected |= self._near.change((one.path for one in out), sketches)
        for path in affected:
            told = tuple(self._of(self._prints[path])) if path in self._prints else ()
            if told:
                self._told[path] = told
            else:
                self._told.pop(path, None)
        return affected

    def told(self, path: str) -> tuple[Problem, ...]:
        return self._told.get(path, ())

    def problems(self) -> Iterator[Problem]:
        for told in self._told.values():
            yield from told

    def _of(self, one: Print) -> Iterator[Problem]:
        if (first := self._prints[self._ids.first(one)]) is not one:
            hint = f"编号“{one.id}”与 {first.path} 重复，请改成不同的编号"
            yield _problem(one, "id-twice", one.line, hint)
        twin = self._prints.get(self._near.first.get(one.path, ""))
        if twin is not None:
            hint = f"正文与 {twin.path} 几乎一样；是更正的请写“更正: {twin.id}”，否则留一篇"
            yield _problem(one, "text-twice", one.line, hint)
        first = self._prints[self._titles.first(one)]
        same_id = first.id.casefold() == one.id.casefold()  # itself, or told of already
        if not (same_id or twin or _corrected(one, first)):
            hint = f"标题与 {first.path} 一样，请改一个，免得收到的人以为是重发"
            yield _problem(one, "title-twice", one.title_line, hint)

    def _excused(self, one: str, other: str) -> bool:
        return _corrected(self._prints[one], self._prints[other])


class _Groups:
    """Texts that have something in common, each group in the order of paths."""

    def __init__(self, key: Callable[[Print], str]) -> None:
        self._key = key
        self._paths: dict[str, list[str]] = {}

    def first(self, one: Print) -> str:
        return self._paths[self._key(one)][0]

    def add(self, one: Print) -> set[str]:
        """Put a text in; return whose first is another now."""
        paths = self._paths.setdefault(self._key(one), [])
        insort(paths, one.path)
        return set(paths) if paths[0] == one.path else {one.path}

    def remove(self, one: Print) -> set[str]:
        paths = self._paths[self._key(one)]
        led = paths[0] == one.path
        paths.remove(one.path)
        if not paths:
            del self._paths[self._key(one)]
        return set(paths) if led else set()


def _corrected(one: Print, other: Print) -> bool:
    """Whether one says that it corrects the other: then they are alike on purpose."""
    ids = {one.id.casefold(), other.id.casefold()}
    return bool({one.corrects.casefold(), other.corrects.casefold()} & ids)


def twins(prints: Iterable[Print]) -> Iterator[Problem]:
    """Yield what is there twice; of a pair, the later file by path is told of."""
    return Twins(prints).problems()


def _problem(one: Print, code: str, line: int, message: str) -> Problem:
    return Problem(path=one.path, line=line, severity=CODES[code][0], code=code, message=message)
