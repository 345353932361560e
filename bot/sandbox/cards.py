"""Field checks of template cards (wecom/api.md §1.2.7, §3.3).

Byte limits and list lengths are hard and enforced; the 字 counts of the documents are
recommendations and are not. Where the documents name no code for a missing field, the nearest
one is used; that choice is UNVERIFIED.
"""

import re
from collections.abc import Callable, Mapping
from typing import Any

from bot.sandbox.errors import Refusal
from bot.sandbox.judging import need, objects, text_or
from bot.sandbox.limits import size
from bot.sandbox.records import INTERACTIVE

Card = Mapping[str, Any]

KEY_LIMIT = 1024  # bytes, of button keys and question keys
ID_LIMIT = 128  # bytes, of option ids and task_id
QUESTION_LIMIT = 200  # bytes, of a smart reply
_OF_TYPE = {1: ("url", 42028), 2: ("media_id", 42029), 3: ("userid", 42050)}
TASK_ID = re.compile(r"[0-9A-Za-z_@-]{1,128}")


def check_notice_card(card: Card) -> None:
    """One of the two cards a group's webhook takes (wecom/api.md §1.2.7)."""
    kind = card.get("card_type")
    if kind not in ("text_notice", "news_notice"):
        raise Refusal(42031)
    _CHECKS[kind](card)
    if kind == "news_notice" and "card_image" not in card:
        raise Refusal(42044, "card_image")


def check_app_card(card: Card) -> None:
    """One of the five cards an app may send (wecom/api.md §3.3), its task_id's form included."""
    kind = card.get("card_type")
    if not isinstance(kind, str) or kind not in _CHECKS:
        raise Refusal(42031)
    _CHECKS[kind](card)
    _ticks(card)
    _action_menu(card)
    if "task_id" in card or wants_callback(card):
        check_task_id(card.get("task_id"))


def check_bot_card(card: Card) -> None:
    """One of the five cards a smart robot may send (wecom/api.md §2.8)."""
    kind = card.get("card_type")
    if not isinstance(kind, str) or kind not in _CHECKS:
        raise Refusal(42031)
    jumps = [_smart_reply(item) for item in objects(card, "jump_list", 42042)]
    plain = {**card, "jump_list": jumps} if jumps else card
    if any(item.get("type") == 2 for item in objects(card, "horizontal_content_list", 42035)):
        raise Refusal(40058, "horizontal_content_list.type")
    buttons = objects(card, "button_list") if kind == "button_interaction" else []
    if any(button.get("type", 0) for button in buttons):
        raise Refusal(40058, "button_list.type")
    _CHECKS[kind](plain)
    _action_menu(card)
    if "action_menu" in card and not text_or(_object(card, "action_menu"), "desc"):
        raise Refusal(40058, "action_menu.desc")
    if "task_id" in card or wants_callback(card):
        check_task_id(card.get("task_id"), 846625)


def check_update(card: Card) -> None:
    """A card that takes another's place: any of the five, without a task_id (§3.4)."""
    kind = card.get("card_type")
    if not isinstance(kind, str) or kind not in _CHECKS:
        raise Refusal(42031)
    _CHECKS[kind](card)
    _action_menu(card)


def _smart_reply(jump: Card) -> Card:
    """A jump of type 3 asks the robot `question`; to the other checks it is one of type 0."""
    if jump.get("type") != 3:
        return jump
    if size(need(jump, "question", 40058)) > QUESTION_LIMIT:
        raise Refusal(40058, "jump_list.question")
    return {**jump, "type": 0}


def check_task_id(task_id: Any, errcode: int = 42014) -> None:
    """Refusal `errcode` unless 1-128 bytes of [0-9A-Za-z_@-]."""
    if not isinstance(task_id, str) or not TASK_ID.fullmatch(task_id):
        raise Refusal(errcode)


def wants_callback(card: Card) -> bool:
    """Can this card make an event? Then the app needs a callback url (43012)."""
    return card.get("card_type") in INTERACTIVE or "action_menu" in card


def _text_notice(card: Card) -> None:
    title = _object(card, "main_title").get("title")
    if not title and not card.get("sub_title_text"):
        raise Refusal(41016, "main_title.title or sub_title_text")
    _common(card)
    _card_action(card, needed=True)


def _news_notice(card: Card) -> None:
    need(_object(card, "main_title"), "title", 41016)
    if "card_image" not in card and "image_text_area" not in card:
        raise Refusal(42044, "card_image or image_text_area")
    _card_image(card)
    _image_text_area(card)
    for item in _items(card, "vertical_content_list", 0, 4, 42036):
        need(item, "title", 42033)
    _common(card)
    _card_action(card, needed=True)


def _button_interaction(card: Card) -> None:
    need(_object(card, "main_title"), "title", 41016)
    _common(card)
    _card_action(card, needed=False)
    if "button_selection" in card:
        _question(_object(card, "button_selection"), 10)
    buttons = _items(card, "button_list", 1, 6, 40058)
    for button in buttons:
        _button(button)
    _unique([b["key"] for b in buttons if b.get("type", 0) == 0], 42039)


