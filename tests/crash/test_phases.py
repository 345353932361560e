"""`qingfeng run` with the demonstration's settings, killed in each phase of its life, and judged.

    start-up · planning · sending · taps · summary · retention and folding · backup · restore

The sandbox lives on and its log is what WeCom knows. A phase is recognised from outside: by a call
that is under way, or by what is written into the data folder at that moment.
"""

from __future__ import annotations

import asyncio
import contextlib
import os
import random
import shutil
import signal
import subprocess
import sys
import zipfile
from collections import Counter
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

from bot import app, config, life
from bot.core.model import State
from bot.demo.stage import AGENTID, Stage, build_stage, install
from bot.door import running_of
from bot.sandbox.server import create_app
from bot.sandbox.serving import Serving, free_port
from bot.sandbox.taps import tap
from bot.store.tiny import TinyStore
from bot.verbs import VERBS
from tests.crash.test_kills import _until
from tests.engine.office import ROOT, moment

pytestmark = pytest.mark.skipif(os.name == "nt", reason="needs SIGKILL")

MAIN = "dragon-boat-2026_main"
EVE, DAY, NEXT, AUTUMN = (
    "2026-06-15 09:05",  # nothing is due yet
    "2026-06-15 09:31",  # 端午's warning was due to all
    "2026-06-22 11:00",  # Monday: the summary was due
    "2026-10-15 09:31",  # the names of June are past their term
)


class Clock:
    def __init__(self) -> None:
        self.now = app.shifted_clock(moment(EVE))


@dataclass(kw_only=True)
class Town:
    home: Path
    stage: Stage
    dice: random.Random
    port: int
    config: Path = Path()
    calls: int = 0  # to WeCom that have come in
    tapped: set[tuple[str, str]] = field(default_factory=set)  # push, person: answered for
    kills: Counter[str] = field(default_factory=Counter)
    process: subprocess.Popen[bytes] | None = None

    @property
    def data(self) -> Path:
        return self.home / "data"

    def start(self, clock: str) -> None:
        now = app.shifted_clock(moment(clock))
        self.stage.world.now = now
        command = [sys.executable, "-m", "bot", "run", "--config", str(self.config)]
        command += ["--clock", now().isoformat()]
        with (self.home / "log").open("ab") as log:
            self.process = subprocess.Popen(command, cwd=ROOT, stdout=log, stderr=log)

    async def die(self, phase: str, patience: float = 0.0) -> None:
        """Kill the process after at most so many seconds."""
        await asyncio.sleep(self.dice.uniform(0.0, patience))
        assert self.process is not None
        assert self.process.poll() is None, self.said()
        self.process.send_signal(signal.SIGKILL)
        self.process.wait()
        self.kills[phase] += 1

    async def live(self, clock: str, done: Callable[[], Any] = lambda: True) -> None:
        """Live until nothing is under way and `done`, and end when told."""
        self.start(clock)
        assert self.process is not None
        await _until(lambda: self.door() == self.process.pid, 60)
        for _ in range(300):
            pushes = (await self.ask("pushes"))["pushes"]
            mine = [push["state"] for push in pushes if push["key"].startswith(MAIN)]
            if not {"planned", "sending"} & {*mine} and done():
                break
            await asyncio.sleep(0.1)
        self.process.send_signal(signal.SIGTERM)
        assert await asyncio.to_thread(self.process.wait, 30) == 0, self.said()

    async def ask(self, verb: str, **params: Any) -> dict[str, Any]:
        return await life.call(config.load(self.config, {}), verb, params)

    def door(self) -> int:
        found = running_of(config.load(self.config, {}))
        return found.pid if found else 0

    def said(self) -> str:
        return (self.home / "log").read_text("utf-8")[-2000:]

    def written(self) -> int:
        """Return what changes with every row that is written."""
        try:
            return (self.data / "qingfeng.journal").stat().st_mtime_ns
        except OSError:
            return 0

    def heard(self, chat: str) -> int:
        log = self.stage.world.log
        return sum(one.kind == "message" and one.chat == chat for one in log)


