"""Summary, ledger and a count by hand of the sandbox's log say the same, whatever people do.

Late taps, double taps, strangers, somebody who joins late or is forgotten, people in two groups,
a warning that speaks for two holidays, and names that have been folded into counts.
"""

from __future__ import annotations

import asyncio
import json
import re
import tempfile
from collections.abc import Sequence
from dataclasses import replace
from datetime import date, datetime, time, timedelta
from pathlib import Path

import pytest
from hypothesis import Phase, example, given, settings
from hypothesis import strategies as st

from bot.core import messages
from bot.core.calendar import iso_week
from bot.core.model import SHANGHAI, Member
from bot.engine.reports import keep_lines
from bot.rehearsal.stage import Still
from bot.verbs import VERBS
from tests.engine.office import Office, moment, office

BEGIN, END = "2026-09-14 08:40", "2026-10-19 10:00"
# By the State Council's notice, written out: 中秋 09-25 to 27, 国庆 10-01 to 07.
OFF = {date(2026, 9, 25), *(date(2026, 10, day) for day in (1, 2, 5, 6, 7))}
WORKED = {date(2026, 9, 20), date(2026, 10, 10)}
JOINS = moment("2026-09-22 08:00")
FORGOTTEN = moment("2026-09-29 20:00")
TARGETS = {"jg1": "机关一支部", "jg2": "机关二支部", "zx": "下属中心"}

# Of the n-th card the k-th of those it reached taps after so many hours: up to two weeks and more.
Tap = tuple[int, int, int]
TAPS = st.lists(st.tuples(st.integers(0, 11), st.integers(0, 44), st.integers(0, 400)), max_size=60)


def reading_ends(sent: datetime) -> datetime:
    day, left = sent.date(), 5
    while left:
        day += timedelta(days=1)
        left -= (day.weekday() < 5 and day not in OFF) or day in WORKED
    return datetime.combine(day + timedelta(days=1), time(), SHANGHAI)


@settings(phases=[Phase.explicit], deadline=None)  # more of them: tests/report/test_agree.py
@example(
    taps=[
        *((card, who, 1) for card in range(8) for who in range(0, 40, 3)),
        *((card, who, 30) for card in range(8) for who in range(1, 40, 5)),
        *((card, who, 330) for card in range(8) for who in range(2, 40, 7)),  # too late
        *((0, 0, hours) for hours in (1, 2, 200)),  # again and again
    ],
    double=3,
)
@given(taps=TAPS, double=st.integers(0, 6))
def test_summary_ledger_and_a_count_by_hand_agree(taps: list[Tap], double: int) -> None:
    with tempfile.TemporaryDirectory() as home:
        asyncio.run(_agree(Path(home), taps, double))


@pytest.mark.nightly
@settings(max_examples=12, deadline=None)
@given(taps=TAPS, double=st.integers(0, 6))
def test_they_agree_whatever_people_do(taps: list[Tap], double: int) -> None:
    with tempfile.TemporaryDirectory() as home:
        asyncio.run(_agree(Path(home), taps, double))


async def _agree(home: Path, taps: Sequence[Tap], double: int) -> None:
    async with office(home, start=BEGIN, shelf=Still) as desk:
        rosters = await _play(desk, taps, double)
        by_hand = _count(desk, rosters)
        assert len(by_hand) >= 3
        await _same(desk, by_hand)
        store, now = desk.house.bureau.store, desk.clock.now()
        closed = await _september(desk)
        await keep_lines(desk.house.bureau, now.date() - timedelta(days=1), now)
        folded = 0
        while await store.fold_names(now - timedelta(days=1), now):
            folded += 1
        assert folded
        await _same(desk, by_hand)
        assert await _september(desk) == closed, "no figure is withheld because names have gone"


async def _september(desk: Office) -> str:
    bureau, now = desk.house.bureau, desk.clock.now()
    return str((await VERBS["ledger"](bureau, now, {"month": "2026-09"}))["seal"])


