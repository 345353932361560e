"""An event from outside becomes rows, and what is said back."""

from __future__ import annotations

import asyncio
import json
from collections import OrderedDict
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from bot.core import asking, messages, reminding
from bot.core.links import push_key_of, task_id_of
from bot.core.model import Cohort, Item, Kind, Push, Receipt, Signature
from bot.core.render import Reading
from bot.engine import compose
from bot.engine.bureau import Bureau
from bot.engine.talk import Talk
from bot.inbox import (
    BOT_BUTTON,
    Choose,
    Confirm,
    Count,
    Decide,
    Effect,
    Event,
    Learn,
    Record,
    ReplaceButton,
    Say,
    Sign,
    Suggest,
    Tell,
    Volunteer,
    handle,
)
from bot.store import TargetState

REMEMBERED = 10_000  # events; WeCom tells one three times within seconds (wecom/api.md §5.5)
UNNAMED = "chat/"  # begins the id of a group that asked to be bound and has no target yet


@dataclass(frozen=True, kw_only=True)
class Answer:
    """What is said back to whoever acted; nothing where all is empty."""

    button: str = ""  # the words for the tapped button
    text: str = ""  # Markdown for the chat
    more: str = ""  # after an answer: which one is right, and why
    card: Any = None  # the template_card that was tapped, as it was sent
    page: str = ""  # where the whole text of an answered card is read, "" where nowhere


ADDED = (Count, Suggest)  # what twice would count twice
Verdict = Callable[[Push, str, str], Awaitable[str]]
"""Do what (push, button, account) says, and return the words for the card."""


async def _nobody(_push: Push, _button: str, _person: str) -> str:
    return messages.NOT_YOURS


