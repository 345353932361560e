"""What was returned, withdrawn or halted, whatever became of the files that say so.

The trail in the store keeps every such word for ever; the engine reads it into this once, and
whoever says something new says it here too. So an approval does not come back to life because
a withdrawal was deleted, or an older copy of the approvals was put in their place.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime

from bot.core import holding
from bot.library.approvals import AGREED, WITHDRAWN, Approval
from bot.library.holds import Hold


class Memory:
    """Grows only; `version` changes when it does."""

    def __init__(self) -> None:
        self._stops: dict[str, list[Approval]] = {}
        self._held: dict[str, Hold] = {}
        self.happened: set[tuple[datetime, str]] = set()  # withdrawn, deferred: for the summary
        self.recalled = False  # whether the trail has been read
        self.upto = 0  # to which of its entries
        self.version = 0

    def said(self, one: Approval) -> None:
        """Remember a return or a withdrawal; an approval holds by its file alone."""
        known = self._stops.setdefault(one.id.casefold(), [])
        if one.verdict != AGREED and one not in known:
            known.append(one)
            self.version += 1
        if one.verdict == WITHDRAWN:
            self.happened.add((one.when, "withdrawn"))

    def put_off(self, when: datetime) -> None:
        """Remember that somebody kept a push back (暂缓)."""
        self.happened.add((when, "deferred"))

    def with_stops(self, item_id: str, found: Sequence[Approval]) -> list[Approval]:
        """Return what was found in files and what is remembered, each once, in order of time."""
        lost = [one for one in self._stops.get(item_id.casefold(), ()) if one not in found]
        return sorted([*found, *lost], key=lambda one: one.when) if lost else list(found)

    def held(self, one: Hold) -> None:
        self._held[holding.plain(one.word)] = one
        self.version += 1

    def lifted(self, word: str) -> None:
        self._held.pop(holding.plain(word), None)
        self.version += 1

    def with_holds(self, found: Iterable[Hold]) -> tuple[Hold, ...]:
        """Return the halts of the file, and those the file has lost."""
        known = {holding.plain(one.word): one for one in found}
        return tuple({**self._held, **known}.values())
