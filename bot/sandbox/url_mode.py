"""A smart robot that is told by callbacks instead of a long connection (wecom/api.md §2.12).

    somebody acts -> talks.py leaves a frame in robot.waiting -> deliver() posts it, encrypted
        -> the answer's passive reply -> a message, a welcome or a card's new look
        -> a stream that is not finished is asked for again until it is, six minutes at most
    and once within an hour: POST /cgi-bin/aibot/response (the callback's response_url)

Bodies are JSON, the receiver inside the cipher is the empty string.
"""

import asyncio
import json
import secrets
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

import httpx

from bot.sandbox import desk_aibot, desk_uploads
from bot.sandbox.asks import Ask
from bot.sandbox.crypto import CryptoError, decrypt, encrypt, signature, signed
from bot.sandbox.errors import Refusal, ok
from bot.sandbox.judge_aibot import judge
from bot.sandbox.judging import parse, section
from bot.sandbox.robots import Asked, Robot
from bot.sandbox.sending import borrowed
from bot.sandbox.writing import quoted

if TYPE_CHECKING:
    from bot.sandbox.world import World

Body = dict[str, Any]

TRIES = 3  # of a message; an event of a card is sent once (document 101027)
STREAM_LIFE = timedelta(minutes=6)
RESPONSE_LIFE = timedelta(hours=1)
MOST_AT_ONCE = 3  # messages of one person that are still being answered
LATER = frozenset({"markdown", "template_card"})  # what response_url takes


@dataclass(kw_only=True)
class Later:
    """A response_url: one answer more, to whoever caused the callback."""

    robot: Robot
    asked: Asked
    at: datetime
    used: bool = False


@dataclass(frozen=True, kw_only=True)
class Letter:
    """One callback, ready to be posted."""

    robot: Robot
    req_id: str
    body: Body
    tries: int


async def deliver(world: "World", *, http: httpx.AsyncClient | None = None) -> bool:
    """Post what waits for robots in URL mode. Did somebody answer with 200?"""
    letters = [letter for robot in world.robots.values() for letter in _letters(world, robot)]
    if not letters:
        return False
    await asyncio.sleep(max(letter.robot.delay for letter in letters))
    for letter in letters:
        letter.robot.delay = 0.0
    async with borrowed(http) as client:
        told = [await _send(world, letter, client) for letter in letters]
    for letter in letters:
        if _unfinished(letter.robot.asked[letter.req_id]):
            task = asyncio.create_task(_ask_again(world, letter, http))
            world.errands.add(task)
            task.add_done_callback(world.errands.discard)
    return any(told)


async def verify(world: "World", bot_id: str, *, http: httpx.AsyncClient | None = None) -> bool:
    """Does the robot's url pass the GET verification: the bare plain text within a second?"""
    robot = world.robots[bot_id]
    plain = str(secrets.randbelow(10**19))
    echostr = encrypt(robot.aes_key, plain, "")
    params = {**_signed(world, robot, echostr), "echostr": echostr}
    async with borrowed(http) as client:
        try:
            async with asyncio.timeout(1.0):
                answer = await client.get(robot.callback_url, params=params)
        except (httpx.HTTPError, httpx.InvalidURL, TimeoutError):
            return False
    return answer.status_code == 200 and answer.content == plain.encode()


def respond_later(world: "World", ask: Ask) -> Body:
    """aibot/response: Markdown or a card, once, within the hour; 60140 otherwise (D:101138)."""
    later = world.later.get(ask.query.get("response_code", ""))
    if later is None or later.used or world.now() - later.at >= RESPONSE_LIFE:
        raise Refusal(60140)
    robot, asked = later.robot, later.asked
    shown = judge(parse(ask.body), LATER, desk_uploads.finder(world, robot.bot_id))
    trigger = world.message(asked.number)
    if asked.chat in world.groups and trigger is not None:
        quote = quoted(trigger)
        if "template_card" in shown:  # a card cannot quote: an empty message does it
            empty = {"msgtype": "markdown_v2", "markdown_v2": {"content": ""}, "quote": quote}
            desk_aibot.answer(world, robot, asked, empty)
        else:
            shown = {**shown, "quote": quote}
    desk_aibot.answer(world, robot, asked, shown)
    later.used = True
    return ok()


def _letters(world: "World", robot: Robot) -> list[Letter]:
    frames, robot.waiting = robot.waiting, []
    made = []
    for frame in frames if robot.by_url else []:
        req_id, body = frame["headers"]["req_id"], dict(frame["body"])
        asked = robot.asked[req_id]
        if asked.kind in ("message", "card"):
            body["response_url"] = _response_url(world, robot, asked)
        if asked.kind == "message" and _busy(robot, asked) > MOST_AT_ONCE:
            world.note_call("aibot_callback", 45033, asked.chat)
            continue
        tries = 1 if asked.kind == "card" else TRIES
        made.append(Letter(robot=robot, req_id=req_id, body=body, tries=tries))
    return made


def _busy(robot: Robot, asked: Asked) -> int:
    """How many messages of this person are being answered, this one with them."""
    same = (a for a in robot.asked.values() if a.kind == "message" and a.person == asked.person)
    return sum(_unfinished(one) for one in same) + 1


