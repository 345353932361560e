"""Who is meant: the 对象 of a text, and the audience of a target or a rule.

A text may name several (领导班子、党支部书记); a target and a rule have one.
"""

from __future__ import annotations

import re
from functools import lru_cache

from bot.core.model import Item

EVERYBODY = frozenset({"", "全体", "党员"})  # the audiences that are no role
LEADERS = "领导干部"
_LEADERS = frozenset({LEADERS, "领导班子"})  # one role under two names
_LEADERS_LEVEL = "领导"
_BETWEEN = re.compile(r"\s*[、，,；;]\s*")


def same(one: str, other: str) -> bool:
    """Whether two audiences are the same people."""
    return one == other or (one in _LEADERS and other in _LEADERS)


def leads(audience: str) -> bool:
    return audience in _LEADERS


def named(item: Item) -> frozenset[str]:
    """Return the audiences that a text names; none where it is for all."""
    return _named(item.audience)


@lru_cache(1024)  # ten thousand texts say the same few words
def _named(audience: str) -> frozenset[str]:
    found = frozenset(_BETWEEN.split(audience)) - {""}
    return frozenset() if "全体" in found else found


def names(item: Item, audience: str) -> bool:
    """Whether a text names this audience outright."""
    return any(same(one, audience) for one in named(item))


def for_leaders(item: Item) -> bool:
    return item.level == _LEADERS_LEVEL or names(item, LEADERS)


def suits(item: Item, audience: str) -> bool:
    """Whether a text is written for an audience: what is for all suits everybody."""
    if names(item, audience):
        return True
    if item.level == _LEADERS_LEVEL and not leads(audience):
        return False
    return not named(item) or ("党员" in named(item) and audience not in EVERYBODY)
