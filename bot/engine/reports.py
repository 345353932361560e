"""The weekly summary on its way: counted and kept at 08:50, sent in words and as one picture.

A week without a workday has no summary of its own; the next one speaks of it too.
By hand it goes by the same rows: what went, or perhaps went, never goes again.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date, datetime, time, timedelta

from bot.channels import KINDS
from bot.core import policy
from bot.core.calendar import monday_of
from bot.core.dates import ONE
from bot.core.model import SHANGHAI, Push, State, Target
from bot.core.policy import RANKS
from bot.engine import compose
from bot.engine.bureau import Bureau
from bot.engine.deliver import deliver_one
from bot.library.folder import Library
from bot.report import weekly

SUMMARY, PICTURE = "summary", "summary-picture"  # rules
READY = time(8, 50)  # the figures are those of this moment, whenever the message leaves
LATE = 2  # workdays a summary may be late
AFTER_WORDS = timedelta(seconds=20)
MOST_TRIES = 100
ENDED = frozenset({State.REFUSED, State.EXPIRED, State.SKIPPED})  # it never arrived


async def summarise(bureau: Bureau, now: datetime) -> int:
    """Write the week's summary as rows of the outbox, on the week's first workday."""
    library = bureau.library(now.date())
    rows = [] if library.hold else _rows_of_week(bureau, library, now)
    return await bureau.store.add_pushes(rows)


async def make_ready(bureau: Bureau, now: datetime) -> int:
    """Count and keep the summary that is to leave today, from READY on; say whether it was new.

    What is kept is never counted again: a tap that comes in between is in the next one.
    """
    library = bureau.library(now.date())
    if library.hold or not any(_rows_of_week(bureau, library, now)):
        return 0
    week = weekly.reported_week(now.date())
    early = now.timetz().replace(tzinfo=None) < READY
    if early or await bureau.store.summary(week) is not None:
        return 0
    await bureau.store.keep_summary(week, await compose.summary_of(week, bureau, bureau.moment()))
    return 1


def _rows_of_week(bureau: Bureau, library: Library, now: datetime) -> list[Push]:
    """Return the rows that still may leave; none before the week's first workday."""
    calendar = library.calendar
    monday = now.date() - timedelta(days=now.weekday())
    day = calendar.first_workday(monday + n * ONE for n in range(7))
    if day is None or day > now.date():
        return []
    occurrence = _occurrence(monday)
    until = policy.closing(calendar.workday_after(day, LATE), bureau.policy)
    if until <= now:
        return []
    rows: list[Push] = []
    for office in bureau.targets:
        if office.office:
            due = policy.summary_time(day, f"{office.id}/{occurrence}")
            rows += _rows(office, occurrence, due, until)
    return rows


def _rows(office: Target, occurrence: str, due: datetime, until: datetime) -> Iterable[Push]:
    parts = [("main", SUMMARY, due)]
    if KINDS[office.channel].pictures:
        parts.append(("picture", PICTURE, due + AFTER_WORDS))
    for part, rule, moment in parts:
        yield Push(
            key=f"{occurrence}_{part}@{office.id}",
            occurrence=occurrence,
            part=part,
            target=office.id,
            channel=office.channel,
            due=moment,
            until=until,
            rule=rule,
            covers=(occurrence,),
            rank=RANKS["summary"],
        )


def _occurrence(monday: date) -> str:
    """Name the summary that the week of `monday` is told: that of the week before."""
    return f"summary-{monday.isocalendar().year}W{monday.isocalendar().week:02d}"


async def send_now(week: str, office: Target, bureau: Bureau) -> tuple[list[Push], bool]:
    """Send the summary of `week` to one office unless it went; return its rows, and whether it had.

    What still waits for its hour is sent now; what ended without arriving begins anew.
    """
    now = bureau.clock()
    known = {push.key: push for push in await bureau.store.pushes(target=office.id)}
    calendar = bureau.library(now.date()).calendar
    opening = policy.next_permitted(now, bureau.policy, calendar.is_workday)
    until = policy.closing(calendar.workday_after(opening.date(), LATE), bureau.policy)
    stem = _occurrence(monday_of(week) + 7 * ONE)
    tries = (list(_rows(office, occurrence, now, until)) for occurrence in _named(stem))
    parts = zip(*tries, strict=True)
    wanted = [next(row for row in part if _open(known.get(row.key))) for part in parts]
    went = known.get(wanted[0].key)
    await bureau.store.add_pushes(wanted)  # those that are there stay as they are
    for row in wanted:
        await deliver_one(row.key, bureau)
    rows = [await bureau.store.push(row.key) or row for row in wanted]
    return rows, went is not None and went.sent_at is not None


def _named(stem: str) -> Iterable[str]:
    return stem, *(f"{stem}-{number}" for number in range(2, MOST_TRIES))


def _open(push: Push | None) -> bool:
    return push is None or push.state not in ENDED


async def keep_lines(bureau: Bureau, before: date, now: datetime, most: int = 1000) -> bool:
    """Keep the ledger's lines of what was sent up to a day; say whether all of them are kept."""
    if bureau.asked.lines == before:
        return True
    library = bureau.library(now.date())
    plan, least = bureau.plan(library), bureau.min_people
    if await weekly.keep_lines(bureau.store, library, plan, before, now, least, most):
        bureau.asked.lines = before
    return bureau.asked.lines == before


def next_ready(now: datetime) -> datetime:
    """Return when a summary may next have to be ready."""
    ready = datetime.combine(now.date(), READY, SHANGHAI)
    return ready if ready > now else ready + ONE
