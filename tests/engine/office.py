"""A whole office for tests: the demonstration's bureau, a real sandbox, a clock that jumps."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from shutil import copytree
from tempfile import TemporaryDirectory
from typing import Any

import httpx

from bot import app, config
from bot.core.model import SHANGHAI, Push, State
from bot.demo.stage import AGENTID, Clock, Stage, build_stage, install, settings_for
from bot.library.folder import Shelf
from bot.sandbox.server import create_app
from bot.sandbox.taps import TapResult, tap
from bot.sandbox.world import World
from bot.verbs import VERBS

ROOT = Path(__file__).parents[2]
# The texts of a small library: approving all that ships would cost each test many seconds.
TEXTS = (
    *("N01", "N02", "N04", "N05", "N06", "N06-2", "N10"),
    *("SC-01", "SC-08", "SC-14", "SP-02", "SP-05", "SP-21", "AM-03", "AM-09"),
)
MONDAY = "2026-06-15 08:40"  # 端午 is on Friday 06-19: main on Monday, final on Thursday


def moment(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=SHANGHAI)


@dataclass(kw_only=True)
class Office:
    home: Path
    clock: Clock
    stage: Stage
    house: app.House
    door: httpx.AsyncClient  # to the bot's own callback

    @property
    def world(self) -> World:
        return self.stage.world

    def stage_targets(self):
        return self.house.bureau.targets

    async def at(self, text: str) -> None:
        """Jump to a moment and let the ticks run, as the waker would on the way."""
        end = moment(text)
        assert await self.house.tick() == []
        while (wake := await self.house.next_wake()) <= end and wake > self.clock.now():
            self.clock.jump(wake)
            assert await self.house.tick() == []
        self.clock.jump(end)
        assert await self.house.tick() == []

    async def approve(self, *ids: str) -> None:
        bureau = self.house.bureau
        for item in bureau.library(self.clock.now().date()).items:
            if not ids or item.id in ids:
                params = {"item": item.id, "who": "王终审", "sources_checked": True}
                await VERBS["approve"](bureau, self.clock.now(), params)

    async def pushes(self, *states: State) -> dict[str, Push]:
        return {push.key: push for push in await self.house.bureau.store.pushes(states)}

    async def tap(self, person: str, task: str, key: str = "ack") -> TapResult:
        return await tap(self.world, person, task, key, http=self.door)

    def heard(self, chat: str) -> int:
        """How many messages WeCom accepted for a group or the app, by its own log."""
        return sum(1 for r in self.world.log if r.kind == "message" and r.chat == chat)


def _settled(
    home: Path, stage: Stage, sandbox: str, port: int, targets: str, settings: dict[str, str]
) -> Path:
    path = home / "config.toml"
    text = settings_for(stage, sandbox or "http://127.0.0.1:9", port)
    for section, line in settings.items():
        text = text.replace(f"[{section}]\n", f"[{section}]\n{line}\n")
    path.write_text(f"{text}\n{targets}\n", "utf-8")
    return path


def _laid(home: Path, stage: Stage, *rest: Any) -> Path:
    """Lay down what ships, with the texts of a small library alone."""
    install(home, ROOT, stage, "")
    kept = tuple(f"---\n编号: {one}\n" for one in TEXTS)
    for text in (home / "content").glob("*/*.md"):
        if not text.read_text("utf-8").startswith(kept):
            text.unlink()
    return _settled(home, stage, *rest)


_ONCE: dict[str, TemporaryDirectory[str]] = {}  # what was approved, in this process, once


async def _approved(start: str, targets: str, settings: dict[str, str]) -> Path:
    """Return a folder in which all is approved: to seal it for each test is half of the test."""
    addresses = ("wecom", "web")  # another port each time, and nothing to whoever approves
    asked = {part: lines for part, lines in settings.items() if part not in addresses}
    key = repr((start, targets, sorted(asked.items())))
    if key not in _ONCE:
        folder = TemporaryDirectory()
        async with office(
            Path(folder.name), approved=False, start=start, port=1, targets=targets, **settings
        ) as built:
            await built.approve()
        _ONCE[key] = folder
    return Path(_ONCE[key].name)


@asynccontextmanager
async def office(
    home: Path,
    *,
    approved: bool = True,
    start: str = MONDAY,
    port: int = 0,
    sandbox: str = "",
    targets: str = "",
    shelf: type[Shelf] = Shelf,
    **settings: str,
) -> AsyncIterator[Office]:
    """`sandbox` is where the sandbox listens, "" for one without a socket.

    `shelf` may be one that looks but once a day, where nobody edits.
    `settings` are lines of config.toml by section; `targets` is written to its end.
    """
    clock = Clock(moment(start))
    stage = build_stage(clock)
    if approved:
        copytree(await _approved(start, targets, settings), home, dirs_exist_ok=True)
        path = _settled(home, stage, sandbox, port, targets, settings)
    else:
        path = _laid(home, stage, sandbox, port, targets, settings)
    inside = httpx.ASGITransport(create_app(stage.world), raise_app_exceptions=False)
    house = app.build(config.load(path, {}), clock.now, None if sandbox else inside, shelf=shelf)
    stage.world.set_callback(AGENTID, "http://127.0.0.1/wecom/callback")
    await house.bureau.store.set_members(stage.roster)
    async with httpx.AsyncClient(transport=httpx.ASGITransport(house.web)) as door:
        built = Office(home=home, clock=clock, stage=stage, house=house, door=door)
        try:
            yield built
        finally:
            await house.close()
