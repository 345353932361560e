"""The desk at which a smart robot is answered over its long connection (wecom/api.md §2).

`receive` takes one frame of the robot and puts the answer on its line. Only what is UNVERIFIED
about the real thing is chosen here, each time by a switch.
"""

import secrets
from collections.abc import Callable
from datetime import timedelta
from typing import TYPE_CHECKING, Any

from bot.sandbox import desk_uploads
from bot.sandbox.errors import Refusal, refused
from bot.sandbox.faults import FaultKind
from bot.sandbox.judge_aibot import PASSIVE, PUSHED, REPLIED, WELCOME, judge
from bot.sandbox.judging import parse, section, strings, text_or
from bot.sandbox.limits import size
from bot.sandbox.records import CardState, Group, Json, Message
from bot.sandbox.robots import ABNORMAL, Asked, Line, Robot, Stream
from bot.sandbox.sending import late

if TYPE_CHECKING:
    from bot.sandbox.world import World

Body = dict[str, Any]
REQ_ID_LIMIT = 256  # bytes
SOON = timedelta(seconds=5)  # for a welcome and for a card's update
REPLY_WINDOW = timedelta(hours=24)
STREAM_LIFE = timedelta(minutes=10)


def receive(world: "World", line: Line, text: str | bytes) -> None:
    """Answer one frame. Never raises: whatever is wrong with it is an errcode."""
    try:
        frame = parse(text)
    except Refusal as refusal:
        _answer(world, line, "", refusal)
        return
    headers = frame.get("headers")
    req_id = headers.get("req_id") if isinstance(headers, dict) else None
    known = isinstance(req_id, str) and 0 < size(req_id) <= REQ_ID_LIMIT
    cmd, req_id = str(frame.get("cmd", "")), str(req_id or "")
    fault = world.faults.take(cmd) if cmd in _COMMANDS else None
    if fault is not None:
        world.note_fault(cmd, fault.kind.value)
    answer: Body | Refusal = Refusal(846605)
    if known and not (fault and not fault.accepts):
        answer = _attempt(world, line, cmd, req_id, frame)
    if fault is not None and fault.kind is FaultKind.ERRCODE:
        answer = Refusal(fault.errcode)
    world.note_call(cmd or "aibot", answer.errcode if isinstance(answer, Refusal) else 0)
    if fault is None or fault.kind is FaultKind.ERRCODE:
        _answer(world, line, req_id, answer)
    elif fault.kind is FaultKind.SLOW:
        late(lambda: _answer(world, line, req_id, answer), fault.seconds)
    else:
        _spoil(line, fault.kind, fault.status)


def _spoil(line: Line, kind: FaultKind, code: int) -> None:
    """The answer stays away; NO_ACK leaves it at that, the others also harm the line."""
    if kind is FaultKind.HALF_OPEN:
        line.deaf = True
    if kind in (FaultKind.DROP_AFTER, FaultKind.DROP_BEFORE):
        line.close(ABNORMAL)
    if kind is FaultKind.CLOSE:
        line.close(code if 1000 <= code < 5000 else 1000)


def _attempt(world: "World", line: Line, cmd: str, req_id: str, frame: Body) -> Body | Refusal:
    try:
        if cmd not in _COMMANDS:
            raise Refusal(40058, f"unknown cmd {cmd[:40]!r}")
        body = frame.get("body", {})
        if not isinstance(body, dict):
            raise Refusal(40058, "body")
        if cmd == "aibot_subscribe":
            return _subscribe(world, line, body)
        robot = line.robot
        if robot is None or robot.line is not line:
            raise Refusal(846609)
        return _COMMANDS[cmd](world, robot, req_id, body)
    except Refusal as refusal:
        return refusal


def _answer(world: "World", line: Line, req_id: str, answer: Body | Refusal) -> None:
    if isinstance(answer, Refusal):
        told = refused(answer, ip="127.0.0.1", hint=world.hint())
    else:
        told = {"errcode": 0, "errmsg": "ok"} | ({"body": answer} if answer else {})
    line.push({"headers": {"req_id": req_id}, **told})


