"""Figures of weeks, counted beside the rows: a summary reads no receipt one by one.

The rules are tallies.py's: what is kept is the answer to exactly one question, and dropped with
any row behind it. Here the rows behind all open questions are asked for at once, whose acts they
were already gathered by push, and the pushes are locked until the answers are kept, so that no
tap comes between counting and keeping.
"""

from __future__ import annotations

from collections.abc import Collection
from collections.abc import Set as AbstractSet
from datetime import datetime
from typing import TYPE_CHECKING

import psycopg

from bot.core.model import Push
from bot.core.reading import Acts, Figures, Question
from bot.store import tallies
from bot.store.codec import decoded, from_doc
from bot.store.desk import OTHER
from bot.store.tables import SEPARATOR, Doc
from bot.store.taps import People, people_in

if TYPE_CHECKING:
    from bot.store.postgres.store import PostgresStore

End = tuple[str, datetime]  # a push, and until when an act on it counts

_ACTED = """
SELECT asked.push, asked.until,
    coalesce(string_agg(one.person, %s) FILTER (WHERE one.at < asked.until), ''),
    bool_or(one.at >= asked.until)
FROM unnest(%s::text[], %s::timestamptz[]) AS asked (push, until)
JOIN qf.receipts one ON one.push = asked.push
WHERE one.part = ANY(%s) AND one.acted
GROUP BY asked.push, asked.until
"""


async def counted(
    store: PostgresStore, questions: Collection[Question], named: Collection[str]
) -> Acts:
    """Return the answers; those that had to be counted are kept."""
    known = await store._read(lambda: _recalled(store, questions))
    fresh = [one for one in questions if known[one] is None]

    def work() -> Acts:
        rows = CountedRows(store, fresh, named)
        found = {one: figures or rows.count(one) for one, figures in known.items()}
        if store._base.writing:
            _recalled(store, fresh)  # what stands there now, read in one
            for one in fresh:
                tallies.keep(store._main("figures"), one, found[one], rows.whole(one))
        able = rows.able(named)
        return Acts(pushes=rows.pushes, counted=found, able=able, rows=False)

    if fresh:
        try:
            return await store._write(work)
        except (OSError, psycopg.Error):
            pass  # a database that takes no changes answers all the same
    return await store._read(work)


def _recalled(
    store: PostgresStore, questions: Collection[Question]
) -> dict[Question, Figures | None]:
    names = sorted({tallies._name(one) for one in questions})
    # A row has answers of other pushes too: whoever taps on those waits, or has dropped it.
    asked = "SELECT id, doc FROM qf.figures WHERE part = '' AND id = ANY(%s) ORDER BY id"
    rows = store._base.run(asked + " FOR UPDATE" * store._base.writing, (names,))
    found = {row[0]: decoded(row[1]) for row in rows}
    for name in names:
        store._base.known["figures", "", name] = found.get(name)
    return {one: tallies.recall(store._main("figures"), one) for one in questions}


class CountedRows(tallies.WeekRows):
    """The rows behind some questions and pushes, each kind asked for once.

    In a transaction that writes the pushes are locked: nobody taps until it ends.
    """

    def __init__(
        self, store: PostgresStore, questions: Collection[Question], named: Collection[str]
    ) -> None:
        self._base = store._base
        ends = {end for question in questions for end in question}
        keys = sorted({*named, *(key for key, _ in ends)})
        asked = "SELECT id, doc FROM qf.pushes WHERE part = '' AND id = ANY(%s) ORDER BY id"
        rows = self._base.run(asked + " FOR UPDATE" * self._base.writing, (keys,))
        self._docs: dict[str, Doc] = {row[0]: decoded(row[1]) for row in rows}
        for key, doc in self._docs.items():
            self._base.known["pushes", "", key] = doc
        super().__init__(store._of, self._docs.get)
        mine = [key for key in keys if not self._docs.get(key, {}).get("folded")]
        self._cohorts = {doc["push"]: doc for doc in self._of("cohorts", mine)}
        self._without = tallies.unreached(self._of("deliveries", mine), self._cohorts.values())
        self._early, self._late = self._acts({end for end in ends if end[0] in mine})
        self._known: dict[str, People] = {}

    @property
    def pushes(self) -> tuple[Push, ...]:
        return tuple(from_doc(Push, doc) for doc in self._docs.values())

    def _parts(self, kind: str) -> list[str]:
        weeks = {doc["file"] for doc in self._docs.values()}
        return [f"{kind}/{week}" for week in sorted({*weeks, OTHER})]

    def _of(self, table: str, keys: list[str]) -> list[Doc]:
        rows = self._base.run(
            f"SELECT doc FROM qf.{table} WHERE part = ANY(%s) AND push = ANY(%s) ORDER BY seq",
            (self._parts("sent"), keys),
        )
        return [decoded(row[0]) for row in rows]

    def _acts(self, ends: set[End]) -> tuple[dict[End, frozenset[str]], set[End]]:
        """Return who acted before each end, folded, and where somebody acted then or later."""
        early, late = dict[End, frozenset[str]](), set[End]()
        for key, until, people, more in self._base.run(
            _ACTED,
            (
                SEPARATOR,
                [key for key, _ in ends],
                [until for _, until in ends],
                self._parts("receipts"),
            ),
        ):
            early[key, until] = frozenset(people.casefold().split(SEPARATOR) if people else ())
            if more:
                late.add((key, until))
        return early, late

    def _read(self, key: str, end: datetime, able: AbstractSet[str]) -> list[AbstractSet[str]]:
        acted = self._early.get((key, end), frozenset())
        return [acted if acted <= able else acted & able]

    def _later(self, key: str, end: datetime) -> bool:
        return (key, end) in self._late

    def _people_of(self, key: str) -> People:
        if key not in self._known:
            doc = self._cohorts.get(key)
            self._known[key] = people_in(doc, self._without.get(key, frozenset()))
        return self._known[key]
