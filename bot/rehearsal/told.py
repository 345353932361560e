"""What was seen on the way through a rehearsed year."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from dataclasses import dataclass, field

from bot.core.model import Receipt


@dataclass(kw_only=True)
class Told:
    """Counted while the clock jumps."""

    ticks: int = 0
    posted: int = 0  # messages of the local WeCom at the last look
    failed: dict[str, int] = field(default_factory=dict)  # what failed in a tick, how often
    compared: set[str] = field(default_factory=set)
    counted: int = 0  # receipts in the store, by push and person
    expected: int = 0  # the same from the people's side
    unequal: list[str] = field(default_factory=list)  # keys of pushes where the two differ
    marks: int = 0  # of all receipts together, who and when included, in no order

    def note(self, receipts: Iterable[Receipt]) -> None:
        for one in receipts:
            words = f"{one.push}/{one.person}/{one.step}/{one.at.isoformat()}/{one.means}"
            mark = hashlib.blake2b(words.encode(), digest_size=8).digest()
            self.marks += int.from_bytes(mark, "big")

    @property
    def digest(self) -> str:
        """Return what two rehearsals with the same receipts have in common; it names nobody."""
        return f"{self.marks % 2**64:016x}"