@asynccontextmanager
async def town(home: Path, seed: int) -> AsyncIterator[Town]:
    at = Town(
        home=home,
        stage=build_stage(Clock()),  # type: ignore[arg-type]
        dice=random.Random(seed),
        port=free_port(),
    )
    async with Serving(_counted(create_app(at.stage.world), at)) as sandbox:
        at.config = install(home, ROOT, at.stage, sandbox.url, at.port)
        at.stage.world.set_callback(AGENTID, f"http://127.0.0.1:{at.port}/wecom/callback")
        house = app.build(config.load(at.config, {}), at.stage.world.now)
        await house.bureau.store.set_members(at.stage.roster)
        params = {"item": "N06", "who": "王终审", "sources_checked": True}
        await VERBS["approve"](house.bureau, at.stage.world.now(), params)
        await house.close()
        try:
            yield at
        finally:
            if at.process is not None and at.process.poll() is None:
                at.process.kill()
                at.process.wait()


def _counted(inner, at: Town):
    """WeCom takes some milliseconds before it takes a message, and before it answers."""

    async def counted(scope, receive, send):
        async def answer(message):
            if message["type"] == "http.response.start":
                await asyncio.sleep(at.dice.uniform(0.0, 0.03))
            await send(message)

        if scope["type"] != "http":
            await inner(scope, receive, send)
            return
        at.calls += scope["path"].endswith("/send")
        await asyncio.sleep(at.dice.uniform(0.0, 0.02))
        await inner(scope, receive, answer)

    return counted


# -- phases ----------------------------------------------------------------------------------------


async def start_up(at: Town) -> None:
    at.start(EVE)
    await at.die("start-up", 1.5)


async def planning(at: Town) -> None:
    before = at.written()
    at.start(EVE)
    with contextlib.suppress(AssertionError):  # it was all planned by then
        await _until(lambda: at.written() not in (0, before), 6)
    await at.die("planning", 0.005)


async def sending(at: Town) -> None:
    """Killed with a message on its way, or a moment after the last one that is left."""
    before = at.calls
    at.start(DAY)
    with contextlib.suppress(AssertionError):
        await _until(lambda: at.calls > before, 6)
    await at.die("sending", 0.06)


async def taps(at: Town) -> None:
    at.start(DAY)
    assert at.process is not None
    await _until(lambda: at.door() == at.process.pid, 60)
    await _until(lambda: any(message.task_id for message in at.stage.world.posted))
    fingers = [asyncio.create_task(_tap(at)) for _ in range(4)]
    await at.die("taps", 1.0)
    await asyncio.gather(*fingers)


async def _tap(at: Town) -> None:
    cards = [message for message in at.stage.world.posted if message.task_id]
    while at.process is not None and at.process.poll() is None:
        card = at.dice.choice(cards)
        person = at.dice.choice(card.reached)
        result = await tap(at.stage.world, person, card.task_id, "ack")
        if result.greyed == "已阅，谢谢":
            at.tapped.add((card.task_id, person))


async def summary(at: Town) -> None:
    before = at.calls
    at.start(NEXT)
    with contextlib.suppress(AssertionError):
        await _until(lambda: at.calls > before, 6)
    await at.die("summary", 0.06)


async def retention(at: Town) -> None:
    """Killed when a certificate is in the journal: in the midst of folding, or just after."""

    def begun() -> bool:
        try:
            return b'"certificates"' in (at.data / "qingfeng.journal").read_bytes()
        except OSError:
            return False

    at.start(AUTUMN)
    with contextlib.suppress(AssertionError):
        await _until(begun, 6)
    await at.die("retention", 0.01)


async def backup(at: Town) -> None:
    at.start(NEXT)
    assert at.process is not None
    await _until(lambda: at.door() == at.process.pid, 60)
    target = at.home / f"b{at.kills['backup']}.zip"
    asking = asyncio.create_task(at.ask("backup", file=str(target)))
    draft = target.with_name(target.name + ".tmp")
    with contextlib.suppress(AssertionError):
        await _until(lambda: draft.exists() or target.exists(), 6)
    await at.die("backup", 0.02)
    await asyncio.gather(asking, return_exceptions=True)
    if target.exists():
        with zipfile.ZipFile(target) as whole:
            assert whole.testzip() is None


