"""A group's webhook: 消息推送（原群机器人） (wecom/api.md §1.2)."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping, Sequence
from typing import Any

from bot.channels import enclosures, pictures
from bot.channels.channel import MINUTELY, OF_ADDRESS, Limits, Sent, judge, unanswered
from bot.core.model import Enclosure, Markdown, Message, Picture
from bot.core.policy import Limit
from bot.core.render import SIX, TooLong
from bot.wecom import media
from bot.wecom.client import Client, post_json
from bot.wecom.errors import CallFailed
from bot.wecom.media import Kind

LIMIT = 4096  # bytes of UTF-8 (wecom/api.md §1.2.2)


class Webhook:
    """Speaks in one WeCom group. Its key is a password: it never leaves this object."""

    name = "webhook"
    way = "群消息"
    tappable = False
    part_size = 0
    carries: Mapping[Kind, int] = {"image": pictures.LIMIT, "file": media.WEBHOOK["file"]}
    pictures = True
    needs_chat = False
    dialect = SIX
    whole = SIX.limit
    needs: tuple[str, tuple[str, ...]] = ("", ())
    closed = ""
    deduplicates = False
    limits = Limits(chat=(Limit(20, MINUTELY),), address=OF_ADDRESS)  # wecom/api.md §1.2

    def __init__(self, http: Client, key: str) -> None:
        self._http, self._key = http, key
        self.fingerprint = hashlib.sha256(key.encode()).hexdigest()[:16]

    def body(self, message: Message, to: Sequence[str] = ()) -> bytes:
        """Return the whole text as markdown; a webhook has no cards to tap (§1.2.7)."""
        if isinstance(message, Picture):
            return _bytes(pictures.content_of(message))
        if isinstance(message, Enclosure):
            return _bytes(enclosures.content_of(message))
        if not isinstance(message, Markdown):
            raise ValueError("a webhook carries Markdown only")
        if (size := len(message.text.encode())) > LIMIT:
            raise TooLong(size, LIMIT)
        return _bytes({"msgtype": "markdown", "markdown": {"content": message.text}})

    async def taken(self, enclosure: Enclosure) -> Enclosure:
        """Return a picture as it is, anything else uploaded for this webhook alone (§1.3)."""
        if enclosure.kind == "image":
            return enclosure
        return await enclosures.uploaded(
            enclosure, lambda *file: media.upload_for_webhook(self._http, self._key, *file)
        )

    async def send(self, body: bytes) -> Sent:
        """Deliver `body`, or raise SendError; "maybe" and -1 are unknown here (§1.4)."""
        try:
            answer = await post_json(
                self._http, "/cgi-bin/webhook/send", params={"key": self._key}, content=body
            )
        except CallFailed as failed:
            raise unanswered(failed) from None
        return judge(answer, deduplicated=self.deduplicates)


def _bytes(whole: Mapping[str, Any]) -> bytes:
    return json.dumps(whole, ensure_ascii=False, separators=(",", ":")).encode()
