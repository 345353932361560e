"""What is to be sent on a day: the future is computed from the folder, never stored.

The way of a week, for each target:

    slots(week)   what the calendar and the rules call for
      → settle    at most so many a day and a week, the lower rank first; the rest is skipped
      → choose    an approved, unexpired, rested text for each slot that stays

Same inputs, same plan, on any machine. A node's parts never move to another week: they are
sent, or skipped with the reason.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, datetime, timedelta
from functools import cached_property

from bot.core import messages, policy
from bot.core.calendar import Calendar, merges
from bot.core.dates import ONE
from bot.core.model import Item, Kind, Node, NodeDay, Push, Rule, Skip, State, Target
from bot.core.policy import Policy

WARNINGS = frozenset({Kind.NODE, Kind.SCENARIO, Kind.REPOST})
WARNINGS_IN_A_ROW = 2  # then a model
ESTIMATE_LEAD = 2  # workdays a main comes earlier while its days off are an estimate (DESIGN §9)
BEGUN = frozenset({State.SENDING, State.SENT, State.UNKNOWN})  # nothing takes their place


@dataclass(frozen=True, kw_only=True)
class Plan:
    """Everything a day's plan depends on, beside what was sent already."""

    calendar: Calendar
    nodes: tuple[Node, ...]
    rules: tuple[Rule, ...]
    items: tuple[Item, ...]
    targets: tuple[Target, ...]
    # Item id -> why it may not be sent as it stands ("" where it may); see approvals.
    blocked: Mapping[str, str] = field(default_factory=dict)
    policy: Policy = field(default_factory=Policy)

    @cached_property
    def _node_days(self) -> dict[int, list[NodeDay]]:
        return {}

    def node_days(self, year: int) -> list[NodeDay]:
        if year not in self._node_days:
            self._node_days[year] = self.calendar.node_days(self.nodes, year)
        return self._node_days[year]


@dataclass(frozen=True, kw_only=True)
class Planned:
    """The answer: what will be sent, and what will not, with the reason."""

    pushes: tuple[Push, ...] = ()
    skipped: tuple[Skip, ...] = ()


@dataclass(frozen=True, kw_only=True)
class Slot:
    """A call for one text on one day, before a target and a text are known."""

    day: date
    occurrence: str  # the first of `covers`
    part: str
    covers: tuple[str, ...]
    last_day: date  # on which it may still be sent when something held it up
    rank: int
    time: str = "上午"
    rule: Rule | None = None
    nodes: tuple[NodeDay, ...] = ()

    @property
    def name(self) -> str:
        return self.rule.key if self.rule else self.nodes[0].node.key

    @property
    def kinds(self) -> tuple[Kind, ...]:
        return self.rule.kinds if self.rule else (Kind.NODE,)


def plan_day(day: date, plan: Plan, history: Sequence[Push]) -> Planned:
    """Return what is to be sent on `day`, given the pushes of the past (and of this week)."""
    week = plan_week(day - timedelta(days=day.weekday()), plan, history)
    return Planned(
        pushes=tuple(push for push in week.pushes if push.due.date() == day),
        skipped=tuple(skip for skip in week.skipped if skip.date == day),
    )


def plan_span(
    first: date, days: int, plan: Plan, history: Sequence[Push], now: datetime | None = None
) -> Planned:
    """Return the plan of `days` days from `first` on, each week knowing those before it.

    With `now`, what was never written and can no longer be sent is no part of it: it used up no
    text and took no place.
    """
    last = first + (days - 1) * ONE
    monday = first - timedelta(days=first.weekday())
    past = list(history)
    pushes: list[Push] = []
    skipped: list[Skip] = []
    while monday <= last:
        week = plan_week(monday, plan, past, now)
        known = {push.key for push in past}
        past += [push for push in week.pushes if push.key not in known]
        pushes += week.pushes
        skipped += week.skipped
        monday += timedelta(days=7)
    return Planned(
        pushes=tuple(push for push in pushes if first <= push.due.date() <= last),
        skipped=tuple(skip for skip in skipped if first <= skip.date <= last),
    )


