"""What came in from a person, whatever way it came."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal

from bot.core import asking
from bot.core.model import SHANGHAI

EventKind = Literal["card", "page", "enter", "message", "feedback", "other"]
CARD_BUTTON = "卡片按钮"
PAGE_BUTTON = "网页按钮（企业微信登录）"
ACK = "ack"  # begins the key of 已阅
NOBODY, OPENED = "anonymous", "opened"  # 已阅 of a browser; the page was looked at
USEFUL, UNCLEAR, WORDS = "useful", "unclear", "words"  # what a page may say of its text
BOT_BUTTON = "机器人卡片按钮"
SAID = "主动回复已阅"
TAPPED = "template_card_event"  # WeCom's name, in a callback and in a frame of the robot
_SECONDS = re.compile(r"[0-9]{1,10}", re.ASCII)


@dataclass(frozen=True, kw_only=True)
class Event:
    """One act of one person."""

    kind: EventKind
    person: str  # the account, as WeCom spells it
    at: datetime  # WeCom's CreateTime; 1970 where it said none
    task_id: str = ""  # card: which; page: of which push
    button: str = ""  # card, page: the key of the button
    text: str = ""  # message: the words, kept nowhere
    means: str = ""  # how it was shown, for the receipt
    chat: str = ""  # message: the chatid of the robot's group, "" in a chat of two
    chosen: tuple[str, ...] = ()  # card, page: the options that were ticked
    feedback: int = 0  # feedback: 1 accurate, 2 inaccurate, 3 withdrawn (wecom/api.md §2.5)
    name: str = ""  # msgid, or what else tells this act from every other; "" where nothing does


def event_from_xml(fields: Mapping[str, Any]) -> Event | None:
    """Return the event in a callback's XML (wecom/api.md §5.7), or None where no person acts.

    Missing and odd fields are read as empty: nothing in `fields` makes it raise.
    """
    person = _text(fields, "FromUserName")
    if not person or person == "sys":
        return None
    what, task_id, button = (_text(fields, name) for name in ("Event", "TaskId", "EventKey"))
    kind = _kind(_text(fields, "MsgType").lower(), what.lower())
    card = kind == "card"
    seconds, msgid = _text(fields, "CreateTime"), _text(fields, "MsgId")
    return Event(
        kind=kind,
        person=person,
        name=f"msg/{msgid}" if msgid else name_of(person, seconds, what, task_id, button),
        at=_moment(seconds),
        task_id=task_id if card else "",
        button=button if card else "",
        text=_text(fields, "Content") if kind == "message" else "",
        means=CARD_BUTTON if card else "",
        chosen=_chosen(fields, "SelectedItem", "OptionId") if card else (),
    )


def name_of(person: str, seconds: str, what: str, task_id: str, button: str) -> str:
    """Return what WeCom's three tries at telling one act have in common (wecom/api.md §5.5).

    Not the signature: digits can wander between nonce and timestamp without changing it.
    """
    return f"event/{person}/{seconds}/{what}/{task_id}/{button}"


def event_from_page(person: str, push_key: str, now: datetime, option: str = "") -> Event:
    """Return the event of 已阅 on a push's page, posted by somebody whom WeCom named.

    With `option` it is the answer to the page's question.
    """
    return Event(
        kind="page",
        person=person,
        at=now,
        task_id=push_key,
        button=asking.KEY if option else ACK,
        chosen=(option,) if option else (),
        means=PAGE_BUTTON,
    )


def event_from_frame(cmd: str, body: Mapping[str, Any]) -> Event | None:
    """Return the event in a frame of the robot (wecom/api.md §2.4, §2.5); None where nobody acts.

    Its details stand under event.<its name>, or flat beside eventtype, with or without
    underscores: the documents have them all. Nothing in `body` makes it raise.
    """
    sender = body.get("from")
    person = _text(sender, "userid") if isinstance(sender, Mapping) else ""
    if not person:
        return None
    if isinstance(sender, Mapping) and (corp := _text(sender, "corpid")):
        person = f"{corp}/{person}"  # told of robots that others may use (§2.5): nobody of ours
    event = body.get("event")
    flat: Mapping[str, Any] = event if isinstance(event, Mapping) else body
    what = _text(flat, "eventtype") or _text(flat, "event_type")
    nested = flat.get(what)
    detail: Mapping[str, Any] = nested if isinstance(nested, Mapping) else flat
    kind = _FRAMES.get(what, "other") if cmd == "aibot_event_callback" else _said(body)
    text = body.get("text")
    score = detail.get("type")
    return Event(
        kind=kind,
        person=person,
        name=f"bot/{msgid}" if (msgid := _text(body, "msgid")) else "",
        at=_moment(str(body.get("create_time") or "")),
        task_id=(_text(detail, "task_id") or _text(detail, "taskid")) if kind == "card" else "",
        button=(_text(detail, "event_key") or _text(detail, "eventkey")) if kind == "card" else "",
        text=_text(text, "content") if kind == "message" and isinstance(text, Mapping) else "",
        means=BOT_BUTTON if kind == "card" else "",
        chosen=_chosen(detail, "selected_item", "option_id") if kind == "card" else (),
        chat=_text(body, "chatid"),
        feedback=score if kind == "feedback" and type(score) is int else 0,
    )


_FRAMES: dict[str, EventKind] = {
    TAPPED: "card",
    "enter_chat": "enter",
    "feedback_event": "feedback",
}


def _said(body: Mapping[str, Any]) -> EventKind:
    return "message" if _text(body, "msgtype") in ("text", "mixed", "voice") else "other"


def _kind(message: str, event: str) -> EventKind:
    if message == "text":
        return "message"
    if message != "event":
        return "other"
    return _EVENTS.get(event, "other")


_EVENTS: dict[str, EventKind] = {TAPPED: "card", "enter_agent": "enter"}


def _moment(seconds: str) -> datetime:
    return datetime.fromtimestamp(int(seconds) if _SECONDS.fullmatch(seconds) else 0, SHANGHAI)


def _chosen(fields: Mapping[str, Any], item: str, option: str) -> tuple[str, ...]:
    """Return the ticked options of a card (wecom/api.md §2.5, §5.7); one alone is no list there."""
    several = "selected_items" if item.islower() else "SelectedItems"
    if several not in fields:
        return ()  # as of nearly every tap
    ids = "option_ids" if item.islower() else "OptionIds"
    found = [_under(_under(one, ids), option) for one in _list(_under(fields.get(several), item))]
    return tuple(str(one) for group in found for one in _list(group) if isinstance(one, str))


def _under(value: Any, name: str) -> Any:
    return value.get(name) if isinstance(value, Mapping) else None


def _list(value: Any) -> list[Any]:
    return value if isinstance(value, list) else [value]


def _text(fields: Mapping[str, Any], name: str) -> str:
    value = fields.get(name)
    return value if isinstance(value, str) else ""
