"""Virtual members with habits: seeded, so that a rehearsal can be repeated to the second.

What a person will do with a card depends on the seed, the person and the card alone, never on
the order of dicts or of calls.
"""

import heapq
import random
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from enum import Enum

import httpx

from bot.sandbox.records import Json, Message, Options
from bot.sandbox.taps import TapResult, tap
from bot.sandbox.world import World

DESK_OPENS, DESK_MINUTES = time(8, 30), 9 * 60  # 8:30-17:30, when people look at their phones
LONGEST_BREAK = 30  # days; no holiday is longer

IsWorkday = Callable[[date], bool]


class Habit(Enum):
    PROMPT = "prompt"  # taps within minutes
    LATER = "later"  # after one or two days, in working hours
    TWICE = "twice"  # taps, and an hour later again: a flaky phone posts the second event too
    LATE = "late"  # after nine or ten days
    NEVER = "never"


@dataclass(frozen=True, kw_only=True, order=True)
class Act:
    """What one person will do at one moment."""

    at: datetime
    userid: str
    task_id: str
    agentid: int
    key: str  # of the button or the submit button
    nth: int = 1  # 2 for the second tap of TWICE
    stranger: bool = False  # never got the card


class Cast:
    """The people of `habits`, watching the interactive cards that reach them.

    People without a habit never act. `is_workday` matters to LATER only.
    """

    def __init__(
        self,
        world: World,
        *,
        seed: int,
        habits: Mapping[str, Habit],
        is_workday: IsWorkday = lambda day: day.weekday() < 5,
    ) -> None:
        self._world = world
        self._seed = seed
        self._habits = dict(habits)
        self._is_workday = is_workday
        self._waiting: list[Act] = []  # a heap
        self._seen = 0  # messages of the world looked at

    def next_act(self, after: datetime) -> Act | None:
        """The earliest act at or after `after` that was not performed; None if there is none.

        Time only goes forward: acts before `after` are forgotten, so ask before you jump.
        The same act is returned until it is performed.
        """
        self._look()
        while self._waiting and self._waiting[0].at < after:
            heapq.heappop(self._waiting)
        return self._waiting[0] if self._waiting else None

    async def perform(self, act: Act, *, http: httpx.AsyncClient | None = None) -> TapResult:
        """Let `act` happen now, on the world's clock; it is not planned any more."""
        if act in self._waiting[:1]:
            heapq.heappop(self._waiting)
        elif act in self._waiting:
            self._waiting.remove(act)
            heapq.heapify(self._waiting)
        message = self._world.message_of(act.task_id, act.agentid)
        options = self._options(act, message.card) if message else None
        return await tap(
            self._world,
            act.userid,
            act.task_id,
            act.key,
            http=http,
            options=options,
            agentid=act.agentid,
        )

    def stranger_taps(self, task_id: str, *, userid: str = "", at: datetime | None = None) -> Act:
        """An act by someone who never got the card: `userid`, or one of the world's members.

        Only described, not planned: give it to `perform`. ValueError if everyone got the card.
        """
        message = self._world.message_of(task_id)
        if message is None or message.agentid is None:
            raise ValueError(f"no such card: {task_id}")
        others = sorted(set(self._world.users) - set(message.reached))
        if not userid and not others:
            raise ValueError("everyone got this card")
        return Act(
            at=at or self._world.now(),
            userid=userid or self._dice(task_id).choice(others),
            task_id=task_id,
            agentid=message.agentid,
            key=key_of(message.card),
            stranger=True,
        )

    def _look(self) -> None:
        for message in self._world.posted[self._seen :]:
            if message.interactive and message.agentid is not None and key_of(message.card):
                for userid in message.reached:
                    self._plan(message, message.agentid, userid)
        self._seen = len(self._world.posted)

    def _plan(self, message: Message, agentid: int, userid: str) -> None:
        habit = self._habits.get(userid, Habit.NEVER)
        dice = self._dice(userid, agentid, message.task_id)
        for nth, at in enumerate(self._moments(habit, message.at, dice), start=1):
            act = Act(
                at=at,
                userid=userid,
                task_id=message.task_id,
                agentid=agentid,
                key=key_of(message.card),
                nth=nth,
            )
            heapq.heappush(self._waiting, act)

    def _moments(self, habit: Habit, got: datetime, dice: random.Random) -> list[datetime]:
        """When a person of this habit taps a card that came at `got`."""
        soon = got + timedelta(seconds=dice.randint(20, 600))
        if habit is Habit.PROMPT:
            return [soon]
        if habit is Habit.TWICE:
            return [soon, soon + timedelta(hours=1)]
        if habit is Habit.LATER:
            return [self._at_the_desk(got + timedelta(days=dice.randint(1, 2)), dice)]
        if habit is Habit.LATE:
            return [got + timedelta(days=9, seconds=dice.randint(0, 86_400))]
        return []

    def _at_the_desk(self, day: datetime, dice: random.Random) -> datetime:
        """A moment in working hours of `day`, or of the first workday after it."""
        for _ in range(LONGEST_BREAK):
            if self._is_workday(day.date()):
                break
            day += timedelta(days=1)
        opens = day.replace(hour=DESK_OPENS.hour, minute=DESK_OPENS.minute, second=0, microsecond=0)
        return opens + timedelta(seconds=dice.randrange(DESK_MINUTES * 60))

    def _options(self, act: Act, card: Json) -> Options | None:
        """An answer to every question of the card, or None if it asks nothing."""
        dice = self._dice("answer", act.userid, act.agentid, act.task_id)
        chosen = {
            str(question["question_key"]): [str(dice.choice(question["option_list"])["id"])]
            for question in _questions(card)
        }
        return chosen or None

    def _dice(self, *of: object) -> random.Random:
        # a text as seed goes through SHA-512, so it is the same in every process
        return random.Random("\0".join(map(str, (self._seed, *of))))  # noqa: S311 - a play, no secret


def key_of(card: Json) -> str:
    """The key a person would tap: the first callback button, or the submit button; "" if none."""
    for button in card.get("button_list", ()):
        if button.get("type", 0) == 0:
            return str(button["key"])
    return str(card.get("submit_button", {}).get("key", ""))


def _questions(card: Json) -> list[Json]:
    found = [card[name] for name in ("checkbox", "button_selection") if name in card]
    return [*found, *card.get("select_list", ())]
