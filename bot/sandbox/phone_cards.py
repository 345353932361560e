"""The five template cards as HTML (wecom/api.md §1.2.7, §3.3)."""

import html
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from bot.sandbox.phone_files import Files, nowhere
from bot.sandbox.phone_markdown import Names, anchor, mention
from bot.sandbox.records import CardState, Options

Part = Mapping[str, Any]

QUESTION = "q."  # what a form's field for a question begins with, before its question_key
# What each kind of card shows (wecom/api.md §3.3); WeCom passes over the rest.
_NOTICE = ("action_menu", "card_action", "quote_area", "horizontal_content_list", "jump_list")
PARTS = {
    "text_notice": {*_NOTICE, "emphasis_content", "sub_title_text"},
    "news_notice": {*_NOTICE, "card_image", "image_text_area", "vertical_content_list"},
    # jump_list is in no table of a button card; that it is passed over is UNVERIFIED
    "button_interaction": {*_NOTICE, "sub_title_text", "button_selection", "button_list"},
    "vote_interaction": {"checkbox", "submit_button"},
    "multiple_interaction": {"select_list", "submit_button"},
}
ALWAYS = {"card_type", "source", "main_title"}
RATIOS = ((1.55, "wx-high"), (2.0, "wx-even"), (9.9, "wx-flat"))  # of a card's picture


@dataclass(frozen=True, kw_only=True)
class TapForm:
    """Where a card's buttons post to, and what they post beside their own key."""

    action: str
    fields: Mapping[str, str] = field(default_factory=dict)


def card(
    part: Part,
    *,
    state: CardState | None,
    form: TapForm | None,
    names: Names | None = None,
    files: Files = nowhere,
    picked: Options | None = None,
) -> str:
    """A template card, as changed by `state`; `picked` is what this person chose on it."""
    shown = _known(state.card if state and state.card else part)
    greyed = state.greyed if state else ""
    inner = "".join(
        [
            _source(_object(shown, "source"), _menu(_object(shown, "action_menu"), form)),
            _opening(shown),
            _main_title(_object(shown, "main_title")),
            _picture(shown),
            _emphasis(_object(shown, "emphasis_content")),
            _quote_area(_object(shown, "quote_area")),
            _paragraph(shown.get("sub_title_text"), "wx-sub"),
            _verticals(shown),
            _horizontals(shown, names or {}, files),
            _jumps(shown, form),
            _form(shown, greyed, form, picked or {}),
        ]
    )
    kind = html.escape(str(shown.get("card_type", "")).replace("_", "-"))
    return f'<div class="wx-bubble wx-card wx-{kind}">{inner}</div>'


def _known(part: Part) -> Part:
    """The card without what its kind does not show; all of it for an unknown kind."""
    parts = PARTS.get(str(part.get("card_type")))
    if parts is None:
        return part
    return {name: value for name, value in part.items() if name in parts | ALWAYS}


def _source(source: Part, menu: str) -> str:
    colour = source.get("desc_color", 0)
    css = f"wx-source wx-color-{colour if colour in (0, 1, 2, 3) else 0}"
    icon = picture(source.get("icon_url"), "wx-icon")
    if not source.get("desc") and not icon and not menu:
        return ""
    return f'<div class="{css}"><span>{icon}{_text(source, "desc")}</span>{menu}</div>'


def _menu(menu: Part, form: TapForm | None) -> str:
    """The corner menu: each entry is a button of its own form."""
    if not menu:
        return ""
    kind = 'type="submit" name="key"' if form else 'type="button"'
    entries = "".join(
        f'<button {kind} value="{_text(item, "key")}">{_text(item, "text")}</button>'
        for item in _list(menu, "action_list")
    )
    note = _paragraph(menu.get("desc"), "wx-desc")
    dots = f'<summary aria-label="更多操作" title="{_text(menu, "desc")}">···</summary>'
    inside = f"{note}{_posting('wx-menu-list', entries, form)}"
    return f'<details class="wx-menu">{dots}<div class="wx-menu-box">{inside}</div></details>'


def _posting(kind: str, inside: str, form: TapForm | None) -> str:
    """`inside` in a form that posts to `form`; only a box without one."""
    if form is None:
        return f'<div class="{kind}">{inside}</div>'
    hidden = "".join(
        f'<input type="hidden" name="{html.escape(name)}" value="{html.escape(value)}">'
        for name, value in form.fields.items()
    )
    action = html.escape(form.action)
    return f'<form class="{kind}" method="post" action="{action}">{hidden}{inside}</form>'


def _opening(shown: Part) -> str:
    """The whole card is a link if its card_action says so; an empty one, laid over the head."""
    action = _object(shown, "card_action")
    url = str(action.get("url", ""))
    if action.get("type") != 1 or not url.startswith(("http://", "https://")):
        return ""
    title = _text(_object(shown, "main_title"), "title")
    return anchor(url, f'<span class="wx-hidden">打开：{title}</span>', "wx-open")


def _main_title(title: Part) -> str:
    head = f'<p class="wx-title">{_text(title, "title")}</p>' if title.get("title") else ""
    return head + _paragraph(title.get("desc"), "wx-desc")


