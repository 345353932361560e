"""One of several workers on one PostgreSQL: PgQueuer is the clock, the outbox is the truth.

clock     PgQueuer's schedule: what is to be done once in the cluster is done by whoever gets it;
          a worker that dies in it is replaced within half a minute (its heartbeat)
listen    NOTIFY of the outbox: senders look at once
holding   the robot's socket belongs to whoever holds a session's advisory lock

Each lives on a connection of its own, and comes back by itself when that is cut. No push is a job
of PgQueuer's: the rows of the outbox are claimed and begun in the store.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
from collections.abc import AsyncIterator, Awaitable, Callable, Iterable
from datetime import datetime
from typing import Any

import psycopg
from pgqueuer.adapters.drivers.psycopg import PsycopgDriver
from pgqueuer.adapters.persistence.queries import Queries
from pgqueuer.core.sm import SchedulerManager
from pgqueuer.domain.models import Schedule

from bot.engine.pace import Call, Pace
from bot.store.postgres.schema import settings
from bot.store.postgres.shared import Count

log = logging.getLogger(__name__)

EVERY = "* * * * * */5"  # croniter's sixth field: seconds. An edit is planned within these
CLOCK_SCHEMA = "qf_clock"  # PgQueuer's tables
SOCKET = 7  # which of our advisory locks the robot's socket is
PAUSE, LONGEST_PAUSE = 1.0, 15.0  # seconds between two tries at a database that does not answer
LOOK = 5.0  # seconds between two looks whether the socket is free, or still ours

Take = Callable[[Iterable[Count], datetime], Awaitable[datetime]]
Once = Callable[[], Awaitable[object]]


class SharedPace(Pace):
    """The pace of all workers together: what left is in rows that all see."""

    def __init__(self, take: Take) -> None:
        super().__init__()
        self._take = take

    async def read(self, *_: object) -> None:
        return None

    async def take(self, call: Call, now: datetime) -> datetime:
        """Return when a message may leave; if that is `now`, it is counted for all workers."""
        counts = [("/".join(name), weight, limits) for name, weight, limits in call.counts()]
        return await self._take(counts, now)


async def clock(url: str, once: Once, stop: asyncio.Event, every: str = EVERY) -> None:
    """Run `once` every five seconds in one worker of the cluster, until `stop` is set."""

    async def turn(conn: psycopg.AsyncConnection[Any]) -> None:
        queries = Queries(PsycopgDriver(conn))
        await _install(conn, queries)
        scheduler = SchedulerManager(queries)

        @scheduler.schedule("qingfeng", every)
        async def beat(_: Schedule) -> None:
            await once()

        ended = asyncio.create_task(_shut(scheduler, stop))
        try:
            await scheduler.run()
        finally:
            ended.cancel()

    await _again_and_again(url, turn, stop, "clock", f"-c search_path={CLOCK_SCHEMA}")


async def _shut(scheduler: SchedulerManager, stop: asyncio.Event) -> None:
    await stop.wait()
    scheduler.shutdown.set()


async def _install(conn: psycopg.AsyncConnection[Any], queries: Queries) -> None:
    """Make PgQueuer's tables, or bring them up to this release; once, however many start."""
    async with conn.transaction():
        await conn.execute("SELECT pg_advisory_xact_lock(hashtext('qingfeng clock'))")
        await conn.execute(f"CREATE SCHEMA IF NOT EXISTS {CLOCK_SCHEMA}".encode())
        if not await queries.schema_is_installed():
            await queries.install(create_schema=False)
            return
    await queries.apply_upgrade()


async def listen(url: str, channel: str, poke: Callable[[], None], stop: asyncio.Event) -> None:
    """Call `poke` whenever somebody notifies, and once after each connection."""

    async def turn(conn: psycopg.AsyncConnection[Any]) -> None:
        await conn.execute(f"LISTEN {channel}".encode())
        poke()
        while not stop.is_set():
            async for _ in conn.notifies(timeout=LOOK):
                poke()
            await conn.execute("SELECT 1")  # a line that is dead without a word

    await _again_and_again(url, turn, stop, "listen")


async def holding(
    url: str,
    lock: int,
    run: Callable[[asyncio.Event], Awaitable[None]],
    stop: asyncio.Event,
    look: float = LOOK,
) -> None:
    """Run `run` while this worker, and no other, holds the robot's socket.

    The lock is the connection's: when either goes, the socket goes at once, and who looks next
    has it, within LOOK seconds, or 25 s more where a machine lost its power.
    """

    async def turn(conn: psycopg.AsyncConnection[Any]) -> None:
        row = await (
            await conn.execute("SELECT pg_try_advisory_lock(%s, %s)", (lock, SOCKET))
        ).fetchone()
        if not row or not row[0]:
            await _within(stop, look)
            return
        log.info("the robot's socket is ours", extra={"action": "socket-held"})
        over = asyncio.Event()
        work = asyncio.ensure_future(run(over))
        try:
            while not stop.is_set() and not work.done():
                await _within(stop, look)
                async with asyncio.timeout(look):
                    await conn.execute("SELECT 1")
        finally:
            over.set()
            await asyncio.wait([work], timeout=10)
            log.info("the robot's socket is free", extra={"action": "socket-free"})

    await _again_and_again(url, turn, stop, "socket")


async def _again_and_again(
    url: str,
    turn: Callable[[psycopg.AsyncConnection[Any]], Awaitable[None]],
    stop: asyncio.Event,
    what: str,
    options: str = "",
) -> None:
    """Take turns, each on a connection of its own, until `stop` is set."""
    pause = PAUSE
    while not stop.is_set():
        try:
            async with _connected(url, options) as conn:
                await turn(conn)
            pause = PAUSE
        except (psycopg.Error, OSError, TimeoutError, ExceptionGroup) as error:
            words = (str(error).splitlines() or [type(error).__name__])[0]
            log.warning("%s: %s", what, words, extra={"action": f"{what}-lost"})
            await _within(stop, pause)
            pause = min(2 * pause, LONGEST_PAUSE)


@contextlib.asynccontextmanager
async def _connected(url: str, options: str) -> AsyncIterator[psycopg.AsyncConnection[Any]]:
    url = settings(url)
    known = psycopg.conninfo.conninfo_to_dict(url)
    both = " ".join(one for one in (str(known.get("options") or ""), options) if one)
    address = psycopg.conninfo.make_conninfo(url, options=both)
    conn = await psycopg.AsyncConnection.connect(address, autocommit=True)
    try:
        yield conn
    finally:
        with contextlib.suppress(psycopg.Error, OSError):
            await conn.close()


async def _within(stop: asyncio.Event, seconds: float) -> None:
    with contextlib.suppress(TimeoutError):
        await asyncio.wait_for(stop.wait(), seconds)
