"""How soon all that is due has left, without one refusal for speed (DESIGN §8, row sending).

.venv/bin/python -m tests.bench.sending > docs/bench-sending.md

The clock is simulated. First the pace alone, as the engine asks it: rows of an outbox, each sent
or kept with a `not_before`, against a WeCom that counts in sliding windows and in fixed ones that
begin anywhere. Then the whole of it: the real ticks and the embedded store on a real disk, by HTTP
to the sandbox, which counts as WeCom does; each in a process of its own.
"""

from __future__ import annotations

import asyncio
import heapq
import platform
import random
import resource
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Coroutine, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import timedelta
from itertools import count
from pathlib import Path
from typing import Any

import httpx

from bot import app, config
from bot.channels import App, Webhook
from bot.core.model import Member, Push, State
from bot.demo.stage import Clock
from bot.engine.deliver import deliver
from bot.engine.pace import Call, Pace
from bot.sandbox.server import create_app
from bot.sandbox.world import World
from bot.store.files import Files
from bot.store.tiny import TinyStore
from bot.wecom.client import connect
from bot.wecom.token import Token
from tests.engine.office import ROOT, moment

START = moment("2026-06-15 09:41")
PROMISE, SLACK = 1.05, 1.0  # times the bound, and seconds
LATENCY = 0.4  # seconds at most, between a call and WeCom's counting it
HTTP = connect("https://x.example", transport=httpx.MockTransport(lambda _: httpx.Response(500)))
SHAPES = ("sliding", *(f"fixed from :{shift:02d}" for shift in (0, 17, 41, 59)))


Row = tuple[Call, tuple[tuple[str, int], ...]]


def groups() -> Iterator[Row]:
    """Thirty messages to each of a thousand webhooks, group by group."""
    for n in range(1000):
        channel = Webhook(HTTP, f"key-{n}")
        call = Call(target=f"g{n}", channel=channel)
        for _ in range(30):
            yield call, ((f"g{n}", 20), ("address", 20_000))


def people() -> Iterator[Row]:
    """Fifty thousand people, by a call each."""
    channel = App(HTTP, Token("ww1", "s", now=lambda: START), 7)
    for n in range(50_000):
        call = Call(target="all", channel=channel, people=(f"p{n}",))
        yield call, (("calls", 10_000), ("address", 20_000))


