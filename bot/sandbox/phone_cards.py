"""The five template cards as HTML (wecom/api.md §1.2.7, §3.3)."""

import html
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from bot.sandbox.phone_markdown import anchor
from bot.sandbox.records import CardState

Part = Mapping[str, Any]

QUESTION = "q."  # what a form's field for a question begins with, before its question_key


@dataclass(frozen=True, kw_only=True)
class TapForm:
    """Where a card's buttons post to, and what they post beside their own key."""

    action: str
    fields: Mapping[str, str] = field(default_factory=dict)


def card(part: Part, *, state: CardState | None, form: TapForm | None) -> str:
    """A template card, as changed by `state`."""
    shown = state.card if state and state.card else part
    greyed = state.greyed if state else ""
    inner = "".join(
        [
            _source(_object(shown, "source"), bool(shown.get("action_menu"))),
            _opening(shown),
            _main_title(_object(shown, "main_title")),
            _picture(shown),
            _emphasis(_object(shown, "emphasis_content")),
            _quote_area(_object(shown, "quote_area")),
            _paragraph(shown.get("sub_title_text"), "wx-sub"),
            _verticals(shown),
            _horizontals(shown),
            "".join(_jump(item) for item in _list(shown, "jump_list")),
            _form(shown, greyed, form),
        ]
    )
    kind = html.escape(str(shown.get("card_type", "")).replace("_", "-"))
    return f'<div class="wx-bubble wx-card wx-{kind}">{inner}</div>'


def _source(source: Part, menu: bool) -> str:
    colour = source.get("desc_color", 0)
    css = f"wx-source wx-color-{colour if colour in (0, 1, 2, 3) else 0}"
    dots = '<span class="wx-menu" title="更多">···</span>' if menu else ""
    if not source.get("desc") and not menu:
        return ""
    return f'<p class="{css}"><span>{_text(source, "desc")}</span>{dots}</p>'


def _opening(shown: Part) -> str:
    """The whole card is a link if its card_action says so; an empty one, laid over the head."""
    action = _object(shown, "card_action")
    url = str(action.get("url", ""))
    if action.get("type") != 1 or not url.startswith(("http://", "https://")):
        return ""
    return anchor(url, '<span class="wx-hidden">打开</span>', "wx-open")


def _main_title(title: Part) -> str:
    head = f'<p class="wx-title">{_text(title, "title")}</p>' if title.get("title") else ""
    return head + _paragraph(title.get("desc"), "wx-desc")


def _picture(shown: Part) -> str:
    area = _object(shown, "image_text_area")
    image = picture(_object(shown, "card_image").get("url"))
    if not area:
        return image
    words = f'<span class="wx-title">{_text(area, "title")}</span>{_span(area, "desc", "wx-desc")}'
    inside = f"{picture(area.get('image_url'))}<span>{words}</span>"
    return image + anchor(str(area.get("url", "")), inside, "wx-area")


def picture(url: object) -> str:
    """A picture from http or https, nothing otherwise."""
    if not isinstance(url, str) or not url.startswith(("http://", "https://")):
        return ""
    return f'<img class="wx-picture" alt="" loading="lazy" src="{html.escape(url)}">'


def _emphasis(content: Part) -> str:
    if not content:
        return ""
    number = f"<strong>{_text(content, 'title')}</strong>"
    return f'<p class="wx-emphasis">{number}{_span(content, "desc", "wx-desc")}</p>'


def _quote_area(area: Part) -> str:
    if not area:
        return ""
    inside = f"{_span(area, 'title', 'wx-quote-title')}{_span(area, 'quote_text', '')}"
    return anchor(str(area.get("url", "")), inside, "wx-quote")


def _verticals(shown: Part) -> str:
    return "".join(
        f'<div class="wx-vertical"><p>{_text(item, "title")}</p>'
        f"{_paragraph(item.get('desc'), 'wx-desc')}</div>"
        for item in _list(shown, "vertical_content_list")
    )


def _horizontals(shown: Part) -> str:
    rows = "".join(
        f"<dt>{_text(item, 'keyname')}</dt><dd>{_valued(item)}</dd>"
        for item in _list(shown, "horizontal_content_list")
    )
    return f'<dl class="wx-horizontal">{rows}</dl>' if rows else ""


