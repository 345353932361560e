"""Names for as long as their term, then counts; and nobody who asked to be forgotten."""

from __future__ import annotations

import hashlib
import json
import secrets
from collections.abc import Iterable, Sequence
from contextlib import suppress
from datetime import datetime
from functools import partial
from pathlib import Path
from typing import Any

from bot.core.model import ENDS, STRANGER, State
from bot.core.reading import Acts
from bot.store import tallies
from bot.store.archive import Archive
from bot.store.codec import to_doc
from bot.store.databases import FOLD_AT, KINDS
from bot.store.desk import OTHER
from bot.store.files import Files, put_in_place
from bot.store.folding import compared, table_of, total, without
from bot.store.records import AuditEntry, Certificate, as_seen, readdressed
from bot.store.tables import Doc, id_of

FORGOTTEN = "forgotten.json"  # beside the rows: a restore must find it
DRAFTS = (".json.tmp", ".journal.tmp")
_TAKES_NAMES = frozenset({"retention", "forgotten"})  # entries of the trail
_OVER = frozenset({*ENDS, State.UNKNOWN})


class Keeper(Archive):
    """The retention of the contract (bot.store)."""

    def __init__(self, folder: Path, files: Files | None = None, fold_at: int = FOLD_AT) -> None:
        super().__init__(folder, files, fold_at)
        self._left_names = self._databases.cut_off(_TAKES_NAMES)
        if self._left_names:  # a kill came between their removal and that of their bytes
            with suppress(OSError):
                self._out_of_the_files()

    async def fold_names(self, before: datetime, at: datetime) -> Certificate | None:
        found = None
        if await self._glance(lambda: self._names_anybody(before)):
            found = await self._write(lambda: self._fold_names(before, at))
        if found is not None:
            self._left_names = True
        if self._left_names:
            await self._read(self._out_of_the_files)
        return found

    def _out_of_the_files(self) -> None:
        """The journal, the files and the drafts of a crash still have whom the rows forgot."""
        self._databases.fold()
        folder = self._databases.folder
        for place in (folder, *(folder / kind for kind in KINDS)):
            for name in self._files.list(place):
                if name.endswith(DRAFTS):
                    self._files.unlink(place / name)
        self._left_names = False

    async def drop_suggestions(self, before: str) -> int:
        def work() -> int:
            table = self._main("suggestions")
            old = [doc["id"] for doc in table.docs() if doc["day"] < before]
            for one in old:
                table.drop(one)
            return len(old)

        if not any([day < before for day, _ in await self.suggestions()]):  # noqa: C419
            return 0
        found: int = await self._write(work)
        await self._read(self._out_of_the_files)
        return found

    async def drop_signatures(self, before: datetime) -> int:
        def work() -> int:
            table = self._main("signatures")
            old = [id_of("signatures", doc) for doc in table.docs() if _at(doc) < before]
            for one in old:
                table.drop(one)
            return len(old)

        if all(one.at >= before for one in await self.signatures()):
            return 0
        found: int = await self._write(work)
        await self._read(self._out_of_the_files)
        return found

    async def certificates(self) -> list[Certificate]:
        return await self._read(lambda: self._all("certificates", Certificate))

    def _fold_names(self, before: datetime, at: datetime) -> Certificate | None:
        """Fold the oldest week that has something to fold."""
        due = self._past_term(before)
        week = min((keys[0][0] for keys in due.values()), default="")
        mine = {stem: [key for _, key in keys] for stem, keys in due.items() if keys[0][0] == week}
        strangers = self._drop_strangers(before)
        if not mine and not strangers:
            return None
        tables, receipts, names = [], strangers, 0
        for keys in mine.values():
            table, removed, entries = self._fold(sorted(keys))
            tables.append(table)
            receipts, names = receipts + removed, names + entries
        figures = total(tables)
        certificate = Certificate(
            number=len(self._main("certificates")) + 1,
            at=at,
            before=before,
            occurrences=tuple(sorted(mine)),
            receipts=receipts,
            names=names,
            covered=figures.covered,
            reachable=figures.reachable,
            read=figures.read,
        )
        self._main("certificates").put(to_doc(certificate))
        detail = {"certificate": str(certificate.number), "receipts": str(receipts)}
        self._audit(AuditEntry(at=at, what="retention", about=week or OTHER, detail=detail))
        return certificate

    def _names_anybody(self, before: datetime) -> bool:
        """Whether something may be past its term; at nearly every tick nothing is."""
        other = self._databases.rows(f"receipts/{OTHER}", "receipts")
        return len(other) > 0 or self._stand().names_since(before)

    def _past_term(self, before: datetime) -> dict[str, list[tuple[str, str]]]:
        """Return stem -> (week, key) of what has names, has ended, and began before the term."""
        groups: dict[str, list[Doc]] = {}
        docs = self._main("pushes").docs()
        names = [doc for doc in docs if "begun" in doc and not doc.get("folded")]
        oldest = min((doc["sent_at"] or doc["due"] for doc in names), default="")
        if not oldest or datetime.fromisoformat(oldest) > before:
            return {}
        for doc in docs:
            groups.setdefault(_stem(doc["key"]), []).append(doc)
        found = {}
        for stem, docs in groups.items():
            named = [doc for doc in docs if "begun" in doc and not doc.get("folded")]
            over = all(doc["state"] in _OVER for doc in docs)
            first = min((doc["sent_at"] or doc["due"] for doc in named), default="")
            if named and over and datetime.fromisoformat(first) <= before:
                found[stem] = [(doc["file"], doc["key"]) for doc in named]
        return found

    def _drop_strangers(self, before: datetime) -> int:
        """Receipts of pushes that we do not know go without a count: they never had one."""
        rows = self._databases.rows(f"receipts/{OTHER}", "receipts")
        old = [doc for doc in rows.docs() if datetime.fromisoformat(doc["at"]) <= before]
        for doc in old:
            rows.drop(id_of("receipts", doc))
        return len(old)

    def _fold(self, keys: Sequence[str]) -> tuple[Doc, int, int]:
        """Put the table of an occurrence in the place of its names; say how many those were."""
        rows = tallies.WeekRows(self._of)
        acts, first = rows.people(keys), {key: rows.first_act(key) for key in keys}
        table = table_of(keys, acts, first)
        compared(table, acts, first)
        self._of("sent", "folded", keys[0]).put(table)
        receipts = self._of("receipts", "receipts", keys[0])
        mine = frozenset(keys)
        gone = [doc for doc in receipts.docs() if doc["push"] in mine]
        for doc in gone:
            receipts.drop(id_of("receipts", doc))
        for key in keys:
            self._unname(key, table["of"])
        return table, len(gone), _entries(acts)

    def _unname(self, key: str, table: str) -> None:
        cohorts = self._of("sent", "cohorts", key)
        cohort = cohorts.find(key)
        if cohort is not None:
            cohorts.put({**cohort, "covered": []})
        deliveries = self._of("sent", "deliveries", key)
        for doc in [doc for doc in deliveries.docs() if doc["push"] == key]:
            if doc["body"]:  # of before texts were kept, or one that names people
                begun = datetime.fromisoformat(doc["begun"])
                doc = {**doc, "text": self._keep_text(as_seen(doc["body"]), begun), "body": ""}
            deliveries.put({**doc, "to": [], "invalid": [], "unlicensed": []})
        push = self._main("pushes").find(key)
        assert push is not None, "what is folded was planned"
        self._main("pushes").put({**push, "folded": table})

    # -- whoever asked to be forgotten -----------------------------------------------------------

    async def forget(self, person: str, at: datetime, stays: bool = False) -> int:
        salt = secrets.token_hex(16)
        entry = {"salt": salt, "hash": _salted(person, salt), "at": at.isoformat()}
        entry |= {"stays": "yes"} if stays else {}
        await self._write(lambda: self._remember_to_forget([entry]))
        found = await self._write(lambda: self._forget(person, at, stays))
        self._left_names = True
        await self._read(self._out_of_the_files)
        return found

    def forgotten(self) -> list[dict[str, str]]:
        """Return the list: a salt and a hash for each, and when."""
        return forgotten_in(self._databases.folder)

    def _remember_to_forget(self, more: Iterable[dict[str, str]]) -> None:
        known = self.forgotten()
        fresh = [entry for entry in more if entry not in known]
        if fresh:
            text = json.dumps([*known, *fresh], indent=1).encode()
            put_in_place(self._files, self._databases.folder / FORGOTTEN, [text])

    def _forget(self, person: str, at: datetime, stays: bool) -> int:
        """Put a stranger in the place of a person, another in every occurrence."""
        folded, touched = person.casefold(), 0
        for doc in self._main("members").docs():
            if doc["id"].casefold() == folded and not stays:
                self._main("members").drop(doc["id"])
                touched += 1
        for doc in self._main("targets").docs():
            if doc.get("name", "").casefold() == folded:  # who asked to bind a group
                self._main("targets").put({**doc, "name": ""})
                touched += 1
        instead: dict[str, str] = {}
        for kind, table in (("sent", "cohorts"), ("sent", "deliveries"), ("receipts", "receipts")):
            for name in self._databases.names(kind):
                rows = self._databases.rows(name, table)
                for doc in [doc for doc in rows.docs() if _names(doc, folded)]:
                    stem = _stem(doc["push"])
                    stranger = instead.setdefault(stem, f"{STRANGER}{secrets.token_hex(4)}")
                    rows.drop(id_of(table, doc))
                    rows.put(_renamed(doc, person, stranger))
                    touched += 1
        self._audit(AuditEntry(at=at, what="forgotten", detail={"rows": str(touched)}))
        return touched

    async def forget_again(self, entries: Iterable[dict[str, str]], at: datetime) -> int:
        """Forget whoever of the people in these rows is on the list: after a restore."""
        entries = list(entries)
        everybody = await self._read(self._everybody) if entries else set()
        listed = {
            person: all(entry.get("stays") for entry in mine)
            for person in sorted(everybody)
            if (mine := [e for e in entries if _salted(person, e["salt"]) == e["hash"]])
        }
        for who, stays in listed.items():
            await self._write(partial(self._forget, who, at, stays))
        await self._write(lambda: self._remember_to_forget(entries))
        return len(listed)

    def _everybody(self) -> set[str]:
        found = {doc["id"].casefold() for doc in self._main("members").docs()}
        found |= {doc["name"].casefold() for doc in self._main("targets").docs() if doc.get("name")}
        for doc in [*self._docs("sent", "cohorts"), *self._docs("sent", "deliveries")]:
            found |= {person.casefold() for name in _LISTS for person in doc.get(name, ())}
        return found | {doc["person"].casefold() for doc in self._docs("receipts", "receipts")}


