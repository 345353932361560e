"""The library of a running bot: of ten thousand texts the edited one is read, and no other.

    look (what lies where, with times and sizes) ─> read what changed ─> lint ─> twins ─> Library

What is put in place of the old library is whole: nobody sees half of a change. The watcher and the
ticks share a shelf, each in its thread: one looks at a time.
"""

from __future__ import annotations

import os
import threading
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import date
from itertools import chain
from pathlib import Path

from bot.core import holding, messages
from bot.core.idle import filed, idle_rules
from bot.core.lint import Frame, Twins, sort, timed, timeless
from bot.core.lint.fillable import unfilled
from bot.core.lint.proof import Proof, proof_of
from bot.core.model import Item, Problem
from bot.core.schedules import Schedules
from bot.library import approvals, holds
from bot.library.approvals import Approval
from bot.library.calendars import OVERRIDES, load_schedules
from bot.library.library import Folders, Library, errors
from bot.library.proofs import Proofs
from bot.library.texts import beside, bytes_of, reading, sealed, unattached
from bot.library.walk import (
    Place,
    Stamp,
    is_litter,
    place_of,
    shown_as,
    stamp_at,
    stamps_below,
    walk,
)
from bot.library.words import NAME as LEXICON
from bot.library.words import load_lexicon

MANY = 20  # texts at once, for which the cache of check is worth opening


@dataclass
class _Leaf:
    """One file as it was read last, and what was made of it."""

    place: Place
    beside: tuple[Stamp, ...] = ()  # of what is attached
    item: Item | None = None
    lasting: tuple[Problem, ...] = ()  # true on any day
    today: tuple[Problem, ...] = ()
    good: Item | None = None  # the last words that could be read, while these cannot
    told: tuple[Problem, ...] = ()  # all of it, and what is there twice
    why: str = ""  # it may not be sent


@dataclass
class _Sight:
    """What was seen last of all that a library is made of."""

    today: date | None = None
    schedules: tuple[object, ...] = ()
    lexicon: Stamp | None = None
    approved: dict[str, tuple[object, ...]] = field(default_factory=dict)  # folded id -> stamps
    holds: tuple[int, int] = (0, 0)
    memory: int = 0  # of what was withdrawn and halted


