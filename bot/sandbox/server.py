"""The sandbox over HTTP: WeCom's own routes, the phone's pages and a JSON control API.

HTTP 200 with an errcode, as WeCom does; other statuses only as a fault on request.
"""

import asyncio
import mimetypes
from collections.abc import Callable
from typing import Any

import httpx
from starlette.applications import Starlette
from starlette.background import BackgroundTask
from starlette.middleware import Middleware
from starlette.requests import Request
from starlette.responses import JSONResponse, RedirectResponse, Response
from starlette.routing import Mount, Route, WebSocketRoute

from bot.sandbox import control, desk_page, oauth_page, pages
from bot.sandbox.api import ENDPOINTS
from bot.sandbox.app_events import tell_of_jobs
from bot.sandbox.asks import Ask
from bot.sandbox.bounded import Bounded
from bot.sandbox.desk_export import BEGINNING
from bot.sandbox.faults import Fault, FaultKind
from bot.sandbox.long_connection import long_connection
from bot.sandbox.media import MB, attached
from bot.sandbox.multipart import media_part
from bot.sandbox.scanner import watch
from bot.sandbox.serving import ABORT
from bot.sandbox.world import World

BODY_LIMIT = 12 * MB  # bytes; eight pages of 666 KB fit, written as \\uXXXX
OK = JSONResponse({"errcode": 0, "errmsg": "ok"}).body
MOST = 64 * MB  # of anything; a person may attach two of the largest files in one go
UPLOAD_LIMIT = 21 * MB  # the largest file, and the multipart form around it

Call = Callable[[], dict[str, Any]]


def create_app(world: World, *, http: httpx.AsyncClient | None = None) -> Starlette:
    """The sandbox of `world`. `http` carries taps to the callback (tests give an ASGITransport)."""
    app = Starlette(
        routes=[
            Route("/cgi-bin/{endpoint:path}", endpoint, methods=["GET", "POST"]),
            Route("/", lambda _request: RedirectResponse("/sandbox")),  # who opens it by hand
            WebSocketRoute("/", long_connection),
            Mount("/sandbox/api", routes=control.ROUTES),
            *oauth_page.ROUTES,
            *desk_page.ROUTES,
            *pages.ROUTES,
        ],
        middleware=[Middleware(Bounded, most=MOST)],
    )
    world.on_accept = watch(world, http)
    app.state.world = world
    app.state.http = http
    return app


async def endpoint(request: Request) -> Response:
    """One call of the API, by GET or POST: WeCom does not mind which."""
    world: World = request.app.state.world
    name = request.path_params["endpoint"]
    found = ENDPOINTS.get(name)
    if found is None:
        return JSONResponse({"errcode": 404, "errmsg": f"no such api: {name}"}, status_code=404)
    post = request.method == "POST"
    body = await _body(request, UPLOAD_LIMIT if found.upload else BODY_LIMIT) if post else b""
    if body is None:
        return JSONResponse(world.refuse(name, 40206, ip=ip(request)))
    ask = Ask(
        query=request.query_params,
        body=b"" if found.upload else body,
        upload=media_part(body) if found.upload else None,
        ip=ip(request),
    )
    if found.download:
        return _file(world, ask, await _answer(request, name, lambda: world.call(name, ask)))
    answer = await _answer(request, name, lambda: world.call(name, ask))
    if name in BEGINNING:
        answer.background = BackgroundTask(tell_of_jobs, world, request.app.state.http)
    return answer


def _file(world: World, ask: Ask, answer: Response) -> Response:
    """The bytes of a file in place of an `ok`; what was refused or spoilt stays as it is."""
    media = world.shelf.peek(ask.query.get("media_id", ""))
    if media is None or answer.body != OK:
        return answer
    kind = mimetypes.guess_type(media.filename)[0] or "application/octet-stream"
    return Response(media.data, media_type=kind, headers=attached(media.filename))


def ip(request: Request) -> str:
    return request.client.host if request.client else "127.0.0.1"


async def _body(request: Request, limit: int) -> bytes | None:
    """The body, whatever its Content-Type says; None if it is absurdly large."""
    body = bytearray()
    async for chunk in request.stream():
        body += chunk
        if len(body) > limit:
            return None
    return bytes(body)


async def _answer(request: Request, endpoint: str, call: Call) -> Response:
    """Answer `call`, spoilt by the fault that waits for this endpoint, if any."""
    world: World = request.app.state.world
    fault = world.faults.take(endpoint)
    if fault is None:
        return JSONResponse(call())
    world.note_fault(endpoint, fault.kind.value)
    return await _SPOIL[fault.kind](request, endpoint, call, fault)


async def _status(_request: Request, _endpoint: str, call: Call, fault: Fault) -> Response:
    if fault.accept:
        call()
    return Response("bad gateway", status_code=fault.status)


async def _drop_after(request: Request, _endpoint: str, call: Call, _fault: Fault) -> Response:
    call()
    return await _hang_up(request)


async def _drop_before(request: Request, _endpoint: str, _call: Call, _fault: Fault) -> Response:
    return await _hang_up(request)


async def _slow(_request: Request, _endpoint: str, call: Call, fault: Fault) -> Response:
    answer = call()
    await asyncio.sleep(fault.seconds)
    return JSONResponse(answer)


async def _errcode(request: Request, endpoint: str, call: Call, fault: Fault) -> Response:
    if fault.accept:
        call()
    world: World = request.app.state.world
    return JSONResponse(world.refuse(endpoint, fault.errcode, ip=ip(request)))


async def _malformed(_request: Request, _endpoint: str, call: Call, _fault: Fault) -> Response:
    call()
    return Response('{"errcode":0,"errm', media_type="application/json")


async def _warning(_request: Request, _endpoint: str, call: Call, _fault: Fault) -> Response:
    answer = call()
    return JSONResponse({**answer, "errmsg": f"{answer['errmsg']}. Warning: wrong json format. "})


async def _hang_up(request: Request) -> Response:
    """Close the connection without an answer; without a real one, raise what httpx would."""
    abort = request.scope.get("extensions", {}).get(ABORT)
    if abort is None:
        raise httpx.RemoteProtocolError("Server disconnected without sending a response.")
    abort()
    await asyncio.sleep(0.01)  # so that the server notices, and drops what follows
    return Response()


_SPOIL = {
    FaultKind.STATUS: _status,
    FaultKind.DROP_AFTER: _drop_after,
    FaultKind.DROP_BEFORE: _drop_before,
    FaultKind.SLOW: _slow,
    FaultKind.ERRCODE: _errcode,
    FaultKind.MALFORMED: _malformed,
    FaultKind.WARNING: _warning,
}
