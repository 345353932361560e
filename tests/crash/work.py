"""The bureau at work: the product's own engine on one disk, life after life."""

from __future__ import annotations

import asyncio
import contextlib
import random
from collections import Counter
from collections.abc import Awaitable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from bot.channels.app import PEOPLE
from bot.core.links import push_key_of, task_id_of
from bot.core.model import Member, State
from bot.engine.deliver import deliver, recover
from bot.inbox import Confirm, Count, Event, Record, handle
from bot.store import TargetState
from tests.crash.disk import Disk, PowerCut
from tests.crash.script import CHANNELS, MONDAY, Step, bureau_of, people, planned, target_of
from tests.crash.wecom import WeCom
from tests.crash.witness import DATA, Op, Shelves, Witness


@dataclass(frozen=True, kw_only=True)
class Variant:
    """What a run is made of; the seeded bugs exchange one of them."""

    disk: type[Disk] = Disk
    store: type[Shelves] = Shelves


PRODUCT = Variant()


@dataclass(kw_only=True)
class Work:
    """One run of a script, through as many lives as its process has."""

    seed: int
    variant: Variant
    disk: Disk
    wecom: WeCom
    notes: list[Op] = field(default_factory=list)  # of all lives
    store: Any = None
    at: datetime = MONDAY  # the bureau's clock

    # -- lives

    async def open(self, now: datetime) -> None:
        """Begin a life; `recover` as at the start of every tick."""
        self.store = None
        self.store = self.variant.store(DATA, self.disk)
        self.at = now
        witness = Witness(self.store, self.notes)
        self.bureau = bureau_of(witness, self.wecom, lambda: self.at)
        await recover(self.bureau)

    def leave(self) -> None:
        """Let go of the store of a process that is gone: only its thread is to be ended."""
        self.disk.dead = True
        if self.store is not None:
            with contextlib.suppress(PowerCut):
                self.store.close()

    # -- steps

    async def step(self, step: Step) -> None:
        """Do one step, and once more where the disk refused: whoever asked was told so."""
        self.at = step.at
        doing = getattr(self, "_" + step.what.replace(" ", "_"))
        try:
            await doing(step.at, random.Random(step.dice))
        except OSError:
            await recover(self.bureau)
            await doing(step.at, random.Random(step.dice))

    async def _plan(self, now: datetime, dice: random.Random) -> None:
        everybody = [(target, who) for target in CHANNELS for who in people(self.seed, target)]
        members = [Member(id=who, name=who, branch=target) for target, who in everybody]
        await self.bureau.store.set_members(members)
        pushes = planned(self.seed)
        await self.bureau.store.add_pushes(pushes[::2])
        await self.bureau.store.add_pushes(pushes)

    async def _tick(self, now: datetime, dice: random.Random) -> None:
        await deliver(self.bureau, now)

    async def _tick_and_taps(self, now: datetime, dice: random.Random) -> None:
        await _all(deliver(self.bureau, now), *self._tapping(now, dice))

    async def _taps(self, now: datetime, dice: random.Random) -> None:
        await _all(*self._tapping(now, dice))

    async def _everybody_taps(self, now: datetime, dice: random.Random) -> None:
        await _all(*(self._tap(card, who, now) for card, who in self._on_phones()))
        await deliver(self.bureau, now)

    async def _fold(self, now: datetime, dice: random.Random) -> None:
        await self.store.fold()

    async def _restart(self, now: datetime, dice: random.Random) -> None:
        self.store.close()
        self.disk = self.disk.after_kill()
        await self.open(now)

    async def _kill(self, now: datetime, dice: random.Random) -> None:
        self.leave()
        self.disk = self.disk.after_kill()
        await self.open(now)

    async def _fsync_fails(self, now: datetime, dice: random.Random) -> None:
        self.disk.fail_fsync_at = len(self.disk.calls) + dice.randint(1, 9)

    async def _odds(self, now: datetime, dice: random.Random) -> None:
        store = self.bureau.store
        await _all(
            store.number(f"odd-{dice.randrange(3)}", 2026),
            store.keep_summary(f"2026-W{dice.randint(20, 24)}", {"as_of": now.isoformat()}),
            store.set_target(TargetState(id="elsewhere", disabled="移除", since=now)),
            store.count("stranger", now.date().isoformat()),
        )

    async def _put_off(self, now: datetime, dice: random.Random) -> None:
        push = dice.choice(planned(self.seed))
        await self.bureau.store.postpone(push.key, now + timedelta(minutes=5), "排队")

    async def _skip(self, now: datetime, dice: random.Random) -> None:
        push = planned(self.seed)[-1]
        await self.bureau.store.end(push.key, State.SKIPPED, "停推")

    # -- people

    def _on_phones(self) -> list[tuple[str, str]]:
        """Return card and person of what WeCom has shown; of a crowd, its ends."""
        found = []
        for key, part in self.taken():
            if size := {"app": PEOPLE, "bot": 1}.get(CHANNELS[target_of(key)]):
                crowd = people(self.seed, target_of(key))[part * size :][:size]
                found += [(task_id_of(key, part), who) for who in {*crowd[:2], *crowd[-1:]}]
        return sorted(found)

    def _tapping(self, now: datetime, dice: random.Random) -> list[Awaitable[None]]:
        cards = self._on_phones()
        some = [dice.choice(cards) for _ in range(dice.randint(1, 8))] if cards else []
        return [self._tap(card, who, now) for card, who in some]

    async def _tap(self, card: str, who: str, now: datetime) -> None:
        """What app.py does with a tap (its `receive`)."""
        store, (key, _) = self.bureau.store, push_key_of(card)
        push, cohort = await store.push(key), await store.cohort(key)
        event = Event(kind="card", person=who, at=now, task_id=card, button="ack", means="卡片按钮")
        for effect in handle(event, push=push, cohort=cohort, now=now):
            match effect:
                case Record(receipt=receipt):
                    await store.add_receipt(receipt)
                case Confirm(push_key=confirmed, part=part):
                    await store.confirm(confirmed, part)
                case Count(name=name):
                    await store.count(name, now.date().isoformat())

    # -- what WeCom knows

    def taken(self) -> Counter[tuple[str, int]]:
        """Return how often people see each part of each push."""
        begun = [op.args[0] for op in self.notes if op.name == "begin"]
        whose = {(target_of(row.push), row.body.encode()): (row.push, row.part) for row in begun}
        return Counter(whose[call] for call in self.wecom.taken)

    def cut_in_two(self) -> set[str]:
        """Return the pushes with an attempt of which the end was not answered for."""
        ends = {
            (op.args[0].push, op.args[0].part, op.args[0].attempt)
            for op in self.notes
            if op.name == "finish" and op.outcome == "returned"
        }
        begun = [op.args[0] for op in self.notes if op.name == "begin" and op.result is not False]
        return {row.push for row in begun if (row.push, row.part, row.attempt) not in ends}


async def _all(*doing: Awaitable[Any]) -> None:
    """Do all at once, wait for all, and raise what the gravest of them raised."""
    done = await asyncio.gather(*doing, return_exceptions=True)
    raised = [one for one in done if isinstance(one, BaseException)]
    for error in sorted(raised, key=lambda one: isinstance(one, Exception)):
        raise error
