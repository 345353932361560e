"""发前预告: on the workday before, between 16:05 and 16:25, tomorrow's messages as they will look.

Nothing is needed to let them go; one tap on 暂缓 keeps one of them back until an administrator
lets it go again. Where nobody can be reached alone the office's own group hears what is coming.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import date, datetime, time, timedelta
from typing import Any

from bot.channels import KINDS
from bot.core import messages, policy, render, seats
from bot.core.dates import ONE
from bot.core.links import KEY_BYTES, task_id_of
from bot.core.model import SHANGHAI, Card, Markdown, Push, State, Target
from bot.core.planning import Plan, plan_span
from bot.core.policy import RANKS
from bot.core.render import Dialect
from bot.engine import compose, planner, preview
from bot.engine.bureau import Bureau, Moment
from bot.library import reviewers
from bot.library.passes import pass_of

BEGIN, WIDTH = time(16, 5), 1140  # seconds: the last card has left by 16:25
AFTER_WORDS = timedelta(seconds=10)
SPARE = 96  # bytes of a message that its pages leave free
MORNING = time(8, 45)  # when a day's rows are written, before anything of it is due
LOOK_BACK = 7  # days: the widest late window
MOST_PAGES = 5
NUMBER = "{}-···"  # the push number is given when a text leaves


@dataclass(frozen=True)
class Coming:
    """One occurrence and part of the next open day: what its targets will hear, mostly one text."""

    day: date
    pushes: tuple[Push, ...]  # by due time

    @property
    def first(self) -> Push:
        return self.pushes[0]

    @property
    def stem(self) -> str:
        return self.first.key.rpartition("@")[0]


async def announce(bureau: Bureau, now: datetime) -> int:
    """Write the rows that tell of tomorrow; from BEGIN on, on open days only."""
    library, today = bureau.library(now.date()), now.date()
    if library.hold or now.timetz().replace(tzinfo=None) < BEGIN:
        return 0
    opened = policy.open_day(today, library.calendar.is_workday, bureau.policy.blackout)
    until = policy.closing(today, bureau.policy)
    readers = _readers(bureau)
    if not opened or not readers or now >= until:
        return 0
    whole = await planner.plan_of(bureau, library, today)
    rows: list[Push] = []
    for one in await coming(bureau, whole, next_open(today, whole)):
        for reader in readers:
            rows += _rows(one, reader, today, until, bureau, whole)
    return await bureau.store.add_pushes(rows)


def _readers(bureau: Bureau) -> list[Target]:
    watchers = {seat.id for seat in bureau.seats if seat.sees}
    return [one for one in bureau.targets if one.id in watchers] or [
        one for one in bureau.targets if one.office
    ]


def next_begin(now: datetime) -> datetime:
    """Return when tomorrow's messages are next told of."""
    begin = datetime.combine(now.date(), BEGIN, SHANGHAI)
    return begin if begin > now else begin + ONE


def next_open(today: date, plan: Plan) -> date:
    """Return the next day after `today` on which anything may be sent."""
    day = today + ONE
    while not policy.open_day(day, plan.calendar.is_workday, plan.policy.blackout):
        day += ONE
    return day


async def coming(bureau: Bureau, whole: Plan, day: date) -> list[Coming]:
    """Return what goes out on `day` as things stand, the earliest first.

    The plan is made as that morning's tick will make it, late ones included: another span
    would be another plan.
    """
    history = [push for push in await bureau.store.pushes() if push.item]
    morning = datetime.combine(day, MORNING, SHANGHAI)
    planned = plan_span(day - LOOK_BACK * ONE, LOOK_BACK + 1, whole, history, morning)
    states, found = await bureau.store.targets(), dict[str, list[Push]]()
    for push in sorted(planned.pushes, key=lambda push: (push.due, push.key)):
        if push.state is State.PLANNED and push.until > morning:
            found.setdefault(push.key.rpartition("@")[0], []).append(planner.marked(push, states))
    return [Coming(day, tuple(group)) for group in found.values()]


def _rows(
    one: Coming, reader: Target, today: date, until: datetime, bureau: Bureau, plan: Plan
) -> Iterator[Push]:
    occurrence = f"pre{today:%m%d}-{one.stem}"
    start = datetime.combine(today, BEGIN, SHANGHAI)
    start += timedelta(seconds=policy.spread(f"{reader.id}/{occurrence}", WIDTH))
    parts = [
        (f"words{n}", seats.TOMORROW_WORDS) for n in range(len(_pages(one, reader, bureau, plan)))
    ]
    parts += [] if reader.office else [("card", seats.TOMORROW)]
    for n, (part, rule) in enumerate(parts):
        key = f"{occurrence}_{part}@{reader.id}"
        if len(key) <= KEY_BYTES:
            yield Push(
                key=key,
                occurrence=occurrence,
                part=part,
                target=reader.id,
                channel=reader.channel,
                due=start + n * AFTER_WORDS,
                until=until,
                rule=rule,
                covers=(one.stem,),
                rank=RANKS["notice"],
            )


# -- what they say -----------------------------------------------------------------------------


async def message(push: Push, bureau: Bureau, moment: Moment) -> Markdown | Card:
    """Return one page of the words, or the card; ValueError where nothing of it comes any more."""
    whole = await planner.plan_of(bureau, moment.library, moment.today)
    found = await coming(bureau, whole, next_open(moment.today, whole))
    one = next((one for one in found if one.stem == push.covers[0]), None)
    reader = bureau.target(push.target)
    if one is None or reader is None:
        raise ValueError(messages.TOMORROW_GONE)
    if push.rule == seats.TOMORROW:
        return _card(one, push, bureau, whole)
    told = _pages(one, reader, bureau, whole)
    number = int(push.part.removeprefix("words"))
    if number >= len(told):
        raise ValueError(messages.TOMORROW_SHORTER)
    return Markdown(text=told[number])


