"""The only phone of the project: any WeCom message as HTML, for the sandbox and the console.

Everything in a message is data: it is escaped, links are http or https only and open without
`opener`, and nothing of it can ever run. `STYLES` is the style sheet that belongs to it.
"""

import html
import re
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from bot.sandbox import phone_files, phone_news
from bot.sandbox.phone_cards import TapForm, card
from bot.sandbox.phone_files import File, Files, nowhere
from bot.sandbox.phone_markdown import anchor, markdown, markdown_v2, mention, mentions
from bot.sandbox.records import CardState, Options

__all__ = ["STYLES", "File", "TapForm", "bubble"]

STYLES = Path(__file__).parent / "static" / "phone.css"

Names = Mapping[str, str]  # userid -> the name shown in a mention
Part = Mapping[str, Any]

BARE_URL = re.compile(r"https?://[!-;=?-~]+")
THINK = re.compile(r"\s*<think>(.*?)(?:</think>|\Z)", re.DOTALL)
A_TAG = re.compile(r'<a href="(https?://[^"<>\s]+)">([^<>]*)</a>')


def bubble(
    message: Mapping[str, Any],
    *,
    state: CardState | None = None,
    names: Names | None = None,
    form: TapForm | None = None,
    files: Files = nowhere,
    picked: Options | None = None,
) -> str:
    """One message, `{"msgtype": t, t: {...}}` in WeCom's JSON, as an HTML fragment.

    `state` is how this person's copy of a card was changed, `picked` what they chose on it. With
    `form` its buttons post; without one they are only to be looked at. `files` finds uploaded
    files. A message of an unknown or broken shape says so.
    """
    msgtype = str(message.get("msgtype", ""))
    part = message.get(msgtype)
    if not isinstance(part, Mapping):
        return _unknown(msgtype)
    if msgtype == "template_card":
        return card(part, state=state, form=form, names=names or {}, files=files, picked=picked)
    inside = _inside(msgtype, part, names or {}, files)
    if inside is None:
        return _unknown(msgtype)
    inside += _quoted(message.get("quote"), names, files) + _confidential(message.get("safe"))
    return _box(msgtype.replace("_", "-"), inside)


def _inside(msgtype: str, part: Part, names: Names, files: Files) -> str | None:
    """What stands in the bubble; None for a type that nobody knows."""
    if msgtype in _WRITTEN:
        return _WRITTEN[msgtype](part, names)
    if msgtype == "mixed":
        found = part.get("msg_item")
        items = [i for i in found if isinstance(i, Mapping)] if isinstance(found, list) else []
        return "".join(f'<div class="wx-item">{_item(i, names, files)}</div>' for i in items)
    shape = _SHAPES.get(msgtype)
    return shape(part, files) if shape else None


def _item(item: Part, names: Names, files: Files) -> str:
    kind = str(item.get("msgtype", ""))
    part = item.get(kind)
    made = _inside(kind, part, names, files) if isinstance(part, Mapping) else None
    return "" if made is None else made


def _quoted(quote: object, names: Names | None, files: Files) -> str:
    """The message that is answered, small under the answer."""
    if not isinstance(quote, Mapping):
        return ""
    sender = html.escape(str(quote.get("sender", "")))
    inside = _item(quote, names or {}, files)
    return f'<blockquote class="wx-quoted"><span>{sender}：</span>{inside}</blockquote>'


def _confidential(safe: object) -> str:
    words = {1: "保密消息，不能转发", 2: "仅限在企业内分享"}.get(
        safe if isinstance(safe, int) else 0
    )
    return f'<p class="wx-safe">{words}</p>' if words else ""


def _unknown(msgtype: str) -> str:
    return _box("unknown", f"[无法显示的消息类型：{html.escape(msgtype)}]")


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
    """Also a smart robot's markdown, and its stream: one that is not finished goes on."""
    content = str(part.get("content", ""))
    made = _thinking(content) if "finish" in part else markdown_v2(content)
    made += _pictures(part.get("msg_item"))
    going_on = '<span class="wx-typing" role="img" aria-label="正在输入"></span>'
    return made + going_on if part.get("finish") is False else made


def _thinking(content: str) -> str:
    """A stream whose `<think>` part is folded away, open while it is all there is (101031)."""
    thought = THINK.match(content)
    if thought is None:
        return markdown_v2(content)
    rest = content[thought.end() :]
    opened = "" if rest.strip() else " open"
    inside = markdown_v2(thought[1])
    folded = f'<details class="wx-think"{opened}><summary>思考过程</summary>{inside}</details>'
    return folded + markdown_v2(rest)


def _pictures(found: object) -> str:
    """The pictures at the end of a stream (URL mode only)."""
    items = [i for i in found if isinstance(i, Mapping)] if isinstance(found, list) else []
    return "".join(_item(item, {}, nowhere) for item in items)


_WRITTEN: dict[str, Callable[[Part, Names], str]] = {
    "text": _text,
    "markdown": _markdown,
    "markdown_v2": _markdown_v2,
}
_SHAPES: dict[str, Callable[[Part, Files], str]] = {
    "image": phone_files.image,
    "file": phone_files.file,
    "voice": phone_files.voice,
    "video": phone_files.video,
    "news": phone_news.news,
    "mpnews": phone_news.mpnews,
    "textcard": phone_news.textcard,
    "miniprogram_notice": phone_news.miniprogram_notice,
}
