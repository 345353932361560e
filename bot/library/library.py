"""Everything people wrote, and where it lies."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from functools import cached_property
from pathlib import Path

from bot.core import review
from bot.core.calendar import Calendar
from bot.core.model import Item, Kind, Problem
from bot.core.schedules import Schedules
from bot.library import approvals, holds
from bot.library.approvals import Approval
from bot.library.holds import Hold
from bot.library.memory import Memory
from bot.library.words import leaders_of


@dataclass(frozen=True, kw_only=True)
class Library:
    """Everything people wrote, as it stands on disk."""

    items: tuple[Item, ...] = ()
    problems: tuple[Problem, ...] = ()
    blocked: Mapping[str, str] = field(default_factory=dict)  # item id -> why it may not be sent
    schedules: Schedules = field(default_factory=Schedules)
    halted: tuple[str, ...] = ()  # words that somebody has called a halt to
    hold: str = ""  # why nothing at all may be sent: days off cannot be told from workdays

    @property
    def calendar(self) -> Calendar:
        return self.schedules.calendar

    def item(self, item_id: str) -> Item | None:
        return self._by_id.get(item_id.casefold())

    @cached_property
    def by_expiry(self) -> Sequence[tuple[date, int]]:
        """Return the 失效 of texts and where in `items` they stand, by day."""
        return sorted((one.expires, n) for n, one in enumerate(self.items) if one.expires)

    @cached_property
    def _by_id(self) -> Mapping[str, Item]:
        return {item.id.casefold(): item for item in reversed(self.items)}  # the first counts


@dataclass(frozen=True, kw_only=True)
class Folders:
    """Where the files are, and what makes an approval complete."""

    content: Path
    schedules: Path
    data: Path
    steps: tuple[str, ...] = ("终审",)
    kinds: Mapping[Kind, tuple[str, ...]] = field(default_factory=dict)  # steps of its own
    review: bool = True
    rooms: Mapping[str, int] = field(default_factory=dict)  # channel -> bytes of a whole text in it
    memory: Memory = field(default_factory=Memory, compare=False)

    @property
    def approvals(self) -> Path:
        return self.content / "approvals"

    def steps_of(self, item: Item) -> tuple[str, ...]:
        return review.steps_of(item, self.steps, self.kinds, leaders_of(self.content))

    def said_of(self, item: Item, key: bytes) -> list[Approval]:
        """Return what was said of an item, in order of time: by its files, and as remembered."""
        return self.memory.with_stops(item.id, approvals.read(self.approvals, item.id, key))

    def holds(self) -> tuple[Hold, ...]:
        """Return the halts in force. ValueError where their file cannot be read."""
        return self.memory.with_holds(holds.read(self.data))


def errors(problems: Sequence[Problem]) -> list[Problem]:
    return [problem for problem in problems if problem.severity == "error"]
