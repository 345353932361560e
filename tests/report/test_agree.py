"""Summary and ledger say what a count by hand of the same rows says, whatever people do.

Late taps, double taps, strangers, somebody who joins late, people in two groups, returned
accounts, one warning for two holidays; and the same again once names are counts and people are
forgotten. tests/e2e/test_agree.py plays it through the whole bot and the sandbox's log.
"""

from __future__ import annotations

import asyncio
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from pathlib import Path

from hypothesis import given, settings
from hypothesis import strategies as st

from bot.core import messages
from bot.core.calendar import iso_week
from bot.core.model import SHANGHAI, Cohort, Delivery, Kind, Push, Receipt, State, Step, Target
from bot.core.planning import Plan
from bot.library.folder import Library
from bot.report import ledger, weekly
from bot.store import Store
from bot.store.tiny import TinyStore
from tests.core.cast import JG1, JG2, at, item, plan, sent

HALL = Target(id="zx", name="下属中心", channel="webhook", roster="下属中心")
TARGETS = (JG1, JG2, HALL)
PEOPLE = tuple(f"p{n}" for n in range(24))
# (occurrence, its day, the text, the first day after its reading by the State Council's notice:
# 06-19 is a day off, and so no workday of the five)
OCCASIONS = (
    ("monday-2026W23", date(2026, 6, 1), "SP-1", date(2026, 6, 9)),
    ("friday-2026W23", date(2026, 6, 5), "SC-1", date(2026, 6, 13)),
    ("monday-2026W24", date(2026, 6, 8), "SP-2", date(2026, 6, 16)),
    ("dragon-boat-2026", date(2026, 6, 15), "N-1", date(2026, 6, 24)),  # speaks for two
    ("friday-2026W26", date(2026, 6, 26), "SC-2", date(2026, 7, 4)),
)
LIBRARY = Library(
    items=tuple(item(text, Kind.STUDY) for _, _, text, _ in OCCASIONS),
)
AS_OF = datetime(2026, 7, 20, 9, tzinfo=SHANGHAI)


@dataclass(frozen=True, kw_only=True)
class World:
    groups: Sequence[int]  # of each person: 0 first branch, 1 second, 2 both, 3 the hall
    joins: int  # from this occasion on the last three people are there
    returned: frozenset[tuple[int, int]]  # (occasion, person): WeCom gave the account back
    taps: Sequence[tuple[int, int, int, int]]  # occasion, target, person, and when: see `moment`
    forgotten: int  # so many people are forgotten in the end

    def members(self, occasion: int, target: int) -> tuple[str, ...]:
        present = len(PEOPLE) - (3 if occasion < self.joins else 0)
        wanted = ({0, 2}, {1, 2}, {3})[target]
        return tuple(PEOPLE[n] for n in range(present) if self.groups[n] in wanted)

    def able(self, occasion: int, target: int) -> set[str]:
        gone = {PEOPLE[person] for of, person in self.returned if of == occasion}
        return set() if target == 2 else set(self.members(occasion, target)) - gone

    def by_hand(self, occasion: int) -> tuple[int, int, int]:
        """Covered, reachable, read: of the generated acts alone."""
        covered = {who for target in range(3) for who in self.members(occasion, target)}
        reachable = self.able(occasion, 0) | self.able(occasion, 1)
        read = {
            PEOPLE[person]
            for of, target, person, when in self.taps
            if of == occasion and PEOPLE[person] in self.able(occasion, target) and when in IN_TIME
        }
        return len(covered), len(reachable), len(read)


IN_TIME = (0, 1, 2)


def moment(occasion: int, when: int) -> datetime:
    """At once, next day, in the last minute; just too late, long afterwards."""
    _, day, _, over = OCCASIONS[occasion]
    end, sent_at = datetime.combine(over, time(), SHANGHAI), at(9, 15, day)
    late = end - timedelta(minutes=1), end, end + timedelta(days=9)
    return (sent_at + timedelta(minutes=2), sent_at + timedelta(hours=30), *late)[when]


SMALL = {"min_size": len(PEOPLE), "max_size": len(PEOPLE)}
WORLDS = st.builds(
    World,
    groups=st.lists(st.sampled_from((0, 0, 1, 1, 2, 3)), **SMALL),
    joins=st.integers(0, 5),
    returned=st.frozensets(st.tuples(st.integers(0, 4), st.integers(0, 23)), max_size=6),
    taps=st.lists(
        st.tuples(st.integers(0, 4), st.integers(0, 1), st.integers(0, 23), st.integers(0, 4)),
        min_size=20,
        max_size=60,
    ),
    forgotten=st.integers(0, 4),
)


