"""Faults on request that come by chance, come late, or make no sense (wecom/api.md §11)."""

import asyncio
import json

import httpx
import pytest

from bot.sandbox import talks
from bot.sandbox.people import say
from bot.sandbox.taps import tap, verify_callback
from bot.sandbox.world import World

from .house import (
    AES_KEY,
    AGENT,
    BOT,
    KEY,
    TOKEN,
    Phone,
    bureau,
    button_card,
    robot,
    text,
    to,
    token,
)

SEND = f"/cgi-bin/webhook/send?key={KEY}"
PUSH = {"chatid": "zhang", "chat_type": 1, "msgtype": "markdown", "markdown": {"content": "题"}}


def spoilt(world: World, calls: int) -> list[bool]:
    return [world.faults.take("user/get") is not None for _ in range(calls)]


def test_a_partial_outage_spoils_its_share_of_calls_the_same_ones_each_time(world, clock):
    world.faults.add("user/get", "status", times=-1, chance=0.3)
    first = spoilt(world, 1000)
    assert 250 < sum(first) < 350
    world.faults.clear()
    world.faults.add("user/get", "status", times=-1, chance=0.3)
    assert spoilt(world, 1000) == first
    other = bureau(clock)
    other.faults.add("user/get", "status", times=-1, chance=0.3)
    assert spoilt(other, 1000) == first


def test_a_fault_with_a_chance_waits_for_its_call(world):
    world.faults.add("user/get", "status", times=3, chance=0.5)
    assert sum(spoilt(world, 100)) == 3
    assert world.faults.pending() == {}


async def test_callbacks_get_lost_at_random(world, callback, bot):
    world.message_send(token(world), to("zhang", button_card("c1")))
    world.faults.add("callback", "lose", times=-1, chance=0.5)
    for _ in range(40):
        await tap(world, "zhang", "c1", "ack", http=bot)
    assert 10 < len(callback.events) < 30


@pytest.mark.parametrize(
    "wrong",
    [
        {"chance": 0},
        {"chance": 1.01},
        {"chance": "1"},
        {"chance": float("nan")},
        {"times": 0},
        {"times": -2},
        {"times": 10_001},
        {"times": True},
        {"times": 1.5},
        {"seconds": -1},
        {"seconds": 3601},
        {"seconds": "1"},
        {"status": 200},
        {"status": 600},
        {"status": "503"},
        {"errcode": None},
        {"accept": 1},
    ],
)
async def test_an_order_that_cannot_be_carried_out_is_refused(http, world, wrong):
    body = json.dumps({"endpoint": "webhook/send", "kind": "status"} | wrong)
    answer = await http.post("/sandbox/api/faults", content=body)
    assert answer.status_code == 400
    assert answer.json()["error"]
    assert world.faults.pending() == {}


async def test_the_largest_order_is_carried_out(http, world):
    order = {"endpoint": "webhook/send", "kind": "status", "times": 10_000, "seconds": 3600}
    assert (await http.post("/sandbox/api/faults", json=order)).status_code == 200
    assert (await http.post(SEND, json=text())).status_code == 503


async def test_the_page_takes_a_share_in_percent(http, world):
    form = {"form": "fault", "endpoint": "user/get", "kind": "errcode", "percent": "30"}
    await http.post("/sandbox/desk", data=form | {"times": "-1"})
    assert 250 < sum(spoilt(world, 1000)) < 350


async def test_an_answer_on_the_long_connection_comes_late(world):
    robot(world)
    bot = Phone(world)
    bot.subscribes()
    talks.say(world, "zhang", f"bot-{BOT}", "你好")
    bot.line.out.clear()
    world.faults.add("aibot_send_msg", "slow", seconds=0.05)
    frame = {"cmd": "aibot_send_msg", "headers": {"req_id": "p"}, "body": PUSH}
    world.receive(bot.line, json.dumps(frame))
    assert world.posted[-1].sender == "廉小助"
    assert not bot.line.out
    await asyncio.sleep(0.2)
    assert bot.hears() == {"headers": {"req_id": "p"}, "errcode": 0, "errmsg": "ok"}


async def test_an_event_on_the_long_connection_comes_late(world):
    robot(world)
    bot = Phone(world)
    bot.subscribes()
    world.faults.add("aibot_event", "slow", seconds=0.05)
    assert talks.say(world, "zhang", f"bot-{BOT}", "你好")
    assert not bot.line.out
    await asyncio.sleep(0.2)
    assert bot.hears()["body"]["text"] == {"content": "你好"}


async def test_a_callback_comes_late(world, callback, bot):
    world.message_send(token(world), to("zhang", button_card("c1")))
    world.faults.add("callback", "slow", seconds=0.05)
    tapped = asyncio.create_task(tap(world, "zhang", "c1", "ack", http=bot))
    await asyncio.sleep(0.01)
    assert callback.events == []
    assert (await tapped).delivered
    assert len(callback.events) == 1


async def test_a_callback_in_url_mode_comes_late_once(world, callback, bot):
    robot(world, token=TOKEN, aes_key=AES_KEY)
    world.set_robot_url(BOT, "http://callback.test/bot")
    world.faults.add("aibot_event", "slow", seconds=0.05)
    loop = asyncio.get_running_loop()
    took = []
    for _ in range(2):
        began = loop.time()
        await say(world, "zhang", f"bot-{BOT}", "你好", http=bot)
        took.append(loop.time() - began)
    assert took[0] >= 0.05 > took[1]


async def test_a_verification_has_one_second(world):
    async def sleepy(scope, receive, send):
        await asyncio.sleep(5)

    loop = asyncio.get_running_loop()
    async with httpx.AsyncClient(transport=httpx.ASGITransport(sleepy)) as slow:
        began = loop.time()
        assert not await verify_callback(world, AGENT, http=slow)
    assert 1 <= loop.time() - began < 3
