"""The laws of the ladder, over any order of taps, retries and nonsense (DESIGN §2, §3.2).

Whoever taps goes through the reception into a real store; what must be there afterwards is worked
out beside it from the law alone.
"""

from __future__ import annotations

import tempfile
from dataclasses import dataclass, replace
from datetime import timedelta
from pathlib import Path

from hypothesis import given, settings
from hypothesis import strategies as st

from bot.core.links import task_id_of
from bot.core.model import Receipt, State, Step
from bot.core.render import Footer
from bot.engine.bureau import Bureau
from bot.engine.receive import Reception
from bot.inbox import Event
from bot.library.folder import Folders, Shelf
from bot.store.tiny import TinyStore
from tests.store.rows import MONDAY, attempt, brought_to, cohort, push

COVERED = ("Zhang", "li", "wang")
SENT = (push(), push("jg2"))  # what went to two branches; only the first is for COVERED
OTHERS = ("sun", "qian")
DAYS = timedelta(days=1)


@dataclass(frozen=True)
class Tap:
    person: str
    task: str
    button: str
    at: timedelta  # from the send
    kind: str


people = st.sampled_from(["Zhang", "zhang", "LI", "wang", "sun", "guest", "gone-long-ago"])
tasks = st.sampled_from(
    [*(task_id_of(one.key, 0) for one in SENT * 3), "other-2026_main@jg1", "", "@", "x" * 300]
)
buttons = st.sampled_from(
    ["ack", "ack", "ack", "ack", "ack", "ack:1", "", "never-offered", "ACK", "acknowledge"]
)
offsets = st.sampled_from([-40, -1, 0, 1, 10, 29, 30, 31, 400]).map(lambda days: days * DAYS)
taps = st.builds(Tap, people, tasks, buttons, offsets, st.sampled_from(["card", "page"]))
# An act is told once to three times, and acts come in any order.
told = st.lists(st.tuples(taps, st.integers(1, 3)), max_size=14)
orders = st.randoms(use_true_random=False)


def event_of(number: int, tap: Tap) -> Event:
    return Event(
        kind=tap.kind,
        person=tap.person,
        at=MONDAY + tap.at,
        task_id=tap.task,
        button=tap.button,
        means="卡片按钮",
        name=f"act/{number}",
    )


def ruled(events, now):
    """What the law says: {(push, person): the first time}, and how many acts count for nobody."""
    receipts, nobody, seen = {}, 0, set()
    rosters = {SENT[0].key: COVERED, SENT[1].key: OTHERS}
    for event in events:
        if event.name in seen:  # told again
            continue
        seen.add(event.name)
        key = next((one.key for one in SENT if task_id_of(one.key, 0) == event.task_id), "")
        spelt = [one for one in rosters.get(key, ()) if one.lower() == event.person.lower()]
        at = event.at if MONDAY <= event.at <= now else now
        is_ack = event.button == "ack" or event.button.startswith("ack:")
        if is_ack and spelt and at <= MONDAY + 30 * DAYS:
            receipts.setdefault((key, spelt[0]), at)
        else:
            nobody += 1
    return receipts, nobody


def all_bytes(folder: Path) -> bytes:
    return b"".join(path.read_bytes() for path in folder.rglob("*") if path.is_file())


async def _town(folder: Path, now) -> Bureau:
    store = TinyStore(folder / "data")
    for one, roster in zip(SENT, (COVERED, OTHERS), strict=True):
        await store.add_pushes([one])
        assert await store.begin(attempt(one, to=roster), cohort(one, *roster))
        ended = attempt(one, to=roster, state=State.SENT, ended=MONDAY)
        await store.finish(ended, 1, None)
    shelf = Shelf(
        Folders(content=folder / "no", schedules=folder / "no", data=folder, review=False)
    )
    return Bureau(
        store=store,
        shelf=shelf,
        channels={},
        targets=(),
        footer=Footer(unit="某某局", office="纪委", feedback="党委"),
        clock=lambda: now,
    )


@settings(max_examples=80, deadline=None)
@given(told=told, order=orders, days=st.sampled_from([0, 3, 31]))
async def test_whatever_comes_in_whatever_order_the_law_alone_decides_who_has_read(
    told, order, days
):
    now = MONDAY + days * DAYS + timedelta(hours=1)
    events = [event_of(n, tap) for n, (tap, times) in enumerate(told) for _ in range(times)]
    order.shuffle(events)
    expected, nobody = ruled(events, now)
    with tempfile.TemporaryDirectory() as folder:
        bureau = await _town(Path(folder), now)
        store, reception = bureau.store, Reception(bureau)
        for event in events:
            await reception(event)
        rows = [row for one in SENT for row in await store.receipts(one.key)]
        counts = await store.counts()
        pushes = await store.pushes()
        files = all_bytes(Path(folder))
        store.close()
    assert {(row.push, row.person): row.at for row in rows} == expected  # the first time stays
    assert len(rows) == len(expected)  # one by push, person and step
    assert {row.step for row in rows} <= {Step.ACKNOWLEDGED}
    assert sum(counts.values()) == nobody  # logged as a count
    assert b"guest" not in files  # who does not belong leaves no name
    assert b"gone-long-ago" not in files
    assert [one.state for one in pushes] == [State.SENT, State.SENT]  # nothing is downgraded


@settings(max_examples=20, deadline=None)
@given(told=told)
async def test_all_of_it_told_once_more_after_a_restart_changes_no_receipt(told):
    now = MONDAY + 3 * DAYS
    events = [event_of(n, tap) for n, (tap, _) in enumerate(told)]
    with tempfile.TemporaryDirectory() as folder:
        bureau = await _town(Path(folder), now)
        for event in events:
            await Reception(bureau)(event)
        before = [row for one in SENT for row in await bureau.store.receipts(one.key)]
        bureau.store.close()
        again = replace(bureau, store=TinyStore(Path(folder) / "data"))
        for event in reversed(events):
            await Reception(again)(event)
        after = [row for one in SENT for row in await again.store.receipts(one.key)]
        again.store.close()
    assert after == before


async def test_a_receipt_is_never_lowered_to_an_opening(tmp_path):
    store = TinyStore(tmp_path)
    of = await brought_to(store, State.SENT, push())
    high = {"push": of.key, "person": "zhang", "means": "卡片按钮"}
    await store.add_receipt(Receipt(step=Step.ACKNOWLEDGED, at=MONDAY, **high))
    await store.add_receipt(Receipt(step=Step.OPENED, at=MONDAY + DAYS, **high))
    steps = {row.step: row.at for row in await store.receipts(of.key)}
    store.close()
    assert steps[Step.ACKNOWLEDGED] == MONDAY
