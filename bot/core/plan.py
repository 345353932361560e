"""What a plan depends on, what it answers, and the calls for a text in between."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from functools import cached_property

from bot.core.calendar import Calendar
from bot.core.model import Item, Kind, Node, NodeDay, Push, Rule, Skip, Target
from bot.core.policy import Policy


@dataclass(frozen=True, kw_only=True)
class Plan:
    """Everything a day's plan depends on, beside what was sent already."""

    calendar: Calendar
    nodes: tuple[Node, ...]
    rules: tuple[Rule, ...]
    items: tuple[Item, ...]
    targets: tuple[Target, ...]
    # Item id -> why it may not be sent as it stands ("" where it may); see approvals.
    blocked: Mapping[str, str] = field(default_factory=dict)
    policy: Policy = field(default_factory=Policy)

    @cached_property
    def _node_days(self) -> dict[int, list[NodeDay]]:
        return {}

    def node_days(self, year: int) -> list[NodeDay]:
        if year not in self._node_days:
            self._node_days[year] = self.calendar.node_days(self.nodes, year)
        return self._node_days[year]


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
    time: str = "上午"
    rule: Rule | None = None
    nodes: tuple[NodeDay, ...] = ()

    @property
    def name(self) -> str:
        return self.rule.key if self.rule else self.nodes[0].node.key

    @property
    def kinds(self) -> tuple[Kind, ...]:
        return self.rule.kinds if self.rule else (Kind.NODE,)

    @property
    def node_names(self) -> tuple[str, ...]:
        return tuple(node_day.node.name for node_day in self.nodes)

    def key(self, target: Target) -> str:
        return f"{self.occurrence}_{self.part}@{target.id}"
