"""What a person does on the phone's page beside tapping: write, rate, open a link, fetch a file."""

import contextlib
import mimetypes
from datetime import datetime
from urllib.parse import quote, urlencode, urlsplit

from starlette.background import BackgroundTask
from starlette.datastructures import UploadFile
from starlette.requests import Request
from starlette.responses import JSONResponse, PlainTextResponse, RedirectResponse, Response
from starlette.routing import BaseRoute, Route

from bot.sandbox import people
from bot.sandbox.asks import Upload
from bot.sandbox.media import MB, amr_seconds, attached
from bot.sandbox.oauth_page import WHO
from bot.sandbox.phone import File
from bot.sandbox.robot_files import PATH
from bot.sandbox.world import World

AUTHORIZE = "/connect/oauth2/authorize"
REAL_AUTHORIZE = "open.weixin.qq.com"  # the host this sandbox plays
WEEKDAYS = "一二三四五六日"
INLINE = ("image/png", "image/jpeg", "image/gif", "video/mp4")  # never a type that can run
REASONS = {"1": "与问题无关", "2": "内容不完整", "3": "内容有错误", "4": "数据分析错误"}
LONGEST_ID, MOST_DIGITS = 200, 16  # of what a form names
LONGEST = 2048  # characters of what a person writes
MOST_FILES, LARGEST_FILE = 9, 20 * MB  # that go with one writing on the page


def clock(at: datetime) -> str:
    """2026年9月24日 星期四 09:12:31"""
    day = f"{at.year}年{at.month}月{at.day}日 星期{WEEKDAYS[at.weekday()]}"
    return f"{day} {at:%H:%M:%S}"


def from_elsewhere(request: Request) -> Response | None:
    """A refusal for what another site's page asks for."""
    if request.headers.get("sec-fetch-site", "same-origin") in ("same-origin", "none"):
        return None
    return PlainTextResponse("只能在演练环境的页面里点按。", status_code=403)


def back(who: str, chat: str, notice: str = "") -> Response:
    """To the chat again."""
    query = {"who": who[:LONGEST_ID], "chat": chat[:LONGEST_ID]} | (
        {"notice": notice} if notice else {}
    )
    return RedirectResponse("/sandbox?" + urlencode(query), status_code=303)


def number_of(text: str) -> int | None:
    """The digits of a form's field; None for anything else."""
    return int(text) if len(text) < MOST_DIGITS and text.isascii() and text.isdigit() else None


def found(world: World, media_id: str) -> File | None:
    """An uploaded file as the page fetches it."""
    media = world.shelf.peek(media_id)
    if media is None:
        return None
    seconds = round(amr_seconds(media.data)) if media.kind == "voice" else 0
    href = f"/sandbox/media/{quote(media_id)}"
    return File(href=href, name=media.filename, size=len(media.data), seconds=seconds)


async def said(request: Request) -> Response:
    """POST /sandbox/say: `who` writes `text` in `chat`; a robot hears it if it is meant."""
    refusal = from_elsewhere(request)
    if refusal is not None:
        return refusal
    async with request.form(max_files=MOST_FILES, max_fields=20) as fields:
        who, chat, text = (str(fields.get(name, "")) for name in ("who", "chat", "text"))
        sent = [one for one in fields.getlist("file") if isinstance(one, UploadFile) and one.size]
        if any((one.size or 0) > LARGEST_FILE for one in sent):
            return back(who, chat, "large")
        files = [Upload(filename=one.filename or "file", data=await one.read()) for one in sent]
        answered = str(fields.get("quote", ""))
    text = text.strip()[:LONGEST]
    if not text and not files:
        return back(who, chat)
    world, http = request.app.state.world, request.app.state.http
    number = number_of(answered) or 0
    try:
        result = await people.say(world, who, chat, text, files=files, quote=number, http=http)
    except ValueError:
        return back(who, chat, "mute")
    return back(who, chat, "" if result.delivered or chat in world.groups else "deaf")


async def forwarded(request: Request) -> Response:
    """POST /sandbox/forward: `who` hands message `number` on to the chat `to`, and goes there."""
    refusal = from_elsewhere(request)
    if refusal is not None:
        return refusal
    fields = await request.form()
    who, chat, to = (str(fields.get(name, "")) for name in ("who", "chat", "to"))
    number = str(fields.get("number", ""))
    world, http = request.app.state.world, request.app.state.http
    try:
        await people.forward(world, who, number_of(number) or 0, to, http=http)
    except ValueError:
        return back(who, chat, "mute")
    return back(who, chat, "forwarded")


