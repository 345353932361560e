"""content/, schedules/ and the approvals as a Library; every problem a value.

library    what there is                    proofs   what check found last time
walk       what lies in content/            shelf    the library of a running bot
texts      one file to an Item              watching tells the shelf of edits
calendars  schedules/
"""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from pathlib import Path

from bot.core.idle import filed, idle_rules
from bot.core.lint import Frame, Twins, sort, timed, timeless
from bot.core.lint.fillable import unfilled
from bot.core.lint.proof import Proof, proof_of
from bot.core.lint.twins import Print
from bot.core.model import Item, Problem
from bot.library.calendars import load_schedules
from bot.library.library import Folders, Library, errors
from bot.library.proofs import Proofs
from bot.library.shelf import Shelf, load
from bot.library.texts import (
    MAX_ATTACHMENT,
    bytes_of,
    load_items,
    reading,
    sealed,
    unattached,
)
from bot.library.walk import Place, stamp_at, walk
from bot.library.words import load_lexicon

__all__ = [
    "MAX_ATTACHMENT",
    "Examined",
    "Folders",
    "Library",
    "Shelf",
    "approved",
    "errors",
    "examine_folders",
    "load",
    "load_items",
    "load_schedules",
]


@dataclass(frozen=True, kw_only=True)
class Examined:
    """What `check` has to tell: path and 编号 of each item, and all that is wrong."""

    items: Mapping[str, str]
    problems: tuple[Problem, ...]


def examine_folders(folders: Folders, today: date) -> Examined:
    """Examine every file, one at a time: of a text only its proof is kept, so ten thousand fit."""
    schedules, problems = load_schedules(folders.schedules)
    lexicon, more = load_lexicon(folders.content, today)
    frame = Frame(
        today=today,
        nodes=frozenset(schedules.known),
        unfilled=unfilled(schedules.nodes, schedules.calendar, today),
        lexicon=lexicon,
        rooms=folders.rooms,
    )
    places, unread = walk(folders.content)
    proofs, root = Proofs(folders.data, folders.content, frame), folders.content.resolve()
    found, items, prints = list[Problem](), dict[str, str](), list[Print]()
    illustrated: list[Item] = []
    heads: dict[object, Item] = {}  # of those that are filed alike one speaks for all
    for place in places:
        proof = _proof(place, root, proofs, frame)
        found += proof.problems
        if proof.head is not None and proof.print is not None:
            found += timed(proof.head, frame)
            if proof.head.attachments:
                illustrated.append(proof.head)
                found += sealed(proof.head, Path(place.path).parent, root)[1]
            items[place.shown] = proof.head.id
            heads.setdefault(filed(proof.head), proof.head)
            prints.append(proof.print)
    proofs.write()
    found += unattached(unread, illustrated)
    found += Twins(prints).problems()
    idle = idle_rules(schedules, list(heads.values()), today)
    return Examined(items=items, problems=(*problems, *more, *sort(found), *idle))


def _proof(place: Place, root: Path, proofs: Proofs, frame: Frame) -> Proof:
    data, refused = bytes_of(place, root)
    if data is None:
        return Proof(problems=tuple(refused))
    proof = proofs.find(place.shown, data)
    if proof is None:
        read = reading(place, data)
        wrong = timeless(read.item, frame) if read.item is not None else []
        proof = proof_of(read.item, (*read.problems, *wrong))
        proofs.keep(place.shown, data, proof)
    return proof


def approved(folders: Folders, items: Mapping[str, str]) -> Iterator[Item]:
    """Yield, whole and one at a time, the items of which reviewers have said something."""
    try:
        said = {name.casefold() for name in os.listdir(folders.approvals)}
    except OSError:
        return
    root = folders.content.resolve()
    for shown, item_id in items.items():
        path = folders.content / shown
        if item_id.casefold() not in said:
            continue
        place = Place(str(path), shown, stamp_at(path), path.is_symlink())
        data, _ = bytes_of(place, root)
        item = reading(place, data).item if data is not None else None
        if item is not None:
            yield sealed(item, path.parent, root)[0]
