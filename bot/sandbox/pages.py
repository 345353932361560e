"""The phone's pages under /sandbox: be a person, read, tap.

Usable without JavaScript: a tap is a form that posts and comes back. With it, the static script
asks every half second whether something has happened, and then puts in what has changed.
"""

import html
import re
from datetime import datetime
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl, urlencode

from jinja2 import Environment, FileSystemLoader
from markupsafe import Markup
from starlette.requests import Request
from starlette.responses import HTMLResponse, RedirectResponse, Response
from starlette.routing import BaseRoute, Mount, Route
from starlette.staticfiles import StaticFiles

from bot.sandbox import pages_doing, people
from bot.sandbox.pages_doing import back, clock, found, from_elsewhere
from bot.sandbox.phone import TapForm, bubble
from bot.sandbox.phone_cards import QUESTION
from bot.sandbox.records import Chat, Message, Options, Shown
from bot.sandbox.world import World

HERE = Path(__file__).parent
FORM_LIMIT = 64 * 1024  # bytes
SHOWN_MOST = 60  # messages of a chat; a phone does not load a year at once either

# Pictures from this machine only: the sandbox never calls out because a message names a picture.
POLICY = (
    "default-src 'none'; style-src 'self'; script-src 'self'; connect-src 'self'; "
    "form-action 'self'; base-uri 'none'; "
    "img-src 'self' data: http://127.0.0.1:* http://localhost:*; "
    "media-src 'self'"
)
LINK = re.compile(r'(<a\b[^>]*? href=")(https?://[^"]*)"')
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
    chats = sorted(world.chats_of(who), key=lambda chat: _last(world, chat), reverse=True)
    wanted = request.query_params.get("chat", "")
    chosen = next((chat for chat in chats if chat.chat_id == wanted), None)
    if chosen is not None and chosen.chat_id.startswith("bot-"):
        await people.enter(world, who, chosen.chat_id)  # an event, the first time that day
    shown = chosen or next(iter(chats), None)
    text = _templates.get_template("phone.html").render(
        world=world,
        clock=clock(world.now()),
        who=who,
        me=world.users.get(who),
        users=world.users.values(),
        lines=[_line(world, chat, shown) for chat in chats],
        chat=shown,
        entered=chosen is not None,
        bubbles=_bubbles(world, shown),
        notice=request.query_params.get("notice", ""),
        members=_members(world, shown),
        robots=_robots(world, shown),
    )
    return HTMLResponse(text, headers=HEADERS)


async def tapped(request: Request) -> Response:
    """POST /sandbox/tap: `who` taps `key`; back to the chat, with a word if it went wrong."""
    world: World = request.app.state.world
    refusal = from_elsewhere(request)
    if refusal is not None:
        return refusal
    pairs = parse_qsl((await request.body())[:FORM_LIMIT].decode(errors="replace"))
    fields = dict(pairs)
    who, task_id, key = (fields.get(name, "") for name in ("who", "task_id", "key"))
    number = _number(fields.get("number", ""))
    agentid = _number(fields.get("agentid", ""))
    message = world.message(number) if number else world.message_of(task_id, agentid)
    if message is None or who not in message.reached:
        return back(who, fields.get("chat", ""), "gone")
    if "ask" in fields:
        return await _asked(world, who, message, fields["ask"])
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


async def _asked(world: World, who: str, message: Message, question: str) -> Response:
    """A smart reply: the person asks the robot what its card proposes."""
    group = message.chat in world.groups
    at = f"@{world.robots[message.bot_id].name} " if group and message.bot_id else ""
    try:
        await people.say(world, who, message.chat, f"{at}{question}")
    except ValueError:
        return back(who, message.chat, "mute")
    return back(who, message.chat)


async def home(_request: Request) -> Response:
    return RedirectResponse("/sandbox")


def moment(at: datetime, now: datetime) -> str:
    """As a phone writes it: the time today, the day before that."""
    if at.date() == now.date():
        return f"{at:%H:%M}"
    year = f"{at.year}年" if at.year != now.year else ""
    return f"{year}{at.month}月{at.day}日 {at:%H:%M}"