def _vote_interaction(card: Card) -> None:
    need(_object(card, "main_title"), "title", 41016)
    box = _object(card, "checkbox")
    if box.get("mode", 0) not in (0, 1):
        raise Refusal(40058, "checkbox.mode")
    for option in _question(box, 20):
        if not isinstance(option.get("is_checked", False), bool):
            raise Refusal(40058, "is_checked")
    _submit_button(card)


def _ticks(card: Card) -> None:
    """An app must say of each option whether it is ticked, a robot need not (§2.8, §3.3)."""
    for option in objects(_object(card, "checkbox"), "option_list"):
        if "is_checked" not in option:
            raise Refusal(40058, "is_checked")


def _multiple_interaction(card: Card) -> None:
    need(_object(card, "main_title"), "title", 41016)
    questions = _items(card, "select_list", 1, 3, 42047)
    for question in questions:
        _question(question, 10)
    _unique([question["question_key"] for question in questions], 42043)
    _submit_button(card)


_CHECKS: dict[str, Callable[[Card], None]] = {
    "text_notice": _text_notice,
    "news_notice": _news_notice,
    "button_interaction": _button_interaction,
    "vote_interaction": _vote_interaction,
    "multiple_interaction": _multiple_interaction,
}


def _common(card: Card) -> None:
    """The parts that notices and button cards share."""
    if _object(card, "source").get("desc_color", 0) not in (0, 1, 2, 3):
        raise Refusal(40058, "source.desc_color")
    text_or(card, "sub_title_text")
    _jump(_object(card, "quote_area"))
    for item in _items(card, "horizontal_content_list", 0, 6, 42035):
        _horizontal(item)
    for item in _items(card, "jump_list", 0, 3, 42042):
        need(item, "title", 42033)
        _jump(item)


def _horizontal(item: Card) -> None:
    need(item, "keyname", 42027)
    kind = item.get("type", 0)
    if kind not in (0, 1, 2, 3):
        raise Refusal(40058, "type")
    if kind:
        need(item, *_OF_TYPE[kind])


def _jump(item: Card) -> None:
    """type 0 nothing, 1 a url, 2 a mini-program."""
    kind = item.get("type", 0)
    if kind not in (0, 1, 2):
        raise Refusal(40058, "type")
    if kind == 1:
        need(item, "url", 42028)
    if kind == 2:
        need(item, "appid", 42030)


def _card_action(card: Card, *, needed: bool) -> None:
    action = _object(card, "card_action")
    kind = action.get("type", 0)
    if kind not in ((1, 2) if needed else (0, 1, 2)):
        raise Refusal(42045, "card_action.type")
    if kind == 1:
        need(action, "url", 42045)
    if kind == 2:
        need(action, "appid", 42045)


def _card_image(card: Card) -> None:
    if "card_image" not in card:
        return
    image = _object(card, "card_image")
    need(image, "url", 42044)
    ratio = image.get("aspect_ratio")
    # "between", says the sentence; the examples beside it send both ends
    if ratio is not None and not (isinstance(ratio, int | float) and 1.3 <= ratio <= 2.25):
        raise Refusal(40058, "card_image.aspect_ratio")


def _image_text_area(card: Card) -> None:
    if "image_text_area" in card:
        area = _object(card, "image_text_area")
        need(area, "image_url", 42044)
        _jump(area)


def _action_menu(card: Card) -> None:
    """The corner menu of notices and button cards; the two others ignore the field."""
    asking = card["card_type"] in ("vote_interaction", "multiple_interaction")
    if "action_menu" not in card or asking:
        return
    actions = _items(_object(card, "action_menu"), "action_list", 1, 3, 40058)
    for action in actions:
        need(action, "text", 42038)
        _key(action, "key", 42039)
    _unique([action["key"] for action in actions], 42051)


def _button(button: Card) -> None:
    need(button, "text", 42038)
    if button.get("type", 0) not in (0, 1):  # an unknown style is the first one (page 90236)
        raise Refusal(40058, "button_list")
    if button.get("type", 0) == 1:
        need(button, "url", 42028)
    else:
        _key(button, "key", 42039)


def _submit_button(card: Card) -> None:
    button = _object(card, "submit_button")
    _key(button, "key", 42046)
    if "text" in button:
        need(button, "text", 42049)


def _question(question: Card, most: int) -> list[dict[str, Any]]:
    """A question with its options; returns the options."""
    _key(question, "question_key", 42043)
    options = _items(question, "option_list", 1, most, 42037)
    for option in options:
        if size(need(option, "id", 42040)) > ID_LIMIT:
            raise Refusal(42040, "option id")
        need(option, "text", 42041)
    _unique([option["id"] for option in options], 42040)
    return options


def _key(part: Card, name: str, errcode: int) -> None:
    if size(need(part, name, errcode)) > KEY_LIMIT:
        raise Refusal(errcode, name)


def _unique(keys: list[str], errcode: int) -> None:
    if len(set(keys)) < len(keys):
        raise Refusal(errcode, "not unique")


def _items(card: Card, name: str, least: int, most: int, errcode: int) -> list[dict[str, Any]]:
    """A list of `least` to `most` objects; Refusal `errcode`."""
    found = objects(card, name, errcode)
    if not least <= len(found) <= most:
        raise Refusal(errcode, name)
    return found


def _object(card: Card, name: str) -> dict[str, Any]:
    found = card.get(name, {})
    if not isinstance(found, dict):
        raise Refusal(40058, name)
    return found
