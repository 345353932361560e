"""The first start: where nothing is set, the console asks, and goes on as the running bot.

One address all the while: a relay stands on the port, in front of the set-up first, in front of
the bot when the answers are in. The cookie holds, for both sign with the data folder's key.
"""

from __future__ import annotations

import asyncio
import errno
import os
import secrets
from collections.abc import AsyncIterator, Callable
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, replace
from pathlib import Path

from starlette.types import ASGIApp, Receive, Scope, Send

from bot import logs
from bot.app import House, Now, build
from bot.channels import SendError, Webhook
from bot.config import Config, load
from bot.core import messages
from bot.core.model import Markdown
from bot.door import announce, take, withdraw
from bot.library import approvals, founding
from bot.library.pack import BadPack
from bot.library.settle import Answers
from bot.life import faults, live, until_told
from bot.sandbox.serving import Serving
from bot.verbs import Mistake
from bot.web.console.entry import Entry
from bot.web.console.first import FirstDoors, create_first
from bot.web.server import LOCAL_HOSTS
from bot.wecom.client import connect

Say = Callable[[str], None]
OFFICIAL = f"https://{founding.OFFICIAL}"


@dataclass
class Relay:
    """Stands on the port; what stands behind it may change between two requests."""

    app: ASGIApp | None = None

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        assert self.app is not None, "put there before anybody is told the address"
        await self.app(scope, receive, send)


async def begin(
    path: Path, now: Now, say: Say, show: Callable[[str], object], *, rehearsing: bool = False
) -> None:
    """Ask in the browser what `path` (a config.toml to be) must say, and then run the bot.

    `show` opens the page where there is a desktop. Mistake if somebody else is at this folder.
    """
    blank = Config(path=path)
    blank.data.mkdir(parents=True, exist_ok=True)
    lock = await take(blank)
    try:
        entry = Entry(
            key=approvals.seal_key(blank.data), https="", roles={}, hosts=frozenset(LOCAL_HOSTS)
        )
        async with _listening(relay := Relay(), blank.web.port) as served:
            start = _Start(path, now, served.port, relay)
            relay.app = create_first(
                FirstDoors(
                    now=now,
                    entry=entry,
                    mistake=Mistake,
                    try_out=try_out,
                    finish=start.finish,
                    rehearsing=rehearsing,
                )
            )
            announce(blank, served.port, secrets.token_urlsafe(32))
            url = f"{served.url}/console/enter/{entry.invite(now())}"
            say(messages.FIRST_START.format(url))
            show(url)
            await _until_founded(start, served.url, say)
    finally:
        withdraw(blank)
        lock.release()


async def _until_founded(start: _Start, url: str, say: Say) -> None:
    told = until_told()
    waits = [asyncio.create_task(told.wait()), asyncio.create_task(start.founded.wait())]
    try:
        await asyncio.wait(waits, return_when=asyncio.FIRST_COMPLETED)
    finally:
        for one in waits:
            one.cancel()
    if start.house is None:
        return
    try:
        await live(start.house, url, say)
    finally:
        await start.house.close()


class _Start:
    """What becomes of the answers: the folder written, the house built, the relay turned."""

    def __init__(self, path: Path, now: Now, port: int, relay: Relay) -> None:
        self._path, self._now, self._port, self._relay = path, now, port, relay
        self._one = asyncio.Lock()  # a button is pressed twice
        self.house: House | None = None
        self.founded = asyncio.Event()

    async def finish(self, answers: Answers, rhythm: str) -> None:
        async with self._one:
            if self.house is not None:
                return
            if self._path.exists():
                raise Mistake(messages.FIRST_THERE)
            if self._port != Config(path=self._path).web.port:
                answers = replace(answers, port=self._port)
            try:
                await asyncio.to_thread(self._write, answers, rhythm)
            except BadPack as error:
                raise Mistake(str(error)) from None
            config = load(self._path, os.environ)
            if config.data != Config(path=self._path).data or faults(config):
                raise Mistake(messages.FIRST_THERE)  # the environment says otherwise
            logs.begin(config)
            self.house = build(config, self._now)
            announce(config, self._port, self.house.token)
            self._relay.app = self.house.web
            self.founded.set()

    def _write(self, answers: Answers, rhythm: str) -> None:
        folder = self._path.parent
        places = founding.places_in(folder)
        founding.bring(places)
        founding.found(folder, places.schedules, answers, rhythm)


@asynccontextmanager
async def _listening(relay: Relay, port: int) -> AsyncIterator[Serving]:
    """Listen on the usual port or, where that is taken, on any."""
    async with AsyncExitStack() as stack:
        try:
            served = await stack.enter_async_context(Serving(relay, port=port))
        except OSError as error:
            if error.errno != errno.EADDRINUSE:
                raise
            served = await stack.enter_async_context(Serving(relay))
        yield served


async def try_out(pasted: str) -> str:
    """Post the fixed test line to a webhook's address; why it did not leave, "" when it did."""
    address = founding.address_of(pasted)
    async with connect(address.base_url or OFFICIAL) as http:
        channel = Webhook(http, address.key)
        try:
            await channel.send(channel.body(Markdown(text=messages.TEST_MESSAGE)))
        except SendError as error:
            return error.reason
    return ""
