"""The first start: five questions on one page, in a folder where nothing is set yet.

The same door and the same forms as every page of the console. What was typed stands there again
with what is wrong beside it; only a whole set of answers writes anything.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from starlette.requests import Request
from starlette.responses import PlainTextResponse, RedirectResponse, Response
from starlette.routing import Route

from bot.core import messages
from bot.library.founding import NAME_LETTERS, PLANS, address_of, spans_of
from bot.library.settle import Answers
from bot.web.console import doors
from bot.web.console.entry import RULE, Entry
from bot.web.console.room import HOME, Ask, page
from bot.web.guard import Guarded
from bot.web.shown import HERE, file_at

SETUP = f"{HOME}/setup"
FIELDS = ("unit", "webhook", "group", "reviewers", "morning", "afternoon", "rhythm")
USUAL = {"reviewers": "1", "morning": "09:10-11:20", "afternoon": "14:40-17:10", "rhythm": "1"}


@dataclass(frozen=True, kw_only=True)
class FirstDoors:
    """What the pages stand on before there is an installation; put together by bot.first."""

    now: Callable[[], datetime]
    entry: Entry
    mistake: type[Exception]
    try_out: Callable[[str], Awaitable[str]]  # a webhook's address -> why it did not leave
    finish: Callable[[Answers, str], Awaitable[None]]  # the answers, the year -> it runs
    rehearsing: bool = False  # on a clock of its own: never to a real group
    unit: str = field(default="", init=False)
    review_host: str = field(default="", init=False)

    async def control(self, verb: str, _: Mapping[str, Any]) -> dict[str, Any]:
        raise self.mistake(f"还没有设好，不能办 {verb}")


def create_first(given: FirstDoors) -> Guarded:
    app = Guarded(
        routes=[
            Route("/healthz", _health),
            file_at("/console/style.css", HERE / "static" / "console.css", "text/css"),
            Route(SETUP, _asked, methods=["GET"]),
            Route(SETUP, _answered, methods=["POST"]),
            *doors.INVITED,
            Route("/{rest:path}", _elsewhere, methods=["GET"]),
        ]
    )
    app.state.doors = given
    return app


async def _health(_: Request) -> Response:
    return PlainTextResponse("ok")


async def _elsewhere(_: Request) -> Response:
    return RedirectResponse(SETUP, status_code=303, headers={"Cache-Control": "no-store"})


@page(RULE)
async def _asked(ask: Ask) -> Response:
    return _page(ask, USUAL, {})


@page(RULE)
async def _answered(ask: Ask) -> Response:
    typed = {name: ask.text(name) for name in FIELDS}
    answers, wrong = read(typed, rehearsing=ask.doors.rehearsing)
    if ask.text("do") == "try":
        if "webhook" in wrong:
            return _page(ask, typed, {"webhook": wrong["webhook"]}, 400)
        why = await ask.doors.try_out(typed["webhook"])
        if why:
            return _page(ask, typed, {"webhook": messages.FIRST_NOT_TRIED.format(why)}, 400)
        tried = messages.FIRST_TRIED.format(messages.TEST_MESSAGE)
        return _page(ask, typed, {}, tried=tried)
    if wrong or ask.text("do") != "finish":  # Enter in a field looks, and founds nothing
        return _page(ask, typed, wrong, 400 if wrong else 200)
    try:
        await ask.doors.finish(answers, typed["rhythm"])
    except (ask.doors.mistake, ValueError, OSError) as error:
        why = messages.DISK_TROUBLE.format(error.strerror) if isinstance(error, OSError) else error
        return _page(ask, typed, {"": str(why)}, 400)
    return ask.go(HOME, messages.FIRST_DONE)


def read(typed: Mapping[str, str], *, rehearsing: bool) -> tuple[Answers, dict[str, str]]:
    """Read the five answers; beside them what is wrong, by field."""
    wrong: dict[str, str] = {}
    for name, words in (("unit", messages.FIRST_NO_UNIT), ("group", messages.FIRST_NO_GROUP)):
        if not 0 < len(typed[name]) <= NAME_LETTERS or not typed[name].isprintable():
            wrong[name] = words
    base_url = ""
    try:
        base_url = address_of(typed["webhook"]).base_url
        if rehearsing and not base_url:
            wrong["webhook"] = messages.CLOCK_NEEDS_SANDBOX
    except ValueError as error:
        wrong["webhook"] = str(error)
    spans: list[str] = []
    for name in ("morning", "afternoon"):
        try:
            spans += spans_of(typed[name])
        except ValueError as error:
            wrong[name] = str(error)
    if not spans and not wrong.keys() & {"morning", "afternoon"}:
        wrong["morning"] = messages.FIRST_NO_HOURS
    if typed["reviewers"] not in ("0", "1", "2", "3"):
        wrong["reviewers"] = messages.FIRST_NO_REVIEWERS
    if typed["rhythm"] not in PLANS:
        wrong["rhythm"] = messages.FIRST_NO_RHYTHM
    reviewers = None if "reviewers" in wrong else int(typed["reviewers"])
    answers = Answers(
        unit=typed["unit"],
        webhook=typed["webhook"],
        group=typed["group"],
        base_url=base_url,
        reviewers=reviewers,
        hours=tuple(spans),
    )
    return answers, wrong


def _page(
    ask: Ask, typed: Mapping[str, str], wrong: Mapping[str, str], status: int = 200, tried: str = ""
) -> Response:
    given = {name: typed.get(name, "") for name in FIELDS}
    return ask.page("first.html", status, typed=given, wrong=wrong, tried=tried)