def summary(message: Message) -> str:
    """The chat list's second line: the beginning of what was said."""
    part = message.body[message.msgtype]
    if message.msgtype == "template_card":
        return "[卡片] " + str(part.get("main_title", {}).get("title") or "")
    if message.msgtype == "news":
        return "[图文] " + str(part["articles"][0]["title"])
    words = part.get("content") or part.get("title")
    kinds = {"image": "[图片]", "file": "[文件]", "voice": "[语音]", "video": "[视频]"}
    if message.msgtype in kinds:
        return f"{kinds[message.msgtype]} {part.get('title') or part.get('filename') or ''}".strip()
    if message.msgtype == "mpnews":
        return "[图文] " + str(part["articles"][0]["title"])
    return _plain(str(words)) if words else kinds.get(message.msgtype, "[消息]")


def _plain(text: str) -> str:
    first = next((line for line in text.splitlines() if line.strip()), "")
    return first.lstrip("#>*- ").replace("**", "")[:60]


def _line(world: World, chat: Chat, shown: Chat | None) -> dict[str, Any]:
    last = world.messages(chat)[-1:]
    return {
        "chat": chat,
        "href": "/sandbox?" + urlencode({"who": chat.viewer, "chat": chat.chat_id}),
        "current": shown is not None and chat.chat_id == shown.chat_id,
        "summary": summary(last[0].message) if last else "还没有消息",
        "moment": moment(last[0].message.at, world.now()) if last else "",
    }


def _bubbles(world: World, chat: Chat | None) -> list[dict[str, Any]]:
    if chat is None:
        return []
    names = {user.userid: user.name for user in world.users.values()}
    recent = world.messages(chat)[-SHOWN_MOST:]
    return [_bubble(world, item, chat.viewer, names) for item in recent]


def _bubble(world: World, item: Shown, who: str, names: dict[str, str]) -> dict[str, Any]:
    message = item.message
    fields = {"who": who, "chat": message.chat, "task_id": message.task_id}
    fields |= {"agentid": str(message.agentid or ""), "number": str(message.number)}
    form = TapForm(action="/sandbox/tap", fields=fields)
    tappable = message.pressable or bool(message.bot_id and message.card)
    made = bubble(
        message.body,
        state=item.state,
        names=names,
        form=form if tappable else None,
        files=lambda media_id: found(world, media_id),
        picked=_picked(world, message, who),
    )
    part = message.body[message.msgtype]
    return {
        "moment": moment(message.at, world.now()),
        "sender": message.sender,
        "number": message.number,
        "mine": message.author == who,
        "person": bool(message.author),
        "rateable": bool(message.bot_id and part.get("feedback")),
        # bubble escapes everything; tests/sandbox/test_phone.py
        "html": Markup(_opening_as(made, who)),  # noqa: S704
    }


def _opening_as(made: str, who: str) -> str:
    """The same bubble with links that open as `who` (OAuth included)."""

    def through(match: re.Match[str]) -> str:
        query = urlencode({"who": who, "url": html.unescape(match[2])})
        return f'{match[1]}/sandbox/open?{html.escape(query)}"'

    return LINK.sub(through, made)


def _picked(world: World, message: Message, who: str) -> Options | None:
    """What this person last chose on a card that asks something."""
    if not any(name in message.card for name in ("checkbox", "button_selection", "select_list")):
        return None
    taps = (
        record.options
        for record in reversed(world.log)
        if (record.kind, record.person, record.task_id) == ("tap", who, message.task_id)
    )
    return next(taps, None)


def _last(world: World, chat: Chat) -> int:
    """Number of the newest message, by which the chat list is ordered."""
    shown = world.messages(chat)
    return shown[-1].message.number if shown else 0


def _members(world: World, chat: Chat | None) -> list[dict[str, str]]:
    """Who is in the group, each with the address at which one is that person."""
    if chat is None or chat.kind != "group":
        return []
    return [
        {
            "name": world.users[userid].name,
            "href": "/sandbox?" + urlencode({"who": userid, "chat": chat.chat_id}),
        }
        for userid in world.groups[chat.chat_id].members
        if userid in world.users
    ]


def _robots(world: World, chat: Chat | None) -> list[str]:
    """The names that can be called with @ in this group."""
    group = world.groups.get(chat.chat_id) if chat else None
    return [world.robots[bot_id].name for bot_id in group.bots] if group else []


def _number(text: str) -> int | None:
    return int(text) if text.isascii() and text.isdigit() else None


ROUTES: list[BaseRoute] = [
    Route("/", home),
    Route("/sandbox", page),
    Route("/sandbox/tap", tapped, methods=["POST"]),
    *pages_doing.ROUTES,
    Mount("/sandbox/static", StaticFiles(directory=HERE / "static")),
]
