"""Each fault switch of the sandbox, and what the channel says became of the message."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator
from datetime import datetime

import httpx
import pytest

from bot.channels import App, AppChat, Bot, Outcome, SendError, Webhook
from bot.core.model import SHANGHAI, Markdown
from bot.sandbox import talks
from bot.sandbox.faults import ENDLESS
from bot.sandbox.server import create_app
from bot.sandbox.serving import Serving
from bot.sandbox.world import World
from bot.wecom import appchat
from bot.wecom.aibot_socket import Robot
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


@pytest.mark.parametrize("way", ["webhook", "app", "appchat"])
@pytest.mark.parametrize(("fault", "carries", "hook", "personal", "heard"), FAULTS)
async def test_a_fault_has_its_outcome(way, fault, carries, hook, personal, heard):
    """A group, whoever made it, hears nothing twice: only an app's message may be repeated."""
    world = World(lambda: NOW)
    for person in ("li", "wang"):
        world.add_user(person, person)
    world.add_group("g1", "支部", ["li"], key=KEY)
    world.add_app(7, "清风", "app-s3cret")
    transport = httpx.ASGITransport(create_app(world))
    async with connect("http://127.0.0.1", transport=transport) as http:
        token = Token(world.corp_id, "app-s3cret", now=lambda: NOW)
        chat = await appchat.create(http, token, name="群", members=["li", "wang"])
        channel, endpoint, to = {
            "webhook": (Webhook(http, KEY), "webhook/send", ["li"]),
            "app": (App(http, token, 7), "message/send", ["li"]),
            "appchat": (AppChat(http, token, 7), "appchat/send", [chat]),
        }[way]
        world.faults.add(endpoint, fault, **carries)
        body, outcome = channel.body(Markdown(text="端午"), to), None
        try:
            await channel.send(body)
        except SendError as error:
            outcome = error.outcome
    assert outcome is (personal if way == "app" else hook)
    assert any(record.kind == "message" for record in world.log) is heard


async def test_an_outage_of_one_interface_leaves_the_others_and_ends_when_it_is_over():
    world = World(lambda: NOW)
    world.add_user("li", "李")
    world.add_group("g1", "支部", ["li"], key=KEY)
    world.add_app(7, "清风", "app-s3cret")
    async with connect(
        "http://127.0.0.1", transport=httpx.ASGITransport(create_app(world))
    ) as http:
        token = Token(world.corp_id, "app-s3cret", now=lambda: NOW)
        group, personal = Webhook(http, KEY), App(http, token, 7)
        world.faults.add("message/send", "status", times=ENDLESS)
        for _ in range(3):
            with pytest.raises(SendError):
                await personal.send(personal.body(Markdown(text="一"), ["li"]))
        await group.send(group.body(Markdown(text="二"), []))
        world.faults.clear("message/send")
        await personal.send(personal.body(Markdown(text="一"), ["li"]))
    assert [record.msgtype for record in world.log if record.kind == "message"] == ["markdown"] * 2


# -- the long connection: fault, what it carries, the end, whether anybody has it, whether it lives
LINES = [
    ("no_ack", {}, Outcome.UNKNOWN, True, True),
    ("half_open", {}, Outcome.UNKNOWN, True, True),
    ("close", {"status": 1000}, Outcome.UNKNOWN, True, False),
    ("close", {"status": 1006}, Outcome.UNKNOWN, True, False),
    ("drop_after_accept", {}, Outcome.UNKNOWN, True, False),
    ("drop_before_accept", {}, Outcome.UNKNOWN, False, False),
    ("errcode", {"errcode": -1}, Outcome.UNKNOWN, False, True),
    ("errcode", {"errcode": -1, "accept": True}, Outcome.UNKNOWN, True, True),
    ("errcode", {"errcode": 846609}, Outcome.RETRY, False, True),
    ("errcode", {"errcode": 93006}, Outcome.REFUSED, False, True),
    ("slow", {"seconds": 0.1}, None, True, True),
]


@pytest.mark.parametrize(("fault", "carries", "outcome", "heard", "lives"), LINES)
async def test_a_fault_of_the_line_has_its_outcome_and_the_line_comes_back(
    fault, carries, outcome, heard, lives
):
    world = World(lambda: NOW)
    world.add_user("li", "李")
    world.add_robot("BOT", "清风", "s3cret")
    talks.say(world, "li", "bot-BOT", "好")
    before = len(world.posted)
    async with Serving(create_app(world)) as sandbox, live(sandbox.url) as line:
        channel = Bot(line, "BOT")
        world.faults.add("aibot_send_msg", fault, **carries)
        end = None
        try:
            await channel.send(channel.body(Markdown(text="端午"), ["li"]))
        except SendError as error:
            end = error.outcome
        assert end is outcome
        assert (len(world.posted) > before) is heard
        assert line.live is lives
        if fault != "half_open":  # which only two missed pongs tell, a minute later (test_aibot)
            await until(lambda: line.live)
            await channel.send(channel.body(Markdown(text="再来"), ["li"]))


@contextlib.asynccontextmanager
async def live(url: str) -> AsyncIterator[Robot]:
    async def deaf(_: object) -> None:
        return None

    line = Robot(url.replace("http", "ws"), "BOT", "s3cret", arrived=deaf)
    stop = asyncio.Event()
    task = asyncio.create_task(line.run(stop))
    try:
        await until(lambda: line.live)
        yield line
    finally:
        stop.set()
        await task


async def until(what) -> None:
    async with asyncio.timeout(30):
        while not what():  # noqa: ASYNC110 - the condition is WeCom's own
            await asyncio.sleep(0.02)