async def chosen(request: Request) -> Response:
    """POST /sandbox/menu: `who` taps the entry `key` of the menu of `chat`."""
    refusal = from_elsewhere(request)
    if refusal is not None:
        return refusal
    fields = await request.form()
    who, chat, key = (str(fields.get(name, "")) for name in ("who", "chat", "key"))
    agentid = number_of(chat.removeprefix("app-"))
    world, http = request.app.state.world, request.app.state.http
    try:
        told = await people.choose(world, who, -1 if agentid is None else agentid, key, http=http)
    except ValueError:
        return back(who, chat, "gone")
    return back(who, chat, "" if told.delivered else "deaf")


async def rated(request: Request) -> Response:
    """POST /sandbox/rate: `who` finds message `number` good (1), not (2), or takes it back (3)."""
    refusal = from_elsewhere(request)
    if refusal is not None:
        return refusal
    world: World = request.app.state.world
    fields = await request.form()
    who, kind = (str(fields.get(name, "")) for name in ("who", "kind"))
    content = str(fields.get("content", ""))[:LONGEST]
    number = number_of(str(fields.get("number", ""))) or 0
    reasons = [int(str(one)) for one in fields.getlist("reason") if str(one) in REASONS]
    message, http = world.message(number), request.app.state.http
    chat = message.chat if message else ""
    if kind not in ("1", "2", "3"):
        return back(who, chat, "gone")
    try:
        told = await people.rate(
            world, who, number, int(kind), content=content, reasons=reasons, http=http
        )
    except ValueError:
        return back(who, chat, "gone")
    return back(who, chat, "rated" if told.delivered else "deaf")


async def opened(request: Request) -> Response:
    """GET /sandbox/open?who=&url=: the link opens as that person, OAuth included.

    Inside WeCom nobody is asked who they are; here a cookie tells the authorize page.
    """
    refusal = from_elsewhere(request)
    if refusal is not None:
        return refusal
    world: World = request.app.state.world
    who, url = request.query_params.get("who", ""), request.query_params.get("url", "")
    try:
        parts = urlsplit(url)
    except ValueError:
        parts = urlsplit("")
    if parts.scheme not in ("http", "https") or who not in world.users:
        return PlainTextResponse("这个链接打不开。", status_code=404)
    if (parts.hostname, parts.path) == (REAL_AUTHORIZE, AUTHORIZE):
        url = f"{AUTHORIZE}?{parts.query}"
    menu = number_of(request.query_params.get("menu", ""))
    answer = RedirectResponse(
        url,
        status_code=303,
        headers={"Referrer-Policy": "no-referrer"},
        background=BackgroundTask(_view, request, menu, who) if menu is not None else None,
    )
    answer.set_cookie(WHO, who, httponly=True, samesite="lax")
    return answer


async def _view(request: Request, agentid: int, who: str) -> None:
    """The link stood in an app's menu: the app is told of it (wecom/api.md §5.7)."""
    world, http = request.app.state.world, request.app.state.http
    with contextlib.suppress(ValueError):  # no such entry: somebody typed the address
        await people.choose(world, who, agentid, request.query_params["url"], http=http)


async def media(request: Request) -> Response:
    """GET /sandbox/media/<id>: pictures and films to look at, anything else to keep."""
    world: World = request.app.state.world
    file = world.shelf.peek(request.path_params["media_id"])
    if file is None:
        return PlainTextResponse("没有这个文件。", status_code=404)
    kind = mimetypes.guess_type(file.filename)[0] or ""
    shown = file.kind in ("image", "video") and kind in INLINE
    headers = {"Content-Disposition": "inline"} if shown else attached(file.filename)
    headers |= {"X-Content-Type-Options": "nosniff"}
    headers["Content-Security-Policy"] = "default-src 'none'; sandbox"
    return Response(
        file.data,
        media_type=kind if shown else "application/octet-stream",
        headers=headers,
    )


async def robot_file(request: Request) -> Response:
    """GET what a person sent to a robot: encrypted, for five minutes (wecom/api.md §2.4)."""
    world: World = request.app.state.world
    found = world.offers.sealed(request.path_params["ticket"], world.now())
    if found is None:
        return PlainTextResponse("expired", status_code=403)
    name, sealed = found
    return Response(sealed, media_type="application/octet-stream", headers=attached(name))


async def live(request: Request) -> Response:
    """GET /sandbox/live: the clock, and a number that grows whenever something happens."""
    world: World = request.app.state.world
    told = {"clock": clock(world.now()), "version": world.log.total, "banner": world.banner}
    return JSONResponse(told, headers={"Cache-Control": "no-store"})


ROUTES: list[BaseRoute] = [
    Route("/sandbox/say", said, methods=["POST"]),
    Route("/sandbox/forward", forwarded, methods=["POST"]),
    Route("/sandbox/menu", chosen, methods=["POST"]),
    Route("/sandbox/rate", rated, methods=["POST"]),
    Route("/sandbox/open", opened),
    Route("/sandbox/media/{media_id}", media),
    Route(PATH + "{ticket}", robot_file),
    Route("/sandbox/live", live),
]
