"""Named receipts turn into counts after their term, people are forgotten, and no figure moves."""

from __future__ import annotations

import asyncio
import contextlib
import re
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest

from bot.core.calendar import Calendar
from bot.core.model import State, Step
from bot.core.summary import asked
from bot.store.files import Files
from bot.store.folding import answered, compared, table_of
from bot.store.records import broken
from bot.store.tiny import TinyStore
from tests.disk import everything_in
from tests.store.rows import MEMBERS, MONDAY, attempt, brought_to, cohort, push, receipt

DAY = timedelta(days=1)
TERM = 90 * DAY
P, Q = push("jg1"), push("jg2")
PEOPLE = ("zhang", "li", "wang", "Zhao")


async def sent(store, one, *people, invalid=(), body="{}"):
    await store.add_pushes([one])
    trial = attempt(one, to=people, begun=one.due, body=body)
    assert await store.begin(trial, cohort(one, *people))
    await store.finish(replace(trial, state=State.SENT, invalid=invalid, ended=one.due), 1, None)


async def figures_of(store, as_of=MONDAY + 200 * DAY):
    pushes = await store.pushes()
    found = {}
    for group in [pushes, *([one] for one in pushes)]:
        questions = asked("2026-W25", group, calendar=Calendar(), as_of=as_of).questions
        acts = await store.counted(questions, ())
        found |= {question: acts.counted[question] for question in questions}
    return found


async def a_week(store):
    body = '{"touser":"zhang|li","msgtype":"markdown","markdown":{"content":"端午"}}'
    await sent(store, P, "zhang", "li", "wang", body=body)
    await sent(store, Q, "li", "Zhao", "wang", invalid=("zhao",))
    for one, who, days in ((P, "zhang", 0), (P, "li", 9), (Q, "LI", 2), (Q, "wang", 3)):
        await store.add_receipt(receipt(one, who, at=one.due + days * DAY))
    await store.add_receipt(receipt(P, "wang", step=Step.OPENED))
    await store.add_receipt(receipt(push("nobody"), "zhang"))


async def test_no_figure_changes_when_names_turn_into_counts(shelf):
    store = shelf.store
    await a_week(store)
    before = await figures_of(store)
    assert any(one.read for one in before.values())
    certificate = await store.fold_names(MONDAY, MONDAY + TERM)
    assert await figures_of(store) == before
    assert await figures_of(shelf.reopen()) == before
    total = next(one for question, one in before.items() if len(question) == 2)
    told = (certificate.covered, certificate.reachable)
    assert told == (total.covered, total.reachable)
    assert (certificate.receipts, certificate.names) == (5, 6)


async def test_nobody_is_named_any_more_and_what_was_seen_is_still_there(shelf):
    store = shelf.store
    await a_week(store)
    await store.fold_names(MONDAY, MONDAY + TERM)
    assert await store.receipts(P.key) == []
    assert [cohort.covered for cohort in (await store.cohorts()).values()] == [(), ()]
    assert all(not row.to and not row.invalid for row in await store.deliveries())
    assert "端午" in (await store.deliveries(P.key))[0].body
    assert (await store.push(P.key)).state is State.SENT


async def test_nobody_is_named_in_any_file_either(tmp_path):
    store = TinyStore(tmp_path / "data")
    await a_week(store)
    await store.fold_names(MONDAY, MONDAY + TERM)
    await store.fold_names(MONDAY + DAY, MONDAY + TERM)  # the stranger's tap came a minute later
    said = everything_in(tmp_path / "data").casefold()
    assert [who for who in PEOPLE if re.search(rf"\b{who.casefold()}\b", said)] == []
    store.close()


async def test_what_is_within_its_term_or_has_not_ended_keeps_its_names(store):
    await a_week(store)
    assert await store.fold_names(MONDAY - DAY, MONDAY + TERM) is None
    late = push("jg3", due=MONDAY + DAY)  # another of the same occurrence, still to go
    await store.add_pushes([late])
    assert await store.fold_names(MONDAY, MONDAY + TERM) is None
    assert len(await store.receipts(P.key)) == 3
    await store.end(late.key, State.EXPIRED, "")
    assert await store.fold_names(MONDAY, MONDAY + TERM)


async def test_folding_twice_removes_nothing_more(store):
    await a_week(store)
    assert await store.fold_names(MONDAY + DAY, MONDAY + TERM)
    assert await store.fold_names(MONDAY + DAY, MONDAY + TERM) is None
    assert len(await store.certificates()) == 1


async def test_a_tap_after_the_term_is_not_kept(store):
    await a_week(store)
    await store.fold_names(MONDAY, MONDAY + TERM)
    assert not await store.add_receipt(receipt(P, "wang", at=MONDAY + TERM))
    assert await store.receipts(P.key) == []


async def test_the_certificate_and_the_trail_tell_what_was_removed(shelf):
    await a_week(shelf.store)
    made = await shelf.store.fold_names(MONDAY, MONDAY + TERM)
    store = shelf.reopen()
    assert await store.certificates() == [made]
    assert made.occurrences == ("dragon-boat-2026_main",)
    trail = await store.audits()
    assert trail[-1].entry.what == "retention"
    assert trail[-1].entry.detail["certificate"] == "1"
    assert broken(trail) == ""


