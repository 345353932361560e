"""The whole plan: the folder's, and what only the store knows: the roster, and a pause."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import date, datetime

from bot.core.plan import Pause, Plan
from bot.engine import compose
from bot.engine.bureau import Bureau
from bot.library.folder import Library
from bot.store import TargetState

EVERY = "*"  # the name under which the store keeps a pause of everything


async def plan_of(bureau: Bureau, library: Library, today: date) -> Plan:
    """Return the plan with everything in it that bears on what will be sent."""
    members = await bureau.store.members()
    rosters = {
        target.id: frozenset(member.id for member in compose.audience(members, target, today))
        for target in bureau.targets
        if target.id in bureau.channels and bureau.channels[target.id].tappable
    }
    pause = pause_of(await bureau.store.targets(), today)
    return replace(bureau.plan(library), rosters=rosters, pause=pause)


def pause_of(states: Mapping[str, TargetState], today: date) -> Pause | None:
    """Return the pause that holds on `today`, None when there is none or it is over."""
    state = states.get(EVERY)
    if state is None or not state.disabled or state.since is None:
        return None
    until = date.fromisoformat(state.way) if state.way else None
    return (
        None
        if until is not None and until <= today
        else Pause(since=state.since.date(), until=until)
    )


def paused(now: datetime, until: date | None, why: str) -> TargetState:
    """Return how the store keeps a pause: `way` holds the day on which it ends by itself."""
    return TargetState(id=EVERY, disabled=why, way=until.isoformat() if until else "", since=now)


RESUMED = TargetState(id=EVERY)
