"""What is left of a push, part by part: a group in one, an audience in as many as it is cut into.

Where a part is one person, some calls are on their way at the same time: each waits for WeCom,
and their rows share a write. Parts of many people leave one after another, so that a halt finds
as few as possible under way. Whatever stops a push is asked again before every step.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from datetime import timedelta

from bot.channels import Channel
from bot.core import messages
from bot.core.model import Cohort, Delivery, Message, Push, State
from bot.engine import compose
from bot.engine.attempt import Part, attempt, body_of, may_repeat
from bot.engine.bureau import Bureau, Moment
from bot.engine.hindrance import PATIENCE, SOON, Wait, chat_of, closed, opening_of

AT_ONCE = 8  # calls on their way; more gain little where a disk takes some milliseconds
TURN = timedelta(seconds=20)  # then others have theirs: what is left goes with the next tick
LEFT = (State.PLANNED, State.UNKNOWN)

Stop = Wait | str  # put off, or never: why


@dataclass(frozen=True)
class Journey:
    """A push on its way, and what is needed for it."""

    push: Push
    text: Push  # whose text must hold all the while: itself, or the one that it follows
    words: Callable[[int, Moment], Awaitable[Message]]  # of a part
    cohort: Cohort
    audience: Sequence[tuple[str, ...]]  # the people of each part
    channel: Channel


async def send_parts(journey: Journey, bureau: Bureau, moment: Moment) -> Stop | None:
    """Send what is left for as long as nothing stops it; return what did, None for nothing."""
    push, channel, began = journey.push, journey.channel, bureau.clock()
    stand = await bureau.store.parts(push.key)
    chat = await chat_of(push, channel, bureau)
    audience = journey.audience
    left = [n for n in range(len(audience)) if stand.get(n, State.PLANNED) in LEFT]
    step = AT_ONCE if channel.part_size == 1 else 1
    for first in range(0, len(left), step):
        moment = bureau.moment(moment)
        if moment.now - began > TURN:
            return None  # it is due still
        if (wait := await _stopped(journey, bureau, moment)) is not None:
            return wait
        parts = [
            Part(
                push, moment.item(journey.text), journey.cohort, audience[n], n, len(audience), chat
            )
            for n in left[first : first + step]
        ]
        doubtful = {n for n in left[first : first + step] if stand.get(n) is State.UNKNOWN}
        stop, ends = await _together(parts, doubtful, journey, bureau, moment)
        if stop is not None:
            return stop
        if ends and all(end is State.PLANNED for end in ends):
            return None  # nobody gets through: the others need not all find out
    return None


async def _stopped(journey: Journey, bureau: Bureau, moment: Moment) -> Wait | None:
    """Return what stops a push while parts of it are on their way: a halt, a pause, the hour."""
    push, target = journey.push, bureau.target(journey.push.target)
    opening = opening_of(push, bureau, moment)
    if opening > moment.now:
        return Wait(until=opening, reason=messages.OUT_OF_HOURS)
    reason = await closed(push, target, bureau, moment) if target is not None else ""
    if reason := reason or compose.why_blocked(journey.text, moment):
        return Wait(until=moment.now + PATIENCE, reason=reason)
    if journey.channel.closed:
        return Wait(until=moment.now + SOON, reason=journey.channel.closed)
    return None


async def _together(
    parts: Sequence[Part], doubtful: set[int], journey: Journey, bureau: Bureau, moment: Moment
) -> tuple[Stop | None, list[State | None]]:
    """Send some parts at once; return what stops those behind them, and how each ended."""
    channel = journey.channel
    stop: Stop | None = None
    ready: list[tuple[Part, str, list[Delivery]]] = []
    for part in parts:
        earlier = await bureau.store.deliveries(part.push.key, part.number)
        if part.number in doubtful and not may_repeat(part, channel, earlier, moment.now):
            continue
        slot = await bureau.pace.take(part.call(channel), moment.now)
        if slot > moment.now:
            stop = Wait(until=slot, reason=messages.PACED)
            break
        try:
            message = await journey.words(part.number, moment)
            ready.append((part, body_of(part, message, channel, earlier), earlier))
        except ValueError as error:  # TooLong, or what this channel cannot carry
            stop = str(error)
            break
    calls = [attempt(part, body, channel, earlier, bureau) for part, body, earlier in ready]
    ends = await asyncio.gather(*calls, return_exceptions=True)  # what left is told to its end
    faults = [end for end in ends if isinstance(end, BaseException)]
    for fault in sorted(faults, key=_gravity):
        raise fault
    return stop, [end for end in ends if not isinstance(end, BaseException)]


def _gravity(fault: BaseException) -> tuple[bool, bool]:
    """Sort what ends us all before a disk that takes no rows, and that before the rest."""
    return isinstance(fault, Exception), not isinstance(fault, OSError)
