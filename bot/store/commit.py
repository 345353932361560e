"""Group commit: many writers wait, one thread works, one fsync serves them all.

    callers ──> queue ──> the thread: each one's work, then one write and fsync ──> answers
                                        meanwhile the next ones gather in the queue

A single writer waits for nothing but its own fsync. All work happens in that one thread, in the
order of the asking, so a change is whole even when its caller is cancelled, and the event loop
is never blocked.
"""

from __future__ import annotations

import asyncio
import logging
import queue
import threading
from collections.abc import Callable, Sequence
from contextlib import suppress
from typing import Any, TypeVar

from bot.store.databases import Databases

log = logging.getLogger(__name__)

T = TypeVar("T")
MOST_AT_ONCE = 4096


class Job:
    """One caller's work, and what became of it."""

    __slots__ = ("error", "future", "loop", "result", "work", "writes")

    def __init__(self, work: Callable[[], Any], writes: bool) -> None:
        self.work, self.writes = work, writes
        self.loop = asyncio.get_running_loop()
        self.future: asyncio.Future[Any] = self.loop.create_future()
        self.result: Any = None
        self.error: BaseException | None = None

    def settle(self) -> None:
        if self.future.done():  # the caller went away; the work was done all the same
            return
        if self.error is not None:
            self.future.set_exception(self.error)
        else:
            self.future.set_result(self.result)


class Committer:
    """The thread in front of the data folder."""

    def __init__(self, databases: Databases) -> None:
        self._databases = databases
        self._queue: queue.SimpleQueue[Job | None] = queue.SimpleQueue()
        self._closed = False
        self._thread = threading.Thread(target=self._run, name="store", daemon=True)
        self._thread.start()

    async def write(self, work: Callable[[], T]) -> T:
        """Run `work` as one change; return once it is durable. Raise, and it did not happen."""
        result: T = await self._ask(Job(work, writes=True))
        return result

    async def read(self, work: Callable[[], T]) -> T:
        """Run `work`, which changes nothing, over what is durable."""
        result: T = await self._ask(Job(work, writes=False))
        return result

    async def _ask(self, job: Job) -> Any:
        if self._closed:
            raise RuntimeError("the store is closed")
        self._queue.put(job)
        return await job.future

    def close(self) -> None:
        """Finish what was asked for, and end the thread."""
        if not self._closed:
            self._closed = True
            self._queue.put(None)
            self._thread.join()

    # -- in the thread -------------------------------------------------------------------------

    def _run(self) -> None:
        more = True
        while more:
            batch, more = self._gather()
            self._serve(batch)
            _answer(batch)
            self._fold()

    def _gather(self) -> tuple[list[Job], bool]:
        """Wait for a job, and take all that have come meanwhile; False after the last."""
        batch: list[Job] = []
        job = self._queue.get()
        with suppress(queue.Empty):
            while job is not None:
                batch.append(job)
                if len(batch) == MOST_AT_ONCE:
                    return batch, True
                job = self._queue.get_nowait()
        return batch, job is not None

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
    for loop in {job.loop for job in batch}:
        mine = [job for job in batch if job.loop is loop]
        with suppress(RuntimeError):  # the loop is closed: nobody waits any more
            loop.call_soon_threadsafe(_settle, mine)


def _settle(jobs: Sequence[Job]) -> None:
    for job in jobs:
        job.settle()