def plan_week(
    monday: date, plan: Plan, history: Sequence[Push], now: datetime | None = None
) -> Planned:
    """Settle one ISO week for every target.

    What history holds already stays as it is, and is part of the answer.
    """
    slots, skipped = _slots(monday, plan)
    pushes: list[Push] = []
    for target in plan.targets:
        if target.office or target.person:
            continue
        mine = [push for push in history if push.target == target.id]
        chosen, dropped = _settle(monday, slots, target, plan, mine, now)
        pushes += chosen
        skipped += dropped
    order = {target.id: n for n, target in enumerate(plan.targets)}
    return Planned(
        pushes=tuple(sorted(pushes, key=lambda p: (p.due.date(), order[p.target], p.rank, p.key))),
        skipped=tuple(sorted(skipped, key=lambda s: (s.date, s.rule, s.target))),
    )


# -- what the calendar and the rules call for ------------------------------------------------


def _slots(monday: date, plan: Plan) -> tuple[list[Slot], list[Skip]]:
    """Return the slots of the week (and of nodes near it), and the rules that give way to it."""
    slots = _node_slots(monday, plan)
    skips = []
    for rule in plan.rules:
        day = monday + (rule.weekday - 1) * ONE
        if policy.open_day(day, plan.calendar.is_workday):
            slots.append(_rule_slot(rule, day, plan))
        else:
            skips.append(Skip(rule=rule.key, date=day, reason=_why_closed(day, plan)))
    return slots, skips


def _why_closed(day: date, plan: Plan) -> str:
    found = plan.calendar.day(day)
    if found.workday:
        return messages.SKIP_SILENT_DAY
    return messages.SKIP_DAY_OFF.format(found.name or messages.DAY_OFF)


def _rule_slot(rule: Rule, day: date, plan: Plan) -> Slot:
    year, week, _ = day.isocalendar()
    occurrence = f"{rule.key}-{year}W{week:02d}"
    return Slot(
        day=day,
        occurrence=occurrence,
        part="main",
        covers=(occurrence,),
        last_day=plan.calendar.workday_after(day, rule.late_ok),
        rank=policy.rank_of("main", rule.kinds),
        time=rule.slot,
        rule=rule,
    )


def _node_slots(monday: date, plan: Plan) -> list[Slot]:
    """Return the node slots of the weeks round `monday`, merged where they are to be."""
    # A node's first part comes up to a few weeks before its day: 元旦 is warned of in December.
    # A lunar year ends in the next solar one: 小年 of 2026 is in January 2027.
    days = [day for year in (-1, 0, 1) for day in plan.node_days(monday.year + year)]
    near = [day for day in days if -30 <= (day.date - monday).days <= 60]
    mains = [_main_slot(group, plan) for group in _groups(near)]
    finals = [_final_slot(node_day, plan) for node_day in near if not node_day.node.follows]
    return mains + _merge_same_day(finals)


def _groups(days: Sequence[NodeDay]) -> list[list[NodeDay]]:
    groups: list[list[NodeDay]] = []
    for day in days:
        if groups and merges(groups[-1][-1], day):
            groups[-1].append(day)
        else:
            groups.append([day])
    return groups


def _main_slot(group: Sequence[NodeDay], plan: Plan) -> Slot:
    first, calendar = group[0], plan.calendar
    if first.node.follows:  # its day is a workday, and the only one
        return _node_slot(group, "main", first.date, calendar.workday_after(first.date))
    earlier = ESTIMATE_LEAD if any(node_day.provisional for node_day in group) else 0
    day = _lead_day(first, first.node.main + earlier, plan)
    final = _lead_day(first, first.node.final, plan)
    late = calendar.workday_after(day, first.node.main_late_ok)
    # A main that would come on the final's own day is worth nothing beside it.
    return _node_slot(group, "main", day, max(day, min(late, calendar.workday_before(final))))


def _final_slot(node_day: NodeDay, plan: Plan) -> Slot:
    day = _lead_day(node_day, node_day.node.final, plan)
    return _node_slot([node_day], "final", day, day)


