"""The one Starlette app: verbs reach it over the socket of a running bot, or in process.

/wecom/callback   signed and encrypted by WeCom; everything else is refused alike
/r/<token>        the reading page behind 看全文, by signed address; a GET counts nothing, the POST
                  of a person who is signed in does
/oauth/back       where WeCom's silent sign-in leads back to
/static/…         the style of that page
/review/<token>   what waits for a reviewer, behind a personal link (web/desk.py)
/screen/… and so on  the other channels (web/outlets.py)
/console          what the office does, as pages (web/console/)
/control/<verb>   127.0.0.1 and a random token only (control.json, mode 0600)
/healthz          the process answers
/readyz           and could send: its rows can be made durable, its library and its days are known
/metrics          numbers for Prometheus: with the token of control.json or of [watch] only
"""

from __future__ import annotations

import asyncio
import hmac
import json
import logging
from collections import Counter
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any, Protocol
from urllib.parse import parse_qs

from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.requests import ClientDisconnect, Request
from starlette.responses import HTMLResponse, JSONResponse, PlainTextResponse, Response
from starlette.routing import Mount, Route
from starlette.staticfiles import StaticFiles

from bot.core import messages
from bot.core.asking import fitted
from bot.core.render import CARD_TEXT, Reading
from bot.inbox import Event, event_from_page, event_from_xml
from bot.inbox.events import NOBODY, OPENED, UNCLEAR, USEFUL, WORDS
from bot.web import coming, console, desk, outlets
from bot.web.anonymous import Browsers
from bot.web.console.entry import Entry
from bot.web.guard import BODY_SECONDS, Guarded
from bot.web.reading import HEADERS, PAGE_HEADERS, Form, Links, closed_page, page, thanks_page
from bot.web.shown import HERE
from bot.web.signin import BACK, NotOurs, SignIn
from bot.wecom.callback import BODY_BYTES, Callback
from bot.wecom.errors import Refused
from bot.wecom.replies import passive_notice, passive_reply, passive_text

log = logging.getLogger(__name__)

ANSWER_WITHIN = 4.5  # seconds of WeCom's 5
FORM_BYTES = 8192  # 300 characters, each nine bytes on the way
REFUSED = "refused-callback"
METRICS_KIND = "text/plain; version=0.0.4"  # Starlette adds the charset; prometheus-client's text
FEELINGS = (USEFUL, UNCLEAR, WORDS)
CONTROL_BYTES = 32 * 1024 * 1024  # a roster of 200,000 people
_WRONG_PARAMETERS = (ValueError, TypeError, LookupError, AttributeError, OverflowError, Refused)
LOCAL_HOSTS = ("127.0.0.1", "localhost", "qingfeng")

Control = Callable[[str, Mapping[str, Any]], Awaitable[dict[str, Any]]]
Receive = Callable[[Event], Awaitable["Said"]]


class Read(Protocol):
    """From a push key to its whole text, for `person` where it is known who has it open."""

    async def __call__(self, key: str, person: str = "") -> Reading | None: ...


class Said(Protocol):
    """What comes back of an event: words for the tapped button, or Markdown for the chat."""

    @property
    def button(self) -> str: ...

    @property
    def text(self) -> str: ...

    @property
    def more(self) -> str: ...

    @property
    def card(self) -> Any: ...

    @property
    def page(self) -> str: ...


@dataclass(frozen=True, kw_only=True)
class Doors:
    """What the app answers with; put together by bot.app."""

    control: Control
    receive: Receive
    read: Read
    links: Links
    now: Callable[[], datetime]
    token: str = field(repr=False)
    callback: Callback | None = None
    refused: Counter[str] = field(default_factory=Counter)  # counted here, kept by the tick
    signin: SignIn | None = None
    browsers: Browsers | None = None
    ready: Callable[[], Awaitable[str]] | None = None  # why it could not send now, "" if it could
    metrics: Callable[[], Awaitable[bytes]] | None = None
    metrics_token: str = field(default="", repr=False)
    mistake: type[Exception] = ValueError
    entry: Entry | None = None  # the console's doors
    unit: str = ""
    patience: float = BODY_SECONDS  # with a body that only drips
    review_host: str = ""  # the public one, where a proxy does not hand it on


def create_app(doors: Doors) -> Starlette:
    app = Guarded(
        routes=[
            Route("/healthz", _health),
            Route("/readyz", _ready),
            Route("/metrics", _metrics, methods=["GET"]),
            Route("/wecom/callback", _echo, methods=["GET"]),
            Route("/wecom/callback", _callback, methods=["POST"]),
            Route("/r/{token}", _read, methods=["GET"]),
            Route("/r/{token}", _tapped, methods=["POST"]),
            Route("/r/{token}/opened", _opened, methods=["POST"]),
            Route(BACK, _signed_in, methods=["GET"]),
            Mount("/static", StaticFiles(directory=HERE / "static")),
            *coming.routes(),
            *desk.routes(),
            *outlets.routes(),
            *console.routes(),
            Route("/control/{verb}", _control, methods=["POST"]),
        ],
        exception_handlers={404: _nowhere, 405: _nowhere},
    )
    app.state.doors, app.state.patience = doors, doors.patience
    return app


