"""What a rule is: a pure function over one text, with a stable code and words for the page.

    Item ──> Sheet (its texts, as a reader and as a forger would write them)
    Sheet, Frame (today, the lexicon, the nodes) ──> rule ──> Found(where, message, at)

The page of codes (docs/handbook/check-codes.md) is printed from the rules themselves.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date
from functools import cached_property, lru_cache
from typing import Literal

from bot.core.content import KEYS
from bot.core.lint.citing import Citation, citations
from bot.core.lint.lexicon import Lexicon
from bot.core.model import Item, Kind, Problem

Severity = Literal["error", "warning"]

# What stands between two characters and is not seen, or hardly: it hides a word from a search.
UNSEEN = re.compile("[\u00ad\u034f\u061c\u115f\u1160\u17b4\u17b5\u180e\u200b-\u200f\u2028-\u202e"
                    "\u2060-\u206f\u3164\ufeff\uffa0\U000e0000-\U000e007f]")  # fmt: skip
_BLANKS = re.compile(r"\s+")
_DIGIT = "\\d\u00b2\u00b3\u00b9\u2070-\u2089\u2460-\u249b\u24ea-\u24ff\u3248-\u325f\u3280-\u33ff"
# Six digits in a row, or what NFKC makes one or two of: no number that is looked for is shorter.
_LONG = re.compile(f"(?:[{_DIGIT}][\\s\uff0d\ufe63{UNSEEN.pattern[1:-1]}-]*){{6}}")
_ODD = re.compile("[^\u4e00-\u9fff\u3001-\u301f\u2018-\u201d\x00-\x7f]")  # NFKC may change them
_COMBINING = re.compile("[\u0300-\u036f\u1100-\u11ff\u3099\u309a]")
_BETWEEN_DIGITS = re.compile(r"(?<=\d)[ \t]+(?=\d)")


@dataclass(frozen=True, kw_only=True)
class Frame:
    """What a rule may know beside the text: the day, the unit's words, the unit's nodes."""

    today: date
    nodes: frozenset[str] = frozenset()  # names in nodes.toml
    unfilled: Mapping[str, frozenset[str]] = field(default_factory=dict)  # by the name of a node
    lexicon: Lexicon = field(default_factory=Lexicon)
    rooms: Mapping[str, int] = field(default_factory=dict)  # channel -> bytes of a whole text in it


@dataclass(frozen=True)
class Found:
    """One place that offends a rule: the key or heading, what to say, how far into its text."""

    where: str
    message: str
    at: int = 0
    severity: Severity | None = None  # where it is not the rule's own


class Sheet:
    """An item as the rules look at it. Whatever several of them need is worked out once.

    Most rules find nothing in most texts. `places` and `letters` say so by one look at
    everything, where a look at each text, in turn, cost three times as much.
    """

    def __init__(self, item: Item) -> None:
        self.item = item

    @property
    def kind(self) -> Kind:
        return self.item.kind

    @cached_property
    def texts(self) -> tuple[tuple[str, str], ...]:
        """Every text a reader may see, by the key or heading it stands under."""
        item = self.item
        keys = ("标题", "短讯", "系列", "摘要", "依据", "来源", "题目", "人物")
        found = [(key, text) for key in keys if (text := getattr(item, KEYS[key]))]
        found += [("附件", "\n".join(item.attachments))] if item.attachments else []
        found += [(f"## {name}", text) for name, text in item.sections.items()]
        return tuple(found)

    @cached_property
    def bare(self) -> tuple[tuple[str, str], ...]:
        """The same, as a forger's trick leaves them: no blanks, nothing unseen, １ as 1."""
        return tuple((name, bare(text)) for name, text in self.texts)

    @cached_property
    def numbers(self) -> tuple[tuple[str, str], ...]:
        """Texts with long numbers, as written and once more with １３８ 0013 as 1380013."""
        if not _LONG.search(self.whole):
            return ()
        return tuple(
            (name, f"{text}\n{_BETWEEN_DIGITS.sub('', plain(text))}")
            for name, text in self.texts
            if _LONG.search(text)
        )

    @cached_property
    def whole(self) -> str:
        """All texts, one below the other."""
        return "\n".join(text for _, text in self.texts)

    @cached_property
    def unseen(self) -> tuple[tuple[str, str], ...]:
        """The fields that nobody sees but the program reads."""
        item = self.item
        tags = "、".join(item.tags)
        return (("编号", item.id), ("起草", item.author), ("标签", tags), ("对象", item.audience))

    @cached_property
    def letters(self) -> str:
        """Each character that stands anywhere, once: enough to tell that some are not there."""
        return "".join(set("".join([self.whole, *(text for _, text in self.unseen)])))

    @cached_property
    def citations(self) -> list[Citation]:
        return citations(self.texts)

    def places(
        self, pattern: re.Pattern[str], needs: Iterable[str] = ("",)
    ) -> Iterator[tuple[str, re.Match[str]]]:
        """Yield (where, match) of the first place in each text.

        One of `needs` stands in everything that matches: it is sooner found than a pattern.
        """
        whole = self.whole
        if any(need in whole for need in needs) and pattern.search(whole):
            for name, text in self.texts:
                if match := pattern.search(text):
                    yield name, match

    def every_place(self, pattern: re.Pattern[str]) -> Iterator[tuple[str, re.Match[str]]]:
        """Yield (where, match) of every place in every text."""
        if pattern.search(self.whole):
            for name, text in self.texts:
                for match in pattern.finditer(text):
                    yield name, match

    @cached_property
    def disguised(self) -> bool:
        """Whether a letter may stand for another, or be hidden among what is not seen."""
        letters = self.letters
        if _COMBINING.search(letters) or UNSEEN.search(letters):
            return True
        made = "".join(plain for odd in _ODD.findall(letters) if (plain := _plain(odd)) != odd)
        return any(map(str.isalnum, made))