def _subscribe(world: "World", line: Line, body: Body) -> Body:
    """The newest subscription wins: the older line is told so and closed."""
    bot_id, secret = text_or(body, "bot_id"), text_or(body, "secret")
    robot = world.robots.get(bot_id)
    if not bot_id:
        raise Refusal(93019)
    if robot is None or not secrets.compare_digest(robot.secret.encode(), secret.encode()):
        raise Refusal(853000)
    if not robot.subscribe_rate.take(world.now()):
        raise Refusal(45009)
    if not robot.enabled or robot.by_url:
        raise Refusal(846601)
    if robot.line is not None and robot.line is not line:
        _kick(world, robot, robot.line)
    robot.line, line.robot = line, robot
    if world.aibot_offline == "replayed":
        for frame in robot.missed:
            line.push(frame)
    robot.missed.clear()
    return {}


def _kick(world: "World", robot: Robot, older: Line) -> None:
    event = {"eventtype": "disconnected_event"}
    body = {
        "msgid": f"EVT{secrets.token_hex(8)}",
        "create_time": int(world.now().timestamp()),
        "aibotid": robot.bot_id,
        "msgtype": "event",
        "event": event,
    }
    headers = {"req_id": f"evt-{secrets.token_hex(8)}"}
    older.push({"cmd": "aibot_event_callback", "headers": headers, "body": body})
    older.robot = None
    older.close(world.aibot_kick_code)


def _ping(_world: "World", _robot: Robot, _req_id: str, _body: Body) -> Body:
    return {}


def _send(world: "World", robot: Robot, _req_id: str, body: Body) -> Body:
    """Active push (§2.7)."""
    chat, person = _chat_of(world, robot, body)
    shown = judge(body, PUSHED, desk_uploads.finder(world, robot.bot_id))
    _may_push(world, robot, chat, person)
    _deliver(world, robot, chat, person, shown)
    return {}


def _chat_of(world: "World", robot: Robot, body: Body) -> tuple[str, str]:
    """(the chat on the phones, the person of a single chat or ""); ids heed case here (§2.7)."""
    chatid, chat_type = text_or(body, "chatid"), body.get("chat_type", 0)
    if not chatid or chat_type not in (0, 1, 2):
        raise Refusal(40058, "chatid" if not chatid else "chat_type")
    if chat_type != 1 and chatid in world.groups:
        group = world.groups[chatid]
        if group.dissolved:
            raise Refusal(93006)
        if robot.bot_id not in group.bots:
            raise Refusal(93008)
        return chatid, ""
    person = chatid if chatid in world.users else world.by_open_userid(chatid)
    if chat_type == 2 or not person:
        raise Refusal(93006)
    return robot.chat, person


def _may_push(world: "World", robot: Robot, chat: str, person: str) -> None:
    """846607 unless somebody has spoken to the robot in this chat (§2.7)."""
    spoken = robot.spoken.get(f"{chat}\0{person}" if person else chat)
    if spoken is None:
        raise Refusal(846607, "the user has never sent a message in this chat")
    days = world.aibot_spoken_days
    if days and world.now() - spoken.at >= timedelta(days=days):
        raise Refusal(846607, "the last message of the user is too old")
    everyone = world.aibot_unlock == "everyone" and not person
    if everyone and not set(world.groups[chat].members) <= spoken.people:
        raise Refusal(846607, "not everyone has sent a message in this chat")


def _deliver(world: "World", robot: Robot, chat: str, person: str, shown: Json) -> Message | None:
    """Put the message on the phones; None if it was dropped in silence."""
    card = shown.get("template_card", {})
    if card and not person and world.aibot_group_card == "reject":
        raise Refusal(40008, "template_card in a group")
    task_id = card.get("task_id", "")
    if task_id in robot.task_ids:
        raise Refusal(846625, "task_id already used")
    if not robot.rate(chat, person).take(world.now()):
        raise Refusal(846607, "too many messages in this chat")
    if task_id:
        robot.task_ids.add(task_id)
    if card and not person and world.aibot_group_card == "drop":
        return None
    reached = (person,) if person else _group(world, chat).members
    return world.accept(
        chat=chat, sender=robot.name, body=shown, reached=reached, bot_id=robot.bot_id
    )


def _group(world: "World", chat: str) -> Group:
    return world.groups[chat]


def _asked(world: "World", robot: Robot, req_id: str, kind: str, window: timedelta) -> Asked:
    """The frame of ours that is answered: 846605 unknown or of another kind, 846604 too late."""
    asked = robot.asked.get(req_id)
    if asked is None or asked.kind != kind:
        raise Refusal(846605)
    if world.now() - asked.at > window:
        raise Refusal(846604)
    return asked


