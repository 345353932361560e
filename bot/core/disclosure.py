"""What a summary may show: law 3 in arithmetic (DESIGN §3).

Figures per target are merged until each line speaks of enough people, the extremes are blurred,
and nothing is shown from which subtraction would restore them. The lines of what was sent speak
of the whole unit, or withhold what was read.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date

from bot.core.model import Push, Target
from bot.core.reading import Acts, Figures, people

MIN_PEOPLE = 10  # a line per target speaks of at least so many (config: never under 5)
LOW = 0.1  # so much of either end is blurred: a mark for 0 % alone would say 0 %

Count = Callable[[Sequence[Push]], Figures]
Text = tuple[str, str, str]  # occurrence, part, item


@dataclass(frozen=True, kw_only=True)
class Line:
    """The figures of one target, or of several merged ones."""

    name: str
    figures: Figures
    # Who may be among the read: four people and three pushes are four people, not twelve.
    people: frozenset[str] = field(default=frozenset(), repr=False)
    targets: frozenset[str] = field(default=frozenset(), repr=False)  # by id
    blurred: str | None = None  # "≤10%" | "≥90%": rate and read are withheld
    withheld: bool = False  # rate and read are withheld to protect another line


@dataclass(frozen=True, kw_only=True)
class ItemLine:
    """The figures of one text of one occurrence; several where the targets' histories differ."""

    occurrence: str
    part: str
    item: str
    title: str
    sent: date
    figures: Figures
    withheld: bool = False  # rate and read: they would tell of few people, or of one target


# -- per text ---------------------------------------------------------------------------------


def by_text(pushes: Iterable[Push]) -> dict[Text, list[Push]]:
    groups: dict[Text, list[Push]] = {}
    for push in pushes:
        groups.setdefault((push.occurrence, push.part, push.item), []).append(push)
    return groups


def item_lines(
    pushes: Sequence[Push],
    acts: Acts,
    count: Count,
    titles: Mapping[str, str],
    targets: Sequence[Line],
    min_people: int,
) -> tuple[ItemLine, ...]:
    groups = by_text(pushes)
    found = {text: count(group) for text, group in groups.items()}
    hidden = _withheld(groups, found, acts, min_people)
    if _restores(groups, count, targets):
        hidden = {text for text in groups if found[text].reachable}
    lines = [
        ItemLine(
            occurrence=occurrence,
            part=part,
            item=item,
            title=titles.get(item, item),
            sent=min(push.sent_at.date() for push in group if push.sent_at),
            figures=found[occurrence, part, item],
            withheld=(occurrence, part, item) in hidden,
        )
        for (occurrence, part, item), group in groups.items()
    ]
    return tuple(sorted(lines, key=lambda line: (line.sent, line.occurrence, line.part, line.item)))


def _withheld(
    groups: Mapping[Text, Sequence[Push]],
    found: Mapping[Text, Figures],
    acts: Acts,
    min_people: int,
) -> set[Text]:
    """Return the texts whose lines may not say what was read.

    A line speaks of every target that is measured this week, and of enough people, or not at
    all. Whoever knows the total knows the sum of what is withheld, so that sum must do the same,
    and be no extreme; until it does, the smallest of the other lines is withheld as well.
    """
    who = {
        text: {push.target: people([push], acts) for push in group}
        for text, group in groups.items()
    }
    measured = {target for heard in who.values() for target, persons in heard.items() if persons}

    def whole(texts: Collection[Text]) -> bool:
        told = [one for text in texts for one in who[text].items() if one[1]]
        everywhere = {target for target, _ in told} == measured
        return everywhere and _at_least(min_people, [persons for _, persons in told])

    lines = [text for text in groups if found[text].reachable]
    hidden = [text for text in lines if not whole([text])]
    others = sorted(set(lines) - set(hidden), key=lambda text: (found[text].reachable, text))
    while hidden and others:
        if whole(hidden) and not _extreme(sum((found[text] for text in hidden), Figures())):
            break
        hidden.append(others.pop(0))
    return set(hidden)


def _at_least(count: int, groups: Sequence[frozenset[str]]) -> bool:
    """Whether so many people are in these groups; a big one answers for all of them."""
    enough = any(len(group) >= count for group in groups)
    return enough or len(frozenset[str]().union(*groups)) >= count


