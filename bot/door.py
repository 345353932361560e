"""The door of one data folder: who holds it, how to ask the bot that does, and how to take it.

`run` holds the lock and leaves its port and a token in control.json; a verb asks it by HTTP, or
takes the lock for as long as it needs. A lock is the system's own, so one that a dead process
left is no lock; a control.json that it left answers to nobody, and is not believed.
"""

from __future__ import annotations

import asyncio
import contextlib
import json
import os
import ssl
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import filelock
import httpx

from bot.config import Config
from bot.core import messages
from bot.verbs import Mistake

TAKES_LONG = {"backup", "restore", "store-inspect", "store-verify", "store-compact"}
MOVED = "moved-to-postgresql.txt"  # in a data folder whose rows are in a database now
LOCK_PATIENCE = 10.0  # seconds to wait for a verb that has the data folder
ANSWERS_WITHIN = 2.0  # seconds in which a living bot says that it lives
# A bot is asked by http on this machine: no authority is believed, and none need be read.
_NOBODY = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)


@dataclass(frozen=True, kw_only=True)
class Running:
    """What control.json says of the bot that runs, or ran until it was killed."""

    port: int
    pid: int
    token: str = field(repr=False)

    @property
    def base(self) -> str:
        return f"http://127.0.0.1:{self.port}"


def lock_of(config: Config) -> filelock.BaseFileLock:
    """Return the lock of the data folder, not yet taken; taking it never waits."""
    return filelock.FileLock(config.data / "lock", timeout=0)


async def take(config: Config) -> filelock.BaseFileLock:
    """Take the data folder: wait for a verb to finish, refuse where another bot answers."""
    lock, patience = lock_of(config), Patience()
    while True:
        with contextlib.suppress(filelock.Timeout):
            lock.acquire()
            return lock
        running = running_of(config)
        if running is not None and await alive(running):
            raise Mistake(messages.SECOND_BOT.format(config.data, running.pid))
        await patience.wait(config)


class Patience:
    """Waits for whoever has the data folder, a little at a time; a Mistake in the end."""

    def __init__(self) -> None:
        self._ends = asyncio.get_running_loop().time() + LOCK_PATIENCE

    async def wait(self, config: Config) -> None:
        if asyncio.get_running_loop().time() >= self._ends:
            raise Mistake(messages.DATA_BUSY.format(config.data))
        await asyncio.sleep(0.2)


def running_of(config: Config) -> Running | None:
    """Read control.json; None when it is not there, or not what `announce` writes."""
    try:
        found = json.loads((config.data / "control.json").read_text("utf-8"))
        port, token, pid = found["port"], found["token"], found["pid"]
    except (OSError, ValueError, LookupError, TypeError, RecursionError):
        return None
    if type(port) is not int or type(pid) is not int or not 0 < port < 65536:
        return None
    if not isinstance(token, str) or not (token.isascii() and token.isprintable()):
        return None
    return Running(port=port, pid=pid, token=token)


async def alive(running: Running) -> bool:
    """Whether a bot answers there."""
    async with httpx.AsyncClient(verify=_NOBODY, timeout=ANSWERS_WITHIN, trust_env=False) as client:
        try:
            return (await client.get(f"{running.base}/healthz")).status_code == 200
        except httpx.ReadTimeout:
            return True  # it stands still, and has the folder all the same
        except httpx.HTTPError:
            return False


async def ask(
    transport: httpx.AsyncBaseTransport | None,
    base: str,
    token: str,
    verb: str,
    params: Mapping[str, Any],
) -> dict[str, Any]:
    """Ask for one verb and return its answer.

    Mistake: what the person got wrong, or a bot that does not answer. OSError: the disk is full.
    httpx.ConnectError: nobody listens there any more.
    """
    async with httpx.AsyncClient(
        transport=transport,
        base_url=base,
        verify=_NOBODY,
        timeout=3600 if verb in TAKES_LONG else 60,
        trust_env=False,
    ) as client:
        try:
            response = await client.post(
                f"/control/{verb}", json=dict(params), headers={"Authorization": f"Bearer {token}"}
            )
        except httpx.ConnectError:
            raise
        except (httpx.ConnectTimeout, httpx.PoolTimeout):
            raise Mistake(messages.BOT_BUSY) from None  # nothing was asked of it
        except httpx.HTTPError:
            raise Mistake(messages.BOT_SILENT) from None
    answer = _object(response)
    if response.status_code == 400 and "error" in answer:
        raise Mistake(str(answer["error"]))
    if response.status_code == 507:
        raise OSError(str(answer.get("error")))  # in words, for whoever asked
    if response.status_code != 200:
        raise Mistake(messages.BOT_REFUSED.format(response.status_code))
    return answer


def _object(response: httpx.Response) -> dict[str, Any]:
    """Return the JSON object of an answer, {} when it is none: some other program answered."""
    try:
        answer = response.json()
    except ValueError:
        return {}
    return answer if isinstance(answer, dict) else {}


def announce(config: Config, port: int, token: str) -> None:
    """Leave for the verbs where the bot listens, for the owner's eyes only."""
    path = config.data / "control.json"
    path.unlink(missing_ok=True)
    handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(handle, "w", encoding="utf-8") as file:
        json.dump({"port": port, "token": token, "pid": os.getpid()}, file)


def withdraw(config: Config) -> None:
    """Take back what `announce` left."""
    (config.data / "control.json").unlink(missing_ok=True)
