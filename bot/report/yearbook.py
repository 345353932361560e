"""What a year left behind, gathered from the ledger: every text, where it went, as it was seen."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from bot.core import messages
from bot.core.ledger import Row, Text
from bot.core.model import Push, State, is_private
from bot.core.periods import PeriodSummary
from bot.core.telling import percent
from bot.report.ledger import Ledger
from bot.store import Store
from bot.store.records import as_seen


@dataclass(frozen=True, kw_only=True)
class Place:
    """One target a text was meant for."""

    name: str
    channel: str
    when: datetime | None
    end: str  # 已发出, or how it ended and why


@dataclass(frozen=True, kw_only=True)
class Entry:
    """One text of one occasion: its line of the ledger, and what people saw."""

    row: Row
    node: bool
    places: tuple[Place, ...]
    seen: tuple[tuple[str, str], ...]  # (by which way, the JSON as it was seen), each once


@dataclass(frozen=True, kw_only=True)
class Yearbook:
    """A year for the archive and for whoever writes the report of it."""

    name: str  # 2026年
    unit: str
    as_of: datetime
    ledger: Ledger
    entries: tuple[Entry, ...]
    span: PeriodSummary

    def months(self) -> Iterator[tuple[str, list[Entry]]]:
        found: dict[str, list[Entry]] = {}
        for entry in self.entries:
            day = entry.row.day
            found.setdefault(f"{day.year}年{day.month}月", []).append(entry)
        yield from found.items()


async def entries(
    store: Store, ledger: Ledger, names: Mapping[str, str], only: str = ""
) -> tuple[Entry, ...]:
    """Return an entry for each row of the ledger, or for those of one occurrence alone."""
    groups: dict[Text, list[Push]] = {}
    for push in await store.pushes():
        if push.item and not is_private(push.target):
            groups.setdefault((push.occurrence, push.part, push.item), []).append(push)
    found = []
    for row in ledger.rows:
        if only and row.of[0] != only:
            continue
        group = sorted(groups.get(row.of, ()), key=lambda push: (push.due, push.key))
        found.append(
            Entry(
                row=row,
                node=any(push.node for push in group),
                places=tuple(_place(push, names, ledger.ways) for push in group),
                seen=await _seen(store, group, ledger.ways),
            )
        )
    return tuple(found)


def _place(push: Push, names: Mapping[str, str], ways: Mapping[str, str]) -> Place:
    why = f"（{push.reason}）" if push.reason and push.state is not State.SENT else ""
    return Place(
        name=names.get(push.target, push.target),
        channel=ways.get(push.channel, push.channel),
        when=push.sent_at,
        end=messages.STATES[push.state] + why,
    )


async def _seen(
    store: Store, pushes: Sequence[Push], ways: Mapping[str, str]
) -> tuple[tuple[str, str], ...]:
    """Return what was seen by each way; the message of the first who got it speaks for all."""
    found: dict[str, str] = {}
    for push in pushes:
        if push.state not in (State.SENT, State.UNKNOWN) or push.channel in found:
            continue
        for delivery in await store.deliveries(push.key):
            if delivery.state in (State.SENT, State.UNKNOWN) and delivery.body:
                found[push.channel] = as_seen(delivery.body)
                break
    return tuple((ways.get(way, way), seen) for way, seen in found.items())


def paragraph(book: Yearbook) -> str:
    """Return the paragraph for the 工作总结; every number in it is the ledger's."""
    span, total = book.span, book.span.total
    went = [entry for entry in book.entries if entry.row.number]
    nodes = [entry for entry in went if entry.node]
    named = list(dict.fromkeys(entry.row.occurrence.split(" ")[0] for entry in nodes))
    lines = [messages.YEAR_BEGIN.format(book.name, book.unit, len(went))]
    if nodes:
        lines.append(messages.YEAR_NODES.format(len(nodes), "、".join(named), len(named)))
    lines.append(messages.YEAR_REACHED.format(span.targets, total.covered))
    if total.reachable:
        rate = percent(total.rate)
        lines.append(messages.YEAR_READ.format(total.reachable, total.read, rate))
    guard = span.guard
    how = messages.GUARD_REVIEWED if guard.reviewed else messages.GUARD_OFF
    lines.append(messages.YEAR_GUARD.format(how, guard.corrected, guard.withdrawn, guard.deferred))
    return "".join([*lines, messages.YEAR_END])
