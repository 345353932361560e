"""The other channels at the console: words to pass on, posters, screens, what is outside."""

from __future__ import annotations

import base64

from starlette.responses import Response
from starlette.routing import Route

from bot.web.console.entry import SEE, WRITE
from bot.web.console.library import SHELF
from bot.web.console.room import HEADERS, HOME, Ask, page

OUTSIDE = f"{HOME}/outside"


@page(WRITE)
async def _share(ask: Ask) -> Response:
    """One press: plain words, a 短信 and a 长图, to be passed on by hand."""
    found = await ask.verb(
        "share",
        item=ask.request.path_params["item"],
        who=ask.visitor.name,
        forwarded=ask.text("forwarded"),
    )
    return ask.page("share.html", one=found, back=f"{SHELF}/{found['item']}")


@page(WRITE)
async def _board(ask: Ask) -> Response:
    paper = ask.text("paper") or "a4"
    found = await ask.verb(
        "board",
        item=ask.request.path_params["item"],
        paper=paper,
        form="pdf",
        who=ask.visitor.name,
        where=ask.text("where"),
    )
    name = f"board-{found['number']}-{found['paper']}.pdf"
    headers = {**HEADERS, "Content-Disposition": f'attachment; filename="{name}"'}
    return Response(base64.b64decode(found["file"]), media_type="application/pdf", headers=headers)


@page(SEE)
async def _outside(ask: Ask) -> Response:
    found = await ask.verb("outside", all=ask.text("all") == "1")
    screen, feeds = await ask.verb("outlet-addresses"), await ask.verb("outlet-feeds")
    return ask.page("outside.html", rows=found["outside"], screen=screen, feeds=feeds)


@page(WRITE)
async def _back(ask: Ask) -> Response:
    await ask.verb("outside", back=ask.text("number"), who=ask.visitor.name)
    return ask.go(OUTSIDE, "已登记：收回来了。")


ROUTES = [
    Route(f"{SHELF}/{{item}}/share", _share, methods=["POST"]),
    Route(f"{SHELF}/{{item}}/board", _board, methods=["POST"]),
    Route(OUTSIDE, _outside, methods=["GET"]),
    Route(f"{OUTSIDE}/back", _back, methods=["POST"]),
]
