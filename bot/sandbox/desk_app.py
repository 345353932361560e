"""The desk at which an app's messages to people are taken (wecom/api.md §3.2-3.3)."""

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import TYPE_CHECKING, Any

from bot.sandbox.asks import Ask
from bot.sandbox.cards import wants_callback
from bot.sandbox.errors import Refusal, ok
from bot.sandbox.id_trans import translated
from bot.sandbox.judge_app import (
    LONGEST_CHECK,
    Receivers,
    agentid_of,
    check_interval,
    judge,
    receivers,
)
from bot.sandbox.judging import parse
from bot.sandbox.limits import Windows
from bot.sandbox.records import App, Message, User

if TYPE_CHECKING:
    from bot.sandbox.world import World

PER_MEMBER = ((30, 60), (1000, 3600))  # messages, seconds; the surplus vanishes without an error
PER_ACCOUNT = 200  # person-times a day for each account the corporation may have


@dataclass(frozen=True, kw_only=True)
class Sorted:
    """The receivers of one request, sorted. All but `reached` and `dropped` lower-cased."""

    reached: tuple[str, ...]
    dropped: tuple[str, ...]  # over their limit
    invalid: tuple[str, ...]
    unlicensed: tuple[str, ...]
    invalid_parties: tuple[str, ...] = ()
    invalid_tags: tuple[str, ...] = ()


class AppDesk:
    """Duplicate checks, task_ids and rates of all apps of one world."""

    def __init__(self, world: "World") -> None:
        self._world = world
        self._task_ids: set[tuple[int, str]] = set()
        self._seen: dict[tuple[int, str], tuple[datetime, dict[str, Any]]] = {}
        self._member_rates: dict[tuple[int, str], Windows] = {}
        self._person_times: dict[int, tuple[date, int]] = {}  # of an app, on its last day

    def send(self, ask: Ask) -> dict[str, Any]:
        """Deliver one message to people, or raise Refusal."""
        app = self._world.tokens.app_of(ask.token, ask.ip)
        request = parse(ask.body)
        unnamed = request.get("msgtype") == "miniprogram_notice" and "agentid" not in request
        if not unnamed and agentid_of(request) != app.agentid:
            raise Refusal(301002)
        shown = judge(request, find=self._find)
        named = receivers(request)
        interval = check_interval(request)
        fingerprint = (app.agentid, _digest(request) if interval else "")
        first = self._answered(fingerprint, interval)
        if first is not None:
            return self._duplicate(first)
        if request.get("enable_id_trans") in (1, "1"):
            shown = translated(shown, self._world)
        answer = self._deliver(app, shown, named)
        if interval:
            self._seen[fingerprint] = (self._world.now(), answer)
        return answer

    def sweep(self, before: datetime, known: set[tuple[int | str, str]]) -> None:
        """Forget the requests no duplicate of which could be suppressed, and lost cards' ids."""
        oldest = before - timedelta(seconds=LONGEST_CHECK)
        self._seen = {f: seen for f, seen in self._seen.items() if seen[0] > oldest}
        self._task_ids = {task for task in self._task_ids if task in known}

    def _find(self, media_id: str, kind: str) -> Any:
        return self._world.shelf.find("corp", media_id, kind, self._world.now())

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
        code = self._world.card_desk.issue(message) if wants_callback(card) else ""
        return _answer(message, people, code)

    def _sort(self, agentid: int, named: Receivers) -> Sorted:
        """Who gets it and who does not; Refusal 81013 if nobody could."""
        found = {name: self._world.user(name) for name in named.users}
        parties = {d: self._party(d) for d in named.departments}
        tags = {t: self._tag(t) for t in named.tags}
        many = list(self._world.users.values()) if named.everyone else []
        many += [user for people in (*parties.values(), *tags.values()) for user in people or ()]
        inside = [user for user in found.values() if user and user.visible]
        inside += [user for user in many if user.visible]
        good = list(dict.fromkeys(user.userid for user in inside if user.licensed))
        if not good:
            raise Refusal(81013)
        self._count_persons(agentid, len(good))
        now = self._world.now()
        taken = {userid: self._member_rate(agentid, userid).take(now) for userid in good}
        outside = [n for n, user in found.items() if user is None or not user.visible]
        unlicensed = dict.fromkeys(user.userid.lower() for user in inside if not user.licensed)
        return Sorted(
            reached=tuple(userid for userid in good if taken[userid]),
            dropped=tuple(userid for userid in good if not taken[userid]),
            invalid=tuple(name.lower() for name in outside),
            unlicensed=tuple(unlicensed),
            invalid_parties=tuple(d for d, people in parties.items() if people is None),
            invalid_tags=tuple(t for t, people in tags.items() if people is None),
        )

    def _party(self, text: str) -> list[User] | None:
        """The members of a department and of those below it; None for no such department."""
        number = int(text) if text.isdecimal() else -1
        if number not in self._world.departments:
            return None
        return self._world.members_of(number, below=True)

    def _tag(self, text: str) -> list[User] | None:
        """The members of a tag, its departments' included; None for no such tag."""
        tag = self._world.tags.get(int(text)) if text.isdecimal() else None
        if tag is None:
            return None
        people = [self._world.users[userid] for userid in tag.users]
        for department in tag.departments:
            people += self._world.members_of(department, below=True)
        return people

    def _count_persons(self, agentid: int, count: int) -> None:
        """The app's person-times of the natural day: 45009 beyond accounts x 200."""
        today = self._world.now().date()
        day, sent = self._person_times.get(agentid, (today, 0))
        sent = count + (sent if day == today else 0)
        if sent > self._world.accounts * PER_ACCOUNT:
            raise Refusal(45009, "person-times of today")
        self._person_times[agentid] = (today, sent)

    def _member_rate(self, agentid: int, userid: str) -> Windows:
        key = (agentid, userid)
        return self._member_rates.get(key) or self._member_rates.setdefault(
            key, Windows(*PER_MEMBER)
        )


def _answer(message: Message, people: Sorted, code: str) -> dict[str, Any]:
    return ok(
        invaliduser="|".join(people.invalid),
        invalidparty="|".join(people.invalid_parties),
        invalidtag="|".join(people.invalid_tags),
        unlicenseduser="|".join(people.unlicensed),
        msgid=message.msgid,
        response_code=code,
    )


def _digest(request: Mapping[str, Any]) -> str:
    canonical = json.dumps(request, sort_keys=True, ensure_ascii=False)
    return hashlib.sha256(canonical.encode()).hexdigest()
