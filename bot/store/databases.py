"""The data folder: some TinyDB files over one journal.

    qingfeng.json              pushes, targets, members, summaries, figures, …   always in memory
    sent/2026-W25.json         cohorts and deliveries of that week's occurrences     when asked for
    receipts/2026-W25.json     the receipts of the same                              when asked for
    texts/2026-06.json         texts as approved and as sent, by digest, since that month     〃
    audit/2026-06.json         the trail of that month                                        〃
    qingfeng.journal           what changed since those files were written

One change may touch several files and is still one line of the journal: all of it is kept, or
none. Now and then the journal is folded into the files it touched, each replaced as a whole, and
only then begun anew; a crash in between repeats changes that put whole rows by their own ids,
and ends in the same state.
"""

from __future__ import annotations

import errno
import logging
from collections.abc import Callable, Collection, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TypeVar

from bot.store.files import Files, put_in_place
from bot.store.journal import Change, Journal
from bot.store.tables import Database, Doc, Part, Rows, from_file, id_of, to_file

log = logging.getLogger(__name__)

MAIN = ""
MAIN_FILE = "qingfeng.json"
JOURNAL_FILE = "qingfeng.journal"
KINDS = ("sent", "receipts", "texts", "audit")  # folders of weeks and months
FOLD_AT = 8 << 20  # bytes of journal; more while the files it touches are larger still
WEEKLY = ("sent/", "receipts/")
KEPT_LOADED = 12  # parts of weeks, and of months, that stay in memory
MANY_AT_ONCE = 500  # rows that are decoded while the loop waits; some milliseconds
MANY_DOCS = 300_000  # in one file; beyond that a server's database serves better


T = TypeVar("T")


class TakesLong(Exception):
    """What was asked for in a hurry has to be read from a file, or decoded in great number."""


