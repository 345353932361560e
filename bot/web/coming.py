"""The page of what is about to go out, for reviewers: 暂缓 for one message, 急停 for all.

/review/<token>/-/coming    what is left of today and the next day, by a reviewer's own link
/review/day/<pass>          one day, by the link in the preview of the office's group

A GET changes nothing; a POST takes the PIN, and on the second page the name that goes with it.
"""

from __future__ import annotations

from typing import Any

from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.routing import Route

from bot.core import messages
from bot.web.desk import HEADERS, closed, fields_of, page, told_in_words
from bot.web.shown import bubble_of, from_here

STATUS = {"wrong": 403, "gone": 409}
SAID = {"deferred": messages.DEFERRED, "late": messages.DEFER_LATE, "stopped": messages.STOPPED}


def routes() -> list[Route]:
    """Return the routes; they stand before those of web/desk.py, which take any second part."""
    paths = "/review/{token}/-/coming", "/review/day/{pass}"
    return [
        *(Route(path, told_in_words(_look), methods=["GET"]) for path in paths),
        *(Route(path, told_in_words(_stop), methods=["POST"]) for path in paths),
    ]


async def _look(request: Request) -> Response:
    return await _shown(request, SAID.get(request.query_params.get("said", ""), ""), "")


async def _shown(request: Request, said: str, error: str, status: int = 200) -> Response:
    found = await request.app.state.doors.control("coming", dict(request.path_params))
    if not found["open"]:
        return closed(found)
    days = [{**day, "texts": [_text(text) for text in day["texts"]]} for day in found["days"]]
    token = request.path_params.get("token", "")
    return page(
        "desk_coming.html",
        status,
        desk={**found, "days": days},
        said=said,
        error=error,
        token=token,
    )


def _text(text: dict[str, Any]) -> dict[str, Any]:
    return {**text, "views": [{**view, **bubble_of(view)} for view in text["views"]]}


async def _stop(request: Request) -> Response:
    if not from_here(request):
        return PlainTextResponse("", status_code=403, headers=HEADERS)
    fields = await fields_of(request)
    if fields is None:
        return PlainTextResponse("", status_code=413, headers=HEADERS)
    typed = {name: fields.get(name, "").strip() for name in ("who", "pin", "did", "stem")}
    answer = await request.app.state.doors.control("coming-stop", {**typed, **request.path_params})
    if answer["outcome"] == "closed":
        return await _shown(request, "", "", 403)
    if answer["outcome"] != "done":
        return await _shown(request, "", answer["said"], STATUS[answer["outcome"]])
    said = next(name for name, words in SAID.items() if words == answer["said"])
    # A page of its own after the POST: loading it again stops nothing twice.
    back = {**HEADERS, "Location": f"{request.url.path}?said={said}"}
    return Response(status_code=303, headers=back)
