"""已阅 on the page of a text that went to a group: one a browser, and of nobody.

The cookie says only that it is the same browser; what was tapped there stands in it and nowhere
else. Whoever sends a form must have got the page before: a scanner that posts counts nothing.
"""

from __future__ import annotations

import hashlib
import re
import secrets
from dataclasses import dataclass, field

from itsdangerous import BadSignature, URLSafeSerializer
from starlette.requests import Request
from starlette.responses import Response

YEAR = 365 * 24 * 3600  # seconds
_NAME = "qingfeng-browser"
_ID = re.compile(r"[0-9a-f]{32}", re.ASCII)


@dataclass(frozen=True, kw_only=True)
class Browsers:
    key: bytes = field(repr=False)
    secure: bool
    _done: set[str] = field(default_factory=set, init=False, repr=False)  # two taps at once

    def form(self, request: Request, token: str) -> tuple[str, str]:
        """Return (proof for the page's form, the browser's id, to be given to it)."""
        browser = self._browser(request) or secrets.token_hex(16)
        return str(self._signer("form").dumps([browser, token])), browser

    def give(self, response: Response, browser: str) -> None:
        self._set(response, _NAME, str(self._signer("browser").dumps(browser)))

    def sound(self, request: Request, given: str, token: str) -> bool:
        """Whether this browser got the form it sends from the page of `token`."""
        browser = self._browser(request)
        try:
            return bool(browser) and self._signer("form").loads(given) == [browser, token]
        except BadSignature:
            return False

    def first(self, request: Request, response: Response, token: str) -> bool:
        """Whether this browser taps here for the first time; `response` remembers it."""
        browser = self._browser(request)
        name = f"{_NAME}-{hashlib.sha256(token.encode()).hexdigest()[:12]}"
        one = hashlib.sha256(f"{browser} {token}".encode()).hexdigest()
        known = request.cookies.get(name) == "1" or one in self._done
        self._done.add(one)
        self._set(response, name, "1")
        return not known

    def _browser(self, request: Request) -> str:
        try:
            found = str(self._signer("browser").loads(request.cookies.get(_NAME, "")))
        except BadSignature:
            return ""
        return found if _ID.fullmatch(found) else ""

    def _set(self, response: Response, name: str, value: str) -> None:
        response.set_cookie(
            name, value, max_age=YEAR, path="/r", secure=self.secure, httponly=True, samesite="lax"
        )

    def _signer(self, what: str) -> URLSafeSerializer:
        return URLSafeSerializer(self.key, salt=f"anonymous {what}")
