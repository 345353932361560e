"""Gathers what the store holds into one Summary."""

from __future__ import annotations

from bisect import bisect_left
from collections import Counter
from collections.abc import Callable, Collection, Iterable, Sequence
from dataclasses import replace
from datetime import date, datetime, timedelta

from bot.core import asking, messages, telling
from bot.core.calendar import iso_week, monday_of
from bot.core.dates import ONE
from bot.core.disclosure import MIN_PEOPLE
from bot.core.model import DEFER, Push, State, Target, is_private
from bot.core.planning import Plan, Planned, plan_span
from bot.core.summary import Summary, asked, first_week, summarise
from bot.library.folder import Library
from bot.store import Store

Span = Callable[[date, int, Plan, Sequence[Push]], Planned]  # first day, days, plan, rows
MOST_REASONS = 3  # why nothing was sent
MOST_NAMED = 5  # of texts that have expired


def reported_week(day: date) -> str:
    """Return the ISO week that a summary of `day` speaks of: the one before."""
    return iso_week(day - timedelta(days=7))


def week_told(occurrence: str) -> str:
    """Return the ISO week that the summary of an occurrence, summary-2026W26, speaks of."""
    year, _, week = occurrence.removeprefix("summary-")[:7].partition("W")
    return reported_week(monday_of(f"{year}-W{week}"))


async def build(
    store: Store,
    library: Library,
    plan: Plan,
    *,
    week: str,
    as_of: datetime,
    review: bool = True,
    min_people: int = MIN_PEOPLE,
    per_target: str = "console",
    stopped: Iterable[tuple[datetime, str]] = (),
    spanned: Span = plan_span,
) -> Summary:
    """Count the acts before `as_of` for the summary of `week`; `spanned` may know the plan."""
    # Not counted: the summary's own push, and what the administrator tried on himself.
    items = [push for push in await store.pushes() if push.item and not is_private(push.target)]
    wanted = asked(week, items, calendar=plan.calendar, as_of=as_of)
    acts = await store.counted(wanted.questions, wanted.named)
    monday = monday_of(week) + timedelta(days=7)
    ahead = spanned(monday, 7, plan, items)
    coming = ahead.pushes
    since, sunday = monday_of(first_week(week, plan.calendar)), monday - ONE
    found = await store.counts(since.isoformat(), sunday.isoformat())
    built = summarise(
        week,
        replace(acts, pushes=items),
        calendar=plan.calendar,
        as_of=as_of,
        targets=plan.targets,
        titles=_titles(library, items),
        exceptions=[
            *await _exceptions(store, ahead, plan.targets, review, as_of.date().isoformat()),
            *await _put_off(store, library, coming),
            *_expired(library, since, as_of.date()),
        ],
        coming=_coming(coming, library),
        min_people=min_people,
        stopped=stopped,
        reviewed=review,
    )
    heard = [(words, found[name]) for name, words in messages.FEEDBACK.items() if found.get(name)]
    built = replace(built, feedback=tuple(heard))
    built = await with_pages(built, store, items, as_of)
    built = replace(built, misunderstood=await hardest(store, library, items, built, min_people))
    if not built.guard.sent:
        built = replace(built, idle=await _idle(store, plan, items, since, sunday, spanned))
    if kept := await store.summary(_lines_name(built.headline_week or "")):
        built = replace(built, items=telling.item_lines_of(kept["items"]))
    return replace(built, targets=()) if per_target == "off" else built


def _titles(library: Library, pushes: Iterable[Push]) -> dict[str, str]:
    """Return the titles of what was pushed: of few texts, however many there are."""
    found = {name: library.item(name) for name in {push.item for push in pushes}}
    return {name: item.title for name, item in found.items() if item is not None}


async def keep_lines(
    store: Store,
    library: Library,
    plan: Plan,
    before: date,
    as_of: datetime,
    min_people: int,
    most: int = 1000,
) -> bool:
    """Keep the lines of the texts sent up to `before`, `most` weeks at once; say whether all are.

    What a line may tell is decided by people. Once their names have been turned into counts
    nobody could decide it again, and the ledger would have to withhold every figure.
    """
    rows = [push for push in await store.pushes([State.SENT]) if push.item]
    sent = [push.sent_at.date() for push in rows if push.sent_at]
    weeks = sorted({iso_week(day) for day in sent if day <= before})
    open_ = [week for week in weeks if await store.summary(_lines_name(week)) is None]
    for week in open_[:most]:
        built = await build(
            store,
            library,
            plan,
            week=week,
            as_of=as_of,
            min_people=min_people,
            spanned=lambda *_: Planned(),  # no line tells of what was ahead
        )
        if built.headline_week == week:  # else it is still being read
            items = telling.as_json(built)["items"]
            await store.keep_summary(_lines_name(week), {"items": items})
    return len(open_) <= most


def _lines_name(week: str) -> str:
    return f"lines-{week}"


