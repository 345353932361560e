"""What came in from a person, whatever way it came."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal

from bot.core.model import SHANGHAI

EventKind = Literal["card", "enter", "message", "other"]
CARD_BUTTON = "卡片按钮"
_SECONDS = re.compile(r"[0-9]{1,10}", re.ASCII)


@dataclass(frozen=True, kw_only=True)
class Event:
    """One act of one person."""

    kind: EventKind
    person: str  # the account, as WeCom spells it
    at: datetime  # WeCom's CreateTime; 1970 where it said none
    task_id: str = ""  # card: which
    button: str = ""  # card: the key of the button
    text: str = ""  # message: the words, kept nowhere
    means: str = ""  # how it was shown, for the receipt


def event_from_xml(fields: Mapping[str, Any]) -> Event | None:
    """Return the event in a callback's XML (wecom/api.md §5.7), or None where no person acts.

    Missing and odd fields are read as empty: nothing in `fields` makes it raise.
    """
    person = _text(fields, "FromUserName")
    if not person or person == "sys":
        return None
    kind = _kind(_text(fields, "MsgType").lower(), _text(fields, "Event").lower())
    card = kind == "card"
    return Event(
        kind=kind,
        person=person,
        at=_moment(_text(fields, "CreateTime")),
        task_id=_text(fields, "TaskId") if card else "",
        button=_text(fields, "EventKey") if card else "",
        text=_text(fields, "Content") if kind == "message" else "",
        means=CARD_BUTTON if card else "",
    )


def _kind(message: str, event: str) -> EventKind:
    if message == "text":
        return "message"
    if message != "event":
        return "other"
    known: dict[str, EventKind] = {"template_card_event": "card", "enter_agent": "enter"}
    return known.get(event, "other")


def _moment(seconds: str) -> datetime:
    return datetime.fromtimestamp(int(seconds) if _SECONDS.fullmatch(seconds) else 0, SHANGHAI)


def _text(fields: Mapping[str, Any], name: str) -> str:
    value = fields.get(name)
    return value if isinstance(value, str) else ""
