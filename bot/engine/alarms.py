"""What the administrators' own group is told at once, and not only on Monday.

An alarm is a row of the outbox like any other: durable, at a decent hour, and at most once a week
for one cause and group.
"""

from __future__ import annotations

import logging
from datetime import datetime, timedelta

from bot.core import messages, policy
from bot.core.model import Push
from bot.core.policy import RANKS
from bot.engine.bureau import Bureau
from bot.library import broken
from bot.library.folder import Library

log = logging.getLogger(__name__)

BROKE = "text-broke"
LET_FINISH = timedelta(minutes=5)  # for whoever saves while still writing
MOST, LONGEST = 8, 120  # files in one message, characters of a sentence
_PLAIN = str.maketrans("<>@*[]`_#\n", "〈〉＠＊［］｀＿＃ ")


async def raise_alarm(bureau: Bureau, cause: str) -> None:
    """Write the rows of an alarm; `cause` is a key of messages.ALARMS."""
    if cause not in messages.ALARMS:
        raise ValueError(f"no such alarm: {cause}")
    now = bureau.clock()
    year, week, _ = now.date().isocalendar()
    rows = _rows(bureau, f"alarm-{cause}-{year}W{week:02d}", cause, now, now)
    if await bureau.store.add_pushes(rows):
        log.warning("alarm %s", cause, extra={"action": "alarm"})


async def tell_broken(bureau: Bureau, now: datetime) -> int:
    """Write the row that tells the office which files broke, once until they are mended.

    A file counts, not each of its faults, and not each save. The rows come first and bear the next
    number: a crash before that number is kept writes the same rows again, and they are there.
    """
    library, data = bureau.library(now.date()), bureau.shelf.folders.data
    told, found = broken.read(data), broken.of(library)
    kept = {path: number for path, number in told.files.items() if path in found}
    fresh = dict.fromkeys(sorted(found.keys() - kept.keys()), told.count + 1)
    if not fresh and len(kept) == len(told.files):
        return 0
    made = 0
    if fresh:
        occurrence = f"{BROKE}-{told.count + 1}"
        made = await bureau.store.add_pushes(
            _rows(bureau, occurrence, BROKE, now, now + LET_FINISH)
        )
        log.info("told of %s", ", ".join(fresh), extra={"action": "text-broke"})
    count = told.count + (1 if fresh else 0)
    broken.write(data, broken.Told(count=count, files={**kept, **fresh}))
    return made


def broken_words(push: Push, bureau: Bureau, library: Library) -> str:
    """Return what is still wrong with the files of a push; ValueError where all are mended."""
    number = int(push.occurrence.rpartition("-")[2])
    told, found = broken.read(bureau.shelf.folders.data), broken.of(library)
    paths = [path for path, one in told.files.items() if one == number and path in found]
    if not paths:
        raise ValueError(messages.MENDED)
    lines = [messages.BROKE.format(len(paths))]
    for path in paths[:MOST]:
        first = found[path][0]
        where = messages.LINE.format(first.line) if first.line else ""
        lines.append(f"- {_harmless(path)}{where}：{_harmless(first.message)}")
    if len(paths) > MOST:
        lines.append(messages.BROKE_MORE.format(len(paths) - MOST))
    return "\n".join([*lines, messages.BROKE_HINT])


def _harmless(text: str) -> str:
    """Return an author's words as plain text: they call nobody and are no markup."""
    return text.translate(_PLAIN)[:LONGEST]


def _rows(bureau: Bureau, occurrence: str, rule: str, now: datetime, due: datetime) -> list[Push]:
    calendar = bureau.library(now.date()).calendar
    opening = policy.next_permitted(due, bureau.policy, calendar.is_workday)
    return [
        Push(
            key=f"{occurrence}_main@{office.id}",
            occurrence=occurrence,
            part="main",
            target=office.id,
            channel=office.channel,
            due=due,
            until=policy.closing(calendar.workday_after(opening.date(), 1), bureau.policy),
            rule=rule,
            covers=(occurrence,),
            rank=RANKS["summary"],
        )
        for office in bureau.targets
        if office.office
    ]