async def test_weeks_are_folded_one_by_one_the_oldest_first(store):
    for week in (1, 0):
        one = push(
            "jg1", key=f"w{week}_main@jg1", occurrence=f"w{week}", due=MONDAY + 7 * week * DAY
        )
        await sent(store, one, "zhang")
    found = [await store.fold_names(MONDAY + 30 * DAY, MONDAY + TERM) for _ in range(3)]
    assert [one and one.occurrences for one in found] == [("w0_main",), ("w1_main",), None]


async def test_a_table_that_would_change_a_count_is_never_believed(store):
    await a_week(store)
    acts = await store.acts()
    first = {P.key: {"zhang": MONDAY + DAY}}
    table = table_of([P.key], acts, first)
    compared(table, acts, first)
    table["people"][0][1] += 1
    with pytest.raises(ValueError, match="counts would change"):
        compared(table, acts, first)
    assert answered(((P.key, MONDAY),), table).pushes == 1


# -- people who are forgotten ----------------------------------------------------------------------


async def test_a_person_is_forgotten_everywhere_and_no_figure_moves(shelf):
    store = shelf.store
    await store.set_members(MEMBERS)
    await a_week(store)
    before = await figures_of(store)
    rows = await store.forget("LI", MONDAY + DAY)
    assert rows > 5
    assert await figures_of(store) == before
    store = shelf.reopen()
    assert await figures_of(store) == before
    assert "li" not in {member.id for member in await store.members()}
    assert not any("li" in one.covered for one in (await store.cohorts()).values())
    assert not any("li" in one.to for one in await store.deliveries())
    assert (await store.audits())[-1].entry.what == "forgotten"
    assert await store.forget("li", MONDAY + DAY) == 0


async def test_a_forgotten_person_stands_in_no_file_and_the_list_has_only_a_hash(tmp_path):
    store = TinyStore(tmp_path / "data")
    await store.set_members(MEMBERS)
    await a_week(store)
    await store.forget("wang", MONDAY)
    said = everything_in(tmp_path / "data")
    assert "wang" not in said
    (entry,) = store.forgotten()
    assert entry.keys() == {"salt", "hash", "at"}
    store.close()


class Dies(Files):
    """A disk on which no file takes the place of another after so many."""

    def __init__(self, left: int) -> None:
        self.left = left

    def replace(self, source, target) -> None:
        self.left -= 1
        if self.left < 0:
            raise OSError(5, "Input/output error")
        super().replace(source, target)


@pytest.mark.parametrize("left", range(1, 7))
@pytest.mark.parametrize("by", ["term", "wish"])
async def test_names_that_a_kill_left_in_the_files_are_gone_at_the_next_start(tmp_path, left, by):
    data = tmp_path / "data"
    store = TinyStore(data)
    await store.set_members(MEMBERS)
    await a_week(store)
    store.close()
    store = TinyStore(data, Dies(left))
    with contextlib.suppress(OSError):
        if by == "wish":
            await store.forget("wang", MONDAY)
        else:
            await store.set_members([])
            await store.fold_names(MONDAY, MONDAY + TERM)
    trail = {one.entry.what for one in await store.audits()}
    store._committer.close()  # and no folding: it is killed
    store = TinyStore(data)
    said = everything_in(data)
    assert ("wang" in said) == trail.isdisjoint({"forgotten", "retention"})
    store.close()


async def test_names_that_a_full_disk_kept_in_the_files_are_gone_with_the_next_try(tmp_path):
    files = Dies(10**9)
    store = TinyStore(tmp_path / "data", files)
    await a_week(store)
    await store.compact()
    await store.set_members([])
    files.left = 0
    with pytest.raises(OSError, match="error"):
        await store.fold_names(MONDAY + DAY, MONDAY + TERM)
    files.left = 10**9
    while await store.fold_names(MONDAY + DAY, MONDAY + TERM):
        pass
    assert "zhang" not in everything_in(tmp_path / "data")
    store.close()


async def test_forgetting_somebody_who_is_unknown_changes_no_row(store):
    await brought_to(store, State.SENT, P)
    before = await store.acts()
    assert await store.forget("nobody", MONDAY) == 0
    assert await store.acts() == before


def test_disk_use_stays_bounded_because_a_folded_week_is_a_few_counts(tmp_path):
    async def years(folder: Path, fold: bool) -> None:
        store = TinyStore(folder)
        people = tuple(f"person{n:03}" for n in range(100))
        for week in range(20):
            due = MONDAY + 7 * week * DAY
            one = push("jg1", key=f"w{week}_main@jg1", occurrence=f"w{week}", due=due)
            await sent(store, one, *people)
            for who in people[:70]:
                await store.add_receipt(receipt(one, who, at=due + DAY))
        while fold and await store.fold_names(MONDAY + 400 * DAY, MONDAY + 500 * DAY):
            pass
        store.close()

    sizes = []
    for fold in (False, True):
        folder = tmp_path / str(fold)
        asyncio.run(years(folder, fold))
        sizes.append(sum(path.stat().st_size for path in folder.rglob("*") if path.is_file()))
    assert sizes[1] < sizes[0] / 4