def _person_of(robot: Robot, asked: Asked) -> str:
    return asked.person if asked.chat == robot.chat else ""


def respond(world: "World", robot: Robot, req_id: str, body: Body) -> Body:
    """A reply to a message (§2.6)."""
    asked = _asked(world, robot, req_id, "message", REPLY_WINDOW)
    if asked.answered and world.aibot_replies == "once":
        raise Refusal(846606)
    allowed = PASSIVE if robot.by_url else REPLIED
    find = desk_uploads.finder(world, robot.bot_id)
    shown = judge(body, allowed, find, pictures=robot.by_url)
    if body["msgtype"] == "stream":
        return _stream(world, robot, asked, section(body, "stream"), shown)
    answer(world, robot, asked, shown)
    asked.answered = True
    return {}


def answer(world: "World", robot: Robot, asked: Asked, shown: Json) -> None:
    """Put a judged message into the chat from which the robot was asked."""
    _deliver(world, robot, asked.chat, _person_of(robot, asked), shown)


def _stream(world: "World", robot: Robot, asked: Asked, part: Body, shown: Json) -> Body:
    """A frame of a stream: the first one makes the message, the others replace its text.

    Only the first must name its stream (document 101031).
    """
    stream_id = text_or(part, "id") or (asked.stream.id if asked.stream else "")
    if not stream_id:
        raise Refusal(40058, "stream.id")
    stream = asked.stream
    if stream is None or stream.id != stream_id:
        made = _deliver(world, robot, asked.chat, _person_of(robot, asked), shown)
        number = made.number if made else 0
        stream = asked.stream = Stream(id=stream_id, began=world.now(), number=number)
    else:
        if world.now() - stream.began > STREAM_LIFE:
            raise Refusal(846608)
        world.rewrite(stream.number, shown)
    asked.answered = part.get("finish") is True
    return {}


def welcome(world: "World", robot: Robot, req_id: str, body: Body) -> Body:
    """The first words to somebody who opens the chat (§2.6)."""
    asked = _asked(world, robot, req_id, "enter_chat", SOON)
    if asked.answered:
        raise Refusal(846606)
    shown = judge(body, WELCOME, desk_uploads.finder(world, robot.bot_id))
    _deliver(world, robot, asked.chat, asked.person, shown)
    asked.answered = True
    return {}


def update(world: "World", robot: Robot, req_id: str, body: Body) -> Body:
    """A new look for the card that was pressed (§2.6)."""
    asked = _asked(world, robot, req_id, "card", SOON)
    if asked.answered:
        raise Refusal(846606)
    if text_or(body, "response_type") != "update_template_card":
        raise Refusal(93050)
    card = section(body, "template_card")
    if not asked.task_id or text_or(card, "task_id") != asked.task_id:
        raise Refusal(846625)
    judge({"msgtype": "template_card", "template_card": card}, PUSHED, _no_file)
    message = world.message_of(asked.task_id, bot_id=robot.bot_id)
    if message is None:
        raise Refusal(846625)
    state = CardState(greyed=text_or(card, "replace_text"), card=card)
    for userid in _updated(world, robot, asked, message, strings(body, "userids")):
        world.change_card(message, userid, state)
    asked.answered = True
    return {}


def _updated(
    world: "World", robot: Robot, asked: Asked, message: Message, userids: list[str]
) -> tuple[str, ...]:
    """Whose copy changes. `userids` counts in groups only; absent, everybody's does (§2.6)."""
    if asked.chat == robot.chat:
        return (asked.person,)
    if userids:
        return tuple(u if u in world.users else world.by_open_userid(u) for u in userids)
    return message.reached if world.aibot_group_update == "all" else (asked.person,)


def _no_file(_media_id: str, _kind: str) -> Any:
    raise Refusal(40007)


_COMMANDS: dict[str, Callable[["World", Robot, str, Body], Body]] = {
    "aibot_subscribe": _ping,  # answered before a robot is known, by _subscribe
    "ping": _ping,
    "aibot_send_msg": _send,
    "aibot_respond_msg": respond,
    "aibot_respond_welcome_msg": welcome,
    "aibot_respond_update_msg": update,
    "aibot_upload_media_init": desk_uploads.init,
    "aibot_upload_media_chunk": desk_uploads.chunk,
    "aibot_upload_media_finish": desk_uploads.finish,
}
COMMANDS = tuple(_COMMANDS)
