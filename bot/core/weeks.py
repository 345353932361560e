"""One ISO week of one target: the caps by rank, then a text for each slot that stays."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace
from datetime import date, datetime

from bot.core import messages, policy
from bot.core.choice import choose
from bot.core.dates import ONE
from bot.core.model import Item, Push, Skip, State, Target
from bot.core.parts import main_slot
from bot.core.plan import Plan, Slot

BEGUN = frozenset({State.SENDING, State.SENT, State.UNKNOWN})  # nothing takes their place


def settle(
    monday: date,
    slots: Iterable[Slot],
    target: Target,
    plan: Plan,
    mine: Sequence[Push],
    now: datetime | None = None,
) -> tuple[list[Push], list[Skip]]:
    """Give the week's days to the slots by rank, and each slot that stays a text."""
    week = [monday + n * ONE for n in range(7)]
    left = [_uncovered(slot, target, plan, mine) for slot in slots]
    rows = {push.key: push for push in mine}

    def possible(slot: Slot) -> bool:
        late = now is not None and policy.closing(slot.last_day, plan.policy) <= now
        return slot.day in week and (not late or slot.key(target) in rows)

    open_slots = [slot for slot in left if slot is not None and possible(slot)]
    taken = _days_taken(mine, monday, {slot.key(target) for slot in open_slots})
    limit = plan.policy.a_node_week if any(s.nodes for s in open_slots) else plan.policy.a_week
    kept: list[Slot] = []
    skips: list[Skip] = []

    def order(slot: Slot) -> tuple[bool, int, date, str]:
        row = rows.get(slot.key(target))
        return row is None or row.state not in BEGUN, slot.rank, slot.day, slot.occurrence

    for slot in sorted(open_slots, key=order):
        row = rows.get(slot.key(target))
        day = row.due.date() if row else slot.day  # a notice may move a node, not what was sent
        if day not in week:
            kept.append(slot)
        elif taken.count(day) >= plan.policy.a_day:
            skips.append(_skip(slot, target, messages.SKIP_DAY_TAKEN))
        elif len(taken) >= limit:
            skips.append(_skip(slot, target, messages.SKIP_WEEK_FULL.format(limit)))
        else:
            taken.append(day)
            kept.append(slot)
    pushes: list[Push] = []
    for slot in sorted(kept, key=lambda s: (s.day, s.rank)):
        if row := rows.get(slot.key(target)):
            pushes.append(row)
            continue
        told = {**rows, **{push.key: push for push in pushes}}  # a row counts once
        item, reason = choose(slot, target, plan, list(told.values()))
        if item is None:
            skips.append(_skip(slot, target, reason))
        else:
            pushes.append(_push(slot, target, item, plan))
    return pushes, skips


def _uncovered(slot: Slot, target: Target, plan: Plan, mine: Sequence[Push]) -> Slot | None:
    """Return the slot less what other pushes cover already; None when nothing is left.

    When a notice moves a node, what was sent stays sent and is never planned again; when it
    joins a node to one that was spoken of, the other keeps its own day.
    """
    key = slot.key(target)
    own: set[str] = set()
    others: set[str] = set()
    for push in mine:
        if push.part == slot.part:
            (own if push.key == key else others).update(push.covers)
    if own and set(slot.covers) <= own | others:  # its own row stands for it
        return slot
    covers = tuple(name for name in slot.covers if name not in own | others)
    if covers == slot.covers:
        return slot
    nodes = tuple(node for node in slot.nodes if node.occurrence in covers)
    if not nodes:
        return None
    if slot.part == "main":
        return main_slot(nodes, plan)
    return replace(slot, covers=covers, occurrence=covers[0], nodes=nodes)


def _days_taken(mine: Sequence[Push], monday: date, keys: set[str]) -> list[date]:
    """Return the days of this week that other pushes (sent by hand, say) hold already."""
    sunday = monday + 6 * ONE
    return [
        push.due.date()
        for push in mine
        if push.key not in keys
        and push.state not in (State.SKIPPED, State.EXPIRED)
        and monday <= push.due.date() <= sunday
    ]


def _push(slot: Slot, target: Target, item: Item, plan: Plan) -> Push:
    provisional = plan.calendar.day(slot.day).provisional
    return Push(
        key=slot.key(target),
        occurrence=slot.occurrence,
        part=slot.part,
        target=target.id,
        channel=target.channel,
        due=policy.slot_time(
            slot.day, slot.time, f"{target.id}/{slot.occurrence}/{slot.part}", plan.policy
        ),
        until=policy.closing(slot.last_day, plan.policy),
        rule=slot.rule.key if slot.rule else "",
        node=slot.nodes[0].node.key if slot.nodes else "",
        covers=slot.covers,
        item=item.id,
        digest=item.digest,
        provisional=provisional or any(node_day.provisional for node_day in slot.nodes),
        blocked=plan.blocked.get(item.id, ""),
        rank=slot.rank,
    )


def _skip(slot: Slot, target: Target, reason: str) -> Skip:
    return Skip(rule=slot.name, date=slot.day, reason=reason, target=target.id)
