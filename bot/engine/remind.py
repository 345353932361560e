"""The tick that reminds, kindly and once, of a text that a rule wants reminded of.

Who has no receipt is worked out in memory, part by part, immediately before the bytes leave: a tap
a second earlier stops it. No row, log line or count says who it was, or how many. That a push is
being reminded of is durable before anything is sent; a process that dies in between reminds
nobody twice, and the rest not at all (docs/decisions/0014).
"""

from __future__ import annotations

import logging
from collections.abc import Collection, Mapping
from datetime import datetime, timedelta

from bot.channels import Channel, SendError
from bot.core import reminding
from bot.core.links import task_id_of
from bot.core.model import Cohort, Push, State, Target, is_private
from bot.core.policy import LATELY
from bot.core.roster import unreached
from bot.engine import compose
from bot.engine.attempt import noted
from bot.engine.bureau import Bureau, Moment
from bot.engine.crowd import TURN
from bot.engine.hindrance import closed, opening_of
from bot.engine.pace import Call
from bot.store import AuditEntry
from bot.store.records import as_seen

log = logging.getLogger(__name__)
WAITING = (State.PLANNED, State.SENDING)


async def remind(bureau: Bureau, now: datetime) -> int:
    """Send the reminders that are due; return how many pushes were reminded of."""
    done = 0
    for push, slots in (await _waiting(bureau, now)).values():
        moment = bureau.moment()
        if any(slot.date() == moment.today and slot <= now for slot in slots):
            done += await _remind(push, bureau, moment)
    return done


async def next_reminder(bureau: Bureau, now: datetime) -> datetime | None:
    """Return when the next reminder may go, None when none waits."""
    waiting = (await _waiting(bureau, now)).values()
    return min((slot for _, slots in waiting for slot in slots if slot > now), default=None)


async def _waiting(bureau: Bureau, now: datetime) -> Mapping[str, tuple[Push, list[datetime]]]:
    """Return what may still be reminded of, by key: each push with its slots."""
    library = bureau.library(now.date())
    after = {rule.key: rule.remind for rule in library.schedules.rules if rule.remind}
    if not after:
        return {}
    found = {}
    for push in await bureau.store.pushes([State.SENT], since=now - LATELY):
        slots = reminding.slots(push, after.get(push.rule, 0), library.calendar, bureau.policy)
        if slots and slots[-1].date() >= now.date() and _way(push, bureau) is not None:
            found[push.key] = push, slots
    reminded = await _reminded(bureau, min(p.due for p, _ in found.values())) if found else ()
    return {
        key: one
        for key, one in found.items()
        if reminding.name_of(key) not in reminded or key in bureau.reminding
    }


async def _reminded(bureau: Bureau, since: datetime) -> Collection[str]:
    counted = await bureau.store.counts(since.date().isoformat())
    return [name for name in counted if name.startswith(reminding.name_of(""))]


def _way(push: Push, bureau: Bureau) -> tuple[Target, Channel] | None:
    """Return how staff are reached one by one; None for groups, and for people of the office."""
    target, channel = bureau.target(push.target), bureau.channels.get(push.target)
    if target is None or channel is None or not channel.tappable or target.channel != push.channel:
        return None
    return None if target.office or target.person or is_private(target.id) else (target, channel)


async def _remind(push: Push, bureau: Bureau, moment: Moment) -> int:
    way, cohort = _way(push, bureau), await bureau.store.cohort(push.key)
    if way is None or cohort is None or not await _may(push, way[0], bureau, moment):
        return 0
    rows = await bureau.store.deliveries(push.key)
    item = moment.item(push)
    if item is None or any(row.digest != item.digest for row in rows):
        return 0  # other words than those that were sent
    gone = {one.person for one in unreached(rows)}
    present = {m.id for m in await bureau.store.members() if m.present(moment.today)}
    wanted = present - gone - await _spared(push, bureau, moment)
    if push.key not in bureau.reminding:  # durable: from here on it had its one
        await bureau.store.count(reminding.name_of(push.key), moment.today.isoformat())
    await _parts(push, cohort, wanted, way, bureau)
    noted("reminded", push)
    return 1


async def _may(push: Push, target: Target, bureau: Bureau, moment: Moment) -> bool:
    """Whether a reminder may go now: decent hours, nothing in its way, no text there today."""
    if opening_of(push, bureau, moment) > moment.now or bureau.channels[target.id].closed:
        return False
    if await closed(push, target, bureau, moment):
        return False
    return not any(
        other.target == push.target and _is_of(other, moment)
        for other in await bureau.store.pushes(target=push.target, since=moment.now - LATELY)
    )


def _is_of(push: Push, moment: Moment) -> bool:
    """Whether a push is today's: sent, or waiting to be."""
    if not push.item:
        return False
    sent = push.sent_at is not None and push.sent_at.date() == moment.today
    return sent or (push.state in WAITING and push.due.date() <= moment.today)


async def _spared(push: Push, bureau: Bureau, moment: Moment) -> set[str]:
    """Return who hears something else today, or may have been reminded of another text this week.

    Whoever was reminded is not known; whoever may have been is spared.
    """
    monday = moment.now - timedelta(days=moment.now.weekday())
    reminded, spared = await _reminded(bureau, monday), set[str]()
    members = await bureau.store.members()
    for other in await bureau.store.pushes(since=monday - LATELY):
        today = _is_of(other, moment)
        if other.key == push.key or not (today or reminding.name_of(other.key) in reminded):
            continue
        cohort, way = await bureau.store.cohort(other.key), _way(other, bureau)
        if cohort is not None and compose.one_by_one(other):
            spared |= set(cohort.covered)
        elif cohort is None and way is not None:
            spared |= {m.id for m in compose.audience(members, way[0], moment.today)}
    return spared


async def _parts(
    push: Push, cohort: Cohort, wanted: set[str], way: tuple[Target, Channel], bureau: Bureau
) -> None:
    """Send what is left; what is stopped does not go at all, and a long one takes turns."""
    (target, channel), moment = way, bureau.moment()
    begun, first = moment.now, bureau.reminding.pop(push.key, 0)
    told = bool(first)
    for number, people in list(enumerate(compose.parts_of(cohort, channel)))[first:]:
        moment = bureau.moment(moment)
        if moment.now - begun > TURN:
            bureau.reminding[push.key] = number
            return
        late = opening_of(push, bureau, moment) > moment.now
        if late or channel.closed or await closed(push, target, bureau, moment):
            return
        named = [who for who in people if who in wanted]
        call = Call(target=push.target, channel=channel, people=named, reaches=len(named))
        if not named or await bureau.pace.take(call, moment.now) > moment.now:
            continue
        task = task_id_of(push.key, reminding.FIRST + number)
        card = await compose.reminder(push, task, bureau, moment)
        if not told:
            seen = as_seen(channel.body(card, named).decode())
            digest = await bureau.store.keep_text(seen, moment.now)
            entry = AuditEntry(at=moment.now, what="reminded", about=push.key, digest=digest)
            await bureau.store.audit(entry)
            told = True
        acted = await bureau.store.acted(push.key, named)
        if left := [who for who in named if who not in acted]:
            await _send(push, channel, channel.body(card, left))


async def _send(push: Push, channel: Channel, body: bytes) -> None:
    try:
        await channel.send(body)
    except SendError as error:  # who it was for is nobody's to know, and it is not tried again
        log.info("reminder of %s: %s", push.key, error.reason, extra={"action": "remind-failed"})
