"""What every page of the console stands on: the visitor, the verbs, the forms, the template.

A page asks the same verbs as the command line and shows what they answer; it decides nothing
itself. A GET changes nothing. A POST carries the ticket of the visitor's own page, does one verb,
and leads to a page by 303, so that loading it again does nothing twice.
"""

from __future__ import annotations

import hmac
from collections.abc import Awaitable, Callable
from datetime import date, datetime
from typing import Any
from urllib.parse import urlsplit

from starlette.datastructures import FormData, UploadFile
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import PlainTextResponse, RedirectResponse, Response

from bot.core import messages
from bot.web.console.entry import RULE, SEE, Entry, Visitor, host_of
from bot.web.shown import answered, from_here, headers, pages, shown

FORM_BYTES = 16 << 20  # a Word file with pictures
FIELDS = 200
HOME = "/console"
HEADERS = headers("script-src 'self'; connect-src 'self'; ")
WEEKDAYS = "一二三四五六日"


class Ask:
    """One request of somebody who may be here."""

    def __init__(self, request: Request, entry: Entry, visitor: Visitor) -> None:
        self.request, self.entry, self.visitor = request, entry, visitor
        self.doors = request.app.state.doors
        self.now: datetime = self.doors.now()
        self.form: FormData = FormData()

    async def verb(self, verb: str, /, **params: Any) -> dict[str, Any]:
        """Do what a verb does. Mistake: a sentence for whoever asked."""
        answer: dict[str, Any] = await self.doors.control(verb, {**params, "shown": True})
        return answer

    def text(self, name: str) -> str:
        """Return a field of the form or, of a GET, of the address; "" where there is none."""
        given = self.form.get(name, self.request.query_params.get(name, ""))
        return given.strip() if isinstance(given, str) else ""

    def number(self, name: str) -> int | None:
        """Return a field that is a whole number, None for anything else."""
        text = self.text(name)
        return int(text) if text.isascii() and text.isdecimal() and len(text) < 9 else None

    async def upload(self, name: str) -> tuple[str, bytes]:
        """Return name and bytes of an uploaded file, ("", b"") where none was chosen."""
        given = self.form.get(name)
        if not isinstance(given, UploadFile):
            return "", b""
        return given.filename or "", await given.read()

    def page(self, template: str, status: int = 200, **values: Any) -> Response:
        said = self.entry.noted(self.request)
        always = {
            "me": self.visitor,
            "ticket": self.entry.ticket(self.visitor),
            "here": self.request.url.path,
            "now": self.now,
            "said": said,
            "unit": self.doors.unit,
        }
        response = shown(f"console/{template}", status, HEADERS, {**always, **values})
        if said:
            self.entry.forget_note(response, self.request)
        return response

    def not_done(self, status: int, why: str) -> Response:
        return self.page("mistake.html", status, why=why, back=back_of(self.request))

    def go(self, path: str, words: str = "") -> Response:
        """Lead to another page of ours, which says `words` once."""
        response = RedirectResponse(path, status_code=303, headers={"Cache-Control": "no-store"})
        if words:
            self.entry.note(response, self.request, words)
        return response


Page = Callable[[Ask], Awaitable[Response]]
Handler = Callable[[Request], Awaitable[Response]]


def page(needs: str = SEE) -> Callable[[Page], Handler]:
    """Make a handler of a page: who comes in, may do that, and sends a form of ours."""

    def made(work: Page) -> Handler:
        async def handler(request: Request) -> Response:
            return await behind_a_door(request, _let_in(request, needs, work))

        return handler

    return made


async def _let_in(request: Request, needs: str, work: Page) -> Response:
    entry: Entry | None = request.app.state.doors.entry
    if entry is None or not named_well(request, entry):
        return PlainTextResponse("", status_code=404)
    visitor = await known(request, entry)
    if visitor is None:
        return closed(401, "请先登录", messages.CONSOLE_SIGN_IN)
    if not visitor.may(needs):
        return closed(403, "没有这个权限", messages.CONSOLE_NOT_YOURS.format(visitor.role))
    ask = Ask(request, entry, visitor)
    try:
        if request.method == "POST" and not await _sound(ask):
            return closed(403, "没有办理", messages.CONSOLE_STALE)
        return await answered(request, work(ask), ask.not_done)
    finally:
        await ask.form.close()