def _restores(groups: Mapping[Text, Sequence[Push]], count: Count, targets: Sequence[Line]) -> bool:
    """Whether what each text came to would tell of a blurred target more than the total does.

    Nothing is told where one reader more here and one fewer there, in a hidden line each, fit
    both marks and leave the sum of their text as it is.
    """
    hidden = [line for line in targets if line.blurred or line.withheld]

    def room(line: Line, step: int) -> bool:
        low, high = _bounds(line)
        return low <= line.figures.read + step <= high

    def cell(line: Line, text: Text, step: int) -> bool:
        mine = [count([push]) for push in groups[text] if push.target in line.targets]
        here = sum(mine, Figures())
        return 0 <= here.read + step <= here.reachable

    for line in (line for line in hidden if line.blurred):
        moves = [
            (other, step)
            for other in hidden
            for step in (1, -1)
            if other is not line and room(line, step) and room(other, -step)
        ]
        if moves and not any(
            cell(line, text, step) and cell(other, text, -step)
            for other, step in moves
            for text in groups
        ):
            return True
    return False


# -- per target -------------------------------------------------------------------------------


def target_lines(
    pushes: Sequence[Push], acts: Acts, count: Count, targets: Sequence[Target], min_people: int
) -> tuple[Line, ...]:
    lines = []
    for target in targets:
        mine = [push for push in pushes if push.target == target.id]
        if mine:
            one = frozenset({target.id})
            who = people(mine, acts)
            lines.append(Line(name=target.name, figures=count(mine), people=who, targets=one))
    return blur(merge_small(lines, min_people))


def merge_small(lines: Sequence[Line], min_people: int) -> list[Line]:
    """Merge lines, in the unit's own order, until each measured one speaks of enough people.

    A remainder that stays too small absorbs the next smallest. Lines that measure nothing (a
    group without receipts) stand as they are: there is nothing to protect.
    """
    done: list[Line] = []
    open_line: Line | None = None
    for line in lines:
        if not line.figures.reachable:
            done.append(line)
            continue
        open_line = _join(open_line, line) if open_line else line
        if len(open_line.people) >= min_people:
            done.append(open_line)
            open_line = None
    if open_line is None:
        return done
    measured = [line for line in done if line.figures.reachable]
    if not measured:  # everybody together is too few: the unit's total says all that may be said
        return done
    smallest = min(measured, key=lambda line: len(line.people))
    done[done.index(smallest)] = _join(smallest, open_line)
    return done


def _join(one: Line, other: Line) -> Line:
    return Line(
        name=f"{one.name}、{other.name}",
        figures=one.figures + other.figures,
        people=one.people | other.people,
        targets=one.targets | other.targets,
    )


def blur(lines: Sequence[Line]) -> tuple[Line, ...]:
    """Blur both ends of the scale, and withhold further lines until subtraction restores nothing.

    All up to 10 % bear one mark, and all from 90 % on the other: so neither says 0 % nor 100 %.
    """
    marked = [replace(line, blurred=_extreme(line.figures)) for line in lines]
    while (victim := _restorable(marked)) is not None:
        marked[victim] = replace(marked[victim], withheld=True)
    return tuple(marked)


def _extreme(found: Figures) -> str | None:
    if not found.reachable:
        return None
    few = _few(found)
    if found.read <= few:
        return "≤10%"
    return "≥90%" if found.read >= found.reachable - few else None


def _few(found: Figures) -> int:
    """Return how many people a mark leaves open: one at least, also in a line of under ten."""
    return max(1, int(LOW * found.reachable))


def _restorable(lines: Sequence[Line]) -> int | None:
    """Return the next line to withhold, None when no blurred line can be worked out.

    Whoever knows the total knows the sum over the hidden lines; with the bounds of each (what
    its mark says, or that it bears none) a line is safe while two values are possible.
    """
    hidden = [n for n, line in enumerate(lines) if line.blurred or line.withheld]
    if not any(lines[n].blurred for n in hidden):
        return None
    total = sum(lines[n].figures.read for n in hidden)
    bounds = {n: _bounds(lines[n]) for n in hidden}
    for n in (n for n in hidden if lines[n].blurred):
        low = total - sum(bounds[m][1] for m in hidden if m != n)
        high = total - sum(bounds[m][0] for m in hidden if m != n)
        if max(low, bounds[n][0]) >= min(high, bounds[n][1]):
            shown = [m for m in range(len(lines)) if m not in hidden and lines[m].figures.reachable]
            return min(shown, key=lambda m: lines[m].figures.reachable, default=None)
    return None


def _bounds(line: Line) -> tuple[int, int]:
    count, few = line.figures.reachable, _few(line.figures)
    if line.blurred == "≤10%":
        return 0, few
    if line.blurred == "≥90%":
        return count - few, count
    return few + 1, count - few - 1
