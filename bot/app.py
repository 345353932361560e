"""The composition root: the only place that builds things and the only one that reads the clock."""

from __future__ import annotations

import logging
import secrets
import ssl
import sys
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from datetime import datetime
from functools import partial
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

import httpx
from starlette.applications import Starlette

from bot import logs, metrics
from bot.channels import KINDS, App, AppChat, Bot, BotGroup, Channel, Terminal, Webhook
from bot.config import Config, ConfigError
from bot.control import control_of, doctor_of
from bot.core import messages
from bot.core.model import ME, SHANGHAI, Problem, Target
from bot.core.outlets import Screen, span_of
from bot.core.render import Footer
from bot.core.roster import Directory
from bot.door import MOVED
from bot.engine import alarms, compose, ticks
from bot.engine.bureau import Bureau, Doorway
from bot.engine.receive import Reception
from bot.inbox import tip_words_of
from bot.inbox.robot import Ear
from bot.library import approvals, merging
from bot.library.folder import Folders, Shelf
from bot.library.pack import Places
from bot.store.tiny import TinyStore
from bot.verbs import Mistake, cards
from bot.web.anonymous import Browsers
from bot.web.console.entry import Entry
from bot.web.desk import Addresses
from bot.web.outlets import Tokens
from bot.web.reading import Links
from bot.web.server import LOCAL_HOSTS, Doors, create_app
from bot.web.signin import SignIn
from bot.wecom.aibot_socket import Robot
from bot.wecom.callback import Callback
from bot.wecom.client import connect, is_this_machine, trusting
from bot.wecom.contacts import people
from bot.wecom.errors import CallFailed, NotDone
from bot.wecom.oauth import authorize_url, opener
from bot.wecom.people import Accounts
from bot.wecom.token import Token

if TYPE_CHECKING:
    from bot.workers import Workers

log = logging.getLogger(__name__)

Now = Callable[[], datetime]


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
    receive: Reception  # where every event of a person ends, whatever way it came
    entry: Entry
    robot: Robot | None = None
    workers: Workers | None = None  # where it is one of several

    async def open(self) -> None:
        """Reach what is not on this machine's disk; before anything is asked of the house."""
        if self.workers is not None:
            await self.workers.open()

    async def tick(self) -> list[str]:
        return await ticks.tick(self.bureau, self.now())

    async def next_wake(self) -> datetime:
        return await ticks.next_wake(self.bureau, self.now())

    async def close(self) -> None:
        await self.http.aclose()
        self.bureau.store.close()
        if self.workers is not None:
            await self.workers.close()


def folders_of(config: Config) -> Folders:
    base = config.data / "published" if config.store.published else config.root
    return Folders(
        content=base / ("content" if config.store.published else config.store.content),
        schedules=base / ("schedules" if config.store.published else config.store.schedules),
        data=config.data,
        steps=tuple(config.review.steps),
        kinds=config.review_kinds.by_kind(),
        review=config.review.required,
        rooms={kind.name: kind.whole for kind in KINDS.values()},
    )


def places_of(folders: Folders) -> Places:
    return Places(content=folders.content, schedules=folders.schedules, data=folders.data)


