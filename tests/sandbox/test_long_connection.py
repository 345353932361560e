"""The long connection over a real WebSocket: closes, cuts and silence."""

import asyncio
import json

import pytest
import websockets

from bot.sandbox import talks
from bot.sandbox.server import create_app
from bot.sandbox.serving import Serving

from .house import BOT, BOT_SECRET, robot


@pytest.fixture
async def served(world):
    robot(world)
    async with Serving(create_app(world)) as serving:
        yield serving


async def ask(socket, cmd, body=None):
    await socket.send(json.dumps({"cmd": cmd, "headers": {"req_id": cmd}, "body": body or {}}))
    return json.loads(await socket.recv())


async def subscribed(served):
    socket = await websockets.connect(served.ws_url)
    answer = await ask(socket, "aibot_subscribe", {"bot_id": BOT, "secret": BOT_SECRET})
    assert answer == {"headers": {"req_id": "aibot_subscribe"}, "errcode": 0, "errmsg": "ok"}
    return socket


async def test_frames_travel_both_ways(world, served):
    socket = await subscribed(served)
    assert (await ask(socket, "ping"))["errcode"] == 0
    assert talks.say(world, "zhang", f"bot-{BOT}", "你好")
    assert json.loads(await socket.recv())["body"]["text"] == {"content": "你好"}
    await socket.close()


async def test_a_newer_connection_ends_the_older_one_with_a_word(served):
    older = await subscribed(served)
    newer = await subscribed(served)
    told = json.loads(await older.recv())
    assert told["body"]["event"]["eventtype"] == "disconnected_event"
    with pytest.raises(websockets.ConnectionClosedOK):
        await older.recv()
    assert (await ask(newer, "ping"))["errcode"] == 0
    await newer.close()


@pytest.mark.parametrize(
    ("kind", "status", "code"),
    [("close", 1000, 1000), ("close", 1012, 1012), ("drop_after_accept", 0, 1006)],
)
async def test_a_connection_is_closed_or_cut_on_request(world, served, kind, status, code):
    socket = await subscribed(served)
    world.faults.add("ping", kind, status=status)
    with pytest.raises(websockets.ConnectionClosed):
        await ask(socket, "ping")
    assert socket.close_code == code
    assert world.robots[BOT].line is None


async def test_a_robot_that_goes_away_is_forgotten(world, served):
    socket = await subscribed(served)
    await socket.close()
    for _ in range(100):
        if world.robots[BOT].line is None:
            break
        await asyncio.sleep(0.01)
    assert world.robots[BOT].line is None
    assert talks.say(world, "zhang", f"bot-{BOT}", "你好") is False


async def test_silence_ends_a_connection(world, served):
    world.aibot_idle_seconds = 1
    socket = await subscribed(served)
    with pytest.raises(websockets.ConnectionClosedOK):
        await asyncio.wait_for(socket.recv(), timeout=30)


async def silent(socket):
    """Does nothing come for a while, and is the connection still open?"""
    with pytest.raises(TimeoutError):
        await asyncio.wait_for(socket.recv(), timeout=0.3)
    return socket.close_code is None


async def test_an_answer_stays_away_once_and_the_message_is_there(world, served):
    socket = await subscribed(served)
    world.faults.add("aibot_send_msg", "no_ack")
    talks.say(world, "zhang", f"bot-{BOT}", "在吗")
    await socket.recv()
    push = {"chatid": "zhang", "chat_type": 1, "msgtype": "markdown", "markdown": {"content": "题"}}
    frame = {"cmd": "aibot_send_msg", "headers": {"req_id": "p"}, "body": push}
    await socket.send(json.dumps(frame))
    assert await silent(socket)
    assert world.posted[-1].sender == "廉小助"
    assert (await ask(socket, "ping"))["errcode"] == 0
    await socket.close()


async def test_a_half_open_connection_takes_everything_and_answers_nothing(world, served):
    socket = await subscribed(served)
    world.faults.add("ping", "half_open")
    for _ in range(2):
        await socket.send(json.dumps({"cmd": "ping", "headers": {"req_id": "p"}}))
        assert await silent(socket)
    talks.say(world, "zhang", f"bot-{BOT}", "在吗")
    assert await silent(socket)
    newer = await subscribed(served)
    assert (await ask(newer, "ping"))["errcode"] == 0
    await socket.close()
    await newer.close()


async def test_events_come_in_another_order_over_a_real_socket(world, served):
    socket = await subscribed(served)
    world.faults.add("aibot_event", "reorder")
    for words in ("一", "二"):
        talks.say(world, "zhang", f"bot-{BOT}", words)
    heard = [json.loads(await socket.recv())["body"]["text"]["content"] for _ in range(2)]
    assert heard == ["二", "一"]
    await socket.close()
