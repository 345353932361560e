"""An item as each channel would carry it on some day: the message itself, and how full it is."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import date
from typing import Any

from bot.channels.app import content_of
from bot.core import render
from bot.core.model import Card, Item, Kind, Markdown, Message
from bot.core.planning import Plan, next_node_days
from bot.core.render import CARD_TEXT, CARD_TITLE, WEBHOOK_BYTES, Footer
from bot.engine.bureau import Bureau

CHANNELS = ("webhook", "app")  # the whole text in a group, a card to a person
NODE_PARTS = ("early", "main", "final", "after")
NUMBER = "{}-000"  # stands for the push number, as long as a real one


def views(
    item: Item, day: date, bureau: Bureau, plan: Plan, channels: Sequence[str]
) -> list[dict[str, Any]]:
    """Return a view for each channel and part: the message in WeCom's JSON, or why there is none.

    {"channel", "part", "message": {...} or None, "error", "used": [[what, size, limit, unit]]}
    """
    days = next_node_days(item, day, plan) if item.kind is Kind.NODE else ()
    values = render.values_of(days, plan.calendar)
    footer = replace(bureau.footer, number=NUMBER.format(day.year))
    return [
        _view(item, part, values, footer, channel, bureau)
        for channel in channels
        for part in _parts(item)
    ]


def _parts(item: Item) -> list[str]:
    if item.kind is not Kind.NODE:
        return ["main"]
    return [part for part in NODE_PARTS if part == "main" or _own(item, part)]


def _own(item: Item, part: str) -> bool:
    """Whether the author wrote something for a part of a node that not every node has."""
    heading = {"early": "提前说一句", "final": "一句话", "after": "节后"}[part]
    return bool(item.sections.get(heading, "").strip())


def _view(
    item: Item, part: str, values: dict[str, str], footer: Footer, channel: str, bureau: Bureau
) -> dict[str, Any]:
    view: dict[str, Any] = {"channel": channel, "part": part, "message": None, "error": ""}
    try:
        message: Message
        if channel == "app":
            page = bureau.page("preview")
            message = render.card(item, part, values, footer, task_id="preview", link=page)
        else:
            message = render.markdown(item, part, values, footer)
    except ValueError as error:  # too long, or a placeholder that nothing fills
        return {**view, "error": str(error), "used": []}
    return {**view, "message": content_of_any(message), "used": _used(message)}


def content_of_any(message: Message) -> dict[str, Any]:
    if isinstance(message, Markdown):
        return {"msgtype": "markdown", "markdown": {"content": message.text}}
    return content_of(message)


def _used(message: Message) -> list[list[Any]]:
    if isinstance(message, Card):
        return [
            ["标题", len(message.title), CARD_TITLE, "字"],
            ["摘要", len(message.text), CARD_TEXT, "字"],
        ]
    return [["全文", len(message.text.encode()), WEBHOOK_BYTES, "字节"]]
