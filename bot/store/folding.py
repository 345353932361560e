"""Names into counts: what is left of an occurrence after its term, and the answers it still gives.

A table says how many people had the same fate in all pushes of one occurrence and part: by push,
not covered, covered without a way to tap, able to tap and silent, or the day of the first act.
Whatever is asked of these pushes, together or each alone, until any midnight, is answered from
it as from the rows (`core.reading.answer`); who the people were is no longer known.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterable, Mapping, Sequence
from datetime import date, datetime, time, timedelta

from bot.core.model import SHANGHAI
from bot.core.reading import Acts, Figures, Question, answers
from bot.store.tables import Doc

Fate = str | None  # as below, or the day of the first act
ABSENT, NO_WAY, SILENT = None, "", "-"

First = Mapping[str, Mapping[str, datetime]]  # push -> person -> first deliberate act


def table_of(keys: Sequence[str], acts: Acts, first: First) -> Doc:
    """Return the table of pushes of one occurrence and part, under the name of the first."""
    fates = [_fates(key, acts, first) for key in keys]
    everybody = [*set[str]().union(*fates)]
    counted = Counter(zip(*(map(one.get, everybody) for one in fates), strict=True))
    rows = sorted(counted.items(), key=repr)  # in no order of any roster
    return {"of": keys[0], "keys": list(keys), "people": [[list(fate), n] for fate, n in rows]}


def _fates(key: str, acts: Acts, first: First) -> dict[str, Fate]:
    cohort = acts.cohorts.get(key)
    if cohort is None:
        return {}
    covered = {person.casefold() for person in cohort.covered}
    if not cohort.tappable:
        return dict.fromkeys(covered, NO_WAY)
    found: dict[str, Fate] = dict.fromkeys(covered, SILENT)
    found |= {who.casefold(): NO_WAY for who in acts.unreached.get(key, ())}
    found = {person: fate for person, fate in found.items() if person in covered}
    days: dict[str, date] = {}
    for who, at in first.get(key, {}).items():
        person, day = who.casefold(), at.astimezone(SHANGHAI).date()
        days[person] = min(day, days.get(person, day))
    for person, day in days.items():
        if found.get(person) == SILENT:
            found[person] = day.isoformat()
    return found


def answered(question: Question, table: Doc) -> Figures:
    """Answer from a table what was asked of its pushes; an act counts if its day was over."""
    asked = [
        (table["keys"].index(key), end.astimezone(SHANGHAI).date().isoformat())
        for key, end in question
        if key in table["keys"]
    ]
    covered = reachable = read = 0
    for fate, people in table["people"]:
        mine = [(fate[place], until) for place, until in asked if fate[place] is not ABSENT]
        covered += people if mine else 0
        able = [(one, until) for one, until in mine if one != NO_WAY]
        reachable += people if able else 0
        read += people if any(one != SILENT and one < until for one, until in able) else 0
    return Figures(pushes=len(question), covered=covered, reachable=reachable, read=read)


def compared(table: Doc, acts: Acts, first: First) -> None:
    """Raise ValueError if the table would change any count: then nothing may be removed."""
    days = {fate for fates, _ in table["people"] for fate in fates if fate and fate != SILENT}
    ends = [_midnight_after(day) for day in [*days, "2199-12-30"]]
    keys = table["keys"]
    for group in [keys, *([key] for key in keys)]:
        rows = answers(sorted(group), ends, acts, first)
        if rows != [answered(tuple((key, end) for key in sorted(group)), table) for end in ends]:
            raise ValueError(f"{table['of']}: counts would change")


def _midnight_after(day: str) -> datetime:
    return datetime.combine(date.fromisoformat(day) + timedelta(days=1), time(), SHANGHAI)


def total(tables: Iterable[Doc]) -> Figures:
    """Return what the tables come to, whenever the acts were."""
    end = _midnight_after("2199-12-30")
    questions = [(tuple((key, end) for key in table["keys"]), table) for table in tables]
    return sum((answered(question, table) for question, table in questions), Figures())


def without(entries: Collection[str], person: str, instead: str) -> list[str]:
    """Return the accounts with `instead` in the place of one, in whichever case it is written."""
    folded = person.casefold()
    return [instead if entry.casefold() == folded else entry for entry in entries]
