"""What many ask for at the same moment, in one statement for all: taps, and what a tap looks at.

A morning's card brings hundreds of taps a second. Each would be a transaction of three statements
and two questions of three; so those that wait together are put in together (commit.py).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from bot.core.model import Cohort, Push, Receipt
from bot.store import tallies
from bot.store.codec import decoded, encoded, from_doc, to_doc
from bot.store.desk import OTHER
from bot.store.postgres.tables import _columns
from bot.store.tables import Doc, id_of

if TYPE_CHECKING:
    from bot.store.postgres.store import PostgresStore

ROSTERS = 64  # decoded ones, of the newest pushes


@dataclass(frozen=True, eq=False)
class Tap:
    """One receipt that is to be kept."""

    store: PostgresStore
    receipt: Receipt

    def __call__(self) -> bool:
        return self.all_of([self])[0]

    @classmethod
    def all_of(cls, taps: Sequence[Tap]) -> list[bool]:
        """Keep them; say of each whether it is new."""
        store = taps[0].store
        keys = sorted({tap.receipt.push for tap in taps})
        rows = store._base.run(
            "SELECT id, doc FROM qf.pushes WHERE part = '' AND id = ANY(%s) ORDER BY id FOR SHARE",
            (keys,),
        )
        pushes: dict[str, Doc] = {row[0]: decoded(row[1]) for row in rows}
        mine: dict[tuple[str, str], Tap] = {}
        for tap in taps:
            push = pushes.get(tap.receipt.push)
            if not (push and push.get("folded")):  # its names are gone
                part = f"receipts/{push['file'] if push else OTHER}"
                mine.setdefault((part, id_of("receipts", to_doc(tap.receipt))), tap)
        fresh = {mine[name] for name in _put(store, mine)} if mine else set[Tap]()
        touched = {tap.receipt.push for tap in fresh}
        if touched:
            names = sorted({*touched, *map(tallies._together, touched)})
            store._base.run("DELETE FROM qf.figures WHERE part = '' AND id = ANY(%s)", (names,))
            store._base.known.clear()
        return [tap in fresh for tap in taps]


def _put(store: PostgresStore, mine: dict[tuple[str, str], Tap]) -> list[tuple[str, str]]:
    for part in {part for part, _ in mine}:
        store._base.ensure_partition(part)
    docs = [to_doc(tap.receipt) for tap in mine.values()]
    columns = [_columns("receipts", doc) for doc in docs]
    values: list[list[Any]] = [[part for part, _ in mine], [id for _, id in mine]]
    values.append([encoded(doc).decode() for doc in docs])
    values += [[one[name] for one in columns] for name in columns[0]]
    names = ", ".join(["part", "id", "doc", *columns[0]])
    kinds = (
        "%s::text[], %s::text[], %s::text[], %s::text[], %s::text[], %s::bool[], %s::timestamptz[]"
    )
    rows = store._base.run(
        f"INSERT INTO qf.receipts ({names}) SELECT * FROM unnest({kinds})"
        " ON CONFLICT (part, id) DO NOTHING RETURNING part, id",
        tuple(values),
    )
    return [(row[0], row[1]) for row in rows]


@dataclass(frozen=True, eq=False)
class Look:
    """What is asked of a push before anything is done with a tap: the push, and its roster."""

    store: PostgresStore
    key: str

    def __call__(self) -> tuple[Push | None, Cohort | None]:
        return self.all_of([self])[0]

    @classmethod
    def all_of(cls, looks: Sequence[Look]) -> list[tuple[Push | None, Cohort | None]]:
        """Read them; a roster is read anew only where its row is another one."""
        store = looks[0].store
        rows = store._base.run(
            "SELECT p.id, p.doc, c.xmin::text FROM qf.pushes p LEFT JOIN qf.cohorts c"
            " ON c.part = 'sent/' || (p.doc::json->>'file') AND c.id = p.id"
            " WHERE p.part = '' AND p.id = ANY(%s)",
            (sorted({look.key for look in looks}),),
        ).fetchall()
        found: dict[str, tuple[Push | None, Cohort | None]] = {}
        for key, doc, version in rows:
            push = decoded(doc)
            roster = store.roster(key, push["file"], version) if version else None
            found[key] = from_doc(Push, push), roster
        return [found.get(look.key, (None, None)) for look in looks]
