"""What an administrator sets up before anything is sent: people, groups, apps, robots.

For programs that want a corporation of their own rather than the one that is there at start.
Everything comes from outside, so each field is looked at; nothing is half made.
"""

import re
from collections.abc import Callable, Mapping
from typing import Any

from bot.sandbox.registry import ROOT
from bot.sandbox.world import World

Fields = Mapping[str, Any]

ID = re.compile(r"[A-Za-z0-9][A-Za-z0-9_@.-]{0,63}")
HOST = re.compile(r"[A-Za-z0-9.-]+(:\d{1,5})?")
AES_KEY = re.compile(r"[A-Za-z0-9]{43}")
LONGEST = 128  # characters of a name, a secret, an address
MOST_NUMBER = 2**31 - 1


def add(world: World, what: str, given: Fields) -> dict[str, Any]:
    """Make one `what`, or change the one that has this id; returns what a program needs of it.

    ValueError for a field that is missing, wrong or unknown.
    """
    if what not in _KINDS:
        raise ValueError(f"nothing is called {what!r}; there are {', '.join(_KINDS)}")
    make, known = _KINDS[what]
    unknown = sorted(str(name)[:40] for name in set(given) - set(known))
    if unknown:
        raise ValueError(f"{what} knows {', '.join(known)}, and no {', '.join(unknown)}")
    return make(world, given)


def _user(world: World, given: Fields) -> dict[str, Any]:
    userid = _id(given, "userid")
    same = world.user(userid)
    if same is not None and same.userid != userid:
        raise ValueError(f"userid {userid!r} is {same.userid!r} already: case is not heeded")
    departments = _numbers(given, "departments", [ROOT])
    if not departments or not set(departments) <= set(world.departments):
        raise ValueError("departments: a list of those that there are")
    world.add_user(
        userid,
        _text(given, "name"),
        visible=_flag(given, "visible", True),
        licensed=_flag(given, "licensed", True),
        departments=departments,
        position=_text(given, "position", ""),
    )
    return {"userid": userid}


def _department(world: World, given: Fields) -> dict[str, Any]:
    number, above = _number(given, "id"), _number(given, "parentid", ROOT)
    if number == ROOT or above not in world.departments or above in world.under(number):
        raise ValueError(f"department {number} cannot stand below {above}")
    world.add_department(number, _text(given, "name"), parentid=above)
    return {"id": number}


def _tag(world: World, given: Fields) -> dict[str, Any]:
    number = _number(given, "tagid")
    users, departments = _ids(given, "users"), _numbers(given, "departments", [])
    if not (set(users) <= set(world.users) and set(departments) <= set(world.departments)):
        raise ValueError("users and departments: lists of those that there are")
    world.add_tag(number, _text(given, "name"), users, departments)
    return {"tagid": number}


def _group(world: World, given: Fields) -> dict[str, Any]:
    """A group and its webhook; a new one each time unless `key` names it."""
    group_id = _id(given, "id")
    if group_id in world.groups:
        raise ValueError(f"there is a group {group_id!r} already")
    key = _id(given, "key") if "key" in given else None
    if key in world.webhooks:
        raise ValueError("that key is another group's")
    made = world.add_group(
        group_id,
        _text(given, "name"),
        _ids(given, "members"),
        key=key,
        bots=_ids(given, "robots"),
        external=_flag(given, "external", False),
    )
    return {"id": group_id, "webhook": f"{world.base_url}/cgi-bin/webhook/send?key={made}"}