def _unfinished(asked: Asked) -> bool:
    return asked.stream is not None and not asked.answered and not asked.over


def _response_url(world: "World", robot: Robot, asked: Asked) -> str:
    code = secrets.token_urlsafe(32)
    now = world.now()
    world.later = {c: one for c, one in world.later.items() if now - one.at < RESPONSE_LIFE}
    world.later[code] = Later(robot=robot, asked=asked, at=now)
    return f"{world.base_url}/cgi-bin/aibot/response?response_code={code}"


async def _send(world: "World", letter: Letter, client: httpx.AsyncClient) -> bool:
    """Post one callback and do what its answer says."""
    robot = letter.robot
    encrypted = encrypt(robot.aes_key, json.dumps(letter.body, ensure_ascii=False), "")
    params = _signed(world, robot, encrypted)
    for _ in range(letter.tries):
        try:
            async with asyncio.timeout(world.callback_timeout):
                answer = await client.post(
                    robot.callback_url, params=params, json={"encrypt": encrypted}
                )
        except (httpx.HTTPError, httpx.InvalidURL, TimeoutError):
            continue
        if answer.status_code == 200:
            _take(world, letter, params["nonce"], answer.content)
            return True
    return False


def _take(world: "World", letter: Letter, nonce: str, content: bytes) -> None:
    """The passive reply: logged as `aibot_reply`, with 0 or why it is refused."""
    if not content.strip() or content.strip() == b"success":
        return
    robot, asked = letter.robot, letter.robot.asked[letter.req_id]
    try:
        reply = _opened(robot, nonce, content)
        if reply:
            _obey(world, robot, letter.req_id, asked, reply)
            world.note_call("aibot_reply", 0, asked.chat)
    except Refusal as refusal:
        world.note_call("aibot_reply", refusal.errcode, asked.chat)
    except (CryptoError, KeyError, TypeError, ValueError):
        world.note_call("aibot_reply", 40058, asked.chat)


def _opened(robot: Robot, nonce: str, content: bytes) -> Body:
    """The plain reply; CryptoError unless it bears this callback's nonce and a signature."""
    outer = json.loads(content)
    encrypted, stamp = str(outer["encrypt"]), str(outer["timestamp"])
    claimed = str(outer["msgsignature"])
    if outer["nonce"] != nonce or not signed(robot.token, stamp, nonce, encrypted, claimed):
        raise CryptoError("wrong nonce or signature")
    return parse(decrypt(robot.aes_key, encrypted, ""))


def _obey(world: "World", robot: Robot, req_id: str, asked: Asked, reply: Body) -> None:
    """What a reply may be depends on what it answers (document 101031)."""
    if asked.kind == "enter_chat":
        desk_aibot.welcome(world, robot, req_id, reply)
    elif asked.kind == "card":
        desk_aibot.update(world, robot, req_id, reply)
    elif asked.kind == "feedback":
        raise Refusal(40058, "a feedback_event is answered with nothing")
    elif reply.get("msgtype") == "stream_with_template_card":
        stream = {"msgtype": "stream", "stream": section(reply, "stream")}
        desk_aibot.respond(world, robot, req_id, stream)
        _card_beside(world, robot, asked, reply)
    else:
        desk_aibot.respond(world, robot, req_id, reply)


def _card_beside(world: "World", robot: Robot, asked: Asked, reply: Body) -> None:
    """The card that comes with a stream, at its beginning or later, but once."""
    if "template_card" not in reply or asked.carded:
        return
    card = {"msgtype": "template_card", "template_card": section(reply, "template_card")}
    finder = desk_uploads.finder(world, robot.bot_id)
    desk_aibot.answer(world, robot, asked, judge(card, frozenset({"template_card"}), finder))
    asked.carded = True


async def _ask_again(world: "World", letter: Letter, http: httpx.AsyncClient | None) -> None:
    """Ask for the rest of a stream, again and again, until it is finished or too old."""
    robot, asked = letter.robot, letter.robot.asked[letter.req_id]
    loop = asyncio.get_running_loop()
    ends = loop.time() + STREAM_LIFE.total_seconds()
    async with borrowed(http) as client:
        while _unfinished(asked) and robot.by_url and asked.stream is not None:
            await asyncio.sleep(world.stream_poll)
            if world.now() - asked.at > STREAM_LIFE or loop.time() > ends:
                break
            body = {name: letter.body[name] for name in ("aibotid", "chattype", "from")}
            body |= {"chatid": letter.body["chatid"]} if "chatid" in letter.body else {}
            body |= {"msgid": f"CAI{secrets.token_hex(12)}", "msgtype": "stream"}
            body["stream"] = {"id": asked.stream.id}
            again = Letter(robot=robot, req_id=letter.req_id, body=body, tries=1)
            await _send(world, again, client)
    asked.over = True


def _signed(world: "World", robot: Robot, encrypted: str) -> dict[str, str]:
    stamp, nonce = str(int(world.now().timestamp())), str(secrets.randbelow(10**10))
    claimed = signature(robot.token, stamp, nonce, encrypted)
    return {"msg_signature": claimed, "timestamp": stamp, "nonce": nonce}
