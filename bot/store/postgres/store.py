"""PostgresStore: the rules of the embedded store over the tables of PostgreSQL."""

from __future__ import annotations

import asyncio
import errno
import secrets
from collections.abc import Collection, Iterable, Sequence
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import psycopg

from bot.core.memory import UNSAID
from bot.core.model import SHANGHAI, Cohort, Delivery, Member, Push, Receipt, State
from bot.core.reading import Acts, Question
from bot.store import Told, tallies
from bot.store.archive import _audited
from bot.store.codec import decoded, from_doc, to_doc
from bot.store.desk import _seen
from bot.store.files import Files
from bot.store.postgres import adding, counting, moving
from bot.store.postgres.commit import PgCommitter
from bot.store.postgres.safe import PgVault
from bot.store.postgres.schema import LOCK, NOTIFY
from bot.store.postgres.tables import VERSIONED, PgDatabases, RowsOfPush, _first_line
from bot.store.postgres.together import ROSTERS, Look, Tap
from bot.store.records import Audited, digest_of
from bot.store.returns import receipt_ids
from bot.store.standing import by_due
from bot.store.tables import Doc, id_of

LEASE = timedelta(seconds=90)  # longer than the longest POST; after it a send has lost its end


class PostgresStore(PgVault):
    """The contract of bot.store over one PostgreSQL, for any number of workers.

    `folder` has the sealing key and drafts of backups, nothing else. A send that was begun more
    than `lease` ago, by the database's clock, has lost its worker: `recover` makes it unknown.
    """

    def __init__(self, url: str, folder: Path, lease: timedelta = LEASE) -> None:
        self._files = Files()
        self._files.make_folder(folder)
        self._lease = lease
        self._seen: dict[str, tuple[str, list[Any]]] = {}  # tables as they were at a number
        self._me = secrets.token_hex(8)  # whose claims are ours
        self._base = PgDatabases(url, folder)
        self._databases: Any = self._base
        self._rosters = {}
        self._known_rosters: dict[str, tuple[str, Cohort]] = {}
        self._lists = {}
        self._left_names = False
        self._one_backup = asyncio.Lock()
        try:
            self._base.conn  # noqa: B018 - a database that cannot be reached is said at the start
        except psycopg.OperationalError as error:
            raise OSError(errno.EIO, f"数据库连不上：{_first_line(error)}") from None
        self._committer = PgCommitter(self._base)
        self._write, self._read = self._committer.write, self._committer.read
        self._glance = self._committer.glance

    def close(self) -> None:
        self._committer.close()
        self._base.close()

    # -- statements of their own -----------------------------------------------------------------

    def _push(self, key: str) -> Push | None:
        doc = self._main("pushes").find(key)
        return _push_of(doc) if doc else None

    def _names_anybody(self, before: datetime) -> bool:
        return True  # to look is as dear as to do it

    def _once(self, table: str, decode: Any) -> list[Any]:
        if table not in VERSIONED:
            return list(decode(self._main(table).docs()))
        version = self._base.version(table)
        known = self._seen.get(table)
        if known is None or known[0] != version:
            known = self._seen[table] = version, decode(self._main(table).docs())
        return [*known[1]]

    def _pushes(
        self, states: Collection[State] = (), target: str = "", stem: str = ""
    ) -> list[Push]:
        return self._asked(states, target, stem, (), None)

    def _asked(
        self,
        states: Collection[State],
        target: str,
        stem: str,
        targets: Collection[str],
        since: datetime | None,
    ) -> list[Push]:
        asked: list[tuple[str, Any]] = [
            ("AND state = ANY(%s)", [str(one.value) for one in states]),
            ("AND target = %s", target),
            ("AND stem = %s", stem),
            ("AND target = ANY(%s)", [*targets]),
            ("AND due >= %s", since),
        ]
        mine = [(where, value) for where, value in asked if value]
        where = " ".join(where for where, _ in mine) or "AND true"
        docs = self._rows("pushes").each(where, *(value for _, value in mine))
        return by_due(map(_push_of, docs))

    def _of(self, kind: str, table: str, key: str) -> Any:
        """Return the rows of a push; whoever is to change them locks it first."""
        if self._base.writing:
            return super()._of(kind, table, key)
        return RowsOfPush(self._base, kind, table, key)

    def _ahead(self, delivery: Delivery) -> None:
        key, week = delivery.push, self._week("sent", delivery.push)
        part = id_of("parts", {"push": key, "part": delivery.part})
        first = delivery.state is State.SENDING
        self._base.look_ahead(
            [
                ("figures", "", key),
                ("figures", "", tallies._together(key)),
                ("kept", "", digest_of(_seen(delivery))),
                ("parts", week, part),
                *([("cohorts", week, key)] if first else []),
            ]
        )

    def _parts(self, key: str, cut: int) -> dict[int, State]:
        docs = self._of("sent", "parts", key).docs("AND push = %s", key)
        return {
            **dict.fromkeys(range(cut), State.PLANNED),
            **{doc["part"]: State(doc["state"]) for doc in docs},
        }

    def _rows(self, table: str, part: str = "") -> Any:
        return self._base.rows(part, table)

    def _deliveries(self, key: str) -> list[Delivery]:
        docs = self._of("sent", "deliveries", key).docs("AND push = %s", key)
        return [self._delivery_of(doc) for doc in docs]

    async def due(self, now: datetime, limit: int, channels: Collection[str]) -> list[Push]:
        def work() -> list[Push]:
            # One worker at a time looks, so that no two have rows of the same target.
            self._base.run("SELECT pg_advisory_xact_lock(%s, 4)", (LOCK,))
            rows = self._base.run(
                adding.CLAIM, (now, [*channels], self._me, self._me, limit, self._me)
            )
            found = [_push_of(decoded(row[0])) for row in rows.fetchall()]
            return sorted(found, key=lambda push: (push.rank, push.due, push.key))

        return await self._write(work)

    async def next_due(self) -> datetime | None:
        def work() -> datetime | None:
            row = self._base.run(
                "SELECT min(wanted) FROM qf.pushes"
                " WHERE state = 'planned' OR (state = 'unknown' AND waits)"
            ).fetchone()
            return row[0].astimezone(SHANGHAI) if row and row[0] else None

        return await self._glance(work)

    async def told(self) -> dict[str, Told]:
        def work() -> dict[str, Told]:
            rows = self._base.run(
                "SELECT target, count(*), count(*) FILTER (WHERE state = ANY(%s)), min(due)"
                " FROM qf.pushes WHERE item <> '' GROUP BY target",
                ([str(one.value) for one in UNSAID],),
            )
            return {row[0]: Told(row[1], row[2], row[3].astimezone(SHANGHAI)) for row in rows}

        return await self._glance(work)

    async def begun_since(self, target: str, moment: datetime) -> list[datetime]:
        def work() -> list[datetime]:
            rows = self._base.run(
                "SELECT d.doc FROM qf.deliveries d JOIN qf.pushes p ON p.id = d.push"
                " WHERE p.target = %s AND d.begun >= %s",
                (target, moment),
            ).fetchall()
            return sorted(datetime.fromisoformat(decoded(row[0])["begun"]) for row in rows)

        return await self._glance(work)

    async def number(self, name: str, year: int) -> int:
        known = id_of("numbers", {"year": year, "name": name})
        doc = await self._glance(lambda: self._main("numbers").find(known))
        return int(doc["number"]) if doc else await super().number(name, year)

    async def keep_text(self, text: str, at: datetime) -> str:
        digest = digest_of(text)
        kept = await self._glance(lambda: self._main("kept").find(digest))
        return digest if kept else await super().keep_text(text, at)

    async def states(self) -> dict[State, int]:
        def work() -> dict[State, int]:
            rows = self._base.run("SELECT state, count(*) FROM qf.pushes GROUP BY state")
            return {State(state): count for state, count in rows.fetchall()}

        return await self._glance(work)

    async def audits(self, since: int = 0, what: Collection[str] = ()) -> list[Audited]:
        def work() -> list[Audited]:
            number, kind = "(doc::json->>'number')::bigint", "doc::json->'entry'->>'what'"
            asked = f"AND ({kind} = ANY(%s) OR {kind} IS NULL)" if what else ""
            rows = self._base.run(
                f"SELECT doc FROM qf.trail WHERE {number} > %s {asked} ORDER BY {number}",
                (since, [*what]) if what else (since,),
            ).fetchall()
            return [_audited(decoded(row[0])) for row in rows]

        return await self._read(work)

    async def add_pushes(self, pushes: Iterable[Push]) -> int:
        wanted = {push.key: push for push in pushes}
        return await self._write(lambda: adding.add(self, wanted)) if wanted else 0

    async def wake(self) -> None:
        """Tell the senders of all workers that there is something to look at."""
        await self._write(lambda: self._base.run(f"NOTIFY {NOTIFY}"))

    async def receipts(self, key: str) -> list[Receipt]:
        def work() -> list[Receipt]:
            docs = self._of("receipts", "receipts", key).docs("AND push = %s", key)
            return [from_doc(Receipt, doc) for doc in docs]

        return await self._glance(work)

    async def acted(self, key: str, people: Collection[str]) -> set[str]:
        def work() -> set[str]:
            rows = self._of("receipts", "receipts", key)
            docs = rows.docs("AND id = ANY(%s)", list(receipt_ids(key, people)))
            return {doc["person"] for doc in docs}

        return await self._glance(work)

    async def add_receipt(self, receipt: Receipt) -> bool:
        return await self._write(Tap(self, receipt))

    async def addressed(self, key: str) -> tuple[Push | None, Cohort | None]:
        return await self._read(Look(self, key))

    def roster(self, key: str, file: str, version: str) -> Cohort | None:
        """Return the roster of a push; the row is read where it is not the one we know."""
        known = self._known_rosters.get(key)
        if known is None or known[0] != version:
            doc = self._rows("cohorts", f"sent/{file}").find(key)
            if doc is None:
                return None
            while len(self._known_rosters) >= ROSTERS:
                del self._known_rosters[next(iter(self._known_rosters))]
            known = self._known_rosters[key] = version, from_doc(Cohort, doc)
        return known[1]

    async def set_members(self, members: Sequence[Member]) -> None:
        def work() -> None:
            self._base.run("DELETE FROM qf.members")
            moving.fill(self._base, "members", (("", to_doc(member)) for member in members))

        await self._write(work)

    async def members(self, of: str = "") -> list[Member]:
        def work() -> list[Member]:
            if not of:
                return self._all("members", Member)
            docs = self._rows("members").each("AND %s IN (branch, department)", of)
            return [from_doc(Member, doc) for doc in docs]

        return await self._glance(work)

    async def counted(self, questions: Collection[Question], named: Collection[str]) -> Acts:
        return await counting.counted(self, questions, named)

    async def recover(self) -> list[str]:
        def work() -> list[str]:
            rows = self._base.run(
                "SELECT push FROM qf.deliveries WHERE state = 'sending'"
                " AND leased <= clock_timestamp() - %s",
                (self._lease,),
            ).fetchall()
            lost = []
            for (key,) in sorted(set(rows)):
                assert self._push(key) is not None, "a delivery has its push"  # and it is ours now
                for delivery in self._overdue(key):
                    self._lose(delivery)
                    lost.append(key)
            return lost

        return await self._write(work)

    def _overdue(self, key: str) -> list[Delivery]:
        part = self._week("sent", key)
        rows = self._rows("deliveries", part).docs(
            "AND push = %s AND state = 'sending' AND leased <= clock_timestamp() - %s",
            key,
            self._lease,
        )
        return [self._delivery_of(doc) for doc in rows]

    # -- people who asked to be forgotten ---------------------------------------------------------

    def forgotten(self) -> list[dict[str, str]]:
        rows = self._base.run("SELECT doc FROM qf.forgotten ORDER BY seq").fetchall()
        return [decoded(row[0]) for row in rows]

    def _remember_to_forget(self, more: Iterable[dict[str, str]]) -> None:
        known = self.forgotten()
        for entry in more:
            if entry not in known:
                self._rows("forgotten").add(dict(entry))

    def _out_of_the_files(self) -> None:
        """PostgreSQL's own vacuum does it; names are gone from every answer at once."""
        self._left_names = False

    # -- care -------------------------------------------------------------------------------------

    def _inspect(self) -> dict[str, Any]:
        sizes = self._base.run(
            "SELECT relname, pg_total_relation_size(oid) FROM pg_class"
            " WHERE relnamespace = 'qf'::regnamespace AND relkind = 'r' ORDER BY relname"
        ).fetchall()
        trail = self._main("meta").find("trail") or {"number": 0, "hash": ""}
        parts = [{"file": name, "bytes": size, "rows": self._count(name)} for name, size in sizes]
        return {
            "format": "postgresql",
            "files": parts,
            "journal": 0,
            "bytes": sum(size for _, size in sizes),
            "free": None,
            "entries": trail["number"],
            "head": trail["hash"],
            "certificates": len(self._main("certificates")),
            "limits": [],
        }

    def _count(self, name: str) -> dict[str, int]:
        row = self._base.run(f'SELECT count(*) FROM qf."{name}"').fetchone()
        return {name: int(row[0])} if row else {}

    def _bytes(self) -> int:
        row = self._base.run("SELECT pg_database_size(current_database())").fetchone()
        return int(row[0]) if row else 0

    async def trouble(self) -> str:
        def work() -> str:
            row = self._base.run("SELECT pg_is_in_recovery()").fetchone()
            return "数据库是只读的备机" if row and row[0] else ""

        try:
            return await self._write(work)
        except OSError as error:
            return error.strerror or _first_line(error)


def _push_of(doc: Doc) -> Push:
    return from_doc(Push, doc)