class Reception:
    """Takes each event once, however often it is told, and answers every time."""

    def __init__(
        self,
        bureau: Bureau,
        decide: Verdict = _nobody,
        first: Callable[[str], Awaitable[bool]] | None = None,
    ) -> None:
        """`first` says whether no other worker was told of an event, where there are several."""
        self._bureau, self._decide, self._first = bureau, decide, first
        self._talk = Talk(bureau)
        self._known: OrderedDict[str, asyncio.Task[Answer]] = OrderedDict()

    # A future, not a coroutine: it is one of thousands, and needs no task of its own to be awaited.

    def __call__(self, event: Event) -> asyncio.Future[Answer]:
        """Return the answer once all that follows from `event` is durable.

        Whoever gives up waiting stops nothing. What failed is tried anew when it is told again.
        """
        if not event.name:
            return asyncio.shield(asyncio.create_task(self._take(event)))
        task = self._known.get(event.name)
        if task is None or (task.done() and (task.cancelled() or task.exception())):
            task = self._known[event.name] = asyncio.create_task(self._take(event))
            while len(self._known) > REMEMBERED:
                self._known.popitem(last=False)
        return asyncio.shield(task)

    async def _take(self, event: Event) -> Answer:
        bureau, now = self._bureau, self._bureau.clock()
        key, part = push_key_of(event.task_id)
        push = cohort = None
        if key:  # asked in one: under load each question waits for an fsync of somebody else
            push, cohort = await bureau.store.addressed(key)
        greyed = text = more = page = ""
        card = None
        effects = self._effects(event, push, cohort, now)
        if any(isinstance(one, ADDED) for one in effects) and await self._told_elsewhere(event):
            effects = [one for one in effects if not isinstance(one, ADDED)]
        for effect in effects:
            match effect:
                case Record(receipt=receipt):
                    await bureau.store.add_receipt(receipt)
                case ReplaceButton(text=greyed, more=more):
                    if push is not None and (event.means == BOT_BUTTON or more):
                        card = await self._card(key, part)
                    page = bureau.page(key) if more else ""
                case Choose(receipt=receipt, option=option):
                    if await bureau.store.add_receipt(receipt):
                        await self._choose(receipt.push, option, now)
                case Sign(receipt=receipt, part=part):
                    await self._sign(receipt, part)
                case Confirm(push_key=confirmed, part=proven):
                    await bureau.store.confirm(confirmed, proven)
                case Count(name=name):
                    await bureau.store.count(name, now.date().isoformat())
                case Suggest(text=words):
                    await bureau.store.suggest(words, now.date().isoformat())
                case Learn(chat=chat, who=who):
                    await self._learn(chat, who, now)
                case Decide(button=button) if push is not None:
                    greyed = await self._decide(push, button, event.person)
                    card = await self._card(key, part)
                case Say(text=said, push_key=asked):
                    text = await self._words(asked) or said
                case Tell(wish=wish):
                    text = await self._talk.answer(wish, event.person)
                case Volunteer(event=tap):
                    push_meant = await self._talk.newest(tap.person, tap.chat)
                    if push_meant is not None:
                        task = task_id_of(push_meant.key, 0)
                        await self._take(replace(tap, task_id=task))
        return Answer(button=greyed, text=text, more=more, card=card, page=page)

    async def _told_elsewhere(self, event: Event) -> bool:
        """Whether another worker was told of it, as WeCom does where an answer is late."""
        return bool(event.name) and self._first is not None and not await self._first(event.name)

    def _effects(
        self, event: Event, push: Push | None, cohort: Cohort | None, now: datetime
    ) -> list[Effect]:
        asks = self._question(push) if event.button == asking.KEY else None
        item = self._item(push, now) if event.kind in ("card", "page") else None
        return handle(
            event,
            push=push,
            cohort=cohort,
            now=now,
            question=asks,
            document=item is not None and item.kind is Kind.DUTY,
            tip_words=self._bureau.tip_words,
        )

    def _item(self, push: Push | None, now: datetime) -> Item | None:
        known = push is not None and push.item
        return self._bureau.library(now.date()).item(push.item) if push and known else None

    async def _sign(self, receipt: Receipt, part: int) -> None:
        """Keep the signature with the digest of the words that went to this person."""
        push = await self._bureau.store.push(receipt.push)
        item = self._item(push, receipt.at)
        store = self._bureau.store
        rows = await store.deliveries(receipt.push, part) or await store.deliveries(receipt.push)
        mine = [row for row in rows if row.digest]
        signature = Signature(
            push=receipt.push,
            person=receipt.person,
            at=receipt.at,
            means=receipt.means,
            item=item.id if item else "",
            title=item.title if item else "",
            digest=mine[-1].digest if mine else "",
        )
        await self._bureau.store.sign(signature)

    def _question(self, push: Push | None) -> asking.Question | None:
        item = self._bureau.moment().item(push) if push is not None else None
        return asking.question_of(item) if item and self._bureau.questions else None

    async def _choose(self, key: str, option: str, now: datetime) -> None:
        """Count an option with others of its occurrence: the journal has them in mixed order."""
        name = asking.name_of(key, option)
        for one in self._bureau.lots.add(name, name.rpartition("/")[0]):
            await self._bureau.store.count(one, now.date().isoformat())

    async def _learn(self, chat: str, who: str, now: datetime) -> None:
        known = (await self._bureau.store.targets()).values()
        if not any(one.chat == chat for one in known):
            state = TargetState(id=UNNAMED + chat, chat=chat, name=who, since=now)
            await self._bureau.store.set_target(state)

    async def _card(self, key: str, part: int) -> Any:
        """Return the card of a part as it was sent, None where it was none."""
        if part >= reminding.FIRST:  # no row has it: it is the same one again
            return await self._reminder(key, part)
        for delivery in await self._bureau.store.deliveries(key, part):
            return json.loads(delivery.body).get("template_card")
        return None

    async def _reminder(self, key: str, part: int) -> Any:
        bureau, push = self._bureau, await self._bureau.store.push(key)
        channel = bureau.channels.get(push.target) if push is not None else None
        if push is None or channel is None or bureau.moment().item(push) is None:
            return None
        card = await compose.reminder(push, task_id_of(key, part), bureau, bureau.moment())
        return json.loads(channel.body(card, ["-"])).get("template_card")

    async def _words(self, key: str) -> str:
        push = await self._bureau.store.push(key) if key else None
        if push is None or push.sent_at is None:
            return ""  # what has not been said yet is not told ahead of time
        reading = await compose.reading(key, self._bureau)
        return whole(reading) if reading else ""


def whole(reading: Reading) -> str:
    """Return the text behind 看全文 as one message of the robot.

    Its 20,480 bytes are far more than the linter lets a text have.
    """
    blocks = [f"> {reading.source_line}", f"**{reading.title}**"]
    blocks += [f"**{name}**\n{text}" if name else text for name, text in reading.sections]
    blocks += [f"> {messages.BASIS}{reading.basis}"] if reading.basis else []
    blocks += [f"> {messages.SOURCE}{reading.source}"] if reading.source else []
    return "\n\n".join([*blocks, "\n".join(f"> {line}" for line in reading.footer)])
