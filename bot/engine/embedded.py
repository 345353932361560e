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

LONGEST_SLEEP = timedelta(seconds=30)  # an edit or a notice is seen within this
SHORTEST_SLEEP = timedelta(seconds=1)
LAST_WORDS = 40.0  # real seconds a send may still take when the process is told to stop
JOB = "tick"


class Waker(BaseTrigger):  # type: ignore[misc]
    """Fires after as long as `pause` says; whatever goes wrong there, it fires again soon."""

    def __init__(self, pause: Callable[[], timedelta]) -> None:
        self._pause = pause

    def get_next_fire_time(self, _previous: datetime | None, now: datetime) -> datetime:
        try:
            pause = min(max(self._pause(), SHORTEST_SLEEP), LONGEST_SLEEP)
        except Exception:
            # APScheduler would stop every job for it and still say that it runs.
            log.exception("the waker stumbled", extra={"action": "waker-failed"})
            pause = SHORTEST_SLEEP
        return now + pause


class Embedded:
    """Runs `tick` whenever `next_wake` says, for as long as the process lives.

    `tick` returns what failed in it, nothing when all went well. `now` is the product's clock;
    the pauses between ticks are real seconds.
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
        self._wake: datetime | None = None
        self._failed = 0  # ticks in a row
        self._work: asyncio.Task[None] | None = None
        self._scheduler: AsyncIOScheduler | None = None
        self.beats = 0
        self.last_beat = 0.0  # of the loop's own clock, which nobody can set

    async def run(self, stop: asyncio.Event) -> None:
        """Run until `stop` is set; what is being sent then is sent to its end."""
        self._start()
        try:
            while not stop.is_set():
                try:
                    await asyncio.wait_for(stop.wait(), self._watch)
                except TimeoutError:
                    self._look()
        finally:
            self._shut()
            if self._work is not None:
                await asyncio.wait([self._work], timeout=LAST_WORDS)

    def poke(self) -> None:
        """Tick soon: somebody says that there is something to do."""
        self._wake = self._now()
        at_work = self._work is not None and not self._work.done()
        if not at_work and self._scheduler is not None and self._scheduler.running:
            self._scheduler.reschedule_job(JOB, trigger=Waker(self._pause))

    def _start(self) -> None:
        self.last_beat = asyncio.get_running_loop().time()
        self._scheduler = AsyncIOScheduler(timezone=UTC)
        self._scheduler.add_job(
            self._beat,
            Waker(self._pause),
            id=JOB,
            misfire_grace_time=None,
            coalesce=True,
            max_instances=1,
        )
        self._scheduler.start()

    def _shut(self) -> None:
        if self._scheduler is not None and self._scheduler.running:
            self._scheduler.shutdown(wait=False)

    def _pause(self) -> timedelta:
        """Return how long to sleep now: less and less often while ticks fail (a full disk)."""
        if self._failed:
            return SHORTEST_SLEEP * float(2 ** min(self._failed, 10))
        return self._wake - self._now() if self._wake else timedelta()

    async def _beat(self) -> None:
        # In a task of its own: APScheduler cancels its jobs when it is shut down, and a send
        # that is cut off between the POST and its row is a message nobody knows the end of.
        self._work = asyncio.create_task(self._once())
        await asyncio.shield(self._work)
        if self._scheduler is not None and self._scheduler.running:
            # The next time was worked out when this beat began, from the pause before it.
            self._scheduler.reschedule_job(JOB, trigger=Waker(self._pause))

    async def _once(self) -> None:
        try:
            failures = await self._tick()
            self._wake = await self._next_wake()
        except Exception:
            log.exception("a tick failed", extra={"action": "tick-failed"})
            failures = True
        self._failed = self._failed + 1 if failures else 0
        self.beats += 1
        self.last_beat = asyncio.get_running_loop().time()

    def _look(self) -> None:
        """Start the clock anew when it has not ticked for too long, whatever it claims."""
        silent = asyncio.get_running_loop().time() - self.last_beat
        at_work = self._work is not None and not self._work.done()
        job = self._scheduler.get_job(JOB) if self._scheduler else None
        if at_work or (silent < self._overdue and job is not None):
            return
        log.error("no tick for %.0f s: started anew", silent, extra={"action": "revived"})
        self._shut()
        self._start()
