"""The JSON control API under /sandbox/api: look, spoil, tap. No secret leaves by it."""

import json
from dataclasses import asdict
from datetime import datetime
from typing import Any

from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from bot.sandbox.taps import tap
from bot.sandbox.world import World


async def state(request: Request) -> Response:
    """The clock, the members, the groups, the apps and the switches."""
    world: World = request.app.state.world
    return _json(
        {
            "now": world.now(),
            "corp_id": world.corp_id,
            "name": world.name,
            "banner": world.banner,
            "users": [asdict(user) for user in world.users.values()],
            "groups": [asdict(group) for group in world.groups.values()],
            "apps": [
                {"agentid": app.agentid, "name": app.name, "callback": bool(app.callback_url)}
                for app in world.apps.values()
            ],
            "messages": len(world.posted),
            "robots": [
                {"bot_id": bot.bot_id, "name": bot.name, "connected": bot.line is not None}
                for bot in world.robots.values()
            ],
            "switches": world.switches(),
        }
    )


async def log(request: Request) -> Response:
    """The log from line `?since=` (0 upwards) on, and where to go on: `next`."""
    world: World = request.app.state.world
    since = request.query_params.get("since", "0")
    if not since.isdecimal():
        return _wrong("since must be a number")
    return _json({"log": [asdict(r) for r in world.log[int(since) :]], "next": len(world.log)})


async def faults(request: Request) -> Response:
    """GET what waits · POST {"endpoint", "kind", "times"?, …} · DELETE all."""
    world: World = request.app.state.world
    if request.method == "DELETE":
        world.faults.clear()
    if request.method == "POST":
        try:
            world.faults.add(**await request.json())
        except (TypeError, ValueError) as error:
            return _wrong(str(error))
    return _json({"pending": world.faults.pending()})


async def tapping(request: Request) -> Response:
    """POST {"userid", "task_id", "key", "options"?, "agentid"?}: that person taps."""
    world: World = request.app.state.world
    try:
        result = await tap(world, **await request.json(), http=request.app.state.http)
    except (TypeError, ValueError) as error:
        return _wrong(str(error))
    return _json(asdict(result))


def _json(value: Any) -> Response:
    text = json.dumps(value, ensure_ascii=False, default=_plain)
    return Response(text, media_type="application/json")


def _plain(value: Any) -> str:
    return value.isoformat() if isinstance(value, datetime) else str(value)


def _wrong(why: str) -> Response:
    return JSONResponse({"error": why}, status_code=400)


ROUTES = [
    Route("/state", state),
    Route("/log", log),
    Route("/faults", faults, methods=["GET", "POST", "DELETE"]),
    Route("/tap", tapping, methods=["POST"]),
]
