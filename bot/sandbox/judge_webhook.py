"""What a group's webhook takes (wecom/api.md §1.2). Pure: the same body, the same judgement."""

import base64
import binascii
import hashlib
from collections.abc import Callable, Mapping
from typing import Any

from bot.sandbox.cards import check_notice_card
from bot.sandbox.errors import Refusal
from bot.sandbox.judging import (
    articles,
    content,
    media,
    msgtype_of,
    need,
    section,
    strings,
    within,
)
from bot.sandbox.limits import cut
from bot.sandbox.media import JPEG, PNG, Find
from bot.sandbox.switches import Oversize

Part = dict[str, Any]

TEXT_LIMIT, MARKDOWN_LIMIT = 2048, 4096  # bytes
IMAGE_LIMIT = 2 * 1024 * 1024  # bytes, before base64


def judge(
    body: Mapping[str, Any], *, oversize: Oversize, find: Find, md5_checked: bool = True
) -> Part:
    """The message as the group will see it, `{"msgtype": t, t: {...}}`; Refusal otherwise.

    `oversize` says what happens to a text over its limit: 45002 or cut, which is UNVERIFIED.
    """
    msgtype = msgtype_of(body, _TYPES)
    part = section(body, msgtype)
    if msgtype in ("file", "voice"):
        shown = media(part, msgtype, find)
    elif msgtype in _LIMITS:
        shown = _text(part, _LIMITS[msgtype], oversize)
    elif msgtype == "image":
        shown = _image(part, md5_checked)
    else:
        shown = _OTHERS[msgtype](part)
    return {"msgtype": msgtype, msgtype: shown}


def _text(part: Part, limit: int, oversize: Oversize) -> Part:
    text = content(part)
    kept = cut(text, limit) if oversize == "cut" else within(text, limit)
    strings(part, "mentioned_list")
    strings(part, "mentioned_mobile_list")
    return {**part, "content": kept}


def _image(part: Part, md5_checked: bool) -> Part:
    """JPG or PNG of at most 2 MB whose md5 is right (93018, 40123, 301019)."""
    try:
        raw = base64.b64decode(need(part, "base64", 40058), validate=True)
    except (binascii.Error, ValueError):
        raise Refusal(40058, "base64") from None
    if len(raw) > IMAGE_LIMIT:
        raise Refusal(93018)
    claimed = need(part, "md5", 40058).lower()
    if md5_checked and hashlib.md5(raw, usedforsecurity=False).hexdigest() != claimed:
        raise Refusal(301019)
    if not raw.startswith((JPEG, PNG)):
        raise Refusal(40123)
    return part


def _news(part: Part) -> Part:
    return {"articles": articles(part, bare=True)}


def _card(part: Part) -> Part:
    check_notice_card(part)
    return part


_LIMITS = {"text": TEXT_LIMIT, "markdown": MARKDOWN_LIMIT, "markdown_v2": MARKDOWN_LIMIT}
_OTHERS: dict[str, Callable[[Part], Part]] = {
    "news": _news,
    "template_card": _card,
}
_TYPES = frozenset({*_LIMITS, *_OTHERS, "image", "file", "voice"})
