"""The JSON control API under /sandbox/api: look, spoil, turn, act as a person.

No secret leaves by it. Described for users in docs/sandbox.md.
"""

import base64
import json
from collections.abc import Awaitable, Callable
from dataclasses import asdict
from datetime import datetime
from functools import wraps
from typing import Any

from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from bot.sandbox import people, url_mode
from bot.sandbox.acts import ACTS, act
from bot.sandbox.adding import FIELDS, add
from bot.sandbox.app_events import KINDS, happen
from bot.sandbox.asks import Upload
from bot.sandbox.keeping import forget
from bot.sandbox.staff import change
from bot.sandbox.switches import TABLE
from bot.sandbox.taps import flush, tap, verify_callback
from bot.sandbox.world import World

KEYS = ("token", "aes_key")  # of a robot in URL mode
LONGEST_WORD = 300  # characters of what a refusal says
Handler = Callable[[Request], Awaitable[Response]]


def from_elsewhere(request: Request) -> bool:
    """Did another site's page send this? A browser says so; programs say nothing."""
    return request.headers.get("sec-fetch-site", "none") not in ("none", "same-origin")


def _guarded(handler: Handler) -> Handler:
    """Refuse other sites' pages, and say in a 400 what was wrong with a request."""

    @wraps(handler)
    async def guarded(request: Request) -> Response:
        if from_elsewhere(request):
            return JSONResponse({"error": "not from another site"}, status_code=403)
        try:
            return await handler(request)
        except (AttributeError, KeyError, OverflowError, TypeError, ValueError) as error:
            return JSONResponse({"error": _said(error)}, status_code=400)

    return guarded


def _said(error: Exception) -> str:
    """What was wrong, in one line that does not repeat all of a long request."""
    words = f"missing or unknown: {error}" if isinstance(error, KeyError) else str(error)
    line = " ".join(words.split()) or type(error).__name__
    return line if len(line) <= LONGEST_WORD else f"{line[:LONGEST_WORD]}…"


async def _given(request: Request) -> dict[str, Any]:
    """The request's JSON object; ValueError for anything else."""
    try:
        given = json.loads(await request.body())
        json.dumps(given, ensure_ascii=False).encode()  # half a character is none
    except (RecursionError, UnicodeError, ValueError):
        raise ValueError("the body must be JSON") from None
    if not isinstance(given, dict):
        raise ValueError("the body must be a JSON object")
    return given


@_guarded
async def state(request: Request) -> Response:
    """The clock, the members, the groups, the apps, the robots and the switches."""
    world: World = request.app.state.world
    return _json(
        {
            "now": world.now(),
            "corp_id": world.corp_id,
            "name": world.name,
            "banner": world.banner,
            "users": [asdict(user) for user in world.users.values()],
            "departments": [asdict(d) for d in world.departments.values()],
            "groups": [asdict(group) for group in world.groups.values()],
            "apps": [
                {"agentid": app.agentid, "name": app.name, "callback": bool(app.callback_url)}
                for app in world.apps.values()
            ],
            "robots": [
                {"bot_id": bot.bot_id, "name": bot.name, "connected": bot.line is not None}
                for bot in world.robots.values()
            ],
            "messages": world.posted.total,
            "switches": world.switches(),
        }
    )


@_guarded
async def log(request: Request) -> Response:
    """The log from line `?since=` (0 upwards) on, and where to go on: `next`.

    `forgotten`: lines before that one are gone. DELETE empties the log and the phones.
    """
    world: World = request.app.state.world
    if request.method == "DELETE":
        forget(world, 0)
    since = request.query_params.get("since", "0")
    if not since.isdecimal():
        raise ValueError("since must be a number")
    lines = [asdict(record) for record in world.log.since(int(since))]
    told = {"log": lines, "next": world.log.total, "forgotten": world.log.forgotten}
    return _json(told)


@_guarded
async def faults(request: Request) -> Response:
    """GET what waits · POST {"endpoint", "kind", "times"?, …} · DELETE all, or ?endpoint=."""
    world: World = request.app.state.world
    if request.method == "DELETE":
        world.faults.clear(request.query_params.get("endpoint", ""))
    if request.method == "POST":
        world.faults.add(**await _given(request))
    return _json({"pending": world.faults.pending()})


@_guarded
async def switches(request: Request) -> Response:
    """GET every switch with its question · POST {name: value, …}."""
    world: World = request.app.state.world
    if request.method == "POST":
        for name, value in (await _given(request)).items():
            world.turn(name, value)
    stand = world.switches()
    return _json({name: {**asdict(one), "value": stand[name]} for name, one in TABLE.items()})


@_guarded
async def acting(request: Request) -> Response:
    """GET the acts · POST {"do", "of"?}."""
    world: World = request.app.state.world
    if request.method == "POST":
        act(world, **await _given(request))
    return _json({"acts": {do: words for do, (words, _) in ACTS.items()}})


@_guarded
async def adding(request: Request) -> Response:
    """GET what can be set up · POST {"what": "user", …}: people, groups, apps, robots."""
    world: World = request.app.state.world
    if request.method == "GET":
        return _json({"what": FIELDS})
    body = await _given(request)
    return _json(add(world, str(body.pop("what", "")), body))


@_guarded
async def tapping(request: Request) -> Response:
    """POST {"userid", "task_id", "key", "options"?, "agentid"?}: that person taps an app's card."""
    world: World = request.app.state.world
    return _json(asdict(await tap(world, **await _given(request), http=request.app.state.http)))


