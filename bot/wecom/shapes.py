"""Every kind of message as WeCom's JSON, with the limits that are hard (wecom/api.md §1-§4).

Each function returns {"msgtype": t, t: {...}}, to which whoever sends it adds whom it is for.
Bytes are counted, never cut: WeCom cuts in silence. ValueError for what it would refuse or cut.
"""

from __future__ import annotations

import base64
import hashlib
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal

Shape = dict[str, Any]
Media = Literal["image", "voice", "video", "file"]

WEBHOOK_TEXT, WEBHOOK_MARKDOWN = 2048, 4096  # bytes (§1.2)
APP_TEXT, BOT_MARKDOWN = 2048, 20480  # §3.2, §2.7
WEBHOOK_IMAGE = 2 * 1024 * 1024  # bytes before base64 (§1.2.4)
ARTICLES, ARTICLE_TITLE, ARTICLE_TEXT, ADDRESS = 8, 128, 512, 2048
KEY, OPTION_ID = 1024, 128  # bytes of a button's or question's key, of an option's id
_TASK_ID = re.compile(r"[0-9A-Za-z_@-]{1,128}", re.ASCII)
_PICTURES = (b"\x89PNG\r\n\x1a\n", b"\xff\xd8\xff")
_SCHEMES = ("https://", "http://")


def text(content: str, *, mentioned: Sequence[str] = (), limit: int = APP_TEXT) -> Shape:
    """Return plain text; `mentioned` accounts ("@all" is refused: nobody is shouted at here)."""
    if "@all" in mentioned or "<@all>" in content:
        raise ValueError("nobody calls everybody")
    more = {"mentioned_list": list(mentioned)} if mentioned else {}
    return _shape("text", {"content": _sized(content, limit), **more})


def markdown(content: str, *, limit: int = APP_TEXT) -> Shape:
    """Return the six constructs (§1.2.2); 4,096 bytes to a webhook, 2,048 by an app."""
    return _shape("markdown", {"content": _sized(content, limit)})


def markdown_v2(content: str) -> Shape:
    """Return lists and tables for a webhook (§1.2.3); it mentions nobody and has no colours."""
    if "<font" in content or "<@" in content:
        raise ValueError("markdown_v2 has no colours and mentions nobody")
    return _shape("markdown_v2", {"content": _sized(content, WEBHOOK_MARKDOWN)})


def picture(raw: bytes) -> Shape:
    """Return a PNG or JPG for a webhook, inside the message (§1.2.4)."""
    if len(raw) > WEBHOOK_IMAGE or not raw.startswith(_PICTURES):
        raise ValueError("a picture is a PNG or JPG of at most 2 MB")
    encoded = base64.b64encode(raw).decode()
    md5 = hashlib.md5(raw, usedforsecurity=False).hexdigest()
    return _shape("image", {"base64": encoded, "md5": md5})


def media(kind: Media, media_id: str) -> Shape:
    """Return a file, picture, voice or film that was uploaded (bot/wecom/media.py)."""
    if not media_id:
        raise ValueError("a medium has an id")
    return _shape(kind, {"media_id": media_id})


def film(media_id: str, title: str = "", description: str = "", *, bot: bool = False) -> Shape:
    """Return a film with words; a robot has room for half the title (§2.7)."""
    words = {"title": _sized(title, 64 if bot else 128), "description": _sized(description, 512)}
    said = {name: value for name, value in words.items() if value}
    return _shape("video", {"media_id": media_id, **said})


@dataclass(frozen=True, kw_only=True)
class Article:
    title: str
    url: str
    description: str = ""
    picture: str = ""  # address of a JPG or PNG


def news(articles: Sequence[Article]) -> Shape:
    """Return 1 to 8 links with words and pictures (§1.2.5, §3.2)."""
    if not 1 <= len(articles) <= ARTICLES:
        raise ValueError(f"news has 1 to {ARTICLES} articles, not {len(articles)}")
    return _shape("news", {"articles": [_article(article) for article in articles]})


def _article(article: Article) -> Shape:
    found = {
        "title": _sized(_some(article.title), ARTICLE_TITLE),
        "description": _sized(article.description, ARTICLE_TEXT),
        "url": _address(article.url),
        "picurl": _address(article.picture) if article.picture else "",
    }
    return {name: value for name, value in found.items() if value}


def textcard(title: str, description: str, url: str, button: str = "") -> Shape:
    """Return a card with one way on (§3.2); in bytes, as a group counts them (§4.4, §14)."""
    card = {
        "title": _sized(_some(title), 128),
        "description": _sized(_some(description), 512),
        "url": _address(url),
    }
    return _shape("textcard", {**card, "btntxt": button} if button else card)


# -- the five cards (§1.2.7, §2.8, §3.3) -------------------------------------------------------


@dataclass(frozen=True, kw_only=True)
class Option:
    id: str
    text: str
    checked: bool = False


@dataclass(frozen=True, kw_only=True)
class Question:
    """One choice among options: a list to unfold, or boxes to tick."""

    key: str
    options: Sequence[Option]
    title: str = ""
    selected: str = ""
    several: bool = False  # more than one box may be ticked