def build(
    config: Config,
    now: Now = system_clock,
    transport: httpx.AsyncBaseTransport | None = None,
    shelf: Callable[[Folders], Shelf] = Shelf,
) -> House:
    """Put one installation together. Nothing is sent and nothing listens yet.

    `transport` stands in for the network to WeCom: the outermost seam, for tests. `shelf` reads
    the folder; a rehearsal's looks less often.
    """
    workers = _workers(config, now)
    now = workers.now if workers else now
    merging.resume(places_of(folders_of(config)))
    tls = trusting(config.root / config.wecom.ca if config.wecom.ca else None)
    http = connect(config.wecom.base_url, transport=transport, proxy=config.wecom.proxy, tls=tls)
    app = config.app
    kept = workers.shared.token(f"{app.corp_id}/{app.agentid}") if workers else None
    auth = Token(app.corp_id, app.secret, now=now, kept=kept)
    ear, robot = _robot(config, tls)
    desks = Addresses(config.web.public_url, config.web.port)
    links = Links(config.web.public_url, approvals.seal_key(config.data))
    bureau = _bureau(config, now, shelf, http, auth, robot, links, desks, workers)
    reception = _reception(bureau, now, workers)
    ear.listen(reception, _plain(bureau, Accounts(http, auth if app.secret else None)))
    ear.worry = lambda told: alarms.raise_alarm(bureau, f"bot-{told.what}")
    token = secrets.token_urlsafe(32)
    logs.mask.know({token})
    entry = _entry(config)
    examine = doctor_of(config, bureau, http, auth, robot)
    control = control_of(config, bureau, now, entry.invite, examine)
    doors = Doors(
        control=workers.around(control) if workers else control,
        receive=reception,
        read=lambda key, person="": compose.reading(key, bureau, person),
        links=links,
        now=now,
        token=token,
        signin=_signin(config, http, auth, now),
        metrics_token=config.watch.metrics_token,
        mistake=Mistake,
        review_host=desks.host,
        entry=entry,
        unit=config.unit.name,
        **_open_doors(config, bureau, now, robot),
    )
    return House(
        config=config,
        bureau=bureau,
        web=create_app(doors),
        now=now,
        token=token,
        http=http,
        receive=reception,
        robot=robot,
        entry=entry,
        workers=workers,
    )


def _reception(bureau: Bureau, now: Now, workers: Workers | None) -> Reception:
    """Return where events end; of several workers one is the first to be told of each."""
    decide = partial(cards.decide, bureau, now)
    if workers is None:
        return Reception(bureau, decide)
    return Reception(bureau, workers.deciding(decide), workers.shared.first)


def _open_doors(config: Config, bureau: Bureau, now: Now, robot: Robot | None) -> dict[str, Any]:
    """Return the doors that stand open to everybody: WeCom's, a browser's, a watcher's."""
    ready, key = partial(_not_ready, bureau, now), approvals.seal_key(config.data)
    return {
        "callback": _callback(config),
        "refused": bureau.refused,
        "browsers": Browsers(key=key, secure=config.web.public_url.startswith("https:")),
        "ready": ready,
        "metrics": lambda: metrics.text(bureau, config.data, ready, robot, logs.counted.times),
    }


def _workers(config: Config, now: Now) -> Workers | None:
    """Return what this worker has of a cluster, None where it is the only one."""
    if not config.store.url:
        if (config.data / MOVED).exists():  # else two would send the same
            words = messages.HAS_MOVED.format(config.data / MOVED)
            problem = Problem(path=MOVED, line=0, severity="error", code="config", message=words)
            raise ConfigError([problem])
        return None
    try:
        from bot.workers import Workers  # PostgreSQL's libraries are an extra
    except ImportError as error:
        words = messages.NO_POSTGRES.format(error.name)
        problem = Problem(
            path="config.toml", line=0, severity="error", code="config", message=words
        )
        raise ConfigError([problem]) from None

    return Workers(config, now, rehearsing=now is not system_clock)


def _bureau(
    config: Config,
    now: Now,
    shelf: Callable[[Folders], Shelf],
    http: httpx.AsyncClient,
    auth: Token,
    robot: Robot | None,
    links: Links,
    desks: Addresses,
    workers: Workers | None,
) -> Bureau:
    """Return what the engine and the verbs work with, as the configuration says."""
    shared: dict[str, Any] = workers.for_the_bureau() if workers else {}
    return Bureau(
        store=workers.store if workers else TinyStore(config.data),
        shelf=shelf(folders_of(config)),
        channels=_channels(config, http, auth, robot),
        targets=_targets(config),
        footer=Footer(
            unit=config.unit.name, office=config.unit.office, feedback=config.unit.feedback
        ),
        policy=config.policy,
        page=links.address,
        review_page=desks,
        doorway=_doorway(config, desks.base),
        screen=_screen(config),
        review=config.review.required,
        tip_words=tip_words_of(config.receipts.tip_words),
        questions=config.receipts.questions,
        signs_in=config.web.sign_in,
        group_cards=config.bot.group_card,
        seats=config.seats if config.personal else (),
        min_people=config.summary.min_people,
        per_target=config.summary.per_target,
        keep_signatures=config.receipts.keep_signatures,
        keep_days=config.receipts.keep_days,
        person_lookup=config.receipts.person_lookup,
        clock=now,
        contacts=_contacts(http, auth) if config.app.secret else None,
        **shared,
    )


