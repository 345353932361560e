"""Which texts are nearly the same: MinHash sketches, and an index of them that can be changed.

One permutation, 126 bins, 21 bands of 6. Only texts that agree in a whole band are compared, and
by one byte of each bin. A band of every text is a number in a sorted array: ten thousand texts take
two megabytes, a text is looked up, put in and taken out in a fraction of a millisecond.
"""

from __future__ import annotations

import re
from array import array
from bisect import bisect_left, insort
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from struct import Struct
from zlib import crc32

BANDS, ROWS = 21, 6
BINS = BANDS * ROWS
SHINGLE = 4  # characters
SHORTEST = 100  # characters: shorter texts are alike by chance
NEAR = 0.75  # of the shingles in common (Jaccard)
CROWD = 50  # texts of one band that a whole library's are compared with, each
MANY = 100  # changes at once: from here on all of it is worked out anew
_SLOT = 24  # bits of an entry that say which text it is of
_MASK = (1 << _SLOT) - 1
_PACK = Struct(f"<{BINS}I")
_WORDS = re.compile(r"[\W_]+")


@dataclass(frozen=True, slots=True)
class Sketch:
    """What is left of a text: enough to tell how alike two are. Empty for a short one."""

    bins: bytes = b""  # a byte of each bin
    bands: bytes = b""  # four bytes for each band

    def __bool__(self) -> bool:
        return bool(self.bins)


NOTHING = Sketch()


def sketch_of(text: str) -> Sketch:
    """Return the sketch of a text; an empty one where it is too short to tell."""
    text = _WORDS.sub("", text)
    if len(text) < SHORTEST:
        return NOTHING
    raw, width = text.encode("utf-32-le", "surrogatepass"), 4 * SHINGLE
    hashes = {crc32(raw[at : at + width]) for at in range(0, len(raw) - width + 1, 4)}
    falling = sorted(hashes, reverse=True)
    least = dict(zip([value * BINS >> 32 for value in falling], falling, strict=True))
    return _sketch(_filled(least))


def _filled(least: dict[int, int]) -> list[int]:
    """Give every empty bin what its next full neighbour has, so that all can be compared."""
    last = least[min(least)]
    bins = [0] * BINS
    for place in range(BINS - 1, -1, -1):
        last = bins[place] = least.get(place, last)
    return bins


def _sketch(bins: list[int]) -> Sketch:
    raw, width = _PACK.pack(*bins), 4 * ROWS
    bands = array("I", (crc32(raw[at : at + width]) for at in range(0, BANDS * width, width)))
    return Sketch(raw[::4], bands.tobytes())


def alike(one: Sketch, other: Sketch) -> float:
    """Return the share of shingles two texts have in common, as their sketches tell it."""
    differ = int.from_bytes(one.bins, "big") ^ int.from_bytes(other.bins, "big")
    return differ.to_bytes(BINS, "big").count(0) / BINS


Excused = Callable[[str, str], bool]


