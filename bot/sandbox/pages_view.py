"""What the phone's page shows of a person's phone: the list, a chat, its bubbles."""

import html
import re
from datetime import datetime
from typing import Any
from urllib.parse import urlencode

from markupsafe import Markup

from bot.sandbox.desk_menu import key_of
from bot.sandbox.pages_doing import found
from bot.sandbox.phone import TapForm, bubble
from bot.sandbox.records import Chat, Message, Options, Shown
from bot.sandbox.world import World
from bot.sandbox.writing import words_of

SHOWN_MOST = 60  # messages of a chat; a phone does not load a year at once either
LINK = re.compile(r'(<a\b[^>]*? href=")(https?://[^"]*)"')


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
    if message.msgtype == "mixed":
        return "[图文] " + _plain(words_of(message.body))
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


def line(world: World, chat: Chat, shown: Chat | None) -> dict[str, Any]:
    last = world.messages(chat)[-1:]
    return {
        "chat": chat,
        "href": "/sandbox?" + urlencode({"who": chat.viewer, "chat": chat.chat_id}),
        "current": shown is not None and chat.chat_id == shown.chat_id,
        "summary": summary(last[0].message) if last else "还没有消息",
        "unread": world.unread(chat),
        "moment": moment(last[0].message.at, world.now()) if last else "",
    }


def bubbles(world: World, chat: Chat | None) -> list[dict[str, Any]]:
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
    part, number = message.body[message.msgtype], message.number
    return {
        "moment": moment(message.at, world.now()),
        "sender": message.sender,
        "number": number,
        "mine": message.author == who,
        "person": bool(message.author),
        "bot": bool(message.bot_id),
        "forwarded": "forwarded" in message.body,
        "quote": "/sandbox?" + urlencode({"who": who, "chat": message.chat, "quote": number}),
        "rateable": bool(message.bot_id and part.get("feedback")),
        "rated": world.rated(number, who),
        # bubble escapes everything; tests/sandbox/test_phone.py
        "html": Markup(_opening_as(made, who)),  # noqa: S704
    }


def _opening_as(made: str, who: str) -> str:
    """The same bubble with links that open as `who` (OAuth included)."""

    def through(match: re.Match[str]) -> str:
        query = urlencode({"who": who, "url": html.unescape(match[2])})
        return f'{match[1]}/sandbox/open?{html.escape(query)}"'

    return LINK.sub(through, made)


def menu(world: World, chat: Chat | None) -> list[dict[str, Any]]:
    """The menu below an app's chat: names, what each is, and where it leads."""
    if chat is None or not chat.chat_id.startswith("app-"):
        return []
    agentid = int(chat.chat_id.removeprefix("app-"))
    return [
        {**_entry(one, chat, agentid), "below": [_entry(b, chat, agentid) for b in _below(one)]}
        for one in world.menus.get(agentid, [])
    ]


def _below(button: dict[str, Any]) -> list[dict[str, Any]]:
    return list(button.get("sub_button") or [])


def _entry(button: dict[str, Any], chat: Chat, agentid: int) -> dict[str, Any]:
    key, kind = key_of(button), str(button.get("type", ""))
    web = key.startswith(("http://", "https://")) and kind == "view"
    query = urlencode({"who": chat.viewer, "url": key, "menu": agentid})
    return {
        "name": button["name"],
        "key": key,
        "href": f"/sandbox/open?{query}" if web else "",
        "dead": not web and kind not in ("click", "view_miniprogram"),
    }


def quoted(world: World, chat: Chat | None, number: str) -> dict[str, Any] | None:
    """The message that is about to be answered."""
    found = (
        [one for one in world.messages(chat) if str(one.message.number) == number] if chat else []
    )
    if not found or chat is None:
        return None
    message = found[0].message
    away = "/sandbox?" + urlencode({"who": chat.viewer, "chat": chat.chat_id})
    return {
        "number": message.number,
        "sender": message.sender,
        "words": summary(message),
        "away": away,
    }


def places(world: World, chats: list[Chat], who: str) -> list[tuple[str, str]]:
    """Where a message can be forwarded to: the chats of the list, then every colleague."""
    known = [(chat.chat_id, chat.name) for chat in chats]
    colleagues = [(world.direct(who, u.userid), u.name) for u in world.users.values()]
    mine = {chat_id for chat_id, _ in known} | {world.direct(who, who)}
    return known + [one for one in colleagues if one[0] not in mine]


def _picked(world: World, message: Message, who: str) -> Options | None:
    """What this person last chose on a card that asks something."""
    if not any(name in message.card for name in ("checkbox", "button_selection", "select_list")):
        return None
    return world.picked(who, message.task_id)


def last(world: World, chat: Chat) -> int:
    """Number of the newest message, by which the chat list is ordered."""
    shown = world.messages(chat)
    return shown[-1].message.number if shown else 0


def members(world: World, chat: Chat | None) -> list[dict[str, str]]:
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


def robots(world: World, chat: Chat | None) -> list[str]:
    """The names that can be called with @ in this group."""
    group = world.groups.get(chat.chat_id) if chat else None
    return [world.robots[bot_id].name for bot_id in group.bots] if group else []
