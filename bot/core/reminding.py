"""A kind reminder of a push: when it may go, and what it says (docs/decisions/0014). Pure."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime

from bot.core import messages
from bot.core.calendar import Calendar
from bot.core.model import Card, Push
from bot.core.policy import Policy, slot_time
from bot.core.reading import READING_WORKDAYS
from bot.core.render import CARD_TEXT

FIRST = 900_000  # of the parts that its cards are: a tap there is a tap on the push itself


def slots(push: Push, remind: int, calendar: Calendar, policy: Policy) -> list[datetime]:
    """Return the moments from which on a reminder may go, one a workday, soonest first.

    `remind` workdays after the send, in the afternoon, when that day's own text has had its turn;
    each later day of the 阅知期 is there for one on which something else is said.
    """
    if not remind or push.sent_at is None:
        return []
    sent = push.sent_at.date()
    days = [calendar.workday_after(sent, n) for n in range(remind, READING_WORKDAYS + 1)]
    return [slot_time(day, "下午", f"remind/{push.key}", policy) for day in days]


def reworded(card: Card) -> Card:
    """Return the card of a push as its reminder: the same title and button, a kind word."""
    text = messages.REMINDER
    longer = f"{text}\n{card.text}"
    return replace(card, text=longer if len(longer) <= CARD_TEXT else text)


def name_of(key: str) -> str:
    """Return the name under which it is counted that a push was reminded of: once, nobody named."""
    return f"reminded/{key}"
