"""True SIGKILLs of `qingfeng run` in the midst of sending and of taps, judged by WeCom's own log.

One town, one data folder: a hundred groups and twelve branches are due in the same minutes, the
sandbox takes its time to answer, and the process is killed again and again until all is sent.
"""

from __future__ import annotations

import asyncio
import json
import os
import random
import signal
import subprocess
import sys
from collections import Counter
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path

import httpx
import pytest

from bot import app, config, life
from bot.core.model import Member, Push, State
from bot.demo.stage import AGENTID, Stage, build_stage, install
from bot.sandbox.server import create_app
from bot.sandbox.serving import Serving, free_port
from bot.sandbox.taps import tap
from bot.store.tiny import TinyStore
from bot.verbs import VERBS
from tests.engine.office import ROOT, moment

pytestmark = pytest.mark.skipif(os.name == "nt", reason="needs SIGKILL")

START = moment("2026-06-15 09:31")  # 端午's warning was due to all of them by 09:22
GROUPS, BRANCHES, PEOPLE = 100, 12, 40
OCCURRENCE = "dragon-boat-2026_main"
APP = f"app-{AGENTID}"


class Clock:
    """WeCom's clock, which goes on at the real pace from `START`."""

    def __init__(self) -> None:
        self.now = app.shifted_clock(START)


@dataclass(kw_only=True)
class Town:
    home: Path
    stage: Stage
    clock: Clock
    dice: random.Random
    config: Path = Path()
    tapped: set[tuple[str, str]] = field(default_factory=set)  # push, person: answered for
    tried: set[tuple[str, str]] = field(default_factory=set)
    lives: int = 0
    port: int = 0  # of the one that takes taps
    left: int = 0  # pushes that nobody had seen when the last life began

    @property
    def data(self) -> Path:
        return self.home / "data"

    def start(self) -> subprocess.Popen[bytes]:
        self.lives += 1
        command = [sys.executable, "-m", "bot", "run", "--config", str(self.config)]
        clock = self.clock.now().isoformat()
        with (self.home / "log").open("ab") as log:
            return subprocess.Popen([*command, "--clock", clock], cwd=ROOT, stdout=log, stderr=log)

    def seen(self) -> Counter[str]:
        """Return how often people have seen each push, by WeCom's own log."""
        found: Counter[str] = Counter()
        for record in self.stage.world.log:
            if record.kind == "message" and record.chat != "office":
                found[record.task_id or f"{OCCURRENCE}@{record.chat}"] += 1
        return found

    def heard(self) -> int:
        """Return how many sends WeCom was asked for and, when all is sent, how many taps passed."""
        log, sends = self.stage.world.log, ("webhook/send", "message/send")
        done = len(self.seen()) >= GROUPS + BRANCHES
        return sum(one.endpoint in sends or (done and one.delivered) for one in log)

    def pid(self) -> int:
        """Return the process that has said where its door is, 0 where there is none."""
        try:
            return int(json.loads((self.data / "control.json").read_text("utf-8"))["pid"])
        except (OSError, ValueError):
            return 0

    async def waiting(self) -> list[str]:
        """Ask the running bot what has not ended."""
        answer = await life.call(config.load(self.config, {}), "pushes", {})
        ends = ("sent", "unknown")
        return [push["key"] for push in answer["pushes"] if push["state"] not in ends]

    async def taps(self) -> None:
        """People tap their cards, several at a time, whether the process lives or not."""
        async with httpx.AsyncClient(trust_env=False) as http:
            await asyncio.gather(*(self._fingers(http) for _ in range(6)))

    async def _fingers(self, http: httpx.AsyncClient) -> None:
        while True:
            cards = [message for message in self.stage.world.posted if message.task_id]
            if not cards:
                await asyncio.sleep(0.05)
                continue
            card = self.dice.choice(cards)
            person = self.dice.choice(card.reached)
            self.tried.add((card.task_id, person))
            result = await tap(self.stage.world, person, card.task_id, "ack", http=http)
            if result.greyed == "已阅，谢谢":
                self.tapped.add((card.task_id, person))
            await asyncio.sleep(0.02)


@asynccontextmanager
async def town(home: Path, seed: int) -> AsyncIterator[Town]:
    clock = Clock()
    built = Town(
        home=home,
        stage=build_stage(clock),  # type: ignore[arg-type]
        clock=clock,
        dice=random.Random(seed),
    )
    async with Serving(_slow(create_app(built.stage.world), built.dice)) as sandbox:
        port = built.port = free_port()
        built.config = install(home, ROOT, built.stage, sandbox.url, port)
        await _people(built)
        callback = f"http://127.0.0.1:{port}/wecom/callback"
        built.stage.world.set_callback(AGENTID, callback)
        yield built


