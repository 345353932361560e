"""A roster brought up to what WeCom says, and who could not be reached. Pure.

What the office wrote itself (branch, duties, leave, notes) stays; WeCom gives accounts, names and
where people belong.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass, replace

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
    """Return those who did not get the latest message that was meant for them, by account."""
    last: dict[str, Unreached | None] = {}
    for row in sorted(deliveries, key=lambda row: row.begun):
        gone = {one.casefold() for one in row.invalid}
        free = {one.casefold() for one in row.unlicensed}
        for person in row.to:
            key = person.casefold()
            if key in gone:
                last[key] = Unreached(person=person, why="invalid", said="")
            elif key in free:
                last[key] = Unreached(person=person, why="unlicensed", said="")
            elif row.state is State.REFUSED:
                last[key] = Unreached(person=person, why="refused", said=row.reason)
            elif row.state is State.SENT:
                last[key] = None
    return sorted((one for one in last.values() if one), key=lambda one: one.person.casefold())