class Counter:
    """A WeCom that writes down when each call came, and counts afterwards, by `shape`."""

    def __init__(self, shape: str) -> None:
        self._shape = shape
        self._came: dict[tuple[str, int], list[float]] = {}

    def takes(self, at: float, limits: tuple[tuple[str, int], ...]) -> None:
        for limit in limits:
            self._came.setdefault(limit, []).append(at)

    def refused(self) -> int:
        return sum(self._over(sorted(times), quota) for (_, quota), times in self._came.items())

    def _over(self, times: list[float], quota: int) -> int:
        if self._shape == "sliding":
            return sum(b - a < 60 for a, b in zip(times, times[quota:], strict=False))
        shift, filled = int(self._shape[-2:]), dict[int, int]()
        for at in times:
            window = int((at - shift) // 60)
            filled[window] = filled.get(window, 0) + 1
        return sum(max(0, number - quota) for number in filled.values())


def drain(rows: Callable[[], Iterator[Row]], shape: str) -> tuple[int, float, int, float]:
    """Send all; return how many, after how many simulated seconds, refusals, real seconds."""
    began, pace, wecom = time.perf_counter(), Pace(), Counter(shape)
    dice, turn, sent, last = random.Random(7), count(), 0, 0.0
    outbox = [(START, next(turn), row) for row in rows()]
    heapq.heapify(outbox)
    now = START
    while outbox:
        wanted, order, (call, limits) = heapq.heappop(outbox)
        now = max(now, wanted)
        slot = pace.slot(call, now)
        if slot > now:
            heapq.heappush(outbox, (slot, order, (call, limits)))  # `not_before`
            continue
        pace.note(call, now)
        last = (now - START).total_seconds()
        wecom.takes(last + dice.random() * LATENCY, limits)
        sent += 1
    return sent, last, wecom.refused(), time.perf_counter() - began


def alone(name: str, rows: Callable[[], Iterator[Row]], bound: float) -> list[str]:
    lines = []
    for shape in SHAPES:
        sent, took, refused, real = drain(rows, shape)
        kept = refused == 0 and took <= PROMISE * bound + SLACK
        lines.append(
            f"| {name} | {shape} | {sent} | {bound:.0f} s | {took:.1f} s | {refused} | "
            f"{real:.1f} s | {'yes' if kept else 'NO'} |"
        )
    return lines


# -- the whole engine ------------------------------------------------------------------------------


class Counted(Files):
    """The real disk, and how many bytes it was given."""

    bytes = 0

    def write(self, handle: int, data: bytes) -> None:
        self.bytes += len(data.rstrip(b"\0"))
        super().write(handle, data)


async def engine(webhooks: int, each: int, shape: str) -> str:
    """Send `each` messages to each of some groups by the real ticks, store and HTTP."""
    began, clock = time.perf_counter(), Clock(START)
    world = World(clock.now)
    world.webhook_window = shape
    world.keep(2000)
    world.add_user("li", "李")
    with tempfile.TemporaryDirectory() as folder:
        home = Path(folder)
        for part in ("content", "schedules"):
            (home / part).symlink_to(ROOT / part)
        lines = ['[wecom]\nbase_url = "http://127.0.0.1:9"']
        for n in range(webhooks):
            key = world.add_group(f"g{n}", f"群{n}", ["li"])
            lines.append(f'[target.g{n}]\nchannel = "webhook"\nwebhook = "{key}"\noffice = true')
        (home / "config.toml").write_text("\n".join(lines), "utf-8")
        inside = httpx.ASGITransport(create_app(world))
        house = app.build(config.load(home / "config.toml", {}), clock.now, inside)
        disk = Counted()
        bureau = replace(house.bureau, store=TinyStore(home / "rows", disk))
        await bureau.store.add_pushes(_due(webhooks, each))
        while (due := await bureau.store.next_due()) is not None:
            clock.jump(due)
            await deliver(replace(bureau, share=webhooks * each), clock.now())
        rows = await bureau.store.deliveries()
        bureau.store.close()
        await house.close()
    sent = [row for row in rows if row.state is State.SENT]
    again = len(rows) - len(sent)
    took = (max(row.begun for row in sent) - START).total_seconds()
    bound = -(-each // 20) * 60 - 60
    kept = not again and len(sent) == webhooks * each and took <= PROMISE * bound + SLACK
    return (
        f"| {each} to each of {webhooks} webhooks | {shape} | {len(sent)} "
        f"| {bound:.0f} s | {took:.1f} s | {again} | {disk.bytes // len(rows)} | MEMORY "
        f"| {time.perf_counter() - began:.0f} s | {'yes' if kept else 'NO'} |"
    )


def _due(webhooks: int, each: int) -> Iterator[Push]:
    """Words to the office: no cap of staff is touched, so that only the pace is measured."""
    for n in range(webhooks):
        for number in range(each):
            yield _word(f"g{n}", "webhook", number)


def _word(target: str, channel: str, number: int) -> Push:
    return Push(
        key=f"bot-kicked-{number}_main@{target}",
        occurrence=f"bot-kicked-{number}",
        part="main",
        target=target,
        channel=channel,
        due=START,
        until=START + timedelta(hours=1),
        rule="bot-kicked",
    )


class Singly(App):
    """An app that calls once for each person, as DESIGN §8 wants it measured."""

    part_size = 1


async def crowd(number: int, shape: str) -> str:
    """Send a card to `number` people, a call each, by the real ticks: one push."""
    began, clock = time.perf_counter(), Clock(START)
    world = World(clock.now, corp_id="ww1")
    world.webhook_window = shape
    world.keep(2000)
    url = "http://127.0.0.1/wecom/callback"  # nobody taps
    world.add_app(7, "清风", "s3cret", token="T", aes_key="k" * 43, callback_url=url)
    members = [Member(id=f"p{n}", name=f"人{n}", branch="全员") for n in range(number)]
    for member in members:
        world.add_user(member.id, member.name)
    with tempfile.TemporaryDirectory() as folder:
        home = Path(folder)
        for part in ("content", "schedules"):
            (home / part).symlink_to(ROOT / part)
        lines = ["[wecom]", 'base_url = "http://127.0.0.1:9"', "[wecom.app]", 'corp_id = "ww1"']
        lines += ["agentid = 7", 'secret = "s3cret"', "[target.all]", 'channel = "app"']
        lines += ['roster = "全员"', "[review]", "required = false"]
        (home / "config.toml").write_text("\n".join(lines), "utf-8")
        inside = httpx.ASGITransport(create_app(world))
        house = app.build(config.load(home / "config.toml", {}), clock.now, inside)
        house.bureau.channels["all"].__class__ = Singly
        disk = Counted()
        store = TinyStore(home / "rows", disk)
        bureau = replace(house.bureau, store=store)
        await store.set_members(members)
        await store.add_pushes([replace(_word("all", "app", 0), rule="friday", item="SC-01")])
        while (due := await store.next_due()) is not None:
            clock.jump(due)
            await deliver(bureau, clock.now())
        rows = await store.deliveries()
        store.close()
        await house.close()
    sent = [row for row in rows if row.state is State.SENT]
    again = len(rows) - len(sent)
    took = (max(row.begun for row in sent) - START).total_seconds()
    bound = (-(-number // 10_000) - 1) * 60
    kept = not again and len(sent) == number and took <= PROMISE * bound + SLACK
    return (
        f"| {number} people, a call each | {shape} | {len(sent)} "
        f"| {bound:.0f} s | {took:.1f} s | {again} | {disk.bytes // len(rows)} | MEMORY "
        f"| {time.perf_counter() - began:.0f} s | {'yes' if kept else 'NO'} |"
    )


AFTER = """
The engine, with the real ticks, the embedded store on a disk and HTTP to the sandbox; the people at
full size, the webhooks a tenth of theirs.
Real time and memory are of the whole process, the sandbox and its last two thousand messages
included, two of them at once on two cores that other work shared. *Bytes a call* is what the store
gave the disk by each attempt: some 6 KB of journal, which does not grow with the audience, and from
8 MB on as much again for its foldings ([decision 13](decisions/0013-parts-of-an-audience.md))."""


def apart(work: Coroutine[Any, Any, str]) -> str:
    """Run one measurement, and add the most memory that its process took."""
    line = asyncio.run(work)
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024
    return line.replace("MEMORY", f"{peak} MB")


def full(what: str) -> str:
    name, number, shape = what.split()
    if name == "crowd":
        return apart(crowd(int(number), shape))
    return apart(engine(int(number), 30, shape))


FULL = (
    "engine 20 sliding",
    "crowd 1000 sliding",
    "crowd 50000 sliding",
    "engine 100 sliding",
    "crowd 5000 sliding",
)


def _in_a_process(what: str) -> str:
    command = [sys.executable, "-m", "tests.bench.sending", what]
    return subprocess.run(command, check=True, capture_output=True, text=True).stdout


def main() -> None:
    head = f"""# How soon everything has left

Written by `make bench-sending`; do not edit. Python {platform.python_version()}, the clock
simulated, no jitter. The bound is the largest (⌈n ÷ quota⌉ − 1) × window over WeCom's limits;
promised are {PROMISE} times that and {SLACK:.0f} s, without one 45009. WeCom counts a call up to
{LATENCY} s after it left.

| the pace alone | WeCom's window | messages | bound | took | refused | real time | kept |
|---|---|---|---|---|---|---|---|"""
    print(head)
    for line in alone("30 to each of 1,000 webhooks", groups, 60):
        print(line)
    for line in alone("50,000 people, a call each", people, 240):
        print(line)
    print(
        "\n| engine, store and sandbox | WeCom's window | messages | bound | took | refused "
        "| bytes a call | memory | real time | kept |\n|---|---|---|---|---|---|---|---|---|---|",
        flush=True,
    )
    with ThreadPoolExecutor(2) as both:  # each in a process of its own: half the time on two cores
        for line in both.map(_in_a_process, FULL):
            print(line, end="", flush=True)
    print(AFTER)


if __name__ == "__main__":
    print(full(sys.argv[1])) if sys.argv[1:] else main()
