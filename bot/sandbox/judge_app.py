"""What message/send takes (wecom/api.md §3.2). Pure: the same body, the same judgement."""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from bot.sandbox.cards import check_app_card
from bot.sandbox.errors import Refusal
from bot.sandbox.judging import (
    articles,
    button_words,
    content,
    link,
    media,
    mpnews,
    msgtype_of,
    need,
    objects,
    section,
    text_or,
    within,
)
from bot.sandbox.limits import cut, size
from bot.sandbox.media import Find

Part = dict[str, Any]

TEXT_LIMIT = MARKDOWN_LIMIT = 2048  # bytes; markdown has half of what a webhook allows
MOST_USERS, MOST_PARTIES = 1000, 100
LONGEST_CHECK = 14400  # seconds
MOST_NOTICE_ITEMS = 10
NOTICE_PAGE_LIMIT = 1024  # bytes


@dataclass(frozen=True, kw_only=True)
class Receivers:
    """Whom a request names, as written, without repeats; `everyone` for "@all"."""

    users: tuple[str, ...]
    everyone: bool
    departments: tuple[str, ...] = ()
    tags: tuple[str, ...] = ()


def judge(body: Mapping[str, Any], *, find: Find) -> Part:
    """The message as its receivers will see it, `{"msgtype": t, t: {...}}`; Refusal otherwise."""
    msgtype = msgtype_of(body, _TYPES)
    part = section(body, msgtype)
    safe = _safe(body, msgtype)
    if msgtype == "mpnews":
        shown = mpnews(part, find)
    elif msgtype in _MEDIA:
        shown = _file(part, msgtype, find)
    else:
        shown = _SHAPES[msgtype](part)
    if safe and msgtype == "file" and not _CONFIDENTIAL.search(shown["filename"]):
        raise Refusal(40005, "a confidential file")
    return {"msgtype": msgtype, msgtype: shown} | ({"safe": safe} if safe else {})


def _safe(body: Mapping[str, Any], msgtype: str) -> int:
    """0 for anybody, 1 confidential, 2 (mpnews alone) for the corporation; news is never (40074).

    Types whose page knows no `safe` pass it over.
    """
    safe = body.get("safe", 0)
    if isinstance(safe, bool) or str(safe) not in ("0", "1", "2"):
        raise Refusal(40058, "safe")
    if int(safe) == 2 and msgtype != "mpnews":
        raise Refusal(40058, "safe")
    if int(safe) and msgtype == "news":
        raise Refusal(40074)
    return int(safe) if msgtype in _SAFE else 0


def agentid_of(body: Mapping[str, Any]) -> int:
    """`agentid`, also as a string of digits: 41011 without one, 40056 for anything else."""
    agentid = body.get("agentid")
    if agentid is None:
        raise Refusal(41011)
    if isinstance(agentid, bool) or not isinstance(agentid, int | str):
        raise Refusal(40056)
    if not str(agentid).isascii() or not str(agentid).isdigit():
        raise Refusal(40056)
    return int(agentid)


def receivers(body: Mapping[str, Any]) -> Receivers:
    """Whom the message is for: 82001 nobody, 40032 over 1,000, 82002/82003 over 100.

    Beside "@all" departments and tags are ignored, as WeCom does.
    """
    users = _split(body, "touser")
    if users == ["@all"] and body.get("msgtype") == "miniprogram_notice":
        raise Refusal(40031, "@all")  # the page says so, but names no code
    if users == ["@all"]:
        return Receivers(users=(), everyone=True)
    parties, tags = _split(body, "toparty"), _split(body, "totag")
    if not (users or parties or tags):
        raise Refusal(82001)
    for named, most, errcode in (
        (users, MOST_USERS, 40032),
        (parties, MOST_PARTIES, 82002),
        (tags, MOST_PARTIES, 82003),
    ):
        if len(named) > most:
            raise Refusal(errcode)
    return Receivers(
        users=tuple(dict.fromkeys(users)),
        everyone=False,
        departments=tuple(dict.fromkeys(parties)),
        tags=tuple(dict.fromkeys(tags)),
    )


def check_interval(body: Mapping[str, Any]) -> int:
    """Seconds within which an identical request is dropped; 0 if it is not to be checked."""
    if body.get("enable_duplicate_check", 0) not in (1, "1", True):
        return 0
    interval = body.get("duplicate_check_interval", 1800)
    if not isinstance(interval, int) or not 0 < interval <= LONGEST_CHECK:
        raise Refusal(40058, "duplicate_check_interval")
    return interval


def _split(body: Mapping[str, Any], name: str) -> list[str]:
    return [part.strip() for part in text_or(body, name).split("|") if part.strip()]


def _file(part: Part, msgtype: str, find: Find) -> Part:
    shown = media(part, msgtype, find)
    if msgtype == "video":
        shown["title"] = cut(text_or(part, "title"), 128)
        shown["description"] = cut(text_or(part, "description"), 512)
    return shown


def _text(part: Part) -> Part:
    return {**part, "content": cut(content(part), TEXT_LIMIT)}  # cut silently, as WeCom does


def _markdown(part: Part) -> Part:
    within(content(part), MARKDOWN_LIMIT)
    return part


def _textcard(part: Part) -> Part:
    title, description = need(part, "title", 41016), need(part, "description", 41033)
    link(part, "url")
    # characters here, although everything else of WeCom is in bytes (api.md §3.2, §14)
    cropped = {"title": title[:128], "description": description[:512]}
    return {**part, **cropped, **button_words(part)}


def _news(part: Part) -> Part:
    return {"articles": articles(part, mini_programs=True)}


def _miniprogram_notice(part: Part) -> Part:
    need(part, "appid", 42030)
    need(part, "title", 41016)
    if size(text_or(part, "page")) > NOTICE_PAGE_LIMIT:
        raise Refusal(40058, "page")
    items = objects(part, "content_item")
    if len(items) > MOST_NOTICE_ITEMS:
        raise Refusal(40058, "content_item")
    # a line with neither key nor value is passed over (page 90236)
    said = [item for item in items if text_or(item, "key") + text_or(item, "value")]
    return part | {"content_item": said} if items else part


def _card(part: Part) -> Part:
    check_app_card(part)
    return part


_MEDIA = frozenset({"image", "voice", "video", "file"})
_SAFE = frozenset({"text", "image", "video", "file", "mpnews"})
_CONFIDENTIAL = re.compile(
    r"\.(txt|pdf|docx?|pptx?|xlsx?|xml|jpe?g|png|bmp|gif)$", re.IGNORECASE
)  # the forms that a confidential file may have
_SHAPES: dict[str, Callable[[Part], Part]] = {
    "text": _text,
    "markdown": _markdown,
    "textcard": _textcard,
    "news": _news,
    "template_card": _card,
    "miniprogram_notice": _miniprogram_notice,
}
_TYPES = _MEDIA | frozenset(_SHAPES) | {"mpnews"}