def _doorway(config: Config, base: str) -> Doorway:
    tokens = Tokens(approvals.seal_key(config.data))
    public = config.web.public_url.rstrip("/")
    return Doorway(path=tokens.path, opens=tokens.opens, base=base, public=public)


def _screen(config: Config) -> Screen:
    return Screen(
        hours=tuple(span_of(span) for span in config.screen.hours),
        seconds=config.screen.seconds,
        most=config.screen.items,
    )


def _targets(config: Config) -> tuple[Target, ...]:
    """Return the declared targets, and single people of the office where they can be reached."""
    person, way = config.unit.administrator, config.personal
    if not way:
        return config.targets
    seats = [seat.target(way) for seat in config.seats]
    me = [Target(id=ME, name=messages.ME_NAME, channel=way, person=person)] if person else []
    return (*config.targets, *seats, *me)


def _channels(
    config: Config, http: httpx.AsyncClient, auth: Token, robot: Robot | None
) -> dict[str, Channel]:
    personal = App(http, auth, config.app.agentid, config.app.resend_unknown)
    line = robot or Robot(config.bot.ws_url, "", "", arrived=Ear().arrived)  # never dialled
    found: dict[str, Channel] = {}
    for target in _targets(config):
        if target.channel == "webhook":
            found[target.id] = Webhook(http, config.webhooks[target.id])
        elif target.channel == "app":
            found[target.id] = personal
        elif target.channel == "appchat":
            found[target.id] = AppChat(http, auth, config.app.agentid)
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


def _contacts(http: httpx.AsyncClient, auth: Token) -> Callable[[], Awaitable[Directory]]:
    async def directory() -> Directory:
        try:
            found = await people(http, auth)
        except (CallFailed, NotDone) as failed:
            raise LookupError(failed.reason) from None
        return [(one.userid, one.name, one.departments, one.tags) for one in found]

    return directory


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


def _entry(config: Config) -> Entry:
    public = urlsplit(config.web.public_url)
    name = public.hostname or ""
    return Entry(
        key=approvals.seal_key(config.data),
        https=name if public.scheme == "https" else "",
        roles={
            "查看": config.web.viewers,
            "编辑": config.web.editors,
            "审核": config.web.reviewers,
            "管理": config.web.administrators,
        },
        hosts=frozenset({*LOCAL_HOSTS, name} - {""}),
        record=config.data / "console-left.json",
    )


async def _not_ready(bureau: Bureau, now: Now) -> str:
    """Return why nothing could be sent now, "" while it could."""
    return bureau.library(now().date()).hold or await bureau.store.trouble()


def _plain(bureau: Bureau, accounts: Accounts) -> Callable[[str], Any]:
    """Map the robot's encrypted userids; whoever is in the roster is plain already."""

    async def plain(person: str) -> str:
        roster = {member.id.lower() for member in await bureau.store.members()}
        return await accounts.plain(person, roster)

    return plain


def _robot(config: Config, tls: ssl.SSLContext | None) -> tuple[Ear, Robot | None]:
    """Return the robot, where one is configured, and the ear that it tells."""
    ear, bot = Ear(), config.bot
    if not (bot.bot_id and bot.secret):
        return ear, None
    robot = Robot(
        bot.ws_url,
        bot.bot_id,
        bot.secret,
        arrived=ear.arrived,
        told=ear.told,
        tls=tls,
        proxy=config.wecom.proxy,
    )
    ear.mouth = robot
    return ear, robot
