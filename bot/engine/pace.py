"""When the next call may leave, by every limit of WeCom's that it falls under (DESIGN §4).

What was sent is read from the rows once, and kept up with from then on: one process has the data
folder, so nobody else sends. A slot is kept as `not_before`, so that the pace holds in simulated
time. What one person got before a restart is not read again: nobody gets thirty in that minute.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from bot.channels import Channel
from bot.core.policy import LONGEST, Limit, Sends, next_slot
from bot.store import Store

Name = tuple[str, ...]


@dataclass(frozen=True, kw_only=True)
class Call:
    """One message on its way to be sent."""

    target: str
    channel: Channel
    people: Sequence[str] = ()  # those whom it names
    reaches: int = 1  # how many people hear it

    def counts(self) -> Iterator[tuple[Name, int, Sequence[Limit]]]:
        """Return what it counts against, how much, and within which limits."""
        way = (self.channel.name, self.channel.fingerprint)
        for scope, limits in self.channel.limits.of():
            if scope == "address":
                yield (scope,), 1, limits
            elif scope == "people":
                yield (scope, *way), self.reaches, limits
            elif scope == "calls":
                yield (scope, *way), 1, limits
            elif self.channel.part_size:
                for person in self.people:
                    yield (scope, *way, person.casefold()), 1, limits
            else:
                yield (scope, self.target), 1, limits


class Pace:
    """The memory of what left, by what is limited."""

    def __init__(self) -> None:
        self._sends: dict[Name, Sends] = {}
        self._read = False

    async def read(self, store: Store, channels: Mapping[str, Channel], now: datetime) -> None:
        """Learn from the rows what left before this process began; once."""
        if self._read:
            return
        rows = [
            (begun, target)
            for target in channels
            for begun in await store.begun_since(target, now - LONGEST)
        ]
        for begun, target in sorted(rows):
            self.note(Call(target=target, channel=channels[target]), begun)
        self._read = True

    async def take(self, call: Call, now: datetime) -> datetime:
        """Return when a message may leave; if that is `now`, it is counted as leaving."""
        slot = self.slot(call, now)
        if slot <= now:
            self.note(call, now)
        return slot

    def slot(self, call: Call, now: datetime) -> datetime:
        """Return when a message may leave: `now`, or later."""
        found = now
        for name, weight, limits in call.counts():
            if (sent := self._sends.get(name)) is not None:
                found = max(found, next_slot(sent, limits, now, weight))
        return found

    def note(self, call: Call, begun: datetime) -> None:
        """Count a message that leaves now."""
        for name, weight, _ in call.counts():
            self._sends.setdefault(name, Sends()).add(begun, weight)