class Near:
    """Of each text the first, by path, that it is nearly the same as.

    What comes later by path is the copy. Among more than CROWD texts that share a band, a whole
    library is compared with the first of them only: a thousand copies of one text cost a thousand
    comparisons, not half a million. `excused` tells two that are alike on purpose.
    """

    def __init__(self, excused: Excused) -> None:
        self._excused = excused
        self._slots: list[str] = []  # slot -> path
        self._slot_of: dict[str, int] = {}
        self._sketches: dict[str, Sketch] = {}
        self._bands = [array("Q") for _ in range(BANDS)]
        self.first: dict[str, str] = {}  # a copy -> what it is nearly the same as

    def change(self, gone: Iterable[str], come: Iterable[tuple[str, Sketch]]) -> set[str]:
        """Take texts out and put texts in; return whose `first` may be another now."""
        gone, come = list(gone), [(path, sketch) for path, sketch in come if sketch]
        orphans = {copy for copy, first in self.first.items() if first in set(gone)}
        if not self._slots or len(gone) + len(come) + len(orphans) > MANY:
            return self._anew(gone, come)
        affected = set(gone)
        for path in gone:
            self._remove(path)
        for path, sketch in come:
            self._insert(path, sketch)
        for path in {*orphans - set(gone), *(path for path, _ in come)}:
            affected |= self._look(path)
        return affected

    def _anew(self, gone: list[str], come: list[tuple[str, Sketch]]) -> set[str]:
        before = self.first
        for path in gone:
            self._sketches.pop(path, None)
        self._sketches.update(come)
        self._slots = sorted(self._sketches)
        self._slot_of = {path: slot for slot, path in enumerate(self._slots)}
        self._bands = [array("Q") for _ in range(BANDS)]
        for slot, path in enumerate(self._slots):
            for band, key in zip(self._bands, self._keys(path), strict=True):
                band.append(key << _SLOT | slot)
        self._bands = [array("Q", sorted(band)) for band in self._bands]
        self.first = dict(self._copies())
        both = before.keys() | self.first.keys()
        return {path for path in both if before.get(path) != self.first.get(path)}

    def _copies(self) -> Iterator[tuple[str, str]]:
        """Yield (copy, first) of all texts, in the order of their paths."""
        heads = [_heads(band, len(self._slots)) for band in self._bands]
        for slot, path in enumerate(self._slots):
            best, seen = slot, set[int]()
            for band, head in zip(self._bands, heads, strict=True):
                start = head[slot]
                for entry in band[start : start + CROWD]:
                    other = entry & _MASK
                    if other >= best:  # a run stands in the order of paths
                        break
                    if other not in seen and self._are_near(path, self._slots[other]):
                        best = other
                        break
                    seen.add(other)
            if best != slot:
                yield path, self._slots[best]

    def _look(self, path: str) -> set[str]:
        """Find what `path` is a copy of, and what is a copy of it; return whose `first` changed."""
        changed, best = {path}, path
        self.first.pop(path, None)
        for other in self._sharing(path):
            # Whatever cannot make a difference is not compared.
            wanted = best if other < path else self.first.get(other, other)
            if min(path, other) < wanted and self._are_near(path, other):
                if other < path:
                    best = other
                else:
                    self.first[other] = path
                    changed.add(other)
        if best != path:
            self.first[path] = best
        return changed

    def _sharing(self, path: str) -> set[str]:
        """Return the texts that share a band with one."""
        found = set[str]()
        for band, key in zip(self._bands, self._keys(path), strict=True):
            start = bisect_left(band, key << _SLOT)
            end = bisect_left(band, key + 1 << _SLOT, start)
            found.update(self._slots[entry & _MASK] for entry in band[start:end])
        return found - {path}

    def _insert(self, path: str, sketch: Sketch) -> None:
        self._sketches[path] = sketch
        slot = self._slot_of[path] = len(self._slots)
        self._slots.append(path)
        for band, key in zip(self._bands, self._keys(path), strict=True):
            insort(band, key << _SLOT | slot)

    def _remove(self, path: str) -> None:
        self.first.pop(path, None)
        slot = self._slot_of.pop(path, None)
        if slot is None:
            return
        for band, key in zip(self._bands, self._keys(path), strict=True):
            del band[bisect_left(band, key << _SLOT | slot)]
        del self._sketches[path]
        self._slots[slot] = ""

    def _keys(self, path: str) -> memoryview:
        return memoryview(self._sketches[path].bands).cast("I")

    def _are_near(self, one: str, other: str) -> bool:
        near = alike(self._sketches[one], self._sketches[other]) >= NEAR
        return near and not self._excused(one, other)


def _heads(band: array[int], slots: int) -> array[int]:
    """Return of each slot where in a sorted band the run of its key begins."""
    heads = array("I", bytes(4 * slots))
    start, last = 0, -1
    for place, entry in enumerate(band):
        if entry >> _SLOT != last:
            start, last = place, entry >> _SLOT
        heads[entry & _MASK] = start
    return heads
