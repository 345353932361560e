"""What one target was told, and is to be told: what the choice of the next text looks back on."""

from __future__ import annotations

from bisect import bisect_left, bisect_right, insort
from collections.abc import Iterable, Iterator
from datetime import date
from operator import attrgetter

from bot.core.model import Item, Push, State

_ORDER = attrgetter("due", "key")
UNSAID = frozenset({State.SKIPPED, State.EXPIRED, State.REFUSED})


class Memory:
    """The pushes of one target; grows while a plan is made."""

    __slots__ = ("_told", "_weeks", "covered", "rows", "sign", "texts", "used")

    def __init__(self, pushes: Iterable[Push] = ()) -> None:
        self.rows: dict[str, Push] = {}
        self._weeks: dict[int, list[Push]] = {}  # by the number of their Monday
        self.sign = 0  # two targets with one sign were told the same: one choice serves both
        self.used: dict[str, date] = {}  # item -> the last day it was sent or was to be
        self.covered: dict[tuple[str, str], set[str]] = {}  # (part, occurrence) -> push keys
        self.texts: dict[str, set[str]] = {}  # occurrence -> items that spoke of it
        self._told: list[tuple[date, str, str]] = []  # (day, push key, item), by day
        for push in sorted(pushes, key=_ORDER):
            self.add(push)

    def add(self, push: Push) -> None:
        key, item, covers, day = push.key, push.item, push.covers, push.due.date()
        self.rows[key] = push
        self._weeks.setdefault(day.toordinal() - day.weekday(), []).append(push)
        self.sign = hash((self.sign, day, item, push.part, covers, push.state))
        for occurrence in covers:
            self.covered.setdefault((push.part, occurrence), set()).add(key)
            self.texts.setdefault(occurrence, set()).add(item)
        if item:
            last = self.used.get(item)
            if last is None or last < day:
                self.used[item] = day
            told = day, key, item
            if not self._told or self._told[-1] < told:  # as it nearly always comes
                self._told.append(told)
            else:
                insort(self._told, told)

    def week(self, monday: date) -> list[Push]:
        return self._weeks.get(monday.toordinal(), [])

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
