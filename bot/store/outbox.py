"""What is to be sent and what went out: pushes, deliveries, rosters, numbers."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Collection, Iterable
from dataclasses import replace
from datetime import datetime

from bot.core.calendar import iso_week
from bot.core.model import Cohort, Delivery, Push, State
from bot.store import Told, moves
from bot.store.codec import from_doc, to_doc
from bot.store.desk import OTHER, Desk
from bot.store.records import AuditEntry
from bot.store.tables import id_of

ROSTERS = 64  # decoded ones: those of the newest pushes, which people tap


class Outbox(Desk):
    """The pushes of the contract (bot.store)."""

    async def add_pushes(self, pushes: Iterable[Push]) -> int:
        wanted = {push.key: push for push in pushes}

        def work() -> int:
            table = self._main("pushes")
            fresh = [push for key, push in wanted.items() if table.find(key) is None]
            files = {doc["occurrence"]: doc["file"] for doc in table.docs()} if fresh else {}
            for push in fresh:
                file = files.setdefault(push.occurrence, iso_week(push.due.date()))
                self._put_push(push, file=file)
                if self._lost(push):
                    self._doubt(push)
            self._adopt({push.key for push in fresh})
            return len(fresh)

        return await self._write(work) if wanted else 0

    def _lost(self, push: Push) -> bool:
        """Whether it was due in a time that a restore has lost: it may have been sent then."""
        restored = self._main("meta").find("restored")
        if restored is None or push.state not in (State.PLANNED, State.EXPIRED):
            return False
        return push.due < datetime.fromisoformat(restored["at"])

    def _doubt(self, push: Push) -> None:
        """Nothing is known of the parts of a push that have no end."""
        doubted = moves.overtaken(push)
        self._put_push(doubted)
        for part, state in self._parts(push.key, doubted.cut).items():
            if state in (State.PLANNED, State.SENDING):
                self._put_part(push.key, part, State.UNKNOWN)

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
            self._ahead(delivery)
            push, part = self._push(delivery.push), self._part(delivery.push, delivery.part)
            begun = moves.begun(push, part, parts) if push else None
            if begun is None:
                return False
            self._put_push(begun, begun=delivery.begun.isoformat())
            self._put_part(begun.key, delivery.part, State.SENDING)
            self._put_delivery(delivery)
            cohorts = self._of("sent", "cohorts", begun.key)
            if cohorts.find(cohort.push) is None:  # the first one stays; thousands take a while
                cohorts.put(to_doc(cohort))
            return True

        return await self._write(work)

    async def finish(self, delivery: Delivery, parts: int, not_before: datetime | None) -> None:
        def work() -> None:
            self._ahead(delivery)
            digest = self._put_delivery(delivery)
            self._audit_end(delivery, digest)
            doubt = delivery.state is not State.SENT and self._doubtful(delivery)
            self._stands(delivery, State.UNKNOWN if doubt else delivery.state, parts, not_before)

        await self._write(work)

    def _stands(
        self, delivery: Delivery, state: State, parts: int, not_before: datetime | None
    ) -> None:
        """Put a part, and its push, where the end of an attempt leaves them."""
        push, part = self._push(delivery.push), self._part(delivery.push, delivery.part)
        assert push is not None, "only what was begun ends"
        if part is not State.SENT:  # that stays
            self._put_part(push.key, delivery.part, state)
            self._put_push(moves.after(push, delivery, part, state, parts, not_before))

    def _deliveries(self, key: str) -> list[Delivery]:
        docs = self._of("sent", "deliveries", key).docs()
        return [self._delivery_of(doc) for doc in docs if doc["push"] == key]

    def _attempts(self, key: str, part: int) -> list[Delivery]:
        """Return the attempts at one part, found by their numbers: 1, 2, …"""
        rows, found = self._of("sent", "deliveries", key), list[Delivery]()
        while doc := rows.find(
            id_of("deliveries", {"push": key, "part": part, "attempt": len(found) + 1})
        ):
            found.append(self._delivery_of(doc))
        return found

    def _audit_end(self, delivery: Delivery, digest: str) -> None:
        """What people may have seen, or WeCom refused to show them, is of the trail."""
        if delivery.state is State.PLANNED:
            return
        detail = {"part": str(delivery.part), "attempt": str(delivery.attempt)}
        more = {"words": delivery.digest, "msgid": delivery.msgid, "reason": delivery.reason}
        entry = AuditEntry(
            at=delivery.ended or delivery.begun,
            what=delivery.state.value,
            about=delivery.push,
            digest=digest,
            detail={**detail, **{name: text for name, text in more.items() if text}},
        )
        self._audit(entry)

    def _doubtful(self, delivery: Delivery) -> bool:
        """Whether an earlier attempt at the same part may have arrived."""
        return any(
            one.state is State.UNKNOWN for one in self._attempts(delivery.push, delivery.part)
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
        def work() -> bool:
            push = self._push(key)
            changed = moves.confirmed(push, self._part(key, part)) if push else None
            if changed is None:
                return False
            self._put_part(key, part, State.SENT)
            self._put_push(changed)
            return True

        return await self._write(work)

    async def again(self, key: str, reason: str) -> bool:
        def work() -> bool:
            push = self._push(key)
            changed = moves.again(push, reason) if push else None
            if changed is None:
                return False
            for delivery in self._deliveries(key):
                if delivery.state is State.UNKNOWN:  # else its doubt would outlive the word
                    self._put_delivery(replace(delivery, state=State.REFUSED, reason=reason))
            for part, state in self._parts(key, changed.cut).items():
                if state is State.UNKNOWN:
                    self._put_part(key, part, State.PLANNED)
            self._put_push(changed)
            return True

        return await self._write(work)

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
        self._audit_end(lost, self._put_delivery(lost))
        self._stands(lost, lost.state, 0, None)

    async def pushes(
        self,
        states: Collection[State] = (),
        *,
        target: str = "",
        stem: str = "",
        targets: Collection[str] = (),
        since: datetime | None = None,
    ) -> list[Push]:
        return await self._glance(lambda: self._asked(states, target, stem, targets, since))

    def _asked(
        self,
        states: Collection[State],
        target: str,
        stem: str,
        targets: Collection[str],
        since: datetime | None,
    ) -> list[Push]:
        if since and not (states or target or stem):
            found = self._stand().since(since)
        else:
            found = self._pushes(states, target, stem)
            found = [push for push in found if push.due >= since] if since else found
        if targets:
            wanted = frozenset(targets)
            found = [push for push in found if push.target in wanted]
        return found

    async def states(self) -> dict[State, int]:
        return await self._read(lambda: dict(Counter(push.state for push in self._pushes())))

    async def told(self) -> dict[str, Told]:
        return await self._glance(lambda: self._stand().told())

    def _pushes(
        self, states: Collection[State] = (), target: str = "", stem: str = ""
    ) -> list[Push]:
        return self._stand().asked(states, target, stem)

    async def push(self, key: str) -> Push | None:
        found = await self._glance(lambda: self._push(key))
        return replace(found, tally=dict(found.tally)) if found else None

    async def parts(self, key: str) -> dict[int, State]:
        def work() -> dict[int, State]:
            push = self._push(key)
            return self._parts(key, push.cut) if push else {}

        return await self._glance(work)

    # -- what went out -------------------------------------------------------------------------

    async def addressed(self, key: str) -> tuple[Push | None, Cohort | None]:
        return await self._glance(lambda: (self._push(key), self._cohort(key)))

    async def cohort(self, key: str) -> Cohort | None:
        return await self._glance(lambda: self._cohort(key))

    def _cohort(self, key: str) -> Cohort | None:
        doc = self._of("sent", "cohorts", key).find(key)
        if doc is None:
            return None
        known = self._rosters.get(key)
        if known is None or known[0] is not doc:  # a row is never changed, only replaced
            while len(self._rosters) >= ROSTERS:
                del self._rosters[next(iter(self._rosters))]
            known = self._rosters[key] = doc, from_doc(Cohort, doc)
        return known[1]

    async def cohorts(self, stem: str = "") -> dict[str, Cohort]:
        def work() -> dict[str, Cohort]:
            if not stem:
                rows = [from_doc(Cohort, doc) for doc in self._docs("sent", "cohorts")]
                return {row.push: row for row in rows}
            found = {push.key: self._cohort(push.key) for push in self._pushes(stem=stem)}
            return {key: cohort for key, cohort in found.items() if cohort}

        return await self._glance(work)

    async def deliveries(self, key: str = "", part: int | None = None) -> list[Delivery]:
        def work() -> list[Delivery]:
            if key and part is not None:
                return self._attempts(key, part)
            if key:
                return self._deliveries(key)
            return [self._delivery_of(doc) for doc in self._docs("sent", "deliveries")]

        rows = await (self._read if part is None else self._glance)(work)
        return sorted(rows, key=lambda row: (row.begun, row.push, row.part, row.attempt))

    async def begun_since(self, target: str, moment: datetime) -> list[datetime]:
        def work() -> list[datetime]:
            keys = [push.key for push in self._pushes(target=target)]
            docs = [doc for key in keys if (doc := self._main("pushes").find(key))]
            mine = [doc for doc in docs if "begun" in doc]
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