def _lead_day(node_day: NodeDay, lead: int, plan: Plan) -> date:
    """Return the day `lead` workdays before W, or the workday before it if that one is silent."""
    day = plan.calendar.workday_before(node_day.last_workday_before, lead)
    is_open = policy.open_day(day, plan.calendar.is_workday)
    return day if is_open else plan.calendar.workday_before(day)


def _node_slot(group: Sequence[NodeDay], part: str, day: date, last: date) -> Slot:
    return Slot(
        day=day,
        occurrence=group[0].occurrence,
        part=part,
        covers=tuple(node_day.occurrence for node_day in group),
        last_day=last,
        rank=policy.rank_of(part),
        nodes=tuple(group),
    )


def _merge_same_day(slots: Sequence[Slot]) -> list[Slot]:
    """Two finals on one morning (中秋 inside 国庆, 2025) are one, which names both."""
    merged: dict[date, Slot] = {}
    for slot in slots:
        if twin := merged.get(slot.day):
            covers, nodes = twin.covers + slot.covers, twin.nodes + slot.nodes
            merged[slot.day] = replace(twin, covers=covers, nodes=nodes)
        else:
            merged[slot.day] = slot
    return list(merged.values())


def next_node_days(item: Item, day: date, plan: Plan) -> tuple[NodeDay, ...]:
    """Return the nodes that a node item sent by hand on `day` speaks of: the next that it fits."""
    for group in _groups([d for year in (0, 1) for d in plan.node_days(day.year + year)]):
        mine = tuple(d for d in group if d.node.name in item.nodes and d.until >= day)
        if mine:
            return mine
    return ()


# -- caps, then a text -----------------------------------------------------------------------


def _settle(
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
        return slot.day in week and (not late or _key(slot, target) in rows)

    open_slots = [slot for slot in left if slot is not None and possible(slot)]
    taken = _days_taken(mine, monday, {_key(slot, target) for slot in open_slots})
    limit = plan.policy.a_node_week if any(s.nodes for s in open_slots) else plan.policy.a_week
    kept: list[Slot] = []
    skips: list[Skip] = []

    def order(slot: Slot) -> tuple[bool, int, date, str]:
        row = rows.get(_key(slot, target))
        return row is None or row.state not in BEGUN, slot.rank, slot.day, slot.occurrence

    for slot in sorted(open_slots, key=order):
        row = rows.get(_key(slot, target))
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
        if row := rows.get(_key(slot, target)):
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
    key = _key(slot, target)
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
        return _main_slot(nodes, plan)
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
        return None, messages.SKIP_NO_TEXT.format(messages.choice(slot.kinds, _names(slot)))
    rested = [item for item in fitting if _rested(item, slot, used)]
    if not rested:
        return None, messages.SKIP_ALL_USED.format(messages.choice(slot.kinds, _names(slot)))
    turn = _models_turn(history, plan)
    seed = slot.occurrence + slot.part
    told = {push.item for push in history if set(push.covers) & set(slot.covers)}

    def merit(item: Item) -> tuple[bool, bool, bool, int, date, str]:
        missing = len(set(_names(slot)) - set(item.nodes))
        wrong_turn = len(slot.kinds) > 1 and (item.kind is Kind.MODEL) is not turn
        lot = hashlib.sha256(f"{seed}/{item.id}".encode()).hexdigest()
        last = used.get(item.id, date.min)
        blocked, strange = bool(plan.blocked.get(item.id)), item.id not in told
        return blocked, strange, wrong_turn, missing, last, lot

    return min(rested, key=merit), ""


def _fits(item: Item, slot: Slot) -> bool:
    if item.kind not in slot.kinds or item.status or item.corrects:
        return False  # a correction goes where its original went, and nowhere else
    if slot.nodes and not set(item.nodes) & set(_names(slot)):
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


def _names(slot: Slot) -> tuple[str, ...]:
    return tuple(node_day.node.name for node_day in slot.nodes)


def _key(slot: Slot, target: Target) -> str:
    return f"{slot.occurrence}_{slot.part}@{target.id}"


def _push(slot: Slot, target: Target, item: Item, plan: Plan) -> Push:
    provisional = plan.calendar.day(slot.day).provisional
    return Push(
        key=_key(slot, target),
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