def bare(text: str) -> str:
    """Return `text` without blanks and unseen characters, its look-alikes made plain."""
    return _BLANKS.sub("", plain(text))


def plain(text: str) -> str:
    """Return `text` without unseen characters, its look-alikes as what they look like."""
    return text if text.isascii() else unicodedata.normalize("NFKC", UNSEEN.sub("", text))


@lru_cache(maxsize=1 << 14)
def _plain(char: str) -> str:
    return unicodedata.normalize("NFKC", char)


Find = Callable[[Sheet, Frame], Iterator[Found]]


@dataclass(frozen=True, kw_only=True)
class Rule:
    """One rule: its code never changes once it has shipped."""

    code: str
    about: str  # what it finds, for the page
    instead: str  # what to write instead, for the page
    find: Find
    severity: Severity = "error"
    timed: bool = False  # asks which day it is: its answers are good for that day only

    def problems(self, sheet: Sheet, frame: Frame) -> Iterator[Problem]:
        for found in self.find(sheet, frame):
            yield problem(
                sheet.item, found.where, self.code, found.message,
                found.severity or self.severity, found.at,
            )  # fmt: skip


def rule(
    code: str,
    about: str,
    instead: str,
    *,
    severity: Severity = "error",
    timed: bool = False,
) -> Callable[[Find], Rule]:
    """Make a rule of the function below."""

    def made(find: Find) -> Rule:
        return Rule(
            code=code, about=about, instead=instead, find=find, severity=severity, timed=timed
        )

    return made


def problem(
    item: Item, where: str, code: str, message: str, severity: Severity = "error", at: int = 0
) -> Problem:
    """Return a Problem on the line of `where`, `at` characters into its text."""
    return Problem(
        path=item.path, line=_line(item, where, at), severity=severity, code=code, message=message
    )


def _line(item: Item, where: str, at: int) -> int:
    if where.startswith("## "):
        name = where[3:]
        first = item.lines.get(f"text {name}")
        if first is not None and at >= 0:
            return first + item.sections.get(name, "").count("\n", 0, at)
        return item.lines.get(where, 1)
    return item.lines.get(where) or item.lines.get(KEYS.get(where, ""), 1)
