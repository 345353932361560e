"""What the bot tells somebody who writes to it alone: approved words only, and his own record.

Nothing is made up, and nothing of what was asked is kept, logged or counted under a person.
"""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from datetime import date, timedelta

from bot.core import messages, render
from bot.core.calendar import iso_week
from bot.core.model import Item, Kind, NodeDay, Push, State
from bot.core.planning import Plan, next_node_days
from bot.engine import compose, deliver, halting, lookups
from bot.engine.bureau import Bureau, Moment
from bot.inbox import Wish, WishKind
from bot.library.folder import Library
from bot.library.search import Index

LINES = 10  # of somebody's own record
ACCEPTS_FOR = timedelta(days=30)  # in which a push takes receipts


class Talk:
    """Answers from the library as it is now; its index is made when somebody first asks."""

    def __init__(self, bureau: Bureau) -> None:
        self._bureau = bureau
        self._at_work: set[asyncio.Task[None]] = set()
        self._index: tuple[Library, date, Index] | None = None

    async def answer(self, wish: Wish, person: str) -> str:
        """Return the Markdown that answers `wish`."""
        moment = self._bureau.moment()
        match wish.kind:
            case WishKind.WEEK:
                return await self._week(moment)
            case WishKind.NODE:
                return next_node(moment.today, moment.plan)
            case WishKind.SEARCH:
                hits = self._of(moment).ask(wish.words)
                return found([hit.item for hit in hits], moment)
            case WishKind.RECORD:
                return await self._record(person, moment)
            case WishKind.FORGET:
                return messages.FORGET_ASK
            case WishKind.FORGET_SURE:
                await self._bureau.store.forget(person, moment.now, stays=True)
                return messages.FORGOTTEN
            case WishKind.SUGGEST:
                office = self._bureau.footer.feedback or messages.SUGGEST_NOBODY
                return messages.SUGGEST.format(office)
            case WishKind.STOP:
                return await self._stop(person)
            case _:
                return messages.HELP

    async def _stop(self, person: str) -> str:
        """Send the 急停 card at once to somebody who may stop everything; help to anybody else."""
        target = halting.seat_of(person, self._bureau)
        if target is None:
            return messages.HELP
        key = await halting.offer(target, self._bureau)
        task = asyncio.create_task(self._deliver(key))
        self._at_work.add(task)
        task.add_done_callback(self._at_work.discard)
        return messages.STOP_ASK

    async def _deliver(self, key: str) -> None:
        async with self._bureau.turn:
            await deliver.deliver_one(key, self._bureau)

    async def newest(self, person: str, chat: str) -> Push | None:
        """Return the push that an 已阅 in words is about: the newest one here, still open.

        Where the same occurrence reached this person one by one, it is that push.
        """
        bureau, now = self._bureau, self._bureau.clock()
        sent = [
            push
            for push in await bureau.store.pushes([State.SENT, State.UNKNOWN])
            if push.item and push.sent_at is not None and push.sent_at > now - ACCEPTS_FOR
        ]
        sent.sort(key=lambda push: (push.sent_at or push.due, push.key), reverse=True)
        if chat:
            here = await self._target_of(chat)
            mine = next((push for push in sent if push.target == here), None)
            if mine is None:
                return None
            sent = [p for p in sent if (p.occurrence, p.part) == (mine.occurrence, mine.part)]
        covering: list[tuple[bool, Push]] = []
        for push in sent:
            cohort = await bureau.store.cohort(push.key)
            if cohort and person.casefold() in {one.casefold() for one in cohort.covered}:
                covering.append((cohort.tappable, push))
                if not chat and cohort.tappable:
                    break
        newest = covering[:1] if not chat else sorted(covering, key=lambda one: not one[0])[:1]
        return newest[0][1] if newest else None

    async def _target_of(self, chat: str) -> str:
        known = await self._bureau.store.targets()
        for target in self._bureau.targets:
            if chat in (target.chat, known[target.id].chat if target.id in known else ""):
                return target.id
        return ""

    def _of(self, moment: Moment) -> Index:
        """Return the index of what may be said today."""
        kept = self._index
        if kept is None or kept[0] is not moment.library or kept[1] != moment.today:
            items = [item for item in moment.library.items if _sayable(item, moment)]
            kept = self._index = moment.library, moment.today, Index(items)
        return kept[2]

    async def _week(self, moment: Moment) -> str:
        """Tell what was sent this week and may still be said, each text once."""
        week, told = iso_week(moment.today), dict[str, Push]()
        for push in await self._bureau.store.pushes([State.SENT]):
            sent = push.item and push.sent_at and iso_week(push.sent_at.date()) == week
            if sent and not compose.why_blocked(push, moment):
                told.setdefault(push.item, push)
        lines = [
            messages.WEEK_LINE.format(*_said(item, moment), push.key)
            for push in told.values()
            if (item := moment.item(push)) is not None
        ]
        return "\n\n".join([messages.WEEK_HEAD, *lines]) if lines else messages.WEEK_NONE

    async def _record(self, person: str, moment: Moment) -> str:
        bureau, lines = self._bureau, list[str]()
        since = moment.now - timedelta(days=bureau.keep_days)
        for push in reversed(await bureau.store.pushes([State.SENT, State.UNKNOWN])):
            if push.sent_at is None or push.sent_at < since or len(lines) == LINES:
                continue
            mine = [
                receipt
                for receipt in await bureau.store.receipts(push.key)
                if receipt.person.casefold() == person.casefold()
            ]
            item = moment.item(push)
            title = _said(item, moment)[0] if item else push.item
            for one in mine:
                lines.append(messages.RECORD_LINE.format(one.at, title, messages.STEPS[one.step]))
        looked = [
            messages.RECORD_LOOKUP.format(
                one.at,
                self._title(one.about, moment),
                one.detail["asked"],
                one.who,
                one.detail["reason"],
            )
            for one in await lookups.shown_of(person, bureau)
        ]
        if not lines:
            return "\n".join([messages.RECORD_NONE, *looked[:LINES]])
        head = messages.RECORD_HEAD.format(bureau.keep_days)
        return "\n".join([head, *lines[:LINES], *looked[:LINES], messages.RECORD_TAIL])

    def _title(self, item_id: str, moment: Moment) -> str:
        item = moment.library.item(item_id)
        return _said(item, moment)[0] if item else item_id


