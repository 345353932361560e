"""The administrator changes the contacts; who is told of it (wecom/api.md §5.7).

change_contact goes to 通讯录同步 alone, a plain self-built app never gets it; apps are told
subscribe and unsubscribe. Since 2022-08-15 a member's event has UserID and Department only.
"""

import re
from collections.abc import Callable, Iterable
from dataclasses import replace
from typing import Any

import httpx

from bot.sandbox.app_events import happen
from bot.sandbox.records import User
from bot.sandbox.registry import ROOT
from bot.sandbox.taps import TapResult, tell_sync
from bot.sandbox.world import World

Fields = dict[str, Any]
USERID = re.compile(r"[A-Za-z0-9][A-Za-z0-9_@.-]{0,63}")


async def change(
    world: World, what: str, given: Fields, *, http: httpx.AsyncClient | None = None
) -> TapResult:
    """Make the change `what`, then tell the sync assistant and the apps; `delivered` is the first.

    ValueError for a change, a person, a department or a tag that does not exist.
    """
    if what not in _CHANGES:
        raise ValueError(f"no change {what!r}; there are {', '.join(_CHANGES)}")
    before = _in_range(world)
    try:
        fields = _CHANGES[what](world, dict(given))
    except KeyError as error:
        raise ValueError(f"{what}: {error} is missing or unknown") from error
    told = {"MsgType": "event", "Event": "change_contact", "ChangeType": what, **fields}
    result = await tell_sync(world, told, http=http)
    await _tell_apps(world, before, _in_range(world), http)
    return result


async def leave(world: World, userid: str, *, http: httpx.AsyncClient | None = None) -> TapResult:
    """A member leaves the corporation."""
    return await change(world, "delete_user", {"userid": userid}, http=http)


def _in_range(world: World) -> list[str]:
    return [user.userid for user in world.users.values() if user.visible]


async def _tell_apps(
    world: World, before: list[str], after: list[str], http: httpx.AsyncClient | None
) -> None:
    for agentid, app in world.apps.items():
        if not app.callback_url:
            continue
        for userid in [u for u in after if u not in before]:
            await happen(world, agentid, "subscribe", userid=userid, http=http)
        for userid in [u for u in before if u not in after]:
            await happen(world, agentid, "unsubscribe", userid=userid, http=http)


def _create_user(world: World, given: Fields) -> Fields:
    userid, name = str(given["userid"]), str(given["name"])
    if world.user(userid) is not None or not USERID.fullmatch(userid):
        raise ValueError(f"userid {userid!r} is taken, or not 1-64 letters, digits, _-@.")
    world.add_user(
        userid,
        name,
        visible=bool(given.get("visible", True)),
        departments=_departments(world, given.get("departments", [ROOT])),
        position=str(given.get("position", "")),
    )
    return _user(world.users[userid])


def _update_user(world: World, given: Fields) -> Fields:
    user = world.users[str(given["userid"])]
    departments = given.get("departments")
    moved = user.departments
    if departments is not None:
        moved = tuple(_departments(world, departments))
    world.users[user.userid] = replace(
        user,
        name=str(given.get("name", user.name)),
        visible=bool(given.get("visible", user.visible)),
        position=str(given.get("position", user.position)),
        departments=moved,
    )
    return _user(world.users[user.userid])


def _delete_user(world: World, given: Fields) -> Fields:
    userid = str(given["userid"])
    world.remove_user(userid)
    return {"UserID": userid}


def _user(user: User) -> Fields:
    return {"UserID": user.userid, "Department": _joined(user.departments)}


def _departments(world: World, given: Iterable[Any]) -> list[int]:
    found = [world.departments[int(number)].id for number in given]
    if not found:
        raise ValueError("a member sits in a department")
    return found


def _create_party(world: World, given: Fields) -> Fields:
    number, parent = int(given["id"]), int(given.get("parentid", ROOT))
    if number in world.departments or number < ROOT or parent not in world.departments:
        raise ValueError(f"department {number} is taken, or there is no {parent}")
    world.add_department(number, str(given["name"]), parentid=parent)
    made = {"Id": number, "Name": str(given["name"]), "ParentId": parent}
    return {**made, "Order": number}


def _update_party(world: World, given: Fields) -> Fields:
    old = world.departments[int(given["id"])]
    name, parent = str(given.get("name", old.name)), int(given.get("parentid", old.parentid))
    if parent in world.under(old.id) or (old.id != ROOT and parent not in world.departments):
        raise ValueError(f"{parent} cannot be above {old.id}")
    world.departments[old.id] = replace(old, name=name, parentid=parent)
    changed = {"Name": name} if "name" in given else {}
    return {"Id": old.id, **changed, **({"ParentId": parent} if "parentid" in given else {})}


def _delete_party(world: World, given: Fields) -> Fields:
    number = int(given["id"])
    if number == ROOT or len(world.under(number)) > 1 or world.members_of(number):
        raise ValueError(f"department {number} is the root, or not empty")
    del world.departments[number]
    return {"Id": number}


def _update_tag(world: World, given: Fields) -> Fields:
    tag = world.tags[int(given["tagid"])]
    added, gone = [_ids(given, name) for name in ("add_users", "del_users")]
    came, went = [[int(n) for n in _ids(given, name)] for name in ("add_parties", "del_parties")]
    if not (set(added) <= set(world.users) and set(came) <= set(world.departments)):
        raise ValueError("nobody of that name")
    users = [u for u in dict.fromkeys([*tag.users, *added]) if u not in gone]
    parties = [d for d in dict.fromkeys([*tag.departments, *came]) if d not in went]
    world.add_tag(tag.tagid, tag.name, users, parties)
    lists = {"AddUserItems": added, "DelUserItems": gone, "AddPartyItems": came}
    lists |= {"DelPartyItems": went}
    return {"TagId": tag.tagid, **{name: _joined(items) for name, items in lists.items() if items}}


def _ids(given: Fields, name: str) -> list[Any]:
    found = given.get(name, [])
    return [str(one) for one in found] if isinstance(found, list) else []


def _joined(items: Iterable[Any]) -> str:
    return ",".join(str(item) for item in items)


_CHANGES: dict[str, Callable[[World, Fields], Fields]] = {
    "create_user": _create_user,
    "update_user": _update_user,
    "delete_user": _delete_user,
    "create_party": _create_party,
    "update_party": _update_party,
    "delete_party": _delete_party,
    "update_tag": _update_tag,
}
CHANGES = tuple(_CHANGES)
