"""Counts that must not tell who they are of: kept back and written in shuffled lots.

A receipt that somebody answered is durable at once, and the journal has both in the order of
writing. A choice that was written beside it would be that person's: so choices wait here, in
memory alone, until there are enough of them to be mixed. Fewer than a lot are never written; a
restart loses them, and nothing but a count is lost.
"""

from __future__ import annotations

from random import SystemRandom

SIZE = 5


class Lots:
    def __init__(self, size: int = SIZE) -> None:
        self._size = size
        self._waiting: dict[str, list[str]] = {}
        self._random = SystemRandom()

    def add(self, name: str, lot: str) -> list[str]:
        """Put `name` into `lot`; return all its names, mixed, once they are enough; else []."""
        names = self._waiting.setdefault(lot, [])
        names.append(name)
        if len(names) < self._size:
            return []
        del self._waiting[lot]
        self._random.shuffle(names)
        return names
