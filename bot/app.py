"""The composition root: the only place that builds things and the only one that reads the clock."""

from __future__ import annotations

import asyncio
import contextlib
import errno
import json
import logging
import os
import secrets
import signal
import sys
from collections.abc import AsyncIterator, Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import filelock
import httpx
from starlette.applications import Starlette

from bot import config as settings
from bot import doctor
from bot.channels import App, Bot, BotGroup, Channel, Terminal, Webhook
from bot.config import Config
from bot.core import messages
from bot.core.model import ME, SHANGHAI, Problem, Target
from bot.core.render import Footer
from bot.engine import alarms, compose, ticks
from bot.engine.bureau import Bureau
from bot.engine.embedded import Embedded
from bot.engine.receive import Reception
from bot.inbox import Event
from bot.inbox.robot import Ear
from bot.library import approvals, merging
from bot.library.folder import Folders, Shelf
from bot.library.pack import Places
from bot.sandbox.serving import Serving
from bot.store.tiny import TinyStore
from bot.verbs import VERBS, Mistake
from bot.verbs.keeping import rescue
from bot.web.reading import Links
from bot.web.server import Doors, create_app
from bot.web.signin import SignIn
from bot.wecom.aibot_socket import Robot
from bot.wecom.callback import Callback
from bot.wecom.client import connect, is_this_machine
from bot.wecom.oauth import authorize_url, opener
from bot.wecom.people import Accounts
from bot.wecom.token import Token

log = logging.getLogger(__name__)

Now = Callable[[], datetime]
PLACEHOLDER_KEY = "00000000-0000-0000-0000-000000000000"  # of config.example.toml
TAKES_LONG = {"backup", "restore", "store-inspect", "store-verify", "store-compact"}
LOCK_PATIENCE = 10.0  # seconds to wait for a verb that has the data folder
ANSWERS_WITHIN = 2.0  # seconds in which a living bot says that it lives


def system_clock() -> datetime:
    """Return the time now, in Shanghai: the only reading of the clock in the house."""
    return datetime.now(SHANGHAI)


def shifted_clock(start: datetime) -> Now:
    """Return a clock that says `start` now and goes on at the real pace (rehearsals only)."""
    offset = start - system_clock()
    return lambda: system_clock() + offset


@dataclass(frozen=True, kw_only=True)
class House:
    """One installation, put together: the bureau, the doors, and what must be closed."""

    config: Config
    bureau: Bureau
    web: Starlette
    now: Now
    token: str = field(repr=False)
    http: httpx.AsyncClient
    robot: Robot | None = None

    async def tick(self) -> list[str]:
        return await ticks.tick(self.bureau, self.now())

    async def next_wake(self) -> datetime:
        return await ticks.next_wake(self.bureau, self.now())

    async def close(self) -> None:
        await self.http.aclose()
        self.bureau.store.close()


def folders_of(config: Config) -> Folders:
    return Folders(
        content=config.root / config.store.content,
        schedules=config.root / config.store.schedules,
        data=config.data,
        steps=tuple(config.review.steps),
        kinds=config.review_kinds.by_kind(),
        leaders=tuple(config.review.leaders),
        review=config.review.required,
    )


def places_of(folders: Folders) -> Places:
    return Places(content=folders.content, schedules=folders.schedules, data=folders.data)