async def with_pages(
    built: Summary, store: Store, items: Sequence[Push], as_of: datetime
) -> Summary:
    """Add what the pages told without a person: how often opened, 已阅 of how many browsers."""
    counts = await store.counts("", as_of.date().isoformat())

    def told(weeks: Collection[str]) -> tuple[int, int]:
        mine = [one.key for one in items if one.sent_at and iso_week(one.sent_at.date()) in weeks]
        opened, nobodys = (
            sum(counts.get(f"{what}/{key}", 0) for key in mine) for what in ("opened", "anonymous")
        )
        return opened, nobodys

    opened, nobodys = told({built.headline_week or ""})
    running_opened, running_nobodys = told({built.week})
    return replace(
        built,
        headline=replace(built.headline, opened=opened, anonymous=nobodys),
        running=replace(built.running, opened=running_opened, anonymous=running_nobodys),
    )


async def hardest(
    store: Store, library: Library, items: Sequence[Push], built: Summary, least: int
) -> str:
    """Tell the question of the headline week that most who answered it answered wrongly."""
    counts, found = await store.counts(), dict[str, tuple[str, int, int]]()
    for push in items:
        week = iso_week(push.sent_at.date()) if push.sent_at else ""
        item = library.item(push.item)
        asks = asking.question_of(item) if item and week == built.headline_week else None
        if item is None or asks is None:
            continue
        stem = push.key.rpartition("@")[0]
        answers, right = asking.chosen(stem, asks, counts)
        words = messages.ASKED.format(item.title, asks.stem, answers, right, asks.right)
        found[stem] = words, answers, right
    worst = asking.hardest(found.values(), least)
    return worst[0] if worst else ""


async def _idle(
    store: Store, plan: Plan, items: Sequence[Push], first: date, last: date, spanned: Span
) -> tuple[str, ...]:
    """Return why nothing was sent in the weeks reported on, the most frequent reasons first.

    A pause explains all of it, also one that is over by now.
    """
    pause = (await store.targets()).get("*")
    if pause is not None and pause.disabled and pause.since and pause.since.date() <= last:
        return (pause.disabled,)
    trail = [row.entry for row in await store.audits(what=("paused",))]
    if began := [entry.at for entry in trail if first <= entry.at.date() <= last]:
        return (messages.IDLE_PAUSED.format(min(began)),)
    ended = [push.reason for push in items if first <= push.due.date() <= last and push.reason]
    planned = spanned(first, (last - first).days + 1, plan, items)
    reasons = Counter([*ended, *(skip.reason for skip in planned.skipped)])
    return tuple(why for why, _ in reasons.most_common(MOST_REASONS))


async def _exceptions(
    store: Store, ahead: Planned, targets: Sequence[Target], review: bool, today: str
) -> list[str]:
    coming = ahead.pushes
    names = {target.id: target.name for target in targets}
    found = [
        messages.PAUSE_HOLDS.format(state.disabled)
        if state.id == "*"
        else messages.TARGET_DISABLED.format(names.get(state.id, state.id), state.disabled)
        for state in (await store.targets()).values()
        if state.disabled
        and not state.id.startswith(DEFER)
        and not (state.id == "*" and state.way and state.way <= today)
    ]
    if not review:
        found.append(messages.REVIEW_OFF)
    blocked = {push.item: push.blocked for push in coming if push.blocked}
    found += [messages.COMING_BLOCKED.format(item, why) for item, why in sorted(blocked.items())]
    found += dict.fromkeys(
        messages.DRY_WEEK.format(skip.date, skip.rule, skip.reason)
        for skip in ahead.skipped
        if messages.is_dry(skip.reason)
    )
    if any(push.provisional for push in coming):
        found.append(messages.CALENDAR_PROVISIONAL)
    return found


async def _put_off(store: Store, library: Library, coming: Sequence[Push]) -> list[str]:
    """Tell what 暂缓 keeps back and can still be let go, and how."""
    waiting = [*await store.pushes([State.PLANNED]), *coming]
    known = {push.key.rpartition("@")[0]: push for push in waiting if push.item}
    found = []
    for state in (await store.targets()).values():
        stem = state.id.removeprefix(DEFER)
        if not (state.id.startswith(DEFER) and state.disabled and stem in known):
            continue
        item = library.item(known[stem].item)
        title = f"《{item.title}》" if item else stem
        found.append(messages.PUT_OFF.format(title, state.disabled, stem))
    return found


def _expired(library: Library, since: date, today: date) -> list[str]:
    """Tell which texts passed their 失效 since the weeks reported on began: nothing sends them."""
    known = library.by_expiry
    begin, end = bisect_left(known, (since, 0)), bisect_left(known, (today, 0))
    items = [library.items[n] for n in sorted(n for _, n in known[begin:end])]
    gone = [f"《{item.title}》" for item in items if not item.status]
    if not gone:
        return []
    more = messages.TEXTS_MORE.format(len(gone)) if len(gone) > MOST_NAMED else ""
    return [messages.TEXTS_EXPIRED.format("".join(gone[:MOST_NAMED]), more)]


def _coming(pushes: Sequence[Push], library: Library) -> list[str]:
    """One line an occurrence, however many targets hear it."""
    lines: dict[tuple[str, str], str] = {}
    for push in pushes:
        item = library.item(push.item)
        title = item.title if item else push.item
        weekday = "一二三四五六日"[push.due.weekday()]
        mark = f"（{messages.PROVISIONAL}）" if push.provisional else ""
        line = f"{push.due:%m-%d} 周{weekday} {messages.PARTS.get(push.part, '')}{title}{mark}"
        lines.setdefault((push.occurrence, push.part), line)
    return list(lines.values())
