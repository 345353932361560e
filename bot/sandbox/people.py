"""What a member does on the phone, whoever is at the other end: write, open a chat, press.

One door for the phone's page, the control API and the cast: apps are told by their callback,
smart robots by their long connection.
"""

from collections.abc import Sequence

import httpx

from bot.sandbox import desk_menu, talks, url_mode
from bot.sandbox.app_events import happen
from bot.sandbox.app_words import fields_of
from bot.sandbox.asks import Upload
from bot.sandbox.records import Message, Options
from bot.sandbox.taps import TapResult, tap, tell_app
from bot.sandbox.world import World
from bot.sandbox.writing import bodies


async def say(
    world: World,
    userid: str,
    chat: str,
    text: str = "",
    *,
    files: Sequence[Upload] = (),
    quote: int = 0,
    http: httpx.AsyncClient | None = None,
) -> TapResult:
    """`userid` writes in a group or a single chat; `delivered` tells whether a program heard it.

    `files` go with the words or after them (writing.py); `quote` is the number of the message
    that is answered. ValueError for a person, a chat or a message that is not there.
    """
    agentid = _app_of(world, chat)
    if not talks.may_write(world, userid, chat, agentid):
        raise ValueError(f"{userid} cannot write in {chat}")
    made = bodies(world, text, files, _quoted(world, userid, quote), mixed=agentid is None)
    result = TapResult(delivered=False)
    for body in made:
        if agentid is None:
            heard = talks.say(world, userid, chat, body)
            heard |= await url_mode.deliver(world, http=http)
            result = TapResult(delivered=heard)
            continue
        name = world.users[userid].name
        world.accept(chat=chat, sender=name, body=body, reached=(userid,), author=userid)
        fields = fields_of(world, body)
        if fields:  # of a file no app is told
            result = await tell_app(world, agentid, userid, fields, http=http)
    return result


async def forward(
    world: World,
    userid: str,
    number: int,
    chat: str,
    *,
    http: httpx.AsyncClient | None = None,
) -> TapResult:
    """`userid` hands message `number` on into another chat; buttons of a card are dead there."""
    message = _quoted(world, userid, number)
    agentid = _app_of(world, chat)
    if message is None or not talks.may_write(world, userid, chat, agentid):
        raise ValueError(f"{userid} cannot forward that to {chat}")
    if message.body.get("safe") == 1:
        raise ValueError("a confidential message is not handed on")
    body = {k: v for k, v in message.body.items() if k != "quote"} | {"forwarded": True}
    if agentid is None:
        told = talks.say(world, userid, chat, body)
        return TapResult(delivered=await url_mode.deliver(world, http=http) or told)
    name = world.users[userid].name
    world.accept(chat=chat, sender=name, body=body, reached=(userid,), author=userid)
    fields = fields_of(world, body)
    if not fields:
        return TapResult(delivered=False)
    return await tell_app(world, agentid, userid, fields, http=http)


async def choose(
    world: World, userid: str, agentid: int, key: str, *, http: httpx.AsyncClient | None = None
) -> TapResult:
    """`userid` taps the entry `key` of an app's menu: click, view or view_miniprogram (§5.7).

    ValueError if there is no such entry, or if it needs a camera or a place.
    """
    button = desk_menu.entry(world, agentid, key)
    kind = str(button["type"]) if button else ""
    if kind not in ("click", "view", "view_miniprogram"):
        raise ValueError(f"no menu entry {key!r} that can be tapped here")
    return await happen(world, agentid, kind, userid=userid, fields={"EventKey": key}, http=http)


async def enter(
    world: World, userid: str, chat: str, *, http: httpx.AsyncClient | None = None
) -> TapResult:
    """`userid` opens a single chat: enter_agent each time, enter_chat once a day (§5.7, §2.5)."""
    agentid = _app_of(world, chat)
    if agentid is None:
        told = talks.enter(world, userid, chat)
        return TapResult(delivered=await url_mode.deliver(world, http=http) or told)
    fields = {"MsgType": "event", "Event": "enter_agent", "EventKey": ""}
    return await tell_app(world, agentid, userid, fields, http=http)


async def press(
    world: World,
    userid: str,
    number: int,
    key: str,
    *,
    http: httpx.AsyncClient | None = None,
    options: Options | None = None,
) -> TapResult:
    """`userid` presses `key` on message `number`, an app's card or a smart robot's.

    ValueError if there is no such card on that person's phone.
    """
    message = world.message(number)
    if message is None or not message.pressable or userid not in message.reached:
        raise ValueError("no such card on this phone")
    if message.bot_id:
        told = talks.press(world, userid, message, key, options)
        if world.robots[message.bot_id].by_url:
            told = await url_mode.deliver(world, http=http)
            talks.note_press(world, userid, message, key, options, delivered=told)
        return TapResult(delivered=told)
    return await tap(
        world, userid, message.task_id, key, http=http, options=options, agentid=message.agentid
    )


async def rate(
    world: World,
    userid: str,
    number: int,
    kind: int,
    *,
    content: str = "",
    reasons: Sequence[int] = (),
    http: httpx.AsyncClient | None = None,
) -> TapResult:
    """`userid` rates a robot's message: 1 accurate, 2 inaccurate, 3 withdrawn."""
    message = world.message(number)
    if message is None or not message.bot_id or userid not in message.reached:
        raise ValueError("no such message on this phone")
    told = talks.rate(world, userid, message, kind, content=content, reasons=list(reasons))
    return TapResult(delivered=await url_mode.deliver(world, http=http) or told)


def _quoted(world: World, userid: str, number: int) -> Message | None:
    message = world.message(number) if number else None
    if number and (message is None or userid not in message.reached):
        raise ValueError("no such message on this phone")
    return message


def _app_of(world: World, chat: str) -> int | None:
    """The app whose single chat this is."""
    digits = chat.removeprefix("app-")
    known = chat.startswith("app-") and digits.isdecimal() and int(digits) in world.apps
    return int(digits) if known else None
