"""A self-built app (自建应用): a card to each person (wecom/api.md §3.2, §3.3)."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Any

from bot.channels import enclosures
from bot.channels.cards import asking_card, template_card
from bot.channels.channel import (
    OF_ADDRESS,
    OF_CHAT,
    OF_INTERFACE,
    Limits,
    SendError,
    Sent,
    judge,
    unanswered,
)
from bot.core.model import Card, Enclosure, Markdown, Message, Picture
from bot.core.render import NARROW, TooLong
from bot.wecom import appmessages, media
from bot.wecom.client import Client, post_json
from bot.wecom.errors import CallFailed, NotDone, Outcome
from bot.wecom.media import Kind
from bot.wecom.token import Token

PEOPLE = 1000  # in one message (wecom/api.md §3.2)
# WeCom drops an identical request for four hours: so a lost answer may be sent again (DESIGN §3.4).
_ONCE = {"enable_duplicate_check": 1, "duplicate_check_interval": 14400}


class App:
    """Speaks to people one by one, as an app of the corporation."""

    name = "app"
    way = "逐人卡片"
    tappable = True
    part_size = PEOPLE
    pictures = False
    carries: Mapping[Kind, int] = media.APP
    needs_chat = False
    dialect = NARROW
    whole = 0
    needs: tuple[str, tuple[str, ...]] = (
        "app",
        ("corp_id", "agentid", "secret", "token", "aes_key"),
    )
    closed = ""
    deduplicates = True
    # Above a member's limit a message is dropped without a word (wecom/api.md §3.2).
    limits = Limits(chat=OF_CHAT, calls=OF_INTERFACE, address=OF_ADDRESS)

    def __init__(self, http: Client, auth: Token, agentid: int, resend: bool = True) -> None:
        self._http, self._auth, self._agentid = http, auth, agentid
        self.deduplicates = resend  # the office may not want to rely on it
        self.fingerprint = str(agentid)

    def body(self, message: Message, to: Sequence[str]) -> bytes:
        """Return a button card, or markdown, for the accounts `to` (1 to 1,000)."""
        if not 1 <= len(to) <= PEOPLE:
            raise ValueError(f"an app message is for 1 to {PEOPLE} people, not {len(to)}")
        if any(not person or "|" in person for person in to):
            raise ValueError("an account is empty or holds a |")
        whole = {"touser": "|".join(to), **content_of(message), "agentid": self._agentid, **_ONCE}
        return json.dumps(whole, ensure_ascii=False, separators=(",", ":")).encode()

    async def taken(self, enclosure: Enclosure) -> Enclosure:
        """Return a file uploaded: one id serves everybody, and the repeat of a lost answer (§8)."""
        return await enclosures.uploaded(
            enclosure, lambda *file: media.upload_for_app(self._http, self._auth, *file)
        )

    async def send(self, body: bytes) -> Sent:
        """Deliver `body`, or raise SendError; the same bytes again within 4 h do no harm."""
        try:
            answer = await post_json(
                self._http, "/cgi-bin/message/send", params={}, content=body, auth=self._auth
            )
        except CallFailed as failed:
            raise unanswered(failed) from None
        asked = json.loads(body)["touser"].split("|")
        return judge(answer, deduplicated=self.deduplicates, asked=asked)

    async def recall(self, msgid: str) -> None:
        """Call a message back, within 24 h; SendError where it stays."""
        try:
            await appmessages.recall(self._http, self._auth, msgid)
        except CallFailed as failed:
            raise unanswered(failed) from None
        except NotDone as refused:
            raise SendError(refused.reason, Outcome.REFUSED) from None


def content_of(message: Message) -> dict[str, Any]:
    """Return what is seen of a message: all but whom it is for and by which app."""
    if isinstance(message, Card):
        if message.choices:
            return asking_card(message)
        return template_card(message, _buttons(message))
    if isinstance(message, Enclosure):
        return enclosures.content_of(message)
    if isinstance(message, Picture):  # its upload makes another request of the same: not dropped
        raise ValueError("no pictures one by one")
    return _markdown(message)


def _markdown(message: Markdown) -> dict[str, Any]:
    if (size := len(message.text.encode())) > NARROW.limit:
        raise TooLong(size, NARROW.limit)
    return {"msgtype": "markdown", "markdown": {"content": message.text}}


def _buttons(card: Card) -> list[dict[str, Any]]:
    """Return 看全文, whose url button gives no event (§3.3), and 已阅."""
    tap = {"type": 0, "text": card.button, "style": 1, "key": card.button_key}
    if card.link is None:
        more = [{"type": 0, "text": words, "style": 2, "key": key} for words, key in card.more]
        return [tap, *more]
    words, address = card.link
    return [{"type": 1, "text": words, "style": 2, "url": address}, tap]
