"""A roster brought up to what WeCom says, and who could not be reached. Pure.

What the office wrote itself (branch, duties, leave, notes) stays; WeCom gives accounts, names and
where people belong.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace

from bot.core import messages
from bot.core.model import Delivery, Member, State

Directory = Sequence[tuple[str, str, tuple[str, ...], tuple[str, ...]]]
"""Account, name, departments, tags of everybody whom WeCom shows."""


@dataclass(frozen=True, kw_only=True)
class Synced:
    """The roster after a look at WeCom, and what is different in it."""

    members: tuple[Member, ...]
    added: tuple[str, ...]
    removed: tuple[str, ...]
    changed: tuple[str, ...]


def synced(known: Sequence[Member], directory: Directory, units: Collection[str]) -> Synced:
    """Return the roster that WeCom's people make.

    `units` are what targets call a branch or a department. A tag of such a name is the branch,
    for it is how WeCom marks a group across departments; no other tag is looked at. Of several
    departments the first that is one of `units` counts.
    """
    old = {member.id.casefold(): member for member in known}
    members, added, changed = [], [], []
    for userid, name, departments, tags in directory:
        branch = next((tag for tag in tags if tag in units), "")
        named = [one for one in departments if one in units] or list(departments)
        department = named[0] if named else ""
        before = old.pop(userid.casefold(), None)
        if before is None:
            found = Member(id=userid, name=name, department=department, branch=branch)
            added.append(userid)
        else:
            found = replace(
                before,
                name=name,
                department=department or before.department,
                branch=branch or before.branch,
            )
            changed += [userid] if found != before else []
        members.append(found)
    return Synced(
        members=tuple(members),
        added=tuple(added),
        removed=tuple(member.id for member in old.values()),
        changed=tuple(changed),
    )


@dataclass(frozen=True, kw_only=True)
class Unreached:
    """Somebody to whom the last message did not go, and why. Nothing of receipts is in it."""

    person: str
    why: str  # invalid, unlicensed, refused
    said: str  # WeCom's reason, "" where the why says it


def unreached(deliveries: Iterable[Delivery]) -> list[Unreached]:
    """Return those who did not get the latest message that was meant for them, by account.

    From the newest attempt back: whoever failed counts unless a newer one reached them. Of those
    who never failed, who are nearly all, nothing is asked.
    """
    last: dict[str, Unreached | None] = {}
    newer: list[Delivery] = []
    folded: dict[int, frozenset[str]] = {}

    def reached(key: str) -> bool:
        for number, row in enumerate(newer):
            if number not in folded:
                folded[number] = frozenset(map(str.casefold, row.to))
            if key in folded[number]:
                return True
        return False

    for row in sorted(deliveries, key=lambda row: row.begun, reverse=True):
        for one in _failed(row, last.keys()):
            key = one.person.casefold()
            if key not in last:
                last[key] = None if reached(key) else one
        if row.state is State.SENT:
            newer.append(row)
    return sorted((one for one in last.values() if one), key=lambda one: one.person.casefold())


def _failed(row: Delivery, known: Collection[str]) -> Iterator[Unreached]:
    """Yield whom a message did not reach; of those who are `known` it need not."""
    gone = {one.casefold() for one in row.invalid}
    free = {one.casefold() for one in row.unlicensed} - gone
    if row.state is not State.REFUSED and not (gone | free).difference(known):
        return
    for person in row.to:
        key = person.casefold()
        if key in gone:
            yield Unreached(person=person, why="invalid", said="")
        elif key in free:
            yield Unreached(person=person, why="unlicensed", said="")
        elif row.state is State.REFUSED:
            yield Unreached(person=person, why="refused", said=row.reason)


def joined(deliveries: Iterable[Delivery], names: Collection[str]) -> dict[str, int]:
    """Count who of `names` (folded accounts) has written to the robot, and who has not yet.

    By the last message that was for them; whoever was never sent one is in neither.
    """
    last: dict[str, bool] = {}
    for row in sorted(deliveries, key=lambda row: row.begun):
        if row.state is State.SENT or row.reason == messages.NOT_JOINED:
            last |= {who.casefold(): row.state is State.SENT for who in row.to}
    mine = [here for who, here in last.items() if who in names]
    return {"joined": sum(mine), "not_joined": len(mine) - sum(mine)}
