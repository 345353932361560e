"""Rules of rhythm.toml that select nothing: told with their line and what to look at.

A rule that finds no text is silent for ever, and nobody misses what never came.
"""

from __future__ import annotations

import difflib
from collections.abc import Iterable, Iterator, Sequence
from datetime import date

from bot.core import messages, roles
from bot.core.choice import passes
from bot.core.model import Item, Problem, Rule
from bot.core.plan import lesson_of
from bot.core.schedules import Schedules

PATH, NODES = "schedules/rhythm.toml", "schedules/nodes.toml"


def idle_rules(schedules: Schedules, items: Sequence[Item], today: date) -> list[Problem]:
    """Return a Problem for each rule in force for which the library holds no text at all."""
    if not items:
        return []  # an empty library is its own problem
    return _no_nodes(schedules, items) + [
        Problem(
            path=PATH,
            line=schedules.rule_lines.get(rule.key, 0),
            severity="warning",
            code="rule-idle",
            message=messages.RULE_IDLE.format(rule.key, _why(rule, items, today)),
        )
        for rule in schedules.rules
        if (rule.last is None or rule.last >= today)
        and not any(_lasts(item, today) for item in _selected(rule, items))
    ]


def _no_nodes(schedules: Schedules, items: Iterable[Item]) -> list[Problem]:
    """Say once, and not at each text, that there are no nodes for which texts wait."""
    if schedules.known or not any(item.nodes for item in items):
        return []
    says = messages.NO_NODES
    return [Problem(path=NODES, line=0, severity="warning", code="schedule-node", message=says)]


def filed(item: Item) -> tuple[object, ...]:
    """Return where a text is filed: all that a rule of rhythm.toml selects by."""
    lists = (item.nodes, item.tags, item.posts)
    words = (item.kind, item.series, item.level, item.audience, item.corrects, item.status)
    return (*lists, *words, item.expires)


def _selected(rule: Rule, items: Iterable[Item]) -> Iterator[Item]:
    for item in items:
        if item.status or item.corrects:
            continue
        lesson = lesson_of(item)
        if rule.series:
            if lesson and lesson[0] == rule.series:
                yield item
        elif (
            lesson is None and item.kind in rule.kinds and passes(item, rule) and _heard(item, rule)
        ):
            yield item


def _heard(item: Item, rule: Rule) -> bool:
    """Whether anybody whom the rule speaks to could be told this text."""
    audiences = (rule.audience,) if rule.audience else roles.EVERYBODY
    return any(roles.suits(item, audience) for audience in audiences)


def _lasts(item: Item, today: date) -> bool:
    return item.expires is None or item.expires >= today


def _why(rule: Rule, items: Sequence[Item], today: date) -> str:
    """Say which line of the rule leaves nothing over."""
    if any(_selected(rule, items)):
        return messages.IDLE_EXPIRED
    if rule.series:
        series = {lesson[0] for lesson in map(lesson_of, items) if lesson}
        return messages.IDLE_WORD.format("series", rule.series) + _nearest(rule.series, series)
    of_kind = [item for item in items if item.kind in rule.kinds and lesson_of(item) is None]
    if not of_kind:
        return messages.IDLE_KIND.format("、".join(rule.kinds))
    for name, wanted, there in (
        ("nodes", rule.nodes, {node for item in of_kind for node in item.nodes}),
        ("tags", rule.tags, {tag for item in of_kind for tag in item.tags}),
        ("posts", rule.posts, {post for item in of_kind for post in item.posts}),
        ("levels", rule.levels, {item.level for item in of_kind}),
    ):
        if wanted and not set(wanted) & there:
            return messages.IDLE_WORD.format(name, wanted[0]) + _nearest(wanted[0], there)
    if rule.audience and not any(_heard(item, rule) for item in of_kind):
        there = {name for item in of_kind for name in roles.named(item)}
        return messages.IDLE_WORD.format("audience", rule.audience) + _nearest(rule.audience, there)
    return messages.IDLE_TOGETHER


def _nearest(word: str, known: Iterable[str]) -> str:
    near = difflib.get_close_matches(word, sorted(known), n=1, cutoff=0.5)
    return messages.IDLE_NEAREST.format(near[0]) if near else ""