async def _nowhere(request: Request, error: Exception) -> Response:
    """Say in words, to whoever was given an address, that nothing is there."""
    assert isinstance(error, HTTPException)
    if request.url.path.startswith(("/console", "/review")):
        return console.closed(error.status_code, "没有这一页", messages.NO_SUCH_PAGE)
    return PlainTextResponse(error.detail, error.status_code, headers=error.headers)


async def _health(_: Request) -> Response:
    return PlainTextResponse("ok")


async def _ready(request: Request) -> Response:
    """Say whether it could send, to anybody; why not is in the log and in every verb's answer."""
    doors: Doors = request.app.state.doors
    why = await doors.ready() if doors.ready else ""
    return PlainTextResponse("not ready" if why else "ok", status_code=503 if why else 200)


async def _metrics(request: Request) -> Response:
    """Tell the numbers to whoever has a token; to others there is no such page."""
    doors: Doors = request.app.state.doors
    tokens = [one for one in (doors.token, doors.metrics_token) if one]
    if doors.metrics is None or not any(_bears(request, one) for one in tokens):
        raise HTTPException(404)
    return Response(await doors.metrics(), media_type=METRICS_KIND)


def _bears(request: Request, token: str) -> bool:
    given = request.headers.get("authorization", "")
    return hmac.compare_digest(given.encode(), f"Bearer {token}".encode())


# -- WeCom (wecom/api.md §5) ---------------------------------------------------------------------


async def _echo(request: Request) -> Response:
    """Answer the URL verification (§5.4)."""
    doors: Doors = request.app.state.doors
    if doors.callback is None:
        return _refused(doors, "no app is configured")
    try:
        echo = doors.callback.open_echo(dict(request.query_params), doors.now())
    except Refused as error:
        return _refused(doors, str(error))
    return PlainTextResponse(echo)


async def _callback(request: Request) -> Response:
    """Answer an event (§5.5): durable first, then 200, so that a lost one is sent again."""
    doors: Doors = request.app.state.doors
    if doors.callback is None:
        return _refused(doors, "no app is configured")
    query = dict(request.query_params)
    try:
        body = await _limited(request, BODY_BYTES)
        fields = doors.callback.open_post(query, body, doors.now())
    except Refused as error:
        return _refused(doors, str(error))
    event = event_from_xml(fields)
    try:
        # What lasts longer goes on; WeCom tells it again, and hears how it ended (§5.5).
        said = await asyncio.wait_for(_said(doors, event), ANSWER_WITHIN) if event else None
    except TimeoutError:
        log.warning("callback late", extra={"action": "callback-late"})
        return PlainTextResponse("", status_code=503)
    if said is not None and said.button:
        xml = _changed(fields, said, doors.now())
    elif said is not None and said.text and event is not None and event.kind == "message":
        xml = passive_text(fields, said.text, doors.now())  # whoever only looks in, hears nothing
    else:
        return Response()
    sealed = doors.callback.seal(xml, query.get("nonce", ""), doors.now())
    return Response(sealed, media_type="application/xml")


def _changed(fields: Mapping[str, Any], said: Said, now: datetime) -> str:
    """Return what becomes of the tapped card: its button is grey; of an answered one, the reason.

    A card that asks has no room for that beside its options, so a notice takes its place where
    there is a page to lead to.
    """
    if not (said.more and said.page and isinstance(said.card, Mapping)):
        return passive_reply(fields, said.button, now)
    return passive_notice(
        fields,
        source=str(said.card.get("source", {}).get("desc", "")),
        title=said.card["main_title"]["title"],
        text=fitted(said.more, CARD_TEXT),
        url=said.page,
        now=now,
    )


async def _said(doors: Doors, event: Event) -> Said:
    return await asyncio.shield(asyncio.ensure_future(doors.receive(event)))


def _refused(doors: Doors, reason: str) -> Response:
    """Say nothing to whoever knocks; it is counted, the log holds the reason, never the body."""
    doors.refused[REFUSED] += 1
    log.warning("callback refused: %s", reason, extra={"action": "callback-refused"})
    return PlainTextResponse("", status_code=403)


async def _limited(request: Request, limit: int) -> bytes:
    body = b""
    try:
        async for chunk in request.stream():
            body += chunk
            if len(body) > limit:
                raise Refused("body too long")
    except ClientDisconnect:  # nobody is there any more to be told anything
        raise Refused("cut off") from None
    return body


# -- the reading page ------------------------------------------------------------------------------


async def _read(request: Request) -> Response:
    """Show the whole text. A HEAD or a GET is never a receipt: scanners fetch links."""
    doors: Doors = request.app.state.doors
    token = request.path_params["token"]
    key = doors.links.push_key(token)
    person = (doors.signin.person(request) if doors.signin else "") or ""
    reading = await doors.read(key, person) if key else None
    if reading is None:
        return _closed(404)
    if doors.signin is not None and request.method == "GET" and doors.signin.wanted(request):
        return doors.signin.begin(f"/r/{token}")
    form = Form(doors.signin.form(person, token)) if doors.signin and person else None
    browser = ""
    if reading.over:
        form = None
    elif form is None and reading.anonymous and doors.browsers and request.method == "GET":
        proof, browser = doors.browsers.form(request, token)
        form = Form(proof)
    figures = await outlets.figures(request, reading)
    response = HTMLResponse(page(reading, form, figures), headers=PAGE_HEADERS)
    if browser and doors.browsers:
        doors.browsers.give(response, browser)
    return response


