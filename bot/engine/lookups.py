"""Who has asked what became of one person and one text: kept in the trail, shown to that person.

The trail never names a recipient: it holds a mark that only this installation can make again.
"""

from __future__ import annotations

import hashlib
import hmac
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from bot.engine.bureau import Bureau
from bot.library.approvals import seal_key
from bot.store import AuditEntry

ASKED, SHOWN = "lookup-asked", "lookup-shown"  # as the trail calls them
OPEN_FOR = timedelta(days=14)  # in which a second person may agree


@dataclass(frozen=True, kw_only=True)
class Asked:
    """A question that waits for a second person."""

    at: datetime
    who: str
    why: str


def mark_of(person: str, bureau: Bureau) -> str:
    """Return what stands for a person in the trail: nobody can tell whose it is without the key."""
    key = seal_key(bureau.shelf.folders.data)
    said = b"lookup\0" + person.casefold().encode()
    return hmac.new(key, said, hashlib.sha256).hexdigest()[:32]


async def ask(person: str, item: str, who: str, why: str, now: datetime, bureau: Bureau) -> None:
    """Write down that somebody wants to know."""
    detail = {"person": mark_of(person, bureau), "reason": why}
    await bureau.store.audit(AuditEntry(at=now, what=ASKED, about=item, who=who, detail=detail))


async def waiting(person: str, item: str, now: datetime, bureau: Bureau) -> Asked | None:
    """Return the newest question about this person and text that nobody has agreed to yet."""
    found = None
    for entry in await _of(person, bureau):
        if entry.about != item:
            continue
        if entry.what == SHOWN:
            found = None
        elif entry.at > now - OPEN_FOR:
            found = Asked(at=entry.at, who=entry.who, why=entry.detail.get("reason", ""))
    return found


async def agree(
    person: str, item: str, asked: Asked, who: str, now: datetime, bureau: Bureau
) -> None:
    """Write down that a second person agreed, before anything is shown."""
    detail = {"person": mark_of(person, bureau), "asked": asked.who, "reason": asked.why}
    await bureau.store.audit(AuditEntry(at=now, what=SHOWN, about=item, who=who, detail=detail))


async def shown_of(person: str, bureau: Bureau) -> list[AuditEntry]:
    """Return what was shown of a person, for that person, the newest first."""
    return [entry for entry in reversed(await _of(person, bureau)) if entry.what == SHOWN]


async def _of(person: str, bureau: Bureau) -> Sequence[AuditEntry]:
    mark = mark_of(person, bureau)
    trail = [one.entry for one in await bureau.store.audits(what=(ASKED, SHOWN))]
    return [entry for entry in trail if entry.detail.get("person") == mark]
