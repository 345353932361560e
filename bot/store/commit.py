"""Group commit: many writers wait, one thread works, one fsync serves them all.

    callers ──> queue ──> the thread: each one's work, then one write and fsync ──> answers
                                        meanwhile the next ones gather in the queue

A single writer waits for nothing but its own fsync. What is asked for in one turn of the loop is
handed over at its end, all at once: each waking of the thread costs more than the work. All work
happens in that one thread, in the order of the asking, so a change is whole even when its caller
is cancelled, and the event loop is never blocked. What only looks at rows in memory needs no
thread while that one rests: it is answered at once (`glance`).
"""

from __future__ import annotations

import asyncio
import logging
import queue
import threading
from collections.abc import Callable, Sequence
from contextlib import suppress
from typing import Any, TypeVar

from bot.store.databases import Databases, TakesLong

log = logging.getLogger(__name__)

T = TypeVar("T")
MOST_AT_ONCE = 4096


class Job:
    """One caller's work, and what became of it."""

    __slots__ = ("error", "future", "result", "work", "writes")

    def __init__(self, work: Callable[[], Any], writes: bool, future: asyncio.Future[Any]) -> None:
        self.work, self.writes, self.future = work, writes, future
        self.error: BaseException | None = None
        self.result: Any = None


class Committer:
    """The thread in front of the data folder."""

    def __init__(self, databases: Databases) -> None:
        self._databases = databases
        self._queue: queue.SimpleQueue[list[Job] | None] = queue.SimpleQueue()
        self._asked: dict[asyncio.AbstractEventLoop, list[Job]] = {}  # in this turn of each loop
        self._closed = False
        self._at_work = threading.Lock()  # whoever holds it has the databases for himself
        self._thread = threading.Thread(target=self._run, name="store", daemon=True)
        self._thread.start()

    # Both return a future, not a coroutine: it is one of thousands, and one turn less each.

    def write(self, work: Callable[[], T]) -> asyncio.Future[T]:
        """Run `work` as one change; done once it is durable. Raise, and it did not happen."""
        return self._ask(work, True)

    def read(self, work: Callable[[], T]) -> asyncio.Future[T]:
        """Run `work`, which changes nothing, over what is durable."""
        return self._ask(work, False)

    async def glance(self, work: Callable[[], T]) -> T:
        """Run `work`, which changes nothing, at once if the thread rests and the rows are there.

        Else, and for what would hold up the loop (TakesLong), it is a `read`.
        """
        if not self._closed and self._at_work.acquire(blocking=False):
            try:
                return self._databases.hurried(work)
            except TakesLong:
                pass
            finally:
                self._at_work.release()
        return await self.read(work)

    def _ask(self, work: Callable[[], T], writes: bool) -> asyncio.Future[T]:
        if self._closed:
            raise RuntimeError("the store is closed")
        loop = asyncio.get_running_loop()
        future: asyncio.Future[T] = loop.create_future()
        asked = self._asked.get(loop)
        if asked is None:
            asked = self._asked[loop] = []
            loop.call_soon(self._hand_over, loop)
        asked.append(Job(work, writes, future))
        return future

    def _hand_over(self, loop: asyncio.AbstractEventLoop) -> None:
        if asked := self._asked.pop(loop, None):
            self._queue.put(asked)

    def close(self) -> None:
        """Finish what was asked for, and end the thread."""
        if not self._closed:
            self._closed = True
            for loop in [*self._asked]:
                self._hand_over(loop)
            self._queue.put(None)
            self._thread.join()

    # -- in the thread -------------------------------------------------------------------------

    def _run(self) -> None:
        more = True
        while more:
            batch, more = self._gather()
            with self._at_work:
                self._serve(batch)
            _answer(batch)
            with self._at_work:
                self._fold()

    def _gather(self) -> tuple[list[Job], bool]:
        """Wait for a job, and take all that have come meanwhile; False after the last."""
        batch: list[Job] = []
        jobs = self._queue.get()
        with suppress(queue.Empty):
            while jobs is not None:
                batch += jobs
                if len(batch) >= MOST_AT_ONCE:
                    return batch, True
                jobs = self._queue.get_nowait()
        return batch, jobs is not None

    def _serve(self, batch: Sequence[Job]) -> None:
        writers = [job for job in batch if job.writes]
        for job in writers:
            mark = self._databases.mark()
            try:
                job.result = job.work()
            except BaseException as error:
                self._databases.back_to(mark)
                job.error = error
        try:
            if writers:
                self._databases.commit()
        except BaseException as error:
            for job in writers:  # also those that changed nothing: they saw what the others did
                job.error = job.error or error
        for job in batch:
            if not job.writes:
                try:
                    job.result = job.work()
                except BaseException as error:
                    job.error = error

    def _fold(self) -> None:
        try:
            self._databases.fold_if_long()
        except BaseException:
            log.exception("fold", extra={"action": "fold-failed"})


def _answer(batch: Sequence[Job]) -> None:
    """Wake the callers, each loop once."""
    loops: dict[asyncio.AbstractEventLoop, list[Job]] = {}
    for job in batch:
        loops.setdefault(job.future.get_loop(), []).append(job)
    for loop, jobs in loops.items():
        with suppress(RuntimeError):  # the loop is closed: nobody waits any more
            loop.call_soon_threadsafe(_settle, jobs)


def _settle(jobs: Sequence[Job]) -> None:
    for job in jobs:
        if job.future.done():  # the caller went away; the work was done all the same
            continue
        if job.error is not None:
            job.future.set_exception(job.error)
        else:
            job.future.set_result(job.result)
