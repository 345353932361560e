"""Virtual members with habits: seeded, so that a rehearsal can be repeated to the second.

What a person will do with a card depends on the seed, the person and the card alone, never on
the order of dicts or of calls.
"""

import heapq
import random
from collections.abc import Callable, Mapping, Sequence
from datetime import date, datetime, time, timedelta
from enum import Enum, StrEnum
from hashlib import blake2b
from typing import NamedTuple

import httpx

from bot.sandbox import people
from bot.sandbox.cast_links import links, open_link
from bot.sandbox.records import Json, Message, Options
from bot.sandbox.staff import leave
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
    OPENS = "opens"  # follows the first link within minutes
    OPENS_LATER = "opens_later"  # after one or two days, in working hours
    SIGNS = "signs"  # follows the first link and taps the button on the page, a POST
    FORWARDS = "forwards"  # hands the message to a colleague, who opens the link as themselves
    REPLIES = "replies"  # writes 收到, to the robot of the group if there is one
    LEAVES = "leaves"  # leaves the corporation a day or two after the first message


class Deed(StrEnum):
    TAP = "tap"
    OPEN = "open"
    SIGN = "sign"
    REPLY = "reply"
    LEAVE = "leave"


REPLY = "收到"
TAPPING = (Habit.PROMPT, Habit.LATER, Habit.TWICE, Habit.LATE)


class Act(NamedTuple):
    """What one person will do at one moment: a tuple, for there are hundreds of thousands."""

    at: datetime
    userid: str
    task_id: str
    agentid: int  # 0 for what no app sent
    key: str  # of the button or the submit button
    nth: int = 1  # 2 for the second tap of TWICE
    stranger: bool = False  # never got the card
    number: int = 0  # of the message; 0: only the task_id is known
    deed: Deed = Deed.TAP
    word: str = ""  # the address that is opened, or what is written
    giver: str = ""  # who forwarded the message to `userid`


Place = tuple[float, str, str, int, Act]  # what a heap sorts by in C: as the act itself would be


class Dice:
    """A few numbers out of one digest: a year asks for hundreds of thousands of taps.

    The same in every process. Of its 128 bits a throw uses up those of its own range.
    """

    def __init__(self, seed: str) -> None:
        self._left = int.from_bytes(blake2b(seed.encode(), digest_size=16).digest(), "big")

    def between(self, low: int, high: int) -> int:
        """A number from `low` to `high`, both included, each as likely."""
        self._left, found = divmod(self._left, high - low + 1)
        return low + found

    def choice(self, of: Sequence[str]) -> str:
        return of[self.between(0, len(of) - 1)]


