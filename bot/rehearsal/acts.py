"""What people do in a rehearsal: an Event behind the parser, every hundredth over the network.

Both end in the same receipts. What should be in the store is noted here from the people's side
alone, so that the two can be compared.
"""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, field
from typing import Any

import httpx

from bot.core.links import push_key_of
from bot.demo.stage import Clock
from bot.inbox import BOT_BUTTON, CARD_BUTTON, Event
from bot.inbox.events import TAPPED, name_of
from bot.sandbox.cast import Act, Cast
from bot.sandbox.world import World

Receive = Callable[[Event], Awaitable[Any]]
PATIENCE = 500  # looks, 10 ms apart
EVERY = 100  # of so many acts one goes the long way: sealed, signed, over HTTP or the socket


@dataclass(kw_only=True)
class People:
    """The cast at work, and what it did."""

    world: World
    cast: Cast
    clock: Clock
    receive: Receive
    http: httpx.AsyncClient
    every: int = EVERY
    acts: int = 0
    over_network: int = 0
    undelivered: int = 0
    strangers: int = 0
    # Push key -> who tapped a card of it; strangers never.
    tapped: dict[str, set[str]] = field(default_factory=dict)
    minutes: Counter[int] = field(default_factory=Counter)  # acts in each

    async def perform(self, acts: Sequence[Act]) -> None:
        """Let them happen in their order; those behind the parser run side by side.

        The clock stands at the last of them meanwhile: each Event says when its finger fell.
        """
        near: list[Act] = []
        for act in acts:
            self.acts += 1
            self._note(act)
            if self.acts % self.every:
                near.append(act)
                continue
            await self._near(near)
            near = []
            await self._far(act)
        await self._near(near)

    async def _near(self, acts: Sequence[Act]) -> None:
        if not acts:
            return
        self.clock.jump(acts[-1].at)
        for answer in [self.receive(event_of(act)) for act in acts]:
            await answer  # all are under way; a gather would cost each of them more

    async def _far(self, act: Act) -> None:
        self.clock.jump(act.at)
        self.over_network += 1
        result = await self.cast.carry_out(act, http=self.http)
        self.undelivered += not result.delivered
        if not act.agentid:
            await self._answered(act)

    async def _answered(self, act: Act) -> None:
        """Wait for the robot's answer: the clock must not jump over WeCom's five seconds."""
        asked = [
            one
            for robot in self.world.robots.values()
            for one in robot.asked.values()
            if (one.person, one.task_id) == (act.userid, act.task_id)
        ]
        for _ in range(PATIENCE):
            if not asked or asked[-1].answered:
                return
            await asyncio.sleep(0.01)

    def _note(self, act: Act) -> None:
        self.minutes[int(act.at.timestamp()) // 60] += 1
        if act.stranger:
            self.strangers += 1
            return
        key, _ = push_key_of(act.task_id)
        self.tapped.setdefault(key, set()).add(act.userid)


def event_of(act: Act) -> Event:
    """Return a tap as the parser of the callback, or of the robot's frames, makes it."""
    seconds = str(int(act.at.timestamp()))
    callback = name_of(act.userid, seconds, TAPPED, act.task_id, act.key)
    return Event(
        kind="card",
        person=act.userid,
        name=callback if act.agentid else f"bot/{act.number}/{act.userid}/{act.nth}",
        at=act.at.replace(microsecond=0),
        task_id=act.task_id,
        button=act.key,
        means=CARD_BUTTON if act.agentid else BOT_BUTTON,
    )
