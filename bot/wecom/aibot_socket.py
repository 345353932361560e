"""The one place that owns the long connection's socket; aibot.py says what to do with it.

socket = Robot(address, bot_id, secret, arrived=…, told=…)
task: socket.run(stop)          dials, subscribes, answers pings, dials again
await socket.ask("aibot_send_msg", body)
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
import random
import ssl
from collections.abc import Awaitable, Callable, Mapping
from typing import Any, Literal

from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import WebSocketException

from bot.wecom import aibot
from bot.wecom.aibot import Action, Answered, Came, Hang, Machine, Open, Say, Told
from bot.wecom.client import is_this_machine
from bot.wecom.errors import CallFailed

log = logging.getLogger(__name__)

BIGGEST_FRAME = 1 << 20  # bytes; WeCom's frames are far smaller
Arrived = Callable[[Came], Awaitable[None]]

_NOT_LIVE = "智能机器人的长连接没有连上，消息没有发出，程序会自动重连"
_NO_ANSWER = "智能机器人没有收到企业微信的答复，消息可能已发出"


def _ignore(_: Told) -> None:
    return None


class Robot:
    """One bot's connection, alive for as long as `run` runs.

    `arrived` is called for each message or event, in a task of its own: one that dawdles never
    holds up a pong. `told` hears what an administrator should know; it must not raise.
    """

    def __init__(
        self,
        address: str,
        bot_id: str,
        secret: str,
        *,
        arrived: Arrived,
        told: Callable[[Told], None] = _ignore,
        tls: ssl.SSLContext | None = None,
        proxy: str = "",
        jitter: Callable[[], float] = random.random,
    ) -> None:
        self._address, self._arrived, self._told, self._tls = address, arrived, told, tls
        # The same way out as every other call; `True` is the environment's.
        self._proxy: str | Literal[True] | None = proxy or True
        if is_this_machine(address):
            self._proxy = None
        self._machine = Machine(bot_id, secret, jitter)
        self._socket: ClientConnection | None = None
        self._reader: asyncio.Task[None] | None = None
        self._answers: dict[str, asyncio.Future[Mapping[str, Any] | None]] = {}
        self._at_work: set[asyncio.Task[None]] = set()
        self._changed = asyncio.Event()
        self.last = Told("lost")
        self.heard = False  # whether anything was told yet

    @property
    def started(self) -> bool:
        return self._machine.phase is not aibot.Phase.IDLE

    @property
    def live(self) -> bool:
        return self._machine.live

    async def run(self, stop: asyncio.Event) -> None:
        """Keep the connection until `stop` is set. Never raises for what the network does."""
        await self._do(self._machine.start(_now()))
        try:
            while not stop.is_set():
                await self._sleep(stop)
                await self._do(self._machine.tick(_now()))
        finally:
            await self._do(self._machine.stop(_now()))
            for task in self._at_work:
                task.cancel()

    async def ask(self, cmd: str, body: Mapping[str, Any]) -> Mapping[str, Any]:
        """Ask WeCom for something and return its answer, with an integer `errcode`.

        Raises CallFailed: "no" while the connection is down, "maybe" when no answer came.
        """
        return await self._asked(lambda now: self._machine.request(cmd, body, now))

    async def reply(self, came: Came, cmd: str, body: Mapping[str, Any]) -> Mapping[str, Any]:
        """Answer a frame that came, under its own req_id (§2.6); raises CallFailed like `ask`."""
        return await self._asked(
            lambda now: (came.req_id, self._machine.reply(cmd, came.req_id, body, now))
        )

    async def _asked(self, make: Callable[[float], tuple[str, list[Action]]]) -> Mapping[str, Any]:
        if not self.live:
            raise CallFailed("no", _NOT_LIVE)
        req_id, actions = make(_now())
        answer: asyncio.Future[Mapping[str, Any] | None] = asyncio.Future()
        self._answers[req_id] = answer
        await self._do(actions)
        self._changed.set()
        try:
            found = await answer
        finally:
            self._answers.pop(req_id, None)
        if found is None or type(found.get("errcode")) is not int:
            raise CallFailed("maybe", _NO_ANSWER)
        return found

    # -- doing what the machine says -------------------------------------------------------------

    async def _do(self, actions: list[Action]) -> None:
        for action in actions:
            match action:
                case Open():
                    self._keep(self._dial())
                case Say(text=text):
                    await self._say(text)
                case Hang():
                    self._hang()
                case Answered(req_id=req_id, answer=answer):
                    waiting = self._answers.get(req_id)
                    if waiting is not None and not waiting.done():
                        waiting.set_result(answer)
                case Came():
                    self._keep(self._hand_on(action))
                case Told():
                    self._hear(action)

    def _keep(self, work: Any) -> asyncio.Task[None]:
        task: asyncio.Task[None] = asyncio.create_task(work)
        self._at_work.add(task)
        task.add_done_callback(self._at_work.discard)
        return task

    async def _dial(self) -> None:
        try:
            socket = await connect(
                self._address,
                ssl=self._tls if self._address.startswith("wss:") else None,
                proxy=self._proxy,
                open_timeout=aibot.CONNECT_WITHIN,
                ping_interval=None,  # the protocol has pings of its own
                max_size=BIGGEST_FRAME,
                logger=_silent(),
            )
        except (OSError, WebSocketException, TimeoutError, ValueError) as error:
            await self._next(self._machine.closed(_now(), type(error).__name__))
            return
        if self._machine.phase is not aibot.Phase.CONNECTING:  # given up meanwhile
            await socket.close()
            return
        self._socket = socket
        await self._next(self._machine.opened(_now()))
        await self._read(socket)

    async def _read(self, socket: ClientConnection) -> None:
        detail = "closed"
        try:
            async for message in socket:
                if isinstance(message, str):
                    await self._next(self._machine.received(message, _now()))
        except (OSError, WebSocketException) as error:
            detail = type(error).__name__
        if self._socket is socket:
            self._socket = None
            await self._next(self._machine.closed(_now(), detail))

    async def _next(self, actions: list[Action]) -> None:
        await self._do(actions)
        self._changed.set()

    async def _say(self, text: str) -> None:
        socket = self._socket
        if socket is None:
            return  # the machine will hear of it from the reader
        with contextlib.suppress(OSError, WebSocketException):
            await socket.send(text)

    def _hang(self) -> None:
        socket, self._socket = self._socket, None
        if socket is not None:
            self._keep(_close(socket))

    async def _hand_on(self, came: Came) -> None:
        try:
            await self._arrived(came)
        except Exception:
            log.exception("a frame was not handled", extra={"action": "frame-failed"})

    def _hear(self, told: Told) -> None:
        self.last, self.heard = told, True
        level = logging.INFO if told.what == "live" else logging.WARNING
        log.log(
            level,
            "bot connection %s %s %s",
            told.what,
            told.code or "",
            told.detail,
            extra={"action": f"bot-{told.what}"},
        )
        self._told(told)

    async def _sleep(self, stop: asyncio.Event) -> None:
        """Sleep until the machine wants to be ticked, something changed, or `stop`."""
        self._changed.clear()
        wake = self._machine.wake()
        pause = None if wake is None else max(0.0, wake - _now())
        waits = [asyncio.create_task(stop.wait()), asyncio.create_task(self._changed.wait())]
        try:
            await asyncio.wait(waits, timeout=pause, return_when=asyncio.FIRST_COMPLETED)
        finally:
            for task in waits:
                task.cancel()


async def _close(socket: ClientConnection) -> None:
    with contextlib.suppress(OSError, WebSocketException, TimeoutError):
        await asyncio.wait_for(socket.close(), 5)


def _now() -> float:
    """Return the loop's own steady clock: real seconds, which nobody can set."""
    return asyncio.get_running_loop().time()


def _silent() -> logging.Logger:
    """websockets logs whole frames at DEBUG, the secret of the first one included."""
    quiet = logging.getLogger("bot.wecom.websockets")
    quiet.setLevel(logging.WARNING)
    return quiet
