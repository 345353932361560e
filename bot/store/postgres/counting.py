"""Figures of weeks, counted by the database: a summary reads no receipt row by row.

The rules are tallies.py's: what is kept is the answer to exactly one question, and dropped with
any row behind it. Here the rows behind all open questions are asked for at once, people's first
deliberate acts already gathered, and the pushes are locked while an answer is kept, so that no
tap comes between counting and keeping.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from bot.core.model import Cohort, Push
from bot.core.reading import Acts, Figures, Question
from bot.store import tallies
from bot.store.codec import decoded, from_doc
from bot.store.desk import OTHER
from bot.store.tables import Doc
from bot.store.taps import Acted, People, people_in

if TYPE_CHECKING:
    from bot.store.postgres.store import PostgresStore

_TAPS = """
SELECT push, array_agg(person), array_agg(extract(epoch FROM first)::float8) FROM (
    SELECT push, person, min(at) AS first FROM qf.receipts
    WHERE part = ANY(%s) AND push = ANY(%s) AND acted GROUP BY push, person) AS one
GROUP BY push
"""


def counted(
    store: PostgresStore, questions: Collection[Question], named: Collection[str]
) -> tuple[Acts, list[Question]]:
    """Return the answers, and which of them had to be counted."""
    known = _kept(store, questions)
    answers = {one: tallies.recall(known, one) for one in questions}
    fresh = [one for one, figures in answers.items() if figures is None]
    rows = CountedRows(store, {*_keys(fresh), *named})
    found: dict[Question, Figures] = {
        one: rows.count(one) if figures is None else figures for one, figures in answers.items()
    }
    return replace(rows.people(named), pushes=rows.pushes, counted=found, rows=False), fresh


def keep(store: PostgresStore, questions: Collection[Question]) -> None:
    """Count once more, with the pushes locked, and keep the answers."""
    rows = CountedRows(store, _keys(questions), lock=True)
    known = _kept(store, questions)
    for one in questions:
        tallies.keep(known, one, rows.count(one))


def _keys(questions: Iterable[Question]) -> set[str]:
    return {key for question in questions for key, _ in question}


def _kept(store: PostgresStore, questions: Collection[Question]) -> Any:
    """Return the table of answers, those to these questions read in one."""
    names = sorted({tallies._name(one) for one in questions})
    rows = store._base.run(
        "SELECT id, doc FROM qf.figures WHERE part = '' AND id = ANY(%s)", (names,)
    )
    found = {row[0]: decoded(row[1]) for row in rows}
    for name in names:
        store._base.known["figures", "", name] = found.get(name)
    return store._main("figures")


class CountedRows(tallies.WeekRows):
    """The rows behind some pushes, each kind asked for once."""

    def __init__(self, store: PostgresStore, keys: Collection[str], lock: bool = False) -> None:
        self._base = store._base
        asked = "SELECT id, doc FROM qf.pushes WHERE part = '' AND id = ANY(%s) ORDER BY id"
        rows = self._base.run(asked + " FOR UPDATE" * lock, (sorted(keys),))
        self._docs: dict[str, Doc] = {row[0]: decoded(row[1]) for row in rows}
        for key, doc in self._docs.items():
            self._base.known["pushes", "", key] = doc
        super().__init__(store._of, self._docs.get)
        mine = [key for key in sorted(keys) if not self._docs.get(key, {}).get("folded")]
        self._cohorts = {doc["push"]: doc for doc in self._of("cohorts", mine)}
        sent = self._of("deliveries", mine)
        self._without = tallies.unreached(sent, self._cohorts.values())
        self._taps = self._first_taps(mine)
        self._known: dict[str, People] = {}

    @property
    def pushes(self) -> tuple[Push, ...]:
        return tuple(from_doc(Push, doc) for doc in self._docs.values())

    def people(self, keys: Collection[str]) -> Acts:
        """Return the people of some pushes, as tallies.WeekRows does."""
        found = {key: self._cohorts.get(key) for key in keys}
        return Acts(
            pushes=(),
            cohorts={key: from_doc(Cohort, doc) for key, doc in found.items() if doc},
            unreached={key: self._without.get(key, frozenset()) for key in keys},
        )

    def _parts(self, kind: str) -> list[str]:
        weeks = {doc["file"] for doc in self._docs.values()}
        return [f"{kind}/{week}" for week in sorted({*weeks, OTHER})]

    def _of(self, table: str, keys: list[str]) -> list[Doc]:
        rows = self._base.run(
            f"SELECT doc FROM qf.{table} WHERE part = ANY(%s) AND push = ANY(%s) ORDER BY seq",
            (self._parts("sent"), keys),
        )
        return [decoded(row[0]) for row in rows]

    def _first_taps(self, keys: list[str]) -> dict[str, Acted]:
        found: dict[str, Acted] = {}
        for push, people, moments in self._base.run(_TAPS, (self._parts("receipts"), keys)):
            acted = found[push] = Acted()
            folded = [*map(str.casefold, people)]
            acted.first = dict(zip(folded, moments, strict=True))
            if len(acted.first) < len(folded):  # somebody is written in two ways
                for who, at in zip(folded, moments, strict=True):
                    acted.first[who] = min(at, acted.first[who])
            acted.last = max(moments)
        return found

    def _acted(self, key: str) -> list[Acted]:
        return [self._taps[key]] if key in self._taps else []

    def _people_of(self, key: str) -> People:
        if key not in self._known:
            doc = self._cohorts.get(key)
            self._known[key] = people_in(doc, self._without.get(key, frozenset()))
        return self._known[key]