async def restore(at: Town) -> None:
    """The backup is of a moment since which nothing was sent and nobody tapped."""
    at.start(NEXT)
    assert at.process is not None
    await _until(lambda: at.door() == at.process.pid, 60)
    source = at.home / "calm.zip"
    asking = asyncio.create_task(at.ask("restore", file=str(source)))
    with contextlib.suppress(AssertionError):
        await _until((at.data / "restoring").exists, 6)
    await at.die("restore", 0.5)
    await asyncio.gather(asking, return_exceptions=True)


# -- the judgement ---------------------------------------------------------------------------------


async def judge(at: Town, named: bool = True) -> Counter[str]:
    """Hold a copy of the data against WeCom's log; return how many pushes are in which state."""
    copy = at.home / "copy"
    shutil.rmtree(copy, ignore_errors=True)
    shutil.copytree(at.data, copy)
    store = TinyStore(copy)
    pushes = await store.pushes()
    receipts = [(one.push, one.person) for one in (await store.acts()).receipts]
    assert await store.verify() == []
    store.close()
    for push in pushes:
        mine = [one for one in at.stage.world.posted if one.task_id == push.key]
        assert len(mine) <= 1, f"{push.key} was doubled"
        assert push.state in (State.SENT, State.UNKNOWN, State.SENDING) or not mine, push
        if push.channel == "app" and push.state is State.SENT:
            assert mine, f"{push.key} was lost"
    for chat in ("zx", "office"):
        mine = [push.state for push in pushes if push.target == chat]
        sent, doubt = mine.count(State.SENT), mine.count(State.UNKNOWN) + mine.count(State.SENDING)
        assert sent <= at.heard(chat) <= sent + doubt, (chat, mine, at.heard(chat))
    if named:
        assert at.tapped <= set(receipts), at.tapped - set(receipts)
        assert max(Counter(receipts).values(), default=1) == 1
    return Counter(push.state for push in pushes if push.key.startswith(MAIN))


async def lived_through(home: Path, rounds: int, seed: int) -> Town:
    async with town(home, seed) as at:
        for phase in (start_up, planning, sending, taps):
            for _ in range(rounds):
                await phase(at)
                await judge(at)
        await at.live(DAY)
        await judge(at)
        for phase in (summary, backup):
            for _ in range(rounds):
                await phase(at)
                await judge(at)
        await at.live(NEXT)
        await at.ask("backup", file=str(home / "calm.zip"))
        before = await judge(at)
        for _ in range(rounds):
            await restore(at)
            await judge(at)
        await at.live(NEXT)
        assert await judge(at) == before
        counts = await _counts(at)
        for _ in range(rounds):
            await retention(at)
            await judge(at, named=False)
        await at.live(AUTUMN, done=lambda: not _names(at))
        assert not _names(at)
        assert await _counts(at) == counts
        assert (await at.ask("audit-verify"))["faults"] == []
        states = await judge(at, named=False)
        assert set(states) <= {State.SENT, State.UNKNOWN}
        assert states.total() == 3, "every target has its one end"
        return at


def _names(at: Town) -> bool:
    """Whether a receipt of June still names somebody."""
    weeks = (at.data / "receipts").glob("*.json")
    return any('"person"' in week.read_text("utf-8") for week in weeks)


async def _counts(at: Town) -> dict[str, Any]:
    found: dict[str, Any] = await at.ask("summary", week="2026-W25", recount=True)
    return {name: found["total"][name] for name in ("covered", "reachable", "read", "rate")}


@pytest.mark.nightly
@pytest.mark.parametrize("seed", range(3))
async def test_a_kill_in_each_phase_of_a_live_run_loses_nothing_and_doubles_nothing(tmp_path, seed):
    at = await lived_through(tmp_path, rounds=4, seed=seed)
    print(dict(at.kills), len(at.tapped), "taps answered")
    assert len(at.kills) == 8
    assert at.tapped