class Shelf:
    """The library as it is now: what has changed is read again, and nothing else."""

    def __init__(self, folders: Folders) -> None:
        self.folders = folders
        self.watched = False  # whether somebody tells us what changes (watching.py)
        self._lock = threading.Lock()
        self._root = Path()
        self._library: Library | None = None
        self._sight = _Sight()
        self._frame = Frame(today=date.min)
        self._nodes: frozenset[str] = frozenset()  # when all were judged last
        self._schedules, self._hold = Schedules(), ""
        self._good: Schedules | None = None  # the last ones that were read without an error
        self._of_schedules: list[Problem] = []
        self._of_words: list[Problem] = []
        self._of_walk: list[Problem] = []
        self._idle: list[Problem] | None = None  # None: to be worked out
        self._leaves: dict[str, _Leaf] = {}  # by path, as shown
        self._twins = Twins()
        self._approved: dict[str, tuple[object, list[Approval]]] = {}

    def now(self, today: date) -> Library:
        """Return the library of today; everything is looked at, what changed is read."""
        with self._lock:
            return self._now(today)

    def glance(self, today: date) -> Library:
        """Return the library as it was seen last, where somebody watches the folder for changes."""
        library = self._library
        if self.watched and library is not None and self._sight.today == today:
            return library
        return self.now(today)

    def changed(self, paths: Iterable[str], today: date) -> Library:
        """Return the library after these files were written or removed; nothing else is looked at.

        Where that is not enough (a new file, a folder, a schedule, an attachment) everything is.
        """
        with self._lock:
            places = self._edited(paths)
            if self._library is None or places is None or today != self._sight.today:
                return self._now(today)
            news = [place for place in places if self._is_news(place)]
            if news:
                self._library = self._assembled(self._read((), news))
            return self._library

    def _edited(self, paths: Iterable[str]) -> list[Place] | None:
        """Return the places of edited texts; None where there is more to it than that."""
        places = []
        for path in {one for one in paths if not is_litter(os.path.basename(one))}:
            leaf = self._leaves.get(shown_as(path, str(self.folders.content)))
            place = place_of(path, self.folders.content)
            if leaf is None or place is None or leaf.place.path != path or leaf.place.link:
                return None
            places.append(place)
        return places

    def _now(self, today: date) -> Library:
        before, self._sight = self._sight, self._look(today)
        walked, places, self._of_walk = self._of_walk, *walk(self.folders.content)
        self._root = self.folders.content.resolve()
        others = self._learn(before, today)  # they put all texts in another light
        found = {place.shown for place in places}
        gone = [shown for shown in self._leaves if shown not in found]
        news = [place for place in places if others or self._is_news(place)]
        if (
            self._library is None
            or gone
            or news
            or before != self._sight
            or walked != self._of_walk
        ):
            affected = self._read(gone, news)
            nodes = self._frame.nodes
            self._library = self._assembled(
                self._leaves if before != self._sight or nodes != self._nodes else affected
            )
            self._nodes = nodes
        return self._library

    def _look(self, today: date) -> _Sight:
        folders = self.folders
        return _Sight(
            today=today,
            schedules=stamps_below(folders.schedules),
            lexicon=stamp_at(folders.content / LEXICON),
            approved=_stamps_of(folders.approvals) if folders.review else {},
            holds=holds.stamp(folders.data),
            memory=folders.memory.version,
        )

    def _learn(self, before: _Sight, today: date) -> bool:
        """Read what is not a text; return whether each text must be examined anew.

        A schedule that somebody breaks while we run must not turn a day off into a workday.
        """
        if before.schedules != self._sight.schedules or before.today is None:
            found, self._of_schedules = load_schedules(self.folders.schedules)
            self._hold = ""
            if not errors(self._of_schedules):
                self._good = self._schedules = found
            elif self._good is None:
                self._schedules, self._hold = found, _hold(self._of_schedules)
        lexicon = self._frame.lexicon
        other_words = before.lexicon != self._sight.lexicon
        if other_words or before.today != today:
            lexicon, self._of_words = load_lexicon(self.folders.content, today)
        if before.schedules != self._sight.schedules or before.today != today:
            self._idle = None
        nodes = frozenset(self._schedules.known)
        empty = self._frame.unfilled
        other_year = before.today is None or before.today.year != today.year
        if before.schedules != self._sight.schedules or other_year:
            empty = unfilled(self._schedules.nodes, self._schedules.calendar, today)
        other_nodes = empty != self._frame.unfilled
        self._frame = Frame(
            today=today,
            nodes=nodes,
            unfilled=empty,
            lexicon=lexicon,
            rooms=self.folders.rooms,
        )
        return other_words or other_nodes

    def _read(self, gone: Iterable[str], news: Sequence[Place]) -> set[str]:
        """Forget what has gone, read what is new or edited; return whom that concerns."""
        for shown in gone:
            del self._leaves[shown]
            self._idle = None
        many = len(news) > MANY
        proofs = Proofs(self.folders.data, self.folders.content, self._frame) if many else None
        made = [self._leaf(place, proofs) for place in news]
        if proofs is not None:
            proofs.write()
        paths = [*gone, *(place.shown for place in news)]
        return {*paths, *self._twins.change(paths, [one.print for one in made if one.print])}

    def _is_news(self, place: Place) -> bool:
        leaf = self._leaves.get(place.shown)
        if leaf is None or leaf.place != place:
            return True
        return bool(leaf.beside) and leaf.beside != _beside(place, leaf.item)

    def _leaf(self, place: Place, proofs: Proofs | None) -> Proof:
        """Read one file, put its leaf in place of the old one, and return its proof."""
        before = self._leaves.get(place.shown)
        leaf = self._leaves[place.shown] = _Leaf(place)
        data, refused = bytes_of(place, self._root)
        if data is None:
            proof = Proof(problems=tuple(refused))
        else:
            proof, leaf.item = self._proof(place, data, proofs)
        leaf.lasting = proof.problems
        if leaf.item is not None:
            leaf.beside = _beside(place, leaf.item)
            folder = Path(place.path).parent
            leaf.item, found = sealed(leaf.item, folder, self._root)
            leaf.lasting += tuple(found)
        if before is None or _file(before.item) != _file(leaf.item):
            self._idle = None
        if leaf.item is None and before is not None and errors(leaf.lasting):
            leaf.good = before.item or before.good
        return proof

    def _proof(self, place: Place, data: bytes, proofs: Proofs | None) -> tuple[Proof, Item | None]:
        read = reading(place, data)
        proof = proofs.find(place.shown, data) if proofs is not None else None
        if proof is None:
            wrong = timeless(read.item, self._frame) if read.item is not None else []
            proof = proof_of(read.item, (*read.problems, *wrong))
            if proofs is not None:
                proofs.keep(place.shown, data, proof)
        return proof, read.item

    # -- from what was read to a library -----------------------------------------------------------

    def _assembled(self, affected: Iterable[str]) -> Library:
        """Judge these texts, and put together a library of them and of all others."""
        words, unreadable = _halts(self.folders)
        key = approvals.seal_key(self.folders.data) if self.folders.review else b""
        for shown in affected:
            if shown in self._leaves:
                self._judge(self._leaves[shown], words, key)
        leaves = [self._leaves[shown] for shown in sorted(self._leaves)]
        standing = _items(leaves)
        items = tuple(item for item, _ in standing)
        if self._idle is None:
            self._idle = idle_rules(self._schedules, items, self._frame.today)
        return Library(
            items=items,
            problems=(
                *self._of_schedules,
                *self._of_words,
                *sort(unattached(self._of_walk, items)),
                *chain.from_iterable(leaf.told for leaf in leaves),
                *self._idle,
            ),
            blocked={item.id: why for item, why in standing},
            schedules=self._schedules,
            halted=words,
            hold=self._hold or unreadable,
        )

    def _judge(self, leaf: _Leaf, words: Sequence[str], key: bytes) -> None:
        """Work out what is to be told of a file, and why its text may not be sent."""
        leaf.today = tuple(timed(leaf.item, self._frame)) if leaf.item is not None else ()
        twice = self._twins.told(leaf.place.shown)
        leaf.told = tuple(sort((*leaf.lasting, *leaf.today, *twice)))
        item = leaf.item or leaf.good
        if item is None:
            leaf.why = ""
            return
        faulty = leaf.item is not None and bool(errors(leaf.told))
        leaf.why = _held(item, words) or self._blocked(item, faulty, key)

    def _blocked(self, item: Item, faulty: bool, key: bytes) -> str:
        if faulty:
            return messages.BLOCK_FAULTY
        if item.status:
            return messages.BLOCK_STATUS.format(item.status)
        if not self.folders.review:
            return ""
        found = self._approvals_of(item, key)
        return approvals.why_blocked(item, found, self.folders.steps_of(item))

    def _approvals_of(self, item: Item, key: bytes) -> list[Approval]:
        stamps = (self._sight.approved.get(item.id.casefold()), key, self._sight.memory)
        known = self._approved.get(item.id)
        if known is None or known[0] != stamps:
            found = self.folders.said_of(item, key)
            known = self._approved[item.id] = (stamps, found)
        return known[1]


