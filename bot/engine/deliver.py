"""From the outbox to WeCom: what is due, part by part, and what became of it.

Whether a push may go is asked in `hindrance`, in the last moment; each part is sent by `attempt`.
"""

from __future__ import annotations

import asyncio
import errno
import logging
from collections import deque
from collections.abc import Sequence
from datetime import datetime

from bot.channels import Channel
from bot.core import enclosing, messages
from bot.core.model import Message, Push, State
from bot.engine import compose, desk
from bot.engine import enclosing as enclosed
from bot.engine.attempt import REPEAT_FOR, noted, proven
from bot.engine.bureau import Bureau, Moment
from bot.engine.crowd import Journey, send_parts
from bot.engine.hindrance import PATIENCE, Wait, gives_way, hindrance

log = logging.getLogger(__name__)

MOST = 200  # pushes at one tick: then others have their turn


async def deliver(bureau: Bureau, _: datetime) -> int:
    """Send what is due; return how many pushes were looked at.

    Of several workers each takes a share and then the next, so that the last of a morning's
    thousand are with all of them.
    """
    await recover(bureau)
    moment = bureau.moment()
    await bureau.pace.read(bureau.store, bureau.channels, moment.now)
    for push in await bureau.store.pushes([State.PLANNED]):
        if push.until < moment.now:
            await _expire(push, push.reason or messages.EXPIRED_LATE, bureau)
    due = await _due(bureau, moment)
    rows = [*await _repeats(bureau, moment), *due]
    if rows and (words := await bureau.store.trouble()):
        # The journal may have room left for a row or two; a send that is told as halted is halted.
        raise OSError(errno.ENOSPC, words)
    await _in_turn(rows, bureau, moment)
    looked = len(rows)
    while len(due) == bureau.share and looked < MOST:
        moment = bureau.moment(moment)
        due = await _due(bureau, moment)
        await _in_turn(due, bureau, moment)
        looked += len(due)
    return looked


async def _due(bureau: Bureau, moment: Moment) -> list[Push]:
    return await bureau.store.due(moment.now, bureau.share, list(bureau.sends_by()))


async def _in_turn(rows: Sequence[Push], bureau: Bureau, moment: Moment) -> None:
    """Deliver in this order, some at once; what is for one target, one after another.

    Once a row cannot be written nothing more begins, and what is on its way is sent to its end.
    """
    lines: dict[str, deque[Push]] = {}
    for push in rows:
        lines.setdefault(push.target if bureau.at_once > 1 else "", deque()).append(push)
    waiting = deque(lines.values())
    faults: list[BaseException] = []

    async def hand(then: Moment) -> None:
        while waiting and not faults:
            for push in waiting.popleft():
                then = bureau.moment(then)
                try:
                    await _guarded(push, bureau, then)
                except BaseException as fault:
                    faults.append(fault)
                    return

    hands = [hand(moment) for _ in range(min(bureau.at_once, len(waiting)))]
    await asyncio.gather(*hands)
    if faults:
        raise faults[0]


async def deliver_one(key: str, bureau: Bureau) -> None:
    """Send one push of the outbox now, if it may go, and what follows it; nothing else."""
    push = await bureau.store.push(key)
    if push is None or push.state is not State.PLANNED:
        return
    await bureau.pace.read(bureau.store, bureau.channels, bureau.clock())
    await _guarded(push, bureau, bureau.moment())
    for other in enclosing.keys_of(key, await bureau.store.pushes([State.PLANNED])):
        await deliver_one(other, bureau)


async def _guarded(push: Push, bureau: Bureau, moment: Moment) -> None:
    """Deliver one push; a mistake of ours in it never stops those behind it."""
    try:
        await _deliver(push, bureau, moment)
    except OSError:
        raise  # the disk takes no rows: then nothing may be sent
    except Exception:
        log.exception("push %s failed", push.key, extra={"action": "push-failed"})
        await bureau.store.postpone(push.key, moment.now + PATIENCE, messages.OWN_FAULT)


async def recover(bureau: Bureau) -> list[str]:
    """What is still `sending` now has lost its end, and is unknown. Return the keys.

    Ticks take turns, so at the start of one nothing is on its way: the process died, or the disk
    took no row. Where WeCom drops identical bytes they are sent once more; elsewhere nothing is.
    """
    lost = await bureau.store.recover()
    for key in lost:
        log.warning("unknown %s: its end was lost", key, extra={"action": "unknown"})
        push = await bureau.store.push(key)
        channel = bureau.channels.get(push.target) if push else None
        if channel is not None and channel.deduplicates:
            await bureau.store.postpone(key, bureau.clock(), messages.PROCESS_DIED)
        for delivery in await bureau.store.deliveries(key):
            await proven(delivery, bureau)
    return lost


