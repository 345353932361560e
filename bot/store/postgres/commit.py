"""Group commit against PostgreSQL: who waits together is one transaction.

The same thread and queue as the embedded store's (store/commit.py). A transaction that lost a
deadlock, or whose connection went before its COMMIT, did not happen, and is run again.
"""

from __future__ import annotations

import errno
import logging
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any, cast

import psycopg

from bot.store.commit import Committer, Job
from bot.store.postgres.tables import PgDatabases, _first_line
from bot.store.postgres.together import Look, Tap

log = logging.getLogger(__name__)

TRIES = 5
PAUSE = 0.05  # seconds, doubled with every try: 0.75 s in all
_AGAIN = (psycopg.OperationalError, psycopg.InterfaceError)  # deadlocks and lost lines are these


class PgCommitter(Committer):
    """The thread in front of the database."""

    def __init__(self, databases: PgDatabases) -> None:
        self._base = databases
        super().__init__(databases)  # type: ignore[arg-type]

    def _serve(self, batch: Sequence[Job]) -> None:
        writers = [job for job in batch if job.writes]
        while writers and not self._all_at_once(writers):
            writers = [job for job in writers if job.error is None]
        readers = [job for job in batch if not job.writes]
        while readers and not self._all_at_once(readers, writes=False):
            readers = [job for job in readers if job.error is None]

    def _all_at_once(self, jobs: Sequence[Job], writes: bool = True) -> bool:
        """Do them all as one; False where one failed by itself, and the others are to run again."""
        self._try(jobs, writes)
        return all(job.error is None for job in jobs) or all(job.error for job in jobs)

    def _try(self, jobs: Sequence[Job], writes: bool) -> None:
        for turn in range(TRIES):
            try:
                self._base.in_transaction(lambda: _work(jobs), writes)
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


def _work(jobs: Sequence[Job]) -> None:
    for job in jobs:
        if not isinstance(job.work, (Tap, Look)):
            with _blamed(job):
                job.result = job.work()
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