def _pages(one: Coming, reader: Target, bureau: Bureau, plan: Plan) -> list[str]:
    limit = room_of(reader)
    rich = bureau.channels[reader.id].dialect.rich
    told = seats.pages(_words(one, reader, bureau, plan, rich), limit)
    return told if len(told) <= MOST_PAGES else [*told[: MOST_PAGES - 1], messages.TOMORROW_MORE]


def room_of(reader: Target) -> int:
    """Return how many bytes a page to somebody of the office may have."""
    return KINDS[reader.channel].dialect.limit - SPARE


def _words(one: Coming, reader: Target, bureau: Bureau, plan: Plan, rich: bool) -> str:
    """Say when, to whom, and every text in full, as a group would hear it."""
    weekday = "一二三四五六日"[one.day.weekday()]
    late = one.first.due.date() < one.day
    head = messages.TOMORROW_LATE if late else messages.TOMORROW_HEAD
    lines = [head.format(one.day, weekday, one.first.due)]
    texts: dict[str, list[Push]] = {}
    for other in one.pushes:
        texts.setdefault(other.item, []).append(other)
    for group in texts.values():
        names = "、".join(_name(p, bureau) for p in group)
        lines.append(messages.TOMORROW_TO.format(names))
        if group[0].blocked:
            lines.append(messages.TOMORROW_BLOCKED.format(group[0].blocked))
    lines.append(messages.TOMORROW_OFFICE if reader.office else messages.TOMORROW_HOW)
    blocks = ["\n".join(f"> {line}" for line in lines)]
    if reader.office:
        blocks.append(_how_to_stop(one.day, bureau))
    for group in texts.values():
        blocks.append(_whole(group[0], bureau, plan, Dialect(limit=1_000_000, rich=rich)))
    return "\n\n".join(blocks)


def _how_to_stop(day: date, bureau: Bureau) -> str:
    """Say where 暂缓 and 急停 are for an office that has no card to tap."""
    data = bureau.shelf.folders.data
    known = any(who.may_stop and not who.closed(bureau.clock()) for who in reviewers.read(data))
    if not known:
        return messages.TOMORROW_BY_HAND
    if not bureau.page("preview"):  # a phone reaches no page of ours
        return messages.TOMORROW_OWN_LINK
    return messages.TOMORROW_PAGE.format(bureau.review_page(f"day/{pass_of(day, data)}"))


def shown(one: Coming, bureau: Bureau, plan: Plan) -> list[dict[str, Any]]:
    """Return each text of an occurrence as its phones will show it, and who hears it."""
    found: dict[tuple[str, str], dict[str, Any]] = {}
    for push in one.pushes:
        known = found.setdefault((push.item, push.channel), {**_view(push, bureau, plan), "to": []})
        known["to"].append(_name(push, bureau))
    return list(found.values())


def _view(push: Push, bureau: Bureau, plan: Plan) -> dict[str, Any]:
    item = next((item for item in plan.items if item.id == push.item), None)
    told = {"title": item.title if item else push.item, "blocked": push.blocked}
    if item is None:
        told |= {"channel": push.channel, "part": push.part, "error": messages.BLOCK_MISSING}
        return {**told, "message": None, "used": [], "after": []}
    values = render.values_of(compose.node_days(push, item, plan), plan.calendar)
    footer = replace(bureau.footer, number=NUMBER.format(push.due.year))
    return {**told, **preview.view(item, push.part, values, footer, push.channel, bureau)}


def _name(push: Push, bureau: Bureau) -> str:
    target = bureau.target(push.target)
    way = bureau.ways.get(push.channel, push.channel)
    return f"{target.name if target else push.target}（{way}）"


def _whole(push: Push, bureau: Bureau, plan: Plan, dialect: Dialect) -> str:
    item = next((item for item in plan.items if item.id == push.item), None)
    if item is None:
        return messages.BLOCK_MISSING
    values = render.values_of(compose.node_days(push, item, plan), plan.calendar)
    footer = replace(bureau.footer, number=NUMBER.format(push.due.year))
    try:
        return render.markdown(item, push.part, values, footer, dialect).text
    except ValueError as error:  # a placeholder that nothing fills
        return messages.TOMORROW_FAULT.format(item.id, error)


def _card(one: Coming, push: Push, bureau: Bureau, plan: Plan) -> Card:
    """Return the card as staff will get it, with 暂缓 in the place of 已阅."""
    first = one.first
    item = next((item for item in plan.items if item.id == first.item), None)
    if item is None:
        raise ValueError(messages.BLOCK_MISSING)
    values = render.values_of(compose.node_days(first, item, plan), plan.calendar)
    footer = replace(bureau.footer, number=NUMBER.format(first.due.year))
    made = render.card(item, first.part, values, footer, task_id=task_id_of(push.key, 0))
    when = (messages.FACT_WHEN, messages.TOMORROW_WHEN.format(first.due))
    return replace(
        made,
        source=messages.TOMORROW_SOURCE,
        facts=(when, *made.facts[:5]),
        button=messages.DEFER_BUTTON,
        button_key=seats.DEFER,
        whole=False,
    )
