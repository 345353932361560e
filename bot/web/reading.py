"""The page behind 看全文: the whole text, and nothing that counts but a tap on 已阅.

A GET is never a receipt (link scanners fetch links). Its one script tells, without a person,
that it was looked at: a second figure, never a receipt.
已阅 is tapped on the card, or here by whoever WeCom has named (bot/web/signin.py).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from typing import Any

import nh3
from itsdangerous import BadSignature, URLSafeSerializer
from markdown_it import MarkdownIt

from bot.core import messages
from bot.core.asking import EXPLANATION
from bot.core.render import Reading
from bot.web.shown import linked, pages

TAGS = {"p", "ul", "ol", "li", "strong", "em", "blockquote", "h3", "h4", "br", "a", "code", "hr"}
HEADERS = {
    "Content-Security-Policy": (
        "default-src 'none'; style-src 'self'; img-src 'self'; media-src 'self'; "
        "base-uri 'none'; form-action 'self'; frame-ancestors 'none'"
    ),
    "Referrer-Policy": "no-referrer",
    "X-Content-Type-Options": "nosniff",
    "Cache-Control": "no-store",
}

PAGE_HEADERS = {
    **HEADERS,
    "Content-Security-Policy": HEADERS["Content-Security-Policy"]
    + "; script-src 'self'; connect-src 'self'",
}

_markdown = MarkdownIt("commonmark", {"html": False})


class Links:
    """Signed addresses of reading pages: a link for another push, or altered, opens nothing."""

    def __init__(self, public_url: str, key: bytes) -> None:
        self._base = public_url.rstrip("/")
        self._signer = URLSafeSerializer(key, salt="reading")

    def address(self, push_key: str) -> str:
        """Return the address of a push's page, "" where phones reach no page of ours."""
        return f"{self._base}/r/{self._signer.dumps(push_key)}" if self._base else ""

    def push_key(self, token: str) -> str:
        """Return the push a link is for, "" when the link is not ours."""
        try:
            return str(self._signer.loads(token))
        except BadSignature:
            return ""


@dataclass(frozen=True)
class Form:
    """The 已阅 of a page; `proof` is what its POST carries."""

    proof: str


def page(reading: Reading, form: Form | None = None, figures: Sequence[Figure] = ()) -> str:
    """Return the HTML of a text, with 已阅 where somebody is signed in."""
    asks = reading.question if form and not reading.anonymous else None
    shown = [(name, _html(text)) for name, text in reading.sections]
    return pages.get_template("reading.html").render(
        reading=reading,
        sections=[one for one in shown if not asks or one[0] != EXPLANATION],
        behind=[html for name, html in shown if asks and name == EXPLANATION],
        form=form,
        asks=asks,
        question_head=messages.QUESTION_HEAD,
        answer=messages.ANSWER_BUTTON,
        figures=figures,
        source=linked(reading.source),
        hint=_hint(reading, form),
        rights=messages.PAGE_RIGHTS if form and not reading.anonymous else "",
        no_tips=messages.NO_TIPS,
    )


def _hint(reading: Reading, form: Form | None) -> str:
    if reading.over:
        return reading.over
    if reading.anonymous and form is not None:
        return messages.PAGE_TAP_ANONYMOUS
    return messages.PAGE_TAP_HERE if form else messages.PAGE_TAP_CARD


@dataclass(frozen=True, kw_only=True)
class Figure:
    """A picture, film or document of a text, by its addresses."""

    src: str
    film: bool = False
    captions: str = ""
    file: str = ""  # the name of a document, to be fetched


def shown_page(reading: Reading, figures: Sequence[Figure] = ()) -> str:
    """Return the page of a text that no card leads to: it counts nothing and has no 已阅."""
    return pages.get_template("item.html").render(
        reading=reading,
        sections=[(name, _html(text)) for name, text in reading.sections],
        figures=figures,
        source=linked(reading.source),
        hint=messages.PAGE_COUNTS_NOTHING,
        no_tips=messages.NO_TIPS,
    )


def films_page(unit: str, films: Sequence[Mapping[str, Any]]) -> str:
    """Return films as cards, each with its source and the way to the text about it."""
    cards = [
        {
            **film,
            "source": linked(film["source"]),
            "where": linked(film["where"]),
            "media": [Figure(**one) for one in film["media"] if one["film"]],
        }
        for film in films
    ]
    return pages.get_template("films.html").render(
        unit=unit,
        films=cards,
        heading=messages.FILMS_TITLE,
        none=messages.FILMS_NONE,
        hint=messages.PAGE_COUNTS_NOTHING,
        no_tips=messages.NO_TIPS,
    )


@cache
def thanks_page(more: str = "") -> str:
    """Return the page after 已阅; `more` is which option was right and why, after an answer."""
    template = pages.get_template("thanks.html")
    lines = more.split("\n") if more else []
    return template.render(words=messages.ACK_DONE, more=lines, note=messages.VOLUNTARY)


def closed_page(words: str = messages.PAGE_CLOSED, title: str = messages.PAGE_CLOSED_TITLE) -> str:
    """Return a plain page, as for a link that is altered, for another push or no longer shown."""
    return pages.get_template("closed.html").render(words=words, title=title)


def _html(text: str) -> str:
    html = _markdown.render(text)
    return nh3.clean(html, tags=TAGS, attributes={"a": {"href"}}, url_schemes={"http", "https"})
