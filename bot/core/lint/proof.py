"""What the examination of one file found, as long as its bytes, the lexicon and the program stand.

Rules that ask which day it is, or what nodes there are, are asked again each time: they look at
the head alone, and that is kept. As a row of JSON a proof is a kilobyte.
"""

from __future__ import annotations

from base64 import b64decode, b64encode
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from typing import Any

from bot.core.lint.near import Sketch
from bot.core.lint.twins import Print, print_of
from bot.core.model import Item, Kind, Problem

# What of a head is kept.
_TEXTS = ("id", "title", "series", "level", "audience", "corrects", "status")
_LISTS = ("nodes", "tags", "posts", "attachments")


@dataclass(frozen=True, kw_only=True, slots=True)
class Proof:
    """An item's head, what finds its twins, and what is wrong with it on any day."""

    head: Item | None = None  # from a row: without its words
    print: Print | None = None
    problems: tuple[Problem, ...] = ()


def proof_of(item: Item | None, problems: Iterable[Problem]) -> Proof:
    """Return the proof of an item, or of a file that is none."""
    if item is None:
        return Proof(problems=tuple(problems))
    return Proof(head=item, print=print_of(item), problems=tuple(problems))


def to_row(proof: Proof) -> list[Any]:
    """Return a proof as JSON, without the path: the file may be read where it lies."""
    found = [[one.line, one.severity, one.code, one.message] for one in proof.problems]
    if proof.head is None or proof.print is None:
        return [found]
    head, sketch = proof.head, proof.print.sketch
    days = [day.isoformat() if day else "" for day in (head.effective, head.expires)]
    return [
        found,
        [getattr(head, name) for name in _TEXTS],
        [getattr(head, name) for name in _LISTS],
        [head.kind, *days],
        {key: line for key, line in head.lines.items() if " " not in key},  # of the head
        [proof.print.line, proof.print.title_line],
        [b64encode(part).decode() for part in (sketch.bins, sketch.bands)],
    ]


def from_row(row: list[Any], path: str) -> Proof:
    """Return the proof that `to_row` made a row of."""
    problems = tuple(
        Problem(path=path, line=line, severity=severity, code=code, message=message)
        for line, severity, code, message in row[0]
    )
    if len(row) == 1:
        return Proof(problems=problems)
    _, texts, lists, (kind, *days), lines, places, sketch = row
    texts = dict(zip(_TEXTS, texts, strict=True))
    lists = dict(zip(_LISTS, map(tuple, lists), strict=True))
    effective, expires = (date.fromisoformat(day) if day else None for day in days)
    head = Item(
        path=path,
        kind=Kind(kind),
        effective=effective,
        expires=expires,
        lines=lines,
        **texts,
        **lists,
    )
    made = Print(
        id=head.id,
        title=head.title,
        path=path,
        line=places[0],
        title_line=places[1],
        corrects=head.corrects,
        sketch=Sketch(*(b64decode(part) for part in sketch)),
    )
    return Proof(head=head, print=made, problems=problems)
