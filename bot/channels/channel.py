"""What a way out is, and how an answer of WeCom is judged.

    SendError(reason, outcome, then)   the one exception of a channel

A channel is two steps: `body` makes the exact bytes, which are stored; `send` posts what was
stored. Nothing secret is in the bytes, and nothing secret is in an error (DESIGN §4).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Any, Literal, Protocol

from bot.core.model import Enclosure, Message
from bot.core.policy import Limit
from bot.core.render import Dialect
from bot.wecom.errors import NOTHING, CallFailed, NotDone, Outcome, Then, reaction
from bot.wecom.media import Kind

Scope = Literal["chat", "calls", "people", "address"]


@dataclass(frozen=True, kw_only=True)
class Limits:
    """What WeCom takes, by what it counts."""

    chat: tuple[Limit, ...] = ()  # messages to one group, or to one person
    calls: tuple[Limit, ...] = ()  # of one interface by one corporation
    people: tuple[Limit, ...] = ()  # reached through it (人次)
    address: tuple[Limit, ...] = ()  # calls from this machine, of whatever kind

    def of(self) -> tuple[tuple[Scope, tuple[Limit, ...]], ...]:
        """Return what is limited, with its limits."""
        every: tuple[tuple[Scope, tuple[Limit, ...]], ...] = (
            ("chat", self.chat),
            ("calls", self.calls),
            ("people", self.people),
            ("address", self.address),
        )
        return tuple(one for one in every if one[1])


MINUTELY, HOURLY = timedelta(minutes=1), timedelta(hours=1)
OF_ADDRESS = (Limit(20_000, MINUTELY), Limit(600_000, HOURLY))  # wecom/api.md §3.7
OF_INTERFACE = (Limit(10_000, MINUTELY), Limit(150_000, HOURLY))  # §3.7
OF_CHAT = (
    Limit(30, MINUTELY),
    Limit(1_000, HOURLY),
)  # a member of an app §3.2, a chat of a robot §2.7

_BROKEN_OFF = frozenset({846611, 846612, 846613, 846616})  # an upload in pieces: begin it anew
TEXT_LIMIT = 512  # characters of a msgid or response_code; WeCom's are far shorter


@dataclass(frozen=True, kw_only=True)
class Sent:
    """WeCom took the message."""

    msgid: str = ""  # for recall; app messages only
    response_code: str = ""  # for one later change of the card, 72 h
    invalid: tuple[str, ...] = ()  # unknown, or outside the app; spelt as they were asked
    unlicensed: tuple[str, ...] = ()


class SendError(Exception):
    """The message was not taken, or nobody knows; it says what to do.

    `reason` is Chinese, for the administrator, and never holds a key.
    """

    def __init__(self, reason: str, outcome: Outcome, then: Then = NOTHING) -> None:
        super().__init__(reason)
        self.reason, self.outcome, self.then = reason, outcome, then


class Channel(Protocol):
    """A way out."""

    name: str  # as in [target.…] channel
    way: str  # what it is called wherever the program speaks of it: 群消息, 逐人卡片 …
    needs: tuple[str, tuple[str, ...]]  # [wecom.…] and the keys that must be filled in for it
    tappable: bool  # gives a person a way to tap
    part_size: int  # named people in one message, 0 where a group hears it
    pictures: bool  # carries a Picture
    carries: Mapping[Kind, int]  # of 附件: the most bytes of each kind; none where it has no files
    needs_chat: bool  # `body` wants the chatid of the group as the one it is for
    dialect: Dialect  # of its Markdown, and how much of it a message holds
    whole: int  # bytes of a whole text that goes this way; 0 where its summary does
    deduplicates: bool  # WeCom drops identical JSON
    limits: Limits  # what WeCom takes, by what it counts
    fingerprint: str  # of the address: changes with it, and says nothing of it

    @property
    def closed(self) -> str:
        """Why nothing can leave this way just now, in Chinese; "" while it can."""
        ...

    def body(self, message: Message, to: Sequence[str]) -> bytes:
        """Return the exact UTF-8 JSON that `send` will post: the same for the same arguments.

        Raises ValueError (TooLong where it is the length) for what this channel cannot carry.
        """
        ...

    async def taken(self, enclosure: Enclosure) -> Enclosure:
        """Return what is attached as `body` wants it: uploaded, where WeCom takes ids.

        It says nothing to anybody, so that whatever went wrong may be tried again: SendError.
        """
        ...

    async def send(self, body: bytes) -> Sent:
        """Post what `body` returned, or raise SendError."""
        ...


def judge(answer: Mapping[str, Any], *, deduplicated: bool, asked: Sequence[str] = ()) -> Sent:
    """Return Sent, or raise SendError: only errcode 0 is a delivery (wecom/api.md §10).

    `asked` are the accounts the message was for. WeCom lower-cases those it could not serve
    (§3.2); they come back as they were spelt. When none could be served it is a refusal.
    """
    code = answer["errcode"]
    if code:
        raise refusal(code, deduplicated=deduplicated)
    spelt = {person.lower(): person for person in asked}
    invalid, unlicensed = (
        tuple(spelt.get(person.lower(), person) for person in _people(answer.get(name)))
        for name in ("invaliduser", "unlicenseduser")
    )
    if asked and set(asked) <= {*invalid, *unlicensed}:
        raise refusal(81013, deduplicated=deduplicated)
    return Sent(
        msgid=_text(answer.get("msgid")),
        response_code=_text(answer.get("response_code")),
        invalid=invalid,
        unlicensed=unlicensed,
    )


def refusal(code: int, *, deduplicated: bool) -> SendError:
    """Return the SendError for an errcode other than 0."""
    told = reaction(code, deduplicated=deduplicated)
    return SendError(f"{told.sentence}（错误码 {code}）", told.outcome, told.then)


def unanswered(failed: CallFailed) -> SendError:
    """Return the SendError for a call without a clear answer. Raise it `from None`."""
    if failed.sent == "maybe":
        return SendError(failed.reason, Outcome.UNKNOWN)
    stopped = failed.code is not None and _stops_app(failed.code)
    then = Then("stop_app" if stopped else "wait", failed.wait)
    return SendError(failed.reason, Outcome.RETRY, then)  # nothing was sent


def refused_upload(refused: NotDone) -> SendError:
    """Return the SendError for a file that WeCom did not take. Raise it `from None`."""
    told = reaction(refused.code, deduplicated=True)  # nothing was said: it may go up again
    outcome = Outcome.RETRY if refused.code in _BROKEN_OFF else told.outcome
    return SendError(refused.reason, outcome, told.then)


def _stops_app(code: int) -> bool:
    return reaction(code, deduplicated=True).then.kind == "stop_app"


def _people(joined: object) -> list[str]:
    return [person for person in joined.split("|") if person] if isinstance(joined, str) else []


def _text(value: object) -> str:
    """Return a short printable text, "" for anything else: it goes into a row as it is."""
    sound = isinstance(value, str) and value.isprintable() and len(value) <= TEXT_LIMIT
    return str(value) if sound else ""
