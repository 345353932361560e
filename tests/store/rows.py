"""The cast of the store's tests: one Monday, two branches, three readers."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

from bot.core.model import SHANGHAI, Cohort, Delivery, Member, Push, Receipt, State, Step

MONDAY = datetime(2026, 6, 15, 9, 17, tzinfo=SHANGHAI)
MINUTE = timedelta(minutes=1)
PEOPLE = ("zhang", "li", "wang")


def push(target: str = "jg1", **changes: Any) -> Push:
    plain = Push(
        key=f"dragon-boat-2026_main@{target}",
        occurrence="dragon-boat-2026",
        part="main",
        target=target,
        channel="webhook",
        due=MONDAY,
        until=MONDAY + timedelta(days=2),
        covers=("dragon-boat-2026",),
        item="N06",
    )
    return replace(plain, **changes)


def attempt(of: Push, part: int = 0, number: int = 1, **changes: Any) -> Delivery:
    plain = Delivery(push=of.key, part=part, attempt=number, begun=MONDAY, body="{}", to=PEOPLE)
    return replace(plain, **changes)


def cohort(of: Push, *covered: str) -> Cohort:
    return Cohort(push=of.key, covered=covered or PEOPLE, tappable=True)


def receipt(of: Push, person: str = "zhang", **changes: Any) -> Receipt:
    plain = Receipt(
        push=of.key, person=person, step=Step.ACKNOWLEDGED, at=MONDAY + MINUTE, means="卡片按钮"
    )
    return replace(plain, **changes)


MEMBERS = tuple(Member(id=who, name=who, branch="机关一支部") for who in PEOPLE)


async def brought_to(store: Any, state: State, of: Push) -> Push:
    """Lead `of` to `state` the way the engine would."""
    await store.add_pushes([of])
    if state in (State.SKIPPED, State.EXPIRED):
        assert await store.end(of.key, state, "理由")
    elif state is not State.PLANNED:
        assert await store.begin(attempt(of), cohort(of))
        if state is not State.SENDING:
            await store.finish(attempt(of, state=state, ended=MONDAY), 1, None)
    found = await store.push(of.key)
    assert found.state is state
    return found