class Databases:
    """All parts, their journal, and the change that is being made. One thread at a time."""

    def __init__(
        self,
        folder: Path,
        files: Files,
        fold_at: int = FOLD_AT,
        many: int = MANY_DOCS,
        before_load: Callable[[], None] = lambda: None,
    ) -> None:
        self.folder = folder
        self._before_load = before_load  # finishes what must not be read by half
        self._files = files
        self._fold_at, self._many = fold_at, many
        self._journal = Journal(folder / JOURNAL_FILE, files)
        self._parts: dict[str, tuple[Part, Database]] = {}
        self._waiting: dict[str, list[Change]] = {}  # of the journal, for parts not yet loaded
        self._changes: list[Change] = []
        self._undo: list[tuple[Part, str, str, Doc | None]] = []
        self._rows: dict[tuple[str, str], Rows] = {}  # as they were asked for
        self._cut_off: set[str] = set()  # what the trail says in the journal that was found
        self._loaded = False
        self._hurry = False
        self._asked = 0
        self._said: set[str] = set()
        self._put_off = 0  # bytes by which the journal may be longer, after a fold that failed
        self._sizes: dict[str, int] = {}  # of the files that the journal touches

    # -- what is there -----------------------------------------------------------------------

    def hurried(self, work: Callable[[], T]) -> T:
        """Run `work` over what is in memory, or raise TakesLong and leave everything as it was."""
        self._hurry = True
        try:
            if not self._loaded:
                raise TakesLong
            return work()
        finally:
            self._hurry = False

    def takes(self, rows: int = MANY_AT_ONCE) -> None:
        """Say that so many rows are about to be decoded: TakesLong where there is no time."""
        if self._hurry and rows >= MANY_AT_ONCE:
            raise TakesLong

    def __getitem__(self, name: str) -> Database:
        """Return a database, read from its file when it is first asked for."""
        self._load()
        if name not in self._parts:
            self._open_part(name)
        part, database = self._parts[name]
        self._asked += 1
        part.used = self._asked
        return database

    def rows(self, name: str, table: str) -> Rows:
        """Return one table of a database."""
        known = self._rows.get((name, table)) if self._loaded else None
        if known is None:
            known = self._rows[name, table] = self[name].rows(table)
        self._asked += 1
        known.storage_part.used = self._asked
        return known

    def names(self, kind: str) -> list[str]:
        """Return the names of all parts of a kind ("sent", "receipts", …), oldest first."""
        self.takes()
        self._load()
        on_disk = [
            f"{kind}/{name.removesuffix('.json')}"
            for name in self._files.list(self.folder / kind)
            if name.endswith(".json")
        ]
        known = [name for name in {**self._parts, **self._waiting} if name.startswith(f"{kind}/")]
        return sorted({*on_disk, *known})

    def loaded(self) -> list[str]:
        """Return the names of the parts that are in memory."""
        return sorted(self._parts)

    def path(self, name: str) -> Path:
        return self.folder / (f"{name}.json" if name else MAIN_FILE)

    def durable_journal(self) -> bytes:
        """Return the journal as far as it is durable."""
        self._load()
        self._journal.ensure()
        return (self._files.read(self._journal.path) or b"")[: self._journal.size]

    def cut_off(self, whats: Collection[str]) -> bool:
        """Whether the journal tells of such things of the trail, which a fold should follow."""
        return not self._cut_off.isdisjoint(whats)

    def let_go(self) -> None:
        """Forget all that is in memory: other files are about to take the place of these."""
        self._journal.close()
        self._journal = Journal(self._journal.path, self._files)
        self._parts, self._loaded = {}, False

    def _load(self) -> None:
        if self._loaded:
            return
        self._before_load()
        self._cut_off = set()
        self._parts, self._waiting, self._sizes, self._rows = {}, {}, {}, {}
        for batch in self._journal.load():
            for change in batch:
                self._waiting.setdefault(change[0], []).append(change)
                if change[1] == "trail" and change[2]:
                    self._cut_off.add(change[2]["entry"]["what"])
        for name in self._waiting:
            self._touch(name)
        self._open_part(MAIN)
        self._loaded = True

    def _open_part(self, name: str) -> None:
        self.takes()
        part = Part(name, self)
        data = self._files.read(self.path(name))
        if data is not None:
            try:
                part.tables = from_file(data)
            except (ValueError, KeyError, TypeError, AttributeError):
                raise OSError(errno.EIO, "文件已损坏，请从备份恢复", str(self.path(name))) from None
        for change in self._waiting.pop(name, ()):
            _, table, doc, *id = change
            part.set(table, id[0] if id else id_of(table, doc), doc)
            part.dirty = True
        self._parts[name] = part, Database(part)

    # -- changes -------------------------------------------------------------------------------

    def changed(self, part: Part, table: str, id: str, old: Doc | None, new: Doc | None) -> None:
        self._undo.append((part, table, id, old))
        change = [part.name, table, new] if new is not None else [part.name, table, None, id]
        self._changes.append(change)

    @contextmanager
    def change(self) -> Iterator[None]:
        """Make all changes inside one change; if it raises, none of it happened."""
        mark = self.mark()
        try:
            yield
        except BaseException:
            self.back_to(mark)
            raise

    def mark(self) -> int:
        """Return a point to go `back_to` before the next commit."""
        if not self._loaded:
            self._load()
        return len(self._changes)

    def back_to(self, mark: int) -> None:
        """Undo every change since `mark`."""
        for part, table, id, old in reversed(self._undo[mark:]):
            part.set(table, id, old)
        del self._undo[mark:], self._changes[mark:]

    def commit(self) -> None:
        """Make every change since the last commit durable: one write, one fsync.

        If it raises, none of them is believed: what is in memory is thrown away, and read from
        the files again by whoever asks next. Without any change it still makes sure of what
        was read from a journal that an earlier process left behind.
        """
        changes, undo = self._changes, self._undo
        self._changes, self._undo = [], []
        try:
            if changes:
                self._journal.append(changes)
            else:
                self._journal.ensure()
        except BaseException:
            self._journal.distrust()
            self._loaded = False
            raise
        for part in {id(part): part for part, *_ in undo}.values():
            if not part.dirty:
                part.dirty = True
                self._touch(part.name)

    def _touch(self, name: str) -> None:
        self._sizes[name] = self._files.size(self.path(name))

    # -- folding -------------------------------------------------------------------------------

    def fold_if_long(self) -> None:
        """Fold once the journal has outgrown the files it would rewrite. Never raises OSError."""
        longest = max(self._fold_at, sum(self._sizes.values())) + self._put_off
        if self._loaded and self._journal.size > longest:
            self.fold_or_say()

    def fold_or_say(self) -> None:
        """Fold; where the disk refuses, say so: the journal still has everything."""
        try:
            self.fold()
        except OSError as error:
            self._put_off = self._journal.size  # not again with every change
            log.warning("fold: %s", error.strerror, extra={"action": "fold-failed"})

    def fold(self) -> None:
        """Write what the journal holds into the files, and begin it anew."""
        assert not self._changes, "only what is durable is folded"
        self._load()
        for name in [*self._waiting]:
            self._open_part(name)
        dirty = [part for part, _ in self._parts.values() if part.dirty]
        for part in sorted(dirty, key=lambda part: part.name, reverse=True):  # MAIN comes last
            self._write_file(part)
        if dirty:
            self._journal.begin_anew()
        for part in dirty:
            part.dirty = False
        self._sizes, self._put_off = {}, 0
        self._say_limits()
        self.forget()

    def _write_file(self, part: Part) -> None:
        path = self.path(part.name)
        if path.parent != self.folder and not self._files.list(path.parent):
            self._files.make_folder(path.parent)
            self._files.fsync_folder(self.folder)
        put_in_place(self._files, path, to_file(part.tables))

    def forget(self) -> None:
        """Let go of the parts that were not asked for lately; their files have everything.

        Weeks of people and months of what is kept, each by themselves: whoever reads the whole
        trail does not push out the weeks that every look at a summary counts.
        """
        clean = [part for part, _ in self._parts.values() if part.name and not part.dirty]
        clean.sort(key=lambda part: part.used, reverse=True)
        for weeks in (True, False):
            mine = [part for part in clean if part.name.startswith(WEEKLY) == weeks]
            for part in mine[KEPT_LOADED:]:
                del self._parts[part.name]
        self._rows = {}

    def advice(self) -> list[str]:
        """Return in words what has outgrown this store; nothing while it is at ease."""
        found = []
        for part, _ in self._parts.values():
            where = f"{part.name}.json" if part.name else MAIN_FILE
            if sum(len(rows) for rows in part.tables.values()) > self._many:
                found.append(f"{where} 超过 {self._many} 行，已不适合内置存储，建议改用 PostgreSQL")
        return sorted(found)

    def _say_limits(self) -> None:
        for line in set(self.advice()) - self._said:
            log.warning("store: %s", line, extra={"action": "store-limits"})
            self._said.add(line)

    def close(self) -> None:
        self._journal.close()
