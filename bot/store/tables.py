"""TinyDB over a part of the data folder: our own Storage and our own Table.

Stock TinyDB hands the whole database to its storage on every change, and `_update_table` copies
every document before that (45 ms at 100,000). Here one document by our own id is found, put and
dropped at once, and only the change reaches the journal. Everything else of TinyDB's Table works
as its documentation says: queries, updates, `insert`; those look at every document.

In memory a table is {our id: document}. On disk it is ordinary TinyDB JSON, whose numbers are
given anew each time the file is written: nothing of ours ever rests on a doc_id.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Any, Protocol

from tinydb import TinyDB
from tinydb.storages import Storage
from tinydb.table import Table

from bot.store.codec import decoded, encoded

Doc = dict[str, Any]
Tables = dict[str, dict[str, Doc]]
CHUNK = 500  # documents encoded at once when a file is written

# What makes a row the same row, by table. Ids are ours.
IDENTITY: Mapping[str, tuple[str, ...]] = {
    "meta": ("name",),
    "pushes": ("key",),
    "deliveries": ("push", "part", "attempt"),
    "cohorts": ("push",),
    "parts": ("push", "part"),
    "receipts": ("push", "person", "step"),
    "figures": ("of",),
    "numbers": ("year", "name"),
    "counts": ("name", "day"),
    "members": ("id",),
    "suggestions": ("id",),
    "signatures": ("push", "person"),
    "targets": ("id",),
    "summaries": ("week",),
    "texts": ("digest",),
    "kept": ("digest",),
    "trail": ("number",),
    "certificates": ("number",),
    "folded": ("of",),
}
_REPEATED = ("push", "means", "step")  # few different words in many receipts: kept once


SEPARATOR = "\x1f"  # of what makes an id; in no account and no key


def id_of(table: str, doc: Mapping[str, Any]) -> str:
    """Return our id of a document. In a table that is not ours, the document is its own id."""
    names = IDENTITY.get(table)
    if names is None:
        return json.dumps(doc, sort_keys=True, ensure_ascii=False, default=str)
    if len(names) == 1:
        return str(doc[names[0]])
    return SEPARATOR.join([str(doc[name]) for name in names])  # a list is quicker here


class Ledger(Protocol):
    """Where a part reports its changes, so that they become durable or are undone."""

    def changed(self, part: Part, table: str, id: str, old: Doc | None, new: Doc | None) -> None:
        """Take note that a document was put (`new`) or dropped (None) in place of `old`."""


class Part(Storage):
    """One database file of the data folder, in memory; a TinyDB storage."""

    def __init__(self, name: str, ledger: Ledger) -> None:
        self.name = name
        self.tables: Tables = {}
        self.dirty = False  # whether the journal knows more than the file
        self.used = 0  # when it was last asked for, counted by the ledger
        self._ledger = ledger
        # What somebody made of the rows (taps.py): gone with any change, but for rows that were
        # only `add`ed since, which stand beside it.
        self.notes: dict[str, Any] = {}
        self.added: list[Doc] = []
        self.watched: dict[str, set[str]] = {}  # table -> ids of what changed (standing.py)

    def find(self, table: str, id: str) -> Doc | None:
        rows = self.tables.get(table)
        return rows.get(id) if rows is not None else None

    def put(self, table: str, doc: Doc) -> None:
        """Insert, or replace what has the same id."""
        id = id_of(table, doc)
        rows = self.tables.setdefault(table, {})
        old = rows.get(id)
        rows[id] = doc
        self.notes = {}
        self._note(table, id)
        self._ledger.changed(self, table, id, old, doc)

    def add(self, table: str, doc: Doc) -> bool:
        """Insert, or leave what has the same id; False if it was there."""
        id = id_of(table, doc)
        rows = self.tables.setdefault(table, {})
        if id in rows:
            return False
        rows[id] = doc
        if self.notes:
            self.added.append(doc)
        self._note(table, id)
        self._ledger.changed(self, table, id, None, doc)
        return True

    def drop(self, table: str, id: str) -> None:
        old = self.tables.get(table, {}).pop(id, None)
        if old is not None:
            self.notes = {}
            self._note(table, id)
            self._ledger.changed(self, table, id, old, None)

    def set(self, table: str, id: str, doc: Doc | None) -> None:
        """Put a document where it was, or take it away, without a word: loading and undoing."""
        self.notes = {}
        self._note(table, id)
        rows = self.tables.setdefault(table, {})
        if doc is None:
            rows.pop(id, None)
        else:
            rows[id] = doc

    def _note(self, table: str, id: str) -> None:
        if table in self.watched:
            self.watched[table].add(id)

    # -- TinyDB's side ---------------------------------------------------------------------------

    def read(self) -> dict[str, dict[str, Doc]]:
        """Return everything as TinyDB wants it, numbered."""
        return {name: numbered(rows) for name, rows in self.tables.items()}

    def write(self, data: Mapping[str, Mapping[Any, Mapping[str, Any]]]) -> None:
        """Take everything from TinyDB; only the difference is a change (`drop_tables`)."""
        for name in {*self.tables, *data}:
            self.exchange(name, [dict(doc) for doc in data.get(name, {}).values()])

    def exchange(self, table: str, docs: Iterable[Doc]) -> None:
        """Make `docs` the whole content of a table."""
        wanted = {id_of(table, doc): doc for doc in docs}
        for id in [id for id in self.tables.get(table, {}) if id not in wanted]:
            self.drop(table, id)
        for id, doc in wanted.items():
            if self.find(table, id) != doc:
                self.put(table, doc)


class Rows(Table):
    """A TinyDB table whose documents are also found, put and dropped by our own id, at once."""

    default_query_cache_capacity = 0  # a change that is undone would leave its answers behind

    def __init__(self, storage: Part, name: str, **options: Any) -> None:
        super().__init__(storage, name, **options)
        self.storage_part = self._part = storage
        self.part = storage.name

    def find(self, id: str) -> Doc | None:
        """Return the document itself: to be read, never changed."""
        rows = self._part.tables.get(self._name)
        return rows.get(id) if rows is not None else None

    def put(self, doc: Doc) -> None:
        """Insert, or replace the document of the same id; `doc` is the store's from here on."""
        self._part.put(self._name, doc)

    def add(self, doc: Doc) -> bool:
        """Insert, or leave what has the same id; False if it was there."""
        return self._part.add(self._name, doc)

    def drop(self, id: str) -> None:
        self._part.drop(self._name, id)

    def docs(self) -> list[Doc]:
        """Return the documents themselves, in the order in which they first came."""
        return list(self._part.tables.get(self._name, {}).values())

    def __len__(self) -> int:
        return len(self._part.tables.get(self._name, {}))

    def _read_table(self) -> dict[str, Mapping[Any, Any]]:
        return {**numbered(self._part.tables.get(self._name, {}))}

    def _update_table(self, updater: Callable[[dict[int, Any]], None]) -> None:
        table = {int(number): dict(doc) for number, doc in self._read_table().items()}
        updater(table)
        self._part.exchange(self._name, table.values())


