"""The way in: one Event from a callback; handle(event) -> effects makes it a receipt or a reply."""

from bot.inbox.events import CARD_BUTTON, Event, event_from_xml
from bot.inbox.handle import Confirm, Count, Effect, Record, ReplaceButton, handle

__all__ = [
    "CARD_BUTTON",
    "Confirm",
    "Count",
    "Effect",
    "Event",
    "Record",
    "ReplaceButton",
    "event_from_xml",
    "handle",
]
