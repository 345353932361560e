"""The way in: one Event from a callback; handle(event) -> effects makes it a receipt or a reply."""

from bot.inbox.events import (
    BOT_BUTTON,
    CARD_BUTTON,
    PAGE_BUTTON,
    Event,
    event_from_frame,
    event_from_page,
    event_from_xml,
)
from bot.inbox.handle import (
    Choose,
    Confirm,
    Count,
    Decide,
    Effect,
    Learn,
    Record,
    ReplaceButton,
    Say,
    Suggest,
    Tell,
    Volunteer,
    handle,
)
from bot.inbox.wishes import Wish, WishKind, tip_words_of

__all__ = [
    "BOT_BUTTON",
    "CARD_BUTTON",
    "PAGE_BUTTON",
    "Choose",
    "Confirm",
    "Count",
    "Decide",
    "Effect",
    "Event",
    "Learn",
    "Record",
    "ReplaceButton",
    "Say",
    "Suggest",
    "Tell",
    "Volunteer",
    "Wish",
    "WishKind",
    "event_from_frame",
    "event_from_page",
    "event_from_xml",
    "handle",
    "tip_words_of",
]
