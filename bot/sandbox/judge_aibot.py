"""What the long connection takes (wecom/api.md §2.6-2.8).

Pure: the same body, the same judgement.
"""

import base64
import hashlib
from collections.abc import Mapping
from typing import Any

from bot.sandbox.cards import check_bot_card
from bot.sandbox.errors import Refusal
from bot.sandbox.judging import (
    content,
    media,
    msgtype_of,
    need,
    objects,
    section,
    text_or,
    within,
)
from bot.sandbox.limits import cut, size
from bot.sandbox.media import JPEG, MB, PNG, Find

Part = dict[str, Any]

MARKDOWN_LIMIT = 20480  # bytes
FEEDBACK_LIMIT = 256  # bytes
MOST_PICTURES, PICTURE_LIMIT = 10, 10 * MB  # of a stream

_MEDIA = frozenset({"file", "image", "voice", "video"})
PUSHED = _MEDIA | {"markdown", "template_card"}
REPLIED = PUSHED | {"stream"}
PASSIVE = frozenset({"stream", "template_card"})  # in URL mode (document 101031)
WELCOME = frozenset({"text", "template_card"})


def judge(
    body: Mapping[str, Any], allowed: frozenset[str], find: Find, *, pictures: bool = False
) -> Part:
    """The message as people will see it, `{"msgtype": t, t: {...}}`; Refusal otherwise.

    A robot's markdown is what a webhook calls markdown_v2 (§2.7), and comes out under that name.
    `pictures`: a stream may end with some; on the long connection they are passed over (§2.6).
    """
    msgtype = msgtype_of(body, allowed)
    part = section(body, msgtype)
    if msgtype in ("markdown", "stream"):
        _feedback(part)
        # a stream's first frames may still be empty
        text = text_or(part, "content") if msgtype == "stream" else content(part)
        shown = {**part, "content": within(text, MARKDOWN_LIMIT)}
        items = _pictures(part) if pictures and msgtype == "stream" else []
        shown |= {"msg_item": items} if items or "msg_item" in part else {}
        return {"msgtype": "markdown_v2", "markdown_v2": shown}
    if msgtype == "text":
        return {"msgtype": msgtype, msgtype: {**part, "content": content(part)}}
    if msgtype == "template_card":
        _feedback(part)
        check_bot_card(part)
        return {"msgtype": msgtype, msgtype: part}
    return {"msgtype": msgtype, msgtype: _file(part, msgtype, find)}


def _file(part: Part, msgtype: str, find: Find) -> Part:
    shown = media(part, msgtype, find)
    if msgtype == "video":
        shown["title"] = cut(text_or(part, "title"), 64)
        shown["description"] = cut(text_or(part, "description"), 512)
    return shown


def _pictures(part: Part) -> list[Part]:
    """The pictures in the last frame of a stream: at most 10 of 10 MB, JPG or PNG, md5 right."""
    items = objects(part, "msg_item")
    if items and part.get("finish") is not True:
        raise Refusal(40058, "msg_item before finish")
    if len(items) > MOST_PICTURES:
        raise Refusal(45008)
    for item in items:
        msgtype_of(item, frozenset({"image"}))
        _picture(section(item, "image"))
    return items


def _picture(image: Part) -> None:
    try:
        data = base64.b64decode(need(image, "base64", 40058), validate=True)
    except ValueError:
        raise Refusal(40058, "base64") from None
    if not data.startswith((PNG, JPEG)):
        raise Refusal(40005)
    if len(data) > PICTURE_LIMIT:
        raise Refusal(40009)
    made = hashlib.md5(data, usedforsecurity=False).hexdigest()
    if made != need(image, "md5", 40058).lower():
        raise Refusal(301019)


def _feedback(part: Part) -> None:
    if "feedback" in part and size(text_or(section(part, "feedback"), "id")) > FEEDBACK_LIMIT:
        raise Refusal(40058, "feedback.id")
