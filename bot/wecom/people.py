"""Encrypted userids of the robot, and the accounts behind them (wecom/api.md §2.9)."""

from __future__ import annotations

import json
import logging
from collections.abc import Collection

import httpx

from bot.wecom.client import Client, post_json
from bot.wecom.errors import CallFailed

log = logging.getLogger(__name__)

PATH = "/cgi-bin/batch/openuserid_to_userid"


class Accounts:
    """Looks encrypted ids up with an app's token, each once; without an app none is looked up."""

    def __init__(self, http: Client, auth: httpx.Auth | None) -> None:
        self._http, self._auth = http, auth
        self._known: dict[str, str] = {}

    async def plain(self, person: str, roster: Collection[str]) -> str:
        """Return the account of `person`; `person` itself where nothing better is known.

        Whoever is in `roster` (in lower case) is plain already. Never raises.
        """
        if self._auth is None or person.lower() in roster or person in self._known:
            return self._known.get(person, person)
        content = json.dumps({"open_userid_list": [person]}).encode()
        try:
            answer = await post_json(self._http, PATH, params={}, content=content, auth=self._auth)
        except CallFailed as failed:
            log.warning("userid not mapped: %s", failed.reason, extra={"action": "unmapped"})
            return person
        if answer["errcode"]:
            log.warning("userid not mapped: %s", answer["errcode"], extra={"action": "unmapped"})
            return person
        found = {one.get("open_userid"): one.get("userid") for one in _rows(answer)}
        self._known[person] = str(found.get(person) or person)
        return self._known[person]


def _rows(answer: dict[str, object]) -> list[dict[str, str]]:
    rows = answer.get("userid_list")
    return [row for row in rows if isinstance(row, dict)] if isinstance(rows, list) else []
