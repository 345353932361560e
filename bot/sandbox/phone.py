"""The only phone of the project: any WeCom message as HTML, for the sandbox and the console.

Everything in a message is data: it is escaped, links are http or https only and open without
`opener`, and nothing of it can ever run. `STYLES` is the style sheet that belongs to it.
"""

import html
import re
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from bot.sandbox.phone_cards import TapForm, card, picture
from bot.sandbox.phone_markdown import anchor, markdown, markdown_v2, mention, mentions
from bot.sandbox.records import CardState

__all__ = ["STYLES", "TapForm", "bubble"]

STYLES = Path(__file__).parent / "static" / "phone.css"

Names = Mapping[str, str]  # userid -> the name shown in a mention
Part = Mapping[str, Any]

BARE_URL = re.compile(r"https?://[!-;=?-~]+")
A_TAG = re.compile(r'<a href="(https?://[^"<>\s]+)">([^<>]*)</a>')
GREY_DIV = re.compile(r'<div class="(gray|normal|highlight)">(.*?)</div>', re.DOTALL)
BREAK = re.compile(r"<br\s*/?>")


def bubble(
    message: Mapping[str, Any],
    *,
    state: CardState | None = None,
    names: Names | None = None,
    form: TapForm | None = None,
) -> str:
    """One message, `{"msgtype": t, t: {...}}` in WeCom's JSON, as an HTML fragment.

    `state` is how this person's copy of a card was changed. With `form` its buttons post; without
    one they are only to be looked at. A message of an unknown or broken shape says so.
    """
    msgtype = str(message.get("msgtype", ""))
    part = message.get(msgtype)
    if not isinstance(part, Mapping):
        return _box("unknown", f"[无法显示的消息类型：{html.escape(msgtype)}]")
    if msgtype == "template_card":
        return card(part, state=state, form=form)
    shape = _SHAPES.get(msgtype)
    if shape is None:
        return _box("unknown", f"[无法显示的消息类型：{html.escape(msgtype)}]")
    return _box(msgtype.replace("_", "-"), shape(part, names or {}))


def _box(kind: str, inside: str) -> str:
    return f'<div class="wx-bubble wx-{kind}">{inside}</div>'


def _text(part: Part, names: Names) -> str:
    lines = _linked(str(part.get("content", "")), names).split("\n")
    listed = part.get("mentioned_list")
    at = [mention(str(userid), names) for userid in listed] if isinstance(listed, list) else []
    return " ".join(["<br>".join(lines), *at])


def _linked(text: str, names: Names) -> str:
    """`text` escaped, with the links of app texts and bare addresses made into anchors."""
    out, end = [], 0
    for match in A_TAG.finditer(text):
        out += [_bare(text[end : match.start()], names), anchor(match[1], html.escape(match[2]))]
        end = match.end()
    return "".join([*out, _bare(text[end:], names)])


def _bare(text: str, names: Names) -> str:
    out, end = [], 0
    for match in BARE_URL.finditer(text):
        out += [mentions(text[end : match.start()], names), anchor(match[0], html.escape(match[0]))]
        end = match.end()
    return "".join([*out, mentions(text[end:], names)])


def _markdown(part: Part, names: Names) -> str:
    return markdown(str(part.get("content", "")), names)


def _markdown_v2(part: Part, _names: Names) -> str:
    return markdown_v2(str(part.get("content", "")))


def _image(part: Part, _names: Names) -> str:
    encoded = re.sub(r"[^A-Za-z0-9+/=]", "", str(part.get("base64", "")))
    if not encoded:
        return '<span class="wx-placeholder">[图片]</span>'
    kind = "png" if encoded.startswith("iVBOR") else "jpeg"
    return f'<img alt="图片" src="data:image/{kind};base64,{encoded}">'


def _file(part: Part, _names: Names) -> str:
    name = html.escape(str(part.get("title") or "文件"))
    return f'<span class="wx-file-icon" aria-hidden="true"></span><span>{name}</span>'


def _voice(_part: Part, _names: Names) -> str:
    return '<span class="wx-placeholder">[语音]</span>'


def _video(part: Part, _names: Names) -> str:
    return f'<span class="wx-placeholder">[视频] {html.escape(str(part.get("title", "")))}</span>'


def _news(part: Part, _names: Names) -> str:
    found = part.get("articles")
    articles = found if isinstance(found, list) else []
    shown = [item for item in articles if isinstance(item, Mapping)]
    return "".join(_article(item, first=not number) for number, item in enumerate(shown))


def _article(item: Part, *, first: bool) -> str:
    shown = picture(item.get("picurl"))
    title = f'<span class="wx-title">{html.escape(str(item.get("title", "")))}</span>'
    note = f'<span class="wx-desc">{html.escape(str(item.get("description", "")))}</span>'
    kind = "wx-article wx-first" if first else "wx-article"
    return anchor(str(item.get("url", "")), f"{shown}{title}{note}", kind)


def _textcard(part: Part, _names: Names) -> str:
    title = f'<span class="wx-title">{html.escape(str(part.get("title", "")))}</span>'
    words = html.escape(str(part.get("btntxt") or "详情"))
    inside = f'{title}<span class="wx-desc">{_described(str(part.get("description", "")))}</span>'
    return anchor(str(part.get("url", "")), f'{inside}<span class="wx-more">{words}</span>')


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


_SHAPES: dict[str, Callable[[Part, Names], str]] = {
    "text": _text,
    "markdown": _markdown,
    "markdown_v2": _markdown_v2,
    "image": _image,
    "file": _file,
    "voice": _voice,
    "video": _video,
    "news": _news,
    "textcard": _textcard,
}
