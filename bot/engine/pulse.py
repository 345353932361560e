"""That the ticks go on, as a few numbers: for the watch outside of them, and for the metrics."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass


@dataclass(kw_only=True)
class Pulse:
    """Of one process. Times are the loop's own, which nobody can set."""

    rounds: int = 0  # that ended, well or not
    good: int = 0
    failed: int = 0  # single ticks in them
    ended: float = 0.0  # when a round last ended; 0.0 before the first
    well: float = 0.0  # when one last ended without a failure

    def beat(self, failures: Sequence[str]) -> None:
        self.rounds += 1
        self.ended = asyncio.get_running_loop().time()
        self.failed += len(failures)
        if not failures:
            self.good += 1
            self.well = self.ended
