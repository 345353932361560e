"""What must not be sent, or should be said better: small pure rules with stable codes.

    rule      what a rule is          secrecy      markings, numbers, keys, @
    lexicon   the unit's words        shape        fields, sections, dates, sources, questions
    twins     what is there twice     budgets      characters of a card, bytes of a message
    near      … and nearly            wording      set phrases, overreach, burden, names
    mend      check --fix             regulations  titles, versions, articles
    codes     every code there is     marks        hidden characters, templates, markup

A rule takes one text and yields what it found, with a sentence that says what to write instead.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import date

from bot.core.lint import budgets, marks, regulations, secrecy, shape, wording
from bot.core.lint.lexicon import Lexicon
from bot.core.lint.rule import Frame, Rule, Sheet
from bot.core.lint.secrecy import MARKINGS
from bot.core.lint.twins import Twins, print_of, twins
from bot.core.model import Item, Problem

__all__ = [
    "MARKINGS",
    "RULES",
    "Frame",
    "Lexicon",
    "Rule",
    "Twins",
    "examine",
    "lint",
    "sort",
    "timed",
    "timeless",
]

RULES: tuple[Rule, ...] = tuple(
    one
    for room in (secrecy, shape, budgets, wording, regulations, marks)
    for one in vars(room).values()
    if isinstance(one, Rule)
)
_TIMED = tuple(one for one in RULES if one.timed)
_TIMELESS = tuple(one for one in RULES if not one.timed)


def lint(
    items: Sequence[Item],
    today: date,
    nodes: Iterable[str],
    lexicon: Lexicon | None = None,
    unfilled: Mapping[str, frozenset[str]] | None = None,
    rooms: Mapping[str, int] | None = None,
) -> list[Problem]:
    """Return the problems of all items, in the order of files and lines.

    `nodes` are the names that nodes.toml knows; `unfilled` says what `fillable` found of them.
    """
    frame = Frame(
        today=today,
        nodes=frozenset(nodes),
        unfilled=unfilled or {},
        lexicon=lexicon or Lexicon(),
        rooms=rooms or {},
    )
    found = [problem for item in items for problem in examine(item, frame)]
    found += twins(print_of(item) for item in items)
    return sort(found)


def examine(item: Item, frame: Frame, rules: Iterable[Rule] = RULES) -> list[Problem]:
    """Return what is wrong with one text, whatever else lies in the folder."""
    sheet = Sheet(item)
    return [problem for rule in rules for problem in rule.problems(sheet, frame)]


def timeless(item: Item, frame: Frame) -> list[Problem]:
    """Return what is wrong with the words: true until they, or the lexicon, are changed."""
    return examine(item, frame, _TIMELESS)


def timed(item: Item, frame: Frame) -> list[Problem]:
    """Return what is wrong today; asks the head alone: 生效, 失效, 节点."""
    return examine(item, frame, _TIMED)


def sort(problems: Iterable[Problem]) -> list[Problem]:
    return sorted(problems, key=lambda one: (one.path, one.line, one.code))
