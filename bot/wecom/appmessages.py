"""What an app may do around a message: whom it is for, calling it back, changing its card.

wecom/api.md §3.2, §3.4, §3.5. Sending itself is the channel's (bot/channels/app.py).
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import zip_longest
from typing import Any

import httpx

from bot.wecom.client import Client, post_json
from bot.wecom.errors import NotDone

PEOPLE, PARTIES, TAGS = 1000, 100, 100  # in one message
# WeCom drops an identical request for four hours: so a lost answer may be sent again (DESIGN §3.4).
ONCE = {"enable_duplicate_check": 1, "duplicate_check_interval": 14400}


@dataclass(frozen=True, kw_only=True)
class Receivers:
    """Whom one message is for."""

    people: tuple[str, ...] = ()
    parties: tuple[int, ...] = ()
    tags: tuple[int, ...] = ()

    def fields(self) -> dict[str, str]:
        named = {
            "touser": self.people,
            "toparty": tuple(map(str, self.parties)),
            "totag": tuple(map(str, self.tags)),
        }
        return {name: "|".join(whom) for name, whom in named.items() if whom}


def in_parts(
    people: Sequence[str] = (), parties: Sequence[int] = (), tags: Sequence[int] = ()
) -> Iterator[Receivers]:
    """Cut the receivers so that each message names no more than WeCom takes; nobody twice.

    ValueError where there is nobody, or a name that would be read as another.
    """
    if any(not person or "|" in person or person.lower() == "@all" for person in people):
        raise ValueError("an account is empty, holds a |, or is everybody")
    if not (people or parties or tags):
        raise ValueError("a message is for somebody")
    spelt: dict[str, str] = {}
    for person in people:
        spelt.setdefault(person.casefold(), person)
    parts = zip_longest(
        _cut(list(spelt.values()), PEOPLE),
        _cut(list(dict.fromkeys(parties)), PARTIES),
        _cut(list(dict.fromkeys(tags)), TAGS),
        fillvalue=(),
    )
    for who, where, tagged in parts:
        yield Receivers(people=tuple(who), parties=tuple(where), tags=tuple(tagged))


def body(shape: Mapping[str, Any], to: Receivers, agentid: int) -> bytes:
    """Return the exact bytes of one message, dropped by WeCom if they come twice."""
    whole = {**to.fields(), **shape, "agentid": agentid, **ONCE}
    return _bytes(whole)


async def recall(http: Client, auth: httpx.Auth, msgid: str) -> None:
    """Call a message back, within 24 h of its sending; NotDone (42052) after that.

    It goes from WeCom's own clients; what was read was read, and the WeChat plug-in keeps it.
    """
    await _post(http, auth, "/cgi-bin/message/recall", {"msgid": msgid})


async def change_card(
    http: Client,
    auth: httpx.Auth,
    *,
    agentid: int,
    response_code: str,
    people: Sequence[str] = (),
    button: str = "",
    card: Mapping[str, Any] | None = None,
) -> tuple[str, ...]:
    """Grey the buttons with words, or put a new card in place; once by a code of ≤ 72 h.

    For all who have it where no `people` are named. Return those whom WeCom does not know;
    NotDone (60140) for a code that is used or over.
    """
    if bool(button) == bool(card):
        raise ValueError("either the words for the button or a card")
    whom: dict[str, Any] = {"userids": list(people)} if people else {"atall": 1}
    what: dict[str, Any] = {"button": {"replace_name": button}}
    if card:
        what = {"template_card": {k: v for k, v in card.items() if k != "task_id"}}
    whole = {**whom, "agentid": agentid, "response_code": response_code, **what}
    answer = await _post(http, auth, "/cgi-bin/message/update_template_card", whole)
    unknown = answer.get("invaliduser")
    return tuple(map(str, unknown)) if isinstance(unknown, list) else ()


async def _post(
    http: Client, auth: httpx.Auth, path: str, whole: Mapping[str, Any]
) -> dict[str, Any]:
    answer = await post_json(http, path, params={}, content=_bytes(whole), auth=auth)
    if answer["errcode"]:
        raise NotDone(answer["errcode"])
    return answer


def _cut(whom: list[Any], size: int) -> list[list[Any]]:
    return [whom[at : at + size] for at in range(0, len(whom), size)]


def _bytes(whole: Mapping[str, Any]) -> bytes:
    return json.dumps(whole, ensure_ascii=False, separators=(",", ":")).encode()
