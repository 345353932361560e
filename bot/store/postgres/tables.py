"""Rows in PostgreSQL behind the same few methods as the data folder's (store/tables.py).

The rules of the store (outbox, returns, keeper, …) are written once, over `find`, `put`, `add`,
`drop` and `docs`; here each is a statement in the transaction that is open. A row that is read
in order to be changed is locked until the transaction ends, and so is a table whose rows are
counted, so that several workers make of it what one would.
"""

from __future__ import annotations

import errno
import logging
from collections.abc import Callable, Collection, Iterator, Mapping
from datetime import datetime
from pathlib import Path
from typing import Any

import psycopg
from psycopg.pq import TransactionStatus

from bot.store.codec import decoded, encoded
from bot.store.desk import OTHER
from bot.store.postgres.schema import (
    COLUMNS,
    LOCK,
    PARTITIONED,
    TABLES,
    Conn,
    bring_up_to_date,
    make_partition,
    settings,
)
from bot.store.tables import Doc, id_of

log = logging.getLogger(__name__)

_OF_KIND = {
    "sent": ("cohorts", "deliveries", "parts", "folded"),
    "receipts": ("receipts",),
    "texts": ("texts",),
    "audit": ("trail",),
}
_LOCKED_ROWS = frozenset({"pushes"})
VERSIONED = frozenset({"members", "targets"})  # asked for with every message, seldom changed
# Read whole, or a counter: one writer at a time, in all workers.
_LOCKED_WHOLE = frozenset({"meta", "counts", "numbers"})


Name = tuple[str, str, str]  # of a row: table, part, id


class Notes:
    """Stands where the embedded store keeps sets beside its rows: here nothing is kept."""

    def __init__(self) -> None:
        self.notes: dict[str, Any] = {}
        self.added: list[Doc] = []


class Rows:
    """One table of one part."""

    def __init__(self, base: PgDatabases, part: str, table: str) -> None:
        self._base, self.part, self._table = base, part, table
        self.storage_part = Notes()
        self._here, self._place = "part = %s", tuple[str, ...]((part,))

    def find(self, id: str) -> Doc | None:
        """Return a document; one job asks for it once."""
        name = self._table, self.part, id
        if name not in self._base.known:
            self._base.known[name] = self._found(id)
        return self._base.known[name]

    def _found(self, id: str) -> Doc | None:
        if self._base.writing and self._table in _LOCKED_WHOLE:
            self.lock_whole()
        lock = self._base.writing and self._table in _LOCKED_ROWS
        found = self._look(id, lock)
        if found is None and lock and self.lock_whole():
            found = self._look(id, lock)  # somebody else may have just put it there
        return found

    def _look(self, id: str, lock: bool) -> Doc | None:
        found = self._base.ask(
            f"SELECT doc FROM qf.{self._table} WHERE {self._here} AND id = %s"
            f"{' FOR UPDATE' if lock else ''}",
            (*self._place, id),
        ).fetchone()
        return decoded(found[0]) if found else None

    def put(self, doc: Doc) -> None:
        """Replace a document; it is written with others, before anything else is asked."""
        self._base.put_later(self._table, self.part, id_of(self._table, doc), doc)

    def add(self, doc: Doc) -> bool:
        """Put a document where there is none; False where there is one."""
        name = self._table, self.part, id_of(self._table, doc)
        self._base.put_down()
        self._base.known.pop(name, None)
        return self._base.insert({self._table: {name[1:]: doc}}, replace=False) == 1

    def drop(self, id: str) -> None:
        self._base.changed(self._table)
        self._base.known[self._table, self.part, id] = None
        self._run(f"DELETE FROM qf.{self._table} WHERE part = %s AND id = %s", (self.part, id))

    def docs(self, where: str = "", *values: Any) -> list[Doc]:
        return [*self.each(where, *values)]

    def each(self, where: str = "", *values: Any) -> Iterator[Doc]:
        """Yield the documents in the order in which they first came."""
        if self._base.writing and not where and self._table in {"pushes", *_LOCKED_WHOLE}:
            self.lock_whole()
        rows = self._run(
            f"SELECT doc FROM qf.{self._table} WHERE {self._here} {where} ORDER BY seq",
            (*self._place, *values),
        )
        for row in rows:
            yield decoded(row[0])

    def __len__(self) -> int:
        found = self._run(f"SELECT count(*) FROM qf.{self._table} WHERE part = %s", (self.part,))
        row = found.fetchone()
        return int(row[0]) if row else 0

    def lock_whole(self) -> bool:
        """Wait until no other worker changes this table; False where we had the lock already."""
        if self._table in self._base.locked:
            return False
        number = 16 + TABLES.index(self._table)
        self._base.ask("SELECT pg_advisory_xact_lock(%s, %s)", (LOCK, number))
        self._base.locked.add(self._table)
        return True

    def _run(self, statement: str, values: tuple[Any, ...]) -> psycopg.Cursor[Any]:
        return self._base.run(statement, values)


