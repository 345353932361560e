"""控制台: what the office does with 清风, as pages. Every page asks the verbs of bot/verbs.

/console                 today: what went, what will, what needs somebody
/console/plan            a month; skip, send, pause
/console/library         the texts; one text, its approval, the form that writes it
/console/targets, …      who gets it, and who has read it
/console/enter/<token>   the doors
"""

from __future__ import annotations

from starlette.requests import Request
from starlette.responses import FileResponse, Response
from starlette.routing import Route

from bot.sandbox import phone
from bot.web.console import doors, front, library, outlets, people, setting
from bot.web.reading import HERE


def routes() -> list[Route]:
    return [
        Route("/console/style.css", _style, methods=["GET"]),
        Route("/console/phone.css", _phone, methods=["GET"]),
        Route("/console/console.js", _script, methods=["GET"]),
        *doors.ROUTES,
        *front.ROUTES,
        *outlets.ROUTES,
        *library.ROUTES,
        *people.ROUTES,
        *setting.ROUTES,
    ]


async def _style(_: Request) -> Response:
    return FileResponse(HERE / "static" / "console.css")


async def _phone(_: Request) -> Response:
    return FileResponse(phone.STYLES, media_type="text/css")


async def _script(_: Request) -> Response:
    return FileResponse(HERE / "static" / "console.js")
