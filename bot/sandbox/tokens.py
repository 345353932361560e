"""Access tokens, and the limits on calling at all (wecom/api.md §3.1, §3.7)."""

import secrets
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

from bot.sandbox.errors import Refusal, ok
from bot.sandbox.limits import Windows
from bot.sandbox.records import App

if TYPE_CHECKING:
    from bot.sandbox.world import World

LIFE = timedelta(seconds=7200)
PER_API = ((10_000, 60), (150_000, 3600))  # calls of one corporation to one API
PER_IP = ((20_000, 60), (600_000, 3600))
DEBUG = (5, 60)  # with ?debug=1
WRONG_SECRETS = 10  # from one address within an hour; the number is not published
SYNC = 0  # the agentid that stands for the secret of 通讯录同步


@dataclass(frozen=True, kw_only=True)
class Token:
    agentid: int
    expires: datetime
    invalid: bool = False  # withdrawn before its time: 40014 instead of 42001


class Tokens:
    """Every token that was given, and who called how often."""

    def __init__(self, world: "World") -> None:
        self._world = world
        self._tokens: dict[str, Token] = {}
        self._rates: dict[str, Windows] = {}
        self._wrong: dict[str, Windows] = {}  # address -> wrong secrets
        self._banned: dict[str, datetime] = {}  # address -> until when

    def sweep(self, before: datetime) -> None:
        """Forget the tokens that had expired by `before`."""
        self._tokens = {text: one for text, one in self._tokens.items() if one.expires > before}

    def count(self, endpoint: str, ip: str, *, debug: bool = False) -> None:
        """Count one call; 45009 when the corporation or the address calls too often."""
        names: list[tuple[str, tuple[tuple[int, int], ...]]]
        names = [(f"ip {ip}", PER_IP), (endpoint, PER_API)]
        if debug:
            names = [(f"debug {endpoint}", (DEBUG,))]
        for name, quotas in names:
            rates = self._rates.get(name) or self._rates.setdefault(name, Windows(*quotas))
            if not rates.take(self._world.now(), self._world.api_window):
                raise Refusal(45009)

    def gettoken(self, corpid: str, corpsecret: str, ip: str) -> dict[str, Any]:
        """A token of 7200 s; the running one again while `reuse_tokens`."""
        if not corpid:
            raise Refusal(41002)
        if not corpsecret:
            raise Refusal(41004)
        if corpid != self._world.corp_id:
            raise Refusal(40013)
        if ip in self._banned and self._world.now() < self._banned[ip]:
            raise Refusal(45009, "too many wrong secrets from this ip")
        agentid = self._holder(corpsecret)
        if agentid is None:
            self._note_wrong(ip)
            raise Refusal(40001)
        return ok(access_token=self._token_for(agentid), expires_in=7200)

    def app_of(self, text: str, ip: str) -> App:
        """The app whose token this is; 48002 for that of 通讯录同步."""
        agentid = self.agent_of(text, ip)
        if agentid == SYNC:
            raise Refusal(48002)
        return self._world.apps[agentid]

    def agent_of(self, text: str, ip: str) -> int:
        """The agentid behind a token, or SYNC: 41001, 40014, 42001, 60020."""
        if not text:
            raise Refusal(41001)
        token = self._tokens.get(text)
        if token is None or token.invalid:
            raise Refusal(40014)
        if self._world.now() >= token.expires:
            raise Refusal(42001)
        if self._world.allowed_ips is not None and ip not in self._world.allowed_ips:
            raise Refusal(60020)
        return token.agentid

    def spoil(self, agentid: int | None, *, expire: bool) -> None:
        """Make the tokens of one app, or of all, expired (42001) or invalid (40014)."""
        for text, token in list(self._tokens.items()):
            if agentid in (None, token.agentid):
                expires = min(self._world.now(), token.expires) if expire else token.expires
                self._tokens[text] = replace(token, expires=expires, invalid=not expire)

    def _holder(self, secret: str) -> int | None:
        given = secret.encode()
        for app in self._world.apps.values():
            if secrets.compare_digest(app.secret.encode(), given):
                return app.agentid
        sync = self._world.sync_secret.encode()
        return SYNC if sync and secrets.compare_digest(sync, given) else None

    def _note_wrong(self, ip: str) -> None:
        tries = self._wrong.setdefault(ip, Windows((WRONG_SECRETS, 3600)))
        if not tries.take(self._world.now()):
            self._banned[ip] = self._world.now() + timedelta(hours=1)

    def _token_for(self, agentid: int) -> str:
        now = self._world.now()
        for text, token in self._tokens.items():
            alive = not token.invalid and token.expires > now
            if self._world.reuse_tokens and alive and token.agentid == agentid:
                return text
        text = secrets.token_urlsafe(96)
        self._tokens[text] = Token(agentid=agentid, expires=now + LIFE)
        return text
