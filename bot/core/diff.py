"""What changed between two versions of a text, told so that a reviewer sees the very characters."""

from __future__ import annotations

import difflib
import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any, Literal

from bot.core.content import KEYS

Mark = Literal[" ", "-", "+"]
NEAR = 0.4  # two lines so alike are one line that was mended


@dataclass(frozen=True)
class Line:
    """One line of a comparison; `parts` are (text, whether it is what differs)."""

    mark: Mark
    parts: tuple[tuple[str, bool], ...]

    @property
    def text(self) -> str:
        return "".join(text for text, _ in self.parts)


def lines_of(words: str) -> list[str]:
    """Return what readers see of a text, line by line, from content.words_of."""
    seen: dict[str, Any] = json.loads(words)
    lines = []
    for key, name in KEYS.items():
        value = seen.get(name)
        shown = "、".join(value) if isinstance(value, list) else str(value or "")
        lines += [f"{key}：{shown}"] if shown else []
    attached = seen.get("attachments_sha256") or {}
    lines += [f"附件 {name} 的校验码：{sha[:12]}" for name, sha in attached.items()]
    for heading, text in seen.get("sections") or ():
        lines += [f"## {heading}"] if heading else []
        lines += str(text).split("\n")
    return [line for line in lines if line.strip()]


def compare(before: Sequence[str], after: Sequence[str]) -> list[Line]:
    """Return every line of both versions in order; [] when nothing differs."""
    found: list[Line] = []
    matcher = difflib.SequenceMatcher(a=before, b=after, autojunk=False)
    for op, a1, a2, b1, b2 in matcher.get_opcodes():
        if op == "equal":
            found += [Line(" ", ((line, False),)) for line in before[a1:a2]]
        else:
            found += _mended(before[a1:a2], after[b1:b2])
    return found if any(line.mark != " " for line in found) else []


def _mended(before: Sequence[str], after: Sequence[str]) -> Iterator[Line]:
    for n in range(max(len(before), len(after))):
        old = before[n] if n < len(before) else None
        new = after[n] if n < len(after) else None
        if old is None or new is None:
            yield from _whole(old, new)
            continue
        matcher = difflib.SequenceMatcher(a=old, b=new, autojunk=False)
        if matcher.ratio() < NEAR:
            yield from _whole(old, new)
            continue
        codes = matcher.get_opcodes()
        yield Line("-", _parts([(old[a1:a2], op != "equal") for op, a1, a2, _, _ in codes]))
        yield Line("+", _parts([(new[b1:b2], op != "equal") for op, _, _, b1, b2 in codes]))


def _whole(old: str | None, new: str | None) -> Iterator[Line]:
    if old is not None:
        yield Line("-", ((old, True),))
    if new is not None:
        yield Line("+", ((new, True),))


def _parts(parts: Sequence[tuple[str, bool]]) -> tuple[tuple[str, bool], ...]:
    return tuple((text, differs) for text, differs in parts if text)
