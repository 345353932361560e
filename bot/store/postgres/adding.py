"""Many pushes at once: a morning's rows for thousands of groups in a handful of statements."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

from bot.core.calendar import iso_week
from bot.core.model import Push
from bot.store.codec import decoded, to_doc
from bot.store.desk import OTHER
from bot.store.postgres import moving
from bot.store.postgres.schema import NOTIFY

if TYPE_CHECKING:
    from bot.store.postgres.store import PostgresStore


def add(store: PostgresStore, wanted: Mapping[str, Push]) -> int:
    """Add what is new by key, as the embedded store does; wake the senders."""
    base = store._base
    store._rows("pushes").lock_whole()
    known = base.run("SELECT id FROM qf.pushes WHERE part = '' AND id = ANY(%s)", ([*wanted],))
    there = {row[0] for row in known}
    fresh = [push for key, push in wanted.items() if key not in there]
    if not fresh:
        return 0
    files = _files(store, {push.occurrence for push in fresh})
    docs = [
        {**to_doc(push), "file": files.setdefault(push.occurrence, iso_week(push.due.date()))}
        for push in fresh
    ]
    moving.fill(base, "pushes", (("", doc) for doc in docs))
    if store._main("meta").find("restored") is not None:
        for push in fresh:
            if store._lost(push):
                store._doubt(push)
    keys = [push.key for push in fresh]
    if base.run(
        "SELECT 1 FROM qf.receipts WHERE part = %s AND push = ANY(%s) LIMIT 1",
        (f"receipts/{OTHER}", keys),
    ).fetchone():
        store._adopt(keys)
    base.run(f"NOTIFY {NOTIFY}")
    return len(fresh)


def _files(store: PostgresStore, occurrences: set[str]) -> dict[str, str]:
    """Return the week of each occurrence that has rows already: all of its rows are there."""
    rows = store._base.run(
        "SELECT DISTINCT ON (occurrence) occurrence, doc FROM qf.pushes"
        " WHERE part = '' AND occurrence = ANY(%s) ORDER BY occurrence, seq",
        ([*occurrences],),
    )
    return {row[0]: decoded(row[1])["file"] for row in rows}


# Whose attention a due push has, for a minute, and with it all else that is for its target.
CLAIM = """
WITH mine AS (
    SELECT id FROM qf.pushes p
    WHERE part = '' AND state = 'planned' AND wanted <= %s AND channel = ANY(%s)
    AND (claimed IS NULL OR claimed <= clock_timestamp() OR claimer = %s)
    AND NOT EXISTS (
        SELECT 1 FROM qf.pushes o WHERE o.target = p.target AND o.state IN ('planned', 'sending')
        AND o.claimed > clock_timestamp() AND o.claimer <> %s)
    ORDER BY rank, due, id LIMIT %s FOR UPDATE SKIP LOCKED)
UPDATE qf.pushes SET claimed = clock_timestamp() + interval '60 s', claimer = %s
FROM mine WHERE part = '' AND pushes.id = mine.id RETURNING doc
"""
