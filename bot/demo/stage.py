"""The make-believe bureau: three groups, some sixty people, and an installation of its own."""

from __future__ import annotations

import contextlib
import csv
import random
import shutil
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from pathlib import Path

from bot.core.model import Member
from bot.sandbox.cast import Cast, Habit
from bot.sandbox.world import World

CORP_ID, AGENTID = "ww0123456789abcdef", 1000007
APP_SECRET, TOKEN = "demo-app-secret", "DemoToken1"
AES_KEY = "abcdefghijklmnopqrstuvwxyz0123456789ABCDEFG"
SEED = 20260615

_SURNAMES = "赵钱孙李周吴郑王冯陈褚卫蒋沈韩杨朱秦许何吕张孔曹严华金魏陶姜"
_GIVEN = ("建国", "晓燕", "志强", "丽华", "文博", "秀英", "海涛", "静怡", "国栋", "雨欣", "少华")
BRANCHES = (("jg1", "机关一支部", 21), ("jg2", "机关二支部", 21), ("zx", "下属中心", 20))
OFFICE = ("office", "廉政办")
READER = "me"  # the visitor's own account in the demonstration


class Clock:
    """The sandbox's clock: it stands, and jumps forward when told."""

    def __init__(self, start: datetime) -> None:
        self._now = start

    def now(self) -> datetime:
        return self._now

    def jump(self, moment: datetime) -> None:
        self._now = max(self._now, moment)


@dataclass(frozen=True, kw_only=True)
class Stage:
    """Everything the story needs."""

    world: World
    roster: tuple[Member, ...]
    keys: dict[str, str]  # target id -> webhook key
    habits: dict[str, Habit]

    def cast(self, is_workday: Callable[[date], bool]) -> Cast:
        return Cast(self.world, seed=SEED, habits=self.habits, is_workday=is_workday)


def build_stage(clock: Clock) -> Stage:
    """Hire the people, found the groups, register the app."""
    world = World(clock.now, corp_id=CORP_ID, name="某某局（演练）")
    roster = _roster()
    for number, member in enumerate(roster):
        # One account the app cannot see, one without licence: both are covered, not reachable.
        world.add_user(member.id, member.name, visible=number != 7, licensed=number != 11)
    world.add_user("guest", "外单位来访")  # in the corporation, in no roster: a stranger's tap
    keys = {
        target: world.add_group(target, name, [m.id for m in roster if m.branch == name])
        for target, name, _ in BRANCHES[:2]
    }
    # The visitor sits in this group too, to see what a group sees; the roster does not count it.
    target, name, _ = BRANCHES[2]
    members = [READER, *(m.id for m in roster if m.branch == name)]
    keys[target] = world.add_group(target, name, members)
    keys[OFFICE[0]] = world.add_group(*OFFICE, [roster[0].id, roster[1].id, READER])
    world.add_app(AGENTID, "清风", APP_SECRET, token=TOKEN, aes_key=AES_KEY)
    return Stage(world=world, roster=tuple(roster), keys=keys, habits=habits(roster))


def _roster() -> list[Member]:
    dice = random.Random(SEED)  # noqa: S311 - a cast, no secret
    members = [Member(id=READER, name="演示者", branch="机关一支部", department="办公室")]
    for _, branch, size in BRANCHES:
        for number in range(size - (branch == "机关一支部")):
            name = dice.choice(_SURNAMES) + dice.choice(_GIVEN)
            # Two people of the first branch sit in the second one's department too.
            double = branch == "机关一支部" and number < 2
            members.append(
                Member(
                    id=f"u{len(members):03d}",
                    name=name,
                    branch=branch,
                    department="机关二支部" if double else branch,
                    on_duty=number != 5,  # one of each branch is away for long
                )
            )
    return members


def habits(roster: Sequence[Member]) -> dict[str, Habit]:
    """Most people tap within minutes or days; some twice, some too late, some never."""
    turns = [Habit.PROMPT] * 9 + [Habit.LATER] * 5 + [Habit.TWICE] * 2 + [Habit.LATE, Habit.NEVER]
    dice = random.Random(SEED + 1)  # noqa: S311 - a cast, no secret
    return {m.id: dice.choice(turns) for m in roster if m.id != READER}


def install(home: Path, source: Path, stage: Stage, sandbox_url: str, port: int = 0) -> Path:
    """Copy content and schedules into `home` and write its config.toml; return that path."""
    copy_below(source / "content", home / "content", "approvals")
    copy_below(source / "schedules", home / "schedules")
    path = home / "config.toml"
    path.write_text(settings_for(stage, sandbox_url, port) + "\n", encoding="utf-8")
    return path


def copy_below(source: Path, copy: Path, *without: str) -> None:
    """Copy a folder `without` what has these names; what cannot be opened is left out."""
    with contextlib.suppress(shutil.Error):
        shutil.copytree(
            source,
            copy,
            symlinks=True,
            ignore=shutil.ignore_patterns(*without),
            copy_function=_copy,
        )


def _copy(source: str, copy: str) -> None:
    """Copy one file; a pipe, or what may not be read, is left out."""
    with contextlib.suppress(OSError):
        if Path(source).is_file() or Path(source).is_symlink():
            shutil.copyfile(source, copy, follow_symlinks=False)


def write_roster(path: Path, stage: Stage) -> None:
    """Write the stage's people as a CSV for Excel and for `roster import`; never over a file."""
    rows = [["姓名", "账号", "支部", "部门", "在岗状态"]]
    for m in stage.roster:
        rows.append([m.name, m.id, m.branch, m.department, "在岗" if m.on_duty else "离岗"])
    with path.open("x", encoding="utf-8-sig", newline="") as file:
        csv.writer(file).writerows(rows)


def settings_for(stage: Stage, sandbox_url: str, port: int) -> str:
    """Return the config.toml of a bot that speaks to this stage's sandbox."""
    lines = [
        '[unit]\nname = "某某局"\noffice = "局机关纪委"\nfeedback = "局机关党委"',
        f'administrator = "{READER}"',
        f'\n[wecom]\nbase_url = "{sandbox_url}"',
        f'\n[wecom.app]\ncorp_id = "{CORP_ID}"\nagentid = {AGENTID}',
        f'secret = "{APP_SECRET}"\ntoken = "{TOKEN}"\naes_key = "{AES_KEY}"',
        f"\n[web]\nport = {port}",
        f'public_url = "http://127.0.0.1:{port}"' if port else "",
    ]
    for target, name, _ in BRANCHES:
        lines.append(f'\n[target.{target}]\nname = "{name}"\nroster = "{name}"')
        if target == "zx":
            lines.append(f'channel = "webhook"\nwebhook = "{stage.keys[target]}"')
        else:
            lines.append('channel = "app"')
    lines.append(f'\n[target.{OFFICE[0]}]\nname = "{OFFICE[1]}"\nchannel = "webhook"')
    lines.append(f'webhook = "{stage.keys[OFFICE[0]]}"\noffice = true')
    return "\n".join(lines)
