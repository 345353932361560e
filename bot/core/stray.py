"""Tables of nodes.toml and rhythm.toml that read well and come to nothing, or to what nobody meant.

Each is a warning at its line: the table is used as it stands, and the others too.
"""

from __future__ import annotations

import difflib
import re
from collections.abc import Iterable, Iterator, Sequence
from datetime import date
from itertools import pairwise

from bot.core import messages
from bot.core.dates import HOLIDAYS, windows
from bot.core.model import Node, Problem, Rule
from bot.core.schedules import line_of

LONGEST = 200  # days of a window over the new year; longer ones were written backwards
_YEARS = range(2026, 2030)


def stray_nodes(
    nodes: Sequence[Node], known: Sequence[str], given: Iterable[str], text: str, path: str
) -> list[Problem]:
    """Return what to ask the author of nodes.toml; `given` are the names that overrides use."""
    names = {*HOLIDAYS, *filter(None, given)}
    return [
        _told(text, path, node.key, says, "schedule-node")
        for node in nodes
        for says in _of_node(node, frozenset(known), names)
    ]


def stray_rules(
    rules: Sequence[Rule], nodes: Sequence[Node], text: str, path: str
) -> list[Problem]:
    """Return what to ask the author of rhythm.toml."""
    keys = {node.key for node in nodes if not node.evergreen}  # those have no pushes of their own
    found = [
        (rule, messages.RULE_NAMED_AS_NODE.format(rule.key)) for rule in rules if rule.key in keys
    ]
    found += [
        (rule, messages.RULE_ON_WEEKENDS.format(rule.key, "六日"[rule.weekday - 6]))
        for rule in rules
        if rule.every == "week" and rule.weekday > 5
    ]
    return [_told(text, path, rule.key, says, "schedule-rule") for rule, says in found]


def _of_node(node: Node, known: frozenset[str], holidays: set[str]) -> Iterator[str]:
    if node.holiday and node.holiday not in holidays:
        near = _nearest(node.holiday, holidays)
        yield messages.NODE_NO_HOLIDAY.format(node.key, node.holiday, near)
    for name in node.follows:
        if name not in known or name == node.name:
            near = _nearest(name, known - {node.name})
            yield messages.NODE_FOLLOWS_NOTHING.format(node.key, name, near)
    leads = {"early": node.early, "main": node.main, "final": node.final}
    parts = node.parts or tuple(leads)
    in_use = [name for name in leads if name in parts and (leads[name] or name != "early")]
    for sooner, later in pairwise(in_use):
        if leads[sooner] < leads[later]:
            yield messages.NODE_LEADS_TURNED.format(node.key, sooner, later)
    if any((last - first).days > LONGEST for first, last in _over_new_year(node)):
        yield messages.NODE_WINDOW_TURNED.format(node.key)


def _over_new_year(node: Node) -> Iterator[tuple[date, date]]:
    """Yield the first and last days of windows that name no year and end in the next one."""
    if any(re.search(r"\d{4}-", words) for words in node.window):
        return
    for year in _YEARS:
        for found in windows(node, year):
            if found.last.year > year:
                yield found.first, found.last


def _nearest(word: str, known: Iterable[str]) -> str:
    near = difflib.get_close_matches(word, sorted(known), n=1, cutoff=0.5)
    return messages.IDLE_NEAREST.format(near[0]) if near else ""


def _told(text: str, path: str, key: str, message: str, code: str) -> Problem:
    line = line_of(text, f"[{key}]")
    return Problem(path=path, line=line, severity="warning", code=code, message=message)
