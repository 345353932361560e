"""Which texts may leave the house by the other channels now, and what has left it.

Asked anew for every page, feed and file: whatever is withdrawn, halted, edited or past its 失效 is
gone from all that we serve with the next look at the folder. What lies outside is told by the
trail (`left`, `taken-back`), so that it can be fetched by hand.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import date, datetime, timedelta

from bot.core import outlets, render
from bot.core.content import words_of
from bot.core.model import Item, Kind, NodeDay
from bot.core.outlets import Left, Shown
from bot.core.planning import Plan, next_node_days
from bot.engine.bureau import Bureau, Moment
from bot.store import AuditEntry

SEASON = 10  # workdays before the last one before a node's days off: when its texts appear
LEFT, BACK = "left", "taken-back"  # in the trail


def why_not(item: Item, moment: Moment) -> str:
    """Return why a text may not leave the house now, "" when it may."""
    return outlets.why_not(item, moment.library.blocked.get(item.id, ""), moment.today)


def shown(bureau: Bureau, moment: Moment, ahead: int = 0) -> list[Shown]:
    """Return every text that may be shown now, or whose season begins within `ahead` days."""
    found = []
    for item in moment.library.items:
        if not why_not(item, moment):
            one = seen(item, bureau, moment)
            if one is not None and _soon(one, moment.today, ahead):
                found.append(one)
    return found


def seen(item: Item, bureau: Bureau, moment: Moment, number: str = "") -> Shown | None:
    """Return a text as outlets show it; None for one whose node has no day to speak of."""
    plan = moment.plan
    days = next_node_days(item, moment.today, plan) if item.kind is Kind.NODE else ()
    if item.kind is Kind.NODE and not days and not _evergreen(item, plan):
        return None
    values = render.values_of(days, plan.calendar)
    footer = replace(bureau.footer, number=number)
    return Shown(
        item=item,
        reading=render.reading(item, "main", values, footer),
        summary=render.fill(item.summary, values),
        saying=outlets.saying_of(item, values),
        first=_first(days, plan),
        last=outlets.last_day(item, days),
    )


def _evergreen(item: Item, plan: Plan) -> bool:
    return any(node.evergreen and node.name in item.nodes for node in plan.nodes)


def _first(days: Sequence[NodeDay], plan: Plan) -> date | None:
    if not days:
        return None
    return plan.calendar.workday_before(days[0].last_workday_before, SEASON)


def _soon(one: Shown, today: date, ahead: int) -> bool:
    return one.first is None or one.first <= today + timedelta(days=ahead)


def coming(moment: Moment) -> list[outlets.Countdown]:
    """Return the nodes with days off of a year from today on."""
    years = (moment.today.year, moment.today.year + 1)
    days = [day for year in years for day in moment.plan.node_days(year)]
    return outlets.countdowns(days, moment.today)


# -- what has left ---------------------------------------------------------------------------------


async def leave(
    bureau: Bureau, now: datetime, items: Sequence[Item], way: str, *, who: str, where: str
) -> str:
    """Write down that texts leave the house, before they do; return the number of it.

    What left in the same way, for the same place, in the same words and is still outside keeps its
    number: whoever clicks twice has fetched one thing.
    """
    async with bureau.leaving:
        before = await left(bureau)
        same = [
            one.number
            for one in before
            if not one.back and (one.way, one.who, one.where) == (way, who, where)
        ]
        words = {(item.id, item.digest) for item in items}
        for number in dict.fromkeys(same):
            if words == {(one.item, one.digest) for one in before if one.number == number}:
                return number
        year = now.year
        used = {one.number for one in before if one.number.startswith(f"{year}-")}
        number = f"{year}-{len(used) + 1:03d}"
        for item in items:
            await bureau.store.keep_text(words_of(item), now)
            detail = {"number": number, "way": way, "where": where, "title": item.title}
            entry = AuditEntry(
                at=now,
                what=LEFT,
                about=item.id,
                who=who,
                digest=item.digest,
                detail={name: value for name, value in detail.items() if value},
            )
            await bureau.store.audit(entry)
    return number


async def left(bureau: Bureau) -> list[Left]:
    """Return all that ever left the house, the oldest first, as the trail tells it."""
    found: list[Left] = []
    for one in await bureau.store.audits():
        entry = one.entry
        if entry.what == LEFT:
            found.append(
                Left(
                    number=entry.detail.get("number", ""),
                    way=entry.detail.get("way", ""),
                    item=entry.about,
                    title=entry.detail.get("title", ""),
                    digest=entry.digest,
                    at=entry.at,
                    who=entry.who,
                    where=entry.detail.get("where", ""),
                )
            )
        elif entry.what == BACK:
            back = entry.detail.get("number", "")
            found = [replace(row, back=True) if row.number == back else row for row in found]
    return found
