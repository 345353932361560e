"""The numbers of reading: covered, reachable, read, always together (DESIGN §2).

WeCom has no read state. *Read* counts distinct people with a deliberate act within the 阅知期:
five official workdays after the send. Each person counts once per occurrence, however many
targets reached them and in whichever case their account is written; totals add occurrences (人次).
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime, time, timedelta

from bot.core.calendar import Calendar
from bot.core.model import SHANGHAI, Cohort, Push, Receipt, State, Step

# What is asked of the acts of one occurrence: its pushes by key, and until when each counts.
# The answer depends on nothing else, so a store may keep it in place of the rows.
Question = tuple[tuple[str, datetime], ...]

READING_WORKDAYS = 5
ENDLESS = datetime.max.replace(tzinfo=UTC)
LOW_COVERAGE = 0.6  # reachable below this share of covered: 回执覆盖不足，仅供参考


@dataclass(frozen=True, kw_only=True)
class Acts:
    """What happened, as the store hands it over: rows, or what the rows came to."""

    pushes: Sequence[Push]
    cohorts: Mapping[str, Cohort] = field(default_factory=dict)  # by push key
    # By push key: invalid, unlicensed, or in a part of the audience that was never sent.
    unreached: Mapping[str, frozenset[str]] = field(default_factory=dict)
    receipts: Sequence[Receipt] = ()
    opened: Mapping[str, int] = field(default_factory=dict)
    counted: Mapping[Question, Figures] = field(default_factory=dict)  # what need not be counted
    rows: bool = True  # False: only what is `counted` may be asked
    # By push key: who could tap, folded. A store may know; `tappers` adds what it works out, for
    # it is asked of the same push again and again.
    able: dict[str, frozenset[str]] = field(default_factory=dict, repr=False, compare=False)


@dataclass(frozen=True, kw_only=True)
class Figures:
    """The numbers of one occurrence, one target or one week. Never one without the others."""

    pushes: int = 0
    covered: int = 0
    reachable: int = 0
    opened: int = 0
    read: int = 0
    anonymous: int = 0

    @property
    def rate(self) -> float | None:
        """阅知率, 0..1; None where nothing can be measured."""
        return self.read / self.reachable if self.reachable else None

    @property
    def low_coverage(self) -> bool:
        return self.reachable < LOW_COVERAGE * self.covered

    def __add__(self, other: Figures) -> Figures:
        return Figures(**{name: value + getattr(other, name) for name, value in vars(self).items()})


def reading_until(sent: datetime, calendar: Calendar) -> datetime:
    """Return the end of the 阅知期: midnight after the fifth official workday after the send."""
    last = calendar.workday_after(sent.date(), READING_WORKDAYS)
    return datetime.combine(last + timedelta(days=1), time(), SHANGHAI)


def figures(pushes: Iterable[Push], acts: Acts, calendar: Calendar, as_of: datetime) -> Figures:
    """Return the numbers of the sent ones of `pushes`, summed over their occurrences."""
    first: Mapping[str, Mapping[str, datetime]] | None = None
    total = Figures()
    for question in questions(pushes, calendar, as_of):
        known = acts.counted.get(question)
        if known is None:
            if not acts.rows:
                raise LookupError("a question that was not announced")
            first = first_acts(acts.receipts) if first is None else first
            known = answer(question, acts, first)
        total += known
    return total


def questions(pushes: Iterable[Push], calendar: Calendar, as_of: datetime) -> list[Question]:
    """Return what the figures of the sent ones of `pushes` ask, one question an occurrence."""
    found: dict[tuple[str, str], list[tuple[str, datetime]]] = {}
    until: dict[date, datetime] = {}  # by day of the send: a calendar is slow to ask
    for push in pushes:
        if push.state is State.SENT and push.sent_at is not None:
            day = push.sent_at.date()
            if day not in until:
                until[day] = reading_until(push.sent_at, calendar)
            end = min(as_of, until[day])
            found.setdefault((push.occurrence, push.part), []).append((push.key, end))
    return [tuple(sorted(group)) for group in found.values()]


def people(pushes: Iterable[Push], acts: Acts) -> frozenset[str]:
    """Return who could tap in any of `pushes`, each person once."""
    found = [tappers(push.key, acts) for push in pushes]
    return found[0] if len(found) == 1 else frozenset[str]().union(*found)


def tappers(key: str, acts: Acts) -> frozenset[str]:
    """Return who could tap in a push, folded."""
    known = acts.able.get(key)
    if known is None:
        cohort = acts.cohorts.get(key)
        known = frozenset[str]()
        if cohort is not None and cohort.tappable:
            known = frozenset(_folded(cohort.covered) - _folded(acts.unreached.get(key, ())))
        acts.able[key] = known
    return known


def _folded(accounts: Iterable[str]) -> set[str]:
    """WeCom does not tell accounts apart by case, so neither do we."""
    return set(map(str.casefold, accounts))


def answer(question: Question, acts: Acts, first: Mapping[str, Mapping[str, datetime]]) -> Figures:
    """Count one occurrence from its rows; `first` gives push -> person -> first deliberate act."""
    covered: set[str] = set()
    reachable: set[str] = set()
    read: set[str] = set()
    for key, end in question:
        cohort = acts.cohorts.get(key)
        if cohort is None:
            continue
        covered |= _folded(cohort.covered)
        able = tappers(key, acts)
        reachable |= able
        read |= _folded([who for who, at in first.get(key, {}).items() if at < end]) & able
    return Figures(
        pushes=len(question),
        covered=len(covered),
        reachable=len(reachable),
        opened=sum(acts.opened.get(key, 0) for key, _ in question),
        read=len(read),
    )


def answers(
    keys: Sequence[str],
    ends: Iterable[datetime],
    acts: Acts,
    first: Mapping[str, Mapping[str, datetime]],
) -> list[Figures]:
    """Return what `answer` says of pushes that all count until one moment, for each of `ends`."""
    acted: dict[str, datetime] = {}  # by person: when he first did, where he could
    for key in keys:
        able = tappers(key, acts)
        for who, at in first.get(key, {}).items():
            person = who.casefold()
            if person in able and at < acted.get(person, ENDLESS):
                acted[person] = at
    moments = sorted(acted.values())
    known = answer(tuple((key, ENDLESS) for key in keys), acts, first)
    return [replace(known, read=bisect_left(moments, end)) for end in ends]


def first_acts(receipts: Iterable[Receipt]) -> dict[str, dict[str, datetime]]:
    """Return push -> person -> first deliberate act. Opening a page is not one."""
    first: dict[str, dict[str, datetime]] = {}
    for receipt in receipts:
        if receipt.step is Step.OPENED:
            continue
        people = first.setdefault(receipt.push, {})
        people[receipt.person] = min(receipt.at, people.get(receipt.person, receipt.at))
    return first
