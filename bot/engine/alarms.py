"""What the administrators' own group is told at once, and not only on Monday.

An alarm is a row of the outbox like any other: durable, at a decent hour, and at most once a week
for one cause and group.
"""

from __future__ import annotations

import logging

from bot.core import messages, policy
from bot.core.model import Push
from bot.core.policy import RANKS
from bot.engine.bureau import Bureau

log = logging.getLogger(__name__)


async def raise_alarm(bureau: Bureau, cause: str) -> None:
    """Write the rows of an alarm; `cause` is a key of messages.ALARMS."""
    if cause not in messages.ALARMS:
        raise ValueError(f"no such alarm: {cause}")
    now = bureau.clock()
    year, week, _ = now.date().isocalendar()
    occurrence = f"alarm-{cause}-{year}W{week:02d}"
    calendar = bureau.library(now.date()).calendar
    opening = policy.next_permitted(now, bureau.policy, calendar.is_workday)
    rows = [
        Push(
            key=f"{occurrence}_main@{office.id}",
            occurrence=occurrence,
            part="main",
            target=office.id,
            channel=office.channel,
            due=now,
            until=policy.closing(calendar.workday_after(opening.date(), 1), bureau.policy),
            rule=cause,
            covers=(occurrence,),
            rank=RANKS["summary"],
        )
        for office in bureau.targets
        if office.office
    ]
    if await bureau.store.add_pushes(rows):
        log.warning("alarm %s", cause, extra={"action": "alarm"})
