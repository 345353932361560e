"""控制台: what the office does with 清风, as pages. Every page asks the verbs of bot/verbs.

/console                 today: what went, what will, what needs somebody
/console/plan            a month; skip, send, pause
/console/library         the texts; one text, its approval, the form that writes it
/console/targets, …      who gets it, and who has read it
/console/enter/<token>   the doors
"""

from __future__ import annotations

from starlette.routing import Route

from bot.web.console import doors, entrants, front, library, outlets, people, setting
from bot.web.console.room import closed
from bot.web.shown import HERE, file_at, phone_style

__all__ = ["closed", "routes"]


def routes() -> list[Route]:
    return [
        file_at("/console/style.css", HERE / "static" / "console.css", "text/css"),
        phone_style("/console/phone.css"),
        file_at("/console/console.js", HERE / "static" / "console.js", "text/javascript"),
        *doors.ROUTES,
        *front.ROUTES,
        *outlets.ROUTES,
        *library.ROUTES,
        *people.ROUTES,
        *entrants.ROUTES,
        *setting.ROUTES,
    ]
