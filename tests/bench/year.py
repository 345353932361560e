"""A year of receipts, written the way the bot writes them."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from pathlib import Path

from bot.core.model import SHANGHAI, Cohort, Delivery, Push, Receipt, State, Step
from bot.store.tiny import TinyStore

WEEKS, TARGETS = 52, 12
FIRST = datetime(2025, 6, 23, 9, 17, tzinfo=SHANGHAI)  # a Monday; the last send is 2026-06-18
AS_OF = datetime(2026, 6, 22, 9, 20, tzinfo=SHANGHAI)
NEWEST = "2026-W25"
SHARE = 0.7  # of the people of a push who acknowledge it


@dataclass(frozen=True)
class Year:
    """`receipts` of a year: two sends a week to each of twelve targets."""

    receipts: int

    @property
    def readers(self) -> int:
        return max(1, self.receipts // (WEEKS * 2 * TARGETS))

    @property
    def people(self) -> int:
        return int(self.readers / SHARE) + 1

    def pushes(self) -> Iterator[Push]:
        for number in range(WEEKS * 2):
            due = FIRST + timedelta(days=7 * (number // 2) + 3 * (number % 2))
            for target in range(TARGETS):
                yield Push(
                    key=f"rule-{number}_main@t{target:02d}",
                    occurrence=f"rule-{number}",
                    part="main",
                    target=f"t{target:02d}",
                    channel="app",
                    due=due,
                    until=due + timedelta(days=1),
                    rule="rule",
                    item="SC-01",
                )

    def crowd(self, push: Push) -> tuple[str, ...]:
        return tuple(f"{push.target}-{n:05d}" for n in range(self.people))

    def acts(self, push: Push) -> Iterator[Receipt]:
        for n, who in enumerate(self.crowd(push)[: self.readers]):
            at = push.due + timedelta(seconds=37 * n + 60)
            yield Receipt(
                push=push.key, person=who, step=Step.ACKNOWLEDGED, at=at, means="卡片按钮"
            )


async def write(folder: Path, year: Year) -> None:
    """Send the year's pushes and take its receipts; ends with a clean close."""
    store = TinyStore(folder)
    pushes = list(year.pushes())
    await store.add_pushes(pushes)
    for push in pushes:
        crowd = year.crowd(push)
        trial = Delivery(
            push=push.key, part=0, attempt=1, begun=push.due, body="|".join(crowd), to=crowd
        )
        await store.begin(trial, Cohort(push=push.key, covered=crowd, tappable=True))
        await store.finish(replace(trial, state=State.SENT, ended=push.due), 1, None)
        await asyncio.gather(*(store.add_receipt(receipt) for receipt in year.acts(push)))
    store.close()