def build(
    config: Config,
    now: Now = system_clock,
    transport: httpx.AsyncBaseTransport | None = None,
) -> House:
    """Put one installation together. Nothing is sent and nothing listens yet.

    `transport` stands in for the network to WeCom: the outermost seam, for tests.
    """
    folders = folders_of(config)
    merging.resume(places_of(folders))
    http = connect(config.wecom.base_url, transport=transport)
    app = config.app
    auth = Token(app.corp_id, app.secret, now=now)
    ear, robot = _robot(config)
    links = Links(config.web.public_url, approvals.seal_key(config.data))
    bureau = Bureau(
        store=TinyStore(config.data),
        shelf=Shelf(folders),
        channels=_channels(config, http, auth, robot),
        targets=_targets(config),
        footer=Footer(
            unit=config.unit.name, office=config.unit.office, feedback=config.unit.feedback
        ),
        policy=config.policy,
        page=links.address,
        review=config.review.required,
        min_people=config.summary.min_people,
        per_target=config.summary.per_target,
        keep_days=config.receipts.keep_days,
        clock=now,
    )
    reception = Reception(bureau)
    ear.listen(reception, _plain(bureau, Accounts(http, auth if app.secret else None)))
    ear.worry = lambda told: alarms.raise_alarm(bureau, f"bot-{told.what}")
    token = secrets.token_urlsafe(32)
    doors = Doors(
        control=_control(bureau, now, _doctor(config, bureau, http, auth, robot)),
        receive=_words_of(reception),
        read=lambda key: compose.reading(key, bureau),
        links=links,
        now=now,
        token=token,
        callback=_callback(config),
        signin=_signin(config, http, auth, now),
        mistake=Mistake,
    )
    return House(
        config=config,
        bureau=bureau,
        web=create_app(doors),
        now=now,
        token=token,
        http=http,
        robot=robot,
    )


def _targets(config: Config) -> tuple[Target, ...]:
    """Return the declared targets, and the administrator alone where an app can reach them."""
    person = config.unit.administrator
    way = "app" if config.app.secret else "bot" if config.bot.secret else ""
    if not person or not way:
        return config.targets
    return (*config.targets, Target(id=ME, name=messages.ME_NAME, channel=way, person=person))


def _channels(
    config: Config, http: httpx.AsyncClient, auth: Token, robot: Robot | None
) -> dict[str, Channel]:
    personal = App(http, auth, config.app.agentid)
    line = robot or Robot(config.bot.ws_url, "", "", arrived=Ear().arrived)  # never dialled
    found: dict[str, Channel] = {}
    for target in _targets(config):
        if target.channel == "webhook":
            found[target.id] = Webhook(http, config.webhooks[target.id])
        elif target.channel == "app":
            found[target.id] = personal
        elif target.channel == "bot":
            found[target.id] = Bot(line, config.bot.bot_id)
        elif target.channel == "bot-group":
            found[target.id] = BotGroup(line, config.bot.bot_id)
        else:
            found[target.id] = Terminal(sys.stdout)
    return found


def _callback(config: Config) -> Callback | None:
    app = config.app
    return Callback(app.token, app.aes_key, app.corp_id) if app.token and app.aes_key else None


def _signin(config: Config, http: httpx.AsyncClient, auth: Token, now: Now) -> SignIn | None:
    app, page = config.app, config.wecom.authorize_url
    if not config.web.sign_in:
        return None

    def authorize(back: str, state: str) -> str:
        return authorize_url(page, corp_id=app.corp_id, agentid=app.agentid, back=back, state=state)

    return SignIn(
        public_url=config.web.public_url.rstrip("/"),
        authorize=authorize,
        opener=lambda code: opener(http, auth, code),
        key=approvals.seal_key(config.data),
        now=now,
        anywhere=is_this_machine(page),
    )


def _doctor(
    config: Config,
    bureau: Bureau,
    http: httpx.AsyncClient,
    auth: Token,
    robot: Robot | None,
) -> Callable[[bool], Any]:
    async def examine(send_test: bool) -> dict[str, Any]:
        known = await bureau.store.targets()
        bound = {target.id for target in config.targets if target.chat}
        bound |= {state.id for state in known.values() if state.chat}
        waits = [t for t in config.targets if bureau.channels[t.id].needs_chat]
        me = bureau.target(ME)
        patient = doctor.Patient(
            config=config,
            http=http,
            auth=auth,
            robot=robot,
            now=bureau.clock,
            people=len(await bureau.store.members()),
            unbound=[target.name for target in waits if target.id not in bound],
            me=(me.person, bureau.channels[ME]) if me else None,
        )
        return await doctor.examine(patient, send_test)

    return examine


