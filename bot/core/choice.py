"""Which text a slot gets: deterministic, on any machine."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from datetime import date

from bot.core import messages
from bot.core.model import Item, Kind, Push, Target
from bot.core.plan import Plan, Slot

WARNINGS = frozenset({Kind.NODE, Kind.SCENARIO, Kind.REPOST})
WARNINGS_IN_A_ROW = 2  # then a model


def choose(
    slot: Slot, target: Target, plan: Plan, history: Sequence[Push]
) -> tuple[Item | None, str]:
    """Return the text for a slot, or None and the reason.

    Rested texts first, approved ones before the others, for a node's final the file that its
    main came from, the least recently used first; at equal merit a hash of slot and text
    decides, so that two groups need not get the same case.
    """
    used = {push.item: push.due.date() for push in sorted(history, key=lambda p: p.due)}
    fitting = [item for item in plan.items if _fits(item, slot)]
    if not fitting:
        return None, messages.SKIP_NO_TEXT.format(messages.choice(slot.kinds, slot.node_names))
    rested = [item for item in fitting if _rested(item, slot, used)]
    if not rested:
        return None, messages.SKIP_ALL_USED.format(messages.choice(slot.kinds, slot.node_names))
    turn = _models_turn(history, plan)
    seed = slot.occurrence + slot.part
    told = {push.item for push in history if set(push.covers) & set(slot.covers)}

    def merit(item: Item) -> tuple[bool, bool, bool, int, date, str]:
        missing = len(set(slot.node_names) - set(item.nodes))
        wrong_turn = len(slot.kinds) > 1 and (item.kind is Kind.MODEL) is not turn
        lot = hashlib.sha256(f"{seed}/{item.id}".encode()).hexdigest()
        last = used.get(item.id, date.min)
        blocked, strange = bool(plan.blocked.get(item.id)), item.id not in told
        return blocked, strange, wrong_turn, missing, last, lot

    return min(rested, key=merit), ""


def _fits(item: Item, slot: Slot) -> bool:
    if item.kind not in slot.kinds or item.status or item.corrects:
        return False  # a correction goes where its original went, and nowhere else
    if slot.nodes and not set(item.nodes) & set(slot.node_names):
        return False
    begun = item.effective is None or item.effective <= slot.day
    return begun and (item.expires is None or slot.day <= item.expires)


def _rested(item: Item, slot: Slot, used: Mapping[str, date]) -> bool:
    """Whether the text's cooldown is over. The parts of one node share their text."""
    if slot.nodes or item.id not in used:
        return True
    return (slot.day - used[item.id]).days >= 7 * item.cooldown_weeks


def _models_turn(history: Sequence[Push], plan: Plan) -> bool:
    """Whether the last two texts were warnings, so that now a model is due."""
    kinds = {item.id: item.kind for item in plan.items}
    told = [kinds[push.item] for push in sorted(history, key=lambda p: p.due) if push.item in kinds]
    last = [kind for kind in told if kind is not Kind.STUDY][-WARNINGS_IN_A_ROW:]
    return len(last) == WARNINGS_IN_A_ROW and all(kind in WARNINGS for kind in last)
