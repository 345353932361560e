"""What is not sent, as people read it: each reason once, with all its days."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any


def skipped(skips: Sequence[Mapping[str, Any]]) -> list[tuple[str, str, str, tuple[str, ...]]]:
    """Return what is not sent as (rule, reason, its days, its targets), each reason once."""
    days: dict[tuple[str, str], dict[str, None]] = {}
    who: dict[tuple[str, str], dict[str, None]] = {}
    for skip in skips:
        at = (skip["rule"], skip["reason"])
        days.setdefault(at, {})[skip["date"]] = None
        who.setdefault(at, {}).update({skip["target"]: None} if skip["target"] else {})
    return [
        (rule, reason, "、".join(_days(found)), tuple(who[rule, reason]))
        for (rule, reason), found in days.items()
    ]


def _days(dates: Mapping[str, None]) -> list[str]:
    """Return days as people list them: the year once, then month and day."""
    year, words = "", []
    for day in sorted(dates):
        words.append(day[5:] if day[:4] == year else day)
        year = day[:4]
    return words
