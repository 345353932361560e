"""The access token, fetched when needed and put on every request (wecom/api.md §3.1, §10.1).

It does no I/O of its own: httpx drives the generator, so the token's call goes through the same
client, limits and time-outs as the message.

    none ──gettoken──> fresh ──300 s before its end, or 40014/42001──> none
      └──refused, or no answer──> resting (no call leaves) ──time is up──> none
"""

from __future__ import annotations

import asyncio
import contextlib
import json
import math
from collections.abc import AsyncGenerator, AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager
from datetime import UTC, datetime, timedelta
from typing import Any, Protocol

import httpx

from bot.wecom.client import parsed
from bot.wecom.errors import HOUR, CallFailed, reaction

EARLY = timedelta(seconds=300)
STALE = frozenset({40014, 42001})
FORBIDDEN = frozenset({40001, 40013, 40091})  # never again within the hour: WeCom bans the address
# Seconds without a call for a token after one that failed otherwise, counted from its start: so
# longer than its time-outs, or those who wait would try one after another.
REST = 30
_LONG_AGO = datetime.min.replace(tzinfo=UTC)


class Known(Protocol):
    """What several processes know of one token; whoever holds it is alone with it."""

    async def read(self) -> str | None: ...

    async def write(self, value: str) -> None: ...


class Kept(Protocol):
    """Where a token is kept for several processes. OSError where that cannot be reached."""

    def held(self) -> AbstractAsyncContextManager[Known]: ...


class Alone:
    """One process needs no such place: nothing is known but what it knows itself."""

    @contextlib.asynccontextmanager
    async def held(self) -> AsyncIterator[Known]:
        yield self

    async def read(self) -> str | None:
        return None

    async def write(self, value: str) -> None:
        return None


class Token(httpx.Auth):
    """Puts a valid access token on requests. Its secret never leaves it but to gettoken.

    One object per corporation and app, shared by all who send: twenty at once fetch one token,
    and so do several processes with the same `kept`.
    Raises CallFailed("no", …) when no token is to be had: nothing was sent then.
    """

    requires_response_body = True

    def __init__(
        self, corp_id: str, secret: str, *, now: Callable[[], datetime], kept: Kept | None = None
    ) -> None:
        self._corp_id, self._secret, self._now = corp_id, secret, now
        self._kept: Kept = kept or Alone()
        self._bad = ""  # a value that WeCom no longer takes
        self._value = ""
        self._until = _LONG_AGO  # the value is used before that
        self._rest_until = _LONG_AGO  # no call leaves before that
        self._rest_reason: tuple[str, int | None] = ("", None)
        self._lock = asyncio.Lock()

    def __repr__(self) -> str:
        return "Token(…)"

    async def async_auth_flow(
        self, request: httpx.Request
    ) -> AsyncGenerator[httpx.Request, httpx.Response]:
        for _ in ("at first", "once more"):
            async with self._lock:  # single flight
                self._check_rest()
                if not self._fresh():
                    async with self._alone() as known:
                        self._learn(await known.read())
                        if not self._fresh() and not self._left():
                            # unless it answers
                            self._rest(REST, "获取访问令牌时没有得到答复，稍候再试")
                            answer = yield self._question(request)
                            await answer.aread()
                            self._keep(answer)
                            await known.write(self._told())
                    self._check_rest()
                value = self._value
            request.url = request.url.copy_set_param("access_token", value)
            response = yield request
            await response.aread()
            if not self._look(response, value):
                if self._left():  # forbidden: nobody else need find it out
                    async with self._alone() as known:
                        await known.write(self._told())
                return

    @contextlib.asynccontextmanager
    async def _alone(self) -> AsyncIterator[Known]:
        try:
            async with self._kept.held() as known:
                yield known
        except OSError as error:
            raise CallFailed(
                "no", f"访问令牌取不到：{error.strerror or error}", wait=REST
            ) from None

    def _told(self) -> str:
        """Return what other processes are to know, as JSON."""
        reason, code = self._rest_reason
        told: dict[str, Any] = {"value": self._value, "until": self._until.isoformat()}
        if self._left():
            told |= {"rest": self._rest_until.isoformat(), "reason": reason, "code": code}
        return json.dumps(told)

    def _learn(self, told: str | None) -> None:
        """Take over what another process knows, unless WeCom has refused that very token."""
        known = json.loads(told) if told else {}
        if known.get("value") and known["value"] != self._bad:
            self._value, self._until = known["value"], datetime.fromisoformat(known["until"])
        if "rest" in known:
            self._rest_until = datetime.fromisoformat(known["rest"])
            self._rest_reason = (known["reason"], known["code"])

    def _left(self) -> bool:
        """Whether no call may leave yet."""
        return self._now() < self._rest_until

    def _fresh(self) -> bool:
        return bool(self._value) and self._now() < self._until

    def _question(self, request: httpx.Request) -> httpx.Request:
        """Return the call for a token, to the same host and with the same time-outs."""
        base = request.url.path.partition("/cgi-bin/")[0]
        url = request.url.copy_with(
            path=f"{base}/cgi-bin/gettoken",
            params={"corpid": self._corp_id, "corpsecret": self._secret},
        )
        # httpx keeps time-outs in `extensions`; without them a call may last for ever.
        return httpx.Request("GET", url, extensions=request.extensions)

    def _keep(self, response: httpx.Response) -> None:
        """Take the token out of gettoken's answer, or rest."""
        answer = parsed(response) or {}
        code = answer.get("errcode")
        value = answer.get("access_token")
        if code == 0 and isinstance(value, str) and value:
            self._value, self._until = value, self._now() + _lifetime(answer.get("expires_in"))
            self._rest_until = _LONG_AGO
            return
        if not code:  # no answer that can be read, or 0 without a token
            self._rest(REST, f"获取访问令牌时答复不明确（HTTP {response.status_code}）")
        else:
            self._refuse(code)

    def _look(self, response: httpx.Response, used: str) -> bool:
        """Whether the request must go once more, because the token `used` was no longer good."""
        code = (parsed(response) or {}).get("errcode")
        if code in FORBIDDEN:
            self._refuse(code)
        if code not in STALE:
            return False
        if self._value == used:  # else another task has already replaced it
            self._value, self._bad = "", used
        return True

    def _refuse(self, code: int) -> None:
        told = reaction(code, deduplicated=True)
        seconds = HOUR if code in FORBIDDEN else told.then.seconds or REST
        self._value = ""
        self._rest(seconds, f"{told.sentence}（错误码 {code}）", code)

    def _rest(self, seconds: int, reason: str, code: int | None = None) -> None:
        self._rest_until = self._now() + timedelta(seconds=seconds)
        self._rest_reason = (reason, code)

    def _check_rest(self) -> None:
        left = self._rest_until - self._now()
        if left > timedelta(0):
            reason, code = self._rest_reason
            raise CallFailed("no", reason, code=code, wait=math.ceil(left.total_seconds()))


def _lifetime(expires_in: object) -> timedelta:
    """Return how long a token is used: renewed 300 s early, a short one after half its life."""
    seconds = expires_in if isinstance(expires_in, int) and 0 < expires_in < 86_400 else 7200
    whole = timedelta(seconds=seconds)
    return max(whole - EARLY, whole / 2)
