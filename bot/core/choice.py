"""Which text a slot gets: deterministic, the same on any machine.

Only a text that fits is thought of: the kind and filters of the rule or the node's name, level
and audience, in force on the day. Of those, one that rests is left in peace (26 weeks; 40 for a
node's). Among the rest the first in this order is taken:

    of a node    approved; the one its earlier parts came from; for leaders one written for them;
                 rested; naming most of the nodes; longest unused; the freshest
    of a rule    approved; a model's turn after two warnings; no article of the last six weeks;
                 fewest tags of the last three; longest unused

and where all that is equal a hash of slot and text decides.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Mapping, Sequence
from datetime import date, timedelta
from functools import lru_cache

from bot.core import messages, roles
from bot.core.memory import Memory
from bot.core.model import Item, Kind, Rule, Target
from bot.core.plan import Plan, Slot, lesson_of

WARNINGS = frozenset({Kind.NODE, Kind.SCENARIO, Kind.REPOST})
WARNINGS_IN_A_ROW = 2  # then a model
TAGS_REST = timedelta(weeks=3)
ARTICLES_REST = timedelta(weeks=6)
_NEEDS = {"after": "节后"}  # a part that only this section can say
_ARTICLE = re.compile(r"《([^》]+)》|第([〇零一二三四五六七八九十百千\d]+)条")


def choose(slot: Slot, target: Target, plan: Plan, memory: Memory) -> tuple[Item | None, str]:
    """Return the text for a slot, or None and the reason.

    Beside a text the reason says what is odd about it: a node is warned of with a text that
    should rest rather than not at all.
    """
    name = (
        "choice",
        slot.stem,
        slot.covers,
        slot.day,
        target.audience,
        target.channel,
        memory.sign,
    )
    return plan.keep(name, lambda: _choose(slot, target, plan, memory))


def _choose(slot: Slot, target: Target, plan: Plan, memory: Memory) -> tuple[Item | None, str]:
    if slot.rule is not None and slot.rule.series:
        return _lesson(slot.rule, slot.day, target, plan, memory)
    fitting = [item for item in candidates(slot, target, plan) if in_force(item, slot.day)]
    names = messages.choice(slot.kinds, slot.node_names)
    if not fitting:
        return None, messages.SKIP_NO_TEXT.format(names)
    if slot.rule is None:
        item = _for_node(fitting, slot, target, plan, memory)
        return item, "" if _rested(item, slot, memory) else messages.TIRED_TEXT
    rested = [item for item in fitting if _rested(item, slot, memory)]
    if not rested:
        return None, messages.SKIP_ALL_USED.format(names)
    return _for_rule(rested, slot, plan, memory), ""


def why_no_text(slot: Slot, target: Target, plan: Plan, memory: Memory) -> str:
    """Return why no text could ever fit a slot, "" when one may: it takes no place without."""
    if slot.rule is not None and slot.rule.series:
        item, reason = _lesson(slot.rule, slot.day, target, plan, memory)
        return "" if item is not None else reason
    name = ("any", slot.stem, slot.covers, slot.day, target.audience, target.channel)
    if plan.keep(name, lambda: any(in_force(o, slot.day) for o in candidates(slot, target, plan))):
        return ""
    return messages.SKIP_NO_TEXT.format(messages.choice(slot.kinds, slot.node_names))


def in_force(item: Item, day: date) -> bool:
    begun = item.effective is None or item.effective <= day
    return begun and (item.expires is None or day <= item.expires)


# -- what fits ---------------------------------------------------------------------------------


def candidates(slot: Slot, target: Target, plan: Plan) -> list[Item]:
    rule = slot.rule.key if slot.rule else ""
    name = ("texts", rule, slot.node_names, slot.part, target.audience, target.channel)

    def found() -> list[Item]:
        return [one for one in _shelved(slot, plan) if _fits(one, slot, target)]

    return plan.keep(name, found)


def _shelved(slot: Slot, plan: Plan) -> Sequence[Item]:
    """Return the texts that fit a slot by kind or by node, in the order of the plan.

    A look at all of ten thousand for each slot of a year would take seconds.
    """
    if slot.node_names:
        ours = [plan.keep("by node", lambda: _by_node(plan)).get(n, {}) for n in slot.node_names]
    else:
        ours = [plan.keep("by kind", lambda: _by_kind(plan)).get(kind, {}) for kind in slot.kinds]
    if len(ours) == 1:
        return [*ours[0].values()]
    found: dict[int, Item] = {}
    for one in ours:
        found |= one
    return [found[place] for place in sorted(found)]


def _by_kind(plan: Plan) -> Mapping[Kind, dict[int, Item]]:
    found: dict[Kind, dict[int, Item]] = {}
    for place, item in enumerate(plan.items):
        found.setdefault(item.kind, {})[place] = item
    return found


def _by_node(plan: Plan) -> Mapping[str, dict[int, Item]]:
    found: dict[str, dict[int, Item]] = {}
    for place, item in enumerate(plan.items):
        for node in item.nodes:
            found.setdefault(node, {})[place] = item
    return found


def _fits(item: Item, slot: Slot, target: Target) -> bool:
    if item.kind not in slot.kinds or item.status or not _suits(item, target):
        return False
    if item.corrects:
        return False  # a correction goes where its original went, and nowhere else
    if slot.node_names and not set(item.nodes) & set(slot.node_names):
        return False
    if slot.rule is None:
        needed = _NEEDS.get(slot.part)
        return needed is None or bool(item.sections.get(needed, "").strip())
    return lesson_of(item) is None and passes(item, slot.rule)


def _suits(item: Item, target: Target) -> bool:
    """Whether a text is for who the target is and, by its 渠道, for the way that leads there."""
    ways = {name.lower() for name in item.channels}
    return roles.suits(item, target.audience) and (not ways or target.channel in ways)


def passes(item: Item, rule: Rule) -> bool:
    """Whether a text passes every filter that a rule sets."""
    if rule.audience and roles.named(item) and not roles.names(item, rule.audience):
        return False
    return all(
        not wanted or set(wanted) & set(mine)
        for wanted, mine in (
            (rule.tags, item.tags),
            (rule.posts, item.posts),
            (rule.levels, (item.level,)),
            (rule.nodes, item.nodes),
        )
    )


def _rested(item: Item, slot: Slot, memory: Memory) -> bool:
    """Whether a text's cooldown is over. The parts of one node share their text."""
    last = memory.used.get(item.id)
    if last is None or (slot.day - last).days >= 7 * item.cooldown_weeks:
        return True
    return slot.rule is None and any(item.id in memory.texts.get(o, ()) for o in slot.covers)