def forgotten_in(folder: Path) -> list[dict[str, str]]:
    """Return the list of a data folder, whether its rows can be read or not."""
    path = folder / FORGOTTEN
    found: list[dict[str, str]] = json.loads(path.read_bytes()) if path.exists() else []
    return found


def _salted(person: str, salt: str) -> str:
    return hashlib.sha256(f"{salt}{person.casefold()}".encode()).hexdigest()


def _stem(key: str) -> str:
    return key.rpartition("@")[0]


def _entries(acts: Acts) -> int:
    return sum(len(cohort.covered) for cohort in acts.cohorts.values())


_LISTS = ("covered", "to", "invalid", "unlicensed")


def _names(doc: Doc, folded: str) -> bool:
    if "person" in doc:
        return bool(doc["person"].casefold() == folded)
    return any(who.casefold() == folded for name in _LISTS for who in doc.get(name, ()))


def _renamed(doc: Doc, person: str, stranger: str) -> Doc:
    changed: dict[str, Any] = {
        name: without(doc[name], person, stranger) for name in _LISTS if name in doc
    }
    if "person" in doc:
        changed["person"] = stranger
    if doc.get("body"):
        changed["body"] = readdressed(doc["body"], person)
    return {**doc, **changed}


def _at(doc: Doc) -> datetime:
    return datetime.fromisoformat(doc["at"])
