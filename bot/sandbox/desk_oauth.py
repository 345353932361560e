"""The desk of OAuth: codes for whoever opens a link inside WeCom (wecom/api.md §6)."""

import re
import secrets
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any
from urllib.parse import urlencode, urlsplit, urlunsplit

from bot.sandbox.asks import Ask
from bot.sandbox.errors import Refusal, ok
from bot.sandbox.judging import need, parse
from bot.sandbox.records import App
from bot.sandbox.tokens import SYNC

if TYPE_CHECKING:
    from bot.sandbox.world import World

CODE_LIFE = timedelta(minutes=5)
TICKET_LIFE = timedelta(seconds=1800)
STATE = re.compile(r"[a-zA-Z0-9]{0,128}")
SILENT, PRIVATE = "snsapi_base", "snsapi_privateinfo"


@dataclass(frozen=True, kw_only=True)
class Code:
    """What a code stands for. `agentid` None: the link named no app, any may redeem it."""

    userid: str  # "": not a member
    agentid: int | None
    at: datetime
    private: bool
    used: bool = False


class OAuth:
    """Every code and ticket that was given."""

    def __init__(self, world: "World") -> None:
        self._world = world
        self._codes: dict[str, Code] = {}
        self._tickets: dict[str, tuple[str, datetime]] = {}

    def sweep(self, before: datetime) -> None:
        """Forget the codes and tickets that were over by `before`."""
        self._codes = {c: one for c, one in self._codes.items() if one.at + CODE_LIFE > before}
        self._tickets = {t: p for t, p in self._tickets.items() if p[1] + TICKET_LIFE > before}

    def check(self, query: Mapping[str, str]) -> None:
        """Refusal if a page with this query is not to be shown: 40013, 41001, 84025, 50001."""
        if query.get("appid") != self._world.corp_id:
            raise Refusal(40013)
        if query.get("response_type") != "code" or query.get("scope") not in (SILENT, PRIVATE):
            raise Refusal(40058, "response_type or scope")
        if not STATE.fullmatch(query.get("state", "")):
            raise Refusal(84025)
        self._check_domain(query)

    def grant(self, query: Mapping[str, str], userid: str) -> str:
        """Where the browser goes when `userid` opens the link; "" stands for an outsider."""
        app = self._app(query)
        private = query["scope"] == PRIVATE and app is not None
        if userid and userid not in self._world.users:
            raise Refusal(60111)
        if private and userid and not self._world.users[userid].visible:
            raise Refusal(50002)
        code = secrets.token_urlsafe(32)
        self._codes[code] = Code(
            userid=userid,
            agentid=app.agentid if app else None,
            at=self._world.now(),
            private=private,
        )
        back = urlsplit(query["redirect_uri"])
        answer = urlencode({"code": code, "state": query.get("state", "")})
        joined = f"{back.query}&{answer}" if back.query else answer
        return urlunsplit((back.scheme, back.netloc, back.path, joined, back.fragment))

    def getuserinfo(self, ask: Ask) -> dict[str, Any]:
        """Who opened it. Members are named even outside the app's visible range (§6.2)."""
        agentid = self._world.tokens.agent_of(ask.token, ask.ip)
        if agentid == SYNC:
            raise Refusal(48002)
        text = ask.param("code", 41008)
        code = self._codes.get(text)
        if code is None or code.agentid not in (None, agentid):
            raise Refusal(40029)
        if code.used:
            raise Refusal(42022)
        if self._world.now() - code.at >= CODE_LIFE:
            raise Refusal(42003)
        self._codes[text] = replace(code, used=True)
        if not code.userid:
            return ok(openid=f"oAJ2G{secrets.token_hex(12)}")
        ticket = self._ticket(code.userid) if code.private else ""
        return ok(userid=code.userid, user_ticket=ticket, expires_in=1800 if ticket else 0)

    def getuserdetail(self, ask: Ask) -> dict[str, Any]:
        """Sensitive fields, empty here: 84015 for an unknown ticket, 84014 for an old one."""
        self._world.tokens.app_of(ask.token, ask.ip)
        held = self._tickets.get(need(parse(ask.body), "user_ticket", 84015))
        if held is None:
            raise Refusal(84015)
        userid, at = held
        if self._world.now() - at >= TICKET_LIFE:
            raise Refusal(84014)
        empty = dict.fromkeys(("avatar", "qr_code", "mobile", "email", "biz_mail", "address"), "")
        return {**ok(), "userid": userid, "gender": "0", **empty}

    def _check_domain(self, query: Mapping[str, str]) -> None:
        """50001 unless the redirect's host is the app's trusted domain, port included (§6.1)."""
        back = urlsplit(query.get("redirect_uri", ""))
        if back.scheme not in ("http", "https") or not back.netloc:
            raise Refusal(50001, "redirect_uri")
        app = self._app(query)
        domains = [app.trusted_domain] if app else [a.trusted_domain for a in self._apps()]
        if self._world.oauth_entity_check or back.netloc not in [d for d in domains if d]:
            raise Refusal(50001)

    def _apps(self) -> list[App]:
        return list(self._world.apps.values())

    def _app(self, query: Mapping[str, str]) -> App | None:
        agentid = query.get("agentid", "")
        if not agentid:
            return None
        app = self._world.apps.get(int(agentid)) if agentid.isdecimal() else None
        if app is None:
            raise Refusal(40056)
        return app

    def _ticket(self, userid: str) -> str:
        ticket = secrets.token_urlsafe(32)
        self._tickets[ticket] = (userid, self._world.now())
        return ticket