@settings(max_examples=12, deadline=None)
@given(world=WORLDS)
def test_summary_and_ledger_say_what_a_count_by_hand_says(world: World) -> None:
    with tempfile.TemporaryDirectory() as home:
        asyncio.run(_agree(Path(home), world))


async def _agree(home: Path, world: World) -> None:
    store, whole = TinyStore(home), plan(items=LIBRARY.items, targets=TARGETS, rules=(), nodes=())
    try:
        await _written(store, world)
        before = await _same(store, whole, world)
        await weekly.keep_lines(store, LIBRARY, whole, AS_OF.date(), AS_OF, 10)
        while await store.fold_names(AS_OF, AS_OF):
            pass
        for person in PEOPLE[: world.forgotten]:
            await store.forget(person, AS_OF)
        assert await store.receipts(_key(0, 0)) == []
        assert await _same(store, whole, world) == before, "no figure changes, none is withheld"
    finally:
        store.close()


def _key(occasion: int, target: int) -> str:
    return f"{OCCASIONS[occasion][0]}_main@{TARGETS[target].id}"


async def _written(store: Store, world: World) -> None:
    for number, (name, day, text, _) in enumerate(OCCASIONS):
        covers = (name, "party-day-2026") if name.startswith("dragon") else (name,)
        digest = next(one.digest for one in LIBRARY.items if one.id == text)
        for place, target in enumerate(TARGETS):
            planned = sent(target, name, day, item=text, digest=digest, covers=covers)
            await _send(store, planned, world, number, place)
    for occasion, target, person, when in sorted(
        world.taps, key=lambda tap: moment(tap[0], tap[3])
    ):
        key, who, tapped = _key(occasion, target), PEOPLE[person], moment(occasion, when)
        tap = Receipt(push=key, person=who, step=Step.ACKNOWLEDGED, at=tapped, means="卡片按钮")
        await store.add_receipt(tap)


async def _send(store: Store, of: Push, world: World, occasion: int, target: int) -> None:
    planned = Push(**{**vars(of), "state": State.PLANNED, "sent_at": None})
    people, begun = world.members(occasion, target), of.due
    cohort = Cohort(push=of.key, covered=people, tappable=target < 2)
    to = people if target < 2 else ()
    row = Delivery(push=of.key, part=0, attempt=1, begun=begun, body="{}", to=to, digest=of.digest)
    gone = tuple(who for who in to if who not in world.able(occasion, target))
    await store.add_pushes([planned])
    assert await store.begin(row, cohort)
    done = Delivery(**{**vars(row), "state": State.SENT, "ended": begun, "invalid": gone})
    await store.finish(done, 1, None)


async def _same(store: Store, whole: Plan, world: World) -> str:
    """Compare every week and every row of the ledger; return the ledger's checksum."""
    hand = {name: world.by_hand(n) for n, (name, *_) in enumerate(OCCASIONS)}
    for week in sorted({iso_week(day) for _, day, _, _ in OCCASIONS}):
        mine = [hand[name] for name, day, _, _ in OCCASIONS if iso_week(day) == week]
        found = await weekly.build(store, LIBRARY, whole, week=week, as_of=AS_OF)
        total = found.headline
        assert found.headline_week == week
        sums = tuple(sum(column) for column in zip(*mine, strict=True))
        assert (total.covered, total.reachable, total.read) == sums
        for line in found.items:
            told = line.figures.covered, line.figures.reachable, line.figures.read
            assert line.withheld or told == hand[line.occurrence]
    made = await ledger.gather(
        store,
        LIBRARY,
        whole,
        first=date(2026, 6, 1),
        last=date(2026, 6, 30),
        name="2026年6月",
        as_of=AS_OF,
        approved={},
        min_people=10,
        ways={},
    )
    assert [row.of[0] for row in made.rows] == [name for name, *_ in OCCASIONS]
    for row in made.rows:
        covered, reachable, read = hand[row.of[0]]
        assert (row.covered, row.reachable) == (str(covered), str(reachable))
        plain = str(read) if reachable else messages.NO_RATE
        assert row.read in (plain, messages.WITHHELD)
    return made.seal
