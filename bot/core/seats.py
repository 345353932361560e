"""Who acts for the office in WeCom itself: reviewers, and whoever sees tomorrow's messages. Pure.

A seat is one account. What is for it goes to it alone, and only its own tap counts.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace

from bot.core.model import SEAT, Target

# Rules of the rows that go to a seat; words go before their card.
REVIEW, REVIEW_WORDS = "review", "review-words"
TOMORROW, TOMORROW_WORDS = "tomorrow", "tomorrow-words"
STOP = "stop"
DESK = frozenset({REVIEW, REVIEW_WORDS, TOMORROW, TOMORROW_WORDS, STOP})
# Keys of the buttons on those cards.
AGREE, RETURN, DEFER, HALT = "agree", "return", "defer", "halt"
BUTTONS = {REVIEW: (AGREE, RETURN), TOMORROW: (DEFER,), STOP: (HALT,)}

_SEAT = re.compile(
    r"(?P<name>[^=:：\s]{1,20})\s*=\s*(?P<person>[0-9A-Za-z_.@-]{1,64})"
    r"(?:\s*[:：]\s*(?P<steps>.+))?",
    re.ASCII,
)


@dataclass(frozen=True, kw_only=True)
class Seat:
    """One person of the office, by name and account."""

    name: str
    person: str  # the WeCom account
    steps: tuple[str, ...] = ()  # those they may take; () means all
    reviews: bool = True
    sees: bool = False  # tomorrow's messages

    @property
    def id(self) -> str:
        """Its target id: of the account, so that keys stay when the list is put in order."""
        return SEAT + hashlib.sha256(self.person.casefold().encode()).hexdigest()[:10]

    def may_take(self, step: str) -> bool:
        return self.reviews and (not self.steps or step in self.steps)

    def target(self, channel: str) -> Target:
        return Target(id=self.id, name=self.name, channel=channel, person=self.person)


def seats_of(cards: Sequence[str], preview: Sequence[str], last: str) -> tuple[Seat, ...]:
    """Return the seats that settings name; ValueError with the words that name none.

    `last` is the step after which a text may be sent: whoever takes it sees tomorrow's messages.

    >>> [one.person for one in seats_of(["王五=wangwu:终审"], ["李四=lisi"], "终审") if one.sees]
    ['wangwu', 'lisi']
    """
    found: dict[str, Seat] = {}
    for words in cards:
        one = _seat(words)
        found[one.person.casefold()] = replace(one, sees=one.may_take(last))
    for words in preview:
        one = replace(_seat(words), reviews=False)
        known = found.get(one.person.casefold(), one)
        found[one.person.casefold()] = replace(known, sees=True)
    return tuple(found.values())


def _seat(words: str) -> Seat:
    match = _SEAT.fullmatch(words.strip())
    if match is None:
        raise ValueError(words)
    steps = tuple(step for step in re.split(r"[、，,；;\s]+", match["steps"] or "") if step)
    return Seat(name=match["name"], person=match["person"], steps=steps)


def pages(text: str, limit: int) -> list[str]:
    """Cut a text into messages of at most `limit` bytes, between lines where that can be."""
    found: list[str] = []
    for line in _lines(text, limit):
        if found and len(f"{found[-1]}\n{line}".encode()) <= limit:
            found[-1] += f"\n{line}"
        else:
            found.append(line)
    return [page.strip("\n") for page in found if page.strip()]


def _lines(text: str, limit: int) -> Iterable[str]:
    for line in text.split("\n"):
        yield from _pieces(line, limit) if len(line.encode()) > limit else [line]


def _pieces(line: str, limit: int) -> Iterator[str]:
    piece = ""
    for char in line:
        if len((piece + char).encode()) > limit:
            yield piece
            piece = ""
        piece += char
    yield piece
