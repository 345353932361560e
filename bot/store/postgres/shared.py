"""What several workers share beside the rows: one clock, one pace, one token, one turn.

Each is a small transaction of its own, so that nobody waits behind a worker's batch of rows.
Locks are PostgreSQL's advisory ones: they end with the transaction, or with the connection of
whoever died.
"""

from __future__ import annotations

import asyncio
import contextlib
import errno
from collections.abc import AsyncIterator, Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import psycopg
from psycopg_pool import AsyncConnectionPool, PoolTimeout

from bot.core.policy import GRACE, LONGEST, Limit
from bot.store.postgres.schema import LOCK, settings

TURN, PACE, TOKEN = "turn", "pace/", "token/"
WAITS = 15.0  # seconds for a connection
FOREVER = 90  # seconds; a lock that is held longer is said, and tried again
ALIVE = 15.0  # seconds between two signs of life of whoever holds a lock

Count = tuple[str, int, Sequence[Limit]]  # what is limited, how much of it, and its limits


class Shared:
    """The same for all workers of one database. OSError where it does not answer."""

    def __init__(self, url: str) -> None:
        self._pool = AsyncConnectionPool(
            settings(url),
            min_size=1,
            max_size=6,
            timeout=WAITS,
            open=False,
            check=AsyncConnectionPool.check_connection,
            kwargs={"autocommit": True},
        )

    async def open(self) -> None:
        await self._pool.open()

    async def close(self) -> None:
        await self._pool.close()

    @contextlib.asynccontextmanager
    async def _connection(self) -> AsyncIterator[psycopg.AsyncConnection[Any]]:
        try:
            async with self._pool.connection() as conn:
                yield conn
        except psycopg.errors.LockNotAvailable:
            raise OSError(errno.EBUSY, "另一台机器正在办事，请稍候再试") from None
        except (psycopg.OperationalError, psycopg.InterfaceError, PoolTimeout) as error:
            raise OSError(errno.EIO, f"数据库连不上：{_first_line(error)}") from None

    @contextlib.asynccontextmanager
    async def alone(self, name: str) -> AsyncIterator[psycopg.AsyncConnection[Any]]:
        """Be the only one in the cluster who is in here; yields a connection in a transaction."""
        async with self._connection() as conn, conn.transaction():
            await conn.execute(f"SET LOCAL lock_timeout = '{FOREVER}s'".encode())
            await conn.execute("SELECT pg_advisory_xact_lock(%s, hashtext(%s))", (LOCK, name))
            over = asyncio.Event()
            alive = asyncio.create_task(_alive(conn, over))
            try:
                yield conn
            finally:
                over.set()  # a question that is on its way is answered first
                with contextlib.suppress(psycopg.Error):
                    await alive

    # -- one clock -------------------------------------------------------------------------------

    async def offset(self, local: Callable[[], datetime]) -> timedelta:
        """Return what is to be added to this machine's clock to have the database's."""
        async with self._connection() as conn:
            before = local()
            row = await _one(conn, "SELECT clock_timestamp()")
            middle = before + (local() - before) / 2
        return timedelta() if row is None else row[0] - middle

    async def shift(self, wanted: timedelta | None) -> timedelta:
        """Return how far a rehearsal's clock is from the database's: the first worker says it."""
        async with self.alone("shift") as conn:
            row = await _one(conn, "SELECT value FROM qf.shared WHERE name = 'shift'")
            if row is not None or wanted is None:
                return timedelta(seconds=float(row[0])) if row else timedelta()
            seconds = f"{wanted.total_seconds():.6f}"
            await conn.execute("INSERT INTO qf.shared VALUES ('shift', %s)", (seconds,))
            return wanted

    # -- one pace --------------------------------------------------------------------------------

    async def take(self, counts: Iterable[Count], now: datetime) -> datetime:
        """Return the first moment from `now` on that keeps every limit; `now` is counted.

        The same arithmetic as policy.Sends, over rows that all workers see: `total` is the sum of
        what was ever taken under a name.
        """
        mine = sorted(counts)
        if not mine:
            return now
        names = [name for name, _, _ in mine]
        async with self._connection() as conn, conn.transaction():
            await conn.execute(  # the attempt's own row is durable: this need not be
                "SELECT set_config('synchronous_commit', 'off', true),"
                " pg_advisory_xact_lock(%s, hashtext(%s || one.name))"
                " FROM unnest(%s::text[]) AS one(name) ORDER BY hashtext(%s || one.name)",
                (LOCK, PACE, names, PACE),
            )
            totals = await self._totals(conn, names)
            slot = now
            for name, weight, limits in mine:
                for limit in limits:
                    over = totals.get(name, 0) - max(0, limit.quota - weight)
                    slot = max(slot, await self._free(conn, name, over, limit, now))
            if slot <= now:
                await self._note(conn, mine, totals, now)
        return slot

    async def _totals(self, conn: Any, names: Sequence[str]) -> dict[str, int]:
        rows = await conn.execute(
            "SELECT name, max(total) FROM qf.paced WHERE name = ANY(%s) GROUP BY name",
            (list(names),),
        )
        return {name: total async for name, total in rows}

    async def _free(self, conn: Any, name: str, over: int, limit: Limit, now: datetime) -> datetime:
        """Return when what was taken up to the total `over` no longer counts."""
        if over <= 0:
            return now
        row = await _one(
            conn,
            "SELECT at, total - weight FROM qf.paced WHERE name = %s AND total >= %s"
            " ORDER BY total LIMIT 1",
            (name, over),
        )
        if row is None or row[1] >= over:  # it was housekept away: long past
            return now
        past: datetime = row[0] + limit.window + GRACE
        return max(now, past)

    async def _note(
        self, conn: Any, mine: Sequence[Count], totals: dict[str, int], now: datetime
    ) -> None:
        names, weights = [name for name, _, _ in mine], [weight for _, weight, _ in mine]
        sums = [totals.get(name, 0) + weight for name, weight, _ in mine]
        await conn.execute(
            "INSERT INTO qf.paced (name, total, weight, at)"
            " SELECT *, %s FROM unnest(%s::text[], %s::bigint[], %s::int[])",
            (now, names, sums, weights),
        )

    async def tidy(self, now: datetime) -> None:
        """Forget what no limit looks back to any more; the last of each name stays."""
        async with self._connection() as conn:
            await conn.execute(
                "DELETE FROM qf.paced p WHERE at < %s AND EXISTS"
                " (SELECT 1 FROM qf.paced q WHERE q.name = p.name AND q.total > p.total)",
                (now - 2 * LONGEST,),
            )
            await conn.execute(
                "DELETE FROM qf.heard WHERE at < clock_timestamp() - interval '1 day'"
            )

    # -- one ear ---------------------------------------------------------------------------------

    async def first(self, event: str) -> bool:
        """Whether no worker has been told of this event before."""
        async with self._connection() as conn:
            done = await conn.execute(
                "INSERT INTO qf.heard (name) VALUES (%s) ON CONFLICT DO NOTHING", (event,)
            )
            return done.rowcount == 1

    # -- one token -------------------------------------------------------------------------------

    def token(self, name: str) -> SharedToken:
        """Return where the workers keep one app's access token."""
        return SharedToken(self, name)


