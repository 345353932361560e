"""A message as its readers saw it, told in plain lines from the JSON that was kept."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

PICTURE = "〔图〕"


def words_in(text: str) -> str:
    """Return what a kept message said; one of a shape we do not know is shown as it is."""
    try:
        message = json.loads(text)
        message = message.get("body", message)  # a frame of the long connection
        kind = message["msgtype"]
        if kind.endswith("template_card"):
            return "\n".join(line for line in _card(message[kind]) if line)
        if kind == "image":
            return PICTURE
        return str(message[kind]["content"])
    except (ValueError, TypeError, AttributeError, LookupError, RecursionError):
        return text


def _card(card: dict[str, Any]) -> Iterator[str]:
    yield card.get("source", {}).get("desc", "")
    for name in ("main_title", "emphasis_content"):
        part = card.get(name, {})
        yield from (part.get("title", ""), part.get("desc", ""))
    yield card.get("sub_title_text", "")
    for fact in card.get("horizontal_content_list", []):
        yield f"{fact.get('keyname', '')}：{fact.get('value', '')}"
    for box in [card.get("checkbox", {}), *card.get("select_list", [])]:
        yield from (f"( ) {option.get('text', '')}" for option in box.get("option_list", []))
    buttons = [*card.get("jump_list", []), *card.get("button_list", [])]
    for button in [*buttons, *([card["submit_button"]] if "submit_button" in card else [])]:
        yield f"[{button.get('text') or button.get('title', '')}]"
