"""Words to the office's own group: editors and administrator hear in time what is theirs to do.

    draft-due   eight and four workdays before a node's first part: how many texts wait, how many
                are approved
    calendar    every week from 1 November, while the next year is an estimate
    stock       on the first workday of a month: how many cases can still be used, what runs dry

They are rows of the outbox like any other, without an item; their words are put together when
they leave, so that they speak of that moment.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import date, timedelta

from bot.core import messages, policy
from bot.core.choice import in_force
from bot.core.dates import ONE
from bot.core.model import Item, Kind, NodeDay, Push, Target
from bot.core.parts import DraftDue, year_parts
from bot.core.plan import Plan, lesson_of
from bot.core.planning import plan_span

DRAFT, CALENDAR, STOCK = "draft-due", "calendar", "stock"
RULES = frozenset({DRAFT, CALENDAR, STOCK})
NAG_FROM = (11, 1)  # the State Council announces between the end of October and early December
AHEAD = 31  # days a notice looks ahead for rules that run dry


def notices(day: date, plan: Plan) -> list[Push]:
    """Return the rows for the office that begin on `day`; none on a day off."""
    if not policy.open_day(day, plan.calendar.is_workday, plan.policy.blackout):
        return []
    found: list[Push] = []
    for office in plan.offices:
        for due in year_parts(day.year, plan).due:
            if due.day == day:
                found.append(_draft_row(due, office, plan))
        if _first_workday_of_week(day, plan) and year_to_ask_for(day, plan):
            year, week, _ = day.isocalendar()
            found.append(_row(f"{CALENDAR}-{year}W{week:02d}", CALENDAR, day, office, plan))
        if plan.calendar.first_workday(day.replace(day=1) + n * ONE for n in range(31)) == day:
            found.append(_row(f"{STOCK}-{day:%YM%m}", STOCK, day, office, plan))
    return found


def _draft_row(due: DraftDue, office: Target, plan: Plan) -> Push:
    covers = tuple(node_day.occurrence for node_day in due.nodes)
    part = f"{DRAFT}-{due.before}"
    return _row(covers[0], DRAFT, due.day, office, plan, part=part, nodes=due.nodes)


def _row(
    occurrence: str,
    rule: str,
    day: date,
    office: Target,
    plan: Plan,
    *,
    part: str = "main",
    nodes: Sequence[NodeDay] = (),
) -> Push:
    seed = f"{office.id}/{occurrence}/{part}"
    return Push(
        key=f"{occurrence}_{part}@{office.id}",
        occurrence=occurrence,
        part=part,
        target=office.id,
        channel=office.channel,
        due=policy.slot_time(day, "上午", seed, plan.policy),
        until=policy.closing(day, plan.policy),
        rule=rule,
        node=nodes[0].node.key if nodes else "",
        covers=tuple(node_day.occurrence for node_day in nodes) or (occurrence,),
        provisional=any(node_day.provisional for node_day in nodes),
        rank=policy.RANKS["notice"],
    )


def _first_workday_of_week(day: date, plan: Plan) -> bool:
    monday = day - timedelta(days=day.weekday())
    return plan.calendar.first_workday(monday + n * ONE for n in range(7)) == day


def year_to_ask_for(day: date, plan: Plan) -> int:
    """Return the year whose days off nobody has entered though it is time, 0 when there is none."""
    if plan.calendar.day(date(day.year, 12, 31)).provisional:
        return day.year
    late = (day.month, day.day) >= NAG_FROM
    return day.year + 1 if late and plan.calendar.day(date(day.year + 1, 1, 1)).provisional else 0


# -- what they say -----------------------------------------------------------------------------


def words(push: Push, plan: Plan, history: Sequence[Push], day: date) -> str:
    """Return what a notice says on `day`."""
    if push.rule == DRAFT:
        return _draft_words(push, plan, day)
    if push.rule == CALENDAR:
        year = year_to_ask_for(day, plan)
        return messages.ASK_FOR_CALENDAR.format(year) if year else messages.CALENDAR_CAME
    return _stock_words(plan, history, day)


def _draft_words(push: Push, plan: Plan, day: date) -> str:
    years = {push.due.year - 1, push.due.year, push.due.year + 1}
    dues = [due for year in sorted(years) for due in year_parts(year, plan).due]
    mine = next((due for due in dues if due.nodes[0].occurrence == push.occurrence), None)
    if mine is None:
        return messages.NODE_GONE
    names = tuple(node_day.node.name for node_day in mine.nodes)
    texts = [item for item in plan.items if _speaks_of(item, names, mine.first)]
    waiting = [item for item in texts if plan.blocked.get(item.id)]
    left = _workdays_until(day, mine.first, plan)
    lines = [
        messages.DRAFT_DUE.format("、".join(names), left, len(waiting), len(texts) - len(waiting))
    ]
    lines += [f"· {item.id}《{item.title}》{plan.blocked[item.id]}" for item in waiting]
    if not texts:
        lines.append(messages.DRAFT_NONE)
    if push.provisional:
        lines.append(messages.CALENDAR_PROVISIONAL)
    return "\n".join(lines)


def _speaks_of(item: Item, names: Iterable[str], day: date) -> bool:
    fits = item.kind is Kind.NODE and bool(set(item.nodes) & set(names)) and not item.status
    return fits and in_force(item, day)


def _workdays_until(day: date, last: date, plan: Plan) -> int:
    days = [day + n * ONE for n in range(1, (last - day).days + 1)]
    return sum(plan.calendar.is_workday(one) for one in days)


def _stock_words(plan: Plan, history: Sequence[Push], day: date) -> str:
    cases = [
        item
        for item in plan.items
        if item.kind in (Kind.SCENARIO, Kind.REPOST)
        and not item.status
        and lesson_of(item) is None
        and in_force(item, day)
    ]
    approved = [item for item in cases if not plan.blocked.get(item.id)]
    rested = usable(approved, plan, history, day)
    lines = [
        messages.STOCK.format(rested, len(cases) - len(approved), len(approved) - rested),
    ]
    skips = plan_span(day, AHEAD, plan, history).skipped
    names = {rule.key: rule.name for rule in plan.rules}
    names |= {node.key: node.name for node in plan.nodes}
    dry = dict.fromkeys(
        messages.DRY.format(names.get(skip.rule, skip.rule), f"{skip.date:%m-%d}", skip.reason)
        for skip in skips
        if messages.is_dry(skip.reason)
    )
    return "\n".join([*lines, *dry])


def usable(cases: Sequence[Item], plan: Plan, history: Sequence[Push], day: date) -> int:
    """Return how many of `cases` rest no more, for the target that has the fewest."""
    counts = []
    for target in plan.receivers:
        used = {push.item: push.due.date() for push in history if push.target == target.id}
        rested = [
            item
            for item in cases
            if item.id not in used or (day - used[item.id]).days >= 7 * item.cooldown_weeks
        ]
        counts.append(len(rested))
    return min(counts, default=len(cases))
