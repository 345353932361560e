"""The ledger's lines 线下转发: what the clerk says people passed on. We sent none of it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date

from bot.core import messages
from bot.core.content import from_words
from bot.core.ledger import Approved, Row, reviewed
from bot.core.model import Item
from bot.library.folder import Library
from bot.store import AuditEntry, Store

FORWARDED = "forwarded"  # in the trail


async def forwarded(
    store: Store,
    library: Library,
    approved: Mapping[str, Sequence[Approved]],
    first: date,
    last: date,
) -> list[Row]:
    """Return a row for each forwarding that was noted from `first` to `last`, oldest first."""
    found = []
    for one in await store.audits(what=(FORWARDED,)):
        if first <= one.entry.at.date() <= last:
            item = await _item(store, library, one.entry.digest)
            found.append(_row(one.entry, item, approved.get(one.entry.digest, ())))
    return found


async def _item(store: Store, library: Library, digest: str) -> Item | None:
    for item in library.items:
        if item.digest == digest:
            return item
    text = await store.text(digest)
    return from_words(text) if text is not None else None


def _row(entry: AuditEntry, item: Item | None, steps: Sequence[Approved]) -> Row:
    checked, secrecy = reviewed(steps)
    return Row(
        day=entry.at.date(),
        number=messages.SHEET_NUMBER.format(entry.detail.get("number", "")),
        occurrence=messages.FORWARDED,
        kind=str(item.kind) if item else "",
        title=item.title if item else messages.LEDGER_NO_TEXT,
        item=entry.about,
        digest=entry.digest,
        source=item.source if item else "",
        basis=item.basis if item else "",
        author=item.author if item else "",
        reviewed=checked,
        secrecy=secrecy,
        channels=messages.FORWARDED,
        scope=entry.detail.get("where", ""),
        times=f"{entry.at:%m-%d %H:%M}",
        result=messages.FORWARDED_BY.format(entry.who or messages.FORWARDED_NOBODY),
        covered="",
        reachable="",
        read="",
        rate="",
    )
