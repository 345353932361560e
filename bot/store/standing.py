"""The pushes as they stand: decoded, and found by state, by target, by occurrence and part.

Ticks ask for them all the time. They are kept beside their rows in memory, in the order of their
due times, and follow whatever changes those (tables.Part.watched): a row that was replaced is
decoded and put into its place once, the others never.
"""

from __future__ import annotations

from bisect import bisect_left, insort
from collections.abc import Collection, Iterable
from dataclasses import replace
from datetime import datetime
from types import MappingProxyType

from bot.core.memory import UNSAID
from bot.core.model import Push, State
from bot.store import Told
from bot.store.codec import from_doc
from bot.store.tables import Doc, Part

TABLE = "pushes"
Name = tuple[str, str]
ALL = ("", "")


class Standing:
    """What the rows of one main file say of the pushes."""

    def __init__(self, part: Part) -> None:
        self.part = part
        part.watched[TABLE] = set(part.tables.get(TABLE, {}))
        self._pushes: dict[str, Push] = {}
        self._names: dict[str, list[Name]] = {}  # of the groups that a push is in, by its key
        self._groups: dict[Name, list[Push]] = {}  # each by due time
        # When it was sent, or was to be, and its key: of what began and whose rows name people.
        self._naming: list[tuple[datetime, str]] = []
        self._told: dict[str, Told] = {}  # by target
        self._retell: set[str] = set()  # targets of which a row has changed since

    @property
    def behind(self) -> int:
        """How many rows are still to be decoded."""
        return len(self.part.watched[TABLE])

    def find(self, key: str) -> Push | None:
        self._follow()
        return self._pushes.get(key)

    def since(self, moment: datetime) -> list[Push]:
        """Return the pushes that were due at a moment, or after it, by due time."""
        self._follow()
        group = self._groups.get(ALL, [])
        return group[bisect_left(group, (moment, ""), key=_order) :]

    def asked(self, states: Collection[State], target: str, stem: str) -> list[Push]:
        """Return the pushes of which all that is asked for is true, by due time."""
        self._follow()
        if stem or target:
            found = self._groups.get(("stem", stem) if stem else ("target", target), [])
            return [
                push
                for push in found
                if (not states or push.state in states) and target in ("", push.target)
            ]
        names = [("state", state) for state in {*states}] if states else [ALL]
        groups = [group for name in names if (group := self._groups.get(name))]
        if len(groups) == 1:
            return [*groups[0]]
        return by_due(push for group in groups for push in group)

    def told(self) -> dict[str, Told]:
        """Return how much each target was told, counted anew where a row has changed."""
        self._follow()
        for target in self._retell:
            rows = [push for push in self._groups.get(("target", target), ()) if push.item]
            self._told.pop(target, None)
            if rows:
                unsaid = sum(push.state in UNSAID for push in rows)
                self._told[target] = Told(len(rows), unsaid, rows[0].due)
        self._retell.clear()
        return {**self._told}

    def names_since(self, before: datetime) -> bool:
        """Whether a push that went out, or was to, by `before` has rows that still name people."""
        self._follow()
        return bool(self._naming) and self._naming[0][0] <= before

    def _follow(self) -> None:
        changed = self.part.watched[TABLE]
        if not changed:
            return
        docs = [doc for key in changed if (doc := self.part.find(TABLE, key)) is not None]
        for key in changed:
            self._take_out(key)
        # In the order of their times: then most of them come behind all that are there.
        for doc in sorted(docs, key=lambda doc: (str(doc["due"]), str(doc["key"]))):
            self._put_in(doc)
        changed.clear()

    def _take_out(self, key: str) -> None:
        old = self._pushes.pop(key, None)
        if old is None:
            return
        self._retell.add(old.target)
        at = bisect_left(self._naming, _named(old))
        if self._naming[at : at + 1] == [_named(old)]:
            del self._naming[at]
        for name in self._names.pop(key):
            group = self._groups[name]
            del group[bisect_left(group, _order(old), key=_order)]

    def _put_in(self, doc: Doc) -> None:
        push = from_doc(Push, doc)
        push = replace(push, tally=MappingProxyType(push.tally))  # it is everybody's
        self._pushes[push.key] = push
        self._retell.add(push.target)
        stem = push.key.rpartition("@")[0]
        names = [ALL, ("state", push.state), ("target", push.target), ("stem", stem)]
        if "begun" in doc and not doc.get("folded"):
            insort(self._naming, _named(push))
        self._names[push.key] = names
        for name in names:
            insort(self._groups.setdefault(name, []), push, key=_order)


def by_due(pushes: Iterable[Push]) -> list[Push]:
    return sorted(pushes, key=_order)


def _named(push: Push) -> tuple[datetime, str]:
    return push.sent_at or push.due, push.key


def _order(push: Push) -> tuple[datetime, str]:
    return push.due, push.key
