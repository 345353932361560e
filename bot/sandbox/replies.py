"""A passive reply's TemplateCard back into the JSON names of a card (wecom/api.md §5.8)."""

import re
from collections.abc import Mapping
from typing import Any

# Lists are repeated elements without a wrapper, so one element alone looks like an object.
LISTS = frozenset(
    {
        "ActionList",
        "ButtonList",
        "HorizontalContentList",
        "JumpList",
        "OptionList",
        "SelectList",
        "VerticalContentList",
    }
)
NUMBERS = frozenset({"desc_color", "type", "style", "mode"})
NAMES = {"CheckBox": "checkbox", "KeyName": "keyname", "AppId": "appid", "PagePath": "pagepath"}
NAMES |= {"UserId": "userid"}
BIG = re.compile(r"(?<!^)(?=[A-Z])")


def card_of(element: Mapping[str, Any]) -> dict[str, Any]:
    """The card as JSON: `CardType` -> `card_type`, lists always lists, numbers as int.

    ValueError if the card names no type.
    """
    card = _object(element)
    if "card_type" not in card:
        raise ValueError("CardType is missing")
    return card


def _object(element: Mapping[str, Any]) -> dict[str, Any]:
    return {_name(tag): _value(tag, found) for tag, found in element.items() if found is not None}


def _name(tag: str) -> str:
    return NAMES.get(tag) or BIG.sub("_", tag).lower()


def _value(tag: str, found: Any) -> Any:
    if tag in LISTS:
        items = found if isinstance(found, list) else [found]
        return [_object(item) for item in items if isinstance(item, Mapping)]
    if isinstance(found, Mapping):
        return _object(found)
    if _name(tag) in NUMBERS and str(found).isdigit():
        return int(found)
    if tag in ("IsChecked", "Disable"):
        return str(found).lower() in ("1", "true")
    return str(found)
