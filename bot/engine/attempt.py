"""One attempt to send one part of a push: durable first, then the bytes, then how it ended.

A crash leaves `sending`, never nothing.
"""

from __future__ import annotations

import logging
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from bot.channels import Channel, Outcome, SendError
from bot.core import messages
from bot.core.content import words_of
from bot.core.model import STRANGER, Cohort, Delivery, Item, Message, Push, State
from bot.engine.bureau import Bureau
from bot.engine.pace import Call
from bot.store import TargetState

log = logging.getLogger(__name__)

REPEAT_FOR = timedelta(hours=3, minutes=50)  # WeCom drops identical JSON for four hours
BACKOFF = timedelta(seconds=30)
LONGEST_BACKOFF = timedelta(minutes=15)


@dataclass(frozen=True)
class Part:
    """One part of a push's audience, on its way."""

    push: Push
    item: Item | None
    cohort: Cohort
    people: tuple[str, ...]
    number: int  # from 0
    total: int
    chat: str = ""  # the group's chatid, where the channel wants one

    @property
    def digest(self) -> str:
        return self.item.digest if self.item else ""

    @property
    def address(self) -> tuple[str, ...]:
        """Whom the message itself names."""
        return (self.chat,) if self.chat else self.people

    def call(self, channel: Channel) -> Call:
        """Return what it is to WeCom's limits."""
        reaches = len(self.people) if channel.part_size else max(1, len(self.cohort.covered))
        return Call(target=self.push.target, channel=channel, people=self.people, reaches=reaches)


def may_repeat(part: Part, channel: Channel, earlier: Sequence[Delivery], now: datetime) -> bool:
    """Whether an unknown part may be sent again because WeCom drops the copy."""
    sent = part.push.sent_at
    fresh = sent is not None and now - sent <= REPEAT_FOR
    same = not earlier or (
        earlier[0].digest == part.digest  # other words would be a second message
        and not any(who.startswith(STRANGER) for who in earlier[0].to)  # and so would be fewer
    )
    return channel.deduplicates and fresh and same


async def attempt(
    part: Part, body: str, channel: Channel, earlier: Sequence[Delivery], bureau: Bureau
) -> State | None:
    """Begin durably, send, finish; return how it ended, None where somebody else has it.

    Only what the channel says is believed.
    """
    push, store = part.push, bureau.store
    delivery = Delivery(
        push=push.key,
        part=part.number,
        attempt=len(earlier) + 1,
        begun=bureau.clock(),
        body=body,
        digest=part.digest,
        to=part.people,
    )
    if part.item is not None:
        await store.keep_text(words_of(part.item), delivery.begun)
    if not await store.begin(delivery, part.cohort, part.total):
        return None
    try:
        sent = await channel.send(delivery.body.encode())
    except SendError as error:
        now = bureau.clock()
        delivery = replace(delivery, state=_STATES[error.outcome], ended=now, reason=error.reason)
        await store.finish(delivery, part.total, _again(delivery, error, channel, earlier, now))
        await _consequence(push, error, channel, bureau)
        await proven(delivery, bureau)
    except Exception:  # a mistake of ours, after the bytes may have left
        lost = replace(delivery, state=State.UNKNOWN, ended=bureau.clock())
        await store.finish(replace(lost, reason=messages.ANSWER_LOST), part.total, None)
        raise
    else:
        delivery = replace(
            delivery,
            state=State.SENT,
            ended=bureau.clock(),
            msgid=sent.msgid,
            invalid=sent.invalid,
            unlicensed=sent.unlicensed,
        )
        await store.finish(delivery, part.total, None)
    noted(delivery.state, push, delivery.reason)
    return delivery.state


_STATES = {
    Outcome.RETRY: State.PLANNED,
    Outcome.REFUSED: State.REFUSED,
    Outcome.UNKNOWN: State.UNKNOWN,
}


def body_of(part: Part, message: Message, channel: Channel, earlier: Sequence[Delivery]) -> str:
    """Return the bytes to send: those of the first attempt where WeCom drops what is identical."""
    if earlier and channel.deduplicates and earlier[0].digest == part.digest:
        return earlier[0].body
    return channel.body(message, part.address).decode()


def _again(
    delivery: Delivery,
    error: SendError,
    channel: Channel,
    earlier: Sequence[Delivery],
    now: datetime,
) -> datetime | None:
    """Return when to try once more, None for never."""
    pause: timedelta = min(BACKOFF * 2 ** min(delivery.attempt - 1, 10), LONGEST_BACKOFF)
    pause = max(pause, timedelta(seconds=error.then.seconds))
    if error.outcome is Outcome.RETRY:
        return now + pause
    first = earlier[0].begun if earlier else delivery.begun
    if error.outcome is Outcome.UNKNOWN and channel.deduplicates:
        return now + pause if now + pause - first <= REPEAT_FOR else None
    return None


async def _consequence(push: Push, error: SendError, channel: Channel, bureau: Bureau) -> None:
    if error.then.kind == "disable_target":
        known = (await bureau.store.targets()).get(push.target) or TargetState(id=push.target)
        way, now = channel.fingerprint, bureau.clock()
        await bureau.store.set_target(replace(known, disabled=error.reason, since=now, way=way))


async def proven(delivery: Delivery, bureau: Bureau) -> None:
    """Confirm an unknown push that somebody tapped before its answer was given up."""
    if delivery.state is not State.UNKNOWN:
        return
    receipts = await bureau.store.receipts(delivery.push)
    if any(row.person in delivery.to for row in receipts):
        await bureau.store.confirm(delivery.push, delivery.part)


def noted(action: str, push: Push, reason: str = "") -> None:
    """Write what became of a push into the log."""
    log.info("%s %s%s", action, push.key, f": {reason}" if reason else "", extra={"action": action})
