"""One ISO week for all targets: places by rank, what gives way, then a text for what stays.

A place is a day. Where people are addressed singly it is theirs, not the target's: somebody in
two targets hears one item a day from both together. People who belong to the same targets are a
Cell and fare alike. Whoever has had his share is `spared`: the push goes without him.

What a rule called for and had no place for is `Waiting`: it takes the next free place of the
weeks to come, keeps the key of its own week, and is given up after MOVE_WEEKS.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, datetime

from bot.core import messages, parts, policy
from bot.core.choice import choose, why_no_text
from bot.core.dates import ONE
from bot.core.memory import Memory
from bot.core.model import Item, Push, Skip, State, Target
from bot.core.plan import Cell, Plan, Slot
from bot.core.rhythm import closed

MOVE_WEEKS = 4  # after these what gave way is worth nothing any more
BEGUN = frozenset({State.SENDING, State.SENT, State.UNKNOWN})  # nothing takes their place


@dataclass(frozen=True, kw_only=True)
class Waiting:
    """A slot that gave way, and for how many weeks it has looked for a place."""

    slot: Slot
    target: Target
    weeks: int = 0

    @property
    def order(self) -> tuple[object, ...]:
        slot = self.slot
        return slot.rank, slot.rarity, slot.day, slot.occurrence, self.target.id


@dataclass(frozen=True, kw_only=True)
class Call:
    """A slot for one target, and its row where the outbox has one."""

    slot: Slot
    target: Target
    row: Push | None
    late: bool = False  # nothing was written, and now nothing can be sent

    @property
    def day(self) -> date:
        """A notice may move a node, but not what was written of it."""
        return self.row.due.date() if self.row else self.slot.day

    @property
    def warns(self) -> bool:
        return policy.warns(self.slot.name if self.slot.nodes else "", self.slot.part)

    @property
    def order(self) -> tuple[object, ...]:
        """What has begun stays; then by rank, the rarer first, then by day."""
        begun = self.row is not None and self.row.state in BEGUN
        slot = self.slot
        return not begun, slot.rank, slot.rarity, slot.day, slot.occurrence, self.target.id


@dataclass(kw_only=True)
class Week:
    """What becomes of a week: filled while it is settled."""

    pushes: list[Push] = field(default_factory=list)
    skipped: list[Skip] = field(default_factory=list)
    gave_way: list[Waiting] = field(default_factory=list)  # on its own day; `moved` says why
    waiting: list[Waiting] = field(default_factory=list)  # on the last day of the week


Memories = Mapping[str, Memory]
Kept = list[tuple[Call, frozenset[str]]]  # with the people who are spared


def settle(
    monday: date,
    slots: Sequence[Slot],
    waiting: Sequence[Waiting],
    memories: Memories,
    plan: Plan,
    now: datetime | None = None,
    *,
    texts: bool = True,
) -> Week:
    """Settle the week of `monday`. Without `texts` only what gives way is asked for."""
    week = Week()
    calls = list(_calls(monday, slots, memories, plan, now, week))
    calls += _written(monday, waiting, memories)
    places = _Places(monday, plan, calls, memories)
    kept: Kept = []
    for call in sorted((call for call in calls if not call.late), key=lambda call: call.order):
        _place(call, places, plan, week, kept)
    for call in sorted((call for call in calls if call.late), key=lambda call: call.order):
        _place(call, places, plan, week, [])  # it gave way, or nobody was there to send it
    for one in sorted(waiting, key=lambda one: one.order):
        _seat(one, places, memories, plan, now, week, kept)
    if texts:
        _fill(kept, memories, plan, week)
    return week


def _calls(
    monday: date,
    slots: Sequence[Slot],
    memories: Memories,
    plan: Plan,
    now: datetime | None,
    week: Week,
) -> Iterable[Call]:
    days = {monday + n * ONE for n in range(7)}
    for target in _mine(plan, memories):
        memory = memories[target.id]
        for slot in slots:
            if not slot.is_for(target):
                continue
            left = _uncovered(slot, target, plan, memory)
            if left is None or left.day not in days:
                continue
            row = memory.rows.get(left.key(target))
            if row is None and (reason := _impossible(left, target, plan, memory)):
                week.skipped.append(_skip(left, target, reason))
            elif row is not None and left.rule is not None and row.due.date() > max(days):
                _give_way(replace(left, moved=_why_moved(row, left)), target, week)
            else:
                closes = policy.closing(left.last_day, plan.policy)
                late = row is None and now is not None and closes <= now
                yield Call(slot=left, target=target, row=row, late=late)


def _mine(plan: Plan, memories: Memories) -> list[Target]:
    """Return the receivers whose week is to be settled: all, or a share (planning.apart)."""
    return [target for target in plan.receivers if target.id in memories]


def _impossible(slot: Slot, target: Target, plan: Plan, memory: Memory) -> str:
    if slot.nodes and (reason := closed(slot.day, plan)):
        return reason
    return why_no_text(slot, target, plan, memory)


def _why_moved(row: Push, slot: Slot) -> str:
    """Return why a row stands later than its rule says: by now it may say why it waits instead."""
    said = messages.MOVED.format(slot.day, "")
    return row.reason.removeprefix(said) if row.reason.startswith(said) else messages.GAVE_WAY


def _give_way(slot: Slot, target: Target, week: Week) -> None:
    week.gave_way.append(Waiting(slot=slot, target=target))
    week.waiting.append(Waiting(slot=slot, target=target))


def _written(monday: date, waiting: Sequence[Waiting], memories: Memories) -> Iterable[Call]:
    """Yield what moved here and has a row: by then it is settled like all others."""
    for one in waiting:
        row = memories[one.target.id].rows.get(one.slot.key(one.target))
        if row is not None and 0 <= (row.due.date() - monday).days < 7:
            slot = replace(one.slot, day=row.due.date())
            yield Call(slot=slot, target=one.target, row=row)


class _Places:
    """Who has heard, or is to hear, what on which day of one week."""

    def __init__(self, monday: date, plan: Plan, calls: Sequence[Call], memories: Memories) -> None:
        self.days = [monday + n * ONE for n in range(7)]
        self._plan = plan
        self._taken: dict[frozenset[str], dict[str, set[date]]] = {}  # cell -> stem -> days
        self._node_week = {call.target.id for call in calls if call.warns and not call.late}
        mine = {call.slot.key(call.target) for call in calls}
        for target in _mine(plan, memories):
            for push in memories[target.id].week(monday):
                if push.key in mine or push.state in (State.SKIPPED, State.EXPIRED):
                    continue
                self.take(target, push.key.rpartition("@")[0], push.due.date(), push.spared)

    def _cells(self, target: Target, spared: Iterable[str]) -> Iterable[Cell]:
        left_out = frozenset(spared)
        for cell in self._plan.cells[target.id]:
            if not (cell.people and cell.people <= left_out):
                yield cell

    def take(self, target: Target, stem: str, day: date, spared: Iterable[str] = ()) -> None:
        for cell in self._cells(target, spared):
            self._taken.setdefault(cell.targets, {}).setdefault(stem, set()).add(day)

    def limit(self, cell: Cell) -> int:
        busy = bool(cell.targets & self._node_week)
        return self._plan.policy.a_node_week if busy else self._plan.policy.a_week

    def refusal(self, cell: Cell, stem: str, day: date) -> str:
        """Return why a cell has no place on `day`, "" when it has one."""
        taken = self._taken.get(cell.targets, {})
        if day in taken.get(stem, ()):
            return ""  # the same item by way of another target
        if sum(day in days for days in taken.values()) >= self._plan.policy.a_day:
            return messages.SKIP_DAY_TAKEN
        limit = self.limit(cell)
        full = stem not in taken and len(taken) >= limit
        return messages.SKIP_WEEK_FULL.format(limit) if full else ""

    def ask(self, target: Target, stem: str, day: date) -> tuple[str, frozenset[str]]:
        """Return why a target has no place on `day` ("" when it has), and who is to be spared."""
        refused = [
            (reason, cell)
            for cell in self._plan.cells[target.id]
            if (reason := self.refusal(cell, stem, day))
        ]
        if len(refused) == len(self._plan.cells[target.id]):
            return refused[0][0], frozenset()
        return "", frozenset(person for _, cell in refused for person in cell.people)


def _place(call: Call, places: _Places, plan: Plan, week: Week, kept: Kept) -> None:
    """Give a call its day, or let it give way."""
    slot, target = call.slot, call.target
    if call.day not in places.days:
        kept.append((call, frozenset()))
        return
    reason, spared = places.ask(target, slot.stem, call.day)
    if not reason:
        places.take(target, slot.stem, call.day, spared)
        kept.append((call, spared))
    elif slot.rule is None:
        week.skipped.append(_skip(slot, target, reason))
    else:
        _give_way(replace(slot, moved=reason), target, week)


def _seat(
    one: Waiting,
    places: _Places,
    memories: Memories,
    plan: Plan,
    now: datetime | None,
    week: Week,
    kept: Kept,
) -> None:
    """Give what waits the first free day of this week, its own weekday if that is free."""
    row = memories[one.target.id].rows.get(one.slot.key(one.target))
    first = places.days[0]
    if row is not None and row.due.date() <= places.days[-1]:
        return  # it has its place, or had it
    own = first + one.slot.day.weekday() * ONE
    for day in sorted(places.days, key=lambda day: (day != own, day)) if row is None else ():
        if closed(day, plan) or (now is not None and policy.closing(day, plan.policy) <= now):
            continue
        reason, spared = places.ask(one.target, one.slot.stem, day)
        if reason or spared:
            continue
        places.take(one.target, one.slot.stem, day)
        kept.append((Call(slot=_moved(one.slot, day, plan), target=one.target, row=None), spared))
        return
    if one.weeks + 1 < MOVE_WEEKS or row is not None:
        week.waiting.append(replace(one, weeks=one.weeks + 1))
    else:
        gone = _skip(one.slot, one.target, messages.GIVEN_UP.format(one.slot.day, MOVE_WEEKS))
        week.skipped.append(replace(gone, date=own))


def _moved(slot: Slot, day: date, plan: Plan) -> Slot:
    reason = messages.MOVED.format(slot.day, slot.moved)
    last = plan.calendar.workday_after(day, slot.rule.late_ok if slot.rule else 0)
    return replace(slot, day=day, last_day=last, moved=reason)


def _fill(kept: Kept, memories: Memories, plan: Plan, week: Week) -> None:
    """Give each place its text, in the order of days."""
    for call, spared in sorted(kept, key=lambda one: (one[0].day, one[0].order[1:])):
        if call.row is not None:
            week.pushes.append(call.row)
            continue
        memory = memories[call.target.id]
        item, reason = choose(call.slot, call.target, plan, memory)
        if item is None:
            week.skipped.append(_skip(call.slot, call.target, reason))
            continue
        push = _push(call, item, reason, spared, plan)
        memory.add(push)
        week.pushes.append(push)


def _uncovered(slot: Slot, target: Target, plan: Plan, memory: Memory) -> Slot | None:
    """Return the slot less what other pushes cover already; None when nothing is left.

    When a notice moves a node, what was sent stays sent and is never planned again; when it
    joins a node to one that was spoken of, the other keeps its own day.
    """
    key = slot.key(target)
    told = {name: memory.covered.get((slot.part, name), set()) for name in slot.covers}
    if not any(told.values()):
        return slot
    if all(told.values()) and any(key in keys for keys in told.values()):
        return slot  # its own row stands for it
    covered = frozenset(name for name, keys in told.items() if keys)
    return parts.without(slot, covered, plan) if slot.nodes else None


def _push(call: Call, item: Item, reason: str, spared: frozenset[str], plan: Plan) -> Push:
    slot, target = call.slot, call.target
    seed = f"{target.id}/{slot.occurrence}/{slot.part}"
    estimated = any(node_day.provisional for node_day in slot.nodes)
    return Push(
        key=slot.key(target),
        occurrence=slot.occurrence,
        part=slot.part,
        target=target.id,
        channel=target.channel,
        due=policy.slot_time(slot.day, slot.time, seed, plan.policy),
        until=policy.closing(slot.last_day, plan.policy),
        rule=slot.rule.key if slot.rule else "",
        node=slot.nodes[0].node.key if slot.nodes else "",
        covers=slot.covers,
        item=item.id,
        digest=item.digest,
        provisional=estimated or plan.calendar.day(slot.day).provisional,
        blocked=plan.blocked.get(item.id, ""),
        rank=slot.rank,
        spared=tuple(sorted(spared)),
        reason=slot.moved or reason,
    )


def _skip(slot: Slot, target: Target, reason: str) -> Skip:
    return Skip(rule=slot.name, date=slot.day, reason=reason, target=target.id)
