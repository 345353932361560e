"""The embedded store: TinyDB over a journal in the data folder, one process, no server."""

from __future__ import annotations

import json
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from contextlib import suppress
from dataclasses import replace
from datetime import datetime
from pathlib import Path
from types import MappingProxyType
from typing import Any, TypeVar

from bot.core.calendar import iso_week
from bot.core.model import Cohort, Delivery, Member, Push, Receipt, State
from bot.core.reading import Acts, Figures, Question
from bot.store import TargetState, moves, tallies
from bot.store.codec import from_doc, to_doc
from bot.store.commit import Committer
from bot.store.databases import FOLD_AT, MAIN, Databases
from bot.store.files import Files
from bot.store.migrate import bring_up_to_date
from bot.store.tables import Doc, Rows, id_of

OTHER = "other"  # the week of what belongs to no push that we know
T = TypeVar("T")


class TinyStore:
    """The contract of bot.store over TinyDB. Calls are serialised; the loop is never blocked.

    One thread does all the work, and one fsync serves all who wait (commit.py). Only what is
    of today is in memory: the rows of a week are read when somebody asks for them (databases.py).
    """

    def __init__(self, folder: Path, files: Files | None = None, fold_at: int = FOLD_AT) -> None:
        files = files or Files()
        files.make_folder(folder)
        with suppress(PermissionError):  # who may not look into the parent has not made this one
            files.fsync_folder(folder.parent)  # else a power cut takes it with all that is in it
        self._databases = Databases(folder, files, fold_at)
        bring_up_to_date(self._databases)
        self._decoded: dict[str, tuple[Doc, Push]] = {}
        self._committer = Committer(self._databases)
        self._write, self._read = self._committer.write, self._committer.read

    def close(self) -> None:
        """Finish what was asked for, and leave plain files: the journal is folded into them."""
        self._committer.close()
        self._databases.fold_or_say()
        self._databases.close()

    async def limits(self) -> list[str]:
        """Return in words what has outgrown this store; nothing while it is at ease."""
        return await self._read(self._databases.advice)

    # -- rows ----------------------------------------------------------------------------------

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
        return [from_doc(kind, doc) for doc in self._main(table).docs()]

    def _push_of(self, doc: Doc) -> Push:
        """Decode a row once; a row is never changed, only replaced."""
        known = self._decoded.get(doc["key"])
        if known is None or known[0] is not doc:
            push = from_doc(Push, doc)
            push = replace(push, parts=MappingProxyType(push.parts))  # it is everybody's
            known = self._decoded[doc["key"]] = doc, push
        return known[1]

    def _push(self, key: str) -> Push | None:
        doc = self._main("pushes").find(key)
        return self._push_of(doc) if doc else None

    def _put_push(self, push: Push, **more: Any) -> None:
        """Replace the row of a push; what only the store knows of it stays, or is `more`."""
        old = self._main("pushes").find(push.key) or {}
        own: Doc = {name: old[name] for name in ("file", "begun") if name in old}
        self._main("pushes").put({**to_doc(push), **own, **more})

    def _put_delivery(self, delivery: Delivery) -> None:
        tallies.forget(self._main("figures"), delivery.push)
        self._of("sent", "deliveries", delivery.push).put(to_doc(delivery))

    # -- pushes --------------------------------------------------------------------------------

    async def add_pushes(self, pushes: Iterable[Push]) -> int:
        wanted = {push.key: push for push in pushes}

        def work() -> int:
            table = self._main("pushes")
            fresh = [push for key, push in wanted.items() if table.find(key) is None]
            files = {doc["occurrence"]: doc["file"] for doc in table.docs()} if fresh else {}
            for push in fresh:
                file = files.setdefault(push.occurrence, iso_week(push.due.date()))
                self._put_push(push, file=file)
            self._adopt({push.key for push in fresh})
            return len(fresh)

        return await self._write(work) if wanted else 0

    def _adopt(self, keys: Collection[str]) -> None:
        """Bring receipts that were there before their push to the week of the push."""
        other = self._databases.rows(f"receipts/{OTHER}", "receipts")
        for doc in other.docs():
            if doc["push"] in keys:
                other.drop(id_of("receipts", doc))
                self._of("receipts", "receipts", doc["push"]).put(doc)

    async def due(self, now: datetime, limit: int, channels: Collection[str]) -> list[Push]:
        found = [
            push
            for push in await self.pushes([State.PLANNED])
            if push.channel in channels and moves.wanted_at(push) <= now
        ]
        return sorted(found, key=lambda push: (push.rank, push.due, push.key))[:limit]

    async def next_due(self) -> datetime | None:
        waiting = await self.pushes([State.PLANNED, State.UNKNOWN])
        return min(
            (
                moves.wanted_at(push)
                for push in waiting
                if push.state is State.PLANNED or push.not_before
            ),
            default=None,
        )

    async def begin(self, delivery: Delivery, cohort: Cohort, parts: int = 1) -> bool:
        def work() -> bool:
            push = self._push(delivery.push)
            begun = moves.begun(push, delivery.part, parts) if push else None
            if begun is None:
                return False
            self._put_push(begun, begun=delivery.begun.isoformat())
            self._put_delivery(delivery)
            cohorts = self._of("sent", "cohorts", begun.key)
            cohorts.add(to_doc(cohort))  # the first one stays
            return True

        return await self._write(work)

    async def finish(self, delivery: Delivery, parts: int, not_before: datetime | None) -> None:
        def work() -> None:
            push = self._push(delivery.push)
            assert push is not None, "only what was begun is finished"
            self._put_delivery(delivery)
            doubt = delivery.state is not State.SENT and self._doubtful(delivery)
            state = State.UNKNOWN if doubt else delivery.state
            self._put_push(moves.after(push, delivery, state, parts, not_before))

        await self._write(work)

    def _deliveries(self, key: str) -> list[Delivery]:
        docs = self._of("sent", "deliveries", key).docs()
        return [from_doc(Delivery, doc) for doc in docs if doc["push"] == key]

    def _doubtful(self, delivery: Delivery) -> bool:
        """Whether an earlier attempt at the same part may have arrived."""
        return any(
            one.part == delivery.part and one.state is State.UNKNOWN
            for one in self._deliveries(delivery.push)
        )

    async def _change(self, key: str, change: Callable[[Push], Push | None]) -> bool:
        """Change one push by `change`, which returns None where nothing is to change."""

        def work() -> bool:
            push = self._push(key)
            changed = change(push) if push else None
            if changed is not None:
                self._put_push(changed)
            return changed is not None

        return await self._write(work)

    async def end(self, key: str, state: State, reason: str) -> bool:
        return await self._change(key, lambda push: moves.ended(push, state, reason))

    async def postpone(self, key: str, not_before: datetime | None, reason: str) -> None:
        await self._change(key, lambda push: moves.later(push, not_before, reason))

    async def confirm(self, key: str, part: int) -> bool:
        return await self._change(key, lambda push: moves.confirmed(push, part))

    async def recover(self) -> list[str]:
        def work() -> list[str]:
            keys = []
            for push in self._pushes([State.SENDING]):
                for delivery in self._deliveries(push.key):
                    if delivery.state is State.SENDING:
                        self._lose(delivery)
                        keys.append(push.key)
            return keys

        return await self._write(work)

    def _lose(self, delivery: Delivery) -> None:
        lost = replace(delivery, state=State.UNKNOWN, ended=delivery.begun)
        push = self._push(delivery.push)
        assert push is not None, "a delivery has its push"
        self._put_delivery(lost)
        self._put_push(moves.after(push, lost, lost.state, len(push.parts), None))

    async def pushes(self, states: Collection[State] = ()) -> list[Push]:
        return await self._read(lambda: self._pushes(states))

    def _pushes(self, states: Collection[State] = ()) -> list[Push]:
        docs = self._main("pushes").docs()
        found = [self._push_of(doc) for doc in docs if not states or doc["state"] in states]
        return sorted(found, key=lambda push: (push.due, push.key))

    async def push(self, key: str) -> Push | None:
        found = await self._read(lambda: self._push(key))
        return replace(found, parts=dict(found.parts)) if found else None

    # -- what went out -------------------------------------------------------------------------

    async def cohort(self, key: str) -> Cohort | None:
        return await self._read(lambda: self._cohort(key))

    def _cohort(self, key: str) -> Cohort | None:
        doc = self._of("sent", "cohorts", key).find(key)
        return from_doc(Cohort, doc) if doc else None

    async def cohorts(self, stem: str = "") -> dict[str, Cohort]:
        def work() -> dict[str, Cohort]:
            if not stem:
                rows = [from_doc(Cohort, doc) for doc in self._docs("sent", "cohorts")]
                return {row.push: row for row in rows}
            keys = [doc["key"] for doc in self._main("pushes").docs()]
            found = {key: self._cohort(key) for key in keys if key.rpartition("@")[0] == stem}
            return {key: cohort for key, cohort in found.items() if cohort}

        return await self._read(work)

    async def deliveries(self, key: str = "") -> list[Delivery]:
        def work() -> list[Delivery]:
            if key:
                return self._deliveries(key)
            return [from_doc(Delivery, doc) for doc in self._docs("sent", "deliveries")]

        rows = await self._read(work)
        return sorted(rows, key=lambda row: (row.begun, row.push, row.part, row.attempt))

    async def begun_since(self, target: str, moment: datetime) -> list[datetime]:
        def work() -> list[datetime]:
            docs = self._main("pushes").docs()
            mine = [doc for doc in docs if doc["target"] == target and "begun" in doc]
            late = [doc for doc in mine if datetime.fromisoformat(doc["begun"]) >= moment]
            begun = [row.begun for doc in late for row in self._deliveries(doc["key"])]
            return sorted(one for one in begun if one >= moment)

        return await self._read(work)

    async def number(self, name: str, year: int) -> int:
        def work() -> int:
            table = self._main("numbers")
            known = table.find(id_of("numbers", {"year": year, "name": name}))
            if known is None:
                taken = sum(1 for doc in table.docs() if doc["year"] == year)
                known = {"name": name, "year": year, "number": taken + 1}
                table.put(known)
            return int(known["number"])

        return await self._write(work)

    # -- what came back ------------------------------------------------------------------------

    async def add_receipt(self, receipt: Receipt) -> bool:
        doc = to_doc(receipt)

        def work() -> bool:
            new = self._of("receipts", "receipts", receipt.push).add(doc)
            if new:
                tallies.forget(self._main("figures"), receipt.push)
            return new

        return await self._write(work)

    async def receipts(self, key: str) -> list[Receipt]:
        def work() -> list[Receipt]:
            docs = self._of("receipts", "receipts", key).docs()
            return [from_doc(Receipt, doc) for doc in docs if doc["push"] == key]

        return await self._read(work)

    async def acts(self) -> Acts:
        def work() -> Acts:
            docs = self._docs("sent", "cohorts")
            cohorts = [from_doc(Cohort, doc) for doc in docs]
            found = Acts(
                pushes=self._pushes(),
                cohorts={row.push: row for row in cohorts},
                unreached=tallies.unreached(self._docs("sent", "deliveries"), docs),
                receipts=[from_doc(Receipt, doc) for doc in self._docs("receipts", "receipts")],
            )
            self._databases.forget()
            return found

        return await self._read(work)

    async def counted(self, questions: Collection[Question], named: Collection[str]) -> Acts:
        def work() -> Acts:
            rows = tallies.WeekRows(self._of)
            figures = self._main("figures")
            answers: dict[Question, Figures] = {}
            for question in questions:
                answers[question] = tallies.recall(figures, question) or rows.count(question)
                tallies.keep(figures, question, answers[question])
            people = rows.people(named)
            return replace(people, pushes=self._pushes(), counted=answers, rows=False)

        return await self._write(work)

    async def count(self, name: str, day: str) -> None:
        def work() -> None:
            table = self._main("counts")
            known = table.find(id_of("counts", {"name": name, "day": day}))
            before = int(known["count"]) if known else 0
            table.put({"name": name, "day": day, "count": before + 1})

        await self._write(work)

    async def counts(self) -> dict[str, int]:
        def work() -> dict[str, int]:
            totals: dict[str, int] = {}
            for doc in self._main("counts").docs():
                totals[doc["name"]] = totals.get(doc["name"], 0) + int(doc["count"])
            return totals

        return await self._read(work)

    # -- people, targets, summaries ------------------------------------------------------------

    async def set_members(self, members: Sequence[Member]) -> None:
        def work() -> None:
            table = self._main("members")
            for doc in table.docs():
                table.drop(doc["id"])
            for member in members:
                table.put(to_doc(member))

        await self._write(work)

    async def members(self) -> list[Member]:
        return await self._read(lambda: self._all("members", Member))

    async def set_target(self, state: TargetState) -> None:
        await self._write(lambda: self._main("targets").put(to_doc(state)))

    async def targets(self) -> dict[str, TargetState]:
        rows = await self._read(lambda: self._all("targets", TargetState))
        return {row.id: row for row in rows}

    async def keep_summary(self, week: str, summary: Mapping[str, Any]) -> None:
        def work() -> None:
            if self._main("summaries").find(week) is None:
                self._main("summaries").put({"week": week, "summary": _copy(summary)})

        await self._write(work)

    async def summary(self, week: str) -> dict[str, Any] | None:
        def work() -> dict[str, Any] | None:
            doc = self._main("summaries").find(week)
            return _copy(doc["summary"]) if doc else None

        return await self._read(work)


def _copy(value: Mapping[str, Any]) -> dict[str, Any]:
    """Return `value` as the file will give it back; what is kept is nobody else's to change."""
    copied: dict[str, Any] = json.loads(json.dumps(value))
    return copied
