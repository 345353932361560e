"""From a data folder into PostgreSQL and back: the same rows, table by table, part by part.

A backup of PostgreSQL is a backup of the data folder that its rows would be; so a backup of
either store can be restored into the other, and that is the way back.
"""

from __future__ import annotations

import shutil
from collections.abc import Iterable, Iterator
from contextlib import suppress
from pathlib import Path

from bot.store import backup as copies
from bot.store.codec import decoded, encoded
from bot.store.databases import KINDS, MAIN
from bot.store.postgres.schema import PARTITIONED, TABLES
from bot.store.postgres.tables import PgDatabases, _columns
from bot.store.tables import IDENTITY, Doc, id_of
from bot.store.tiny import TinyStore

Row = tuple[str, Doc]  # part, document


def rows_of(folder: TinyStore, table: str) -> Iterator[Row]:
    """Return one table of a data folder, oldest part first."""
    base = folder._databases
    for part in [MAIN, *(name for kind in KINDS for name in base.names(kind))]:
        if table in base[part].tables():
            for doc in base[part].rows(table).docs():
                yield part, doc
        base.forget()


def fill(base: PgDatabases, table: str, rows: Iterable[Row]) -> int:
    """Copy rows into an empty table, inside the transaction that is open; say how many."""
    base.known.clear()
    base.changed(table)
    found, known = 0, list(rows) if table == PARTITIONED else rows
    if table == PARTITIONED:
        for part in sorted({part for part, _ in known}):
            base.ensure_partition(part)
    cursor, copy = base.conn.cursor(), None
    with suppress(StopIteration):
        each = iter(known)
        part, doc = next(each)
        names = ["part", "id", "doc", *_columns(table, doc)]
        with cursor.copy(f"COPY qf.{table} ({', '.join(names)}) FROM STDIN".encode()) as copy:
            while True:
                values = [part, id_of(table, doc), encoded(doc).decode()]
                copy.write_row([*values, *_columns(table, doc).values()])
                found += 1
                try:
                    part, doc = next(each)
                except StopIteration:
                    break
    return found


def replace_all(base: PgDatabases, folder: TinyStore) -> dict[str, int]:
    """Put a data folder in the place of everything, inside the transaction that is open."""
    base.run("SET LOCAL idle_in_transaction_session_timeout = 0")
    moved = {}
    for table in TABLES:
        base.run(f"DELETE FROM qf.{table}")
        if table in IDENTITY:
            moved[table] = fill(base, table, rows_of(folder, table))
    moved["forgotten"] = fill(base, "forgotten", (("", dict(one)) for one in folder.forgotten()))
    return moved


def is_empty(base: PgDatabases) -> bool:
    return all(base.run(f"SELECT 1 FROM qf.{table} LIMIT 1").fetchone() is None for table in TABLES)


def write_folder(base: PgDatabases, target: Path) -> TinyStore:
    """Write everything into a fresh data folder; inside a transaction that sees one moment."""
    base.run("SET LOCAL idle_in_transaction_session_timeout = 0")  # it takes as long as it takes
    target.mkdir(mode=0o700)
    for name in (*copies.BESIDE, copies.FORMS):
        source = base.folder / name
        if source.is_dir():
            shutil.copytree(source, target / name)
        elif source.exists():
            shutil.copy2(source, target / name)
    store = TinyStore(target)
    with store._databases.change():
        for table in IDENTITY:
            for part, text in base.run(f"SELECT part, doc FROM qf.{table} ORDER BY seq"):
                store._databases.rows(part, table).put(decoded(text))
    store._databases.commit()
    return store
