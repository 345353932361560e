"""Gathers what the store holds into the summary of a month, a quarter or a year."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime

from bot.core import messages
from bot.core.calendar import iso_week
from bot.core.disclosure import by_text
from bot.core.model import Push, State, is_private
from bot.core.periods import Part, Period, PeriodSummary, ends_of, guard_of, node_lines
from bot.core.planning import Plan
from bot.core.reading import Acts, Figures, figures, questions, reading_until
from bot.library.folder import Library
from bot.store import Store


async def build(
    store: Store,
    library: Library,
    plan: Plan,
    *,
    span: Period,
    as_of: datetime,
    review: bool = True,
    stopped: Iterable[tuple[datetime, str]] = (),
) -> PeriodSummary:
    """Count the acts before `as_of` in the weeks of a period."""
    rows = [push for push in await store.pushes() if push.item and not is_private(push.target)]
    due = [push for push in rows if span.first <= push.due.date() <= span.last]
    weeks: dict[str, list[Push]] = {week: [] for week in span.weeks}
    for push in rows:
        if push.state is not State.SENT or push.sent_at is None or push.sent_at >= as_of:
            continue
        if (week := iso_week(push.sent_at.date())) in weeks:
            weeks[week].append(push)
    wanted = {one for group in weeks.values() for one in questions(group, plan.calendar, as_of)}
    acts = await store.counted(wanted, ())

    def part(name: str, names: Sequence[str]) -> Part:
        groups = [weeks[week] for week in names]
        closed = [group for group in groups if _closed(group, plan, as_of)]
        return Part(
            name=name,
            texts=len(by_text(push for group in groups for push in group)),
            figures=_sum(closed, acts, plan, as_of),
            open=len(closed) < sum(bool(group) for group in groups),
        )

    sent = [push for group in weeks.values() for push in group]
    counts = await store.counts(span.first.isoformat(), span.last.isoformat())
    return PeriodSummary(
        name=span.name,
        as_of=as_of,
        parts=tuple(part(name, names) for name, names in span.parts),
        texts=len(by_text(sent)),
        pushes=len(sent),
        targets=len({push.target for push in sent}),
        guard=guard_of(
            sent,
            [what for when, what in stopped if span.first <= when.date() <= span.last],
            review,
        ),
        nodes=node_lines(due, {item.id: item.title for item in library.items}),
        ends=ends_of(push for push in due if push.due < as_of),
        feedback=tuple(
            (words, counts[name]) for name, words in messages.FEEDBACK.items() if counts.get(name)
        ),
    )


def _closed(pushes: Sequence[Push], plan: Plan, as_of: datetime) -> bool:
    moments = [push.sent_at for push in pushes if push.sent_at]
    return bool(moments) and reading_until(max(moments), plan.calendar) <= as_of


def _sum(groups: Sequence[Sequence[Push]], acts: Acts, plan: Plan, as_of: datetime) -> Figures:
    found = (figures(group, acts, plan.calendar, as_of) for group in groups)
    return sum(found, Figures())
