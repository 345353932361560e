"""What the reviewer's page, the console and the reading page share: templates, headers, the phone.

Whose form it is, how a message looks, what parts and ways are called, and what is shown when the
disk or a fault of ours keeps a page from being made.
"""

from __future__ import annotations

import logging
import re
from collections.abc import Awaitable, Callable, Mapping
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from jinja2 import Environment, FileSystemLoader
from markupsafe import Markup, escape
from starlette.requests import ClientDisconnect, Request
from starlette.responses import FileResponse, HTMLResponse, PlainTextResponse, Response
from starlette.routing import Route

from bot.channels import KINDS, WAYS
from bot.core import messages
from bot.sandbox import phone

log = logging.getLogger(__name__)

HERE = Path(__file__).parent
pages = Environment(
    loader=FileSystemLoader(HERE / "templates"),
    autoescape=True,
    auto_reload=False,  # else the disk is asked with every page
    trim_blocks=True,
    lstrip_blocks=True,
)
_URL = re.compile(r"https?://[!-;=?-~]+")
pages.globals.update(parts=messages.PART_NAMES, ways=WAYS)
pages.globals["groups"] = [kind.name for kind in KINDS.values() if not kind.tappable]


def headers(policy: str) -> dict[str, str]:
    """Return what every page behind a door is answered with; `policy` is what it may load."""
    return {
        "Content-Security-Policy": (
            f"default-src 'none'; style-src 'self'; img-src 'self' data:; {policy}"
            "form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
        ),
        # not no-referrer: under that a browser tells a form's origin as "null". Nobody else is
        # told the address, which may hold a token.
        "Referrer-Policy": "same-origin",
        "X-Content-Type-Options": "nosniff",
        "X-Robots-Tag": "noindex",
        "Cache-Control": "no-store",
        "Cross-Origin-Opener-Policy": "same-origin",
    }


def shown(
    template: str, status: int, headers: Mapping[str, str], values: Mapping[str, Any]
) -> HTMLResponse:
    html = pages.get_template(template).render(**values)
    return HTMLResponse(html, status_code=status, headers=dict(headers))


def file_at(path: str, file: Path, kind: str) -> Route:
    """Serve one style or script of a page."""

    async def answer(_: Request) -> Response:
        return FileResponse(file, media_type=kind)

    return Route(path, answer, methods=["GET"])


def phone_style(path: str) -> Route:
    return file_at(path, phone.STYLES, "text/css")


def from_here(request: Request) -> bool:
    """Whether a form was sent by a page of ours, as far as the browser tells."""
    site = request.headers.get("sec-fetch-site")
    if site is not None:
        return site == "same-origin"
    origin = request.headers.get("origin")
    ours = {request.headers.get("host", ""), request.app.state.doors.review_host} - {""}
    return origin is None or urlsplit(origin).netloc in ours


async def answered(
    request: Request, work: Awaitable[Response], say: Callable[[int, str], Response]
) -> Response:
    """Return the page that was asked for or, where there is none, one that says why in words."""
    try:
        return await work
    except request.app.state.doors.mistake as error:
        return say(400, str(error))
    except ClientDisconnect:  # nobody is there any more to be told anything
        return PlainTextResponse("", status_code=400)
    except OSError as error:
        log.error("page: %s", error, extra={"action": "disk-trouble"})
        words = messages.DISK_TROUBLE.format(error.strerror or type(error).__name__)
        return say(507, words)
    except Exception:
        log.exception("page failed", extra={"action": "page-failed"})
        return say(500, messages.OUR_FAULT)


def linked(text: str) -> Markup:
    """Return a text with its web addresses as links that open elsewhere."""
    out, end = Markup(""), 0
    for match in _URL.finditer(text):
        out += escape(text[end : match.start()])
        out += Markup('<a href="{0}" target="_blank" rel="noopener noreferrer">{0}</a>').format(
            match[0]
        )
        end = match.end()
    return out + escape(text[end:])


pages.filters["linked"] = linked


def bubble_of(view: Mapping[str, Any]) -> dict[str, Any]:
    """Return a view of a text with its message as the phone shows it."""
    used = "，".join(
        f"{what} {size}{f'/{limit}' if limit else ''} {unit}"
        for what, size, limit, unit in view["used"]
    )
    # The phone escapes every word of the message itself.
    drawn = Markup(phone.bubble(view["message"])) if view["message"] else None  # noqa: S704
    way = WAYS.get(view["channel"], view["channel"])
    part = messages.PART_NAMES.get(view["part"], view["part"])
    made = {"way": way, "part": part, "bubble": drawn, "error": view["error"], "used": used}
    return {**made, "after": messages.after(view)}