def _valued(item: Part) -> str:
    if item.get("type") == 1:
        return anchor(str(item.get("url", "")), _text(item, "value"))
    return _text(item, "value")


def _jump(item: Part) -> str:
    inside = f"{_span(item, 'title', '')}<span aria-hidden='true'>›</span>"
    return anchor(str(item.get("url", "")), inside, "wx-jump")


def _form(shown: Part, greyed: str, form: TapForm | None) -> str:
    """The tappable part. Once greyed, one grey button stands in place of all others.

    Whether url buttons survive `update_button` is UNVERIFIED; the phone shows the worse case.
    """
    asked = _questions(shown, frozen=bool(greyed) or form is None)
    buttons = f'<button class="wx-button wx-grey" type="button" disabled>{html.escape(greyed)}'
    buttons = f"{buttons}</button>" if greyed else _buttons(shown, live=form is not None)
    if not asked and not buttons:
        return ""
    inside = f'{asked}<div class="wx-buttons">{buttons}</div>'
    if form is None or greyed:
        return f'<div class="wx-form">{inside}</div>'
    hidden = "".join(
        f'<input type="hidden" name="{html.escape(name)}" value="{html.escape(value)}">'
        for name, value in form.fields.items()
    )
    action = html.escape(form.action)
    return f'<form class="wx-form" method="post" action="{action}">{hidden}{inside}</form>'


def _buttons(shown: Part, *, live: bool) -> str:
    submit = _object(shown, "submit_button")
    found = [*_list(shown, "button_list")]
    if submit:
        found.append({"style": 1, "text": "提交", **submit})
    return "".join(_button(item, live) for item in found)


def _button(item: Part, live: bool) -> str:
    style = item.get("style", 1)
    css = f"wx-button wx-style-{style if style in (1, 2, 3, 4) else 1}"
    if item.get("type") == 1:
        return anchor(str(item.get("url", "")), _text(item, "text"), css)
    key = html.escape(str(item.get("key", "")))
    kind = f'type="submit" name="key" value="{key}"' if live else 'type="button"'
    return f'<button class="{css}" {kind}>{_text(item, "text")}</button>'


def _questions(shown: Part, *, frozen: bool) -> str:
    box, selection = _object(shown, "checkbox"), _object(shown, "button_selection")
    selects = [*([selection] if selection else []), *_list(shown, "select_list")]
    return (_checkbox(box, frozen) if box else "") + "".join(_select(s, frozen) for s in selects)


def _checkbox(box: Part, frozen: bool) -> str:
    kind = "checkbox" if box.get("mode") == 1 else "radio"
    name = html.escape(QUESTION + str(box.get("question_key", "")))
    off = " disabled" if frozen or box.get("disable") else ""
    return "".join(
        f'<label class="wx-option"><input type="{kind}" name="{name}" '
        f'value="{_text(option, "id")}"{" checked" if option.get("is_checked") else ""}{off}>'
        f"<span>{_text(option, 'text')}</span></label>"
        for option in _list(box, "option_list")
    )


def _select(question: Part, frozen: bool) -> str:
    name = html.escape(QUESTION + str(question.get("question_key", "")))
    chosen = question.get("selected_id")
    off = " disabled" if frozen or question.get("disable") else ""
    options = "".join(
        f'<option value="{_text(option, "id")}"{" selected" if option.get("id") == chosen else ""}>'
        f"{_text(option, 'text')}</option>"
        for option in _list(question, "option_list")
    )
    title = html.escape(str(question.get("title") or "请选择"))
    return (
        f'<label class="wx-select"><span>{title}</span>'
        f'<select name="{name}"{off}>{options}</select></label>'
    )


def _paragraph(text: object, kind: str) -> str:
    if not text:
        return ""
    return f'<p class="{kind}">{"<br>".join(html.escape(str(text)).splitlines())}</p>'


def _span(part: Part, name: str, kind: str) -> str:
    return f'<span class="{kind}">{_text(part, name)}</span>' if part.get(name) else ""


def _text(part: Part, name: str) -> str:
    return html.escape(str(part.get(name, "")))


def _object(part: Part, name: str) -> Part:
    found = part.get(name)
    return found if isinstance(found, Mapping) else {}


def _list(part: Part, name: str) -> list[Part]:
    found = part.get(name)
    return [item for item in found if isinstance(item, Mapping)] if isinstance(found, list) else []