def _control(bureau: Bureau, now: Now, examine: Callable[[bool], Any]) -> Callable[..., Any]:
    async def control(verb: str, params: Mapping[str, Any]) -> dict[str, Any]:
        if verb == "doctor":
            found: dict[str, Any] = await examine(bool(params.get("send_test")))
            return found
        if verb not in VERBS:
            raise Mistake(f"没有“{verb}”这个命令")
        answer = await VERBS[verb](bureau, now(), params)
        if words := await bureau.store.trouble():
            answer = {**answer, "warning": words}
        return answer

    return control


def _words_of(reception: Reception) -> Callable[[Event], Any]:
    async def receive(event: Event) -> str:
        return (await reception(event)).button

    return receive


def _plain(bureau: Bureau, accounts: Accounts) -> Callable[[str], Any]:
    """Map the robot's encrypted userids; whoever is in the roster is plain already."""

    async def plain(person: str) -> str:
        roster = {member.id.lower() for member in await bureau.store.members()}
        return await accounts.plain(person, roster)

    return plain


def _robot(config: Config) -> tuple[Ear, Robot | None]:
    """Return the robot, where one is configured, and the ear that it tells."""
    ear, bot = Ear(), config.bot
    if not (bot.bot_id and bot.secret):
        return ear, None
    robot = Robot(bot.ws_url, bot.bot_id, bot.secret, arrived=ear.arrived, told=ear.told)
    ear.mouth = robot
    return ear, robot


# -- one way in for verbs --------------------------------------------------------------------------


async def call(config: Config, verb: str, params: Mapping[str, Any]) -> dict[str, Any]:
    """Ask the running bot, or do it here when none runs; Mistake for what the person got wrong."""
    if verb == "send" and not params.get("dry_run") and (problems := faults(config)):
        raise settings.ConfigError(problems)
    config.data.mkdir(parents=True, exist_ok=True)
    patience = _Patience()
    while True:
        with contextlib.suppress(filelock.Timeout), _lock(config):
            try:
                house = build(config)
            except OSError:
                if verb != "restore":
                    raise
                return await _rescue(config, params)  # what cannot be read is to be replaced
            try:
                transport = httpx.ASGITransport(house.web)
                return await _ask(transport, "http://qingfeng", house.token, verb, params)
            finally:
                await house.close()
        running = _running(config)
        if running is not None:
            # ConnectError: it is just starting, or just ending.
            with contextlib.suppress(httpx.ConnectError):
                return await _ask(None, running.base, running.token, verb, params)
        await patience.wait(config)


async def _rescue(config: Config, params: Mapping[str, Any]) -> dict[str, Any]:
    """Restore a backup in the place of a data folder that cannot be opened."""
    now = system_clock()
    before = now - timedelta(days=config.receipts.keep_days)
    made = await rescue(TinyStore, config.data, params, now, before)
    await asyncio.to_thread(lambda: TinyStore(config.data).close())
    return made


class _Patience:
    """Waits for whoever has the data folder, a little at a time; a Mistake in the end."""

    def __init__(self) -> None:
        self._ends = asyncio.get_running_loop().time() + LOCK_PATIENCE

    async def wait(self, config: Config) -> None:
        if asyncio.get_running_loop().time() >= self._ends:
            raise Mistake(messages.DATA_BUSY.format(config.data))
        await asyncio.sleep(0.2)


async def _ask(
    transport: httpx.AsyncBaseTransport | None,
    base: str,
    token: str,
    verb: str,
    params: Mapping[str, Any],
) -> dict[str, Any]:
    async with httpx.AsyncClient(
        transport=transport,
        base_url=base,
        timeout=3600 if verb in TAKES_LONG else 60,
        trust_env=False,
    ) as client:
        try:
            response = await client.post(
                f"/control/{verb}", json=dict(params), headers={"Authorization": f"Bearer {token}"}
            )
        except httpx.ConnectError:
            raise  # nobody listens there any more
        except (httpx.ConnectTimeout, httpx.PoolTimeout):
            raise Mistake(messages.BOT_BUSY) from None  # nothing was asked of it
        except httpx.HTTPError:
            raise Mistake(messages.BOT_SILENT) from None
    answer = _object(response)
    if response.status_code == 400 and "error" in answer:
        raise Mistake(str(answer["error"]))
    if response.status_code == 507:
        raise OSError(errno.ENOSPC, str(answer.get("error")))
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