class RowsOfPush(Rows):
    """One table of the part that has the rows of a push, to be read: the database looks it up."""

    def __init__(self, base: PgDatabases, kind: str, table: str, key: str) -> None:
        super().__init__(base, f"{kind} of {key}", table)
        self._here = (
            "part = coalesce((SELECT %s || '/' || (doc::json->>'file') FROM qf.pushes"
            " WHERE part = '' AND id = %s), %s)"
        )
        self._place = (kind, key, f"{kind}/{OTHER}")


FOR_CHANGES, FOR_READING, AT_ONCE = "BEGIN", "BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY", ""
_KEY = ("part", "id")
MOST_LATER = 500  # rows in one statement
# A push that has ended, or waits, is nobody's: another worker may look at it next.
_LET_GO = (
    ", claimed = CASE WHEN excluded.state IN ('planned', 'sending') AND NOT excluded.waits"
    " THEN qf.pushes.claimed END"
)


def _columns(table: str, doc: Doc) -> dict[str, Any]:
    if table == "pushes":
        due = datetime.fromisoformat(doc["due"])
        later = datetime.fromisoformat(doc["not_before"]) if doc.get("not_before") else due
        mine = {
            "state": doc["state"],
            "target": doc["target"],
            "waits": bool(doc.get("not_before")),
            "stem": doc["key"].rpartition("@")[0],
            "channel": doc["channel"],
            "rank": doc["rank"],
            "due": due,
            "item": doc.get("item", ""),
            "occurrence": doc["occurrence"],
        }
        return {**mine, "wanted": max(due, later)}
    if table == "deliveries":
        begun = datetime.fromisoformat(doc["begun"])
        return {"push": doc["push"], "state": doc["state"], "begun": begun}
    if table == "receipts":
        mine = {"push": doc["push"], "person": doc["person"], "acted": doc["step"] != "opened"}
        return {**mine, "at": datetime.fromisoformat(doc["at"])}
    return {name: doc[name] for name in COLUMNS.get(table, ())}


def _insert(table: str, columns: Collection[str], rows: int, replace: bool) -> str:
    marks = ", ".join([f"({', '.join(['%s'] * len(columns))})"] * rows)
    kept = ", ".join(f"{name} = excluded.{name}" for name in columns if name not in _KEY)
    kept += _LET_GO if table == "pushes" else ""
    then = f"UPDATE SET {kept}" if replace else "NOTHING"
    return (
        f"INSERT INTO qf.{table} ({', '.join(columns)}) VALUES {marks}"
        f" ON CONFLICT (part, id) DO {then}"
    )


