"""One of several workers on one PostgreSQL, put together: what is shared, and what it does.

Imported only where `[store] url` is set. Each worker has a data folder of its own (its lock, its
door, its copy of the shared files) and works by the database's clock.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
from collections.abc import AsyncIterator, Awaitable, Callable, Collection, Mapping
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import Any

import filelock

from bot.channels import KINDS
from bot.config import Config, ConfigError
from bot.core import messages
from bot.core.model import Problem, Push
from bot.door import MOVED, lock_of
from bot.engine import cluster, ticks
from bot.engine.bureau import Bureau
from bot.engine.embedded import Embedded
from bot.engine.receive import Verdict
from bot.library import approvals
from bot.library.walk import is_litter
from bot.store.databases import MAIN_FILE
from bot.store.postgres import PostgresStore
from bot.store.postgres.folders import Root, SharedFolders
from bot.store.postgres.schema import LOCK, NOTIFY
from bot.store.postgres.shared import TURN, Shared
from bot.store.tiny import TinyStore
from bot.verbs import LOOKS, Mistake
from bot.wecom.aibot_socket import Robot

Control = Callable[[str, Mapping[str, Any]], Awaitable[dict[str, Any]]]

log = logging.getLogger(__name__)

AT_ONCE = 4  # calls on their way from one worker
SHARE = 40  # due pushes that one worker takes while others have theirs
DESK = "desk"  # whoever changes shared files is the only one who does
SEAL = "seal.key"
BESIDE = frozenset(
    {SEAL, "holds.json", "reviewers.json", "broken.json", "plan-seen.json", "pack-base.json"}
)
ROBOTS = frozenset(name for name, kind in KINDS.items() if kind.needs[0] == "bot")


class Corrected:
    """This machine's clock, set by the database's; minutes apart, all workers agree."""

    def __init__(self, local: Callable[[], datetime]) -> None:
        self.local, self.offset = local, timedelta()

    def __call__(self) -> datetime:
        return self.local() + self.offset


class Turn:
    """One at a time in the whole cluster; in this process one waits for the database."""

    def __init__(self, shared: Shared, name: str) -> None:
        self._shared, self._name = shared, name
        self._here = asyncio.Lock()
        self._held = contextlib.AsyncExitStack()

    async def __aenter__(self) -> None:
        await self._here.acquire()
        try:
            await self._held.enter_async_context(self._shared.alone(self._name))
        except BaseException:
            self._here.release()
            raise

    async def __aexit__(self, *_: object) -> None:
        try:
            await self._held.aclose()
        except OSError as error:  # what was done is done; the database lets go of the lock itself
            log.warning("turn: %s", error, extra={"action": "turn-lost"})
        finally:
            self._here.release()


class Workers:
    """What one worker has of the cluster."""

    def __init__(self, config: Config, local: Callable[[], datetime], rehearsing: bool) -> None:
        self._url, self._role, self._rehearsing = config.store.url, config.store.role, rehearsing
        self.store = PostgresStore(self._url, config.data)
        self.shared = Shared(self._url)
        self.now = Corrected(local)
        self.turn, self._desk = Turn(self.shared, TURN), Turn(self.shared, DESK)
        self.holds = False  # the robot's socket
        self._tidied: date | None = None  # when what no limit looks back to was last forgotten
        published = published_roots(config.data) if config.store.published else {}
        self.folders = SharedFolders(self._url, {**beside(config.data), **published})
        self._agree_on_the_key(config)

    @property
    def sends(self) -> bool:
        return self._role != "web"

    def ways(self) -> Collection[str]:
        """Return by which channels this worker may send: the robot's belong to one of them."""
        return KINDS if self.holds else KINDS.keys() - ROBOTS

    def _agree_on_the_key(self, config: Config) -> None:
        """Have the cluster's sealing key; the first worker's is everybody's."""
        mine = config.data / SEAL
        had = mine.read_bytes() if mine.exists() else None
        self.folders.agree(lambda: approvals.seal_key(config.data))
        if had is not None and had != mine.read_bytes():
            mine.write_bytes(had)
            told = messages.OTHER_SEAL.format(mine)
            raise ConfigError(
                [Problem(path="data", line=0, severity="error", code="config", message=told)]
            )

    async def open(self) -> None:
        """Reach the database, and set the clock."""
        await self.shared.open()
        offset = await self.shared.offset(self.now.local)
        # A rehearsal has a time of its own, which the first of its workers says.
        self._shift = await self.shared.shift(-offset if self._rehearsing else None)
        self.now.offset = offset + self._shift

    async def close(self) -> None:
        await self.shared.close()
        self.folders.close()

    @contextlib.asynccontextmanager
    async def files(self, changing: bool) -> AsyncIterator[None]:
        """Work with the shared files as they are now; what is changed meanwhile is given on."""
        if not changing:
            await asyncio.to_thread(self.folders.pull)
            yield
            return
        async with self._desk:
            await asyncio.to_thread(self.folders.pull)
            try:
                yield
            finally:
                await asyncio.to_thread(self.folders.push)

    def around(self, control: Control) -> Control:
        """Return the verbs as they are asked in a cluster: with the files all workers have."""

        async def asked(verb: str, params: Mapping[str, Any]) -> dict[str, Any]:
            if verb == "settings-change":
                raise Mistake(messages.SETTINGS_OF_SEVERAL)
            async with self.files(changing=verb not in LOOKS | LONG):
                return await control(verb, params)

        return asked

    def deciding(self, decide: Verdict) -> Verdict:
        """Return what a reviewer's tap does, in a cluster: it writes files too."""

        async def decided(push: Push, button: str, person: str) -> str:
            async with self.files(changing=True):
                return await decide(push, button, person)

        return decided

    def for_the_bureau(self) -> dict[str, Any]:
        """Return what a bureau has otherwise than where it is alone."""
        return {
            "pace": cluster.SharedPace(self.shared.take),
            "turn": self.turn,
            "several": True,
            "at_once": AT_ONCE,
            "share": SHARE,
            "sends_by": self.ways,
        }

    # -- at work ----------------------------------------------------------------------------------

    async def work(self, bureau: Bureau, robot: Robot | None, stop: asyncio.Event) -> None:
        """Do this worker's share until `stop` is set; what is being sent is sent to its end."""
        mine = ticks.SENDING if self.sends else ticks.LISTENING

        async def once() -> None:
            now = self.now()
            async with self.files(changing=True):
                await ticks.tick(bureau, now, ticks.ONCE)
            if now.date() != self._tidied:
                await self.shared.tidy(now)
                self._tidied = now.date()

        async def often() -> list[str]:
            await self._set_clock()
            async with self.files(changing=False):
                return await ticks.some(bureau, self.now(), mine)

        async def wake() -> datetime:
            return await ticks.next_wake(bureau, self.now())

        engine = Embedded(often, wake, self.now)
        tasks: list[Awaitable[None]] = [engine.run(stop)]
        if self.sends:
            tasks.append(cluster.clock(self._url, once, stop))
            tasks.append(cluster.listen(self._url, NOTIFY, engine.poke, stop))
            if robot is not None:
                tasks.append(cluster.holding(self._url, LOCK, self._hold(robot), stop))
        await asyncio.gather(*tasks)

    def _hold(self, robot: Robot) -> Callable[[asyncio.Event], Awaitable[None]]:
        async def hold(over: asyncio.Event) -> None:
            self.holds = True
            try:
                await robot.run(over)
            finally:
                self.holds = False

        return hold

    async def _set_clock(self) -> None:
        self.now.offset = await self.shared.offset(self.now.local) + self._shift


