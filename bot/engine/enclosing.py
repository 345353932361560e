"""附件 after their text: whether one may go now, to whom, and its bytes as the channel takes them.

It goes once its text has arrived, to those whom that reached; never instead of it, never with it
again. What was approved with the text goes and nothing else: an edit since then ends it.
"""

from __future__ import annotations

import asyncio
import hashlib
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path, PurePosixPath

from bot.channels import Channel, Outcome, SendError
from bot.channels.enclosures import kind_of
from bot.core import enclosing, messages
from bot.core.model import STRANGER, Cohort, Delivery, Enclosure, Item, Push, State
from bot.engine import compose
from bot.engine.bureau import Bureau, Moment
from bot.engine.hindrance import PATIENCE, SOON, Wait

A_WHILE = timedelta(hours=1)  # for the answers that some people's text still waits for
UPLOAD_AGAIN = timedelta(minutes=1)
OVER = frozenset({State.REFUSED, State.SKIPPED, State.EXPIRED})


@dataclass(frozen=True, kw_only=True)
class Following:
    """An attachment that may go."""

    text: Push
    cohort: Cohort
    file: Enclosure


async def write(push: Push, item: Item | None, channel: Channel, bureau: Bureau) -> None:
    """Write the rows that follow a text, before it leaves: a crash in between loses none."""
    if item is None or not channel.carries or enclosing.follows(push):
        return
    if rows := enclosing.rows(push, item):
        await bureau.store.add_pushes(rows)


async def alone(push: Push, bureau: Bureau) -> bool:
    """Whether the text that `push` follows never left, so that it need not wait for anything."""
    text = await bureau.store.push(enclosing.text_of(push.key)[0])
    return text is None or text.state in OVER


async def following(
    push: Push, channel: Channel, bureau: Bureau, moment: Moment
) -> Following | Wait | str:
    """Return what `push` brings, uploaded; a wait, or why it never goes."""
    key, number = enclosing.text_of(push.key)
    text = await bureau.store.push(key)
    item = moment.item(text) if text is not None else None
    if text is None or text.state in (State.PLANNED, State.SENDING):
        return Wait(until=moment.now + SOON, reason=messages.WORDS_FIRST)
    if item is not None and (reason := compose.why_blocked(text, moment)):
        return Wait(until=moment.now + PATIENCE, reason=reason)
    # Of a text that somebody confirmed, an answer that was lost is an arrival too.
    came = {State.SENT, State.UNKNOWN} if text.state is State.SENT else {State.SENT}
    arrived = [row for row in await bureau.store.deliveries(key) if row.state in came]
    late = text.sent_at is None or moment.now > text.sent_at + A_WHILE
    if text.state is State.UNKNOWN and not (arrived and late):
        return Wait(until=moment.now + PATIENCE, reason=messages.ENCLOSED_DOUBT)
    if item is None or any(row.digest != item.digest for row in arrived):
        return messages.ENCLOSED_CHANGED
    names = enclosing.names_of(item)
    if not arrived or number > len(names):  # before a restore, or a key of somebody's making
        return messages.ENCLOSED_ALONE
    cohort = await _cohort(push, text, arrived, bureau)
    if channel.tappable and not cohort.covered:
        return messages.ENCLOSED_ALONE
    file = await _file(item, names[number - 1], channel, bureau, moment)
    return Following(text=text, cohort=cohort, file=file) if isinstance(file, Enclosure) else file


async def _cohort(push: Push, text: Push, arrived: list[Delivery], bureau: Bureau) -> Cohort:
    """Return those whom the text reached; kept from the first attempt on."""
    if (kept := await bureau.store.cohort(push.key)) is not None:
        return kept
    tappable = bureau.channels[push.target].tappable
    whole = await bureau.store.cohort(text.key)
    people = list(whole.covered) if whole is not None else []
    if tappable:
        gone = {who.casefold() for row in arrived for who in (*row.invalid, *row.unlicensed)}
        people = [who for row in arrived for who in row.to if who.casefold() not in gone]
    covered = sorted(who for who in set(people) if not who.startswith(STRANGER))
    return Cohort(push=push.key, covered=tuple(covered), tappable=tappable)


async def _file(
    item: Item, name: str, channel: Channel, bureau: Bureau, moment: Moment
) -> Enclosure | Wait | str:
    """Return a file as `channel` takes it."""
    raw = await asyncio.to_thread(_read, path_of(item, name, bureau))
    if hashlib.sha256(raw).hexdigest() != item.attached.get(name):  # the next look will tell
        return Wait(until=moment.now + SOON, reason=messages.BLOCK_EDITED)
    kind = kind_of(name, len(raw), channel.carries)
    if kind is None:
        return messages.ENCLOSED_TOO_LARGE.format(name)
    try:
        return await channel.taken(Enclosure(kind=kind, name=PurePosixPath(name).name, raw=raw))
    except SendError as error:
        pause = max(UPLOAD_AGAIN, timedelta(seconds=error.then.seconds))
        wait = Wait(until=moment.now + pause, reason=error.reason)
        return wait if error.outcome is Outcome.RETRY else error.reason


def path_of(item: Item, name: str, bureau: Bureau) -> Path:
    return (bureau.shelf.folders.content / item.path).parent / name


def _read(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except OSError:
        return b""  # gone: the next look at the folder says so
