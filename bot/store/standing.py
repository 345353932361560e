"""The pushes as they stand: decoded, and found by state, by target, by occurrence and part.

Ticks ask for them all the time. They are kept beside their rows in memory and follow whatever
changes those (tables.Part.watched): a row that was replaced is decoded once, the others never.
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Collection, Iterable
from dataclasses import replace
from datetime import datetime
from types import MappingProxyType

from bot.core.model import Push, State
from bot.store.codec import from_doc
from bot.store.tables import Doc, Part

TABLE = "pushes"
Group = dict[str, Push]  # by key


class Standing:
    """What the rows of one main file say of the pushes."""

    def __init__(self, part: Part) -> None:
        self.part = part
        part.watched[TABLE] = set(part.tables.get(TABLE, {}))
        self._pushes: Group = {}
        self._groups: dict[tuple[str, str], Group] = {}
        self._sorted: list[Push] | None = None

    def find(self, key: str) -> Push | None:
        self._follow()
        return self._pushes.get(key)

    def asked(self, states: Collection[State], target: str, stem: str) -> list[Push]:
        """Return the pushes of which all that is asked for is true, by due time."""
        self._follow()
        if not (states or target or stem):
            if self._sorted is None:
                self._sorted = by_due(self._pushes.values())
            return [*self._sorted]
        if stem or target:
            found = [*self._groups.get(("stem", stem) if stem else ("target", target), {}).values()]
        else:
            groups = [self._groups.get(("state", state), {}) for state in {*states}]
            found = [push for group in groups for push in group.values()]
        return by_due(
            push
            for push in found
            if (not states or push.state in states) and target in ("", push.target)
        )

    def _follow(self) -> None:
        changed = self.part.watched[TABLE]
        for key in changed:
            doc, old = self.part.find(TABLE, key), self._pushes.pop(key, None)
            for name in _names(old):
                del self._groups[name][key]
            new = self._take(doc) if doc is not None else None
            self._sort_in(old, new)
        changed.clear()

    def _take(self, doc: Doc) -> Push:
        push = from_doc(Push, doc)
        push = replace(push, tally=MappingProxyType(push.tally))  # it is everybody's
        self._pushes[push.key] = push
        for name in _names(push):
            self._groups.setdefault(name, {})[push.key] = push
        return push

    def _sort_in(self, old: Push | None, new: Push | None) -> None:
        """Put a push in the place of what it was; anything else is sorted when it is asked for."""
        if self._sorted is None:
            return
        if old is None or new is None or old.due != new.due:
            self._sorted = None
        else:
            self._sorted[bisect_left(self._sorted, _order(new), key=_order)] = new


def by_due(pushes: Iterable[Push]) -> list[Push]:
    return sorted(pushes, key=_order)


def _order(push: Push) -> tuple[datetime, str]:
    return push.due, push.key


def _names(push: Push | None) -> list[tuple[str, str]]:
    """Return the groups that a push is in."""
    if push is None:
        return []
    stem = push.key.rpartition("@")[0]
    return [("state", push.state), ("target", push.target), ("stem", stem)]
