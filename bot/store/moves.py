"""How a push moves from state to state (core.model), as functions from row to row.

None means that the row does not admit the move; every store decides by these.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime

from bot.core import messages
from bot.core.model import ENDS, Delivery, Push, State
from bot.store import overall

CLAIMABLE = (State.PLANNED, State.UNKNOWN)


def wanted_at(push: Push) -> datetime:
    """Return when a push wants attention; a `not_before` never makes it earlier."""
    return max(push.due, push.not_before or push.due)


def begun(push: Push, part: int, parts: int) -> Push | None:
    """One part is claimed, and it is known that there are `parts`."""
    name = str(part)
    if push.state in ENDS or push.parts.get(name, State.PLANNED) not in CLAIMABLE:
        return None
    every = {str(number): State.PLANNED for number in range(parts)}
    return replace(push, state=State.SENDING, parts={**every, **push.parts, name: State.SENDING})


def after(
    push: Push, delivery: Delivery, state: State, parts: int, not_before: datetime | None
) -> Push:
    """Return the push as the end of one delivery leaves it; a part that was sent stays so."""
    if push.parts.get(str(delivery.part)) == State.SENT:
        return push
    states = {**push.parts, str(delivery.part): state}
    went_out = delivery.state in (State.SENT, State.UNKNOWN)
    others = [known for number, known in states.items() if number != str(delivery.part)]
    if not_before is None and any(known in CLAIMABLE for known in others):
        not_before = push.not_before  # another part still has its time to wait for
    return replace(
        push,
        parts=states,
        state=overall(states, parts),
        reason=delivery.reason,
        not_before=not_before,
        sent_at=push.sent_at or (delivery.begun if went_out else None),
    )


def ended(push: Push, state: State, reason: str) -> Push | None:
    """It was never sent, and never will be."""
    if push.state is not State.PLANNED:
        return None
    return replace(push, state=state, reason=reason, not_before=None)


def later(push: Push, not_before: datetime | None, reason: str) -> Push | None:
    if push.state not in CLAIMABLE:
        return None
    return replace(push, not_before=not_before, reason=reason)


def confirmed(push: Push, part: int) -> Push | None:
    """Somebody has it: an unknown part was sent."""
    if push.parts.get(str(part)) != State.UNKNOWN:
        return None
    parts = {**push.parts, str(part): State.SENT}
    return replace(push, state=overall(parts, len(parts)), parts=parts, reason="")


def again(push: Push, reason: str) -> Push | None:
    """Somebody looked: its unknown parts did not arrive, and are to be sent."""
    if push.state in ENDS or State.UNKNOWN not in push.parts.values():
        return None
    parts = {
        number: State.PLANNED if known == State.UNKNOWN else known
        for number, known in push.parts.items()
    }
    return replace(
        push,
        state=overall(parts, len(parts)),
        parts=parts,
        reason=reason,
        not_before=None,
        sent_at=push.sent_at if State.SENT in parts.values() else None,
    )


def overtaken(push: Push) -> Push:
    """A push that may have been sent in a time that a restore has lost."""
    parts = {
        number: State.UNKNOWN if state in (State.PLANNED, State.SENDING) else state
        for number, state in (push.parts or {"0": State.PLANNED}).items()
    }
    return replace(
        push,
        state=State.UNKNOWN,
        parts=parts,
        reason=messages.RESTORED,
        not_before=None,
        sent_at=push.sent_at or push.due,
    )
