"""The desk at which the contacts are read (wecom/api.md §2.9, §7).

A self-built app sees its visible range only; 通讯录同步 sees everybody, but ids alone.
"""

from typing import TYPE_CHECKING, Any

from bot.sandbox.asks import Ask
from bot.sandbox.errors import Refusal, ok
from bot.sandbox.judging import parse, strings
from bot.sandbox.records import App, Department, User
from bot.sandbox.registry import ROOT
from bot.sandbox.tokens import SYNC

if TYPE_CHECKING:
    from bot.sandbox.world import World

MOST_IDS = 1000  # open_userids in one call
SIMPLE = ("userid", "name", "department")  # of a member, in user/simplelist
PAGE = 10_000  # members in one page of user/list_id


def user_get(world: "World", ask: Ask) -> dict[str, Any]:
    """One member, by userid in any case."""
    caller(world, ask)
    user = world.user(ask.param("userid", 41009))
    if user is None:
        raise Refusal(60111)
    if not user.visible:
        raise Refusal(60011)
    return ok(**_details(user))


def user_simplelist(world: "World", ask: Ask) -> dict[str, Any]:
    """userid, name and departments of one department's members, not of those below it."""
    users = [{k: one[k] for k in SIMPLE} for one in _listed(world, ask)]
    return {**ok(), "userlist": users}


def user_list(world: "World", ask: Ask) -> dict[str, Any]:
    """As user/simplelist, with position and status; what is sensitive went in 2022 (§7)."""
    return {**ok(), "userlist": _listed(world, ask)}


def user_list_id(world: "World", ask: Ask) -> dict[str, Any]:
    """Every userid with its departments, in pages; only with the secret of 通讯录同步."""
    if world.tokens.agent_of(ask.token, ask.ip) != SYNC:
        raise Refusal(48002)
    body = parse(ask.body or b"{}")
    limit, cursor = body.get("limit", PAGE), body.get("cursor", "") or "0"
    known = isinstance(limit, int) and 0 < limit <= PAGE
    if not known or not isinstance(cursor, str) or not cursor.isdecimal():
        raise Refusal(40058, "limit" if not known else "cursor")
    pairs = [
        {"userid": u.userid, "department": d} for u in world.users.values() for d in u.departments
    ]
    start = int(cursor)
    following = str(start + limit) if start + limit < len(pairs) else ""
    return {**ok(), "next_cursor": following, "dept_user": pairs[start : start + limit]}


def department_list(world: "World", ask: Ask) -> dict[str, Any]:
    """The departments in sight, below `id` if one is given."""
    found = _departments(world, ask)
    return {**ok(), "department": [_department(world, d) for d in found]}


def department_simplelist(world: "World", ask: Ask) -> dict[str, Any]:
    """Ids only."""
    ids = [{"id": d.id, "parentid": d.parentid, "order": d.id} for d in _departments(world, ask)]
    return {**ok(), "department_id": ids}


def department_get(world: "World", ask: Ask) -> dict[str, Any]:
    app = caller(world, ask)
    department = world.departments.get(_id(ask, "id"))
    if department is None:
        raise Refusal(60003)
    if department.id not in _in_range(world, app):
        raise Refusal(60011)
    return {**ok(), "department": _department(world, department)}


def tag_list(world: "World", ask: Ask) -> dict[str, Any]:
    caller(world, ask)
    tags = [{"tagid": tag.tagid, "tagname": tag.name} for tag in world.tags.values()]
    return {**ok(), "taglist": tags}


def tag_get(world: "World", ask: Ask) -> dict[str, Any]:
    """The members and departments of one tag, as far as the app sees them."""
    app = caller(world, ask)
    ask.param("tagid", 41017)
    tag = world.tags.get(_id(ask, "tagid"))
    if tag is None:
        raise Refusal(40068)
    users = [world.users[userid] for userid in tag.users]
    members = [{"userid": u.userid, "name": u.name} for u in users if u.visible]
    parties = [d for d in tag.departments if d in _in_range(world, app)]
    return {**ok(), "tagname": tag.name, "userlist": members, "partylist": parties}