async def behind_a_door(request: Request, work: Awaitable[Response]) -> Response:
    """Answer somebody who may not be in yet, in words whatever happens."""
    return await answered(request, work, lambda status, why: closed(status, "没有办成", why))


async def known(request: Request, entry: Entry) -> Visitor | None:
    """Return who is here; somebody whose personal link was taken back is here no more."""
    doors = request.app.state.doors
    visitor = entry.visitor(request, doors.now())
    if visitor is not None and visitor.link:
        answer = await doors.control("console-link", {"link": visitor.link, "shown": True})
        if not answer["open"]:
            return None
    return visitor


def named_well(request: Request, entry: Entry) -> bool:
    """Whether the browser asked for us by a name of ours: no other name leads here unasked."""
    return host_of(request) in entry.hosts


def closed(status: int, heading: str, why: str) -> Response:
    """The plain page of a door that stays shut."""
    return plain("closed.html", status, heading=heading, why=why)


def plain(template: str, status: int = 200, **values: Any) -> Response:
    """A page for somebody who is not in yet."""
    return shown(f"console/{template}", status, HEADERS, values)


async def _sound(ask: Ask) -> bool:
    """Read the form; whether it is one of this visitor's own pages."""
    if not from_here(ask.request):
        return False
    length = ask.request.headers.get("content-length", "")
    if not (length.isascii() and length.isdecimal() and int(length[:12]) <= FORM_BYTES):
        return False  # without a length, too
    try:
        ask.form = await ask.request.form(max_files=20, max_fields=FIELDS, max_part_size=FORM_BYTES)
    except HTTPException:
        return False
    given = ask.form.get("ticket")
    right = ask.entry.ticket(ask.visitor)
    return isinstance(given, str) and hmac.compare_digest(given.encode(), right.encode())


def back_of(request: Request) -> str:
    """Return the page of ours that the form stood on."""
    came = urlsplit(request.headers.get("referer", "")).path
    return came if came.startswith(HOME) else HOME


# -- how pages say days and times --------------------------------------------------------------


def _as_date(value: str | date | datetime) -> date:
    if isinstance(value, datetime):
        return value.date()
    return date.fromisoformat(value[:10]) if isinstance(value, str) else value


def day(value: str | date | datetime) -> str:
    """11月26日 周四"""
    found = _as_date(value)
    return f"{found.month}月{found.day}日 周{WEEKDAYS[found.weekday()]}"


def clock(value: str | datetime) -> str:
    """09:17"""
    found = datetime.fromisoformat(value) if isinstance(value, str) else value
    return f"{found:%H:%M}"


def moment(value: str | datetime | None) -> str:
    """11-26 09:17"""
    if not value:
        return ""
    found = datetime.fromisoformat(value) if isinstance(value, str) else value
    return f"{found:%m-%d %H:%M}"


def _percent(value: float | None) -> str:
    return "—" if value is None else f"{value * 100:.1f}%"


pages.filters.update(day=day, clock=clock, moment=moment, percent=_percent)
PAGES = (  # in the order of the bar, each with what one must be allowed to see it
    (HOME, "今天", SEE),
    (f"{HOME}/plan", "计划", SEE),
    (f"{HOME}/library", "内容", SEE),
    (f"{HOME}/targets", "对象", SEE),
    (f"{HOME}/receipts", "回执", SEE),
    (f"{HOME}/outside", "外发", SEE),
    (f"{HOME}/setup", "设置", RULE),
    (f"{HOME}/people", "人员", RULE),
    (f"{HOME}/doctor", "检查", RULE),
    (f"{HOME}/days", "放假安排", RULE),
)
pages.globals.update(states=messages.STATES, note=messages.NOT_FOR_APPRAISAL, pages=PAGES)
