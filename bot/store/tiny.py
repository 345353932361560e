"""The embedded store: TinyDB in one file of the data folder, one process, no server."""

from __future__ import annotations

import asyncio
import errno
import json
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import datetime
from pathlib import Path
from typing import Any, TypeVar

from tinydb import TinyDB, where

from bot.core.model import ENDS, Cohort, Delivery, Member, Push, Receipt, State
from bot.core.reading import Acts
from bot.store import TargetState, overall
from bot.store.codec import from_doc, to_doc
from bot.store.storage import AtomicJSONStorage

FORMAT = 1
CLAIMABLE = (State.PLANNED, State.UNKNOWN)
T = TypeVar("T")


class TinyStore:
    """The contract of bot.store over TinyDB. Calls are serialised; the loop is never blocked.

    One thread does all the work, so a change is whole even when its caller is cancelled.
    """

    def __init__(self, folder: Path) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        self._storage = AtomicJSONStorage(folder / "qingfeng.json")
        # TinyDB builds its storage itself; ours is built already, to be asked for batches.
        self._db = TinyDB(storage=lambda: self._storage)
        self._worker = ThreadPoolExecutor(max_workers=1, thread_name_prefix="store")
        self._check_format(folder / "qingfeng.json")

    def _check_format(self, path: Path) -> None:
        meta = self._db.table("meta")
        known = meta.get(where("name") == "format")
        if known is None:
            meta.insert({"name": "format", "value": FORMAT})
        elif not isinstance(known, dict) or known["value"] != FORMAT:
            raise OSError(errno.EINVAL, "由更新的版本写成，请升级清风", str(path))

    def close(self) -> None:
        self._worker.shutdown()
        self._db.close()

    async def _do(self, work: Callable[[], T]) -> T:
        """Run `work` as one durable change, beside the event loop."""

        def batch() -> T:
            with self._storage.batch():
                return work()

        return await asyncio.get_running_loop().run_in_executor(self._worker, batch)

    def _rows(self, table: str, kind: type[T]) -> list[T]:
        return [from_doc(kind, doc) for doc in self._db.table(table)]

    def _put(self, table: str, value: Any, *identity: str) -> None:
        """Insert, or replace the row that has the same `identity` fields."""
        doc = to_doc(value)
        same = where(identity[0]) == doc[identity[0]]
        for name in identity[1:]:
            same &= where(name) == doc[name]
        self._db.table(table).upsert(doc, same)

    def _push(self, key: str) -> Push | None:
        doc = self._db.table("pushes").get(where("key") == key)
        return from_doc(Push, doc) if isinstance(doc, dict) else None

    # -- pushes ------------------------------------------------------------------------------

    async def add_pushes(self, pushes: Iterable[Push]) -> int:
        wanted = {push.key: push for push in pushes}

        def work() -> int:
            known = {doc["key"] for doc in self._db.table("pushes")}
            fresh = [to_doc(push) for key, push in wanted.items() if key not in known]
            if fresh:
                self._db.table("pushes").insert_multiple(fresh)
            return len(fresh)

        return await self._do(work) if wanted else 0

    async def due(self, now: datetime, limit: int, channels: Collection[str]) -> list[Push]:
        found = [
            push
            for push in await self.pushes([State.PLANNED])
            if push.channel in channels and _wanted_at(push) <= now
        ]
        return sorted(found, key=lambda push: (push.rank, push.due, push.key))[:limit]

    async def next_due(self) -> datetime | None:
        waiting = await self.pushes([State.PLANNED, State.UNKNOWN])
        return min(
            (
                _wanted_at(push)
                for push in waiting
                if push.state is State.PLANNED or push.not_before
            ),
            default=None,
        )

    async def begin(self, delivery: Delivery, cohort: Cohort, parts: int = 1) -> bool:
        def work() -> bool:
            push = self._push(delivery.push)
            part = str(delivery.part)
            if push is None or push.state in ENDS:
                return False
            if push.parts.get(part, State.PLANNED) not in CLAIMABLE:
                return False
            every = {str(number): State.PLANNED for number in range(parts)}
            known = {**every, **push.parts, part: State.SENDING}
            self._put("pushes", replace(push, state=State.SENDING, parts=known), "key")
            self._put("deliveries", delivery, "push", "part", "attempt")
            if not self._db.table("cohorts").contains(where("push") == push.key):
                self._db.table("cohorts").insert(to_doc(cohort))
            return True

        return await self._do(work)

    async def finish(self, delivery: Delivery, parts: int, not_before: datetime | None) -> None:
        def work() -> None:
            push = self._push(delivery.push)
            assert push is not None, "only what was begun is finished"
            self._put("deliveries", delivery, "push", "part", "attempt")
            doubt = delivery.state is not State.SENT and self._doubtful(delivery)
            state = State.UNKNOWN if doubt else delivery.state
            self._put("pushes", _after(push, delivery, state, parts, not_before), "key")

        await self._do(work)

    def _doubtful(self, delivery: Delivery) -> bool:
        """Whether an earlier attempt at the same part may have arrived."""
        same = (where("push") == delivery.push) & (where("part") == delivery.part)
        return self._db.table("deliveries").contains(same & (where("state") == State.UNKNOWN.value))

    async def _change(self, key: str, change: Callable[[Push], Push | None]) -> bool:
        """Change one push by `change`, which returns None where nothing is to change."""

        def work() -> bool:
            push = self._push(key)
            changed = change(push) if push else None
            if changed is not None:
                self._put("pushes", changed, "key")
            return changed is not None

        return await self._do(work)

    async def end(self, key: str, state: State, reason: str) -> bool:
        def ended(push: Push) -> Push | None:
            if push.state is not State.PLANNED:
                return None
            return replace(push, state=state, reason=reason, not_before=None)

        return await self._change(key, ended)

    async def postpone(self, key: str, not_before: datetime | None, reason: str) -> None:
        def later(push: Push) -> Push | None:
            if push.state not in CLAIMABLE:
                return None
            return replace(push, not_before=not_before, reason=reason)

        await self._change(key, later)

    async def confirm(self, key: str, part: int) -> bool:
        def sent(push: Push) -> Push | None:
            if push.parts.get(str(part)) != State.UNKNOWN:
                return None
            parts = {**push.parts, str(part): State.SENT}
            return replace(push, state=overall(parts, len(parts)), parts=parts, reason="")

        return await self._change(key, sent)

    async def recover(self) -> list[str]:
        def work() -> list[str]:
            keys = []
            for delivery in self._rows("deliveries", Delivery):
                if delivery.state is State.SENDING:
                    lost = replace(delivery, state=State.UNKNOWN, ended=delivery.begun)
                    push = self._push(delivery.push)
                    assert push is not None, "a delivery has its push"
                    self._put("deliveries", lost, "push", "part", "attempt")
                    after = _after(push, lost, lost.state, len(push.parts), None)
                    self._put("pushes", after, "key")
                    keys.append(push.key)
            return keys

        return await self._do(work)

    async def pushes(self, states: Collection[State] = ()) -> list[Push]:
        def work() -> list[Push]:
            rows = self._db.table("pushes")
            wanted = [from_doc(Push, doc) for doc in rows if not states or doc["state"] in states]
            return sorted(wanted, key=lambda push: (push.due, push.key))

        return await self._do(work)

    async def push(self, key: str) -> Push | None:
        return await self._do(lambda: self._push(key))

    # -- what went out -----------------------------------------------------------------------

    async def cohort(self, key: str) -> Cohort | None:
        return (await self.cohorts()).get(key)

    async def cohorts(self) -> dict[str, Cohort]:
        rows = await self._do(lambda: self._rows("cohorts", Cohort))
        return {row.push: row for row in rows}

    async def deliveries(self, key: str = "") -> list[Delivery]:
        rows = await self._do(lambda: self._rows("deliveries", Delivery))
        mine = [row for row in rows if not key or row.push == key]
        return sorted(mine, key=lambda row: (row.begun, row.push, row.part, row.attempt))

    async def begun_since(self, target: str, moment: datetime) -> list[datetime]:
        return [
            row.begun
            for row in await self.deliveries()
            if row.push.endswith("@" + target) and row.begun >= moment
        ]

    async def number(self, name: str, year: int) -> int:
        def work() -> int:
            table = self._db.table("numbers")
            rows = [doc for doc in table if doc["year"] == year]
            known = next((doc["number"] for doc in rows if doc["name"] == name), None)
            if known is None:
                known = len(rows) + 1
                table.insert({"name": name, "year": year, "number": known})
            return int(known)

        return await self._do(work)

    # -- what came back ----------------------------------------------------------------------

    async def add_receipt(self, receipt: Receipt) -> bool:
        def work() -> bool:
            same = (where("push") == receipt.push) & (where("person") == receipt.person)
            same &= where("step") == receipt.step.value
            if self._db.table("receipts").contains(same):
                return False
            self._db.table("receipts").insert(to_doc(receipt))
            return True

        return await self._do(work)

    async def acts(self) -> Acts:
        pushes, cohorts = await self.pushes(), await self.cohorts()
        receipts = await self._do(lambda: self._rows("receipts", Receipt))
        unreached: dict[str, frozenset[str]] = {}
        for row in await self.deliveries():
            # WeCom answers these accounts in lower case (wecom/api.md §3.2).
            bad = {account.casefold() for account in (*row.invalid, *row.unlicensed)}
            hit = {person for person in row.to if person.casefold() in bad}
            unreached[row.push] = unreached.get(row.push, frozenset()) | hit
        return Acts(pushes=pushes, cohorts=cohorts, unreached=unreached, receipts=receipts)

    async def count(self, name: str, day: str) -> None:
        def work() -> None:
            table = self._db.table("counts")
            same = (where("name") == name) & (where("day") == day)
            doc = table.get(same)
            before = int(doc["count"]) if isinstance(doc, dict) else 0
            table.upsert({"name": name, "day": day, "count": before + 1}, same)

        await self._do(work)

    async def counts(self) -> dict[str, int]:
        def work() -> dict[str, int]:
            totals: dict[str, int] = {}
            for doc in self._db.table("counts"):
                totals[doc["name"]] = totals.get(doc["name"], 0) + int(doc["count"])
            return totals

        return await self._do(work)

    # -- people, targets, summaries ----------------------------------------------------------

    async def set_members(self, members: Sequence[Member]) -> None:
        def work() -> None:
            self._db.table("members").truncate()
            self._db.table("members").insert_multiple([to_doc(member) for member in members])

        await self._do(work)

    async def members(self) -> list[Member]:
        return await self._do(lambda: self._rows("members", Member))

    async def set_target(self, state: TargetState) -> None:
        await self._do(lambda: self._put("targets", state, "id"))

    async def targets(self) -> dict[str, TargetState]:
        rows = await self._do(lambda: self._rows("targets", TargetState))
        return {row.id: row for row in rows}

    async def keep_summary(self, week: str, summary: Mapping[str, Any]) -> None:
        def work() -> None:
            if not self._db.table("summaries").contains(where("week") == week):
                self._db.table("summaries").insert({"week": week, "summary": _copy(summary)})

        await self._do(work)

    async def summary(self, week: str) -> dict[str, Any] | None:
        def work() -> dict[str, Any] | None:
            doc = self._db.table("summaries").get(where("week") == week)
            return _copy(doc["summary"]) if isinstance(doc, dict) else None

        return await self._do(work)


def _copy(value: Mapping[str, Any]) -> dict[str, Any]:
    """Return `value` as the file will give it back; what is kept is nobody else's to change."""
    copied: dict[str, Any] = json.loads(json.dumps(value))
    return copied


def _wanted_at(push: Push) -> datetime:
    return max(push.due, push.not_before or push.due)


def _after(
    push: Push, delivery: Delivery, state: State, parts: int, not_before: datetime | None
) -> Push:
    """Return the push as the end of one delivery leaves it; a part that was sent stays so."""
    if push.parts.get(str(delivery.part)) == State.SENT:
        return push
    states = {**push.parts, str(delivery.part): state}
    went_out = delivery.state in (State.SENT, State.UNKNOWN)
    return replace(
        push,
        parts=states,
        state=overall(states, parts),
        reason=delivery.reason,
        not_before=not_before,
        sent_at=push.sent_at or (delivery.begun if went_out else None),
    )