class PgDatabases:
    """The database as the rules of the store see it: parts and tables. One thread at a time."""

    def __init__(self, url: str, folder: Path) -> None:
        self.folder = folder  # where the sealing key lies
        self._url = url
        self._conn: Conn | None = None
        self._partitions: set[str] = set()
        self.writing = False
        self.locked: set[str] = set()  # tables, until the transaction ends
        self._renumbered: set[str] = set()  # likewise
        self.known: dict[Name, Doc | None] = {}  # rows, until then
        self._later: dict[str, dict[tuple[str, str], Doc]] = {}  # table -> rows not yet written
        self.asked = 0  # statements ever sent

    @property
    def conn(self) -> Conn:
        if self._conn is None or self._conn.closed:
            self._partitions = set()
            self._conn = psycopg.connect(settings(self._url), autocommit=True)
            bring_up_to_date(self._conn)
        return self._conn

    def run(self, statement: str, values: tuple[Any, ...] = ()) -> psycopg.Cursor[Any]:
        """Ask the database, once it has all that was put."""
        self.put_down()
        return self.ask(statement, values)

    def ask(self, statement: str, values: tuple[Any, ...]) -> psycopg.Cursor[Any]:
        """Ask what no row that was just put can change."""
        self.asked += 1
        return self.conn.execute(statement.encode(), values)

    def put_later(self, table: str, part: str, id: str, doc: Doc) -> None:
        rows = self._later.setdefault(table, {})
        rows[part, id] = self.known[table, part, id] = doc
        if len(rows) >= MOST_LATER:
            self.put_down()

    def put_down(self) -> None:
        """Write what was put, all of it as one statement."""
        if self._later:
            rows, self._later = self._later, {}
            self.insert(rows, replace=True)

    def insert(self, rows: Mapping[str, Mapping[tuple[str, str], Doc]], replace: bool) -> int:
        """Write rows by table; return how many of the last table's were new, or replaced."""
        statements, values = [], list[Any]()
        for table, docs in rows.items():
            self.changed(table)
            for part, _ in docs if table == PARTITIONED else ():
                self.ensure_partition(part)
            found = [
                {"part": part, "id": id, "doc": encoded(doc).decode(), **_columns(table, doc)}
                for (part, id), doc in docs.items()
            ]
            statements.append(_insert(table, found[0].keys(), len(found), replace))
            values += [value for row in found for value in row.values()]
        *first, last = statements
        others = ", ".join(f"w{n} AS ({one})" for n, one in enumerate(first))
        return self.ask(f"WITH {others} {last}" if first else last, tuple(values)).rowcount

    def look_ahead(self, names: Collection[Name]) -> None:
        """Ask for rows that are to be found next, all of them in one statement."""
        mine = [name for name in names if name not in self.known]
        asked = " UNION ALL ".join(
            f"SELECT '{table}', part, id, doc FROM qf.{table} WHERE part = %s AND id = %s"
            for table, _, _ in mine
        )
        if mine:
            rows = self.ask(asked, tuple(value for name in mine for value in name[1:]))
            found = {(table, part, id): decoded(doc) for table, part, id, doc in rows}
            self.known |= {name: found.get(name) for name in mine}

    def in_transaction(self, work: Callable[[], Any], begin: str) -> Any:
        """Run `work` as one transaction; durable, if it is FOR_CHANGES, when this returns."""
        conn = self.conn
        self.writing, self.locked, self._renumbered = begin == FOR_CHANGES, set(), set()
        self.known, self._later = {}, {}
        if not begin:
            return work()
        conn.execute(begin.encode())
        try:
            result = work()
        except BaseException:
            self.writing = False
            self._undo()
            raise
        self.writing = False
        try:
            conn.execute("COMMIT")
        except psycopg.OperationalError as error:
            self.let_go()
            # It may have happened: nobody may do it again on a guess.
            raise OSError(errno.EIO, f"数据库在提交时断开：{_first_line(error)}") from None
        return result

    def _undo(self) -> None:
        self._partitions = set()
        conn = self._conn
        try:
            if conn and conn.info.transaction_status != TransactionStatus.IDLE:
                conn.execute("ROLLBACK")
        except psycopg.Error:
            self.let_go()

    def let_go(self) -> None:
        if self._conn is not None:
            self._conn.close()
        self._conn = None

    def changed(self, table: str) -> None:
        """Give a table a new number, once in this transaction, where readers keep what they saw."""
        if table in VERSIONED and table not in self._renumbered:
            self._renumbered.add(table)
            self.run(
                "INSERT INTO qf.shared (name, value) VALUES (%s, nextval('qf.turns')::text)"
                " ON CONFLICT (name) DO UPDATE SET value = excluded.value",
                (f"version/{table}",),
            )

    def version(self, table: str) -> str:
        """Return the number of a table: the same one, the same rows."""
        name = f"version/{table}"
        row = self.run("SELECT value FROM qf.shared WHERE name = %s", (name,)).fetchone()
        return str(row[0]) if row else ""

    def ensure_partition(self, part: str) -> None:
        if part not in self._partitions:
            make_partition(self.conn, part)
            self._partitions.add(part)

    # -- the same as Databases ------------------------------------------------------------------

    def rows(self, name: str, table: str) -> Any:
        return Rows(self, name, table)

    def __getitem__(self, name: str) -> _Part:
        return _Part(self, name)

    def names(self, kind: str) -> list[str]:
        asked = " UNION ".join(f"SELECT part FROM qf.{table}" for table in _OF_KIND[kind])
        found = self.run(f"SELECT DISTINCT part FROM ({asked}) AS known ORDER BY part")
        return [f"{row[0]}" for row in found]

    def path(self, name: str) -> Path:
        """Return a file that is never there: these rows are in none."""
        return self.folder / "postgresql" / name

    def fold(self) -> None: ...

    def fold_or_say(self) -> None: ...

    def fold_if_long(self) -> None: ...

    def forget(self) -> None: ...

    def cut_off(self, whats: Collection[str]) -> bool:
        return False

    def advice(self) -> list[str]:
        return []

    def close(self) -> None:
        self.let_go()


class _Part:
    def __init__(self, base: PgDatabases, name: str) -> None:
        self._base, self._name = base, name

    def rows(self, table: str) -> Any:
        return self._base.rows(self._name, table)

    def tables(self) -> list[str]:
        return [table for table in TABLES if len(self._base.rows(self._name, table))]


def _first_line(error: BaseException) -> str:
    return (str(error).splitlines() or [type(error).__name__])[0]