def _sayable(item: Item, moment: Moment) -> bool:
    in_time = (item.effective or moment.today) <= moment.today <= (item.expires or moment.today)
    return in_time and not moment.library.blocked.get(item.id)


def _said(item: Item, moment: Moment) -> tuple[str, str]:
    """Return title and summary with the placeholders filled, for the node that comes next."""
    days = next_node_days(item, moment.today, moment.plan) if item.kind is Kind.NODE else ()
    values = render.values_of(days, moment.plan.calendar)
    return render.fill(item.title, values), render.fill(item.summary, values)


def found(items: Sequence[Item], moment: Moment) -> str:
    """Return the texts that were found, each with its rule and source, and what they are not."""
    if not items:
        return messages.FOUND_NONE
    blocks = []
    for item in items:
        title, summary = _said(item, moment)
        lines = [f"**{title}**", summary]
        lines += [f"> {messages.BASIS}{item.basis}"] if item.basis else []
        lines += [f"> {messages.SOURCE}{item.source}"] if item.source else []
        blocks.append("\n".join(lines))
    return "\n\n".join([messages.FOUND_HEAD, *blocks, messages.FOUND_TAIL])


def next_node(today: date, plan: Plan) -> str:
    """Return when the next node is, and how many workdays are left until then."""
    coming = [day for year in (today.year, today.year + 1) for day in plan.node_days(year)]
    coming = [day for day in coming if (day.first_off or day.date) > today]
    if not coming:
        return messages.NODE_NONE
    first = min(coming, key=lambda day: (day.first_off or day.date, day.occurrence))
    words = messages.NODE_NEXT.format(first.name, first.date, _left(first, today, plan))
    return words + (f"（{messages.PROVISIONAL}）" if first.provisional else "")


def _left(day: NodeDay, today: date, plan: Plan) -> str:
    start = day.first_off or day.date
    days = (today + timedelta(days=n) for n in range(1, (start - today).days))
    left = sum(plan.calendar.is_workday(one) for one in days)
    if day.first_off is None or day.last_off is None:
        return messages.NODE_NO_OFF.format(left)
    return messages.NODE_OFF.format(day.first_off, day.last_off, left)
