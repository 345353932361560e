"""What a process does with an installation: run it until told to end, or answer one verb."""

from __future__ import annotations

import asyncio
import contextlib
import errno
import gc
import logging
import math
import signal
import sys
from collections.abc import AsyncIterator, Callable, Mapping
from datetime import timedelta
from typing import Any

import filelock
import httpx

from bot import doctor, logs, watch
from bot.app import House, Now, build, system_clock
from bot.channels import KINDS
from bot.config import Config, ConfigError
from bot.core import messages
from bot.core.model import Problem
from bot.door import Patience, Running, announce, ask, lock_of, running_of, take, withdraw
from bot.engine.embedded import Embedded
from bot.sandbox.serving import Serving
from bot.store.tiny import TinyStore
from bot.verbs import Mistake
from bot.verbs.keeping import rescue
from bot.wecom.aibot_socket import Robot

log = logging.getLogger(__name__)

PLACEHOLDER_KEY = "00000000-0000-0000-0000-000000000000"  # of config.example.toml


async def call(config: Config, verb: str, params: Mapping[str, Any]) -> dict[str, Any]:
    """Ask the running bot, or do it here when none runs; Mistake for what the person got wrong."""
    if verb == "send" and not params.get("dry_run") and (problems := faults(config)):
        raise ConfigError(problems)
    config.data.mkdir(parents=True, exist_ok=True)
    patience = Patience()
    while True:
        with contextlib.suppress(filelock.Timeout), lock_of(config):
            try:
                house = build(config)
            except OSError:
                if verb != "restore":
                    raise
                return await _rescue(config, params)  # what cannot be read is to be replaced
            try:
                await house.open()
                transport = httpx.ASGITransport(house.web)
                return await ask(transport, "http://qingfeng", house.token, verb, params)
            finally:
                await house.close()
        running = running_of(config)
        if running is not None:
            # ConnectError: it is just starting, or just ending.
            with contextlib.suppress(httpx.ConnectError):
                return await ask(None, running.base, running.token, verb, params)
        await patience.wait(config)


async def invitation(config: Config) -> str:
    """Return a fresh address that lets one browser into the running bot's console, once."""
    running, answer = await _of_the_running(config, "console-invite")
    return f"{running.base}{answer['path']}"


async def end(config: Config) -> None:
    """Tell the running bot to end, and wait until it has given the data folder back."""
    await _of_the_running(config, "stop")
    patience = Patience()
    while running_of(config) is not None:
        await patience.wait(config)


async def _of_the_running(config: Config, verb: str) -> tuple[Running, dict[str, Any]]:
    running = running_of(config)
    if running is not None:
        with contextlib.suppress(httpx.ConnectError):
            return running, await ask(None, running.base, running.token, verb, {})
    raise Mistake(messages.CONSOLE_NOT_RUNNING)


async def _rescue(config: Config, params: Mapping[str, Any]) -> dict[str, Any]:
    """Restore a backup in the place of a data folder that cannot be opened."""
    now = system_clock()
    before = now - timedelta(days=config.receipts.keep_days)
    made = await rescue(TinyStore, config.data, params, now, before)
    await asyncio.to_thread(lambda: TinyStore(config.data).close())
    return made


def faults(config: Config) -> list[Problem]:
    """What must be set before the bot may run, each with the field to fill in."""
    missing: list[str] = []
    if not config.targets:
        missing.append("还没有推送对象：请在配置里加 [target.…]，样例见 config.example.toml")
    for target in config.targets:
        if config.webhooks.get(target.id) == PLACEHOLDER_KEY:
            missing.append(
                f"[target.{target.id}] 的 webhook 还是样例，请换成群里“消息推送”给的地址"
            )
    for name in dict.fromkeys(target.channel for target in config.targets):
        section, keys = KINDS[name].needs
        missing += [
            f"有发{KINDS[name].way}的对象，但 [wecom.{section}] 没有填 {key}"
            for key in keys
            if not getattr(getattr(config, section), key)
        ]
    return [
        Problem(path=config.path.name, line=0, severity="error", code="config", message=text)
        for text in missing
    ]


async def run(
    config: Config,
    now: Now = system_clock,
    on_ready: Callable[[str], None] = print,
    show: Callable[[str], object] | None = None,
) -> None:
    """Run the bot until SIGINT or SIGTERM. Mistake if another one has the data folder."""
    if problems := faults(config):
        raise ConfigError(problems)
    config.data.mkdir(parents=True, exist_ok=True)
    lock = await take(config)
    try:
        house = build(config, now)
        async with serving(house) as served:
            await live(house, served.url, on_ready, show)
    except (Mistake, ConfigError, OSError):
        raise  # told in words
    except Exception as error:
        about = {"rounds": house.bureau.pulse.rounds, "python": sys.version.split()[0]}
        path = logs.crashed(error, config.data, now(), about)
        log.critical("crashed: %s", type(error).__name__, extra={"action": "crashed"})
        raise Mistake(messages.CRASHED.format(path)) from None
    finally:
        withdraw(config)
        lock.release()