def _slow(inner, dice: random.Random):
    """WeCom thinks before it takes a message, and again before it answers."""

    async def slow(scope, receive, send):
        async def answer(message):
            if message["type"] == "http.response.start":
                await asyncio.sleep(dice.uniform(0.0, 0.03))
            await send(message)

        if scope["type"] == "http":
            await asyncio.sleep(dice.uniform(0.0, 0.01))
            await inner(scope, receive, answer)
        else:
            await inner(scope, receive, send)

    return slow


async def _people(at: Town) -> None:
    """Found the groups and the branches, and approve the one text."""
    world, lines = at.stage.world, [""]
    for number in range(GROUPS):
        key = world.add_group(f"g{number}", f"群{number}", ["me"])
        lines.append(f'[target.g{number}]\nname = "群{number}"\nchannel = "webhook"')
        lines.append(f'webhook = "{key}"')
    members = [*at.stage.roster]
    for number in range(BRANCHES):
        lines.append(f'[target.b{number}]\nname = "第{number}支部"\nroster = "第{number}支部"')
        lines.append('channel = "app"')
        for one in range(PEOPLE):
            member = Member(id=f"b{number}-{one}", name="某某", branch=f"第{number}支部")
            world.add_user(member.id, member.name)
            members.append(member)
    with at.config.open("a", encoding="utf-8") as file:
        file.write("\n".join(lines) + "\n")
    house = app.build(config.load(at.config, {}), at.clock.now)
    await house.bureau.store.set_members(members)
    params = {"item": "N06", "who": "王终审", "sources_checked": True}
    await VERBS["approve"](house.bureau, at.clock.now(), params)
    await house.close()


async def _until(what, seconds: float = 30.0) -> None:
    for _ in range(int(seconds * 100)):
        if what():
            return
        await asyncio.sleep(0.01)
    raise AssertionError("it did not happen")


async def _live_and_die(at: Town) -> None:
    """One life: it is killed a moment after it sent something or, when all is sent, listened."""
    before = at.heard()
    process = at.start()
    try:
        await _until(lambda: at.heard() > before + at.dice.randint(0, 14))
        await asyncio.sleep(at.dice.uniform(0.0, 0.1))
    finally:
        process.send_signal(signal.SIGKILL)
        process.wait()


async def _live_to_the_end(at: Town) -> None:
    """The last life sends what is left, and ends when it is told to."""
    at.left = GROUPS + BRANCHES - len(at.seen())
    process = at.start()
    try:
        await _until(lambda: at.pid() == process.pid)
        for _ in range(300):
            if not await at.waiting():
                break
            await asyncio.sleep(0.2)
        process.send_signal(signal.SIGTERM)
        assert await asyncio.to_thread(process.wait, 10) == 0
    finally:
        process.kill()
        process.wait()


@dataclass(frozen=True, kw_only=True)
class Account:
    kills: int
    pushes: int
    left: int  # for the last life
    unknown: int
    receipts: int
    lost: list[str]
    doubled: list[str]


async def account_of(at: Town) -> Account:
    """Hold what the store says against what WeCom's log says."""
    store = TinyStore(at.data)
    pushes = [push for push in await store.pushes() if push.item]
    receipts = (await store.acts()).receipts
    store.close()
    seen, there = at.seen(), [(one.push, one.person) for one in receipts]
    lost = [push.key for push in pushes if not _accounted(push, seen[push.key])]
    lost += [f"{key} was never planned" for key in seen if key not in {p.key for p in pushes}]
    lost += [f"{who} of {key}" for key, who in at.tapped - set(there)]
    doubled = [key for key, times in seen.items() if times > 1]
    doubled += [f"{who} of {key}" for (key, who), n in Counter(there).items() if n > 1]
    doubled += [f"{who} of {key}, by nobody" for key, who in set(there) - at.tried]
    return Account(
        kills=at.lives - 1,
        left=at.left,
        pushes=len(pushes),
        unknown=sum(push.state is State.UNKNOWN for push in pushes),
        receipts=len(there),
        lost=lost,
        doubled=doubled,
    )


def _accounted(push: Push, seen: int) -> bool:
    return push.state is State.UNKNOWN or (push.state is State.SENT and seen == 1)


async def killed(home: Path, kills: int, seed: int) -> Account:
    async with town(home, seed) as at:
        fingers = asyncio.create_task(at.taps())
        for _ in range(kills):
            await _live_and_die(at)
        await _live_to_the_end(at)
        fingers.cancel()
        return await account_of(at)


@pytest.mark.nightly  # a minute of real processes: make test stays under six
async def test_ten_kills_lose_nothing_and_double_nothing(tmp_path):
    account = await killed(tmp_path, 10, seed=1)
    print(account)
    assert (account.lost, account.doubled) == ([], [])
    assert account.pushes >= GROUPS + BRANCHES
    assert account.receipts > 0


@pytest.mark.nightly
async def test_two_hundred_kills_lose_nothing_and_double_nothing(tmp_path):
    for seed in range(20):
        account = await killed(tmp_path / str(seed), 10, seed=100 + seed)
        print(account)
        assert (account.lost, account.doubled) == ([], [])
