"""Workers of one PostgreSQL: SIGKILL, cut connections, a dead network, clocks minutes apart.

The town of test_kills, served by several workers at once: two or three send, one takes the taps.
Judged by WeCom's own log against the rows.
"""

from __future__ import annotations

import asyncio
import contextlib
import json
import os
import signal
import subprocess
import sys
from collections import Counter
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

import psycopg
import pytest

from bot.core.model import State
from bot.store.postgres import PostgresStore
from tests.crash import test_kills as alone
from tests.engine.office import ROOT
from tests.postgres import fresh_database

pytestmark = pytest.mark.skipif(os.name == "nt", reason="needs SIGKILL")

SENDERS = ("a", "b", "c")


class Wire:
    """The network between a worker and PostgreSQL: TCP, which can be pulled out and put back."""

    def __init__(self, url: str) -> None:
        asked = urlsplit(url)
        folder = parse_qs(asked.query)["host"][0]
        self._socket, self._base = f"{folder}/.s.PGSQL.5432", asked.path
        self._open: set[asyncio.StreamWriter] = set()
        self.out = False

    async def __aenter__(self) -> Wire:
        self._server = await asyncio.start_server(self._relay, "127.0.0.1", 0)
        self.port = self._server.sockets[0].getsockname()[1]
        self.url = f"postgresql://postgres@127.0.0.1:{self.port}{self._base}"
        return self

    async def __aexit__(self, *_: object) -> None:
        self.pull()
        self._server.close()

    def pull(self) -> None:
        """Break what is open, and let nobody in."""
        self.out = True
        for writer in self._open:
            writer.transport.abort()

    async def _relay(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        if self.out:
            writer.transport.abort()
            return
        there, here = await asyncio.open_unix_connection(self._socket)
        self._open |= {writer, here}
        await asyncio.gather(_pump(reader, here), _pump(there, writer), return_exceptions=True)
        self._open -= {writer, here}


async def _pump(source: asyncio.StreamReader, sink: asyncio.StreamWriter) -> None:
    with contextlib.suppress(OSError):
        while data := await source.read(1 << 16):
            sink.write(data)
            await sink.drain()
    sink.close()


@dataclass(kw_only=True)
class Several:
    """Workers by name, and what is done to them."""

    at: alone.Town
    url: str
    wire: Wire
    workers: dict[str, subprocess.Popen[bytes]] = field(default_factory=dict)
    kills: int = 0
    cuts: int = 0
    pulls: int = 0

    def start(self, name: str) -> None:
        late = {"b": timedelta(minutes=3), "c": timedelta(minutes=-4)}.get(name, timedelta())
        mine = {
            "QINGFENG_STORE__URL": self.wire.url if name == "b" else self.url,
            "QINGFENG_STORE__DATA": f"data-{name}",
            "QINGFENG_STORE__ROLE": "web" if name == "web" else "send",
            "QINGFENG_WEB__PORT": str(self.at.port if name == "web" else 0),
        }
        command = [sys.executable, "-m", "bot", "run", "--config", str(self.at.config)]
        clock = (self.at.clock.now() - late).isoformat()
        with (self.at.home / f"log-{name}").open("ab") as log:
            self.workers[name] = subprocess.Popen(
                [*command, "--clock", clock],
                cwd=ROOT,
                env={**os.environ, **mine},
                stdout=log,
                stderr=log,
            )

    async def hurt(self) -> None:
        """Do one of the four things that happen to clusters."""
        dice = self.at.dice
        name = dice.choice([one for one in self.workers if one != "web"] or ["a"])
        match dice.choice(["kill", "kill", "cut", "stop", "pull", "web"]):
            case "kill":
                self._kill(name)
                await asyncio.sleep(dice.uniform(0.0, 1.0))
                self.start(name)
            case "web":
                self._kill("web")
                self.start("web")
            case "cut":
                self.cuts += 1
                _cut(self.url)
            case "stop":
                self.workers[name].send_signal(signal.SIGSTOP)
                await asyncio.sleep(dice.uniform(0.5, 2.0))
                self.workers[name].send_signal(signal.SIGCONT)
            case "pull":
                self.pulls += 1
                self.wire.pull()
                await asyncio.sleep(dice.uniform(0.5, 3.0))
                self.wire.out = False

    def _kill(self, name: str) -> None:
        self.kills += 1
        self.workers[name].kill()
        self.workers[name].wait()

    def end(self) -> None:
        for process in self.workers.values():
            process.kill()
            process.wait()


def _cut(url: str) -> None:
    with psycopg.connect(url, autocommit=True) as conn:
        conn.execute(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
            " WHERE datname = current_database() AND pid <> pg_backend_pid()"
        )


def _later(url: str) -> None:
    """Let the database's clock go on: the leases and claims of the dead are over."""
    with psycopg.connect(url, autocommit=True) as conn:
        conn.execute("UPDATE qf.deliveries SET leased = leased - interval '2 minutes'")
        conn.execute("UPDATE qf.pushes SET claimed = claimed - interval '2 minutes'")


async def account_of(several: Several) -> alone.Account:
    at = several.at
    store = PostgresStore(several.url, at.home / "look")
    pushes = [push for push in await store.pushes() if push.item]
    receipts = (await store.acts()).receipts
    faults = await store.verify()
    store.close()
    seen, there = at.seen(), [(one.push, one.person) for one in receipts]
    lost = [f"{p.key} {p.state} seen {seen[p.key]}" for p in pushes if not _ended(p, seen[p.key])]
    lost += [f"{key} was never planned" for key in seen if key not in {p.key for p in pushes}]
    lost += [f"{who} of {key}" for key, who in at.tapped - set(there)]
    doubled = [key for key, times in seen.items() if times > 1]
    doubled += [f"{who} of {key}" for (key, who), n in Counter(there).items() if n > 1]
    doubled += [f"{who} of {key}, by nobody" for key, who in set(there) - at.tried]
    return alone.Account(
        kills=several.kills,
        left=at.left,
        pushes=len(pushes),
        unknown=sum(push.state is State.UNKNOWN for push in pushes),
        receipts=len(there),
        lost=lost + faults,
        doubled=doubled,
    )


def _ended(push, seen: int) -> bool:
    return push.state is State.UNKNOWN or (push.state is State.SENT and seen == 1)


def _waiting(url: str) -> int:
    with psycopg.connect(url, autocommit=True) as conn:
        asked = "SELECT count(*) FROM qf.pushes WHERE state IN ('planned', 'sending') AND stem = %s"
        return conn.execute(asked, (alone.OCCURRENCE,)).fetchone()[0]


async def hurt_and_counted(home: Path, senders: int, hurts: int, seed: int) -> alone.Account:
    url = fresh_database()
    async with alone.town(home, seed) as at, Wire(url) as wire:
        _into(at, url)
        several = Several(at=at, url=url, wire=wire)
        fingers = asyncio.create_task(at.taps())
        try:
            for name in ("web", *SENDERS[:senders]):
                several.start(name)
            await alone._until(lambda: at.heard() > 0, 60)
            for _ in range(hurts):
                await several.hurt()
                before = at.heard()
                with contextlib.suppress(AssertionError):
                    await alone._until(lambda before=before: at.heard() > before + 3, 4)
            at.left = alone.GROUPS + alone.BRANCHES - len(at.seen())
            for _ in range(400):
                if not _waiting(url):
                    break
                _later(url)
                await asyncio.sleep(0.5)
            fingers.cancel()
        finally:
            several.end()
        print(f"{several.cuts} cuts, {several.pulls} pulls")
        return await account_of(several)


def _into(at: alone.Town, url: str) -> None:
    """Move the town's folder into the database, as `migrate` does."""
    environ = {**os.environ, "QINGFENG_STORE__URL": url}
    command = [sys.executable, "-m", "bot", "migrate", "--json", "--config", str(at.config)]
    done = subprocess.run(command, cwd=ROOT, env=environ, capture_output=True, check=False)
    assert done.returncode == 0, done.stderr.decode()
    assert json.loads(done.stdout)["members"] > 0


@pytest.mark.nightly
@pytest.mark.parametrize("senders", [2, 3])
async def test_workers_that_are_killed_cut_and_stopped_lose_nothing_and_double_nothing(
    tmp_path, senders
):
    for seed in range(4):
        account = await hurt_and_counted(tmp_path / str(seed), senders, 12, seed=seed)
        print(account)
        assert (account.lost, account.doubled) == ([], [])
        assert account.pushes >= alone.GROUPS + alone.BRANCHES
        assert account.receipts > 0
