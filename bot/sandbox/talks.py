"""What people do to a smart robot: write, open the chat, press, rate (wecom/api.md §2.4, §2.5).

Each becomes one frame on the robot's line, or is lost if nobody listens.
"""

import secrets
from datetime import datetime
from typing import TYPE_CHECKING, Any

from bot.sandbox.faults import FaultKind
from bot.sandbox.judging import text_or
from bot.sandbox.records import Message, Options
from bot.sandbox.robot_files import told as told_of
from bot.sandbox.robots import Asked, Kind, Line, Robot, Spoken
from bot.sandbox.sending import late
from bot.sandbox.writing import QUOTABLE, words_of

if TYPE_CHECKING:
    from bot.sandbox.world import World

Frame = dict[str, Any]


def say(world: "World", userid: str, chat: str, said: str | Frame) -> bool:
    """`userid` writes in a group or in the single chat with a robot: words, or a whole message.

    In a group a robot hears it only where it says `@name` in words (§2.4). Was it heard?
    ValueError for a person or a chat that does not exist.
    """
    body = {"msgtype": "text", "text": {"content": said}} if isinstance(said, str) else said
    group = world.groups.get(chat)
    single = world.robots.get(chat.removeprefix("bot-")) if chat.startswith("bot-") else None
    if not may_write(world, userid, chat):
        raise ValueError(f"{userid} cannot write in {chat}")
    user = world.users[userid]
    reached = group.members if group else world.between(chat) or (userid,)
    made = world.accept(chat=chat, sender=user.name, body=body, reached=reached, author=userid)
    listening = (
        [single] if single else [world.robots[bot_id] for bot_id in group.bots] if group else []
    )
    if body["msgtype"] not in QUOTABLE:
        return False  # a card or an article that was forwarded: no robot is told of those
    heard = False
    for robot in listening:
        if single or f"@{robot.name}" in words_of(body):
            _note_spoken(world, robot, chat, userid)
            heard |= _tell_message(world, robot, made)
    return heard


def may_write(world: "World", userid: str, chat: str, agentid: int | None = None) -> bool:
    """Is there such a person, and such a chat on their phone? `agentid`: it is this app's."""
    user = world.users.get(userid)
    if user is None or agentid is not None:
        return user is not None and user.visible
    group = world.groups.get(chat)
    if group is not None:
        return userid in group.members and not group.dissolved
    if userid in world.between(chat):
        return True
    return chat.startswith("bot-") and chat.removeprefix("bot-") in world.robots


def enter(world: "World", userid: str, chat: str) -> bool:
    """`userid` opens the single chat with a robot: an event the first time that day (§2.5)."""
    robot = world.robots.get(chat.removeprefix("bot-"))
    if robot is None or userid not in world.users:
        raise ValueError(f"{userid} cannot open {chat}")
    today = world.now().date()
    if robot.greeted.get(userid) == today:
        return False
    robot.greeted[userid] = today
    event = {"eventtype": "enter_chat"}
    return _tell_event(world, robot, userid, chat, event, "enter_chat")


def press(
    world: "World", userid: str, message: Message, key: str, options: Options | None = None
) -> bool:
    """`userid` presses a button, a menu entry or the submit button of a robot's card."""
    robot = world.robots[message.bot_id]
    pressed: Frame = {
        "card_type": message.card.get("card_type", ""),
        "event_key": key,
        "task_id": message.task_id,
    }
    if options:
        chosen = [
            {"question_key": question, "option_ids": {"option_id": list(ids)}}
            for question, ids in options.items()
        ]
        pressed["selected_items"] = {"selected_item": chosen}
    event = {"eventtype": "template_card_event", "template_card_event": pressed}
    task_id = message.task_id
    told = _tell_event(
        world, robot, userid, message.chat, event, "card", task_id=task_id, number=message.number
    )
    if not robot.by_url:  # there the callback's answer tells whether it was heard
        note_press(world, userid, message, key, options, delivered=told)
    return told


def note_press(
    world: "World",
    userid: str,
    message: Message,
    key: str,
    options: Options | None,
    *,
    delivered: bool,
) -> None:
    """A finger fell on a robot's card, and the event got through or did not."""
    world.note_tap(
        at=world.now(),
        person=userid,
        task_id=message.task_id,
        key=key,
        options=options,
        delivered=delivered,
    )