def _items(leaves: Sequence[_Leaf]) -> list[tuple[Item, str]]:
    """Return every item, and why it may not be sent.

    Of a file that cannot be read the last good version counts, unless its 编号 is another's now.
    What can be read is what its author wants now, good or bad.
    """
    if all(leaf.good is None for leaf in leaves):
        return [(leaf.item, leaf.why) for leaf in leaves if leaf.item is not None]
    ids = {leaf.item.id.casefold() for leaf in leaves if leaf.item is not None}
    found = []
    for leaf in leaves:
        if leaf.item is not None:
            found.append((leaf.item, leaf.why))
        elif leaf.good is not None and leaf.good.id.casefold() not in ids:
            found.append((leaf.good, leaf.why))
    return found


def load(folders: Folders, today: date) -> Library:
    """Read everything once; what is wrong is in `problems` and never stops the rest."""
    return Shelf(folders).now(today)


def _file(item: Item | None) -> object:
    return filed(item) if item is not None else None


def _beside(place: Place, item: Item | None) -> tuple[Stamp, ...]:
    return tuple(stamp_at(path) for path in beside(place, item))


def _stamps_of(folder: Path) -> dict[str, tuple[object, ...]]:
    """Return of each item's folder of approvals what changes when a file in it does."""
    found: dict[str, tuple[object, ...]] = {}
    try:
        with os.scandir(folder) as entries:
            folders = [entry for entry in entries if entry.is_dir()]
    except OSError:
        return found
    for one in folders:
        try:
            with os.scandir(one.path) as files:
                stamps = sorted((file.name, stamp_at(file.path)) for file in files)
        except OSError:
            stamps = []
        folded = one.name.casefold()
        found[folded] = (*found.get(folded, ()), *stamps)
    return found


def _hold(problems: Iterable[Problem]) -> str:
    """Return why nothing may be sent: an override that is not read makes workdays of days off."""
    paths = [one.path for one in errors(list(problems)) if one.path.startswith(OVERRIDES)]
    return messages.HOLD_OVERRIDES.format(paths[0]) if paths else ""


def _halts(folders: Folders) -> tuple[tuple[str, ...], str]:
    """Return the words that are halted; where they cannot be read, why nothing may be sent."""
    try:
        return tuple(hold.word for hold in folders.holds()), ""
    except ValueError as error:
        return (), messages.HOLD_UNREADABLE.format(error)


def _held(item: Item, words: Sequence[str]) -> str:
    word = holding.held_by(item, words) if words else ""
    return messages.BLOCK_HELD.format(word) if word else ""
