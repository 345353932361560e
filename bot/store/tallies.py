"""Counters beside the rows: answers that were counted once, kept until a row of theirs changes.

A summary asks of an occurrence which figures its pushes have up to certain moments
(core.reading.Question). The answer depends on nothing but the rows of those pushes, so it is
kept as one small row, and dropped in the same change as touches one of them. Closed weeks are
therefore read as counts and their rows stay on disk; and what is kept always equals the rows.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable
from dataclasses import asdict
from datetime import datetime

from bot.core.model import Cohort, Step
from bot.core.reading import Acts, Figures, Question, answer
from bot.store.codec import from_doc
from bot.store.tables import Doc, Rows


def recall(table: Rows, question: Question) -> Figures | None:
    """Return the kept answer to exactly this question, None where there is none."""
    doc = table.find(_name(question))
    if doc is None or doc["pushes"] != _written(question):
        return None
    return Figures(**doc["figures"])


def keep(table: Rows, question: Question, figures: Figures) -> None:
    """Keep an answer, in place of an earlier one of the same pushes."""
    name = _name(question)
    doc: Doc = {"of": name, "pushes": _written(question), "figures": asdict(figures)}
    if table.find(name) != doc:
        table.put(doc)


def forget(table: Rows, key: str) -> None:
    """A row of this push changes: what was counted from it is no longer known."""
    for name in (key, _together(key)):
        if table.find(name) is not None:
            table.drop(name)


def _name(question: Question) -> str:
    return question[0][0] if len(question) == 1 else _together(question[0][0])


def _together(key: str) -> str:
    return f"{key.rpartition('@')[0]}@*"


def _written(question: Question) -> dict[str, str]:
    return {key: end.isoformat() for key, end in question}


def unreached(deliveries: Iterable[Doc]) -> dict[str, frozenset[str]]:
    """Return push -> who of those addressed was returned invalid or unlicensed."""
    found: dict[str, frozenset[str]] = {}
    for row in deliveries:
        # WeCom answers these accounts in lower case (wecom/api.md §3.2).
        bad = {account.casefold() for account in (*row["invalid"], *row["unlicensed"])}
        hit = {who for who in row["to"] if who.casefold() in bad} if bad else set()
        found[row["push"]] = found.get(row["push"], frozenset()) | hit
    return found


class WeekRows:
    """The rows behind the questions of one summary, each week gone through once."""

    def __init__(self, rows_of: Callable[[str, str, str], Rows]) -> None:
        self._rows_of = rows_of  # kind, table, push key -> the rows of its week
        self._first: dict[str, dict[str, dict[str, datetime]]] = {}
        self._unreached: dict[str, dict[str, frozenset[str]]] = {}

    def count(self, question: Question) -> Figures:
        keys = [key for key, _ in question]
        first = {key: self._first_acts(key).get(key, {}) for key in keys}
        return answer(question, self.people(keys), first)

    def people(self, keys: Collection[str]) -> Acts:
        """Return the people of some pushes: who was covered, and who could not be reached."""
        found = {key: self._rows_of("sent", "cohorts", key).find(key) for key in keys}
        return Acts(
            pushes=(),
            cohorts={key: from_doc(Cohort, doc) for key, doc in found.items() if doc},
            unreached={key: self._missed(key).get(key, frozenset()) for key in keys},
        )

    def _first_acts(self, key: str) -> dict[str, dict[str, datetime]]:
        rows = self._rows_of("receipts", "receipts", key)
        name = rows.part
        if name not in self._first:
            self._first[name] = _first_acts(rows.docs())
        return self._first[name]

    def _missed(self, key: str) -> dict[str, frozenset[str]]:
        rows = self._rows_of("sent", "deliveries", key)
        name = rows.part
        if name not in self._unreached:
            self._unreached[name] = unreached(rows.docs())
        return self._unreached[name]


def _first_acts(docs: Iterable[Doc]) -> dict[str, dict[str, datetime]]:
    """The same as core.reading.first_acts, straight from the rows."""
    first: dict[str, dict[str, datetime]] = {}
    opened = Step.OPENED.value
    for doc in docs:
        if doc["step"] == opened:
            continue
        people = first.setdefault(doc["push"], {})
        at, who = datetime.fromisoformat(doc["at"]), doc["person"]
        if who not in people or at < people[who]:
            people[who] = at
    return first