async def _repeats(bureau: Bureau, moment: Moment) -> list[Push]:
    """Unknown pushes to be sent again: only where WeCom drops the identical bytes."""
    found = []
    for push in await bureau.store.pushes([State.UNKNOWN]):
        if push.not_before is None or push.not_before > moment.now:
            continue
        if push.sent_at is not None and moment.now - push.sent_at <= REPEAT_FOR:
            found.append(push)
        else:  # WeCom no longer remembers: it is for a receipt, or a person, to say
            await bureau.store.postpone(push.key, None, push.reason)
    return found


async def _deliver(push: Push, bureau: Bureau, moment: Moment) -> None:
    target, channel = bureau.target(push.target), bureau.channels.get(push.target)
    if target is not None and target.channel != push.channel:
        await _skip(push, messages.SKIP_CHANNEL_CHANGED, bureau)
        return
    if enclosing.follows(push) and await enclosed.alone(push, bureau):
        await _skip(push, messages.ENCLOSED_ALONE, bureau)
        return
    wait = await hindrance(push, target, bureau, moment)
    if wait is not None:
        await _later(push, wait, bureau)
        return
    assert channel is not None, "a target without a channel is a hindrance"
    if enclosing.follows(push):
        await _follow(push, channel, bureau, moment)
        return
    cohort = await compose.cohort_of(push, bureau, moment.today)
    if not channel.tappable and (gives := await gives_way(push, cohort, bureau, moment)):
        if isinstance(gives, Wait):
            await _later(push, gives, bureau)
        else:
            await _skip(push, gives, bureau)
        return
    if channel.tappable and not cohort.covered:
        anybody = await compose.audience_of(target, bureau, moment.today)
        why = messages.HAD_THEIR_SHARE if anybody else messages.NO_AUDIENCE
        await _skip(push, why, bureau)
        return
    await enclosed.write(push, moment.item(push), channel, bureau)

    async def words(part: int, then: Moment) -> Message:
        return await desk.message_of(push, part, bureau, then)

    audience = compose.parts_of_text(push, cohort, bureau, moment)
    await _parts(Journey(push, push, words, cohort, audience, channel), bureau, moment)


async def _follow(push: Push, channel: Channel, bureau: Bureau, moment: Moment) -> None:
    """Send what is attached to a text after it: uploaded once, for all who get it."""
    one = await enclosed.following(push, channel, bureau, moment)
    if isinstance(one, Wait):
        await _later(push, one, bureau)
    elif isinstance(one, str):
        await _skip(push, one, bureau)
    else:
        file = one.file

        async def bytes_of(_: int, __: Moment) -> Message:
            return file

        audience = compose.parts_of(one.cohort, channel)
        journey = Journey(push, one.text, bytes_of, one.cohort, audience, channel)
        await _parts(journey, bureau, moment)


async def _parts(journey: Journey, bureau: Bureau, moment: Moment) -> None:
    wait = await send_parts(journey, bureau, moment)
    if isinstance(wait, Wait):
        await _later(journey.push, wait, bureau)
    elif wait:
        await _skip(journey.push, wait, bureau)


async def _later(push: Push, wait: Wait, bureau: Bureau) -> None:
    """Put a push off; one whose window will have closed by then ends at once, with the reason."""
    if wait.until > push.until and push.state is State.PLANNED:
        await _expire(push, wait.reason, bureau)
        return
    await bureau.store.postpone(push.key, wait.until, wait.reason)
    noted("postponed", push, wait.reason)


async def _expire(push: Push, why: str, bureau: Bureau) -> None:
    """End a push whose window has closed; one that reached some people stays sent, and says so."""
    reason = messages.EXPIRED_WINDOW.format(why)
    now = await bureau.store.push(push.key) or push  # parts may have left since it was read
    partly = State.SENT in now.tally
    await bureau.store.end(push.key, State.SENT if partly else State.EXPIRED, reason)
    noted("expired", push, reason)


async def _skip(push: Push, reason: str, bureau: Bureau) -> None:
    await bureau.store.end(push.key, State.SKIPPED, reason)
    noted("skipped", push, reason)
