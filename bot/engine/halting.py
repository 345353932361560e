"""急停: whoever sits for the office asks for the card, and one tap on it pauses everything.

It leaves at once, at whatever hour: nothing that stops may wait for the morning.
"""

from __future__ import annotations

from datetime import timedelta

from bot.core import messages, seats
from bot.core.links import task_id_of
from bot.core.model import ME, Card, Push, Target
from bot.core.policy import RANKS
from bot.engine.bureau import Bureau

FRESH = timedelta(hours=1)  # in which the card may still leave


def seat_of(person: str, bureau: Bureau) -> Target | None:
    """Return the target that is this person, where they may stop everything: by account alone."""
    may = {ME, *(seat.id for seat in bureau.seats)}
    return next(
        (
            one
            for one in bureau.targets
            if one.id in may and one.person.casefold() == person.casefold()
        ),
        None,
    )


async def offer(target: Target, bureau: Bureau) -> str:
    """Write the row of a 急停 card for one seat; return its key."""
    now = bureau.clock()
    occurrence = f"stop-{now:%Y%m%d%H%M%S}"
    row = Push(
        key=f"{occurrence}_card@{target.id}",
        occurrence=occurrence,
        part="card",
        target=target.id,
        channel=target.channel,
        due=now,
        until=now + FRESH,
        rule=seats.STOP,
        covers=(occurrence,),
        rank=RANKS["correction"],
    )
    await bureau.store.add_pushes([row])
    return row.key


def card(push: Push) -> Card:
    return Card(
        task_id=task_id_of(push.key, 0),
        source=messages.SOURCE_LINE,
        title=messages.STOP_TITLE,
        text=messages.STOP_TEXT,
        button=messages.STOP_BUTTON,
        button_key=seats.HALT,
        whole=False,
    )
