"""What the sandbox remembers: frozen data, free of secrets."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal

Json = Mapping[str, Any]
Options = Mapping[str, Sequence[str]]  # question_key -> chosen option ids

INTERACTIVE = frozenset({"button_interaction", "vote_interaction", "multiple_interaction"})


@dataclass(frozen=True, kw_only=True)
class Record:
    """One line of the world's log. No key, secret or token is ever in it.

    kind "call": endpoint, errcode (None: no answer was given), chat
    kind "message": an accepted message: chat, msgtype, reached, dropped, task_id, number, body
    kind "tap": person, task_id, key, options, delivered; `at` is when the finger fell
    kind "fault": endpoint, fault; stands beside the call it spoilt
    """

    at: datetime
    kind: Literal["call", "message", "tap", "fault"]
    endpoint: str = ""  # as in faults.ENDPOINTS: "gettoken", "aibot_send_msg", "callback", ...
    errcode: int | None = None
    fault: str = ""  # a FaultKind's value
    chat: str = ""  # a group's id, "app-<agentid>" or "bot-<bot id>"
    msgtype: str = ""
    reached: tuple[str, ...] = ()  # userids, in the world's order
    dropped: tuple[str, ...] = ()  # userids over their limit, told to nobody (wecom/api.md §3.2)
    number: int = 0  # of the message, 1 upwards
    body: Json | None = None  # {"msgtype": t, t: {...}} as shown, after any cutting
    person: str = ""
    task_id: str = ""
    key: str = ""  # the button's or submit button's
    options: Options | None = None
    delivered: bool = False  # the callback answered HTTP 200 within the tries


@dataclass(frozen=True, kw_only=True)
class User:
    """A member. Only visible ones are in every app's range; only licensed ones can be reached."""

    userid: str
    name: str
    visible: bool = True
    licensed: bool = True
    departments: tuple[int, ...] = (1,)
    position: str = ""


@dataclass(frozen=True, kw_only=True)
class Department:
    """One of the tree; 1 is the root and bears the corporation's name."""

    id: int
    name: str
    parentid: int = 1


@dataclass(frozen=True, kw_only=True)
class Tag:
    tagid: int
    name: str
    users: tuple[str, ...] = ()
    departments: tuple[int, ...] = ()


@dataclass(frozen=True, kw_only=True)
class Group:
    """A group. Its webhook key is kept elsewhere, so that a group can be printed."""

    group_id: str
    name: str
    members: tuple[str, ...]
    bots: tuple[str, ...] = ()  # bot ids of the smart robots in it
    owner: str = ""  # a userid; known of groups that an app made
    agentid: int | None = None  # the app that made it with appchat/create
    external: bool = False  # with people of other corporations in it
    dissolved: bool = False


@dataclass(frozen=True, kw_only=True)
class App:
    """A self-built app with its callback (wecom/api.md §5.1). Holds secrets: never log it."""

    agentid: int
    name: str
    secret: str
    token: str = ""
    aes_key: str = ""
    callback_url: str = ""
    trusted_domain: str = ""  # host, with its port if it has one, of OAuth pages; "": none
    root_range: bool = True  # is the root department its visible range? (appchat, 48002)

    def __repr__(self) -> str:
        return f"App(agentid={self.agentid}, name={self.name!r})"


@dataclass(frozen=True, kw_only=True)
class Message:
    """A message that was accepted, as its receivers see it."""

    number: int  # 1 upwards, over the whole world
    at: datetime
    chat: str  # a group's id, "app-<agentid>" or "bot-<bot id>"
    agentid: int | None  # the app that sent it, or None
    sender: str  # the name shown above the bubble
    body: Json  # {"msgtype": t, t: {...}}, after any cutting
    reached: tuple[str, ...]
    msgid: str = ""
    bot_id: str = ""  # the smart robot that sent it, or ""
    author: str = ""  # the userid of the person who wrote it, or ""

    @property
    def msgtype(self) -> str:
        return str(self.body["msgtype"])

    @property
    def card(self) -> Json:
        """The template card, or an empty mapping."""
        found = self.body.get("template_card", {})
        return found if isinstance(found, Mapping) else {}

    @property
    def task_id(self) -> str:
        return str(self.card.get("task_id", ""))

    @property
    def interactive(self) -> bool:
        """Does it carry something that can be tapped and makes an event?"""
        return self.card.get("card_type") in INTERACTIVE

    @property
    def pressable(self) -> bool:
        """Can a press reach somebody? Cards of apps and bots, with buttons or a corner menu."""
        told = self.agentid is not None or bool(self.bot_id)
        return told and (self.interactive or "action_menu" in self.card)


@dataclass(frozen=True, kw_only=True)
class CardState:
    """How one person's copy of a card was changed by a passive reply (wecom/api.md §5.8)."""

    greyed: str = ""  # text of the grey button that stands in place of the buttons
    card: Json | None = None  # a whole new card


@dataclass(frozen=True, kw_only=True)
class Chat:
    """One line of a person's chat list."""

    chat_id: str  # a group's id, "app-<agentid>" or "bot-<bot id>"
    name: str
    kind: Literal["group", "single"]
    viewer: str  # the userid whose phone this is


@dataclass(frozen=True, kw_only=True)
class Shown:
    """A message on one person's phone."""

    message: Message
    state: CardState | None = None  # None: untouched
