"""What happens in a crash proof's week: who there is, what is planned, step by step."""

from __future__ import annotations

import functools
import random
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import Any

from bot.channels.app import PEOPLE
from bot.core.model import SHANGHAI, Push, Target
from bot.core.policy import RANKS
from bot.core.render import Footer
from bot.engine.bureau import Bureau
from bot.engine.crowd import AT_ONCE
from bot.library.folder import Folders, Library, load
from tests.crash.wecom import Way, WeCom

ROOT = Path(__file__).parents[2]
MONDAY = datetime(2026, 6, 15, 9, 5, tzinfo=SHANGHAI)
CHANNELS = {
    "jg1": "app",
    "jg2": "app",
    "rb": "bot",
    "zx": "webhook",
    "yq": "webhook",
    "fw": "webhook",
}
CROWD = PEOPLE + 1  # one more than fits into a message: two parts, each with its own end
CALLED = AT_ONCE + 3  # one by one: more than are on their way at once
TARGETS = tuple(Target(id=id, name=id, channel=way, roster=id) for id, way in CHANNELS.items())
# What a script may plan: occurrence, part, item, the day it is due, the day its window closes.
OCCASIONS = (
    ("dragon-boat-2026", "main", "N06", 15, 17),
    ("study-2026W25", "main", "SP-05", 16, 17),
    ("dragon-boat-2026", "final", "N06", 18, 18),
)


@functools.cache
def library() -> Library:
    folders = Folders(
        content=ROOT / "content",
        schedules=ROOT / "schedules",
        data=ROOT / "nowhere",
        steps=(),
        review=False,
    )
    return load(folders, date(2026, 6, 15))


class Still:
    """A shelf whose texts do not change."""

    def now(self, today: date) -> Library:
        return library()


def bureau_of(store: Any, wecom: WeCom, clock: Callable[[], datetime]) -> Bureau:
    return Bureau(
        store=store,
        shelf=Still(),  # type: ignore[arg-type]
        channels={target: Way(wecom, target, way) for target, way in CHANNELS.items()},
        targets=TARGETS,
        footer=Footer(unit="某局", office="局机关纪委", feedback="局机关党委"),
        clock=clock,
        review=False,
    )


def people(seed: int, target: str) -> tuple[str, ...]:
    """Return who belongs to a target; in every tenth script one audience needs two parts."""
    many = seed % 10 == 9 and target == "jg2"
    few = CALLED if CHANNELS[target] == "bot" else 3
    return tuple(f"{target}-{n:04}" for n in range(CROWD if many else few))


def push_of(target: str, occasion: tuple[str, str, str, int, int]) -> Push:
    occurrence, part, item, due, until = occasion
    spread = 13 + list(CHANNELS).index(target)
    return Push(
        key=f"{occurrence}_{part}@{target}",
        occurrence=occurrence,
        part=part,
        rank=RANKS["study" if item.startswith("SP") else part],
        target=target,
        channel=CHANNELS[target],
        due=datetime(2026, 6, due, 9, spread, tzinfo=SHANGHAI),
        until=datetime(2026, 6, until, 17, 10, tzinfo=SHANGHAI),
        covers=(occurrence,),
        item=item,
    )


@dataclass(frozen=True)
class Step:
    at: datetime
    what: str
    dice: int  # what else the step needs, drawn from this


ORDINARY = {
    "tick": 6,
    "tick and taps": 6,
    "taps": 3,
    "fold": 1,
    "restart": 1,
    "kill": 1,
    "fsync fails": 1,
    "odds": 3,
    "put off": 1,
    "skip": 1,
}
TROUBLES = ("kill", "restart", "fsync fails")


def script_of(seed: int, *, calm: bool = False) -> list[Step]:
    """Return the steps of a seed: a planned week, some odd moments, and its orderly end.

    A calm one leaves out what goes wrong by itself: kills between steps, a failing fsync.
    """
    dice = random.Random(f"script {seed}")
    names, weights = list(ORDINARY), list(ORDINARY.values())
    steps = [Step(MONDAY, "plan", seed)]
    now = MONDAY
    for _ in range(dice.randint(6, 14)):
        now += timedelta(seconds=dice.choice((20, 90, 240, 600)))
        steps.append(Step(now, dice.choices(names, weights)[0], dice.getrandbits(32)))
    if calm:
        steps = [step for step in steps if step.what not in TROUBLES]
    for day, hour, ticks in ((15, 15, 3), (16, 10, 3), (17, 10, 3), (18, 10, 3), (18, 15, 1)):
        at = datetime(2026, 6, day, hour, 1, tzinfo=SHANGHAI)
        steps += [Step(at + n * timedelta(minutes=2), "tick", 0) for n in range(ticks)]
    return [*steps, Step(at + timedelta(minutes=9), "everybody taps", 0)]


def planned(seed: int) -> list[Push]:
    dice = random.Random(f"plan {seed}")
    targets = dice.sample(list(CHANNELS), dice.randint(2, 4))
    occasions = dice.sample(OCCASIONS, dice.randint(1, 3))
    return [push_of(target, occasion) for target in targets for occasion in occasions]


def target_of(key: str) -> str:
    return key.rpartition("@")[2]
