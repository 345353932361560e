"""A text stream: for trying things without WeCom."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import TextIO

from bot.channels.channel import Limits, SendError, Sent
from bot.core.model import Card, Enclosure, Message, Picture
from bot.core.render import SIX
from bot.wecom.errors import Outcome
from bot.wecom.media import Kind


class Terminal:
    """Writes each message to `stream` as a person would see it."""

    name = "terminal"
    way = "屏幕"
    tappable = False
    part_size = 0
    pictures = False
    carries: Mapping[Kind, int] = {}
    needs_chat = False
    dialect = SIX
    whole = SIX.limit
    needs: tuple[str, tuple[str, ...]] = ("", ())
    closed = ""
    deduplicates = False
    limits = Limits()
    fingerprint = ""

    def __init__(self, stream: TextIO) -> None:
        self._stream = stream

    def body(self, message: Message, to: Sequence[str] = ()) -> bytes:
        """Return the text and whom it is for."""
        if isinstance(message, Picture | Enclosure):
            raise ValueError("a terminal shows no pictures")
        text = _card(message) if isinstance(message, Card) else message.text
        whole = {"touser": "|".join(to), "msgtype": "text", "text": {"content": text}}
        return json.dumps(whole, ensure_ascii=False, separators=(",", ":")).encode()

    async def taken(self, enclosure: Enclosure) -> Enclosure:
        raise ValueError("a terminal shows words")

    async def send(self, body: bytes) -> Sent:
        """Write the text and an empty line after it."""
        text = json.loads(body)["text"]["content"]
        try:
            self._stream.write(f"{text}\n\n")
            self._stream.flush()
        except (OSError, ValueError) as error:  # closed, full, or an encoding without 汉字
            reason = f"终端写不出去（{type(error).__name__}）"
            raise SendError(reason, Outcome.UNKNOWN) from None
        return Sent()


def _card(card: Card) -> str:
    lines = [card.source, card.title, card.text]
    lines += [f"{name}：{value}" for name, value in card.facts]
    if card.link:
        lines.append("：".join(card.link))
    return "\n".join([*(line for line in lines if line), f"[{card.button}]"])
