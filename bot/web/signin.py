"""Signing in on a page of ours, silently, by WeCom (wecom/api.md §6).

    page ──no session──> begin: a state, bound to this browser by a signed cookie
         <──session────  finish: state and cookie agree, neither was used before, code -> account

Where the browser goes is never taken from a request: WeCom's address and the way back are built
from the configuration, the page to return to stands in the signed cookie. A session says only
whose browser it is, for half an hour; one with nobody in it says that WeCom did not know.
"""

from __future__ import annotations

import hmac
import logging
import re
import secrets
from collections import OrderedDict, deque
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from itsdangerous import BadSignature, URLSafeSerializer
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from bot.wecom.errors import CallFailed

log = logging.getLogger(__name__)

BACK = "/oauth/back"
STATE_LIFE = timedelta(minutes=5)  # as a code's (§6.1)
SESSION_LIFE = timedelta(minutes=30)
NOBODY_LIFE = timedelta(minutes=1)  # then WeCom may be asked again
FLOOD, FLOOD_CODES = timedelta(minutes=1), 300  # wrong codes; a card is tapped all the same
_STATE = re.compile(r"[0-9a-f]{32}", re.ASCII)
# A path on this site and nothing that any browser reads as another host or scheme.
_OURS = re.compile(r"/(?![/\\])[0-9A-Za-z._~/@=&?%+-]*", re.ASCII)
_INSIDE = re.compile(r"wxwork/|MicroMessenger/", re.IGNORECASE)


class NotOurs(Exception):
    """A way back that this browser did not begin here, or went before. Nothing is told of it."""


@dataclass(frozen=True, kw_only=True)
class SignIn:
    """Knows the browser's person, or sends it to WeCom to find out."""

    public_url: str
    authorize: Callable[[str, str], str]  # (back, state) -> WeCom's page
    opener: Callable[[str], Awaitable[str]]  # code -> account, "" for an outsider; or CallFailed
    key: bytes = field(repr=False)
    now: Callable[[], datetime]
    anywhere: bool = False  # a rehearsal: any browser may sign in, not only WeCom's own
    _used: OrderedDict[str, datetime] = field(default_factory=OrderedDict, init=False, repr=False)

    _failed: deque[datetime] = field(default_factory=deque, init=False, repr=False)

    def person(self, request: Request) -> str | None:
        """Return whose browser it is; "" where WeCom did not know; None before it was asked."""
        found = self._read("session", request.cookies.get(self._name("session"), ""))
        return str(found[0]) if found else None

    def wanted(self, request: Request) -> bool:
        """Whether to ask WeCom now: only its own browser leads back (§6.1)."""
        inside = self.anywhere or _INSIDE.search(request.headers.get("user-agent", ""))
        return bool(inside) and self.person(request) is None

    def begin(self, path: str) -> Response:
        """Send the browser to WeCom; it comes back to `path`, a page of this site.

        ValueError for any other `path`.
        """
        if not _OURS.fullmatch(path):
            raise ValueError("not a page of this site")
        state = secrets.token_hex(16)
        response = self._go(self.authorize(self.public_url + BACK, state))
        self._set(response, _of(state), [state, path], STATE_LIFE)
        return response

    async def finish(self, request: Request) -> Response:
        """Take the browser back from WeCom to the page it wanted; NotOurs for anybody else's."""
        state, code = (request.query_params.get(name, "") for name in ("state", "code"))
        if not _STATE.fullmatch(state) or not code:
            raise NotOurs("no state or no code")
        kept = self._read(_of(state), request.cookies.get(self._name(_of(state)), ""))
        if not kept or not hmac.compare_digest(str(kept[0]), state):
            raise NotOurs("another browser's state, or none")
        if not self._first_use(f"state {state}", f"code {code}"):
            raise NotOurs("used before")
        person = await self._whose(code)
        response = self._go(self.public_url + str(kept[1]))
        self._set(response, "session", [person], SESSION_LIFE if person else NOBODY_LIFE)
        response.delete_cookie(self._name(_of(state)), **self._attributes())
        return response

    # -- the form on a page --------------------------------------------------------------------

    def form(self, person: str, path: str) -> str:
        """Return what a form of ours carries, so that no other site can post in its name."""
        return str(self._signer("form").dumps([person.casefold(), path]))

    def sound(self, given: str, person: str, path: str) -> bool:
        return hmac.compare_digest(given.encode(), self.form(person, path).encode())

    # -- inside --------------------------------------------------------------------------------

    async def _whose(self, code: str) -> str:
        """Ask WeCom whose code it is; a flood of made-up codes is not handed on to it."""
        now = self.now()
        while self._failed and self._failed[0] <= now - FLOOD:
            self._failed.popleft()
        if len(self._failed) >= FLOOD_CODES:
            log.warning("not signed in: too many", extra={"action": "signin-flood"})
            return ""
        try:
            return await self.opener(code)
        except CallFailed as failed:  # the text is to be read all the same
            self._failed.append(now)
            log.warning("not signed in: %s", failed.reason, extra={"action": "signin-failed"})
            return ""

    def _first_use(self, *names: str) -> bool:
        now = self.now()
        while self._used and next(iter(self._used.values())) <= now:
            self._used.popitem(last=False)
        fresh = not any(name in self._used for name in names)
        self._used.update(dict.fromkeys(names, now + STATE_LIFE))
        return fresh

    def _go(self, address: str) -> Response:
        return RedirectResponse(
            address,
            status_code=302,
            headers={"Cache-Control": "no-store", "Referrer-Policy": "no-referrer"},
        )

    def _set(self, response: Response, name: str, values: list[str], life: timedelta) -> None:
        until = (self.now() + life).timestamp()
        signed = str(self._signer(name).dumps([*values, until]))
        seconds = int(life.total_seconds())
        response.set_cookie(self._name(name), signed, max_age=seconds, **self._attributes())

    def _read(self, name: str, signed: str) -> list[Any]:
        """Return the values of a cookie, [] where it is missing, altered or over."""
        try:
            *values, until = self._signer(name).loads(signed)
        except (BadSignature, ValueError, TypeError):
            return []
        return values if self.now().timestamp() < until else []

    def _signer(self, salt: str) -> URLSafeSerializer:
        return URLSafeSerializer(self.key, salt=f"signin {salt}")

    @property
    def _secure(self) -> bool:
        return self.public_url.startswith("https:")

    def _name(self, name: str) -> str:
        """A browser takes __Host- from this very host only, never from a neighbour's domain."""
        return f"{'__Host-' if self._secure else ''}qingfeng-{name}"

    def _attributes(self) -> dict[str, Any]:
        # Lax: WeCom's redirect brings the cookie along, another site's form does not.
        return {"path": "/", "secure": self._secure, "httponly": True, "samesite": "lax"}


def _of(state: str) -> str:
    """A cookie of its own for each state: two pages opened at once do not disturb each other."""
    return f"state-{state[:8]}"
