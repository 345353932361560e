"""The phone's pages under /sandbox: be a person, read, tap.

Usable without JavaScript: a tap is a form that posts and comes back. With it, the static script
asks every half second whether something has happened, and then puts in what has changed.
"""

from pathlib import Path
from urllib.parse import parse_qsl

import httpx
from jinja2 import Environment, FileSystemLoader
from starlette.background import BackgroundTask
from starlette.requests import Request
from starlette.responses import HTMLResponse, RedirectResponse, Response
from starlette.routing import BaseRoute, Mount, Route
from starlette.staticfiles import StaticFiles

from bot.sandbox import pages_doing, pages_view, people
from bot.sandbox.pages_doing import REASONS, back, clock, from_elsewhere, number_of
from bot.sandbox.phone_cards import QUESTION
from bot.sandbox.records import Chat, Message
from bot.sandbox.world import World

HERE = Path(__file__).parent
FORM_LIMIT = 64 * 1024  # bytes
REFRESH = "x-sandbox-refresh"  # the page that is open looks again: nobody enters

# Pictures from this machine only: the sandbox never calls out because a message names a picture.
POLICY = (
    "default-src 'none'; style-src 'self'; script-src 'self'; connect-src 'self'; "
    "form-action 'self'; base-uri 'none'; "
    "img-src 'self' data: http://127.0.0.1:* http://localhost:*; "
    "media-src 'self'"
)
HEADERS = {
    "Content-Security-Policy": POLICY,
    "Cache-Control": "no-store",
    "Referrer-Policy": "no-referrer",
    "X-Content-Type-Options": "nosniff",
}

_templates = Environment(loader=FileSystemLoader(HERE / "templates"), autoescape=True)


async def page(request: Request) -> Response:
    """GET /sandbox?who=&chat=: that person's phone. Without `chat`, the newest on a wide screen."""
    world: World = request.app.state.world
    who = request.query_params.get("who", "")
    who = who if who in world.users else next(iter(world.users), "")
    chats = sorted(world.chats_of(who), key=lambda chat: pages_view.last(world, chat), reverse=True)
    wanted = request.query_params.get("chat", "")
    chosen = next((chat for chat in chats if chat.chat_id == wanted), None)
    entered = world.look_at(who, chosen.chat_id if chosen else "")
    shown = chosen or next(iter(chats), None)
    text = _templates.get_template("phone.html").render(
        world=world,
        clock=clock(world.now()),
        who=who,
        me=world.users.get(who),
        users=world.users.values(),
        lines=[pages_view.line(world, chat, shown) for chat in chats],
        chat=shown,
        entered=chosen is not None,
        bubbles=pages_view.bubbles(world, shown),
        notice=request.query_params.get("notice", ""),
        members=pages_view.members(world, shown),
        robots=pages_view.robots(world, shown),
        menu=pages_view.menu(world, shown),
        reasons=REASONS,
        quoted=pages_view.quoted(world, shown, request.query_params.get("quote", "")),
        places=pages_view.places(world, chats, who),
    )
    opening = None
    if chosen and entered and REFRESH not in request.headers:
        opening = BackgroundTask(_enter, request, chosen)
    return HTMLResponse(text, headers=HEADERS, background=opening)


async def _enter(request: Request, chat: Chat) -> None:
    """Tell whom it concerns that the chat was opened, once the page is there to show what comes."""
    if chat.chat_id.startswith(("app-", "bot-")):
        http = request.app.state.http
        await people.enter(request.app.state.world, chat.viewer, chat.chat_id, http=http)


async def tapped(request: Request) -> Response:
    """POST /sandbox/tap: `who` taps `key`; back to the chat, with a word if it went wrong."""
    world: World = request.app.state.world
    refusal = from_elsewhere(request)
    if refusal is not None:
        return refusal
    pairs = parse_qsl((await request.body())[:FORM_LIMIT].decode(errors="replace"))
    fields = dict(pairs)
    who, task_id, key = (fields.get(name, "") for name in ("who", "task_id", "key"))
    number = number_of(fields.get("number", ""))
    agentid = number_of(fields.get("agentid", ""))
    message = world.message(number) if number else world.message_of(task_id, agentid)
    if message is None or who not in message.reached:
        return back(who, fields.get("chat", ""), "gone")
    if "ask" in fields:
        http = request.app.state.http
        return await _asked(world, who, message, fields["ask"], http)
    options: dict[str, list[str]] = {}
    for name, value in pairs:
        if name.startswith(QUESTION):
            options.setdefault(name.removeprefix(QUESTION), []).append(value)
    if "checkbox" in message.card and not options:
        return back(who, message.chat, "choose")
    try:
        result = await people.press(
            world, who, message.number, key, http=request.app.state.http, options=options or None
        )
    except ValueError:
        return back(who, message.chat, "gone")
    return back(who, message.chat, "" if result.delivered else "lost")


async def _asked(
    world: World, who: str, message: Message, question: str, http: httpx.AsyncClient | None
) -> Response:
    """A smart reply: the person asks the robot what its card proposes."""
    group = message.chat in world.groups
    at = f"@{world.robots[message.bot_id].name} " if group and message.bot_id else ""
    try:
        await people.say(world, who, message.chat, f"{at}{question}", http=http)
    except ValueError:
        return back(who, message.chat, "mute")
    return back(who, message.chat)


async def home(_request: Request) -> Response:
    return RedirectResponse("/sandbox")


ROUTES: list[BaseRoute] = [
    Route("/", home),
    Route("/sandbox", page),
    Route("/sandbox/tap", tapped, methods=["POST"]),
    *pages_doing.ROUTES,
    Mount("/sandbox/static", StaticFiles(directory=HERE / "static")),
]
