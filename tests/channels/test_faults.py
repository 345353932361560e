"""Each fault switch of the sandbox, and what the channel says became of the message."""

from __future__ import annotations

from datetime import datetime

import httpx
import pytest

from bot.channels import App, Outcome, SendError, Webhook
from bot.core.model import SHANGHAI, Markdown
from bot.sandbox.server import create_app
from bot.sandbox.world import World
from bot.wecom.client import connect
from bot.wecom.token import Token

NOW = datetime(2026, 6, 15, 9, 41, tzinfo=SHANGHAI)
KEY = "0d1e2f3a-1111-2222-3333-444455556666"

# fault, what it carries, the end at the webhook, the end at the app, whether anybody has it
FAULTS = [
    ("status", {}, Outcome.UNKNOWN, Outcome.UNKNOWN, False),
    ("status", {"accept": True}, Outcome.UNKNOWN, Outcome.UNKNOWN, True),
    ("drop_after_accept", {}, Outcome.UNKNOWN, Outcome.UNKNOWN, True),
    ("drop_before_accept", {}, Outcome.UNKNOWN, Outcome.UNKNOWN, False),
    ("malformed", {}, Outcome.UNKNOWN, Outcome.UNKNOWN, True),
    ("errcode", {"errcode": -1}, Outcome.UNKNOWN, Outcome.RETRY, False),
    ("errcode", {"errcode": -1, "accept": True}, Outcome.UNKNOWN, Outcome.RETRY, True),
    ("errcode", {"errcode": 45009}, Outcome.RETRY, Outcome.RETRY, False),
    ("errcode", {"errcode": 40058}, Outcome.REFUSED, Outcome.REFUSED, False),
    ("warning", {}, None, None, True),
    ("slow", {"seconds": 0.1}, None, None, True),
]


@pytest.mark.parametrize("way", ["webhook", "app"])
@pytest.mark.parametrize(("fault", "carries", "hook", "personal", "heard"), FAULTS)
async def test_a_fault_has_its_outcome(way, fault, carries, hook, personal, heard):
    world = World(lambda: NOW)
    world.add_user("li", "李")
    world.add_group("g1", "支部", ["li"], key=KEY)
    world.add_app(7, "清风", "app-s3cret")
    transport = httpx.ASGITransport(create_app(world))
    async with connect("http://127.0.0.1", transport=transport) as http:
        token = Token(world.corp_id, "app-s3cret", now=lambda: NOW)
        channel = Webhook(http, KEY) if way == "webhook" else App(http, token, 7)
        world.faults.add("webhook/send" if way == "webhook" else "message/send", fault, **carries)
        body, outcome = channel.body(Markdown(text="端午"), ["li"]), None
        try:
            await channel.send(body)
        except SendError as error:
            outcome = error.outcome
    assert outcome is (hook if way == "webhook" else personal)
    assert any(record.kind == "message" for record in world.log) is heard