def openuserid_to_userid(world: "World", ask: Ask) -> dict[str, Any]:
    """Encrypted ids of smart robots' events into userids; plain ones come back as invalid."""
    caller(world, ask)
    wanted = strings(parse(ask.body), "open_userid_list")
    if not wanted or len(wanted) > MOST_IDS:
        raise Refusal(40031 if not wanted else 40032)
    found, invalid = [], []
    for open_userid in wanted:
        user = world.users.get(world.by_open_userid(open_userid))
        if user is not None and user.visible:
            found.append({"open_userid": open_userid, "userid": user.userid})
        else:
            invalid.append(open_userid)
    return {**ok(), "userid_list": found, "invalid_open_userid_list": invalid}


def agent_get(world: "World", ask: Ask) -> dict[str, Any]:
    """The app itself and its visible range."""
    app = caller(world, ask)
    if ask.param("agentid", 41011) != str(app.agentid):
        raise Refusal(301002)
    users = (
        [] if app.root_range else [{"userid": u.userid} for u in world.users.values() if u.visible]
    )
    return {
        **ok(),
        "agentid": app.agentid,
        "name": app.name,
        "allow_userinfos": {"user": users},
        "allow_partys": {"partyid": [ROOT] if app.root_range else []},
        "allow_tags": {"tagid": []},
        "close": 0,
        "redirect_domain": app.trusted_domain,
    }


def getcallbackip(world: "World", ask: Ask) -> dict[str, Any]:
    """From where callbacks come."""
    world.tokens.agent_of(ask.token, ask.ip)
    return {"ip_list": list(world.callback_ips), **ok()}


def caller(world: "World", ask: Ask) -> App:
    """The calling app; what 通讯录同步 asks for details, it no longer gets (48009)."""
    if world.tokens.agent_of(ask.token, ask.ip) == SYNC:
        raise Refusal(48009)
    return world.tokens.app_of(ask.token, ask.ip)


def everybody(world: "World", app: App, *, simple: bool) -> list[dict[str, Any]]:
    """Everybody whom the app sees, as user/simplelist or user/list shows them."""
    inside = _in_range(world, app)
    seen = [u for u in world.users.values() if u.visible and inside & set(u.departments)]
    found = [_details(user) for user in seen]
    return [{k: one[k] for k in SIMPLE} for one in found] if simple else found


def in_sight(world: "World", app: App) -> dict[str, Any]:
    """The departments that the app sees, as department/list shows them."""
    inside = _in_range(world, app)
    found = [_department(world, d) for d in world.departments.values() if d.id in inside]
    return {"department": found}


def _listed(world: "World", ask: Ask) -> list[dict[str, Any]]:
    app = caller(world, ask)
    department = _id(ask, "department_id")
    if department not in world.departments:
        raise Refusal(60003)
    if department not in _in_range(world, app):
        raise Refusal(60011)
    return [_details(user) for user in world.members_of(department) if user.visible]


def _details(user: User) -> dict[str, Any]:
    return {
        "userid": user.userid,
        "name": user.name,
        "department": list(user.departments),
        "order": [0] * len(user.departments),
        "position": user.position,
        "status": 1,
        "enable": 1,
        "is_leader_in_dept": [0] * len(user.departments),
        "main_department": user.departments[0] if user.departments else ROOT,
    }


def _departments(world: "World", ask: Ask) -> list[Department]:
    app = caller(world, ask)
    wanted = world.under(_id(ask, "id")) if ask.query.get("id") else set(world.departments)
    if not wanted & set(world.departments):
        raise Refusal(60003)
    inside = _in_range(world, app)
    return [d for d in world.departments.values() if d.id in wanted & inside]


def _department(world: "World", department: Department) -> dict[str, Any]:
    return {
        "id": department.id,
        "name": department.name,
        "parentid": department.parentid,
        "order": department.id,
        "department_leader": [],
    }


def _in_range(world: "World", app: App) -> set[int]:
    """The departments that the app sees: all, or those where somebody visible sits."""
    if app.root_range:
        return set(world.departments)
    return {d for user in world.users.values() if user.visible for d in user.departments}


def _id(ask: Ask, name: str) -> int:
    text = ask.query.get(name, "")
    if not text.isascii() or not text.isdigit():
        raise Refusal(40058, name)
    return int(text)
