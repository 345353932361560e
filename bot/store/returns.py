"""What came back, and what is known of people and targets: receipts, counts, rosters, summaries."""

from __future__ import annotations

import json
import secrets
from collections.abc import Collection, Mapping, Sequence
from typing import Any

from bot.core.model import Cohort, Member, Receipt, Signature, Step
from bot.core.reading import Acts, Figures, Question
from bot.store import TargetState, tallies
from bot.store.codec import from_doc, to_doc
from bot.store.desk import OTHER
from bot.store.outbox import Outbox
from bot.store.tables import id_of
from bot.store.taps import taps_of


class Returns(Outbox):
    """The receipts of the contract (bot.store), and the figures that they come to."""

    async def add_receipt(self, receipt: Receipt) -> bool:
        doc, key = to_doc(receipt), receipt.push

        def work() -> bool:
            push = self._main("pushes").find(key)
            if push and push.get("folded"):
                return False  # its names are gone; a new one would stay for ever
            file = push["file"] if push else OTHER
            new = self._databases.rows(f"receipts/{file}", "receipts").add(doc)
            if new:
                tallies.forget(self._main("figures"), key)
            return new

        return await self._write(work)

    async def receipts(self, key: str) -> list[Receipt]:
        def work() -> list[Receipt]:
            acted = taps_of(self._of("receipts", "receipts", key)).get(key)
            return [from_doc(Receipt, doc) for doc in acted.docs] if acted else []

        return await self._read(work)

    async def acted(self, key: str, people: Collection[str]) -> set[str]:
        def work() -> set[str]:
            rows = self._of("receipts", "receipts", key)
            return {who for one, who in receipt_ids(key, people).items() if rows.find(one)}

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
            rows = tallies.WeekRows(self._of, self._main("pushes").find)
            figures = self._main("figures")
            answers: dict[Question, Figures] = {}
            for question in questions:
                known = tallies.recall(figures, question)
                if known is None:
                    known = rows.count(question)
                    fresh.append(question)
                answers[question] = known
            able = rows.able(named)
            return Acts(pushes=self._pushes(), counted=answers, able=able, rows=False)

        def keep() -> None:
            rows = tallies.WeekRows(self._of, self._main("pushes").find)
            for question in fresh:  # counted again: a row may have changed meanwhile
                whole = rows.whole(question)
                tallies.keep(self._main("figures"), question, rows.count(question), whole)

        fresh: list[Question] = []
        found = await self._read(work)
        if fresh:  # nobody waits for it, and nobody minds if it fails
            self._write(keep).add_done_callback(lambda kept: kept.cancelled() or kept.exception())
        return found

    async def count(self, name: str, day: str, times: int = 1) -> None:
        def work() -> None:
            table = self._main("counts")
            known = table.find(id_of("counts", {"name": name, "day": day}))
            before = int(known["count"]) if known else 0
            table.put({"name": name, "day": day, "count": before + times})

        await self._write(work)

    async def counts(self, first: str = "", last: str = "~") -> dict[str, int]:
        def work() -> dict[str, int]:
            totals: dict[str, int] = {}
            for doc in self._main("counts").docs():
                if not first <= doc["day"] <= last:
                    continue
                totals[doc["name"]] = totals.get(doc["name"], 0) + int(doc["count"])
            return totals

        return await self._read(work)

    async def suggest(self, text: str, day: str) -> None:
        row = {"id": secrets.token_hex(8), "day": day, "text": text}
        await self._write(lambda: self._main("suggestions").put(row))

    async def suggestions(self) -> list[tuple[str, str]]:
        def work() -> list[tuple[str, str]]:
            docs = sorted(self._main("suggestions").docs(), key=lambda doc: str(doc["id"]))
            return sorted(((doc["day"], doc["text"]) for doc in docs), key=lambda one: one[0])

        return await self._glance(work)

    async def sign(self, signature: Signature) -> bool:
        doc = to_doc(signature)
        return await self._write(lambda: self._main("signatures").add(doc))

    async def signatures(self) -> list[Signature]:
        return await self._glance(lambda: self._all("signatures", Signature))

    # -- people, targets, summaries ------------------------------------------------------------

    async def set_members(self, members: Sequence[Member]) -> None:
        def work() -> None:
            table = self._main("members")
            for doc in table.docs():
                table.drop(doc["id"])
            for member in members:
                table.put(to_doc(member))

        await self._write(work)

    async def members(self, of: str = "") -> list[Member]:
        found = await self._glance(lambda: self._all("members", Member))
        return [one for one in found if one.branch == of or one.department == of] if of else found

    async def set_target(self, state: TargetState) -> None:
        await self._write(lambda: self._main("targets").put(to_doc(state)))

    async def targets(self) -> dict[str, TargetState]:
        rows = await self._glance(lambda: self._all("targets", TargetState))
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

        return await self._glance(work)


def receipt_ids(key: str, people: Collection[str]) -> dict[str, str]:
    """Return the ids that receipts of a push by these people would have, each with its person."""
    docs = [{"push": key, "person": who, "step": step} for who in people for step in Step]
    return {id_of("receipts", doc): doc["person"] for doc in docs}


def _copy(value: Mapping[str, Any]) -> dict[str, Any]:
    """Return `value` as the file will give it back; what is kept is nobody else's to change."""
    copied: dict[str, Any] = json.loads(json.dumps(value))
    return copied
