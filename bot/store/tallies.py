"""Counters beside the rows: answers that were counted once, kept until a row of theirs changes.

A summary asks of an occurrence which figures its pushes have up to certain moments
(core.reading.Question). The answer depends on nothing but the rows of those pushes, so it is
kept as one small row, and dropped in the same change as touches one of them. Closed weeks are
therefore read as counts and their rows stay on disk; and what is kept always equals the rows.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import asdict
from datetime import datetime
from functools import lru_cache

from bot.core.model import Cohort, State, Step
from bot.core.reading import Acts, Figures, Question
from bot.store.codec import from_doc
from bot.store.folding import answered
from bot.store.tables import Doc, Rows
from bot.store.taps import Acted, People, people_of, taps_of


def recall(table: Rows, question: Question) -> Figures | None:
    """Return the kept answer to this question, None where there is none.

    One that counted every act there is answers for any later end, too: the next act drops it.
    """
    written = _written(question)
    for known in _answers(table.find(_name(question))):
        if known["pushes"] == written or (known.get("all") and _reaches(known, question)):
            return Figures(**known["figures"])
    return None


def _reaches(known: Doc, question: Question) -> bool:
    ends = known["pushes"]
    return len(ends) == len(question) and all(
        key in ends and datetime.fromisoformat(ends[key]) <= end for key, end in question
    )


def keep(table: Rows, question: Question, figures: Figures, whole: bool = False) -> None:
    """Keep an answer, in place of an earlier one of the same pushes; `whole`: of every act.

    An occurrence with two texts is asked as a whole and text by text: those stand side by side.
    """
    name, written = _name(question), _written(question)
    known = _answers(table.find(name))
    answer: Doc = {"pushes": written, "figures": asdict(figures)} | ({"all": True} if whole else {})
    if answer not in known:
        others = [one for one in known if one["pushes"].keys() != written.keys()]
        table.put({"of": name, "answers": [*others, answer]})


def _answers(doc: Doc | None) -> list[Doc]:
    """Return what a row holds; before there were several, a row was its one answer."""
    if doc is None:
        return []
    answers: list[Doc] = doc.get("answers") or [
        {"pushes": doc["pushes"], "figures": doc["figures"]}
    ]
    return answers


def remembered(doc: Doc) -> list[tuple[Question, Figures]]:
    """Return the answers of a row, with their questions."""
    return [
        (
            tuple((key, datetime.fromisoformat(end)) for key, end in sorted(one["pushes"].items())),
            Figures(**one["figures"]),
        )
        for one in _answers(doc)
    ]


def forget(table: Rows, key: str) -> None:
    """A row of this push changes: what was counted from it is no longer known."""
    for name in (key, _together(key)):
        if table.find(name) is not None:
            table.drop(name)


def _name(question: Question) -> str:
    return question[0][0] if len(question) == 1 else _together(question[0][0])


@lru_cache(8192)
def _together(key: str) -> str:
    return f"{key.rpartition('@')[0]}@*"


def _written(question: Question) -> dict[str, str]:
    return {key: end.isoformat() for key, end in question}


def unreached(deliveries: Iterable[Doc], cohorts: Iterable[Doc]) -> dict[str, frozenset[str]]:
    """Return push -> who had no message: returned invalid or unlicensed, or never sent one.

    A part whose answer was lost may have arrived (a confirmed one did): its people are reached.
    What is addressed to nobody by name, a group's message, leaves nobody out.
    """
    found: dict[str, set[str]] = {}
    addressed: dict[str, list[list[str]]] = {}
    named: set[str] = set()
    for row in deliveries:
        # WeCom answers these accounts in lower case (wecom/api.md §3.2).
        bad = {account.casefold() for account in (*row["invalid"], *row["unlicensed"])}
        found.setdefault(row["push"], set()).update(_spelt(row["to"], bad))
        if row["to"]:
            named.add(row["push"])
        if row["state"] in _WENT_OUT:
            addressed.setdefault(row["push"], []).append(row["to"])
    for cohort in cohorts:
        went = addressed.get(cohort["push"], [])
        if cohort["push"] in named and cohort["covered"] not in went:  # one message for all: nearly
            out = set[str]().union(*went)
            left = set(cohort["covered"]) - out  # nobody, nearly always: then nothing is folded
            folded = {who.casefold() for who in out} if left else set()
            found[cohort["push"]] |= {who for who in left if who.casefold() not in folded}
    return {push: frozenset(who) for push, who in found.items()}


def _spelt(people: Sequence[str], folded: set[str]) -> set[str]:
    """Return those of `people` who are meant by `folded`, as they are written."""
    alike = folded.intersection(people) if folded else set()
    if len(alike) == len(folded):
        return alike
    return {who for who in people if who.casefold() in folded}


_WENT_OUT = (State.SENT.value, State.UNKNOWN.value)


class WeekRows:
    """The rows behind the questions of one summary, each week gone through once."""

    def __init__(
        self,
        rows_of: Callable[[str, str, str], Rows],
        push_of: Callable[[str], Doc | None] = lambda _: None,
    ) -> None:
        self._rows_of = rows_of  # kind, table, push key ("": none that we know) -> rows
        self._push_of = push_of
        self._first: dict[str, dict[str, dict[str, datetime]]] = {}
        self._unreached: dict[str, dict[str, frozenset[str]]] = {}

    def count(self, question: Question) -> Figures:
        found = Figures()
        named: list[tuple[str, datetime]] = []
        folded: dict[str, list[tuple[str, datetime]]] = {}
        for key, end in question:
            push = self._push_of(key)
            table = push.get("folded") if push else None
            (folded.setdefault(table, []) if table else named).append((key, end))
        for name, asked in folded.items():
            table = self._rows_of("sent", "folded", asked[0][0]).find(name)
            assert table is not None, "what is folded has its table"
            found += answered(tuple(asked), table)
        if named:
            found += self._counted(named)
        return found

    def _counted(self, asked: Sequence[tuple[str, datetime]]) -> Figures:
        """The same as core.reading.answer, from the sets that are kept beside the rows."""
        covered: list[AbstractSet[str]] = []
        reachable: list[AbstractSet[str]] = []
        read: list[AbstractSet[str]] = []
        for key, end in asked:
            mine, able = self._people_of(key)
            read += self._read(key, end, able)
            covered.append(mine)
            reachable.append(able)
        everybody = _all(covered)
        all_can = all(able is mine for able, mine in zip(reachable, covered, strict=True))
        return Figures(
            pushes=len(asked),
            covered=everybody,
            reachable=everybody if all_can else _all(reachable),
            read=_all(read),
        )

    def _read(self, key: str, end: datetime, able: AbstractSet[str]) -> Iterable[AbstractSet[str]]:
        """Return sets of those who had acted by then, whose union is who did."""
        return [acts.before(end.timestamp(), able) for acts in self._acted(key)]

    def _later(self, key: str, end: datetime) -> bool:
        """Whether somebody acted then or later."""
        return any(acts.last >= end.timestamp() for acts in self._acted(key))

    def _acted(self, key: str) -> list[Acted]:
        """Return the taps on a push that came before it was known here, and the rest."""
        weeks = [taps_of(self._rows_of("receipts", "receipts", name)) for name in ("", key)]
        return [taps[key] for taps in weeks if key in taps]

    def whole(self, question: Question) -> bool:
        """Whether every act on these pushes that there is lies before the end that is asked for."""
        for key, end in question:
            push = self._push_of(key)
            if push is None or push.get("folded"):
                return False
            if self._later(key, end):
                return False
        return True

    def _people_of(self, key: str) -> People:
        cohorts = self._rows_of("sent", "cohorts", key)
        return people_of(key, cohorts, lambda: self._missed(key).get(key, frozenset()))

    def able(self, keys: Collection[str]) -> dict[str, frozenset[str]]:
        """Return push -> who could tap, as core.reading.tappers has it."""
        return {key: self._people_of(key)[1] for key in keys}

    def people(self, keys: Collection[str]) -> Acts:
        """Return the people of some pushes: who was covered, and who could not be reached."""
        found = {key: self._rows_of("sent", "cohorts", key).find(key) for key in keys}
        return Acts(
            pushes=(),
            cohorts={key: from_doc(Cohort, doc) for key, doc in found.items() if doc},
            unreached={key: self._missed(key).get(key, frozenset()) for key in keys},
        )

    def first_act(self, key: str) -> dict[str, datetime]:
        """Return person -> first deliberate act, also of before the push was known here."""
        early, late = (self._first_acts(name).get(key, {}) for name in ("", key))
        if not early:  # as nearly always
            return late
        first = dict(early)
        for who, at in late.items():
            first[who] = min(at, first.get(who, at))
        return first

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
            cohorts = self._rows_of("sent", "cohorts", key)
            self._unreached[name] = unreached(rows.docs(), cohorts.docs())
        return self._unreached[name]


def _all(sets: Sequence[AbstractSet[str]]) -> int:
    """Return how many there are in any of the sets; one alone is not copied."""
    return len(sets[0]) if len(sets) == 1 else len(set[str]().union(*sets))


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
