"""The card with 已阅, as an app and as the bot send it (wecom/api.md §2.8, §3.3)."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

from bot.core.asking import VOTE_TITLE
from bot.core.model import Card
from bot.wecom import shapes

FACTS = 6  # lines of horizontal_content_list
_TASK_ID = re.compile(r"[0-9A-Za-z_@-]{1,128}", re.ASCII)


PICK = "您的选择"  # over the list of a card with a long title


def asking_card(card: Card) -> dict[str, Any]:
    """Return the card that asks: boxes to tick, or a list where its title is too long for those.

    Neither has facts or a way to the text (wecom/api.md §3.3): what must be said stands in `text`.
    """
    options = [shapes.Option(id=name, text=words) for name, words in card.choices]
    asks = shapes.Question(key=card.question, options=options)
    shown = {"task_id": card.task_id, "submit": card.button, "submit_key": card.button_key}
    if len(card.title) <= VOTE_TITLE:
        made = shapes.vote_card(card.title, asks, text=card.text, **shown)
    else:
        made = shapes.choice_card(card.title, [replace(asks, title=PICK)], text=card.text, **shown)
    content = {**made["template_card"], "source": {"desc": card.source}}
    return {"msgtype": "template_card", "template_card": content}


def template_card(card: Card, buttons: Sequence[Mapping[str, Any]], **more: Any) -> dict[str, Any]:
    """Return a message with a button_interaction card; what is empty in `more` is left out.

    Raises ValueError for what WeCom would refuse.
    """
    if not _TASK_ID.fullmatch(card.task_id):
        raise ValueError(f"not a task id: {card.task_id!r}")
    if len(card.facts) > FACTS:
        raise ValueError(f"a card has at most {FACTS} facts, not {len(card.facts)}")
    if not card.title:
        raise ValueError("a card needs a title")
    content: dict[str, Any] = {
        "card_type": "button_interaction",
        "source": {"desc": card.source} if card.source else None,
        "main_title": {"title": card.title},
        "sub_title_text": card.text,
        "horizontal_content_list": [{"keyname": k, "value": v} for k, v in card.facts],
        "button_list": list(buttons),
        # The tapped card keeps one grey button only; the whole card stays a way to the text.
        "card_action": {"type": 1, "url": card.link[1]} if card.link else {},
        **more,
        "task_id": card.task_id,
    }
    return {
        "msgtype": "template_card",
        "template_card": {name: value for name, value in content.items() if value},
    }
