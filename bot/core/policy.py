"""Decent hours, caps, pace: when anything may be said at all (DESIGN §3.5).

Arithmetic on times that are passed in, so it holds in simulated time and across processes.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta

from bot.core.model import SHANGHAI, Kind

IsWorkday = Callable[[date], bool]
Windows = tuple[tuple[time, time], ...]

MORNING, AFTERNOON = (time(9, 10), time(11, 20)), (time(14, 40), time(17, 10))
SILENT_DAYS = frozenset({(12, 13)})  # 国家公祭日: nothing is sent
AVOIDED_MINUTES = frozenset({0, 30})  # WeCom asks for that (wecom/api.md §3.2)
# Push window of a minute and the quota within it; 20 at once and 20 more a minute later is
# right under a fixed and under a sliding window (wecom/api.md §1.2).
MINUTE = timedelta(seconds=60)

# The lower goes first when a week has more than it may hold.
RANKS = {
    "correction": 0,
    "final": 1,
    "main": 2,
    "leaders": 2,
    "manual": 3,
    "early": 4,
    "after": 4,
    "duty": 5,
    "case": 6,
    "study": 7,
    "notice": 8,  # to the office's own group; no cap of staff is touched
    "summary": 9,
}


@dataclass(frozen=True, kw_only=True)
class Policy:
    """What the unit allows; the defaults are the product's promise."""

    windows: Windows = (MORNING, AFTERNOON)
    a_day: int = 1
    a_week: int = 2
    a_node_week: int = 3
    blackout: frozenset[date] = frozenset()  # days on which the unit wants nothing sent


def rank_of(part: str, kinds: Sequence[Kind] = ()) -> int:
    """Return the rank of a node's part, or of a rule by the kinds it chooses from."""
    if not kinds:
        return RANKS[part]
    if Kind.DUTY in kinds:
        return RANKS["duty"]
    warns = any(kind in (Kind.SCENARIO, Kind.REPOST, Kind.NODE) for kind in kinds)
    return RANKS["case"] if warns else RANKS["study"]


def warns(node: str, part: str) -> bool:
    """Whether a push warns of a node, so that its week is a node week (three instead of two).

    A word after the days off warns of nothing: its week is a week like any other.
    """
    return bool(node) and part != "after"


def open_day(day: date, is_workday: IsWorkday, blackout: frozenset[date] = frozenset()) -> bool:
    """Whether anything may be sent on `day` at all."""
    return (day.month, day.day) not in SILENT_DAYS and day not in blackout and is_workday(day)


def permitted(moment: datetime, policy: Policy, is_workday: IsWorkday) -> bool:
    """Whether a message may leave at `moment`."""
    clock = moment.timetz().replace(tzinfo=None)
    inside = any(start <= clock < end for start, end in policy.windows)
    return (
        inside
        and moment.minute not in AVOIDED_MINUTES
        and open_day(moment.date(), is_workday, policy.blackout)
    )


def next_permitted(moment: datetime, policy: Policy, is_workday: IsWorkday) -> datetime:
    """Return `moment`, or the first moment after it at which a message may leave."""
    if permitted(moment, policy, is_workday):
        return moment
    if moment.minute in AVOIDED_MINUTES:
        minute = moment.replace(second=0, microsecond=0) + timedelta(minutes=1)
        if permitted(minute, policy, is_workday):
            return minute
    day = moment.date()
    while True:
        if open_day(day, is_workday, policy.blackout):
            for start, _ in policy.windows:
                opening = _off_the_half_hour(datetime.combine(day, start, SHANGHAI))
                if opening >= moment:
                    return opening
        day += timedelta(days=1)


def closing(day: date, policy: Policy) -> datetime:
    """Return when the last window of `day` closes."""
    return datetime.combine(day, policy.windows[-1][1], SHANGHAI)


def slot_time(day: date, slot: str, seed: str, policy: Policy) -> datetime:
    """Return when a push of `day` is due: the window's start plus 3-12 minutes.

    The offset depends on `seed` (target and occurrence) alone, so a dry run equals reality and
    a hundred groups do not speak in the same second.
    """
    start = policy.windows[0 if slot == "上午" else -1][0]
    due = datetime.combine(day, start, SHANGHAI) + timedelta(seconds=180 + _spread(seed, 540))
    return _off_the_half_hour(due)


def _off_the_half_hour(moment: datetime) -> datetime:
    return moment + timedelta(minutes=1) if moment.minute in AVOIDED_MINUTES else moment


def summary_time(day: date, seed: str) -> datetime:
    """Return when the weekly summary leaves: between 09:11 and 09:27."""
    return datetime.combine(day, time(9, 11), SHANGHAI) + timedelta(seconds=_spread(seed, 960))


def _spread(seed: str, width: int) -> int:
    return int.from_bytes(hashlib.sha256(seed.encode()).digest()[:4]) % width


def next_slot(
    sent: Sequence[datetime], limit: int, now: datetime, window: timedelta = MINUTE
) -> datetime:
    """Return the first moment, from `now` on, at which one more send keeps `limit` a window.

    `sent` are the times of earlier sends, in any order. Right under a sliding window, and so
    under a fixed one too.
    """
    recent = sorted(sent)[-limit:]
    if len(recent) < limit:
        return now
    return max(now, recent[0] + window)
