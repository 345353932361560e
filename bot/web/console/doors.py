"""The doors of the console: a one-time link, a personal link with its PIN, WeCom's sign-in.

A GET lets nobody in: previews and scanners open links too. It shows a button, and the POST enters.
"""

from __future__ import annotations

import logging
from urllib.parse import parse_qs, quote

from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import Route

from bot.core import messages
from bot.web.console.entry import BY_INVITATION, BY_LINK, BY_WECOM, Entry, Visitor
from bot.web.console.room import HOME, Ask, Handler, behind_a_door, closed, named_well, page, plain
from bot.web.shown import from_here

log = logging.getLogger(__name__)

SMALL = 4096  # bytes of a form here


def _entry(request: Request) -> Entry | None:
    entry: Entry | None = request.app.state.doors.entry
    return entry if entry is not None and named_well(request, entry) else None


async def _invited(request: Request) -> Response:
    """Show the button of an invitation that holds."""
    entry, token = _entry(request), request.path_params["token"]
    if entry is None or not entry.invited(token, request.app.state.doors.now()):
        return closed(404, "进不去", messages.CONSOLE_LINK_OVER)
    return plain("enter.html", action=f"{HOME}/enter/{quote(token, safe='')}", name="", error="")


async def _accept(request: Request) -> Response:
    entry, doors = _entry(request), request.app.state.doors
    if entry is None or not from_here(request):
        return closed(403, "进不去", messages.CONSOLE_STALE)
    visitor = entry.accept(request.path_params["token"], doors.now())
    if visitor is None:
        _note("console-refused", how=BY_INVITATION)
        return closed(404, "进不去", messages.CONSOLE_LINK_OVER)
    return _in(entry, visitor, request)


async def _with_pin(request: Request) -> Response:
    """Ask the holder of a personal link for the PIN."""
    entry, token = _entry(request), request.path_params["token"]
    if entry is None:
        return closed(404, "进不去", messages.CONSOLE_LINK_OVER)
    answer = await request.app.state.doors.control("console-enter", {"token": token})
    if answer["outcome"] == "closed":
        return _shut(answer["error"])
    return _pin_page(token, answer["name"], "")


async def _pin(request: Request) -> Response:
    entry, token = _entry(request), request.path_params["token"]
    if entry is None or not from_here(request):
        return closed(403, "进不去", messages.CONSOLE_STALE)
    body = b""
    async for chunk in request.stream():
        body += chunk
        if len(body) > SMALL:
            return closed(413, "进不去", messages.CONSOLE_STALE)
    pin = parse_qs(body.decode("ascii", "replace")).get("pin", [""])[0].strip()
    doors = request.app.state.doors
    answer = await doors.control("console-enter", {"token": token, "pin": pin})
    if answer["outcome"] == "closed":  # maybe by this very guess: then it is said why
        answer = await doors.control("console-enter", {"token": token})
        return _shut(answer["error"])
    if answer["outcome"] != "done":
        return _pin_page(token, answer["name"], answer["error"], 403)
    visitor = Visitor(name=answer["name"], role=answer["role"], how=BY_LINK, link=answer["link"])
    return _in(entry, visitor, request)


async def _by_wecom(request: Request) -> Response:
    """Let in whom WeCom has named, if the configuration gives that account a role."""
    entry, doors = _entry(request), request.app.state.doors
    if entry is None or doors.signin is None:
        return closed(404, "进不去", messages.CONSOLE_SIGN_IN)
    person = doors.signin.person(request)
    if person is None:
        return doors.signin.begin(f"{HOME}/wecom")  # type: ignore[no-any-return]
    role = entry.role_of(person) if person else ""
    if not role:
        _note("console-refused", person, how=BY_WECOM)
        return closed(403, "进不去", messages.CONSOLE_NO_ROLE)
    return _in(entry, Visitor(name=person, role=role, how=BY_WECOM), request)


@page()
async def _leave(ask: Ask) -> Response:
    response = closed(200, "已退出", messages.CONSOLE_SIGN_IN)
    _note("console-out", ask.visitor.name, role=ask.visitor.role, how=ask.visitor.how)
    ask.entry.leave(response, ask.request, ask.visitor, ask.now)
    return response


def _in(entry: Entry, visitor: Visitor, request: Request) -> Response:
    _note("console-in", visitor.name, role=visitor.role, how=visitor.how)
    response = RedirectResponse(HOME, status_code=303, headers={"Cache-Control": "no-store"})
    entry.keep(response, request, visitor, request.app.state.doors.now())
    return response


def _note(action: str, who: str = "", **about: str) -> None:
    """A line of security.log (bot/logs.py)."""
    log.info("%s", action, extra={"action": action, "who": who, **about})


def _shut(why: str) -> Response:
    words = f"这个链接{why}。请找管理员换发。" if why else messages.CONSOLE_LINK_OVER
    return closed(403 if why else 404, "进不去", words)


def _pin_page(token: str, name: str, error: str, status: int = 200) -> Response:
    action = f"{HOME}/with/{quote(token, safe='')}"
    return plain("enter.html", status, action=action, name=name, error=error)


def _told(handler: Handler) -> Handler:
    async def told(request: Request) -> Response:
        return await behind_a_door(request, handler(request))

    return told


INVITED = [
    Route(f"{HOME}/enter/{{token}}", _told(_invited), methods=["GET"]),
    Route(f"{HOME}/enter/{{token}}", _told(_accept), methods=["POST"]),
]
ROUTES = [
    *INVITED,
    Route(f"{HOME}/with/{{token}}", _told(_with_pin), methods=["GET"]),
    Route(f"{HOME}/with/{{token}}", _told(_pin), methods=["POST"]),
    Route(f"{HOME}/wecom", _told(_by_wecom), methods=["GET"]),
    Route(f"{HOME}/leave", _leave, methods=["POST"]),
]