class Cast:
    """The people of `habits`, watching what reaches them: cards, links, words.

    People without a habit never act. `is_workday` matters to LATER and OPENS_LATER only.
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
        self._waiting: list[Place] = []  # a heap
        self._seen = 0  # messages of the world looked at

    def next_act(self, after: datetime) -> Act | None:
        """The earliest act at or after `after` that was not performed; None if there is none.

        Time only goes forward: acts before `after` are forgotten, so ask before you jump.
        The same act is returned until it is performed.
        """
        self._look()
        while self._waiting and self._is_over(self._waiting[0][-1], after):
            heapq.heappop(self._waiting)
        return self._waiting[0][-1] if self._waiting else None

    def take(self, until: datetime, limit: int) -> list[Act]:
        """Take the earliest acts up to `until`, at most `limit`: whoever asks carries them out."""
        self._look()
        taken: list[Act] = []
        last = until.timestamp()
        while self._waiting and self._waiting[0][0] <= last and len(taken) < limit:
            act = heapq.heappop(self._waiting)[-1]
            if act.userid in self._world.users:
                taken.append(act)
        return taken

    async def perform(self, act: Act, *, http: httpx.AsyncClient | None = None) -> TapResult:
        """Let `act` happen now, on the world's clock; it is not planned any more."""
        place = _place_of(act)
        if place in self._waiting[:1]:
            heapq.heappop(self._waiting)
        elif place in self._waiting:
            self._waiting.remove(place)
            heapq.heapify(self._waiting)
        return await self.carry_out(act, http=http)

    async def carry_out(self, act: Act, *, http: httpx.AsyncClient | None = None) -> TapResult:
        """Let an act happen now that was taken, or that was never planned."""
        message = self._world.message(act.number)
        if act.deed is Deed.LEAVE:
            await leave(self._world, act.userid, http=http)
            return TapResult(delivered=True)
        if act.deed in (Deed.OPEN, Deed.SIGN):
            return await self._open(act, http)
        if act.deed is Deed.REPLY and message is not None:
            return await people.say(self._world, act.userid, message.chat, act.word, http=http)
        return await self._tap(act, message, http)

    async def _open(self, act: Act, http: httpx.AsyncClient | None) -> TapResult:
        """Open the link; what was forwarded stands in the chat of the two first."""
        if act.giver and act.giver != act.userid:
            chat = self._world.direct(act.giver, act.userid)
            await people.forward(self._world, act.giver, act.number, chat, http=http)
        dice = self._dice("page", act.userid, act.number) if act.deed is Deed.SIGN else None
        return await open_link(self._world, act.userid, act.word, taps=dice, http=http)

    async def _tap(
        self, act: Act, message: Message | None, http: httpx.AsyncClient | None
    ) -> TapResult:
        message = message or self._world.message_of(act.task_id, act.agentid)
        options = self._options(act, message.card) if message else None
        if message is not None and not act.stranger:
            return await people.press(
                self._world, act.userid, message.number, act.key, http=http, options=options
            )
        return await tap(
            self._world,
            act.userid,
            act.task_id,
            act.key,
            http=http,
            options=options,
            agentid=act.agentid,
        )

    def _is_over(self, act: Act, after: datetime) -> bool:
        return act.at < after or act.userid not in self._world.users

    def stranger_taps(self, task_id: str, *, userid: str = "", at: datetime | None = None) -> Act:
        """An act by someone who never got the card: `userid`, or one of the world's members.

        Only described, not planned: give it to `perform`. ValueError if everyone got the card.
        """
        message = self._world.message_of(task_id)
        if message is None or message.agentid is None:
            raise ValueError(f"no such card: {task_id}")
        if not userid:
            others = sorted(set(self._world.users) - set(message.reached))
            if not others:
                raise ValueError("everyone got this card")
            userid = self._dice(task_id).choice(others)
        return Act(
            at=at or self._world.now(),
            userid=userid,
            task_id=task_id,
            agentid=message.agentid,
            key=key_of(message.card),
            stranger=True,
        )

    def _look(self) -> None:
        for message in self._world.posted.since(self._seen):
            if message.author:
                continue
            deeds = {habit: self._deed(habit, message) for habit in Habit}
            task_id, key = message.task_id, key_of(message.card)
            for userid in message.reached:
                for act in self._acts(message, task_id, key, userid, deeds):
                    heapq.heappush(self._waiting, _place_of(act))
        self._seen = self._world.posted.total

    def _acts(
        self,
        message: Message,
        task_id: str,
        key: str,
        userid: str,
        deeds: Mapping[Habit, tuple[Deed | None, str]],
    ) -> list[Act]:
        """What this person will do about this message, of which `deeds` says what people do."""
        habit = self._habits.get(userid, Habit.NEVER)
        deed, word = deeds[habit]
        if deed is None:
            return []
        place = message.agentid if message.agentid is not None else message.chat
        dice = Dice(self._seed_of(userid, place, task_id or message.number))
        actor, giver = userid, ""
        if habit is Habit.FORWARDS:
            actor, giver = self._forwarded(dice, userid), userid
        sent, number = message.agentid or 0, message.number
        return [  # by place, which is quicker
            Act(at, actor, task_id, sent, key, nth, False, number, deed, word, giver)
            for nth, at in enumerate(self._moments(habit, message.at, dice), start=1)
        ]

    def _deed(self, habit: Habit, message: Message) -> tuple[Deed | None, str]:
        """(what somebody of this habit does about `message`, with which word)."""
        if habit in TAPPING:
            can = message.interactive and message.pressable and key_of(message.card)
            return (Deed.TAP if can else None), ""
        if habit is Habit.LEAVES:
            return Deed.LEAVE, ""
        if habit is Habit.REPLIES:
            group = self._world.groups.get(message.chat)
            bots = [self._world.robots[bot_id].name for bot_id in group.bots] if group else []
            return Deed.REPLY, f"@{bots[0]} {REPLY}" if bots else REPLY
        found = links(message) if habit is not Habit.NEVER else []
        deed = Deed.SIGN if habit is Habit.SIGNS else Deed.OPEN
        return (deed, found[0]) if found else (None, "")

    def _forwarded(self, dice: Dice, userid: str) -> str:
        """The colleague who gets the link; whoever reads it may not have got it from WeCom."""
        others = sorted(set(self._world.users) - {userid})
        return dice.choice(others) if others else userid

    def _moments(self, habit: Habit, got: datetime, dice: Dice) -> list[datetime]:
        """When a person of this habit taps a card that came at `got`."""
        soon = got + timedelta(seconds=dice.between(20, 600))
        if habit in (Habit.PROMPT, Habit.OPENS, Habit.SIGNS, Habit.FORWARDS, Habit.REPLIES):
            return [soon]
        if habit is Habit.TWICE:
            return [soon, soon + timedelta(hours=1)]
        if habit in (Habit.LATER, Habit.OPENS_LATER):
            return [self._at_the_desk(got + timedelta(days=dice.between(1, 2)), dice)]
        if habit is Habit.LEAVES:
            return [got + timedelta(days=1, seconds=dice.between(0, 86_400))]
        if habit is Habit.LATE:
            return [got + timedelta(days=9, seconds=dice.between(0, 86_400))]
        return []

    def _at_the_desk(self, day: datetime, dice: Dice) -> datetime:
        """A moment in working hours of `day`, or of the first workday after it."""
        for _ in range(LONGEST_BREAK):
            if self._is_workday(day.date()):
                break
            day += timedelta(days=1)
        opens = day.replace(hour=DESK_OPENS.hour, minute=DESK_OPENS.minute, second=0, microsecond=0)
        return opens + timedelta(seconds=dice.between(0, DESK_MINUTES * 60 - 1))

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
        return random.Random(self._seed_of(*of))  # noqa: S311 - a play, no secret

    def _seed_of(self, *of: object) -> str:
        return "\0".join(map(str, (self._seed, *of)))


def _place_of(act: Act) -> Place:
    return act.at.timestamp(), act.userid, act.task_id, act.agentid, act


def key_of(card: Json) -> str:
    """The key a person would tap: the callback button that stands out, or the submit button.

    It is the first of style 1, else the first of all; "" if there is none.
    """
    buttons = [button for button in card.get("button_list", ()) if button.get("type", 0) == 0]
    if not buttons:
        return str(card.get("submit_button", {}).get("key", ""))
    return str(min(buttons, key=lambda button: button.get("style", 1) != 1)["key"])


def _questions(card: Json) -> list[Json]:
    found = [card[name] for name in ("checkbox", "button_selection") if name in card]
    return [*found, *card.get("select_list", ())]
