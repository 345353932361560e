"""Who is at the console, and how they came in.

    one-time link, printed at start ──┐
    personal link and PIN           ──┼──> a signed cookie: who, role, how, until ──> every page
    WeCom's silent sign-in          ──┘

There is no password to forget and none by default. What a cookie says was true when it was signed;
whether a personal link was taken back since (`link`), and whether the lists of accounts still say
so, is asked with every page.
"""

from __future__ import annotations

import hashlib
import hmac
import json
import secrets
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from itsdangerous import BadSignature, URLSafeSerializer
from starlette.requests import Request
from starlette.responses import Response

from bot.library import disk

SEE, WRITE, REVIEW, STOP, RULE = "see", "write", "review", "stop", "rule"
MAY: Mapping[str, frozenset[str]] = {
    "查看": frozenset({SEE}),
    "编辑": frozenset({SEE, WRITE, STOP}),
    "审核": frozenset({SEE, REVIEW, STOP}),
    "管理": frozenset({SEE, WRITE, REVIEW, STOP, RULE}),
}
ADMINISTRATOR = "管理"
INVITED_FOR = timedelta(hours=24)
STAY = timedelta(hours=12)
BY_INVITATION, BY_LINK, BY_WECOM = "本机链接", "个人链接+口令", "企业微信登录"


@dataclass(frozen=True, kw_only=True)
class Visitor:
    """Somebody at the console."""

    name: str  # "" for whoever holds the link that was printed at start
    role: str
    how: str
    link: str = field(default="", repr=False)  # of a personal link: what reviewers.json has of it
    nonce: str = field(default="", repr=False)

    def may(self, what: str) -> bool:
        return what in MAY.get(self.role, ())


@dataclass(frozen=True, kw_only=True)
class Entry:
    """Lets people in and knows them again. Invitations live as long as the process; who has
    left is known after a restart as well."""

    key: bytes = field(repr=False)
    https: str  # the public name, where browsers come to it by https; "" where they do not
    roles: Mapping[str, Sequence[str]]  # role -> accounts of WeCom, for its sign-in
    hosts: frozenset[str]  # names under which the console may be asked for
    record: Path | None = None  # where it is written who has left
    _invited: dict[str, datetime] = field(default_factory=dict, init=False, repr=False)
    _left: dict[str, datetime] = field(default_factory=dict, init=False, repr=False)  # nonces

    def __post_init__(self) -> None:
        if self.record is not None:
            with suppress(OSError, ValueError, TypeError, AttributeError):
                known = json.loads(self.record.read_bytes())
                self._left.update({one: datetime.fromisoformat(at) for one, at in known.items()})

    def invite(self, now: datetime) -> str:
        """Return a token that lets one browser in as administrator, once, within a day."""
        for old in [one for one, until in self._invited.items() if until <= now]:
            del self._invited[old]
        token = secrets.token_urlsafe(32)
        self._invited[_hidden(token)] = now + INVITED_FOR
        return token

    def accept(self, token: str, now: datetime) -> Visitor | None:
        """Take an invitation; None for one that was taken before, is over, or is none."""
        until = self._invited.pop(_hidden(token), None)
        if until is None or until <= now:
            return None
        return Visitor(name="", role=ADMINISTRATOR, how=BY_INVITATION)

    def invited(self, token: str, now: datetime) -> bool:
        """Whether `accept` would let in; a GET asks, for scanners and previews open links too."""
        until = self._invited.get(_hidden(token))
        return until is not None and now < until

    def role_of(self, account: str) -> str:
        """Return the most that an account of WeCom may do, "" for nothing."""
        for role in reversed(list(MAY)):
            if account.casefold() in {one.casefold() for one in self.roles.get(role, ())}:
                return role
        return ""

    # -- the cookie ----------------------------------------------------------------------------

    def keep(self, response: Response, request: Request, visitor: Visitor, now: datetime) -> None:
        """Let the browser come back for half a day."""
        until = (now + STAY).timestamp()
        row = [visitor.name, visitor.role, visitor.how, visitor.link, secrets.token_hex(8), until]
        signed = str(self._signer("visitor").dumps(row))
        seconds = int(STAY.total_seconds())
        self._set(response, request, "console", signed, seconds)

    def visitor(self, request: Request, now: datetime) -> Visitor | None:
        row = self._read("visitor", request.cookies.get(self._name(request, "console"), ""))
        if len(row) != 6 or now.timestamp() >= row[5] or row[1] not in MAY or row[4] in self._left:
            return None
        if row[2] == BY_WECOM and self.role_of(row[0]) != row[1]:
            return None  # the lists say otherwise since
        return Visitor(name=row[0], role=row[1], how=row[2], link=row[3], nonce=row[4])

    def leave(self, response: Response, request: Request, visitor: Visitor, now: datetime) -> None:
        """End a stay: whoever copied its cookie is out as well. OSError: only until a restart."""
        for old in [one for one, until in self._left.items() if until <= now]:
            del self._left[old]
        self._left[visitor.nonce] = now + STAY
        if self.record is not None:
            left = {one: until.isoformat() for one, until in self._left.items()}
            disk.write(self.record, json.dumps(left).encode())
        response.delete_cookie(self._name(request, "console"), **self._attributes(request))

    def ticket(self, visitor: Visitor) -> str:
        """Return what a form of this visitor's pages carries, and no other site can know."""
        said = "\n".join(["console", visitor.name, visitor.how, visitor.nonce])
        return hmac.new(self.key, said.encode(), hashlib.sha256).hexdigest()

    # -- what the next page says, once -----------------------------------------------------------

    def note(self, response: Response, request: Request, words: str) -> None:
        self._set(response, request, "note", str(self._signer("note").dumps([words])), 60)

    def noted(self, request: Request) -> str:
        row = self._read("note", request.cookies.get(self._name(request, "note"), ""))
        return str(row[0]) if row else ""

    def forget_note(self, response: Response, request: Request) -> None:
        response.delete_cookie(self._name(request, "note"), **self._attributes(request))

    # -- inside --------------------------------------------------------------------------------

    def _read(self, salt: str, signed: str) -> list[Any]:
        try:
            row = self._signer(salt).loads(signed)
        except (BadSignature, ValueError, TypeError):
            return []
        return row if isinstance(row, list) else []

    def _signer(self, salt: str) -> URLSafeSerializer:
        return URLSafeSerializer(self.key, salt=f"console {salt}")

    def _set(
        self, response: Response, request: Request, name: str, signed: str, seconds: int
    ) -> None:
        response.set_cookie(
            self._name(request, name), signed, max_age=seconds, **self._attributes(request)
        )

    def _secure(self, request: Request) -> bool:
        return bool(self.https) and host_of(request) == self.https

    def _name(self, request: Request, name: str) -> str:
        return f"{'__Host-' if self._secure(request) else ''}qingfeng-{name}"

    def _attributes(self, request: Request) -> dict[str, Any]:
        # Lax: whoever follows a link from WeCom or a mail is still signed in; a form is not sent.
        return {
            "path": "/",
            "secure": self._secure(request),
            "httponly": True,
            "samesite": "lax",
        }


def host_of(request: Request) -> str:
    """Return the name that the browser asked for, without its port."""
    return urlsplit(f"//{request.headers.get('host', '')}").hostname or ""


def _hidden(token: str) -> str:
    return hashlib.sha256(token.encode("utf-8", "replace")).hexdigest()
