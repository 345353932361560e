"""Rows by week, answers beside them: what is kept as a count always equals the rows."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tinydb import Query

from bot.core.calendar import Calendar
from bot.core.model import State, Step
from bot.core.reading import figures
from bot.core.reading import people as reached
from bot.core.summary import asked, summarise
from bot.store import Store
from bot.store.databases import Databases
from bot.store.files import Files
from bot.store.postgres import PostgresStore
from bot.store.tiny import TinyStore
from tests.postgres import fresh_database
from tests.store.rows import MONDAY, attempt, cohort, push, receipt

CALENDAR = Calendar()
DAY = timedelta(days=1)
WHO = ("zhang", "li", "wang", "zhao", "qian")
TARGETS = ("jg1", "jg2", "zx")
WEEKS = 4

people = st.lists(st.sampled_from(WHO), min_size=1, unique=True).map(tuple)
ends = st.sampled_from([State.SENT, State.SENT, State.REFUSED, State.UNKNOWN, None])
sends = st.tuples(
    st.just("send"),
    st.integers(0, WEEKS),
    st.sampled_from(TARGETS),
    people,
    people,
    st.sampled_from(["", "N06b"]),
    st.lists(ends, min_size=1, max_size=3),
)
taps = st.tuples(
    st.just("tap"),
    st.integers(0, WEEKS),
    st.sampled_from(TARGETS),
    st.sampled_from(WHO),
    st.integers(0, 12),
    st.sampled_from(Step),
)
asks = st.tuples(st.just("ask"), st.integers(0, 50))
forgets = st.tuples(st.just("forget"), st.sampled_from(WHO))
STEPS = st.lists(st.one_of(sends, taps, taps, asks, forgets, st.just(("reopen",))), max_size=25)


def of(week: int, target: str):
    due = MONDAY + 7 * week * DAY
    return push(
        target,
        key=f"monday-{week}_main@{target}",
        occurrence=f"monday-{week}",
        due=due,
        until=due + 2 * DAY,
    )


async def _send(store, week, target, covered, missed, item="", ends=(State.SENT,)):
    """Send to an audience in as many parts as there are `ends`; None: a part is never begun."""
    one = of(week, target)
    await store.add_pushes([replace(one, item=item or one.item)])
    begun = one.due + (timedelta(days=8) if target == "zx" else DAY / 24)  # zx is late: next week
    told = replace(cohort(one, *covered), tappable=target != "jg2" or week % 2 == 0)
    for part, end in enumerate(ends):
        trial = attempt(one, part, begun=begun, to=covered[part :: len(ends)])
        if end and await store.begin(trial, told, len(ends)):
            invalid = tuple(who.upper() for who in missed if who in trial.to[1:])
            invalid = invalid if end is State.SENT else ()
            await store.finish(replace(trial, state=end, invalid=invalid), len(ends), None)
    if State.SENT in ends and None in ends:
        await store.end(one.key, State.SENT, "窗口已过")
    for part in range(0, len(ends), 2):
        await store.confirm(one.key, part)


async def _compare(store, days):
    """The answers that the store keeps, against the same sum over all the rows."""
    as_of = MONDAY + days * DAY
    rows = await store.acts()
    for week in ("2026-W25", "2026-W27", "2026-W30"):
        wanted = asked(week, rows.pushes, calendar=CALENDAR, as_of=as_of)
        for _ in range(2):  # counted, and then remembered
            kept = await store.counted(wanted.questions, wanted.named)
            told = [
                summarise(week, acts, calendar=CALENDAR, as_of=as_of, targets=(), titles={})
                for acts in (replace(kept, pushes=rows.pushes), rows)
            ]
            assert told[0] == told[1]
    for one in rows.pushes:
        single = asked("2026-W30", [one], calendar=CALENDAR, as_of=as_of)
        kept = await store.counted(single.questions, ())
        bare = replace(kept, cohorts={}, receipts=())
        if single.questions:
            assert figures([one], bare, CALENDAR, as_of) == figures([one], rows, CALENDAR, as_of)


async def _figures(store):
    """Every figure of every occurrence and push, until two days."""
    pushes, found = await store.pushes(), {}
    for days in (3, 60):
        for group in [pushes, *([one] for one in pushes)]:
            as_of = MONDAY.replace(hour=0, minute=0) + days * DAY
            wanted = asked("2026-W30", group, calendar=CALENDAR, as_of=as_of)
            acts = await store.counted(wanted.questions, ())
            found |= {question: acts.counted[question] for question in wanted.questions}
    return found


async def _live(make: Callable[[], Store], steps) -> None:
    store = make()
    for kind, *rest in steps:
        if kind == "send":
            await _send(store, *rest)
        elif kind == "tap":
            week, target, who, days, step = rest
            one = of(week, target)
            at = one.due + days * DAY
            await store.add_receipt(receipt(one, who, at=at, step=step))
        elif kind == "ask":
            await _compare(store, *rest)
        elif kind == "forget":
            await store.forget(*rest, MONDAY)
        else:
            store.close()
            store = make()
    await _compare(store, 40)
    before = await _figures(store)
    while await store.fold_names(MONDAY + 99 * DAY, MONDAY + 99 * DAY):
        assert await _figures(store) == before
    assert await _figures(store) == before
    store.close()


@settings(max_examples=60, deadline=None)
@given(steps=STEPS)
def test_what_is_kept_as_a_count_always_equals_the_rows(steps):
    with TemporaryDirectory() as folder:
        asyncio.run(_live(lambda: TinyStore(Path(folder), fold_at=2000), steps))


@settings(max_examples=5, deadline=None)
@given(steps=STEPS)
def test_what_a_database_counts_always_equals_the_rows(steps):
    with TemporaryDirectory() as folder:
        url = fresh_database()
        asyncio.run(_live(lambda: PostgresStore(url, Path(folder), timedelta()), steps))


@pytest.mark.nightly
@settings(max_examples=60, deadline=None)
@given(steps=STEPS)
def test_what_a_database_counts_always_equals_the_rows_in_many_lives(steps):
    with TemporaryDirectory() as folder:
        url = fresh_database()
        asyncio.run(_live(lambda: PostgresStore(url, Path(folder), timedelta()), steps))


CROWD = ("zhang", "Li", "wang", "zhao", "qian", "sun")


@pytest.mark.parametrize(
    ("ends", "reachable"),
    [
        ((State.SENT, State.SENT, State.SENT), 6),
        ((State.REFUSED, State.SENT, State.SENT), 4),
        ((State.SENT, State.REFUSED, None), 2),
        ((State.SENT, None, None), 2),
        ((State.UNKNOWN, State.SENT, State.SENT), 6),  # somebody confirmed it
        ((State.UNKNOWN, State.REFUSED, State.REFUSED), 2),
    ],
)
async def test_who_is_in_a_part_that_was_never_sent_is_not_reachable(tmp_path, ends, reachable):
    store = TinyStore(tmp_path)
    await _send(store, 0, "jg1", CROWD, (), ends=ends)
    one = (await store.pushes())[0]
    assert one.state is State.SENT
    as_of = MONDAY + 40 * DAY
    wanted = asked("2026-W25", [one], calendar=CALENDAR, as_of=as_of)
    for acts in (await store.acts(), await store.counted(wanted.questions, wanted.named)):
        found = figures([one], acts, CALENDAR, as_of)
        assert (found.covered, found.reachable) == (6, reachable)
        assert len(reached([one], acts)) == reachable
    store.close()


async def test_a_part_that_was_sent_at_the_second_attempt_is_reached(tmp_path):
    store = TinyStore(tmp_path)
    one = of(0, "jg1")
    await store.add_pushes([one])
    for number, state in ((1, State.PLANNED), (2, State.SENT)):
        trial = attempt(one, number=number)
        assert await store.begin(trial, cohort(one))
        await store.finish(replace(trial, state=state), 1, None)
    assert (await store.acts()).unreached == {one.key: frozenset()}
    store.close()


async def test_a_message_to_a_group_names_nobody_and_leaves_nobody_out(tmp_path):
    store = TinyStore(tmp_path)
    one = of(0, "jg1")
    await store.add_pushes([one])
    trial = attempt(one, to=())
    assert await store.begin(trial, cohort(one))
    await store.finish(replace(trial, state=State.SENT), 1, None)
    assert (await store.acts()).unreached == {one.key: frozenset()}
    store.close()


async def test_the_answers_of_one_occurrence_are_kept_beside_each_other(tmp_path):
    store = TinyStore(tmp_path)
    for target, item in (("jg1", "A"), ("jg2", "A"), ("jg3", "B")):
        await _send(store, 0, target, CROWD, (), item)
    pushes, as_of = await store.pushes(), MONDAY + 40 * DAY
    wanted = asked("2026-W25", pushes, calendar=CALENDAR, as_of=as_of)
    assert {len(question) for question in wanted.questions} == {1, 2, 3}
    first = await store.counted(wanted.questions, ())
    store.close()
    store = TinyStore(tmp_path)
    assert (await store.counted(wanted.questions, ())).counted == first.counted
    assert store._databases.loaded() == [""]
    store.close()


async def _year(folder: Path, weeks: int = 20, readers: int = 50) -> None:
    store = TinyStore(folder)
    for week in range(weeks):
        one = of(week, "jg1")
        crowd = tuple(f"p{n:03d}" for n in range(readers))
        await _send(store, week, "jg1", crowd, ())
        await asyncio.gather(*(store.add_receipt(receipt(one, who, at=one.due)) for who in crowd))
    store.close()


async def test_only_the_weeks_that_are_asked_for_are_read(tmp_path):
    await _year(tmp_path)
    store = TinyStore(tmp_path)
    loaded = store._databases.loaded
    assert loaded() == [""]
    await store.add_receipt(receipt(of(18, "jg1"), "late"))
    assert loaded() == ["", "receipts/2026-W43"]
    assert len((await store.acts()).receipts) == 20 * 50 + 1
    assert len(loaded()) <= 14, "they are let go of again"
    store.close()


async def test_a_closed_week_is_answered_without_its_rows(tmp_path):
    await _year(tmp_path)
    store = TinyStore(tmp_path)
    pushes, as_of = await store.pushes(), MONDAY + 200 * DAY
    wanted = asked("2026-W44", pushes, calendar=CALENDAR, as_of=as_of)
    first = await store.counted(wanted.questions, ())
    store.close()
    store = TinyStore(tmp_path)
    again = await store.counted(wanted.questions, ())
    assert again.counted == first.counted
    assert sum(one.read for one in again.counted.values()) == 50 * 4
    assert store._databases.loaded() == [""]
    store.close()


async def test_all_pushes_of_an_occurrence_are_in_one_file_however_far_apart(tmp_path):
    store = TinyStore(tmp_path)
    near, far = push("jg1"), push("jg2", due=MONDAY + 9 * DAY)
    for one in (near, far):
        await store.add_pushes([one])
        await store.begin(attempt(one), cohort(one))
    store.close()
    names = [
        path.relative_to(tmp_path).as_posix() for path in sorted(tmp_path.glob("[rs]*/20*.json"))
    ]
    assert names == ["sent/2026-W25.json"]


async def test_queries_of_tinydb_work_for_whoever_looks_inside(tmp_path):
    store = TinyStore(tmp_path)
    await store.add_pushes([push("jg1"), push("jg2")])
    table = store._databases[""].rows("pushes")
    assert len(table) == 2
    (found,) = table.search(Query().target == "jg2")
    assert found["key"] == push("jg2").key
    with store._databases.change():
        table.update({"reason": "看过"}, Query().target == "jg2")
        table.insert({**found, "key": "by-hand_main@jg3"})
        table.remove(Query().target == "jg1")
    store._databases.commit()
    store.close()
    again = TinyStore(tmp_path)
    kept = {one.key: one.reason for one in await again.pushes()}
    assert kept == {push("jg2").key: "看过", "by-hand_main@jg3": ""}
    again.close()


async def test_a_store_beyond_its_size_says_so_once_instead_of_crawling(tmp_path, caplog):
    databases = Databases(tmp_path, Files(), many=3)
    week = databases.rows("receipts/2026-W25", "receipts")
    for number in range(4):
        assert databases.advice() == []
        with databases.change():
            week.put({"push": "p", "person": f"p{number}", "step": "answered"})
        databases.commit()
    for _ in range(2):
        databases.fold()
    (advice,) = databases.advice()
    assert "receipts/2026-W25.json" in advice
    assert "PostgreSQL" in advice
    assert caplog.text.count("PostgreSQL") == 1
    databases.close()


async def test_a_tap_after_a_count_is_in_the_next_one(tmp_path):
    store = TinyStore(tmp_path)
    await _send(store, 0, "jg1", WHO, ())
    one = of(0, "jg1")
    late = one.due + 3 * DAY
    taps_so_far = [
        ("zhang", Step.OPENED, 0),
        ("ZHANG", Step.ACKNOWLEDGED, 1),
        ("zhang", Step.ACKNOWLEDGED, 2),
        ("li", Step.ACKNOWLEDGED, 9),
        ("stranger", Step.ACKNOWLEDGED, 1),
        ("li", Step.ANSWERED, 1),
    ]
    read = []
    for number, (who, step, days) in enumerate(taps_so_far):
        await store.add_receipt(receipt(one, who, at=one.due + days * DAY, step=step))
        question = ((one.key, late + timedelta(microseconds=number)),)
        counted = (await store.counted([question], ())).counted[question]
        assert (counted.covered, counted.reachable) == (5, 5)
        read.append(counted.read)
    assert read == [0, 1, 1, 1, 1, 2]
    await store.forget("li", MONDAY)
    question = ((one.key, late + DAY),)
    assert (await store.counted([question], ())).counted[question].read == 2
    store.close()


async def _read_of(store, one, days):
    wanted = asked("2026-W25", [one], calendar=CALENDAR, as_of=MONDAY + days * DAY)
    return next(iter((await store.counted(wanted.questions, ())).counted.values())).read


async def test_an_open_week_is_counted_once_until_somebody_taps(tmp_path):
    store = TinyStore(tmp_path)
    await _send(store, 0, "jg1", CROWD, ())
    one = (await store.pushes())[0]
    await store.add_receipt(receipt(one, CROWD[0], at=one.due + DAY / 2))
    assert await _read_of(store, one, 1) == 1
    store.close()
    store = TinyStore(tmp_path)
    assert [await _read_of(store, one, days) for days in (1.5, 2, 3)] == [1, 1, 1]
    assert store._databases.loaded() == [""], "no row was asked"
    await store.add_receipt(receipt(one, CROWD[1], at=one.due + 3.5 * DAY))
    assert [await _read_of(store, one, days) for days in (4, 3, 4, 1, 0.25)] == [2, 1, 2, 1, 0]
    store.close()


async def test_an_answer_that_left_an_act_out_is_none_for_a_later_day(tmp_path):
    store = TinyStore(tmp_path)
    await _send(store, 0, "jg1", CROWD, ())
    one = (await store.pushes())[0]
    await store.add_receipt(receipt(one, CROWD[0], at=one.due + 2 * DAY))
    assert await _read_of(store, one, 1) == 0
    store.close()
    store = TinyStore(tmp_path)
    assert await _read_of(store, one, 3) == 1
    store.close()