def beside(data: Path) -> dict[str, Root]:
    """Return the files of a data folder that all workers have alike."""
    return {"data": Root(folder=data, has=_is_shared)}


def published_roots(folder: Path) -> dict[str, Root]:
    """Return a worker's copy of what was published."""
    return roots_of(folder / "published" / "content", folder / "published" / "schedules")


def roots_of(content: Path, schedules: Path) -> dict[str, Root]:
    return {
        "content": Root(folder=content, has=_is_text, stays=lambda p: p.startswith("approvals/")),
        "schedules": Root(folder=schedules, has=_is_text),
    }


def _is_shared(path: str) -> bool:
    return path in BESIDE or (path.startswith("forms/") and path.endswith(".json"))


def _is_text(path: str) -> bool:
    return not any(is_litter(part) for part in path.split("/"))


# Verbs that read, or write rows alone, and may take their time: they keep nobody waiting.
LONG = frozenset({"backup", "store-inspect", "store-verify", "doctor", "plan", "ledger"})


# -- into the database ---------------------------------------------------------------------------


def publish(config: Config) -> dict[str, Any]:
    """Put this machine's content and schedules in place of what all workers send from.

    Approvals are added and never removed. Mistake where there is no database, or no content.
    """
    _needs_url(config)
    content = config.root / config.store.content
    if not content.is_dir():
        raise Mistake(messages.NOTHING_TO_PUBLISH.format(content))
    source = roots_of(content, config.root / config.store.schedules)
    folders = SharedFolders(config.store.url, published_roots(config.data))
    try:
        changed = folders.publish(source)
        folders.wake(NOTIFY)
        digest = folders.digest(source)
        return {"changed": changed, "files": folders.count(source), "digest": digest}
    finally:
        folders.close()


async def migrate(config: Config) -> dict[str, int]:
    """Move a data folder into the database; return how many rows of each table that were.

    The folder stays as it is, and is marked, so that nobody goes on in it by mistake.
    Mistake where a bot runs, the folder is none, or the database has rows already.
    """
    _needs_url(config)
    if not (config.data / MAIN_FILE).exists():
        raise Mistake(messages.NOTHING_TO_MOVE.format(config.data))
    with contextlib.ExitStack() as stack:
        try:
            stack.enter_context(lock_of(config))
        except filelock.Timeout:
            raise Mistake(messages.MOVE_WHILE_RUNNING) from None
        folder = TinyStore(config.data)
        try:
            store = PostgresStore(config.store.url, config.data)
            try:
                moved = await store.take_in(folder)
            except FileExistsError:
                raise Mistake(messages.MOVE_INTO_ROWS) from None
            finally:
                store.close()
        finally:
            folder.close()
        folders = SharedFolders(config.store.url, beside(config.data))
        folders.publish(beside(config.data))  # the seals of what was approved hold on
        folders.close()
        (config.data / MOVED).write_text(messages.MOVED_NOTE, encoding="utf-8")
    return moved


def _needs_url(config: Config) -> None:
    if not config.store.url:
        raise Mistake(messages.NO_DATABASE)
