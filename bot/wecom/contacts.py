"""Who is in the corporation, as far as an app sees it: names and where they belong (api.md §7).

Nothing else of a person is asked for. An app made for this, whose visible range covers the staff,
is the right caller: the sync secret no longer reads names (48009).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import httpx

from bot.wecom.client import Client, get_json
from bot.wecom.errors import NotDone


@dataclass(frozen=True, kw_only=True)
class Person:
    """One member, with the names of his departments and tags in WeCom's order."""

    userid: str
    name: str
    departments: tuple[str, ...] = ()
    tags: tuple[str, ...] = ()


async def people(http: Client, auth: httpx.Auth) -> list[Person]:
    """Return everybody in sight, each once; NotDone or CallFailed where WeCom does not tell all.

    Departments are asked one by one: the list does not go down by itself (§7).
    """
    names: dict[str, str] = {}
    inside: dict[str, dict[int, str]] = {}
    labels: dict[int, str] = {}
    for row in _rows(await _ask(http, auth, "department/list"), "department"):
        labels[int(row["id"])] = str(row.get("name") or "")
    for department, label in labels.items():
        found = await _ask(http, auth, "user/simplelist", department_id=str(department))
        for row in _rows(found, "userlist"):
            names[str(row["userid"])] = str(row.get("name") or row["userid"])
            inside.setdefault(str(row["userid"]), {})[department] = label
    tagged = await _tags(http, auth, inside)
    return [
        Person(
            userid=userid,
            name=name,
            departments=tuple(label for label in inside[userid].values() if label),
            tags=tuple(tagged.get(userid, ())),
        )
        for userid, name in names.items()
    ]


async def _tags(
    http: Client, auth: httpx.Auth, inside: Mapping[str, Mapping[int, str]]
) -> dict[str, list[str]]:
    """Return userid -> names of tags; a tag on a department is on everybody in it."""
    tagged: dict[str, list[str]] = {}
    for row in _rows(await _ask(http, auth, "tag/list"), "taglist"):
        tag = await _ask(http, auth, "tag/get", tagid=str(row["tagid"]))
        parties = {int(one) for one in tag.get("partylist") or ()}
        users = [str(one["userid"]) for one in _rows(tag, "userlist")]
        users += [who for who, where in inside.items() if parties & set(where)]
        for userid in dict.fromkeys(users):
            tagged.setdefault(userid, []).append(str(row.get("tagname") or ""))
    return tagged


async def _ask(http: Client, auth: httpx.Auth, what: str, **params: str) -> dict[str, Any]:
    answer = await get_json(http, f"/cgi-bin/{what}", params=params, auth=auth)
    if answer["errcode"]:
        raise NotDone(answer["errcode"])
    return answer


def _rows(answer: Mapping[str, Any], name: str) -> list[dict[str, Any]]:
    rows = answer.get(name)
    return [row for row in rows if isinstance(row, dict)] if isinstance(rows, list) else []