@_guarded
async def pressing(request: Request) -> Response:
    """POST {"userid", "number", "key", "options"?}: presses a card, an app's or a robot's."""
    world: World = request.app.state.world
    body = await _given(request)
    return _json(asdict(await people.press(world, **body, http=request.app.state.http)))


@_guarded
async def saying(request: Request) -> Response:
    """POST {"userid", "chat", "text"?, "files"?: [{"name", "base64"}], "quote"?}: writes."""
    world: World = request.app.state.world
    body = await _given(request)
    body["files"] = [
        Upload(filename=str(one["name"]), data=base64.b64decode(one["base64"], validate=True))
        for one in body.get("files", [])
    ]
    return _json(asdict(await people.say(world, **body, http=request.app.state.http)))


@_guarded
async def forwarding(request: Request) -> Response:
    """POST {"userid", "number", "chat"} or {"userid", "number", "to": userid}: hands it on."""
    world: World = request.app.state.world
    body = await _given(request)
    if "to" in body:
        body["chat"] = world.direct(str(body["userid"]), str(body.pop("to")))
    return _json(asdict(await people.forward(world, **body, http=request.app.state.http)))


@_guarded
async def choosing(request: Request) -> Response:
    """POST {"userid", "agentid", "key"}: taps an entry of an app's menu."""
    world: World = request.app.state.world
    body = await _given(request)
    return _json(asdict(await people.choose(world, **body, http=request.app.state.http)))


@_guarded
async def entering(request: Request) -> Response:
    """POST {"userid", "chat"}: that person opens a single chat."""
    world: World = request.app.state.world
    body = await _given(request)
    return _json(asdict(await people.enter(world, **body, http=request.app.state.http)))


@_guarded
async def rating(request: Request) -> Response:
    """POST {"userid", "number", "kind", "content"?, "reasons"}: rates a robot's message."""
    world: World = request.app.state.world
    body = await _given(request)
    return _json(asdict(await people.rate(world, **body, http=request.app.state.http)))


@_guarded
async def happening(request: Request) -> Response:
    """GET the events · POST {"agentid", "event", "userid"?, "fields"?}: tells an app of it."""
    world: World = request.app.state.world
    if request.method == "GET":
        return _json({"events": {name: kind.needs for name, kind in KINDS.items()}})
    body = await _given(request)
    return _json(asdict(await happen(world, **body, http=request.app.state.http)))


@_guarded
async def changing(request: Request) -> Response:
    """POST {"change", …}: the administrator changes the contacts, and who hears of it does.

    {"callback": {"url", "token", "aes_key"}} is where 通讯录同步 hears of it.
    """
    world: World = request.app.state.world
    body = await _given(request)
    if "callback" in body:
        world.set_sync_callback(**body["callback"])
        return _json({"set": True})
    what = str(body.pop("change", ""))
    return _json(asdict(await change(world, what, body, http=request.app.state.http)))


@_guarded
async def flushing(request: Request) -> Response:
    """POST: the events that a REORDER fault keeps back leave now."""
    world: World = request.app.state.world
    return _json({"posted": len(await flush(world, http=request.app.state.http))})


@_guarded
async def verifying(request: Request) -> Response:
    """POST {"agentid", "url"?} or {"bot_id", "url"?}: the GET verification, as 保存 does (§5.4).

    A robot's `url` puts it into URL mode, "" back to its long connection.
    """
    world: World = request.app.state.world
    body = await _given(request)
    if "bot_id" in body:
        return await _robot_verified(request, body)
    agentid = int(body["agentid"])
    if "url" in body:
        world.set_callback(agentid, str(body["url"]))
    passed = await verify_callback(world, agentid, http=request.app.state.http)
    return _json({"passed": passed})


async def _robot_verified(request: Request, body: dict[str, Any]) -> Response:
    world: World = request.app.state.world
    bot_id, url = str(body["bot_id"]), body.get("url")
    robot = world.robots[bot_id]
    if url is not None:
        world.set_robot_url(bot_id, str(url), **{n: str(body[n]) for n in KEYS if n in body})
    told = {"passed": False, "mode": "url" if robot.by_url else "long connection"}
    if robot.by_url:
        told["passed"] = await url_mode.verify(world, bot_id, http=request.app.state.http)
    return _json(told)


def _json(value: Any) -> Response:
    text = json.dumps(value, ensure_ascii=False, default=_plain)
    return Response(text, media_type="application/json")


def _plain(value: Any) -> str:
    return value.isoformat() if isinstance(value, datetime) else str(value)


ROUTES = [
    Route("/state", state),
    Route("/log", log, methods=["GET", "DELETE"]),
    Route("/faults", faults, methods=["GET", "POST", "DELETE"]),
    Route("/switches", switches, methods=["GET", "POST"]),
    Route("/acts", acting, methods=["GET", "POST"]),
    Route("/add", adding, methods=["GET", "POST"]),
    Route("/tap", tapping, methods=["POST"]),
    Route("/press", pressing, methods=["POST"]),
    Route("/say", saying, methods=["POST"]),
    Route("/forward", forwarding, methods=["POST"]),
    Route("/menu", choosing, methods=["POST"]),
    Route("/enter", entering, methods=["POST"]),
    Route("/rate", rating, methods=["POST"]),
    Route("/event", happening, methods=["GET", "POST"]),
    Route("/contact", changing, methods=["POST"]),
    Route("/flush", flushing, methods=["POST"]),
    Route("/verify", verifying, methods=["POST"]),
]
