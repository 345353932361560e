"""An app's own group chats (应用群聊): found one, change it, ask who is in it (wecom/api.md §4).

The app must see the whole corporation, and nobody sees a new group before its first message.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import httpx

from bot.wecom.client import Client, get_json, post_json
from bot.wecom.errors import NotDone

LEAST, MOST = 2, 2000  # members
NAME = 50  # characters; WeCom cuts what is longer


@dataclass(frozen=True, kw_only=True)
class Chat:
    """A group as WeCom has it: the only exact list of members there is (§4.3)."""

    chatid: str
    name: str
    owner: str
    members: tuple[str, ...]


async def create(
    http: Client,
    auth: httpx.Auth,
    *,
    name: str,
    members: Sequence[str],
    owner: str = "",
    chatid: str = "",
) -> str:
    """Found a group and return its chatid.

    With a `chatid` of ours (≤ 32 letters and digits) a lost answer does no harm: the second try is
    refused because the group is there (86215), and that is taken for done.
    """
    people = list(dict.fromkeys(members))
    if not LEAST <= len(people) <= MOST:
        raise ValueError(f"a group has {LEAST} to {MOST} members, not {len(people)}")
    if owner and owner not in people:
        raise ValueError("the owner is one of the members")
    body: dict[str, Any] = {"name": name[:NAME], "userlist": people}
    body |= {key: value for key, value in (("owner", owner), ("chatid", chatid)) if value}
    answer = await _post(http, auth, "create", body)
    if chatid and answer["errcode"] == 86215:
        return chatid
    return str(_done(answer)["chatid"])


async def update(
    http: Client,
    auth: httpx.Auth,
    chatid: str,
    *,
    name: str = "",
    owner: str = "",
    add: Sequence[str] = (),
    remove: Sequence[str] = (),
) -> None:
    """Change what is given; an owner who is removed needs a successor (86005)."""
    changes: dict[str, Any] = {"name": name[:NAME], "owner": owner}
    changes |= {"add_user_list": list(add), "del_user_list": list(remove)}
    kept = {key: value for key, value in changes.items() if value}
    _done(await _post(http, auth, "update", {"chatid": chatid, **kept}))


async def get(http: Client, auth: httpx.Auth, chatid: str) -> Chat:
    """Return the group with its members; NotDone, or CallFailed without a clear answer."""
    params = {"chatid": chatid}
    answer = _done(await get_json(http, "/cgi-bin/appchat/get", params=params, auth=auth))
    info = answer.get("chat_info")
    info = info if isinstance(info, dict) else {}
    people = info.get("userlist")
    return Chat(
        chatid=chatid,
        name=str(info.get("name") or ""),
        owner=str(info.get("owner") or ""),
        members=tuple(str(person) for person in people) if isinstance(people, list) else (),
    )


async def _post(
    http: Client, auth: httpx.Auth, what: str, body: Mapping[str, Any]
) -> dict[str, Any]:
    content = json.dumps(body, ensure_ascii=False, separators=(",", ":")).encode()
    return await post_json(http, f"/cgi-bin/appchat/{what}", params={}, content=content, auth=auth)


def _done(answer: dict[str, Any]) -> dict[str, Any]:
    if answer["errcode"]:
        raise NotDone(answer["errcode"])
    return answer
