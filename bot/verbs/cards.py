"""What a tap of somebody who sits for the office brings about, and the words for the button."""

from __future__ import annotations

import logging
from collections.abc import Callable
from datetime import datetime

from bot.core import messages, seats
from bot.core.model import Push
from bot.core.seats import Seat
from bot.engine import halting, planner, reviews
from bot.engine.bureau import Bureau
from bot.library import approvals
from bot.store import AuditEntry
from bot.verbs import reviewing
from bot.verbs.asking import Mistake

log = logging.getLogger(__name__)


async def decide(
    bureau: Bureau, clock: Callable[[], datetime], push: Push, button: str, person: str
) -> str:
    """Do what a button says, once; return what the card says from now on.

    `person` is the account of whoever tapped, as WeCom named it; nobody else's card does anything.
    """
    now, target = clock(), halting.seat_of(person, bureau)
    if target is None or target.id != push.target:
        return messages.NOT_YOURS
    match button:
        case seats.DEFER:
            return await defer(bureau, now, push.covers[0], target.name)
        case seats.HALT:
            return await halt(bureau, now, target.name)
        case seats.AGREE | seats.RETURN:
            seat = next((one for one in bureau.seats if one.id == push.target), None)
            return await _review(bureau, now, push, button, seat) if seat else messages.NOT_YOURS
        case _:
            return messages.NOT_YOURS


async def defer(bureau: Bureau, now: datetime, stem: str, name: str, how: str = "") -> str:
    """Keep back one occurrence and part, for all targets, until it is let go again."""
    if planner.deferred(await bureau.store.targets(), stem):
        return messages.DEFERRED
    if await planner.gone(bureau, stem):
        return messages.DEFER_LATE
    await bureau.store.set_target(planner.deferral(stem, name, now))
    await bureau.store.audit(_entry(now, "deferred", name, how, stem))
    bureau.shelf.folders.memory.put_off(now)
    log.info("deferred %s", stem, extra={"action": "deferred"})
    return messages.DEFERRED


async def halt(bureau: Bureau, now: datetime, name: str, how: str = "") -> str:
    """Pause everything until an administrator resumes it, whatever pause there is."""
    states = await bureau.store.targets()
    if not planner.is_halted(states):
        pause = planner.pause_of(states, now.date())
        since = states[planner.EVERY].since if pause else None
        await bureau.store.set_target(planner.halted(now, since, name))
        await bureau.store.audit(_entry(now, "paused", name, how, "all"))
        log.warning("paused: by hand", extra={"action": "paused"})
    return messages.STOPPED


def _entry(now: datetime, what: str, who: str, how: str, about: str) -> AuditEntry:
    return AuditEntry(at=now, what=what, about=about, who=who, detail={"how": how} if how else {})


async def _review(bureau: Bureau, now: datetime, push: Push, button: str, seat: Seat) -> str:
    item_id, digest, step = push.covers
    item = bureau.library(now.date()).item(item_id)
    if item is None or item.digest != digest:
        return messages.REVIEW_CHANGED
    stands, _ = reviews.standing(bureau, item)
    if stands.returned:
        return messages.RETURNED_ALREADY
    if step in stands.passed:
        return messages.AGREED if stands.passed[step].who == seat.name else messages.REVIEW_DONE
    how = approvals.BOT_CARD if push.channel == "bot" else approvals.APP_CARD
    try:
        if button == seats.RETURN:
            more = {"step": step, "who": seat.name, "why": messages.RETURNED_BY_CARD}
            await reviewing.refuse(bureau, now, item, more, verdict=approvals.RETURNED, how=how)
            return messages.RETURNED
        last = step == stands.steps[-1]
        await reviewing.seal(
            bureau, now, item, step=step, who=seat.name, how=how, sources_checked=last
        )
    except Mistake as error:
        log.info("card refused: %s", error, extra={"action": "card-refused"})
        return messages.NOT_RECORDED
    return messages.AGREED
