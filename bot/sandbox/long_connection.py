"""A smart robot's long connection over a WebSocket: carries frames, and knows none of them."""

import asyncio
import json
from typing import Any

from starlette.websockets import WebSocket, WebSocketDisconnect

from bot.sandbox.robots import ABNORMAL, Line
from bot.sandbox.serving import ABORT
from bot.sandbox.world import World

LOOK = 1.0  # seconds between two looks at whether the robot is still there


async def long_connection(socket: WebSocket) -> None:
    """Serve one robot until either side closes, or it has been silent for too long.

    Silence is measured in real time: a rehearsal's clock that jumps cuts nobody off.
    """
    world: World = socket.app.state.world
    await socket.accept()
    something = asyncio.Event()
    line = Line(something.set)
    carriers = [
        asyncio.create_task(_inward(world, socket, line)),
        asyncio.create_task(_outward(socket, line, something)),
    ]
    try:
        await asyncio.wait(carriers, return_when=asyncio.FIRST_COMPLETED)
    finally:
        line.lost()
        for carrier in carriers:
            carrier.cancel()
        await asyncio.gather(*carriers, return_exceptions=True)


async def _inward(world: World, socket: WebSocket, line: Line) -> None:
    """Take frames until the robot goes, or says nothing for `aibot_idle_seconds`."""
    heard = asyncio.get_running_loop().time()
    arriving: asyncio.Task[Any] = asyncio.create_task(socket.receive())
    try:
        while True:
            done, _ = await asyncio.wait([arriving], timeout=LOOK)
            now = asyncio.get_running_loop().time()
            if not done:
                if world.aibot_idle_seconds and now - heard >= world.aibot_idle_seconds:
                    line.close(1000)
                    await asyncio.sleep(LOOK)  # the outward task ends the connection
                continue
            event = arriving.result()
            if event["type"] != "websocket.receive":
                return
            heard = now
            world.receive(line, event.get("text") or event.get("bytes") or b"")
            arriving = asyncio.create_task(socket.receive())
    finally:
        arriving.cancel()


async def _outward(socket: WebSocket, line: Line, something: asyncio.Event) -> None:
    """Send what waits, then close if the line is to be closed."""
    while True:
        await something.wait()
        something.clear()
        while line.out:
            try:
                await socket.send_text(json.dumps(line.out.popleft(), ensure_ascii=False))
            except (RuntimeError, WebSocketDisconnect):
                return  # it has gone meanwhile
        if line.closing is not None:
            await _close(socket, line.closing)
            return


async def _close(socket: WebSocket, code: int) -> None:
    abort = socket.scope.get("extensions", {}).get(ABORT)
    if code == ABNORMAL and abort is not None:
        abort()
    else:
        await socket.close(code if code != ABNORMAL else 1011)
