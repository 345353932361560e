"""The desk at which an app is answered: gettoken and message/send (wecom/api.md §3.1-3.3)."""

import hashlib
import json
import secrets
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any, Literal

from bot.sandbox.cards import wants_callback
from bot.sandbox.errors import Refusal, ok
from bot.sandbox.judge_app import (
    Receivers,
    agentid_of,
    check_interval,
    judge,
    receivers,
)
from bot.sandbox.judging import parse
from bot.sandbox.limits import Windows
from bot.sandbox.records import App, Message

if TYPE_CHECKING:
    from bot.sandbox.world import World

TOKEN_LIFE = timedelta(seconds=7200)
PER_MEMBER = ((30, 60), (1000, 3600))  # messages, seconds; the surplus vanishes without an error
PER_API = ((10_000, 60), (150_000, 3600))  # calls of one corporation (wecom/api.md §3.7)

DuplicateAnswer = Literal["same", "bare", "refused"]


@dataclass(frozen=True, kw_only=True)
class Token:
    agentid: int
    expires: datetime
    invalid: bool = False  # withdrawn before its time: 40014 instead of 42001


@dataclass(frozen=True, kw_only=True)
class Sorted:
    """The receivers of one request, sorted. All but `reached` and `dropped` lower-cased."""

    reached: tuple[str, ...]
    dropped: tuple[str, ...]  # over their limit
    invalid: tuple[str, ...]
    unlicensed: tuple[str, ...]


