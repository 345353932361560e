"""The smart robot (智能机器人): a card to each person, or a text to a group (wecom/api.md §2).

Neither has an id to recall a message by, and neither drops a copy: a lost answer stays unknown.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Any, Protocol

from bot.channels import enclosures, pictures
from bot.channels.cards import asking_card, template_card
from bot.channels.channel import OF_CHAT, Limits, SendError, Sent, judge, unanswered
from bot.core import messages
from bot.core.model import Card, Enclosure, Markdown, Message, Picture
from bot.core.render import OPINION, RICH, WHOLE, TooLong
from bot.wecom import media
from bot.wecom.errors import CallFailed, Outcome, reaction
from bot.wecom.media import Kind

NEVER_SPOKE = 846607  # or too fast: WeCom has one code for both (§2.7)


class Line(Protocol):
    """The long connection, as bot.wecom.aibot_socket has it."""

    @property
    def live(self) -> bool: ...

    async def ask(self, cmd: str, body: Mapping[str, Any]) -> Mapping[str, Any]: ...


class _Spoken:
    """What both ways of the robot have in common."""

    deduplicates = False
    limits = Limits(chat=OF_CHAT)  # replies count too (§2.7): what is over comes again
    dialect = RICH
    whole = RICH.limit
    needs: tuple[str, tuple[str, ...]] = ("bot", ("bot_id", "secret"))
    carries: Mapping[Kind, int] = media.APP

    def __init__(self, line: Line, bot_id: str) -> None:
        self._line = line
        self.fingerprint = bot_id

    @property
    def closed(self) -> str:
        return "" if self._line.live else messages.BOT_NOT_LIVE

    async def send(self, body: bytes) -> Sent:
        """Push `body`, or raise SendError; an answer that stays away is unknown (§12.7)."""
        posted = await pictures.uploaded(body, self._upload)
        try:
            answer = await self._line.ask("aibot_send_msg", posted)
        except CallFailed as failed:
            raise unanswered(failed) from None
        return self.judged(answer)

    async def taken(self, enclosure: Enclosure) -> Enclosure:
        """Return a file uploaded over the long connection, in pieces (§2.10)."""
        return await enclosures.uploaded(
            enclosure, lambda *file: media.upload_for_bot(self._line, *file)
        )

    async def _upload(self, png: bytes) -> str:
        return await media.upload_for_bot(self._line, "image", pictures.NAME, png)

    def judged(self, answer: Mapping[str, Any]) -> Sent:
        return judge(answer, deduplicated=self.deduplicates)


class Bot(_Spoken):
    """Speaks to people one by one; each must have written to the robot once (§2.7)."""

    name = "bot"
    way = "逐人卡片（机器人）"
    tappable = True
    part_size = 1
    pictures = False
    needs_chat = False

    def body(self, message: Message, to: Sequence[str]) -> bytes:
        """Return a button card, or markdown, for the one account in `to`."""
        if len(to) != 1 or not to[0]:
            raise ValueError(f"a message of the robot is for one person, not {len(to)}")
        if isinstance(message, Picture):
            raise ValueError("no pictures one by one")
        return _bytes({"chatid": to[0], "chat_type": 1, **content_of(message)})

    def judged(self, answer: Mapping[str, Any]) -> Sent:
        # One message a day is far below the limit: here the code says that they never wrote.
        if answer["errcode"] == NEVER_SPOKE:
            raise SendError(messages.NOT_JOINED, Outcome.REFUSED)
        told = reaction(answer["errcode"], deduplicated=False)
        if answer["errcode"] and told.then.kind == "disable_target":
            # It says something of this person's chat, nothing of the others'.
            raise SendError(f"{told.sentence}（错误码 {answer['errcode']}）", told.outcome)
        return super().judged(answer)


class BotGroup(_Spoken):
    """Speaks in groups that the robot is in; a group's chatid is learned from 绑定."""

    name = "bot-group"
    way = "群消息（机器人）"
    tappable = False
    part_size = 0
    pictures = True
    needs_chat = True

    def body(self, message: Message, to: Sequence[str]) -> bytes:
        """Return a message for the chatid in `to`; that WeCom takes cards there is unverified."""
        if len(to) != 1:
            raise ValueError("a group of the robot has one chatid")
        return _bytes({"chatid": to[0], "chat_type": 2, **content_of(message)})


def content_of(message: Message) -> dict[str, Any]:
    """Return what is seen of a message: all but whom it is for."""
    if isinstance(message, Enclosure):
        return enclosures.content_of(message)
    if isinstance(message, Picture):
        return pictures.content_of(message)
    return _card(message) if isinstance(message, Card) else _markdown(message)


def _markdown(message: Markdown) -> dict[str, Any]:
    if (size := len(message.text.encode())) > RICH.limit:
        raise TooLong(size, RICH.limit)
    return {"msgtype": "markdown", "markdown": {"content": message.text}}


def _card(card: Card) -> dict[str, Any]:
    """No url buttons, and no jumps on a card with buttons (§2.8): the robot posts the whole text.

    Where phones reach a page of ours, the card itself leads there.
    """
    if card.choices:
        return asking_card(card)
    tap = {"text": card.button, "style": 1, "key": card.button_key}
    if not card.whole:
        more = [{"text": words, "style": 2, "key": key} for words, key in card.more]
        return template_card(card, [tap, *more])
    whole = {"text": messages.READ_ALL, "style": 2, "key": WHOLE}
    return template_card(card, [whole, tap, {"text": messages.OPINION, "style": 2, "key": OPINION}])


def _bytes(whole: Mapping[str, Any]) -> bytes:
    return json.dumps(whole, ensure_ascii=False, separators=(",", ":")).encode()