async def _opened(request: Request) -> Response:
    """Count that a page was looked at: its own script says so once it is visible."""
    doors: Doors = request.app.state.doors
    key = doors.links.push_key(request.path_params["token"])
    if not key or await doors.read(key) is None:
        return Response(status_code=404)
    event = event_from_page("", key, doors.now())
    await doors.receive(replace(event, button=OPENED))
    return Response(status_code=204)


async def _nobodys(request: Request, key: str, given: Mapping[str, list[str]]) -> Response | None:
    """Take what a browser says of whom nothing is known; None where it may not."""
    doors: Doors = request.app.state.doors
    token, proof = request.path_params["token"], given.get("form", [""])[0]
    reading = await doors.read(key) if key else None
    if reading is None or not reading.anonymous or doors.browsers is None:
        return None
    if not doors.browsers.sound(request, proof, token):
        return None
    feel, words = (given.get(name, [""])[0] for name in ("feel", "words"))
    event = event_from_page("", key, doors.now())
    if feel in FEELINGS:
        said = await doors.receive(replace(event, button=feel, text=words))
        return HTMLResponse(closed_page(said.text, messages.HEARD), headers=HEADERS)
    response = HTMLResponse(thanks_page(), headers=HEADERS)
    if doors.browsers.first(request, response, token):
        await doors.receive(replace(event, button=NOBODY))
    return response


async def _tapped(request: Request) -> Response:
    """Take 已阅 from a person who is signed in; durable before it is answered."""
    doors: Doors = request.app.state.doors
    token = request.path_params["token"]
    key = doors.links.push_key(token)
    person = (doors.signin.person(request) if doors.signin else "") or ""
    try:
        given = parse_qs(
            (await _limited(request, FORM_BYTES)).decode("ascii", "replace"), errors="replace"
        )
    except Refused:
        return _closed(403)
    if not person and (answer := await _nobodys(request, key, given)) is not None:
        return answer
    if doors.signin is None or not key or not person:
        return _closed(403)
    if not doors.signin.sound(given.get("form", [""])[0], person, token):
        return _closed(403)
    option, words = (given.get(name, [""])[0] for name in ("option", "words"))
    event = event_from_page(person, key, doors.now(), option)
    if (feel := given.get("feel", [""])[0]) in FEELINGS:
        event = replace(event, person="", button=feel, text=words)
    said = await doors.receive(event)
    if feel in FEELINGS:
        return HTMLResponse(closed_page(said.text, messages.HEARD), headers=HEADERS)
    return HTMLResponse(thanks_page(said.more), headers=HEADERS)


async def _signed_in(request: Request) -> Response:
    doors: Doors = request.app.state.doors
    if doors.signin is None:
        return _closed(404)
    try:
        return await doors.signin.finish(request)
    except NotOurs as error:
        log.warning("sign-in refused: %s", error, extra={"action": "signin-refused"})
        return _closed(403)


def _closed(status: int) -> Response:
    return HTMLResponse(closed_page(), status_code=status, headers=HEADERS)


# -- verbs -----------------------------------------------------------------------------------------


async def _control(request: Request) -> Response:
    doors: Doors = request.app.state.doors
    host = request.headers.get("host", "").rpartition(":")[0] or request.headers.get("host", "")
    here = request.client is None or request.client.host in ("127.0.0.1", "::1")
    if not here or host not in LOCAL_HOSTS or not _bears(request, doors.token):
        log.warning("control refused", extra={"action": "control-refused"})
        return PlainTextResponse("", status_code=403)
    verb = request.path_params["verb"]
    try:
        params = json.loads(await _limited(request, CONTROL_BYTES) or b"{}")
    except (ValueError, RecursionError, Refused):
        return _mistake(messages.BAD_REQUEST)
    if not isinstance(params, dict):
        return _mistake(messages.BAD_REQUEST)
    try:
        answer = await doors.control(verb, params)
    except doors.mistake as error:
        return _mistake(str(error))
    except OSError as error:  # the disk takes no row: whoever asked is told so
        words = messages.DISK_TROUBLE.format(error.strerror or type(error).__name__)
        log.error("control %s: %s", verb, error, extra={"action": "disk-trouble"})
        return JSONResponse({"error": words}, status_code=507)
    except _WRONG_PARAMETERS as error:
        # The log has the place: the caller's slip and a fault of ours look alike from here.
        log.warning("control %s: %r", verb, error, exc_info=log.isEnabledFor(logging.DEBUG))
        return _mistake(messages.BAD_PARAMETERS.format(verb))
    return JSONResponse(answer)


def _mistake(words: str) -> Response:
    return JSONResponse({"error": words}, status_code=400)
