"""APScheduler as a waker, and a watch that sees it sleep.

Traps of APScheduler 3 that this is built round (shared facts, all reproduced by others): a grace
time of one second drops late jobs silently; one trigger that raises stops every job while
`running` stays true; a persistent store stalls the loop. So: one job in memory, no grace limit, a
trigger that cannot raise, and a heartbeat that is looked at from outside the scheduler.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime, timedelta

from apscheduler.schedulers.asyncio import AsyncIOScheduler
from apscheduler.triggers.base import BaseTrigger

log = logging.getLogger(__name__)

LONGEST_SLEEP = timedelta(seconds=30)  # an edit, a notice, a tap of 急停 is seen within this
SHORTEST_SLEEP = timedelta(seconds=1)
JOB = "tick"


class Waker(BaseTrigger):  # type: ignore[misc]
    """Fires when `sleep` says; whatever goes wrong, it fires again soon."""

    def __init__(self, sleep: Callable[[], timedelta]) -> None:
        self._sleep = sleep

    def get_next_fire_time(self, _previous: datetime | None, now: datetime) -> datetime:
        try:
            pause = min(max(self._sleep(), SHORTEST_SLEEP), LONGEST_SLEEP)
        except Exception:
            log.exception("the waker stumbled", extra={"action": "waker-failed"})
            pause = SHORTEST_SLEEP
        return now + pause


class Embedded:
    """Runs `tick` whenever `next_wake` says, for as long as the process lives.

    `now` is the product's clock; the pauses between ticks are real seconds.
    """

    def __init__(
        self,
        tick: Callable[[], Awaitable[object]],
        next_wake: Callable[[], Awaitable[datetime]],
        now: Callable[[], datetime],
        *,
        watch: float = 10.0,
        overdue: float = 120.0,
    ) -> None:
        self._tick, self._next_wake, self._now = tick, next_wake, now
        self._watch, self._overdue = watch, overdue
        self._pause = SHORTEST_SLEEP
        self._scheduler: AsyncIOScheduler | None = None
        self.beats = 0
        self.last_beat: float | None = None  # of the loop's own clock, which nobody can set

    async def run(self, stop: asyncio.Event) -> None:
        """Run until `stop` is set."""
        self._start()
        try:
            while not stop.is_set():
                try:
                    await asyncio.wait_for(stop.wait(), self._watch)
                except TimeoutError:
                    self._look()
        finally:
            self._shut()

    def _start(self) -> None:
        self.last_beat = asyncio.get_running_loop().time()
        self._scheduler = AsyncIOScheduler(timezone=UTC)
        self._scheduler.add_job(
            self._beat,
            Waker(lambda: self._pause),
            id=JOB,
            misfire_grace_time=None,
            coalesce=True,
            max_instances=1,
        )
        self._scheduler.start()

    def _shut(self) -> None:
        if self._scheduler is not None and self._scheduler.running:
            self._scheduler.shutdown(wait=False)

    async def _beat(self) -> None:
        try:
            await self._tick()
            self._pause = await self._next_wake() - self._now()
        except Exception:
            log.exception("a tick failed", extra={"action": "tick-failed"})
            self._pause = SHORTEST_SLEEP
        self.beats += 1
        self.last_beat = asyncio.get_running_loop().time()
        if self._scheduler is not None:
            # The next time was worked out when this beat began, from the pause before it.
            self._scheduler.reschedule_job(JOB, trigger=Waker(lambda: self._pause))

    def _look(self) -> None:
        """Start the clock anew when it has not ticked for too long, whatever it claims."""
        silent = asyncio.get_running_loop().time() - (self.last_beat or 0.0)
        job = self._scheduler.get_job(JOB) if self._scheduler else None
        if silent < self._overdue and job is not None:
            return
        log.error(
            "no tick for %.0f s: the clock is started anew", silent, extra={"action": "revived"}
        )
        self._shut()
        self._start()
