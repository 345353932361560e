"""The phone's pages under /sandbox: be a person, read, tap.

Usable without JavaScript: a tap is a form that posts and comes back. With it, the static script
fetches the same page every 1.5 s and puts in what has changed.
"""

from datetime import datetime
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl, urlencode

from jinja2 import Environment, FileSystemLoader
from markupsafe import Markup
from starlette.requests import Request
from starlette.responses import HTMLResponse, PlainTextResponse, RedirectResponse, Response
from starlette.routing import BaseRoute, Mount, Route
from starlette.staticfiles import StaticFiles

from bot.sandbox.phone import TapForm, bubble
from bot.sandbox.phone_cards import QUESTION
from bot.sandbox.records import Chat, Message, Shown
from bot.sandbox.taps import tap
from bot.sandbox.world import World

HERE = Path(__file__).parent
WEEKDAYS = "一二三四五六日"
FORM_LIMIT = 64 * 1024  # bytes
SHOWN_MOST = 60  # messages of a chat; a phone does not load a year at once either

# Pictures from this machine only: the sandbox never calls out because a message names a picture.
POLICY = (
    "default-src 'none'; style-src 'self'; script-src 'self'; connect-src 'self'; "
    "form-action 'self'; base-uri 'none'; img-src 'self' data: http://127.0.0.1:* http://localhost:*"
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
    chats = sorted(world.chats_of(who), key=lambda chat: _last(world, chat), reverse=True)
    wanted = request.query_params.get("chat", "")
    chosen = next((chat for chat in chats if chat.chat_id == wanted), None)
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
    )
    return HTMLResponse(text, headers=HEADERS)


async def tapped(request: Request) -> Response:
    """POST /sandbox/tap: `who` taps `key`; back to the chat, with a word if it went wrong."""
    world: World = request.app.state.world
    if request.headers.get("sec-fetch-site", "same-origin") not in ("same-origin", "none"):
        return PlainTextResponse("只能在演练环境的页面里点按。", status_code=403)
    pairs = parse_qsl((await request.body())[:FORM_LIMIT].decode(errors="replace"))
    fields = dict(pairs)
    who, task_id, key = (fields.get(name, "") for name in ("who", "task_id", "key"))
    message = world.message_of(task_id, _number(fields.get("agentid", "")))
    if message is None or who not in message.reached:
        return _back(who, fields.get("chat", ""), "gone")
    options: dict[str, list[str]] = {}
    for name, value in pairs:
        if name.startswith(QUESTION):
            options.setdefault(name.removeprefix(QUESTION), []).append(value)
    result = await tap(
        world,
        who,
        task_id,
        key,
        http=request.app.state.http,
        options=options or None,
        agentid=message.agentid,
    )
    return _back(who, message.chat, "" if result.delivered else "lost")


async def home(_request: Request) -> Response:
    return RedirectResponse("/sandbox")


def clock(at: datetime) -> str:
    """2026年9月24日 星期四 09:12:31"""
    day = f"{at.year}年{at.month}月{at.day}日 星期{WEEKDAYS[at.weekday()]}"
    return f"{day} {at:%H:%M:%S}"


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
    form = TapForm(action="/sandbox/tap", fields={**fields, "agentid": str(message.agentid or "")})
    return {
        "moment": moment(message.at, world.now()),
        "sender": message.sender,
        "number": message.number,
        "html": Markup(  # noqa: S704 - bubble escapes everything; tests/sandbox/test_phone.py
            bubble(
                message.body,
                state=item.state,
                names=names,
                form=form if message.interactive else None,
            )
        ),
    }


def _last(world: World, chat: Chat) -> int:
    """Number of the newest message, by which the chat list is ordered."""
    shown = world.messages(chat)
    return shown[-1].message.number if shown else 0


def _members(world: World, chat: Chat | None) -> int:
    return len(world.groups[chat.chat_id].members) if chat and chat.kind == "group" else 0


def _number(text: str) -> int | None:
    return int(text) if text.isascii() and text.isdigit() else None


def _back(who: str, chat: str, notice: str) -> Response:
    query = {"who": who, "chat": chat} | ({"notice": notice} if notice else {})
    return RedirectResponse("/sandbox?" + urlencode(query), status_code=303)


ROUTES: list[BaseRoute] = [
    Route("/", home),
    Route("/sandbox", page),
    Route("/sandbox/tap", tapped, methods=["POST"]),
    Mount("/sandbox/static", StaticFiles(directory=HERE / "static")),
]
