"""A copy of the unit, on a stage: its texts and days are real, its people and addresses are not."""

from __future__ import annotations

import random
import shutil
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from pathlib import Path

from bot.app import folders_of
from bot.channels import KINDS
from bot.config import Config
from bot.core import messages
from bot.core.model import SHANGHAI, Member, Target
from bot.demo.stage import AES_KEY, AGENTID, APP_SECRET, CORP_ID, TOKEN, Clock, copy_below, habits
from bot.library.folder import Folders, Library, Shelf
from bot.sandbox import talks
from bot.sandbox.cast import Habit
from bot.sandbox.world import World
from bot.verbs import Mistake

BOT_ID, BOT_SECRET = "aib-rehearsal", "rehearsal-bot-secret"
LEVELS = {1: "webhook", 2: "bot", 3: "app"}
PEOPLE = 200  # to a target, where nobody says otherwise
SEED = 20270101
SEAL = "seal.key"


@dataclass(frozen=True, kw_only=True)
class Ask:
    """What is to be rehearsed."""

    year: int
    level: int = 0  # of all targets; 0: as config.toml has them
    people: int = PEOPLE
    approved_only: bool = False  # send only what is approved today, as `run` would

    @property
    def start(self) -> datetime:
        return datetime(self.year, 1, 1, tzinfo=SHANGHAI)

    @property
    def end(self) -> datetime:
        return datetime(self.year + 1, 1, 1, tzinfo=SHANGHAI) - timedelta(seconds=1)


@dataclass(frozen=True, kw_only=True)
class Stage:
    """Everything the play needs."""

    ask: Ask
    clock: Clock
    world: World
    config: Config  # of the copy; its addresses are the local WeCom's
    strict: Folders  # the same texts, where what is not approved counts as not approved
    roster: tuple[Member, ...]
    habits: dict[str, Habit]


def build_stage(unit: Config, ask: Ask, home: Path) -> Stage:
    """Copy the unit into `home` and hire the people; the unit's own folders are only read.

    Mistake where there is nothing to rehearse.
    """
    copied = _copied(unit, home)
    targets = tuple(_as_played(target, ask.level) for target in unit.targets if not target.person)
    if not any(not target.office for target in targets):
        raise Mistake("还没有推送对象：请在配置里加 [target.…]，样例见 config.example.toml")
    roster = tuple(_people(targets, ask.people))
    clock = Clock(ask.start)
    world = World(clock.now, corp_id=CORP_ID, name=unit.unit.name or "演练单位")
    world.accounts = max(world.accounts, len(roster))
    for number, member in enumerate(roster, start=1):
        # Of a hundred people one is outside the app's range, and one has no licence.
        world.add_user(
            member.id, member.name, visible=number % 100 != 7, licensed=number % 100 != 11
        )
    world.add_user("guest", "外单位来访")  # in the corporation, in no roster
    world.add_app(AGENTID, "清风", APP_SECRET, token=TOKEN, aes_key=AES_KEY)
    world.add_robot(BOT_ID, "廉小助", BOT_SECRET)
    hooks = {
        target.id: world.add_group(target.id, target.name, _members(target, roster))
        for target in targets
        if target.channel == "webhook"
    }
    review = unit.review if ask.approved_only else replace(unit.review, required=False)
    review = replace(review, cards=[], preview=[])  # invented people put nothing off
    config = replace(copied, targets=targets, webhooks=hooks, review=review)
    strict = folders_of(replace(copied, review=unit.review))
    return Stage(
        ask=ask,
        clock=clock,
        world=world,
        config=config,
        strict=strict,
        roster=roster,
        habits=habits(roster),
    )


class Still(Shelf):
    """The shelf of a copy that nobody edits: one look a day is enough."""

    def __init__(self, folders: Folders) -> None:
        super().__init__(folders)
        self._seen: tuple[date, Library] | None = None

    def now(self, today: date) -> Library:
        if self._seen is None or self._seen[0] != today:
            self._seen = (today, super().now(today))
        return self._seen[1]


def connected(config: Config, url: str, ws_url: str) -> Config:
    """Return the settings with the local WeCom in place of every address and key of the unit's."""
    robot = any(target.channel == "bot" for target in config.targets)
    return replace(
        config,
        unit=replace(config.unit, administrator=""),
        wecom=replace(config.wecom, base_url=url, proxy="", ca=""),
        app=replace(
            config.app,
            corp_id=CORP_ID,
            agentid=AGENTID,
            secret=APP_SECRET,
            token=TOKEN,
            aes_key=AES_KEY,
        ),
        bot=replace(
            config.bot,
            bot_id=BOT_ID if robot else "",
            secret=BOT_SECRET if robot else "",
            ws_url=ws_url,
        ),
        web=replace(config.web, port=0, public_url="", sign_in=False),
    )


def all_join(stage: Stage) -> None:
    """Let everybody write to the robot once, as they must before it may write to them (§2.7).

    Before the bot is there: it need not answer 2,400 people who said 你好.
    """
    for member in stage.roster:
        talks.say(stage.world, member.id, f"bot-{BOT_ID}", "你好")


def _copied(unit: Config, home: Path) -> Config:
    content, schedules = unit.root / unit.store.content, unit.root / unit.store.schedules
    if not content.is_dir() or not schedules.is_dir():
        raise Mistake(f"没有内容可演练：{content} 或 {schedules} 不是文件夹")
    copy_below(content, home / "content")
    copy_below(schedules, home / "schedules")
    data = home / "data"
    data.mkdir(mode=0o700)
    seal = unit.data / SEAL
    if seal.is_file():  # so that the approvals in the copy are known for what they are
        shutil.copyfile(seal, data / SEAL)
        (data / SEAL).chmod(0o600)
    store = replace(unit.store, content="content", schedules="schedules", data="data", poll=False)
    return replace(unit, path=home / "config.toml", store=store)


def _as_played(target: Target, level: int) -> Target:
    """Return a target as it is rehearsed: with people of its own, whatever the roster is."""
    channel = LEVELS.get(level, target.channel)
    if target.office or not KINDS[channel].tappable:
        channel = "webhook"  # what needs a group made or bound by hand is rehearsed as this
    return replace(target, channel=channel, roster=target.roster or target.name, chat="")


def _people(targets: tuple[Target, ...], size: int) -> list[Member]:
    """Return `size` people to each branch that a target speaks to; 全体 are all of them."""
    branches = dict.fromkeys(t.roster for t in targets if not t.office)
    own = [branch for branch in branches if branch != messages.EVERYBODY] or [messages.EVERYBODY]
    dice = random.Random(SEED)  # noqa: S311 - a cast, no secret
    return [
        Member(
            id=f"p{place:02d}{number:05d}",
            name=f"演练{place:02d}{number:05d}",
            branch=branch,
            on_duty=dice.random() > 0.02,  # some are away for long
        )
        for place, branch in enumerate(own)
        for number in range(size)
    ]


def _members(target: Target, roster: tuple[Member, ...]) -> list[str]:
    if target.office:
        return [member.id for member in roster[:2]]
    everybody = target.roster == messages.EVERYBODY
    return [member.id for member in roster if everybody or member.branch == target.roster]
