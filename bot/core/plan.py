"""What a plan depends on, what it answers, and the calls for a text in between."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import date
from functools import cached_property
from typing import TypeVar, cast

from bot.core import roles
from bot.core.calendar import Calendar
from bot.core.model import Item, Kind, Node, NodeDay, Push, Rule, Skip, Target
from bot.core.policy import Policy

T = TypeVar("T")
_LESSON = re.compile(r"^(.+?)[\s·]*(\d{1,3})\s*[/／]\s*(\d{1,3})$")


@dataclass(frozen=True, kw_only=True)
class Pause:
    """No push from `since` on, until `until` (from which day it goes on), or until told."""

    since: date
    until: date | None = None

    def holds(self, day: date) -> bool:
        return self.since <= day and (self.until is None or day < self.until)


@dataclass(frozen=True, kw_only=True)
class Cell:
    """People who belong to the same targets: what one of them hears, all of them hear."""

    targets: frozenset[str]
    people: frozenset[str] = frozenset()


@dataclass(frozen=True, kw_only=True)
class Plan:
    """Everything a day's plan depends on, beside what was sent already."""

    calendar: Calendar
    nodes: tuple[Node, ...]
    rules: tuple[Rule, ...]
    items: tuple[Item, ...]
    targets: tuple[Target, ...]
    # Target id -> its people, where they are addressed singly; a group is no roster's business.
    rosters: Mapping[str, frozenset[str]] = field(default_factory=dict)
    # Item id -> why it may not be sent as it stands ("" where it may); see approvals.
    blocked: Mapping[str, str] = field(default_factory=dict)
    policy: Policy = field(default_factory=Policy)
    pause: Pause | None = None

    @cached_property
    def kept(self) -> dict[object, object]:
        """What was computed once of what never changes here; whoever asks, names it."""
        return {}

    def node_days(self, year: int) -> list[NodeDay]:
        return self.keep(("days", year), lambda: self.calendar.node_days(self.nodes, year))

    def keep(self, name: object, compute: Callable[[], T]) -> T:
        """Return what `compute` found the first time it was asked for under this name."""
        if name not in self.kept:
            self.kept[name] = compute()
        return cast(T, self.kept[name])

    @cached_property
    def receivers(self) -> tuple[Target, ...]:
        """Return whom the plan is for, in an order that no file decides."""
        staff = [target for target in self.targets if not (target.office or target.person)]
        return tuple(sorted(staff, key=lambda target: target.id))

    @cached_property
    def offices(self) -> tuple[Target, ...]:
        return tuple(target for target in self.targets if target.office)

    @cached_property
    def cells(self) -> Mapping[str, tuple[Cell, ...]]:
        """Return the cells of each target; a group is one cell of its own, without people."""
        memberships: dict[str, set[str]] = {}
        for target in self.receivers:
            for person in self.rosters.get(target.id, ()):
                memberships.setdefault(person.casefold(), set()).add(target.id)
        together: dict[frozenset[str], set[str]] = {}
        for person, targets in memberships.items():
            together.setdefault(frozenset(targets), set()).add(person)
        cells = [
            Cell(targets=targets, people=frozenset(people)) for targets, people in together.items()
        ]
        cells.sort(key=lambda cell: sorted(cell.targets))
        found = {
            target.id: tuple(cell for cell in cells if target.id in cell.targets)
            for target in self.receivers
        }
        return {
            target: mine or (Cell(targets=frozenset({target})),) for target, mine in found.items()
        }


@dataclass(frozen=True, kw_only=True)
class Planned:
    """The answer: what will be sent, and what will not, with the reason."""

    pushes: tuple[Push, ...] = ()
    skipped: tuple[Skip, ...] = ()


@dataclass(frozen=True, kw_only=True)
class Slot:
    """A call for one text on one day, before a target and a text are known."""

    day: date
    occurrence: str  # the first of `covers`
    part: str
    covers: tuple[str, ...]
    last_day: date  # on which it may still be sent when something held it up
    rank: int
    rarity: int = 0  # of two of one rank the rarer goes first: yearly 0, quarterly 1, monthly 2 …
    time: str = "上午"
    rule: Rule | None = None
    nodes: tuple[NodeDay, ...] = ()
    moved: str = ""  # why it is not on its own day

    @property
    def name(self) -> str:
        return self.rule.key if self.rule else self.nodes[0].node.key

    @property
    def kinds(self) -> tuple[Kind, ...]:
        return self.rule.kinds if self.rule else (Kind.NODE,)

    @property
    def node_names(self) -> tuple[str, ...]:
        if self.rule:
            return self.rule.nodes
        return tuple(node_day.node.name for node_day in self.nodes)

    @property
    def stem(self) -> str:
        return f"{self.occurrence}_{self.part}"

    def key(self, target: Target) -> str:
        return f"{self.stem}@{target.id}"

    def is_for(self, target: Target) -> bool:
        """Whether a target is meant: roles hear what is for their role, and all hear the rest."""
        if self.rule is not None:
            wanted = self.rule.audience
            if wanted:
                return roles.same(target.audience, wanted)
        elif self.part == "leaders":
            return roles.leads(target.audience)
        return target.audience in roles.EVERYBODY


def lesson_of(item: Item) -> tuple[str, int, int] | None:
    """Return (series, number, how many) of an item like 系列: 党纪学习教育 3/12."""
    match = _LESSON.match(item.series.strip())
    return (match[1], int(match[2]), int(match[3])) if match else None