def _lock(config: Config) -> filelock.BaseFileLock:
    return filelock.FileLock(config.data / "lock", timeout=0)


@dataclass(frozen=True, kw_only=True)
class Running:
    """What control.json says of the bot that runs, or ran until it was killed."""

    port: int
    pid: int
    token: str = field(repr=False)

    @property
    def base(self) -> str:
        return f"http://127.0.0.1:{self.port}"


def _running(config: Config) -> Running | None:
    """Read control.json; None when it is not there, or not what `serving` writes."""
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


async def _alive(running: Running) -> bool:
    async with httpx.AsyncClient(timeout=ANSWERS_WITHIN, trust_env=False) as client:
        try:
            return (await client.get(f"{running.base}/healthz")).status_code == 200
        except httpx.HTTPError:
            return False


async def _take(config: Config) -> filelock.BaseFileLock:
    """Take the data folder: wait for a verb to finish, refuse where another bot answers."""
    lock, patience = _lock(config), _Patience()
    while True:
        with contextlib.suppress(filelock.Timeout):
            lock.acquire()
            return lock
        running = _running(config)
        if running is not None and await _alive(running):
            raise Mistake(messages.SECOND_BOT.format(config.data, running.pid))
        await patience.wait(config)


# -- the bot itself --------------------------------------------------------------------------------


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
    if any(target.channel == "app" for target in config.targets):
        missing += [
            f"有逐人送达的对象，但 [wecom.app] 没有填 {name}"
            for name in ("corp_id", "agentid", "secret", "token", "aes_key")
            if not getattr(config.app, name)
        ]
    if any(target.channel in ("bot", "bot-group") for target in config.targets):
        missing += [
            f"有机器人送达的对象，但 [wecom.bot] 没有填 {name}"
            for name in ("bot_id", "secret")
            if not getattr(config.bot, name)
        ]
    return [
        Problem(path=config.path.name, line=0, severity="error", code="config", message=text)
        for text in missing
    ]


async def run(
    config: Config, now: Now = system_clock, on_ready: Callable[[str], None] = print
) -> None:
    """Run the bot until SIGINT or SIGTERM. Mistake if another one has the data folder."""
    if problems := faults(config):
        raise settings.ConfigError(problems)
    config.data.mkdir(parents=True, exist_ok=True)
    lock = await _take(config)
    try:
        house = build(config, now)
        async with serving(house) as served:
            on_ready(messages.RUNNING.format(served.url, len(config.targets)))
            _say_what_waits(house, on_ready)
            engine = Embedded(house.tick, house.next_wake, house.now)
            stop = until_told()
            await asyncio.gather(engine.run(stop), _watch(house, stop))
    finally:
        (config.data / "control.json").unlink(missing_ok=True)
        lock.release()


async def _watch(house: House, stop: asyncio.Event) -> None:
    """See edits at once. Where watching fails, the ticks still read the folder."""
    from bot.library.watching import watch  # 30 ms to import, for a running bot only

    try:
        polling = house.config.store.poll
        await watch(house.bureau.shelf, lambda: house.now().date(), stop, polling=polling)
    except Exception:
        log.exception("watching failed", extra={"action": "watch-failed"})


@contextlib.asynccontextmanager
async def serving(house: House) -> AsyncIterator[Serving]:
    """Listen on 127.0.0.1 and leave the door's number for the verbs."""
    served = Serving(house.web, port=house.config.web.port)
    try:
        async with served, _connected(house.robot):
            _write_private(
                house.config.data / "control.json",
                {"port": served.port, "token": house.token, "pid": os.getpid()},
            )
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


def _write_private(path: Path, content: Mapping[str, Any]) -> None:
    path.unlink(missing_ok=True)
    handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(handle, "w", encoding="utf-8") as file:
        json.dump(content, file)


def until_told() -> asyncio.Event:
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    for name in (signal.SIGINT, signal.SIGTERM):
        # Windows has no such handlers; there Ctrl-C raises KeyboardInterrupt, which ends us too.
        with contextlib.suppress(NotImplementedError):
            loop.add_signal_handler(name, stop.set)
    return stop


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
