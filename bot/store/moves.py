"""How a push moves from state to state (core.model), as functions from row to row.

Each part of an audience has a row of its own; the push's knows how many stand where (`tally`, of
all but the planned), so that a move of one part costs the same however many there are. None means
that the row does not admit the move; every store decides by these.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime

from bot.core import messages
from bot.core.model import ENDS, Delivery, Push, State
from bot.store import overall

CLAIMABLE = (State.PLANNED, State.UNKNOWN)


def wanted_at(push: Push) -> datetime:
    """Return when a push wants attention; a `not_before` never makes it earlier."""
    return max(push.due, push.not_before or push.due)


def begun(push: Push, part: State, parts: int) -> Push | None:
    """One part, which stands at `part`, is claimed, and it is known that there are `parts`."""
    if push.state in ENDS or part not in CLAIMABLE:
        return None
    tally = _moved(push.tally, part, State.SENDING)
    return replace(push, state=State.SENDING, cut=max(push.cut, parts), tally=tally)


def after(
    push: Push,
    delivery: Delivery,
    part: State,
    state: State,
    parts: int,
    not_before: datetime | None,
) -> Push:
    """Return the push as the end of one delivery leaves it: its part goes from `part` to `state`.

    A part that was sent stays so: that is not asked here.
    """
    tally, cut = _moved(push.tally, part, state), max(push.cut, parts)
    went_out = delivery.state in (State.SENT, State.UNKNOWN)
    waiting = cut - sum(tally.values()) + tally.get(State.UNKNOWN, 0)
    if not_before is None and waiting > (state in CLAIMABLE):
        not_before = push.not_before  # another part still has its time to wait for
    return replace(
        push,
        cut=cut,
        tally=tally,
        state=overall(tally, cut),
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


def confirmed(push: Push, part: State) -> Push | None:
    """Somebody has it: an unknown part was sent."""
    if part is not State.UNKNOWN:
        return None
    tally = _moved(push.tally, part, State.SENT)
    return replace(push, state=overall(tally, push.cut), tally=tally, reason="")


def again(push: Push, reason: str) -> Push | None:
    """Somebody looked: its unknown parts did not arrive, and are to be sent."""
    if push.state in ENDS or State.UNKNOWN not in push.tally:
        return None
    tally = {state: number for state, number in push.tally.items() if state != State.UNKNOWN}
    return replace(
        push,
        state=overall(tally, push.cut),
        tally=tally,
        reason=reason,
        not_before=None,
        sent_at=push.sent_at if State.SENT in tally else None,
    )


def overtaken(push: Push) -> Push:
    """A push that may have been sent in a time that a restore has lost.

    Nothing is known of any part of it that had no end.
    """
    cut = max(push.cut, 1)
    over = {state: n for state, n in push.tally.items() if state in (State.SENT, State.REFUSED)}
    doubted = cut - sum(over.values())
    return replace(
        push,
        state=State.UNKNOWN,
        cut=cut,
        tally={**over, str(State.UNKNOWN): doubted} if doubted else over,
        reason=messages.RESTORED,
        not_before=None,
        sent_at=push.sent_at or push.due,
    )


def _moved(tally: Mapping[str, int], old: State, new: State) -> dict[str, int]:
    """Return the tally after one part went from one state to another."""
    counts = Counter(tally)
    counts[str(old)] -= 1
    counts[str(new)] += 1
    del counts[str(State.PLANNED)]
    return {state: number for state, number in sorted(counts.items()) if number > 0}
