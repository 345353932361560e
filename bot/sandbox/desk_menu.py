"""The menu below an app's chat (documents 90231-90233; its events in wecom/api.md §5.7)."""

from typing import TYPE_CHECKING, Any

from bot.sandbox.asks import Ask
from bot.sandbox.errors import Refusal, ok
from bot.sandbox.judging import objects, parse, text_or
from bot.sandbox.limits import size

if TYPE_CHECKING:
    from bot.sandbox.world import World

Button = dict[str, Any]
MOST, MOST_BELOW = 3, 5
NAME, NAME_BELOW, KEY, URL = 16, 40, 128, 1024  # bytes
PAGES = frozenset({"view", "view_miniprogram"})
KINDS = PAGES | {"click", "scancode_push", "scancode_waitmsg", "pic_sysphoto"}
KINDS |= {"pic_photo_or_album", "pic_weixin", "location_select"}


def create(world: "World", ask: Ask) -> dict[str, Any]:
    """menu/create: 1-3 buttons, each with 1-5 below it or one that does something."""
    agentid = _app(world, ask)
    buttons = objects(parse(ask.body), "button", 40016)
    if not 1 <= len(buttons) <= MOST:
        raise Refusal(40016)
    for button in buttons:
        _check(button, NAME, 40018)
        below = objects(button, "sub_button", 40023)
        if len(below) > MOST_BELOW:
            raise Refusal(40023)
        for one in below:
            _check(one, NAME_BELOW, 40025)
        for one in below or [button]:
            _check_deed(one)
    world.menus[agentid] = buttons
    return ok()


def get(world: "World", ask: Ask) -> dict[str, Any]:
    """menu/get; 46003 if there is none."""
    agentid = _app(world, ask)
    if agentid not in world.menus:
        raise Refusal(46003)
    return ok(button=world.menus[agentid])


def delete(world: "World", ask: Ask) -> dict[str, Any]:
    """menu/delete; no menu is no error."""
    world.menus.pop(_app(world, ask), None)
    return ok()


def entry(world: "World", agentid: int, key: str) -> Button | None:
    """The button of an app's menu with this key, address or path."""
    tops = world.menus.get(agentid, [])
    known = [one for top in tops for one in top.get("sub_button") or [top]]
    return next((one for one in known if key and key_of(one) == key), None)


def key_of(button: Button) -> str:
    """What a finger on it means: the event's EventKey."""
    name = {"view": "url", "view_miniprogram": "pagepath"}.get(str(button.get("type")), "key")
    return str(button.get(name, ""))


def _app(world: "World", ask: Ask) -> int:
    """The app of the token, which must be the one in the query: 301002."""
    app = world.tokens.app_of(ask.token, ask.ip)
    if ask.param("agentid", 41011) != str(app.agentid):
        raise Refusal(301002)
    return app.agentid


def _check(button: Button, limit: int, errcode: int) -> None:
    name = text_or(button, "name")
    if not name or size(name) > limit:
        raise Refusal(errcode, "name")


def _check_deed(button: Button) -> None:
    kind = button.get("type")
    if kind not in KINDS:
        raise Refusal(40017)
    key = text_or(button, {"view": "url", "view_miniprogram": "pagepath"}.get(str(kind), "key"))
    limit, errcode = (URL, 40020) if kind in PAGES else (KEY, 40019)
    if not key or size(key) > limit:
        raise Refusal(errcode)