def text_notice(title: str, text: str = "", *, url: str, **more: Any) -> Shape:
    """Return a card to read, with one way on; `more` are fields of WeCom's as they are."""
    return _card("text_notice", title, sub_title_text=text, card_action=_goes_to(url), **more)


def news_notice(title: str, *, picture: str, url: str, ratio: float = 1.3, **more: Any) -> Shape:
    """Return a card with a picture over its words; 1.3 ≤ width ÷ height < 2.25."""
    if not 1.3 <= ratio < 2.25:
        raise ValueError("a card's picture is 1.3 to 2.25 times as wide as high")
    image = {"url": _address(picture), "aspect_ratio": ratio}
    return _card("news_notice", _some(title), card_image=image, card_action=_goes_to(url), **more)


def button_card(
    title: str, buttons: Sequence[Mapping[str, Any]], *, task_id: str, **more: Any
) -> Shape:
    """Return a card with 1 to 6 buttons, each with a `key` of its own or, by an app, a `url`."""
    keys = [str(button["key"]) for button in buttons if not button.get("type")]
    if not 1 <= len(buttons) <= 6 or len(set(keys)) < len(keys):
        raise ValueError("a card has 1 to 6 buttons with different keys")
    for key in keys:
        _sized(_some(key), KEY)
    shown = [dict(button) for button in buttons]
    return _card("button_interaction", _some(title), task_id=task_id, button_list=shown, **more)


def vote_card(
    title: str, question: Question, *, task_id: str, submit: str, submit_key: str, text: str = ""
) -> Shape:
    """Return a card with boxes to tick and one button."""
    box = {
        "question_key": _sized(_some(question.key), KEY),
        "mode": int(question.several),
        "option_list": [
            {**option, "is_checked": given.checked}
            for option, given in zip(_options(question, 20), question.options, strict=True)
        ],
    }
    return _card(
        "vote_interaction",
        _some(title),
        desc=text,
        task_id=task_id,
        checkbox=box,
        submit_button=_submit(submit, submit_key),
    )


def choice_card(
    title: str,
    questions: Sequence[Question],
    *,
    task_id: str,
    submit: str,
    submit_key: str,
    text: str = "",
) -> Shape:
    """Return a card with 1 to 3 lists to choose from and one button (multiple_interaction)."""
    keys = {question.key for question in questions}
    if not 1 <= len(questions) <= 3 or len(keys) < len(questions):
        raise ValueError("a card asks 1 to 3 different questions")
    lists = []
    for question in questions:
        one = {"question_key": _sized(_some(question.key), KEY), "title": question.title}
        one |= {"selected_id": question.selected}
        kept = {name: value for name, value in one.items() if value}
        lists.append({**kept, "option_list": _options(question, 10)})
    return _card(
        "multiple_interaction",
        _some(title),
        desc=text,
        task_id=task_id,
        select_list=lists,
        submit_button=_submit(submit, submit_key),
    )


# -- inside --------------------------------------------------------------------------------------


def _card(kind: str, title: str, *, desc: str = "", task_id: str = "", **fields: Any) -> Shape:
    if task_id and not _TASK_ID.fullmatch(task_id):
        raise ValueError(f"not a task id: {task_id!r}")
    if kind not in ("text_notice", "news_notice") and not task_id:
        raise ValueError("a card that is answered has a task id")
    if not title and not fields.get("sub_title_text"):
        raise ValueError("a card says something")
    if fields.get("action_menu") and not task_id:
        raise ValueError("a card with a menu has a task id")
    head = {name: value for name, value in (("title", title), ("desc", desc)) if value}
    content = {"card_type": kind, "main_title": head, "task_id": task_id, **fields}
    shown = {name: value for name, value in content.items() if value}
    return _shape("template_card", shown)


def _options(question: Question, most: int) -> list[Shape]:
    ids = {option.id for option in question.options}
    if not 1 <= len(question.options) <= most or len(ids) < len(question.options):
        raise ValueError(f"a question has 1 to {most} different options")
    return [
        {"id": _sized(_some(option.id), OPTION_ID), "text": _some(option.text)}
        for option in question.options
    ]


def _submit(words: str, key: str) -> Shape:
    return {"text": _some(words), "key": _sized(_some(key), KEY)}


def _goes_to(url: str) -> Shape:
    return {"type": 1, "url": _address(url)}


def _shape(kind: str, content: Shape) -> Shape:
    return {"msgtype": kind, kind: content}


def _some(words: str) -> str:
    if not words:
        raise ValueError("words are missing")
    return words


def _sized(words: str, limit: int) -> str:
    if (size := len(words.encode())) > limit:
        raise ValueError(f"{size} bytes, of {limit}")
    return words


def _address(url: str) -> str:
    if not url.startswith(_SCHEMES) or len(url.encode()) > ADDRESS:
        raise ValueError("an address begins with https:// and has at most 2,048 bytes")
    return url
