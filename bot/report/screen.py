"""电子屏: what a screen shows, as data for its page; and the same page on a USB stick.

One page (static/screen.*) serves both. From us it asks every twenty seconds; from a file it has
data.js beside it and lives by the dates in there: a text past its 失效 hides itself.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Mapping, Sequence
from datetime import date, datetime
from pathlib import Path
from typing import Any

from bot.core import messages, outlets
from bot.core.outlets import Countdown, Screen, Shown
from bot.core.render import Footer

HERE = Path(__file__).parent / "static"
FILES = {
    "index.html": "text/html; charset=utf-8",
    "screen.css": "text/css; charset=utf-8",
    "screen.js": "text/javascript; charset=utf-8",
    "sw.js": "text/javascript; charset=utf-8",
}
DATA = '<script src="data.js"></script>'  # the line of the page that only a file has
POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; "
    "media-src 'self'; connect-src 'self'; worker-src 'self'; base-uri 'none'; "
    "form-action 'none'; frame-ancestors 'self'"
)
_PAGE_POLICY = POLICY.partition("; frame-ancestors")[0]  # in a <meta> that one is not allowed

Media = Callable[[Shown, str], str]  # a text, a file of it -> where the page finds it
Code = Callable[[Shown], str]  # a text -> its QR code as an address, "" for none


def data(
    shown: Sequence[Shown],
    coming: Sequence[Countdown],
    footer: Footer,
    now: datetime,
    setup: Screen,
    media: Media,
    code: Code,
) -> dict[str, Any]:
    """Return all that a screen needs to know, as JSON."""
    own = f" · {footer.office}" if footer.office else ""
    return {
        "unit": footer.unit,
        "channel": messages.SOURCE_LINE,
        "report": f"监督举报 {messages.REPORT}{own}",
        "note": messages.NO_TIPS,
        "made": now.isoformat(),
        "hours": [list(span) for span in setup.hours],
        "seconds": setup.seconds,
        "coming": [{"name": one.name, "day": one.day.isoformat()} for one in coming],
        "items": [_item(one, media, code) for one in shown],
    }


def _item(one: Shown, media: Media, code: Code) -> dict[str, Any]:
    reading = one.reading
    found: dict[str, Any] = {
        "id": one.item.id,
        "label": reading.source_line,
        "title": reading.title,
        "text": one.summary,
        "saying": one.saying,
        "first": _iso(one.first),
        "last": _iso(one.last),
        "code": code(one),
        "media": [],
    }
    for medium in outlets.media_of(one.item):
        found["media"].append(
            {
                "kind": "film" if medium.film else "picture",
                "src": media(one, medium.name),
                "captions": media(one, medium.captions) if medium.captions else "",
            }
        )
    return found


def _iso(day: date | None) -> str:
    return day.isoformat() if day else ""


def text_of(found: Mapping[str, Any]) -> str:
    return json.dumps(found, ensure_ascii=False, separators=(",", ":"))


def tag_of(found: Mapping[str, Any]) -> str:
    """Return what changes when the screen has something else to show; the time is nothing."""
    same = {name: value for name, value in found.items() if name != "made"}
    return hashlib.sha256(text_of(same).encode()).hexdigest()[:32]


def file_of(name: str) -> bytes:
    return (HERE / name.replace("index.html", "screen.html")).read_bytes()


def page() -> str:
    """Return the page as we serve it: it asks for its data."""
    return file_of("index.html").decode().replace(DATA, "")


def export(found: Mapping[str, Any], number: str) -> dict[str, bytes]:
    """Return the files of a screen that runs from a folder, but for its pictures and films."""
    policy = f'<meta http-equiv="Content-Security-Policy" content="{_PAGE_POLICY}">'
    whole = file_of("index.html").decode().replace("<head>", f"<head>\n{policy}", 1)
    # A file is shown as it was made: whoever looks at it must know when that was.
    said = {**found, "number": number}
    return {
        "index.html": whole.encode(),
        "screen.css": file_of("screen.css"),
        "screen.js": file_of("screen.js"),
        "data.js": f"window.SCREEN = {_script(said)};\n".encode(),
        "说明.txt": messages.SCREEN_HELP.format(number).encode("utf-8-sig"),
    }


def _script(found: Mapping[str, Any]) -> str:
    """Return JSON that means the same as JavaScript."""
    return text_of(found).replace("<", "\\u003c").replace("\u2028", "").replace("\u2029", "")
