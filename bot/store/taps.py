"""People of a week as sets, kept beside its rows in memory: a count then asks no row.

They are made when a summary first asks, and live and die with the part of the data folder whose
rows they repeat (tables.Part.notes): receipts that came since are taken in, any other change
throws them away.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from collections.abc import Set as AbstractSet
from datetime import datetime
from typing import Any

from bot.core.model import Step
from bot.store.tables import Doc, Part, Rows

Taps = dict[str, "Acted"]  # by push
People = tuple[frozenset[str], frozenset[str]]  # covered, able to tap; folded


class Acted:
    """Who acted deliberately on one push, folded, and when they first did, in seconds."""

    __slots__ = ("docs", "first", "last")

    def __init__(self) -> None:
        self.docs: list[Doc] = []  # all receipts of the push, those of an opened page too
        self.first: dict[str, float] = {}
        self.last = 0.0  # the latest moment that was ever put in: no first act is later

    def before(self, limit: float, able: AbstractSet[str]) -> AbstractSet[str]:
        """Return those of `able` who had acted by then; mostly everybody who ever did."""
        if self.last < limit:
            everybody = self.first.keys()
            return everybody if everybody <= able else everybody & able
        return {who for who, at in self.first.items() if at < limit and who in able}


def taps_of(rows: Rows) -> Taps:
    """Return the first deliberate acts in one week's receipts. To be read, never changed."""
    part = rows.storage_part
    known: Taps | None = part.notes.get("taps")
    if known is None:
        known = part.notes["taps"] = {}
        _take(known, rows.docs())
    else:
        _take(known, part.added)
    part.added = []
    return known


def _take(taps: Taps, docs: Iterable[Doc]) -> None:
    opened = Step.OPENED.value
    moment = datetime.fromisoformat
    for doc in docs:
        acted = taps.get(doc["push"])
        if acted is None:
            acted = taps[doc["push"]] = Acted()
        acted.docs.append(doc)
        if doc["step"] == opened:
            continue
        at, who = moment(doc["at"]).timestamp(), doc["person"].casefold()
        known = acted.first.get(who)
        if known is None or at < known:
            acted.first[who] = at
        acted.last = max(at, acted.last)


def people_of(key: str, cohorts: Rows, missed: Callable[[], frozenset[str]]) -> People:
    """Return who was covered by a push and who of them could tap."""
    known: dict[str, People] = _fresh_notes(cohorts.storage_part).setdefault("people", {})
    if key not in known:
        doc = cohorts.find(key)
        known[key] = people_in(doc, missed() if doc else frozenset())
    return known[key]


def people_in(doc: Doc | None, missed: frozenset[str]) -> People:
    """Return who was covered by a push and who of them could tap, from its roster's row.

    The same as core.reading.tappers, whose sets these are, made without a Cohort.
    """
    covered = frozenset(map(str.casefold, doc["covered"])) if doc else frozenset[str]()
    if not (doc and doc["tappable"]):
        return covered, frozenset()
    return covered, covered.difference(map(str.casefold, missed)) if missed else covered


def _fresh_notes(part: Part) -> dict[str, Any]:
    if part.added:  # a cohort came without its delivery: nobody does that yet
        part.notes, part.added = {}, []
    return part.notes