async def _play(
    desk: Office, taps: Sequence[Tap], double: int
) -> list[tuple[datetime, list[Member]]]:
    """Play six weeks; return the rosters with the moment from which each one held."""
    members = list(desk.stage.roster)
    for number in range(2, 2 + double):  # some of the first branch sit in the second one too
        members[number] = replace(members[number], department="机关二支部")
    await desk.house.bureau.store.set_members(members)
    rosters = [(moment(BEGIN), members)]
    queue: list[tuple[datetime, str, str]] = []
    known, day = 0, moment(BEGIN).date()
    while day <= moment(END).date():
        for clock in (time(9, 40), time(10, 30), time(17, 0)):
            stop = datetime.combine(day, clock, SHANGHAI)
            while queue and queue[0][0] <= stop:
                at, person, task = queue.pop(0)
                if at > desk.clock.now():
                    desk.clock.jump(at)
                await desk.tap(person, task)
            await desk.at(f"{stop:%Y-%m-%d %H:%M}")
            cards = [one for one in desk.world.posted if one.task_id and "@jg" in one.task_id]
            for number in range(known, len(cards)):
                queue += _taps_of(number, cards[number], taps)
            queue.sort()
            known = len(cards)
            if stop >= JOINS and len(rosters) == 1:
                members = [*members, Member(id="late", name="新来的", branch="机关一支部")]
                desk.world.add_user("late", "新来的")
                await desk.house.bureau.store.set_members(members)
                rosters.append((stop, members))
            if stop >= FORGOTTEN and len(rosters) == 2:
                gone = members[5]
                await desk.house.bureau.store.forget(gone.id, stop)
                members = [one for one in members if one != gone]
                rosters.append((stop, members))
                queue = [one for one in queue if one[1] != gone.id]
        day += timedelta(days=1)
    return rosters


def _taps_of(number: int, card, taps: Sequence[Tap]) -> list[tuple[datetime, str, str]]:
    found = [
        (card.at + timedelta(hours=hours, minutes=7), card.reached[who], card.task_id)
        for of, who, hours in taps
        if of == number and who < len(card.reached)
    ]
    return [*found, (card.at + timedelta(hours=3), "guest", card.task_id)]


Counted = dict[str, dict[str, tuple[int, int, int]]]


def _count(desk: Office, rosters: Sequence[tuple[datetime, list[Member]]]) -> Counted:
    """Return week -> push number -> covered, reachable, read, by the log and the rosters alone."""
    taps = [line for line in desk.world.log if line.kind == "tap"]
    sets: dict[tuple[str, str], list[set[str]]] = {}
    for one in desk.world.log:
        target = one.task_id.rpartition("@")[2] or one.chat
        if one.kind != "message" or target not in TARGETS:
            continue
        number = re.findall(r"2026-\d{3}", json.dumps(one.body, ensure_ascii=False))[-1]
        roster = [members for since, members in rosters if since <= one.at][-1]
        name, reached = TARGETS[target], set(one.reached) if one.task_id else set()
        covered = {m.id for m in roster if m.on_duty and name in (m.branch, m.department)}
        mine = [tap for tap in taps if one.task_id and tap.task_id == one.task_id]
        end = reading_ends(one.at)
        read = {tap.person for tap in mine if tap.person in reached and tap.at < end}
        known = sets.setdefault((iso_week(one.at.date()), number), [set(), set(), set()])
        for these, more in zip(known, (covered, reached, read), strict=True):
            these |= more
    found: Counted = {}
    for (week, number), (covered, reached, read) in sets.items():
        found.setdefault(week, {})[number] = (len(covered), len(reached), len(read))
    return found


async def _same(desk: Office, by_hand: Counted) -> None:
    """Summary and ledger say what was counted by hand, each text and each week."""
    bureau, now = desk.house.bureau, desk.clock.now()
    rows = []
    for month in ("2026-09", "2026-10"):
        rows += (await VERBS["ledger"](bureau, now, {"month": month}))["rows"]
    told = {number[1]: row for row in rows if (number := re.search(r"（(.+)）", row["编号"]))}
    assert set(told) == {number for week in by_hand.values() for number in week}
    headlines = 0
    for week, texts in by_hand.items():
        params = {"week": week, "recount": True}
        summary = await VERBS["summary"](bureau, now, params)
        closed = summary["headline_week"] == week
        total, items = summary["total"], summary["items"]
        if not closed:  # still being read
            total, items = summary["running"], summary["running_items"]
        headlines += closed
        expected = tuple(map(sum, zip(*texts.values(), strict=True)))
        assert (total["covered"], total["reachable"], total["read"]) == expected
        assert len(items) == len(texts)
        for number, (covered, reachable, read) in texts.items():
            row = told[number]
            assert (row["覆盖人数"], row["可回执人数"]) == (str(covered), str(reachable))
            assert row["已阅人数"] in (str(read), messages.WITHHELD)
        shown = [line for line in items if not line["withheld"]]
        counted = sorted((line["covered"], line["reachable"], line["read"]) for line in shown)
        assert set(counted) <= set(texts.values())
    assert headlines >= 4
