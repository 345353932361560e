"""Decent hours, caps, pace: when anything may be said at all (DESIGN §3.5).

Arithmetic on times that are passed in, so it holds in simulated time and across processes.
"""

from __future__ import annotations

import hashlib
from bisect import bisect_left
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta

from bot.core.model import SHANGHAI, Kind

IsWorkday = Callable[[date], bool]
Windows = tuple[tuple[time, time], ...]

MORNING, AFTERNOON = (time(9, 10), time(11, 20)), (time(14, 40), time(17, 10))
LATELY = timedelta(days=60)  # what leaves, or left this week, was due within these
SILENT_DAYS = frozenset({(12, 13)})  # 国家公祭日: nothing is sent
AVOIDED_MINUTES = frozenset({0, 30})  # WeCom asks for that (wecom/api.md §3.2)
# Push window of a minute and the quota within it; 20 at once and 20 more a minute later is
# right under a fixed and under a sliding window (wecom/api.md §1.2).
MINUTE, HOUR, LONGEST = timedelta(seconds=60), timedelta(hours=1), timedelta(days=1)
GRACE = timedelta(seconds=1)  # a call reaches WeCom a little after it left here

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
    due = datetime.combine(day, start, SHANGHAI) + timedelta(seconds=180 + spread(seed, 540))
    return _off_the_half_hour(due)


def _off_the_half_hour(moment: datetime) -> datetime:
    return moment + timedelta(minutes=1) if moment.minute in AVOIDED_MINUTES else moment


def summary_time(day: date, seed: str) -> datetime:
    """Return when the weekly summary leaves, its picture just behind it: 09:11 to 09:27."""
    return datetime.combine(day, time(9, 11), SHANGHAI) + timedelta(seconds=spread(seed, 930))


def spread(seed: str, width: int) -> int:
    """Return 0 … width-1, by the seed alone."""
    return int.from_bytes(hashlib.sha256(seed.encode()).digest()[:4]) % width


@dataclass(frozen=True)
class Limit:
    """At most `quota` of something in any `window`."""

    quota: int
    window: timedelta = MINUTE


class Sends:
    """What was sent under one limit, in order: when, and how much of what is limited."""

    def __init__(self, times: Iterable[datetime] = ()) -> None:
        self._times: list[datetime] = []
        self._sums: list[int] = []  # of all that was ever added, up to and with each
        for moment in sorted(times):
            self.add(moment)

    def add(self, moment: datetime, weight: int = 1) -> None:
        """Count a send that begins at `moment`, not before those added already."""
        middle = len(self._times) // 2
        if middle > 2048 and self._times[middle] < moment - LONGEST:
            del self._times[:middle], self._sums[:middle]
        self._times.append(moment)
        self._sums.append((self._sums[-1] if self._sums else 0) + weight)

    def idle(self, now: datetime) -> bool:
        """Whether nothing that was counted matters to any limit any more."""
        return not self._times or now - self._times[-1] > LONGEST + GRACE

    def slot(self, limit: Limit, now: datetime, weight: int = 1) -> datetime:
        """Return the first moment from `now` on at which `weight` more keeps `limit`."""
        if not self._sums:
            return now
        over = self._sums[-1] - max(0, limit.quota - weight)
        last = bisect_left(self._sums, over)  # up to here all must be past
        if over <= 0 or last >= len(self._times):
            return now
        return max(now, self._times[last] + limit.window + GRACE)


def next_slot(sent: Sends, limits: Iterable[Limit], now: datetime, weight: int = 1) -> datetime:
    """Return the first moment, from `now` on, at which `weight` more keeps all `limits`.

    Right under a sliding window, and so under a fixed one wherever it begins. Waiting longer
    breaks no limit, so the answers of several may be joined by their maximum.
    """
    found = now
    if not sent.idle(now):
        for limit in limits:
            found = max(found, sent.slot(limit, now, weight))
    return found
