"""人员: who may come in as what; personal links given, renewed and taken back."""

from __future__ import annotations

from starlette.responses import Response
from starlette.routing import Route

from bot.core import messages
from bot.web.console.entry import RULE
from bot.web.console.room import HOME, Ask, page

ENTRANTS = f"{HOME}/people"


@page(RULE)
async def _people(ask: Ask) -> Response:
    found = await ask.verb("reviewers")
    return ask.page("people.html", found=found, accounts=ask.entry.roles, given=None)


@page(RULE)
async def _give(ask: Ask) -> Response:
    """Give a link and a PIN. They are told on this page and kept nowhere: no 303 leads on."""
    given = await ask.verb(
        "reviewers-link",
        who=ask.text("who"),
        role=ask.text("role"),
        steps=[str(step) for step in ask.form.getlist("step")],
        days=ask.number("days"),
        by=ask.visitor.name,
    )
    found = await ask.verb("reviewers")
    return ask.page("people.html", found=found, accounts=ask.entry.roles, given=given)


@page(RULE)
async def _take_back(ask: Ask) -> Response:
    done = await ask.verb("reviewers-revoke", who=ask.text("who"), by=ask.visitor.name)
    return ask.go(ENTRANTS, messages.LINK_TAKEN_BACK.format(done["name"]))


ROUTES = [
    Route(ENTRANTS, _people, methods=["GET"]),
    Route(ENTRANTS, _give, methods=["POST"]),
    Route(f"{ENTRANTS}/back", _take_back, methods=["POST"]),
]