# -- the best of what fits -----------------------------------------------------------------------


def _for_node(fitting: list[Item], slot: Slot, target: Target, plan: Plan, memory: Memory) -> Item:
    told: set[str] = set()
    for occurrence in slot.covers:
        told |= memory.texts.get(occurrence, set())
    names = set(slot.node_names)

    def merit(item: Item) -> tuple[object, ...]:
        return (
            bool(plan.blocked.get(item.id)),
            item.id not in told,
            slot.part == "leaders" and not roles.for_leaders(item),
            not _rested(item, slot, memory),
            len(names - set(item.nodes)),
            memory.used.get(item.id, date.min),
            -(item.effective or date.min).toordinal(),
            _lot(slot, item, plan),
        )

    return min(fitting, key=merit)


def _for_rule(rested: list[Item], slot: Slot, plan: Plan, memory: Memory) -> Item:
    turn = len(slot.kinds) > 1 and _models_turn(slot.day, memory, plan)
    mixed = len(slot.kinds) > 1
    tags: set[str] = set()
    for item_id in memory.between(slot.day - TAGS_REST, slot.day):
        tags |= _tags(plan).get(item_id, frozenset())
    articles: set[str] = set()
    for item_id in memory.between(slot.day - ARTICLES_REST, slot.day):
        articles |= _articles(plan).get(item_id, frozenset())

    rests_on, speaks_of = _articles(plan), _tags(plan)

    def merit(item: Item) -> tuple[object, ...]:
        return (
            bool(plan.blocked.get(item.id)),
            mixed and (item.kind is Kind.MODEL) is not turn,
            bool(articles & rests_on[item.id]),
            len(tags & speaks_of[item.id]),
            memory.used.get(item.id, date.min),
            _lot(slot, item, plan),
        )

    return min(rested, key=merit)


def _lot(slot: Slot, item: Item, plan: Plan) -> str:
    seed = f"{slot.occurrence}{slot.part}/{item.id}"
    return plan.keep(seed, lambda: hashlib.sha256(seed.encode()).hexdigest())


def _models_turn(day: date, memory: Memory, plan: Plan) -> bool:
    """Whether the last two texts were warnings, so that now a model is due."""
    kinds = plan.keep("kinds", lambda: {item.id: item.kind for item in plan.items})
    warnings = 0
    for item_id in memory.told(day):
        kind = kinds.get(item_id)
        if kind is Kind.MODEL:
            return False
        warnings += kind in WARNINGS
        if warnings == WARNINGS_IN_A_ROW:
            return True
    return False


def _tags(plan: Plan) -> Mapping[str, frozenset[str]]:
    return plan.keep("tags", lambda: {item.id: frozenset(item.tags) for item in plan.items})


def _articles(plan: Plan) -> Mapping[str, frozenset[str]]:
    return plan.keep("articles", lambda: {item.id: articles_of(item) for item in plan.items})


def articles_of(item: Item) -> frozenset[str]:
    """Return the articles a text rests on, each with its regulation: 《…条例》第一百零一条."""
    return _articles_in(item.basis)


@lru_cache(20_000)  # a text that is saved draws a new plan; the others' bases stay as they are
def _articles_in(basis: str) -> frozenset[str]:
    found, title = set(), ""
    for match in _ARTICLE.finditer(basis):
        if match[1]:
            title = match[1]
        else:
            found.add(f"{title}{match[2]}")
    return frozenset(found)


# -- a series ------------------------------------------------------------------------------------


def lessons(rule: Rule, plan: Plan) -> tuple[dict[int, Item], int]:
    """Return the lessons of a series by number, and how many it says it has."""

    def compute() -> tuple[dict[int, Item], int]:
        found: dict[int, Item] = {}
        total = 0
        for item in sorted(plan.items, key=lambda item: item.id, reverse=True):
            lesson = lesson_of(item)
            if lesson and lesson[0] == rule.series and not item.status:
                found[lesson[1]], total = item, max(total, lesson[2])
        return found, total

    return plan.keep(("series", rule.series), compute)


def _lesson(
    rule: Rule, day: date, target: Target, plan: Plan, memory: Memory
) -> tuple[Item | None, str]:
    """Return the next lesson; one that is missing stops the series, and that is said."""
    found, total = lessons(rule, plan)
    number = memory.lesson(found, rule.first) + 1
    item = found.get(number)
    if item is not None and in_force(item, day) and _suits(item, target):
        return item, ""
    if total and number > total:
        return None, messages.SKIP_SERIES_DONE.format(rule.series)
    return None, messages.SKIP_SERIES_GAP.format(rule.series, number, total or "?")