def _app(world: World, given: Fields) -> dict[str, Any]:
    """A self-built app; what is not given of one that exists stays as it is."""
    agentid = _number(given, "agentid")
    old = world.apps.get(agentid)
    secret = _text(given, "secret", old.secret if old else None)
    if any(app.secret == secret for app in world.apps.values() if app.agentid != agentid):
        raise ValueError("that secret is another app's")
    domain = _text(given, "domain", old.trusted_domain if old else "")
    aes_key = _text(given, "aes_key", old.aes_key if old else "")
    if domain and not HOST.fullmatch(domain):
        raise ValueError("domain: a host, with its port if it has one")
    if aes_key and not AES_KEY.fullmatch(aes_key):
        raise ValueError("aes_key: 43 letters and digits")
    world.add_app(
        agentid,
        _text(given, "name", old.name if old else None),
        secret,
        token=_text(given, "token", old.token if old else ""),
        aes_key=aes_key,
        callback_url=_text(given, "callback", old.callback_url if old else "", 2048),
        trusted_domain=domain,
        root_range=_flag(given, "root_range", old.root_range if old else True),
    )
    return {"agentid": agentid, "corp_id": world.corp_id}


def _robot(world: World, given: Fields) -> dict[str, Any]:
    bot_id = _id(given, "bot_id")
    if bot_id in world.robots:
        raise ValueError(f"there is a robot {bot_id!r} already")
    aes_key = _text(given, "aes_key", "")
    if aes_key and not AES_KEY.fullmatch(aes_key):
        raise ValueError("aes_key: 43 letters and digits")
    groups = _ids(given, "groups")
    if not set(groups) <= set(world.groups):
        raise ValueError("groups: a list of those that there are")
    world.add_robot(
        bot_id,
        _text(given, "name"),
        _text(given, "secret"),
        plain_ids=_flag(given, "plain_ids", True),
        token=_text(given, "token", ""),
        aes_key=aes_key,
    )
    for group_id in groups:
        world.invite_robot(bot_id, group_id)
    return {"bot_id": bot_id}


def _text(given: Fields, name: str, otherwise: str | None = None, most: int = LONGEST) -> str:
    value = given.get(name, otherwise)
    if not isinstance(value, str) or len(value) > most or (not value and otherwise is None):
        raise ValueError(f"{name}: a text of 1 to {most} characters")
    return value


def _id(given: Fields, name: str) -> str:
    value = given.get(name)
    if not isinstance(value, str) or not ID.fullmatch(value):
        raise ValueError(f"{name}: 1 to 64 letters, digits, _-@.")
    return value


def _number(given: Fields, name: str, otherwise: int | None = None) -> int:
    value = given.get(name, otherwise)
    if isinstance(value, bool) or not isinstance(value, int) or not 0 < value <= MOST_NUMBER:
        raise ValueError(f"{name}: a number from 1 to {MOST_NUMBER}")
    return value


def _numbers(given: Fields, name: str, otherwise: list[int]) -> list[int]:
    found = given.get(name, otherwise)
    if not isinstance(found, list):
        raise ValueError(f"{name}: a list of numbers")
    return [_number({name: one}, name) for one in found]


def _ids(given: Fields, name: str) -> list[str]:
    found = given.get(name, [])
    if not isinstance(found, list):
        raise ValueError(f"{name}: a list of ids")
    return [_id({name: one}, name) for one in found]


def _flag(given: Fields, name: str, otherwise: bool) -> bool:
    value = given.get(name, otherwise)
    if not isinstance(value, bool):
        raise ValueError(f"{name}: true or false")
    return value


_KINDS: dict[str, tuple[Callable[[World, Fields], dict[str, Any]], tuple[str, ...]]] = {
    "user": (_user, ("userid", "name", "departments", "position", "visible", "licensed")),
    "department": (_department, ("id", "name", "parentid")),
    "tag": (_tag, ("tagid", "name", "users", "departments")),
    "group": (_group, ("id", "name", "members", "robots", "key", "external")),
    "app": (
        _app,
        ("agentid", "name", "secret", "token", "aes_key", "callback", "domain", "root_range"),
    ),
    "robot": (_robot, ("bot_id", "name", "secret", "groups", "plain_ids", "token", "aes_key")),
}
FIELDS = {what: known for what, (_, known) in _KINDS.items()}