class AppDesk:
    """Tokens, duplicate checks, task_ids and rates of all apps of one world."""

    def __init__(self, world: "World") -> None:
        self._world = world
        self._tokens: dict[str, Token] = {}
        self._task_ids: set[tuple[int, str]] = set()
        self._seen: dict[tuple[int, str], tuple[datetime, dict[str, Any]]] = {}
        self._member_rates: dict[tuple[int, str], Windows] = {}
        self._api_rates: dict[str, Windows] = {}

    def gettoken(self, corpid: str, corpsecret: str) -> dict[str, Any]:
        """A token of 7200 s; the running one again while `world.reuse_tokens`."""
        if not corpid:
            raise Refusal(41002)
        if not corpsecret:
            raise Refusal(41004)
        if corpid != self._world.corp_id:
            raise Refusal(40013)
        self._count("gettoken")
        for app in self._world.apps.values():
            if secrets.compare_digest(app.secret.encode(), corpsecret.encode()):
                return ok(access_token=self._token_for(app.agentid), expires_in=7200)
        raise Refusal(40001)

    def send(self, token: str, body: bytes | str | Mapping[str, Any], ip: str) -> dict[str, Any]:
        """Deliver one message to people, or raise Refusal."""
        app = self._app_of(token, ip)
        self._count("message/send")
        request = parse(body)
        if agentid_of(request) != app.agentid:
            raise Refusal(301002)
        shown = judge(request, known_media=self._world.media)
        named = receivers(request)
        interval = check_interval(request)
        fingerprint = (app.agentid, _digest(request))
        first = self._answered(fingerprint, interval)
        if first is not None:
            return self._duplicate(first)
        answer = self._deliver(app, shown, named)
        if interval:
            self._seen[fingerprint] = (self._world.now(), answer)
        return answer

    def spoil_tokens(self, agentid: int | None, *, expire: bool) -> None:
        """Make the tokens of one app, or of all, expired (42001) or invalid (40014)."""
        for text, token in list(self._tokens.items()):
            if agentid in (None, token.agentid):
                expires = self._world.now() if expire else token.expires
                self._tokens[text] = Token(
                    agentid=token.agentid, expires=expires, invalid=not expire
                )

    def _token_for(self, agentid: int) -> str:
        now = self._world.now()
        for text, token in self._tokens.items():
            alive = not token.invalid and token.expires > now
            if self._world.reuse_tokens and alive and token.agentid == agentid:
                return text
        text = secrets.token_urlsafe(96)
        self._tokens[text] = Token(agentid=agentid, expires=now + TOKEN_LIFE)
        return text

    def _app_of(self, text: str, ip: str) -> App:
        if not text:
            raise Refusal(41001)
        token = self._tokens.get(text)
        if token is None or token.invalid:
            raise Refusal(40014)
        if self._world.now() >= token.expires:
            raise Refusal(42001)
        if self._world.allowed_ips is not None and ip not in self._world.allowed_ips:
            raise Refusal(60020)
        return self._world.apps[token.agentid]

    def _count(self, endpoint: str) -> None:
        rates = self._api_rates.setdefault(endpoint, Windows(*PER_API))
        if not rates.take(self._world.now(), self._world.api_window):
            raise Refusal(45009)

    def _answered(self, fingerprint: tuple[int, str], interval: int) -> dict[str, Any] | None:
        """The answer of an identical request less than `interval` seconds ago."""
        if not interval or fingerprint not in self._seen:
            return None
        at, answer = self._seen[fingerprint]
        return answer if self._world.now() - at < timedelta(seconds=interval) else None

    def _duplicate(self, first: dict[str, Any]) -> dict[str, Any]:
        """What WeCom answers to a suppressed duplicate is UNVERIFIED: three ways to try."""
        if self._world.duplicate_answer == "refused":
            raise Refusal(self._world.duplicate_errcode, "duplicate")
        return dict(first) if self._world.duplicate_answer == "same" else ok()

    def _deliver(self, app: App, shown: dict[str, Any], named: Receivers) -> dict[str, Any]:
        card = shown.get("template_card", {})
        if wants_callback(card) and not app.callback_url:
            raise Refusal(43012)
        task_id = card.get("task_id", "")
        if (app.agentid, task_id) in self._task_ids:
            raise Refusal(42014, "task_id already used")
        people = self._sort(app.agentid, named)
        if task_id:
            self._task_ids.add((app.agentid, task_id))
        message = self._world.accept(
            chat=f"app-{app.agentid}",
            agentid=app.agentid,
            sender=app.name,
            body=shown,
            reached=people.reached,
            dropped=people.dropped,
        )
        return _answer(message, people, with_code=wants_callback(card))

    def _sort(self, agentid: int, named: Receivers) -> Sorted:
        """Who gets it and who does not; Refusal 81013 if nobody could."""
        wanted = self._world.users if named.everyone else named.users
        found = {name: self._world.user(name) for name in wanted}
        inside = [user for user in found.values() if user and user.visible]
        good = list(dict.fromkeys(user.userid for user in inside if user.licensed))
        if not good:
            raise Refusal(81013)
        now = self._world.now()
        taken = {userid: self._member_rate(agentid, userid).take(now) for userid in good}
        outside = [n for n, user in found.items() if user is None or not user.visible]
        return Sorted(
            reached=tuple(userid for userid in good if taken[userid]),
            dropped=tuple(userid for userid in good if not taken[userid]),
            invalid=() if named.everyone else tuple(name.lower() for name in outside),
            unlicensed=tuple(user.userid.lower() for user in inside if not user.licensed),
        )

    def _member_rate(self, agentid: int, userid: str) -> Windows:
        return self._member_rates.setdefault((agentid, userid), Windows(*PER_MEMBER))


def _answer(message: Message, people: Sorted, *, with_code: bool) -> dict[str, Any]:
    code = f"RC{message.number}-{secrets.token_urlsafe(24)}" if with_code else ""
    return ok(
        invaliduser="|".join(people.invalid),
        unlicenseduser="|".join(people.unlicensed),
        msgid=message.msgid,
        response_code=code,
    )


def _digest(request: Mapping[str, Any]) -> str:
    canonical = json.dumps(request, sort_keys=True, ensure_ascii=False)
    return hashlib.sha256(canonical.encode()).hexdigest()