def rate(
    world: "World",
    userid: str,
    message: Message,
    kind: int,
    *,
    content: str = "",
    reasons: list[int],
) -> bool:
    """`userid` rates a message that asked for it: 1 accurate, 2 inaccurate, 3 withdrawn."""
    part = message.body[message.msgtype]
    feedback = part.get("feedback") if isinstance(part, dict) else None
    feedback_id = text_or(feedback, "id") if isinstance(feedback, dict) else ""
    if not feedback_id or kind not in (1, 2, 3):
        raise ValueError("this message cannot be rated so")
    told: Frame = {"id": feedback_id, "type": kind}
    if kind == 2:
        told |= {"content": content, "inaccurate_reason_list": reasons}
    world.note_rating(message.number, userid, kind)
    event = {"eventtype": "feedback_event", "feedback_event": told}
    robot = world.robots[message.bot_id]
    return _tell_event(world, robot, userid, message.chat, event, "feedback")


def _note_spoken(world: "World", robot: Robot, chat: str, userid: str) -> None:
    name = f"{chat}\0{userid}" if chat == robot.chat else chat
    spoken = robot.spoken.setdefault(name, Spoken(at=world.now()))
    spoken.at = world.now()
    spoken.people.add(userid)


def _tell_message(world: "World", robot: Robot, message: Message) -> bool:
    userid, chat = message.author, message.chat
    told = {
        "msgid": f"CAI{secrets.token_hex(12)}",
        **_where(world, robot, userid, chat),
        **told_of(world, robot, message.body),
    }
    asked = _asked(world, "message", chat, userid, number=message.number)
    return _tell(world, robot, "aibot_msg_callback", told, asked)


def _tell_event(
    world: "World",
    robot: Robot,
    userid: str,
    chat: str,
    event: Frame,
    kind: Kind,
    *,
    task_id: str = "",
    number: int = 0,
) -> bool:
    told = {
        "msgid": f"EVT{secrets.token_hex(12)}",
        "create_time": _seconds(world.now()),
        **_where(world, robot, userid, chat),
        "msgtype": "event",
        "event": event,
    }
    asked = _asked(world, kind, chat, userid, task_id=task_id, number=number)
    return _tell(world, robot, "aibot_event_callback", told, asked)


def _where(world: "World", robot: Robot, userid: str, chat: str) -> Frame:
    """Who and where; the person's id encrypted unless a super administrator made the robot."""
    shown = userid if robot.plain_ids else world.open_userid(userid)
    place = {"chattype": "single"} if chat == robot.chat else {"chatid": chat, "chattype": "group"}
    return {"aibotid": robot.bot_id, **place, "from": {"userid": shown}}


def _asked(
    world: "World", kind: Kind, chat: str, userid: str, *, task_id: str = "", number: int = 0
) -> Asked:
    return Asked(
        kind=kind, at=world.now(), chat=chat, person=userid, task_id=task_id, number=number
    )


def _tell(world: "World", robot: Robot, cmd: str, body: Frame, asked: Asked) -> bool:
    """Send one frame, spoilt by the fault that waits for `aibot_event`. Did it leave?"""
    req_id = f"{cmd}-{secrets.token_hex(12)}"
    robot.asked[req_id] = asked
    frame = {"cmd": cmd, "headers": {"req_id": req_id}, "body": body}
    fault = world.faults.take("aibot_event")
    if fault:
        world.note_fault("aibot_event", fault.kind.value)
    if fault and fault.kind is FaultKind.REORDER:
        robot.kept_back.append(frame)
        return False
    if fault and fault.kind is FaultKind.LOSE:
        return False
    frames = [frame, frame] if fault and fault.kind is FaultKind.DUPLICATE else [frame]
    frames += robot.kept_back
    robot.kept_back = []
    if robot.by_url:
        robot.waiting += frames  # url_mode.deliver posts them
        robot.delay = fault.seconds if fault and fault.kind is FaultKind.SLOW else 0.0
        return False
    if robot.line is None:
        robot.missed += frames
        return False
    line = robot.line
    if fault and fault.kind is FaultKind.SLOW:
        late(lambda: _push(line, frames), fault.seconds)
    else:
        _push(line, frames)
    return True


def _push(line: Line, frames: list[Frame]) -> None:
    for frame in frames:
        line.push(frame)


def _seconds(at: datetime) -> int:
    return int(at.timestamp())
