"""Reviewers act by card: the text in full, then 同意 and 退回. Only a seat's own tap counts.

At most OPEN_AT_ONCE texts lie before a reviewer; the next comes when one of them is dealt with.
Nobody is asked twice for the same words, and the page of a personal link shows all that waits.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime

from bot.core import diff, messages, policy, seats
from bot.core.content import words_of
from bot.core.links import task_id_of
from bot.core.model import Card, Item, Markdown, Push, Target
from bot.core.policy import RANKS
from bot.core.render import CARD_TEXT, CARD_TITLE
from bot.core.seats import Seat
from bot.engine.bureau import Bureau, Moment
from bot.engine.tomorrow import AFTER_WORDS, room_of
from bot.library import approvals
from bot.library.approvals import Standing
from bot.library.folder import Library

OPEN_AT_ONCE = 3
WAITS = 10  # workdays that a card may wait for a decent hour or a closed way


async def ask(bureau: Bureau, now: datetime) -> int:
    """Write the rows that ask reviewers, where the library is another than at the last look."""
    library = bureau.library(now.date())
    if not bureau.review or library.hold or not any(seat.reviews for seat in bureau.seats):
        return 0
    if bureau.asked.library is library:
        return 0
    waiting = list(_waiting(bureau, library))
    known = {
        push.key for push in await bureau.store.pushes(targets=[one.id for one in bureau.seats])
    }
    added = 0
    for seat in bureau.seats:
        added += await _ask(seat, waiting, known, bureau, now)
    bureau.asked.library = library
    return added


async def _ask(
    seat: Seat,
    waiting: list[tuple[Item, Standing, int]],
    known: set[str],
    bureau: Bureau,
    now: datetime,
) -> int:
    target = bureau.target(seat.id)
    mine = [one for one in waiting if _turn_of(seat, one[0], one[1])]
    asked = [one for one in mine if _key(one[0], one[2], "card", seat) in known]
    fresh = [one for one in mine if one not in asked]
    if target is None:
        return 0
    rows: list[Push] = []
    for item, stands, said in fresh[: max(0, OPEN_AT_ONCE - len(asked))]:
        rows += _rows(item, stands, said, seat, target, bureau, now)
    return await bureau.store.add_pushes(rows)


def _waiting(bureau: Bureau, library: Library) -> Iterator[tuple[Item, Standing, int]]:
    """Yield what may be reviewed and has not passed, and how much was said of it so far."""
    for item in library.items:
        why = library.blocked.get(item.id, "")
        if why and why != messages.BLOCK_FAULTY and not item.status:
            stands, said = standing(bureau, item)
            if stands.missing and not stands.returned:
                yield item, stands, said


def standing(bureau: Bureau, item: Item) -> tuple[Standing, int]:
    """Return how far an item's words have come, and how much was said of the item so far."""
    folders = bureau.shelf.folders
    if not approvals.usable_id(item.id):
        return Standing(steps=()), 0
    found = folders.said_of(item, approvals.seal_key(folders.data))
    return approvals.standing(item, found, folders.steps_of(item)), len(found)


def _turn_of(seat: Seat, item: Item, stands: Standing) -> bool:
    step = stands.missing[0]
    return seat.may_take(step) and not approvals.barred(item, stands.passed, seat.name)


def _key(item: Item, said: int, part: str, seat: Seat) -> str:
    """Name a row by the words and by what was said of them: an edit or a step asks anew."""
    return f"review-{item.digest[:12]}-{said}_{part}@{seat.id}"


def _rows(
    item: Item,
    stands: Standing,
    said: int,
    seat: Seat,
    target: Target,
    bureau: Bureau,
    now: datetime,
) -> Iterator[Push]:
    calendar = bureau.library(now.date()).calendar
    opening = policy.next_permitted(now, bureau.policy, calendar.is_workday)
    until = policy.closing(calendar.workday_after(opening.date(), WAITS), bureau.policy)
    count = len(_pages(item, stands, target))
    parts = [(f"words{n}", seats.REVIEW_WORDS) for n in range(count)]
    for n, (part, rule) in enumerate([*parts, ("card", seats.REVIEW)]):
        key = _key(item, said, part, seat)
        yield Push(
            key=key,
            occurrence=key.rpartition("@")[0].rpartition("_")[0],
            part=part,
            target=target.id,
            channel=target.channel,
            due=now + n * AFTER_WORDS,
            until=until,
            rule=rule,
            covers=(item.id, item.digest, stands.missing[0]),
            rank=RANKS["notice"],
        )


# -- what they say -----------------------------------------------------------------------------


def message(push: Push, bureau: Bureau, moment: Moment) -> Markdown | Card:
    """Return one page of the text, or the card; ValueError where it is no longer to be asked."""
    item_id, digest, step = push.covers
    item, target = moment.library.item(item_id), bureau.target(push.target)
    if item is None or target is None or item.digest != digest:
        raise ValueError(messages.REVIEW_CHANGED)
    stands, _ = standing(bureau, item)
    if not stands.missing or stands.missing[0] != step:
        raise ValueError(messages.REVIEW_DONE)
    if push.rule == seats.REVIEW:
        return _card(push, item, stands)
    told = _pages(item, stands, target)
    number = int(push.part.removeprefix("words"))
    if number >= len(told):
        raise ValueError(messages.TOMORROW_SHORTER)
    return Markdown(text=told[number])


def _pages(item: Item, stands: Standing, target: Target) -> list[str]:
    """Return every word a reader may see, and the fields a reviewer looks at."""
    step = stands.missing[0]
    head = [messages.REVIEW_HEAD.format(step, item.title)]
    head += [messages.REVIEW_EDITED] if stands.edited else []
    lines = [
        f"**{line.removeprefix('## ')}**" if line.startswith("## ") else line
        for line in diff.lines_of(words_of(item))
    ]
    text = "\n".join([*head, *lines])
    return seats.pages(text, room_of(target))


def _card(push: Push, item: Item, stands: Standing) -> Card:
    step = stands.missing[0]
    last = step == stands.steps[-1]
    facts = (
        (messages.FACT_NUMBER, item.id),
        (messages.FACT_KIND, str(item.kind)),
        (messages.FACT_AUTHOR, item.author[:26]),
        (messages.FACT_CODE, item.digest[:12]),
    )
    return Card(
        task_id=task_id_of(push.key, 0),
        source=messages.REVIEW_SOURCE.format(step)[:13],
        title=item.title[:CARD_TITLE],
        text=(messages.REVIEW_LAST if last else messages.REVIEW_ASK)[:CARD_TEXT],
        button=messages.AGREE_CHECKED if last else messages.AGREE_BUTTON,
        button_key=seats.AGREE,
        facts=tuple(fact for fact in facts if fact[1]),
        more=((messages.RETURN_BUTTON, seats.RETURN),),
        whole=False,
    )
