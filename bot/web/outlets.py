"""The other channels as pages; every one is made anew from what may leave the house at that moment.

/screen/<token>/         the page of a screen, and its data (data.json, asked every twenty seconds)
/media/<token>/<name>    a picture, film or captions of a text
/i/<token>               one text, where a poster's QR code leads; counts nothing
/board/<token>           its poster
/films/<token>           films as cards
/feed/<token>/<name>     rss.xml, feed.json, plan.ics for the intranet

A token is signed with the installation's key and opens one thing. Whatever may no longer leave the
house is answered 404, like a token of somebody else's.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
from pathlib import Path
from typing import Any
from urllib.parse import quote

from starlette.requests import Request
from starlette.responses import (
    FileResponse,
    HTMLResponse,
    PlainTextResponse,
    RedirectResponse,
    Response,
)
from starlette.routing import Route

from bot.core import messages
from bot.core.render import Reading
from bot.report import board, screen
from bot.web.reading import Figure, closed_page, films_page, shown_page

HEADERS = {
    "Referrer-Policy": "no-referrer",
    "X-Content-Type-Options": "nosniff",
    "X-Robots-Tag": "noindex",
    "Cache-Control": "no-store",
}
PAGE_POLICY = (
    "default-src 'none'; style-src 'self'; img-src 'self' data:; media-src 'self'; "
    "base-uri 'none'; form-action 'none'; frame-ancestors 'self'"
)


class Tokens:
    """The signed paths of what is shown."""

    def __init__(self, key: bytes) -> None:
        self._key = key

    def _token(self, what: str, about: str) -> str:
        name = f"outlet {what} {about.casefold()}".encode()
        return hmac.new(self._key, name, hashlib.sha256).hexdigest()[:24]

    def path(self, what: str, about: str = "") -> str:
        named = f"{quote(about, safe='')}." if about else ""
        return f"/{what}/{named}{self._token(what, about)}"

    def opens(self, what: str, about: str, token: str) -> bool:
        return hmac.compare_digest(self._token(what, about).encode(), token.encode())


def routes() -> list[Route]:
    get = ["GET"]
    return [
        Route("/screen/{token}", _slash, methods=get),
        Route("/screen/{token}/", _screen, methods=get),
        Route("/screen/{token}/data.json", _data, methods=get),
        Route("/screen/{token}/{name}", _file, methods=get),
        Route("/media/{token}/{name}", _media, methods=get),
        Route("/i/{token}", _item, methods=get),
        Route("/films/{token}", _films, methods=get),
        Route("/feed/{token}/{name}", _feed, methods=get),
        Route("/board/board.css", _board_style, methods=get),
        Route("/board/{token}", _board, methods=get),
    ]


async def _ask(request: Request, verb: str, **params: Any) -> dict[str, Any]:
    """Ask a verb that opens with a token; {} for what it does not open, or may not be shown."""
    answer: dict[str, Any] = await request.app.state.doors.control(
        verb, {"opened_by": request.path_params["token"], **params}
    )
    return answer if answer.get("found") else {}


async def _slash(request: Request) -> Response:
    return RedirectResponse(f"{request.url.path}/", headers=HEADERS)


async def _screen(request: Request) -> Response:
    if not await _ask(request, "screen-data"):
        return _gone()
    return Response(
        screen.page(),
        media_type="text/html",
        headers={**HEADERS, "Content-Security-Policy": screen.POLICY},
    )


async def _data(request: Request) -> Response:
    """Tell a screen what to show; X-Now is our clock, for panels whose own is wrong."""
    answer = await _ask(request, "screen-data")
    if not answer:
        return _gone()
    headers = {**HEADERS, "ETag": f'"{answer["tag"]}"', "X-Now": answer["data"]["made"]}
    if request.headers.get("if-none-match") == headers["ETag"]:
        return Response(status_code=304, headers=headers)
    text = screen.text_of(answer["data"])
    return Response(text, media_type="application/json", headers=headers)


async def _file(request: Request) -> Response:
    name = request.path_params["name"]
    if name not in screen.FILES:
        return _gone()
    # A service worker obeys the policy of its own file: under the strictest it fetches nothing.
    headers = {**HEADERS, "Cache-Control": "no-cache", "Content-Type": screen.FILES[name]}
    headers["Content-Security-Policy"] = screen.POLICY
    return Response(screen.file_of(name), headers=headers)


async def _media(request: Request) -> Response:
    name = request.path_params["name"]
    answer = await _ask(request, "outlet-media", name=name)
    if not answer:
        return _gone()
    headers = {**HEADERS, "Content-Security-Policy": "default-src 'none'; sandbox"}
    headers["Cross-Origin-Resource-Policy"] = "cross-origin"  # the intranet shows it from its feed
    if "text" in answer:
        return Response(answer["text"], media_type="text/vtt", headers=headers)
    return FileResponse(
        Path(answer["path"]),
        media_type=answer["type"],
        headers=headers,
        filename=answer.get("file"),
    )


async def _item(request: Request) -> Response:
    answer = await _ask(request, "outlet-item")
    if not answer:
        return HTMLResponse(closed_page(messages.ITEM_GONE), 404, headers=_paged())
    figures = [Figure(**one) for one in answer["media"]]
    return HTMLResponse(shown_page(Reading(**answer["reading"]), figures), headers=_paged())


async def _board(request: Request) -> Response:
    answer = await _ask(request, "outlet-board")
    if not answer:
        return HTMLResponse(closed_page(messages.ITEM_GONE), 404, headers=_paged())
    return HTMLResponse(answer["html"], headers=_paged())


async def _board_style(_: Request) -> Response:
    return Response(board.style(), media_type="text/css", headers={"Cache-Control": "no-cache"})


async def _films(request: Request) -> Response:
    answer = await _ask(request, "outlet-films")
    if not answer:
        return _gone()
    return HTMLResponse(films_page(answer["unit"], answer["films"]), headers=_paged())


async def _feed(request: Request) -> Response:
    answer = await _ask(request, "outlet-feed", name=request.path_params["name"])
    if not answer:
        return _gone()
    data = base64.b64decode(answer["file"])
    headers = {**HEADERS, "ETag": f'"{hashlib.sha256(data).hexdigest()[:32]}"'}
    if request.headers.get("if-none-match") == headers["ETag"]:
        return Response(status_code=304, headers=headers)
    return Response(data, headers={**headers, "Content-Type": answer["kind"]})


async def figures(request: Request, reading: Reading) -> list[Figure]:
    """Return the pictures and films of a text that a reading page shows."""
    if not reading.pictured:
        return []
    asked = {"item": reading.pictured}
    answer = await request.app.state.doors.control("outlet-item", asked)
    return [Figure(**one) for one in answer.get("media", ())]


def _paged() -> dict[str, str]:
    return {**HEADERS, "Content-Security-Policy": PAGE_POLICY}


def _gone() -> Response:
    return PlainTextResponse("", status_code=404, headers=HEADERS)