class Database(TinyDB):
    """TinyDB over one part."""

    table_class: type[Table] = Rows

    def __init__(self, part: Part) -> None:
        super().__init__(storage=lambda: part)

    def rows(self, name: str) -> Rows:
        found = self.table(name)
        assert isinstance(found, Rows)
        return found


def numbered(rows: Mapping[str, Doc]) -> dict[str, Doc]:
    return {str(number): doc for number, doc in enumerate(rows.values(), 1)}


def to_file(tables: Tables) -> Iterator[bytes]:
    """Return the parts of an ordinary TinyDB file."""
    yield b"{"
    for n, (name, rows) in enumerate(tables.items()):
        yield f"{', ' if n else ''}{json.dumps(name)}: {{".encode()
        docs = list(rows.values())
        for first in range(0, len(docs), CHUNK):
            piece = enumerate(docs[first : first + CHUNK], first + 1)
            text = encoded({str(number): doc for number, doc in piece})
            yield (b",\n" if first else b"\n") + text[1:-1]
        yield b"}"
    yield b"}\n"


def from_file(data: bytes) -> Tables:
    """Return the tables of a TinyDB file; ValueError for what is none."""
    found = decoded(data)
    if not isinstance(found, dict):
        raise ValueError("not a database")
    tables: Tables = {}
    for name, docs in found.items():
        if name == "receipts":
            _share(docs.values())
        tables[name] = {id_of(name, doc): doc for doc in docs.values()}
    return tables


def _share(docs: Iterable[Doc]) -> None:
    for doc in docs:
        for name in _REPEATED:
            doc[name] = sys.intern(doc[name])