@dataclass(frozen=True)
class SharedToken:
    """One access token in the cluster: whoever wants a new one does so alone."""

    shared: Shared
    name: str

    @contextlib.asynccontextmanager
    async def held(self) -> AsyncIterator[_Held]:
        """Be the only one who may fetch; yields what is known, and takes what was learned."""
        async with self.shared.alone(TOKEN + self.name) as conn:
            yield _Held(conn, self.name)


@dataclass(frozen=True)
class _Held:
    conn: Any
    name: str

    async def read(self) -> str | None:
        row = await _one(self.conn, "SELECT value FROM qf.shared WHERE name = %s", (self.name,))
        return row[0] if row else None

    async def write(self, value: str) -> None:
        await self.conn.execute(
            "INSERT INTO qf.shared VALUES (%s, %s)"
            " ON CONFLICT (name) DO UPDATE SET value = excluded.value",
            (self.name, value),
        )


async def _alive(conn: psycopg.AsyncConnection[Any], over: asyncio.Event) -> None:
    """Let the server know, while something takes its time, that whoever holds the lock lives."""
    while not over.is_set():
        with contextlib.suppress(TimeoutError):
            await asyncio.wait_for(over.wait(), ALIVE)
            return
        await conn.execute("SELECT 1")


async def _one(conn: Any, statement: str, values: Sequence[Any] = ()) -> Any:
    return await (await conn.execute(statement, values)).fetchone()


def _first_line(error: BaseException) -> str:
    return (str(error).splitlines() or [type(error).__name__])[0]
