"""The whole plan: the folder's, and what only the store knows: the roster, and a pause."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import date, datetime

from bot.core import messages
from bot.core.model import DEFER, Member, Push, State
from bot.core.plan import Pause, Plan
from bot.engine import compose
from bot.engine.bureau import Bureau
from bot.library.folder import Library
from bot.store import TargetState

EVERY = "*"  # the name under which the store keeps a pause of everything


async def plan_of(bureau: Bureau, library: Library, today: date) -> Plan:
    """Return the plan with everything in it that bears on what will be sent."""
    members = await bureau.store.members() if bureau.one_by_one else []  # groups ask for nobody
    rosters = bureau.drawn.rosters(members, today, lambda: _rosters(bureau, members, today))
    pause = pause_of(await bureau.store.targets(), today)
    whole = replace(bureau.plan(library), rosters=rosters, pause=pause)
    return bureau.drawn.same(whole, today)


def _rosters(
    bureau: Bureau, members: Sequence[Member], today: date
) -> Mapping[str, frozenset[str]]:
    """Return the people of each target that is addressed one by one."""
    singly = bureau.one_by_one
    here: dict[str, list[Member]] = {target.roster: [] for target in singly}
    for member in members if singly else ():  # each is looked at once
        for name in {member.branch, member.department, messages.EVERYBODY}:
            if name in here:
                here[name].append(member)
    return {
        target.id: frozenset(
            member.id for member in compose.audience(here[target.roster], target, today)
        )
        for target in singly
    }


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


def halted(now: datetime, since: datetime | None, name: str) -> TargetState:
    """Return how the store keeps 急停: a pause without an end, and by whom."""
    why = messages.STOPPED_BY.format(now, name)
    return replace(paused(now, None, why), since=since or now, name=name)


def is_halted(states: Mapping[str, TargetState]) -> bool:
    """Whether somebody pressed 急停, and nobody has resumed since: then screens are empty too."""
    state = states.get(EVERY)
    return state is not None and bool(state.disabled and state.name)


def deferral(stem: str, name: str, now: datetime) -> TargetState:
    """Return how the store keeps it that one occurrence and part waits for an administrator."""
    why = messages.DEFERRED_BY.format(name, now)
    return TargetState(id=DEFER + stem, disabled=why, name=name, since=now)


def is_deferral(name: str) -> bool:
    return name.startswith(DEFER)


def deferred(states: Mapping[str, TargetState], stem: str) -> str:
    """Return who put off an occurrence and part, in words; "" where nobody did."""
    state = states.get(DEFER + stem)
    return state.disabled if state else ""


def marked(push: Push, states: Mapping[str, TargetState]) -> Push:
    """Return a push that is still to be sent with the word of whoever put it off."""
    why = deferred(states, push.key.rpartition("@")[0])
    return replace(push, blocked=why) if why and push.state is State.PLANNED else push


async def gone(bureau: Bureau, stem: str) -> bool:
    """Whether an occurrence and part has rows, and none of them is still to be sent."""
    rows = await bureau.store.pushes(stem=stem)
    return bool(rows) and all(push.state is not State.PLANNED for push in rows)


RESUMED = TargetState(id=EVERY)
