"""What one target was told, and is to be told: what the choice of the next text looks back on."""

from __future__ import annotations

from bisect import bisect_left, bisect_right, insort
from collections.abc import Iterable, Iterator
from datetime import date, timedelta

from bot.core.model import Item, Push, State

UNSAID = frozenset({State.SKIPPED, State.EXPIRED, State.REFUSED})


class Memory:
    """The pushes of one target; grows while a plan is made."""

    __slots__ = ("_told", "_weeks", "covered", "rows", "sign", "texts", "used")

    def __init__(self, pushes: Iterable[Push] = ()) -> None:
        self.rows: dict[str, Push] = {}
        self._weeks: dict[date, list[Push]] = {}  # by Monday
        self.sign = 0  # two targets with one sign were told the same: one choice serves both
        self.used: dict[str, date] = {}  # item -> the last day it was sent or was to be
        self.covered: dict[tuple[str, str], set[str]] = {}  # (part, occurrence) -> push keys
        self.texts: dict[str, set[str]] = {}  # occurrence -> items that spoke of it
        self._told: list[tuple[date, str, str]] = []  # (day, push key, item), by day
        for push in sorted(pushes, key=lambda push: (push.due, push.key)):
            self.add(push)

    def add(self, push: Push) -> None:
        self.rows[push.key] = push
        day = push.due.date()
        self._weeks.setdefault(day - timedelta(days=day.weekday()), []).append(push)
        self.sign = hash((self.sign, day, push.item, push.part, push.covers, push.state))
        for occurrence in push.covers:
            self.covered.setdefault((push.part, occurrence), set()).add(push.key)
            self.texts.setdefault(occurrence, set()).add(push.item)
        if push.item:
            self.used[push.item] = max(day, self.used.get(push.item, day))
            insort(self._told, (day, push.key, push.item))

    def week(self, monday: date) -> list[Push]:
        return self._weeks.get(monday, [])

    def told(self, day: date) -> Iterator[str]:
        """Yield what was told up to `day`, the last first."""
        for n in range(bisect_right(self._told, (day, "￿")) - 1, -1, -1):
            yield self._told[n][2]

    def between(self, first: date, day: date) -> set[str]:
        """Return the items told from `first` to `day`."""
        start, end = bisect_left(self._told, (first,)), bisect_right(self._told, (day, "￿"))
        return {item for _, _, item in self._told[start:end]}

    def lesson(self, lessons: dict[int, Item], since: date | None) -> int:
        """Return the highest of numbered texts that was said, or is to be, since a day; else 0."""
        numbers = {item.id: number for number, item in lessons.items()}
        heard = [
            numbers[push.item]
            for push in self.rows.values()
            if push.item in numbers
            and push.state not in UNSAID
            and (since is None or push.due.date() >= since)
        ]
        return max(heard, default=0)
