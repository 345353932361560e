"""What the long connection takes (wecom/api.md §2.6-2.8).

Pure: the same body, the same judgement.
"""

from collections.abc import Mapping
from typing import Any

from bot.sandbox.cards import check_bot_card
from bot.sandbox.errors import Refusal
from bot.sandbox.judging import content, media, msgtype_of, section, text_or, within
from bot.sandbox.limits import cut, size
from bot.sandbox.media import Find

Part = dict[str, Any]

MARKDOWN_LIMIT = 20480  # bytes
FEEDBACK_LIMIT = 256  # bytes

_MEDIA = frozenset({"file", "image", "voice", "video"})
PUSHED = _MEDIA | {"markdown", "template_card"}
REPLIED = PUSHED | {"stream"}
WELCOME = frozenset({"text", "template_card"})


def judge(body: Mapping[str, Any], allowed: frozenset[str], find: Find) -> Part:
    """The message as people will see it, `{"msgtype": t, t: {...}}`; Refusal otherwise.

    A robot's markdown is what a webhook calls markdown_v2 (§2.7), and comes out under that name.
    """
    msgtype = msgtype_of(body, allowed)
    part = section(body, msgtype)
    if msgtype in ("markdown", "stream"):
        _feedback(part)
        # a stream's first frames may still be empty
        text = text_or(part, "content") if msgtype == "stream" else content(part)
        shown = {**part, "content": within(text, MARKDOWN_LIMIT)}
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


def _feedback(part: Part) -> None:
    if "feedback" in part and size(text_or(section(part, "feedback"), "id")) > FEEDBACK_LIMIT:
        raise Refusal(40058, "feedback.id")
