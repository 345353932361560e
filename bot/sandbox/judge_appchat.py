"""What appchat/send takes (wecom/api.md §4.4). Pure: the same body, the same judgement."""

from collections.abc import Callable, Mapping
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
    section,
    strings,
    within,
)
from bot.sandbox.limits import cut
from bot.sandbox.media import Find
from bot.sandbox.switches import GroupCard

Part = dict[str, Any]

TEXT_LIMIT = MARKDOWN_LIMIT = 2048  # bytes


def judge(body: Mapping[str, Any], find: Find, card: GroupCard) -> Part:
    """The message as the group will see it, `{"msgtype": t, t: {...}}`; Refusal otherwise.

    That a card is refused with 40008 is expected, not verified (§4.4): `card` says what happens.
    """
    msgtype = msgtype_of(body, _TYPES if card == "reject" else _TYPES | {"template_card"})
    part = section(body, msgtype)
    if msgtype == "template_card":
        check_app_card(part)
        shown = part
    elif msgtype == "mpnews":
        shown = mpnews(part, find)
    elif msgtype in _MEDIA:
        shown = media(part, msgtype, find)
    else:
        shown = _SHAPES[msgtype](part)
    return {"msgtype": msgtype, msgtype: shown}


def _text(part: Part) -> Part:
    strings(part, "mentioned_list")
    return {**part, "content": cut(content(part), TEXT_LIMIT)}


def _markdown(part: Part) -> Part:
    within(content(part), MARKDOWN_LIMIT)
    return part


def _textcard(part: Part) -> Part:
    title, description = need(part, "title", 41016), need(part, "description", 41033)
    link(part, "url")
    # bytes here, characters in message/send (wecom/api.md §14)
    cropped = {"title": cut(title, 128), "description": cut(description, 512)}
    return {**part, **cropped, **button_words(part)}


def _news(part: Part) -> Part:
    return {"articles": articles(part)}


_MEDIA = frozenset({"image", "voice", "video", "file"})
_SHAPES: dict[str, Callable[[Part], Part]] = {
    "text": _text,
    "markdown": _markdown,
    "textcard": _textcard,
    "news": _news,
}
_TYPES = _MEDIA | frozenset(_SHAPES) | {"mpnews"}


def names(value: Any) -> list[str]:
    """A list of userids; Refusal 40031 if it is something else."""
    if not isinstance(value, list) or not all(isinstance(item, str) for item in value):
        raise Refusal(40031)
    return list(dict.fromkeys(value))
