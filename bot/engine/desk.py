"""What goes to single people of the office: reviewers' cards, tomorrow's messages, 急停."""

from __future__ import annotations

from bot.core import seats
from bot.core.model import Message, Push
from bot.engine import compose, halting, reviews, tomorrow
from bot.engine.bureau import Bureau, Moment


async def message_of(push: Push, part: int, bureau: Bureau, moment: Moment) -> Message:
    """Return what a push says, whoever it is for; ValueError for what cannot be said."""
    if push.rule in (seats.TOMORROW, seats.TOMORROW_WORDS):
        return await tomorrow.message(push, bureau, moment)
    if push.rule in (seats.REVIEW, seats.REVIEW_WORDS):
        return reviews.message(push, bureau, moment)
    if push.rule == seats.STOP:
        return halting.card(push)
    return await compose.message_of(push, part, bureau, moment)
