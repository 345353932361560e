"""The desk on which the rows of the embedded store lie: what its other parts work on."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress
from datetime import datetime
from pathlib import Path
from typing import Any, TypeVar

from bot.core.links import task_id_of
from bot.core.model import Cohort, Delivery, Push, State
from bot.store import tallies
from bot.store.backup import clear, finish_restore
from bot.store.codec import from_doc, to_doc
from bot.store.commit import Committer
from bot.store.databases import FOLD_AT, MAIN, Databases
from bot.store.files import Files
from bot.store.migrate import bring_up_to_date
from bot.store.records import BEGINNING, AuditEntry, as_seen, digest_of, linked
from bot.store.standing import Standing
from bot.store.tables import Doc, Part, Rows, id_of

OWN = ("file", "begun", "folded")  # what only the store knows of a push
OTHER = "other"  # the week of what belongs to no push that we know
T = TypeVar("T")


class Desk:
    """Rows by name. Calls are serialised; the loop is never blocked.

    One thread does all the work, and one fsync serves all who wait (commit.py). Only what is
    of today is in memory: the rows of a week are read when somebody asks for them (databases.py).
    """

    def __init__(self, folder: Path, files: Files | None = None, fold_at: int = FOLD_AT) -> None:
        files = self._files = files or Files()
        files.make_folder(folder)
        with suppress(PermissionError):  # who may not look into the parent has not made this one
            files.fsync_folder(folder.parent)  # else a power cut takes it with all that is in it
        self._databases = Databases(
            folder, files, fold_at, before_load=lambda: finish_restore(folder, files)
        )
        bring_up_to_date(self._databases)
        clear(folder)
        self._standing: Standing | None = None
        self._rosters: dict[str, tuple[Doc, Cohort]] = {}
        self._lists: dict[str, tuple[Part, list[Any]]] = {}
        self._committer = Committer(self._databases)
        self._write, self._read = self._committer.write, self._committer.read
        self._glance = self._committer.glance

    def close(self) -> None:
        """Finish what was asked for, and leave plain files: the journal is folded into them."""
        self._committer.close()
        self._databases.fold_or_say()
        self._databases.close()

    async def limits(self) -> list[str]:
        """Return in words what has outgrown this store; nothing while it is at ease."""
        return await self._read(self._databases.advice)

    def _main(self, table: str) -> Rows:
        return self._databases.rows(MAIN, table)

    def _week(self, kind: str, key: str) -> str:
        """Return the part that has the rows of a push: all of one occurrence are together."""
        doc = self._main("pushes").find(key)
        return f"{kind}/{doc['file'] if doc else OTHER}"

    def _of(self, kind: str, table: str, key: str) -> Rows:
        return self._databases.rows(self._week(kind, key), table)

    def _docs(self, kind: str, table: str) -> list[Doc]:
        """Return the rows of all weeks, oldest week first."""
        names = self._databases.names(kind)
        return [doc for name in names for doc in self._databases[name].rows(table).docs()]

    def _all(self, table: str, kind: type[T]) -> list[T]:
        return self._once(table, lambda docs: [from_doc(kind, doc) for doc in docs])

    def _once(self, table: str, decode: Callable[[list[Doc]], list[T]]) -> list[T]:
        """Decode a table anew only when a row of it has been replaced: ticks ask all the time."""
        rows = self._main(table)
        part, known = rows.storage_part, self._lists.get(table)
        if known is None or known[0] is not part or part.watched[table]:
            self._databases.takes(len(rows))
            known = self._lists[table] = part, decode(rows.docs())
            part.watched[table] = set()
        return [*known[1]]

    def _push(self, key: str) -> Push | None:
        return self._stand().find(key)

    def _stand(self) -> Standing:
        """Return the pushes as their rows are now."""
        part = self._main("pushes").storage_part
        if self._standing is None or self._standing.part is not part:  # the files were read anew
            self._standing = Standing(part)
        self._databases.takes(self._standing.behind)
        return self._standing

    def _put_push(self, push: Push, **more: Any) -> None:
        """Replace the row of a push; what only the store knows of it stays, or is `more`."""
        old = self._main("pushes").find(push.key) or {}
        own: Doc = {name: old[name] for name in OWN if name in old}
        self._main("pushes").put({**to_doc(push), **own, **more})

    def _part(self, key: str, part: int) -> State:
        """Return where one part of a push stands; without a row it is planned."""
        row = {"push": key, "part": part}
        doc = self._of("sent", "parts", key).find(id_of("parts", row))
        return State(doc["state"]) if doc else State.PLANNED

    def _parts(self, key: str, cut: int) -> dict[int, State]:
        return {part: self._part(key, part) for part in range(cut)}

    def _put_part(self, key: str, part: int, state: State) -> None:
        row = {"push": key, "part": part, "state": state.value}
        self._of("sent", "parts", key).put(row)

    def _ahead(self, delivery: Delivery) -> None:
        """Have at hand what a change of an attempt will look at; here all of it is."""

    def _put_delivery(self, delivery: Delivery) -> str:
        """Put an attempt; return the digest of what it shows, kept once for all who see it."""
        tallies.forget(self._main("figures"), delivery.push)
        seen = _seen(delivery)
        digest = self._keep_text(seen, delivery.begun)
        body = "" if seen == delivery.body else delivery.body  # kept once, unless it names people
        doc = {**to_doc(delivery), "body": body, "text": digest}
        self._of("sent", "deliveries", delivery.push).put(doc)
        return digest

    def _delivery_of(self, doc: Doc) -> Delivery:
        body = doc["body"] or self._text(doc.get("text", "")) or ""
        return from_doc(Delivery, {**doc, "body": body})

    # -- what is kept ----------------------------------------------------------------------------

    def _keep_text(self, text: str, at: datetime) -> str:
        """Keep a text once, in the file of the month in which it first came."""
        digest = digest_of(text)
        if self._main("kept").find(digest) is None:
            month = f"{at:%Y-%m}"
            self._main("kept").put({"digest": digest, "file": month})
            self._databases.rows(f"texts/{month}", "texts").put({"digest": digest, "text": text})
        return digest

    def _text(self, digest: str) -> str | None:
        kept = self._main("kept").find(digest)
        doc = self._databases.rows(f"texts/{kept['file']}", "texts").find(digest) if kept else None
        return str(doc["text"]) if doc else None

    def _audit(self, entry: AuditEntry) -> None:
        """Put an entry at the end of the trail, in the file of its month."""
        last = self._main("meta").find("trail") or {"number": 0, "hash": BEGINNING}
        one = linked(entry, last["number"] + 1, last["hash"])
        doc = {"number": one.number, "before": one.before, "hash": one.hash}
        trail = self._databases.rows(f"audit/{entry.at:%Y-%m}", "trail")
        trail.put({**doc, "entry": to_doc(entry)})
        self._main("meta").put({"name": "trail", "number": one.number, "hash": one.hash})


def _seen(delivery: Delivery) -> str:
    """Return what an attempt shows to whoever gets it."""
    seen = as_seen(delivery.body)
    if delivery.part:  # the card's own number, and nothing that anybody sees
        own, first = (task_id_of(delivery.push, part) for part in (delivery.part, 0))
        seen = seen.replace(own, first)
    return seen
