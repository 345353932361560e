"""Which steps a text must pass before it may be sent, and who may not take them (DESIGN §5)."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from bot.core.model import Item, Kind

SECOND = "复核"  # the step that a leader's name adds where there would be one reviewer only
SECRECY = "保密审查"
# Offices whose holders are leaders, whoever they are.
OFFICES = ("总书记", "国家主席", "国务院总理", "委员长", "政治局常委", "政治局委员", "国务委员")
_TITLES = re.compile(r"《[^》]*》")  # of documents: no one is spoken of in them
_NAMES = re.compile(r"[、，,；;]")


@dataclass(frozen=True, kw_only=True)
class Leaders:
    """Names and offices that call for a second reviewer, as the unit's lexicon has them."""

    names: tuple[str, ...] = ()
    phrases: tuple[str, ...] = ()  # set phrases: within them nobody is named


def steps_of(
    item: Item,
    common: Sequence[str],
    kinds: Mapping[Kind, Sequence[str]],
    leaders: Leaders = Leaders(),
) -> tuple[str, ...]:
    """Return the steps an item must pass, in their order: its kind's own, or the common ones.

    Where a leader is named one pair of eyes is not enough: a second reviewer comes first.
    """
    steps = tuple(kinds.get(item.kind) or common)
    if len(steps) < 2 and leaders_in(item, leaders):
        return (SECOND, *steps)
    return steps


def leaders_in(item: Item, leaders: Leaders) -> list[str]:
    """Return the offices and names of leaders that an item speaks of.

    A name in a set phrase, in the name of a doctrine (…思想) or a document (《…》) names no one.
    """
    text = _TITLES.sub("", "\n".join(texts_of(item).values()))
    text = re.sub(r"[^\S\n]+", "", text)  # 李　强, as lists have it
    for phrase in leaders.phrases:
        text = text.replace(phrase, "\0")
    found = [name for name in OFFICES if name in text]
    for name in leaders.names:
        if not name or name not in text:
            continue
        doctrine = rf"{re.escape(name)}[\u4e00-\u9fff]{{0,14}}思想"
        if name in re.sub(doctrine, "", text):
            found.append(name)
    return found


def texts_of(item: Item) -> dict[str, str]:
    """Return every text of an item that a reader may see, by field or heading."""
    names = ("title", "short", "summary", "basis", "source", "question", "persons")
    texts = {name: str(getattr(item, name)) for name in names}
    texts["attachments"] = "\n".join(item.attachments)  # their names are seen with them
    texts |= {f"## {name}": text for name, text in item.sections.items()}
    return {name: text for name, text in texts.items() if text}


def authors_of(item: Item) -> set[str]:
    """Return who wrote an item: none of them may take a step of its review."""
    return {name for part in _NAMES.split(item.author) if (name := same(part))}


def same(name: str) -> str:
    """Return a person's name as it is compared: blanks and case make no second person."""
    return re.sub(r"\s+", "", name).casefold()
