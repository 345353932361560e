"""JS-SDK tickets, and the old count of what was sent (wecom/api.md §3.6, §6.5)."""

import secrets
from collections import Counter
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

from bot.sandbox.asks import Ask
from bot.sandbox.errors import Refusal, ok
from bot.sandbox.judging import parse
from bot.sandbox.limits import Windows

if TYPE_CHECKING:
    from bot.sandbox.world import World

LIFE = timedelta(hours=2)
PER_CORP, PER_APP = (400, 3600), (100, 3600)


class Tickets:
    """One running ticket of the corporation and of each app, and how often they were asked for."""

    def __init__(self, world: "World") -> None:
        self._world = world
        self._held: dict[str, tuple[str, datetime]] = {}
        self._rates: dict[str, Windows] = {}

    def of_corp(self, ask: Ask) -> dict[str, Any]:
        """get_jsapi_ticket: 400 an hour for the corporation, 100 for an app."""
        app = self._world.tokens.app_of(ask.token, ask.ip)
        self._count("corp", PER_CORP)
        self._count(f"corp {app.agentid}", PER_APP)
        return self._ticket("corp")

    def of_app(self, ask: Ask) -> dict[str, Any]:
        """ticket/get with type=agent_config: 100 an hour."""
        app = self._world.tokens.app_of(ask.token, ask.ip)
        if ask.query.get("type") != "agent_config":
            raise Refusal(40058, "type")
        self._count(f"app {app.agentid}", PER_APP)
        return self._ticket(f"app {app.agentid}")

    def statistics(self, ask: Ask) -> dict[str, Any]:
        """message/get_statistics: messages of today (0) or yesterday (1), never how many read."""
        self._world.tokens.app_of(ask.token, ask.ip)
        back = parse(ask.body or b"{}").get("time_type", 0)
        if back not in (0, 1):
            raise Refusal(40058, "time_type")
        day = (self._world.now() - timedelta(days=back)).date()
        sent = (m for m in self._world.posted if m.agentid is not None and m.at.date() == day)
        counts = Counter(m.agentid for m in sent if m.chat == f"app-{m.agentid}")
        apps = self._world.apps
        rows = [
            {"agentid": agentid, "app_name": apps[agentid].name, "count": count}
            for agentid, count in counts.items()
            if agentid in apps
        ]
        return {**ok(), "statistics": rows}

    def _count(self, name: str, quota: tuple[int, int]) -> None:
        rate = self._rates.get(name) or self._rates.setdefault(name, Windows(quota))
        if not rate.take(self._world.now(), self._world.api_window):
            raise Refusal(45009)

    def _ticket(self, name: str) -> dict[str, Any]:
        now = self._world.now()
        ticket, ends = self._held.get(name, ("", now))
        if now >= ends:
            ticket, ends = secrets.token_urlsafe(64), now + LIFE
            self._held[name] = ticket, ends
        return ok(ticket=ticket, expires_in=int((ends - now).total_seconds()))
