"""Adding a channel: its module, KINDS, and app.py, which builds it; the engine is not touched.

The worked example of CONTRIBUTING: a way out that nothing else has heard of carries what is due.
"""

from __future__ import annotations

import ast
import json
from collections.abc import Sequence
from pathlib import Path
from typing import ClassVar

import pytest

from bot.channels import KINDS, Outcome, SendError, Sent
from bot.channels.channel import Limits
from bot.core.model import Markdown, Message, State
from bot.core.render import SIX
from tests.engine.office import office

BOT = Path(__file__).parents[2] / "bot"
PUSH = "dragon-boat-2026_main@zx"


class Tray:
    """Lays each message into a tray: twenty lines that are a whole channel."""

    name = "webhook"  # as the target's, which it stands in for
    tappable = False
    part_size = 0
    pictures = False
    carries: ClassVar = {}
    needs_chat = False
    dialect = SIX
    closed = ""
    deduplicates = False
    limits = Limits()
    fingerprint = "tray"

    def __init__(self, *answers: Outcome) -> None:
        self.laid: list[str] = []
        self._answers = list(answers)

    def body(self, message: Message, to: Sequence[str] = ()) -> bytes:
        if not isinstance(message, Markdown):
            raise ValueError("words only")
        return json.dumps({"words": message.text}, ensure_ascii=False).encode()

    async def taken(self, enclosure):
        raise ValueError("words only")

    async def send(self, body: bytes) -> Sent:
        self.laid.append(json.loads(body)["words"])
        if self._answers:
            raise SendError("没有答复", self._answers.pop(0))
        return Sent()


@pytest.mark.parametrize(
    ("answers", "state", "laid"),
    [
        ([], State.SENT, 1),
        ([Outcome.RETRY, Outcome.RETRY], State.SENT, 3),
        ([Outcome.UNKNOWN], State.UNKNOWN, 1),  # never twice: nothing drops its copies
        ([Outcome.REFUSED], State.REFUSED, 1),
    ],
)
async def test_a_channel_that_nothing_has_heard_of_carries_what_is_due(
    tmp_path, answers, state, laid
):
    tray = Tray(*answers)
    async with office(tmp_path) as desk:
        desk.house.bureau.channels["zx"] = tray
        await desk.at("2026-06-15 11:10")
        assert (await desk.pushes())[PUSH].state is state
    assert len(tray.laid) == laid
    assert "端午" in tray.laid[0]


def test_a_channel_without_powers_of_its_own_is_named_in_three_places_only():
    """App and AppChat also recall and found groups; the set-up tries the webhook it was given."""
    powers = {"engine/recalling.py": {"App"}, "engine/groups.py": {"AppChat"}}
    powers["first.py"] = {"Webhook"}
    kinds = {kind.__name__ for kind in KINDS.values()}
    for path in BOT.rglob("*.py"):
        where = path.relative_to(BOT).as_posix()
        if where.startswith("channels/") or where == "app.py":
            continue
        named = {
            alias.name
            for node in ast.walk(ast.parse(path.read_text("utf-8")))
            if isinstance(node, ast.ImportFrom) and (node.module or "").startswith("bot.channels")
            for alias in node.names
        }
        assert named & kinds == powers.get(where, set()), where
