"""Group commit against PostgreSQL: who waits together is one transaction.

The same thread and queue as the embedded store's (store/commit.py). A transaction that lost a
deadlock, or whose connection went before its COMMIT, did not happen, and is run again.
"""

from __future__ import annotations

import errno
import logging
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any, TypeVar, cast

import psycopg

from bot.store.commit import Committer, Job
from bot.store.postgres.tables import AT_ONCE, FOR_CHANGES, FOR_READING, PgDatabases, _first_line
from bot.store.postgres.together import Look, Tap

log = logging.getLogger(__name__)

T = TypeVar("T")
TRIES = 5
PAUSE = 0.05  # seconds, doubled with every try: 0.75 s in all
_AGAIN = (psycopg.OperationalError, psycopg.InterfaceError)  # deadlocks and lost lines are these


@dataclass(frozen=True, eq=False)
class Glance:
    """A look that needs no transaction: each of its statements sees what is committed by then."""

    work: Callable[[], Any]

    def __call__(self) -> Any:
        return self.work()


class PgCommitter(Committer):
    """The thread in front of the database."""

    def __init__(self, databases: PgDatabases) -> None:
        self._base = databases
        super().__init__(databases)  # type: ignore[arg-type]

    async def glance(self, work: Callable[[], T]) -> T:
        """Run `work`, which changes nothing and nearly always is one statement."""
        found: T = await self.read(Glance(work))
        return found

    def _serve(self, batch: Sequence[Job]) -> None:
        kinds: dict[str, list[Job]] = {FOR_CHANGES: [], AT_ONCE: [], FOR_READING: []}
        for job in batch:
            looks = AT_ONCE if isinstance(job.work, (Glance, Look)) else FOR_READING
            kinds[FOR_CHANGES if job.writes else looks].append(job)
        for begin, jobs in kinds.items():
            while jobs and not self._all_at_once(jobs, begin):
                jobs = [job for job in jobs if job.error is None]

    def _all_at_once(self, jobs: Sequence[Job], begin: str) -> bool:
        """Do them all as one; False where one failed by itself, and the others are to run again."""
        self._try(jobs, begin)
        return all(job.error is None for job in jobs) or all(job.error for job in jobs)

    def _try(self, jobs: Sequence[Job], begin: str) -> None:
        for turn in range(TRIES):
            try:
                self._base.in_transaction(lambda: self._work(jobs), begin)
                return
            except _OwnFault as fault:
                fault.job.error = fault.error
                return
            except _AGAIN as error:
                if isinstance(error, psycopg.InterfaceError) or _lost(error):
                    self._base.let_go()
                if turn == TRIES - 1:
                    words = f"数据库连不上或不接受改动：{_first_line(error)}"
                    _all_fail(jobs, OSError(errno.EIO, words))
                else:
                    time.sleep(PAUSE * 2**turn)
            except BaseException as error:
                _all_fail(jobs, error)
                return

    def _work(self, jobs: Sequence[Job]) -> None:
        for job in jobs:
            if not isinstance(job.work, (Tap, Look)):
                with _blamed(job):
                    job.result = job.work()
                    self._base.put_down()
                # The next job locks other rows: what others wrote until then is news to it.
                self._base.known = {}
        for kind in (Tap, Look):
            alike = [job for job in jobs if isinstance(job.work, kind)]
            if alike:
                with _blamed(alike[0]):
                    found = kind.all_of([cast(Any, job.work) for job in alike])
                for job, one in zip(alike, found, strict=True):
                    job.result = one


@contextmanager
def _blamed(job: Job) -> Iterator[None]:
    """Let a fault be this job's own, but for those of the database, which come and go."""
    try:
        yield
    except _AGAIN:
        raise
    except BaseException as error:
        raise _OwnFault(job, error) from error


class _OwnFault(Exception):
    def __init__(self, job: Job, error: BaseException) -> None:
        self.job, self.error = job, error


def _all_fail(jobs: Sequence[Job], error: BaseException) -> None:
    for job in jobs:
        job.error = error


def _lost(error: psycopg.Error) -> bool:
    return error.sqlstate is None or error.sqlstate[:2] in ("08", "57")
