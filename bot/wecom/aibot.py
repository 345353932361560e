"""The long connection of the smart robot (智能机器人) as a pure machine (wecom/api.md §2).

Fed with frames and times (seconds of any steady clock), it answers with what is to be done; it
owns no socket and reads no clock. `aibot_socket.py` drives it in life, a table in the tests.

    idle ──> connecting ──> subscribing ──> live ──┐
     ^            └──────────────┴───────────┴─────┴──> waiting(until) ──> connecting
     │                                                      a newer connection took over: ≥ 60 s
     └── nothing;  a wrong secret or a mode that is off ──> stopped, until somebody mends it

An answer that does not come within ANSWER_WITHIN is lost: what was asked may have happened.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any, Literal

PING_EVERY = 30.0  # seconds (§2.3)
MISSED_PONGS = 2  # then the connection is taken for dead
ANSWER_WITHIN = 5.0
CONNECT_WITHIN = 15.0
FIRST_PAUSE, LONGEST_PAUSE = 1.0, 60.0
KICKED_PAUSE = 60.0  # after disconnected_event: never a duel between two processes
LONGEST_KICKED_PAUSE = 600.0
SETTLED = 120.0  # a connection that lived this long starts the pauses anew
BAD_SECRET, NOT_ENABLED, BAD_BOT = 853000, 846601, 93019
STOPPERS = frozenset({BAD_SECRET, NOT_ENABLED, BAD_BOT})


class Phase(StrEnum):
    IDLE = "idle"
    CONNECTING = "connecting"
    SUBSCRIBING = "subscribing"
    LIVE = "live"
    WAITING = "waiting"
    STOPPED = "stopped"


@dataclass(frozen=True)
class Open:
    """Dial."""


@dataclass(frozen=True)
class Say:
    """Write this text frame."""

    text: str = field(repr=False)  # the first one holds the secret


@dataclass(frozen=True)
class Hang:
    """Close the socket; `closed` need not be told again."""


@dataclass(frozen=True)
class Answered:
    """The answer to `request`; `answer` is None where it is lost."""

    req_id: str
    answer: Mapping[str, Any] | None


@dataclass(frozen=True)
class Came:
    """A frame that WeCom began: a message or an event."""

    cmd: str
    req_id: str
    body: Mapping[str, Any]


@dataclass(frozen=True)
class Told:
    """Something that an administrator, or only the log, should know."""

    what: Literal["live", "lost", "kicked", "stopped", "odd"]
    code: int = 0
    detail: str = ""


Action = Open | Say | Hang | Answered | Came | Told


def frame(cmd: str, req_id: str, body: Mapping[str, Any] | None = None) -> str:
    """Return a text frame (§2.2)."""
    whole: dict[str, Any] = {"cmd": cmd, "headers": {"req_id": req_id}}
    if body is not None:
        whole["body"] = body
    return json.dumps(whole, ensure_ascii=False, separators=(",", ":"))


class Machine:
    """One bot's connection. Every method takes the time now and returns what to do, in order.

    `jitter` returns a number in [0, 1): it spreads the pauses, so that a hundred bureaus do not
    dial in the same second when WeCom comes back.
    """

    def __init__(self, bot_id: str, secret: str, jitter: Callable[[], float]) -> None:
        self._bot_id, self._secret, self._jitter = bot_id, secret, jitter
        self.phase = Phase.IDLE
        self._number = 0
        self._asked: dict[str, float] = {}  # req_id of ours -> until when its answer is awaited
        self._subscribe = ""
        self._pings: dict[str, float] = {}
        self._next_ping = 0.0
        self._until = 0.0  # connecting, subscribing, waiting: when this phase ends
        self._since = 0.0  # live since
        self._failures = 0
        self._kicks = 0
        self._kicked = False

    # -- what happens --------------------------------------------------------------------------

    def start(self, now: float) -> list[Action]:
        self.phase, self._until = Phase.CONNECTING, now + CONNECT_WITHIN
        return [Open()]

    def opened(self, now: float) -> list[Action]:
        """The socket is open: subscribe, once."""
        self.phase, self._until = Phase.SUBSCRIBING, now + ANSWER_WITHIN
        self._subscribe = self._new_id("sub")
        who = {"bot_id": self._bot_id, "secret": self._secret}
        return [Say(frame("aibot_subscribe", self._subscribe, who))]

    def closed(self, now: float, detail: str = "") -> list[Action]:
        """The socket is gone, cleanly or not, or never came to be."""
        if self.phase in (Phase.WAITING, Phase.STOPPED, Phase.IDLE):
            return []
        return self._retreat(now, Told("lost", detail=detail))

    def stop(self, _: float) -> list[Action]:
        """Go for good: somebody told us to."""
        lost = self._lose_all()
        open_socket = self.phase in (Phase.CONNECTING, Phase.SUBSCRIBING, Phase.LIVE)
        self.phase = Phase.STOPPED
        return [*lost, *([Hang()] if open_socket else [])]

    def received(self, text: str, now: float) -> list[Action]:
        """One text frame; nothing in it makes this raise."""
        try:
            whole = json.loads(text)
        except (ValueError, RecursionError):
            return [Told("odd", detail="not JSON")]
        headers = whole.get("headers") if isinstance(whole, dict) else None
        req_id = headers.get("req_id") if isinstance(headers, dict) else None
        if not isinstance(req_id, str):
            return [Told("odd", detail="no req_id")]
        cmd = whole.get("cmd")
        body = whole.get("body")
        body = body if isinstance(body, dict) else {}
        if isinstance(cmd, str) and "errcode" not in whole:
            return self._began(cmd, req_id, body, now)
        return self._answer(req_id, whole, now)

    def tick(self, now: float) -> list[Action]:
        """Time went on. Call it at `wake`, or as often as you like."""
        if self.phase is Phase.WAITING:
            return self.start(now) if now >= self._until else []
        if self.phase in (Phase.CONNECTING, Phase.SUBSCRIBING):
            if now < self._until:
                return []
            return [Hang(), *self._retreat(now, Told("lost", detail=f"{self.phase} too long"))]
        if self.phase is not Phase.LIVE:
            return []
        late = [req_id for req_id, until in self._asked.items() if now >= until]
        actions: list[Action] = [Answered(req_id, None) for req_id in late]
        for req_id in late:
            del self._asked[req_id]
        if now >= self._next_ping:
            if len(self._pings) >= MISSED_PONGS:
                return [*actions, Hang(), *self._retreat(now, Told("lost", detail="no pong"))]
            ping = self._new_id("ping")
            self._pings[ping] = now
            self._next_ping = now + PING_EVERY
            actions.append(Say(frame("ping", ping)))
        return actions

    def wake(self) -> float | None:
        """Return when `tick` next has something to do; None while nothing is awaited."""
        if self.phase in (Phase.CONNECTING, Phase.SUBSCRIBING, Phase.WAITING):
            return self._until
        if self.phase is Phase.LIVE:
            return min([self._next_ping, *self._asked.values()])
        return None

    # -- what is asked -------------------------------------------------------------------------

    @property
    def live(self) -> bool:
        return self.phase is Phase.LIVE

    def request(self, cmd: str, body: Mapping[str, Any], now: float) -> tuple[str, list[Action]]:
        """Return (req_id, actions) of a request of ours; only while `live`."""
        req_id = self._new_id("req")
        return req_id, self.reply(cmd, req_id, body, now)

    def reply(self, cmd: str, req_id: str, body: Mapping[str, Any], now: float) -> list[Action]:
        """Say something under `req_id`: that of the frame that is answered, or a new one."""
        assert self.live, "nothing can be asked of a connection that is not live"
        self._asked[req_id] = now + ANSWER_WITHIN
        return [Say(frame(cmd, req_id, body))]

    # -- inside --------------------------------------------------------------------------------

    def _new_id(self, stem: str) -> str:
        self._number += 1
        return f"{stem}-{self._number}-{int(self._jitter() * 1e9):09d}"

    def _began(self, cmd: str, req_id: str, body: Mapping[str, Any], now: float) -> list[Action]:
        event = body.get("event")
        kind = event.get("eventtype") if isinstance(event, dict) else body.get("eventtype")
        if kind == "disconnected_event":
            self._kicked = True
            return [Hang(), *self._retreat(now, Told("kicked"))]
        return [Came(cmd, req_id, body)]

    def _answer(self, req_id: str, whole: Mapping[str, Any], now: float) -> list[Action]:
        code = whole.get("errcode")
        code = code if type(code) is int else -1
        if req_id == self._subscribe and self.phase is Phase.SUBSCRIBING:
            return self._subscribed(code, now)
        if req_id in self._pings:
            self._pings.clear()  # whichever came: the other end lives
            return []
        if req_id in self._asked:
            del self._asked[req_id]
            return [Answered(req_id, whole)]
        return []  # too late: it was given up already

    def _subscribed(self, code: int, now: float) -> list[Action]:
        if code == 0:
            self.phase, self._since = Phase.LIVE, now
            self._next_ping = now + PING_EVERY
            return [Told("live")]
        if code in STOPPERS:
            self.phase = Phase.STOPPED
            return [Hang(), Told("stopped", code=code)]
        return [Hang(), *self._retreat(now, Told("lost", code=code))]

    def _retreat(self, now: float, told: Told) -> list[Action]:
        """Wait before the next try; what was asked and not answered is lost."""
        if self.phase is Phase.LIVE and now - self._since >= SETTLED:
            self._failures = self._kicks = 0
        if self._kicked:
            pause = min(KICKED_PAUSE * 2.0**self._kicks, LONGEST_KICKED_PAUSE)
            self._kicks += 1
        else:
            pause = min(FIRST_PAUSE * 2.0**self._failures, LONGEST_PAUSE)
            pause *= 0.5 + self._jitter() / 2
            self._failures = min(self._failures + 1, 16)
        self._kicked = False
        lost = self._lose_all()
        self.phase, self._until = Phase.WAITING, now + pause
        return [*lost, told]

    def _lose_all(self) -> list[Action]:
        lost: list[Action] = [Answered(req_id, None) for req_id in self._asked]
        self._asked.clear()
        self._pings.clear()
        return lost
