"""Messages that lead to pages: news, mpnews, text cards, mini-program notices (api.md §3.2)."""

import html
import re
from collections.abc import Mapping
from typing import Any

import nh3

from bot.sandbox.phone_cards import picture
from bot.sandbox.phone_files import Files
from bot.sandbox.phone_markdown import anchor

Part = Mapping[str, Any]

GREY_DIV = re.compile(r'<div class="(gray|normal|highlight)">(.*?)</div>', re.DOTALL)
BARE = re.compile(r"[0-9A-Za-z-]+(\.[0-9A-Za-z-]+)+([:/?#]\S*)?")
BREAK = re.compile(r"<br\s*/?>")
PAGE_TAGS = {"p", "br", "b", "strong", "em", "h1", "h2", "h3", "ul", "ol", "li", "blockquote"}


def news(part: Part, _files: Files) -> str:
    """1-8 articles; the first of several is large, one alone shows its description too."""
    shown = _articles(part)
    return "".join(
        _article(item, first=not number, alone=len(shown) == 1) for number, item in enumerate(shown)
    )


def mpnews(part: Part, files: Files) -> str:
    """Like news, but the pages are kept by WeCom: each opens in its place."""
    return "".join(_page(item, files) for item in _articles(part))


def textcard(part: Part, _files: Files) -> str:
    title = f'<span class="wx-title">{html.escape(str(part.get("title", "")))}</span>'
    words = html.escape(str(part.get("btntxt") or "详情"))
    inside = f'{title}<span class="wx-desc">{_described(str(part.get("description", "")))}</span>'
    return anchor(str(part.get("url", "")), f'{inside}<span class="wx-more">{words}</span>')


def miniprogram_notice(part: Part, _files: Files) -> str:
    """A notice of a mini-program; none can be opened here."""
    found = part.get("content_item")
    items = [i for i in found if isinstance(i, Mapping)] if isinstance(found, list) else []
    lead = ""
    if part.get("emphasis_first_item") in (True, 1, "1") and items:
        first, items = items[0], items[1:]
        lead = f'<p class="wx-emphasis"><strong>{_words(first, "value")}</strong>'
        lead += f'<span class="wx-desc">{_words(first, "key")}</span></p>'
    rows = "".join(f"<dt>{_words(i, 'key')}</dt><dd>{_words(i, 'value')}</dd>" for i in items)
    table = f'<dl class="wx-horizontal">{rows}</dl>' if rows else ""
    note = f'<p class="wx-desc">{_words(part, "description")}</p>' if "description" in part else ""
    head = f'<p class="wx-title">{_words(part, "title")}</p>'
    return f'{head}{note}{lead}{table}<p class="wx-more">小程序 · 演练环境打不开</p>'


def _articles(part: Part) -> list[Part]:
    found = part.get("articles")
    return [i for i in found if isinstance(i, Mapping)] if isinstance(found, list) else []


def _article(item: Part, *, first: bool, alone: bool) -> str:
    shown = picture(item.get("picurl"))
    title = f'<span class="wx-title">{_words(item, "title")}</span>'
    described = alone and item.get("description")
    note = f'<span class="wx-desc">{_words(item, "description")}</span>' if described else ""
    kind = "wx-article wx-first" if first else "wx-article"
    return anchor(_whole(str(item.get("url", ""))), f"{shown}{title}{note}", kind)


def _whole(url: str) -> str:
    """An address without its scheme, as webhooks may send, opens as the client opens it."""
    return f"http://{url}" if BARE.fullmatch(url) else url


def _page(item: Part, files: Files) -> str:
    cover = files(str(item.get("thumb_media_id", "")))
    shown = f'<img class="wx-picture" alt="" src="{html.escape(cover.href)}">' if cover else ""
    author = f'<span class="wx-desc">{_words(item, "author")}</span>' if item.get("author") else ""
    digest = f'<p class="wx-desc">{_words(item, "digest")}</p>' if item.get("digest") else ""
    content = nh3.clean(str(item.get("content", "")), tags=PAGE_TAGS, attributes={})
    title = f'<span class="wx-title">{_words(item, "title")}</span>'
    return (
        f'<details class="wx-page"><summary>{shown}{title}{author}</summary>{digest}'
        f'<div class="wx-page-text">{content}</div></details>'
    )


def _described(text: str) -> str:
    """A text card's description: only `<br>` and three kinds of `<div>` mean anything."""
    out, end = [], 0
    for match in GREY_DIV.finditer(text):
        out.append(_broken(text[end : match.start()]))
        out.append(f'<span class="wx-{match[1]}">{_broken(match[2])}</span>')
        end = match.end()
    return "".join([*out, _broken(text[end:])])


def _broken(text: str) -> str:
    return "<br>".join(html.escape(line) for line in BREAK.split(text))


def _words(part: Part, name: str) -> str:
    return html.escape(str(part.get(name, "")))
