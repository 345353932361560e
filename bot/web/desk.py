"""The reviewer's page behind a personal link: what waits, as the phone shows it, two buttons.

/review/<token>             what waits for this reviewer; a GET changes nothing
/review/<token>/<item>      one text; its POST says 同意 or 退回 and takes the PIN
/review/style.css, phone.css

No cookie and no script: nothing is remembered that another site could use. A form carries the
PIN and a ticket that only this link's own page of these very words holds.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from typing import Any
from urllib.parse import parse_qs, quote, urlsplit

from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.routing import Route

from bot.core.model import Kind
from bot.web.shown import HERE, answered, bubble_of, file_at, from_here, headers, phone_style, shown

FORM_BYTES = 16 * 1024
HEADERS = headers("")  # no script at all
SAID = {"agreed": "已登记：同意。", "returned": "已登记：退回，起草人会看到原因。"}
GONE = "这一篇已不在待您审核之列：可能别人审过了，也可能又改动了。"
STATUS = {"wrong": 403, "changed": 409, "refused": 422}
Handler = Callable[[Request], Awaitable[Response]]


class Addresses:
    """Where reviewers' pages are; without a public address only this machine reaches them."""

    def __init__(self, public_url: str, port: int) -> None:
        here = f"http://127.0.0.1:{port}" if port else ""  # 0: a port nobody knows beforehand
        self._base = public_url.rstrip("/") or here

    def __call__(self, token: str) -> str:
        """Return the address of a link, "" where no page can be reached by one."""
        return f"{self._base}/review/{token}" if self._base else ""

    @property
    def base(self) -> str:
        return self._base

    @property
    def host(self) -> str:
        return urlsplit(self._base).netloc


def routes() -> list[Route]:
    return [
        file_at("/review/style.css", HERE / "static" / "desk.css", "text/css"),
        phone_style("/review/phone.css"),
        Route("/review/{token}", told_in_words(_list), methods=["GET"]),
        Route("/review/{token}/{item}", told_in_words(_item), methods=["GET"]),
        Route("/review/{token}/{item}", told_in_words(_say), methods=["POST"]),
    ]


async def _list(request: Request) -> Response:
    said = SAID.get(request.query_params.get("said", ""), "")
    return await _listed(request, said)


async def _listed(request: Request, said: str, status: int = 200) -> Response:
    found = await _ask(request, "desk")
    if not found["reviewer"] or found["closed"]:
        return closed(found)
    return page("desk.html", status, desk=found, base=_base(request), said=said)


async def _item(request: Request) -> Response:
    return await _shown(request, "", {})


async def _shown(
    request: Request, error: str, typed: Mapping[str, str], status: int = 200
) -> Response:
    """Show one text, and beside an error what was typed (never the PIN)."""
    found = await _ask(request, "desk-item", item=request.path_params["item"])
    if not found["reviewer"] or found["closed"]:
        return closed(found)
    if found["item"] is None:
        return await _listed(request, GONE, 404)
    return page(
        "desk_item.html",
        status,
        one={**found, "node": found["kind"] == Kind.NODE},
        views=[bubble_of(view) for view in found["views"]],
        base=_base(request),
        error=error,
        typed=typed,
    )


async def _say(request: Request) -> Response:
    if not from_here(request):
        return PlainTextResponse("", status_code=403, headers=HEADERS)
    fields = await fields_of(request)
    if fields is None:
        return PlainTextResponse("", status_code=413, headers=HEADERS)
    answer = await _ask(
        request,
        "desk-say",
        item=request.path_params["item"],
        ticket=fields.get("ticket", ""),
        pin=fields.get("pin", "").strip(),
        said=fields.get("said", ""),
        why=fields.get("why", ""),
        sources_checked=fields.get("sources") == "on",
    )
    if answer["outcome"] == "done":
        # A page of its own after the POST: loading it again says nothing twice.
        said = "returned" if fields.get("said") == "return" else "agreed"
        back = {**HEADERS, "Location": f"{_base(request)}?said={said}"}
        return Response(status_code=303, headers=back)
    if answer["outcome"] == "gone":
        return await _listed(request, GONE, 409)
    if answer["outcome"] == "closed":
        return closed(await _ask(request, "desk"))
    typed = {"why": fields.get("why", ""), "said": fields.get("said", "")}
    return await _shown(request, answer["error"], typed, STATUS[answer["outcome"]])


async def fields_of(request: Request) -> dict[str, str] | None:
    """Return the fields of a form, None for one too large; of a field twice the first counts."""
    body = b""
    async for chunk in request.stream():
        body += chunk
        if len(body) > FORM_BYTES:
            return None
    try:
        found = parse_qs(body.decode("ascii"), max_num_fields=20, errors="replace")
    except ValueError:
        return {}
    return {name: values[0] for name, values in found.items()}


async def _ask(request: Request, verb: str, **params: Any) -> dict[str, Any]:
    doors = request.app.state.doors
    told = {"token": request.path_params["token"], **params}
    answer: dict[str, Any] = await doors.control(verb, told)
    return answer


def told_in_words(handler: Handler) -> Handler:
    """Say in words what kept the page from being made; nothing was registered then."""

    async def told(request: Request) -> Response:
        return await answered(request, handler(request), _not_done)

    return told


def _not_done(status: int, why: str) -> Response:
    return page("desk_closed.html", status, heading="没有登记", why=why)


# -- HTML ------------------------------------------------------------------------------------------


def _base(request: Request) -> str:
    return f"/review/{quote(request.path_params['token'], safe='')}"


def closed(found: Mapping[str, Any]) -> Response:
    """The plain page of a link that opens nothing: altered, taken back, ended, locked."""
    why = f"这个链接{found['closed']}。请找管理员换发。" if found["closed"] else ""
    return page("desk_closed.html", 403 if why else 404, why=why)


def page(name: str, status: int, **values: Any) -> Response:
    return shown(name, status, HEADERS, values)