def _picture(shown: Part) -> str:
    area = _object(shown, "image_text_area")
    large = _object(shown, "card_image")
    image = picture(large.get("url"), f"wx-picture {_ratio(large.get('aspect_ratio', 1.3))}")
    if not area:
        return image
    words = f'<span class="wx-title">{_text(area, "title")}</span>{_span(area, "desc", "wx-desc")}'
    inside = f"{picture(area.get('image_url'))}<span>{words}</span>"
    return image + anchor(str(area.get("url", "")), inside, "wx-area")


def picture(url: object, kind: str = "wx-picture") -> str:
    """A picture from http or https, nothing otherwise."""
    if not isinstance(url, str) or not url.startswith(("http://", "https://")):
        return ""
    return f'<img class="{kind}" alt="" src="{html.escape(url)}">'


def _ratio(of: object) -> str:
    """The class of the nearest of three shapes: a page's policy forbids inline styles."""
    number = float(of) if isinstance(of, int | float) else 1.3
    return next((kind for most, kind in RATIOS if number < most), RATIOS[-1][1])


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


def _horizontals(shown: Part, names: Names, files: Files) -> str:
    rows = "".join(
        f"<dt>{_text(item, 'keyname')}</dt><dd>{_valued(item, names, files)}</dd>"
        for item in _list(shown, "horizontal_content_list")
    )
    return f'<dl class="wx-horizontal">{rows}</dl>' if rows else ""


def _valued(item: Part, names: Names, files: Files) -> str:
    """A value: a text, a link (1), a file (2) or a member (3)."""
    if item.get("type") == 1:
        return anchor(str(item.get("url", "")), _text(item, "value"))
    found = files(str(item.get("media_id", ""))) if item.get("type") == 2 else None
    if found:
        name, href = html.escape(found.name), html.escape(found.href)
        return f'<a href="{href}" download="{name}">{_text(item, "value")}</a>'
    if item.get("type") == 3 and not item.get("value"):
        return mention(str(item.get("userid", "")), names)
    return _text(item, "value")


def _jumps(shown: Part, form: TapForm | None) -> str:
    return "".join(_jump(item, form) for item in _list(shown, "jump_list"))


def _jump(item: Part, form: TapForm | None) -> str:
    """A line that leads somewhere; type 3 asks the robot a question (wecom/api.md §2.8)."""
    inside = f"{_span(item, 'title', '')}<span aria-hidden='true'>›</span>"
    if item.get("type") == 3 and form is not None:
        ask = f'<button class="wx-jump" name="ask" value="{_text(item, "question")}">'
        return _posting("wx-asking", f"{ask}{inside}</button>", form)
    return anchor(str(item.get("url", "")), inside, "wx-jump")


def _form(shown: Part, greyed: str, form: TapForm | None, picked: Options) -> str:
    """The tappable part. Once greyed, one grey button stands in place of all others.

    Whether url buttons survive `update_button` is UNVERIFIED; the phone shows the worse case.
    """
    asked = _questions(shown, picked, frozen=bool(greyed) or form is None)
    buttons = f'<button class="wx-button wx-grey" type="button" disabled>{html.escape(greyed)}'
    buttons = f"{buttons}</button>" if greyed else _buttons(shown, live=form is not None)
    if not asked and not buttons:
        return ""
    inside = f'{asked}<div class="wx-buttons">{buttons}</div>'
    return _posting("wx-form", inside, None if greyed else form)


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


def _questions(shown: Part, picked: Options, *, frozen: bool) -> str:
    box, selection = _object(shown, "checkbox"), _object(shown, "button_selection")
    selects = [*([selection] if selection else []), *_list(shown, "select_list")]
    lists = "".join(_select(question, picked, frozen) for question in selects)
    title = _text(_object(shown, "main_title"), "title")
    return (_checkbox(box, picked, frozen, title) if box else "") + lists


def _checkbox(box: Part, picked: Options, frozen: bool, title: str) -> str:
    kind = "checkbox" if box.get("mode") == 1 else "radio"
    key = str(box.get("question_key", ""))
    off = " disabled" if frozen or box.get("disable") else ""
    options = "".join(
        f'<label class="wx-option"><input type="{kind}" name="{html.escape(QUESTION + key)}" '
        f'value="{_text(option, "id")}"{" checked" if _is_picked(option, picked.get(key)) else ""}'
        f"{off}><span>{_text(option, 'text')}</span></label>"
        for option in _list(box, "option_list")
    )
    legend = f'<legend class="wx-hidden">{title}</legend>'
    return f'<fieldset class="wx-options">{legend}{options}</fieldset>'


def _is_picked(option: Part, picked: Sequence[str] | None) -> bool:
    if picked is None:
        return bool(option.get("is_checked"))
    return str(option.get("id")) in picked


def _select(question: Part, picked: Options, frozen: bool) -> str:
    key = str(question.get("question_key", ""))
    chosen = [*picked.get(key, ()), str(question.get("selected_id"))][0]
    off = " disabled" if frozen or question.get("disable") else ""
    options = "".join(
        f'<option value="{_text(option, "id")}"'
        f"{' selected' if str(option.get('id')) == chosen else ''}>{_text(option, 'text')}</option>"
        for option in _list(question, "option_list")
    )
    title = html.escape(str(question.get("title") or "请选择"))
    return (
        f'<label class="wx-select"><span>{title}</span>'
        f'<select name="{html.escape(QUESTION + key)}"{off}>{options}</select></label>'
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