async def live(
    house: House,
    url: str,
    say: Callable[[str], None],
    show: Callable[[str], object] | None = None,
) -> None:
    """Do what a bot does, while it is served at `url`, until SIGINT or SIGTERM.

    `show` opens the console where somebody asked for it.
    """
    say(messages.RUNNING.format(url, len(house.config.targets)))
    invited = f"{url}/console/enter/{house.entry.invite(house.now())}"
    if sys.stdout is not None and sys.stdout.isatty():
        say(messages.CONSOLE_OPEN.format(invited))
    else:  # what is printed is kept by somebody as a log: a key does not belong there
        say(messages.CONSOLE_ASK)
    if show is not None:
        show(invited)
    _say_what_waits(house, say)
    await _say_if_it_sleeps(say)
    stop = until_told()
    hang = logs.Hang(house.config.data)
    if house.workers is not None:
        work = house.workers.work(house.bureau, house.robot, stop)
    else:
        work = Embedded(house.tick, house.next_wake, house.now).run(stop)
    try:
        await asyncio.gather(work, _watch(house, stop), _guard(house, hang).run(stop))
    finally:
        hang.close()


def _guard(house: House, hang: logs.Hang) -> watch.Watch:
    """Return the watch that sees from outside whether the ticks go on."""
    config = house.config.watch
    ping = watch.pinging(config.ping_url, house.config.wecom.proxy) if config.ping_url else None
    # Of several workers those that send tell it: one that serves pages has no round to miss.
    silent = house.workers is not None and not house.workers.sends
    overdue = math.inf if silent else 60.0 * config.overdue
    return watch.Watch(bureau=house.bureau, overdue=overdue, ping=ping, turned=hang.turned)


async def _watch(house: House, stop: asyncio.Event) -> None:
    """See edits at once. Where watching fails, the ticks still read the folder."""
    from bot.library.watching import watch  # 30 ms to import, for a running bot only

    try:
        polling = house.config.store.poll
        house.bureau.shelf.now(house.now().date())
        gc.collect()
        gc.freeze()  # texts stay: ten thousand of them looked through again are 0.1 s of some page
        await watch(house.bureau.shelf, lambda: house.now().date(), stop, polling=polling)
    except Exception:
        log.exception("watching failed", extra={"action": "watch-failed"})


@contextlib.asynccontextmanager
async def serving(house: House) -> AsyncIterator[Serving]:
    """Listen on 127.0.0.1 and leave the door's number for the verbs."""
    served = Serving(house.web, port=house.config.web.port, host=house.config.web.host)
    robot = None if house.workers else house.robot  # of several, one holds its socket
    try:
        await house.open()
        async with served, _connected(robot):
            announce(house.config, served.port, house.token)
            yield served
    except OSError as error:
        if error.errno != errno.EADDRINUSE:
            raise
        raise Mistake(messages.PORT_TAKEN.format(house.config.web.port)) from None
    finally:
        await house.close()


@contextlib.asynccontextmanager
async def _connected(robot: Robot | None) -> AsyncIterator[None]:
    """Keep the robot's connection up; what is being sent is sent to its end before it goes."""
    if robot is None:
        yield
        return
    stop = asyncio.Event()
    task = asyncio.create_task(robot.run(stop))
    try:
        yield
    finally:
        stop.set()
        await asyncio.wait([task], timeout=10)


def until_told() -> asyncio.Event:
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    for name in (signal.SIGINT, signal.SIGTERM):
        try:
            loop.add_signal_handler(name, stop.set)
        except NotImplementedError:  # Windows
            signal.signal(name, lambda *_: loop.call_soon_threadsafe(stop.set))
    return stop


async def _say_if_it_sleeps(say: Callable[[str], None]) -> None:
    """A computer that sleeps sends nothing; said with what is made up for, and what is not."""
    found = await doctor.asleep()
    if found.state == "passed":
        return say(f"{found.says}。")
    return say(f"{found.says}。{found.click}。{messages.CATCH_UP}")


def _say_what_waits(house: House, say: Callable[[str], None]) -> None:
    """Without an approval nothing is sent; that is said at once, not found out at a holiday."""
    library = house.bureau.library(house.now().date())
    waiting = [item.id for item in library.items if library.blocked.get(item.id)]
    if library.hold:
        say(library.hold)
    if not library.items:
        say(messages.NO_ITEMS)
    elif len(waiting) == len(library.items):
        say(messages.NOTHING_APPROVED.format(len(waiting)))
    elif waiting:
        say(messages.SOME_BLOCKED.format(len(library.items) - len(waiting), len(waiting)))
