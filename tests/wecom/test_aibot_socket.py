"""The one owner of the bot's socket, against a real server on this machine."""

from __future__ import annotations

import asyncio
import contextlib
import json
import logging

import pytest
from websockets.asyncio.server import serve

from bot.wecom.aibot_socket import Robot
from bot.wecom.errors import CallFailed

SECRET = "s3cret-of-the-bot"


class Server:
    """WeCom's end, in as few words as do: `script(frame)` returns the frames to answer."""

    def __init__(self, script):
        self.script, self.frames, self.sockets = script, [], []

    async def handler(self, socket):
        self.sockets.append(socket)
        async for text in socket:
            frame = json.loads(text)
            self.frames.append(frame)
            for reply in self.script(frame):
                if reply is None:
                    await socket.close()
                else:
                    await socket.send(json.dumps(reply))


def ok(frame, code=0):
    return {"headers": frame["headers"], "errcode": code, "errmsg": "ok"}


@contextlib.asynccontextmanager
async def connected(script, arrived=None, told=None):
    async def nothing(_):
        return None

    server = Server(script)
    # WeCom's end is not ours: what its library logs is no leak of the product.
    theirs = logging.getLogger("theirs")
    theirs.disabled = True
    async with serve(server.handler, "127.0.0.1", 0, logger=theirs) as listening:
        port = listening.sockets[0].getsockname()[1]
        heard = []
        robot = Robot(
            f"ws://127.0.0.1:{port}",
            "BOT",
            SECRET,
            arrived=arrived or nothing,
            told=told or heard.append,
            jitter=lambda: 0.0,
        )
        stop = asyncio.Event()
        task = asyncio.create_task(robot.run(stop))
        try:
            yield robot, server
        finally:
            stop.set()
            await asyncio.wait_for(task, 30)


async def until(condition):
    async with asyncio.timeout(30):
        while not condition():  # noqa: ASYNC110 - the condition is the robot's own
            await asyncio.sleep(0.01)


async def test_it_subscribes_and_a_request_gets_its_answer():
    async with connected(lambda frame: [ok(frame)]) as (robot, server):
        await until(lambda: robot.live)
        answer = await robot.ask("aibot_send_msg", {"chatid": "c"})
        assert answer["errcode"] == 0
        assert [frame["cmd"] for frame in server.frames] == ["aibot_subscribe", "aibot_send_msg"]


async def test_after_a_clean_close_it_dials_again():
    async with connected(lambda frame: [ok(frame)]) as (robot, server):
        await until(lambda: robot.live)
        await server.sockets[0].close()
        await until(lambda: len(server.sockets) == 2 and robot.live)


async def test_after_an_unclean_close_it_dials_again():
    async with connected(lambda frame: [ok(frame)]) as (robot, server):
        await until(lambda: robot.live)
        server.sockets[0].transport.abort()
        await until(lambda: len(server.sockets) == 2 and robot.live)


async def test_a_wrong_secret_is_told_and_not_tried_again():
    heard = []
    async with connected(lambda frame: [ok(frame, 853000)], told=heard.append) as (robot, server):
        await until(lambda: heard)
        await asyncio.sleep(1.2)
        assert [told.what for told in heard] == ["stopped"]
        assert len(server.sockets) == 1
        with pytest.raises(CallFailed) as caught:
            await robot.ask("aibot_send_msg", {})
        assert caught.value.sent == "no"


async def test_a_connection_that_goes_before_the_answer_leaves_it_open_whether_it_arrived():
    def script(frame):
        return [ok(frame)] if frame["cmd"] == "aibot_subscribe" else [None]

    async with connected(script) as (robot, _):
        await until(lambda: robot.live)
        with pytest.raises(CallFailed) as caught:
            await robot.ask("aibot_send_msg", {})
        assert caught.value.sent == "maybe"


async def test_a_handler_that_dawdles_or_raises_holds_up_nobody():
    came = []

    async def arrived(frame):
        came.append(frame.body["n"])
        if frame.body["n"] == 1:
            raise RuntimeError("a mistake of ours")
        await asyncio.sleep(60)

    def script(frame):
        calls = [
            {"cmd": "aibot_msg_callback", "headers": {"req_id": f"s{n}"}, "body": {"n": n}}
            for n in range(3)
        ]
        return [ok(frame), *(calls if frame["cmd"] == "aibot_subscribe" else [])]

    async with connected(script, arrived=arrived) as (robot, _):
        await until(lambda: len(came) == 3)
        assert (await robot.ask("aibot_send_msg", {}))["errcode"] == 0


async def test_nobody_listening_is_survived_and_the_secret_is_in_no_log_line(caplog):
    caplog.set_level(logging.DEBUG)

    async def nothing(_):
        return None

    heard = []
    robot = Robot(
        "ws://127.0.0.1:9", "BOT", SECRET, arrived=nothing, told=heard.append, jitter=lambda: 0.0
    )
    stop = asyncio.Event()
    task = asyncio.create_task(robot.run(stop))
    await until(lambda: len(heard) >= 2)
    stop.set()
    await asyncio.wait_for(task, 30)
    async with connected(lambda frame: [ok(frame)]) as (robot, _):
        await until(lambda: robot.live)
    assert SECRET not in caplog.text
    assert SECRET not in repr(heard)
