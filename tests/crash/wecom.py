"""WeCom as the crash proof sees it: what it took at `send`, whatever our disk says of it later.

Each target has a way out of its own. What becomes of a message depends on the seed and its bytes
alone, so a run with a crash and the run without meet the same WeCom.
"""

from __future__ import annotations

import json
import random
import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import ClassVar

from bot.channels import Outcome, SendError, Sent, Then
from bot.channels.app import PEOPLE
from bot.channels.channel import Limits
from bot.core.model import Message
from bot.core.policy import Limit
from bot.core.render import SIX

NUMBER = re.compile(rb"2026-\d{3}")
GONE = Then("disable_target")


@dataclass(kw_only=True)
class WeCom:
    seed: int
    taken: list[tuple[str, bytes]] = field(default_factory=list)  # target, body: what people see
    asked: dict[tuple[str, bytes], int] = field(default_factory=dict)


class Way:
    """One target's way into WeCom: `app` drops identical bytes, `webhook` and `bot` do not."""

    tappable = deduplicates = False
    limits = Limits(chat=(Limit(20),))
    fingerprint = closed = ""
    needs_chat = False
    carries: ClassVar[dict[str, int]] = {}
    dialect = SIX

    def __init__(self, wecom: WeCom, target: str, name: str) -> None:
        self.wecom, self.target, self.name = wecom, target, name
        self.tappable, self.deduplicates = name != "webhook", name == "app"
        self.part_size = {"app": PEOPLE, "bot": 1}.get(name, 0)
        self.removed = random.Random(f"{wecom.seed}/{target}").random() < 0.1

    def body(self, message: Message, to: Sequence[str] = ()) -> bytes:
        return json.dumps([message, *to], ensure_ascii=False, default=vars).encode()

    async def send(self, body: bytes) -> Sent:
        call = self.target, body
        number = self.wecom.asked[call] = self.wecom.asked.get(call, 0) + 1
        if self.removed:
            raise SendError("群里已移除", Outcome.REFUSED, GONE)
        fates = self._fates(body)
        fate = fates[min(number, len(fates)) - 1]
        if fate in ("sent", "lost answer") and not (self.deduplicates and call in self.wecom.taken):
            self.wecom.taken.append(call)
        if fate == "sent":
            return Sent(msgid=f"m{len(self.wecom.taken)}")
        raise _ERRORS[fate]()

    def _fates(self, body: bytes) -> list[str]:
        words = NUMBER.sub(b"", body)  # which push was numbered first is not the seed's to say
        dice = random.Random(f"{self.wecom.seed}/{self.target}/{words!r}")
        busy = ["busy"] * dice.choice((0, 0, 0, 1, 2))
        last = dice.choices(["sent", "refused", "lost answer", "lost call"], [6, 1, 2, 1])[0]
        lost = self.deduplicates and last in ("lost answer", "lost call")
        return [*busy, last, "sent"] if lost and dice.random() < 0.7 else [*busy, last]


_ERRORS = {
    "busy": lambda: SendError("忙", Outcome.RETRY),
    "refused": lambda: SendError("不收", Outcome.REFUSED),
    "lost answer": lambda: SendError("没有答复", Outcome.UNKNOWN),
    "lost call": lambda: SendError("没有答复", Outcome.UNKNOWN),
}
