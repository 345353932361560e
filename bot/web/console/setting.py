"""设置: the main settings in words; unit, hours and groups changed for the next start."""

from __future__ import annotations

from starlette.responses import Response
from starlette.routing import Route

from bot.core import messages
from bot.web.console.entry import RULE
from bot.web.console.room import HOME, Ask, page

SETUP = f"{HOME}/setup"


@page(RULE)
async def _settings(ask: Ask) -> Response:
    return ask.page("setup.html", found=await ask.verb("settings"))


@page(RULE)
async def _change(ask: Ask) -> Response:
    given = ("unit", "hours", "target", "name", "webhook")
    params = {name: ask.text(name) for name in given if name in ask.form}
    await ask.verb("settings-change", **params)
    return ask.go(SETUP, messages.SETTINGS_CHANGED)


ROUTES = [
    Route(SETUP, _settings, methods=["GET"]),
    Route(SETUP, _change, methods=["POST"]),
]
