"""What came of a rehearsed year, as one JSON: nothing in it names a person."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from typing import Any

from bot.app import House
from bot.core import enclosing, messages
from bot.core.calendar import year_days
from bot.core.model import Item, NodeDay, Push, State
from bot.core.skips import skipped
from bot.library.folder import Library, Shelf, errors
from bot.rehearsal.acts import People
from bot.rehearsal.load import heard, load
from bot.rehearsal.stage import Stage
from bot.rehearsal.told import Told
from bot.verbs import VERBS

Row = dict[str, Any]


async def report(house: House, stage: Stage, people: People, told: Told) -> Row:
    """Put the report together once the year is over."""
    bureau, ask, today = house.bureau, stage.ask, house.now().date()
    library, rows = bureau.library(today), await bureau.store.pushes()
    staff = [push for push in rows if push.item]
    days = (ask.end.date() - ask.start.date()).days + 1
    params = {"from": ask.start.date().isoformat(), "days": days}
    planned = await VERBS["plan"](bureau, house.now(), params)
    nodes = library.calendar.node_days(library.schedules.nodes, ask.year)
    unapproved = Shelf(stage.strict).now(ask.start.date()).blocked
    said = list(stage.world.posted.since(0))
    offices = {target.id for target in bureau.targets if target.office}
    cap = max(bureau.policy.a_week, bureau.policy.a_node_week)
    names = {target.id: target.name for target in bureau.targets}
    names |= {rule.key: rule.name for rule in library.schedules.rules}
    names |= {node.key: node.name for node in library.schedules.nodes}
    return {
        "year": ask.year,
        "unit": bureau.footer.unit,
        "approved_only": ask.approved_only,
        "days": _days(library, ask.year),
        "people": sum(member.on_duty for member in stage.roster),
        "targets": [
            {"id": one.id, "name": one.name, "channel": one.channel, "office": one.office}
            for one in bureau.targets
        ],
        "pushes": [_push(push, library, names, unapproved) for push in staff],
        "to_office": sum(
            push.state is State.SENT
            for push in rows
            if not push.item and not enclosing.follows(push)
        ),
        "not_sent": _not_sent(planned["skipped"], names),
        "dry": [one for one in _not_sent(planned["skipped"], names) if one["dry"]],
        "nodes": [_node(node, staff) for node in nodes],
        "heard": heard(said, offices, len(stage.roster), cap),
        "breaks": _breaks(staff, library, nodes, unapproved, stage, told),
        "load": load(said, bureau.channels.values()),
        "receipts": {
            "acts": people.acts,
            "over_network": people.over_network,
            "undelivered": people.undelivered,
            "strangers": people.strangers,
            "most_a_minute": max(people.minutes.values(), default=0),
            "expected": told.expected,
            "counted": told.counted,
            "unequal": told.unequal,
            "digest": told.digest,
        },
        "ticks": told.ticks,
        "messages": sum(not one.author for one in said),
    }


def faults(found: Mapping[str, Any]) -> list[str]:
    """Return what went wrong with the program itself; nothing of that may ever be."""
    breaks, receipts = found["breaks"], found["receipts"]
    lines = [f"{name} × {count}" for name, count in breaks["ticks"].items()]
    lines += [f"{messages.STATES[one['state']]} {one['key']}" for one in breaks["failed"]]
    lines += [f"回执对不上 {key}" for key in receipts["unequal"]]
    if receipts["undelivered"]:
        lines.append(f"回调没有送到 {receipts['undelivered']} 次")
    return lines


def _days(library: Library, year: int) -> list[Row]:
    found = [library.calendar.day(day) for day in year_days(year)]
    return [
        {
            "date": day.date.isoformat(),
            "workday": day.workday,
            "name": day.name,
            "provisional": day.provisional,
        }
        for day in found
    ]


def _push(
    push: Push, library: Library, names: Mapping[str, str], unapproved: Mapping[str, str]
) -> Row:
    item = library.item(push.item)
    return {
        "key": push.key,
        "at": (push.sent_at or push.due).isoformat(),
        "occasion": names.get(push.rule or push.node, push.rule or push.node),
        "node": push.node,
        "part": push.part,
        "item": push.item,
        "title": messages.PARTS.get(push.part, "") * bool(push.node)
        + (item.title if item else push.item),
        "target": push.target,
        "state": push.state,
        "reason": push.reason or push.blocked,
        "provisional": push.provisional,
        "unapproved": unapproved.get(push.item, ""),
    }


def _not_sent(skips: Sequence[Mapping[str, Any]], names: Mapping[str, str]) -> list[Row]:
    return [
        {
            "rule": names.get(rule, rule),
            "reason": reason,
            "days": days,
            "targets": [names.get(one, one) for one in who],
            "dry": messages.is_dry(reason),
        }
        for rule, reason, days, who in skipped(skips)
    ]


def _node(node: NodeDay, staff: Sequence[Push]) -> Row:
    """Return a node and what was said of it; `covered` where anything reached anybody."""
    parts: defaultdict[str, list[State]] = defaultdict(list)
    for push in staff:
        if node.occurrence in push.covers or node.occurrence == push.occurrence:
            parts[push.part].append(push.state)
    sent = {part: sum(state is State.SENT for state in found) for part, found in parts.items()}
    return {
        "key": node.node.key,
        "name": node.node.name,
        "evergreen": node.node.evergreen,
        "date": node.date.isoformat(),
        "first_off": node.first_off.isoformat() if node.first_off else None,
        "provisional": node.provisional,
        "parts": [
            {"part": part, "sent": sent[part], "of": len(found)} for part, found in parts.items()
        ],
        "covered": any(sent.values()),
    }


def _breaks(
    staff: Sequence[Push],
    library: Library,
    nodes: Sequence[NodeDay],
    unapproved: Mapping[str, str],
    stage: Stage,
    told: Told,
) -> Row:
    """Return what would break, or hangs in the air, if that year came as things stand."""
    ask = stage.ask
    first: dict[str, Push] = {}
    for push in staff:
        if unapproved.get(push.item):
            first.setdefault(push.item, push)
    bad = [p for p in staff if p.state in (State.REFUSED, State.UNKNOWN, State.SENDING)]
    lost = [p for p in staff if p.state in (State.EXPIRED, State.SKIPPED, State.PLANNED)]
    return {
        "approval": [
            {
                "item": item_id,
                "title": _title(library.item(item_id), item_id),
                "why": unapproved[item_id],
                "before": push.due.date().isoformat(),
            }
            for item_id, push in first.items()
        ],
        "expired": [
            {"item": one.id, "title": one.title, "expires": one.expires.isoformat()}
            for one in sorted(library.items, key=lambda one: (str(one.expires), one.id))
            if one.expires and ask.start.date() <= one.expires <= ask.end.date()
        ],
        "provisional": {
            "days": sum(1 for day in _days(library, ask.year) if day["provisional"]),
            "nodes": [
                node.node.name for node in nodes if node.provisional and node.brings_days_off
            ],
            "pushes": sum(push.provisional for push in staff),
        },
        "failed": [{"key": p.key, "state": p.state, "reason": p.reason} for p in bad],
        "lost": [{"key": p.key, "state": p.state, "reason": p.reason or p.blocked} for p in lost],
        "ticks": dict(told.failed),
        "files": [f"{one.where}  {one.message}" for one in errors(library.problems)],
    }


def _title(item: Item | None, item_id: str) -> str:
    return item.title if item else item_id
