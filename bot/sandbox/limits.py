"""Rates and lengths as arithmetic, on the world's clock and never on the wall's."""

from bisect import bisect_left
from collections import deque
from datetime import datetime, timedelta
from itertools import repeat

from bot.sandbox.switches import Shape

__all__ = ["Shape", "Window", "Windows", "cut", "size"]


class Window:
    """At most `quota` events in `seconds`, either in every span or in every clock-aligned one.

    Which of the two WeCom uses is UNVERIFIED (wecom/api.md §1.2), hence `shape` on each question.
    An event exactly `seconds` old no longer counts. "block" is sliding, and whoever goes over it
    is out for a whole window (§3.7).
    """

    def __init__(self, quota: int, seconds: int) -> None:
        self.quota = quota
        self.span = timedelta(seconds=seconds)
        self._events: deque[datetime] = deque()
        self._blocked_until: datetime | None = None

    def full(self, at: datetime, shape: Shape = "sliding", count: int = 1) -> bool:
        """Would `count` more events at `at` be over the quota?"""
        if shape == "sliding" and len(self._events) + count <= self.quota:
            return False  # however old they are
        while self._events and at - self._events[0] >= self.span:
            self._events.popleft()
        if shape == "fixed":
            passed = int(at.timestamp()) % int(self.span.total_seconds())
            start = at.replace(microsecond=0) - timedelta(seconds=passed)
            return len(self._events) - bisect_left(self._events, start) + count > self.quota
        if shape == "block" and self._blocked_until is not None and at < self._blocked_until:
            return True
        return len(self._events) + count > self.quota

    def add(self, at: datetime, count: int = 1) -> None:
        """Count `count` events at `at`."""
        if count == 1:
            self._events.append(at)
        else:
            self._events.extend(repeat(at, count))

    def refused(self, at: datetime) -> None:
        """Somebody went over the quota at `at`: with "block", nothing more for a whole span."""
        if self._blocked_until is None or at >= self._blocked_until:
            self._blocked_until = at + self.span


class Windows:
    """Several windows that an event must fit all at once, e.g. 30 a minute and 1,000 an hour."""

    def __init__(self, *quotas: tuple[int, int]) -> None:
        self._windows = [Window(quota, seconds) for quota, seconds in quotas]

    def take(self, at: datetime, shape: Shape = "sliding", count: int = 1) -> bool:
        """Count `count` events at `at` if all of them fit; refused ones are not counted."""
        fits = True
        for window in self._windows:
            if window.full(at, shape, count):
                window.refused(at)
                fits = False
        if fits:
            for window in self._windows:
                window.add(at, count)
        return fits

    def resize(self, *quotas: int) -> None:
        """Other quotas from now on, for the same spans."""
        for window, quota in zip(self._windows, quotas, strict=True):
            window.quota = quota


def size(text: str) -> int:
    """Bytes in UTF-8, the unit of all hard limits of WeCom."""
    return len(text.encode())


def cut(text: str, limit: int) -> str:
    """The longest beginning of `text` within `limit` bytes, never half a character."""
    return text.encode()[:limit].decode(errors="ignore")
