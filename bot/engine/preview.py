"""An item as each channel would carry it on some day: the message itself, and how full it is."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import date
from typing import Any

from bot.channels import KINDS, Channel, app, bot
from bot.channels.enclosures import kind_of
from bot.core import enclosing, messages, render
from bot.core.model import Card, Item, Kind, Markdown
from bot.core.planning import Plan, next_node_days
from bot.core.render import CARD_TEXT, CARD_TITLE, Dialect, Footer
from bot.engine.bureau import Bureau
from bot.engine.enclosing import path_of

# Every way that ends on a phone: the whole text in a group, or a card to a person.
CHANNELS = tuple(name for name in KINDS if name != "terminal")
NODE_PARTS = ("early", "main", "final", "after")
NUMBER = "{}-000"  # stands for the push number, as long as a real one


def views(
    item: Item, day: date, bureau: Bureau, plan: Plan, channels: Sequence[str]
) -> list[dict[str, Any]]:
    """Return a view for each channel and part: the message as the phone gets it, or why none.

    {"channel", "way", "part", "message": {...} or None, "error",
    "used": [[what, size, limit, unit]], "after": [[name, as what it follows]]}; a limit is None
    where there is none.
    """
    days = next_node_days(item, day, plan) if item.kind is Kind.NODE else ()
    values = render.values_of(days, plan.calendar)
    footer = replace(bureau.footer, number=NUMBER.format(day.year))
    return [
        view(item, part, values, footer, channel, bureau)
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


def view(
    item: Item, part: str, values: dict[str, str], footer: Footer, channel: str, bureau: Bureau
) -> dict[str, Any]:
    """Return one of them."""
    kind = KINDS[channel]
    found: dict[str, Any] = {"channel": channel, "way": kind.way, "part": part}
    found |= {"message": None, "error": ""}
    found["after"] = _after(item, kind, bureau) if part == "main" else []
    try:
        message: Card | Markdown
        if kind.tappable:
            page = bureau.page("preview")
            message = render.card(item, part, values, footer, task_id="preview", link=page)
        else:
            page = bureau.page("preview")
            message = render.in_group(item, part, values, footer, page, kind.dialect)
        shown = content_of(message, channel)
    except ValueError as error:  # too long, or a placeholder that nothing fills
        return {**found, "error": str(error), "used": []}
    return {**found, "message": shown, "used": _used(message, kind.dialect)}


def _after(item: Item, kind: type[Channel], bureau: Bureau) -> list[list[str]]:
    """Return what follows the text into the chat, and as what; what cannot, says so."""
    found = []
    for name in enclosing.names_of(item):
        try:
            size = path_of(item, name, bureau).stat().st_size
        except OSError:
            size = 0  # `check` says what is wrong with it
        medium = kind_of(name, size, kind.carries)
        found.append([name, messages.MEDIA[medium] if medium else messages.MEDIUM_NONE])
    return found


def content_of(message: Card | Markdown, channel: str) -> dict[str, Any]:
    """Return a message in WeCom's JSON, without whom it is for.

    A robot's markdown is what a phone shows as markdown_v2 (wecom/api.md §2.7).
    """
    if not isinstance(message, Markdown):
        return bot.content_of(message) if channel == "bot" else app.content_of(message)
    name = "markdown_v2" if KINDS[channel].dialect.rich else "markdown"
    return {"msgtype": name, name: {"content": message.text}}


def _used(message: Card | Markdown, dialect: Dialect) -> list[list[Any]]:
    if isinstance(message, Markdown):
        size = len(message.text.encode())
        return [["全文", size, dialect.limit, "字节"], ["共", len(message.text), None, "字"]]
    return [
        ["标题", len(message.title), CARD_TITLE, "字"],
        ["摘要", len(message.text), CARD_TEXT, "字"],
    ]
