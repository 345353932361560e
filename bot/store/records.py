"""What is kept for whoever asks a year later: texts by digest, and a trail that cannot be mended.

Each entry of the trail holds the hash of the one before it. Whoever changes, inserts or removes
an entry changes every hash behind it; `broken` finds the first. The trail names approvers and
administrators, who act in office, and never a recipient.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

# Where WeCom's messages name whom they are for. What a group saw is the same without them.
RECIPIENTS = frozenset({"touser", "toparty", "totag", "chatid", "userid", "mentioned_list"})
BEGINNING = "0" * 64  # stands where the first entry has nobody before it


@dataclass(frozen=True, kw_only=True)
class AuditEntry:
    """One thing that was done: by whom, when, about what."""

    at: datetime
    # approved returned withdrawn held lifted reviewer sent refused unknown resolved recalled
    # left taken-back forwarded
    # exported setting forgotten retention restored lookup-asked lookup-shown
    what: str
    about: str = ""  # the item, the push, the setting, the file
    who: str = ""  # who did it, "" for the program itself; never a recipient
    digest: str = ""  # of the kept text it speaks of: the words approved, the message sent
    detail: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, kw_only=True)
class Audited:
    """An entry in its place in the trail."""

    number: int  # from 1, without a gap
    entry: AuditEntry
    before: str  # hash of the one before
    hash: str


@dataclass(frozen=True, kw_only=True)
class Certificate:
    """What the end of a term removed, and what of it stays: no count changed."""

    number: int
    at: datetime
    before: datetime  # whatever began by then
    occurrences: tuple[str, ...]
    receipts: int  # named ones, removed
    names: int  # entries of rosters, removed
    covered: int  # what they come to, checked to be the same before and after
    reachable: int
    read: int


class NotABackup(ValueError):
    """The file is none, or is damaged; in words for the person who asked."""


@dataclass(frozen=True, kw_only=True)
class Restored:
    """What a restore came to."""

    made: datetime  # when the backup was
    unknown: int  # pushes that may have been sent since: they are for somebody to look at
    forgotten: int  # people who were forgotten again
    certificates: int  # weeks whose names were past their term
    new_key: bool  # the seals are made with another key from now on
    replaced: int = 0  # entries of a trail that is not the backup's: kept as a text


def linked(entry: AuditEntry, number: int, before: str) -> Audited:
    """Put an entry behind the one whose hash is `before`."""
    said = [number, before, entry.at.isoformat(), entry.what, entry.about, entry.who, entry.digest]
    text = json.dumps([*said, dict(sorted(entry.detail.items()))], ensure_ascii=False)
    return Audited(number=number, entry=entry, before=before, hash=digest_of(text))


def broken(trail: Iterable[Audited], head: str | None = None) -> str:
    """Return where the chain breaks first, in words; "" while it holds.

    With `head`, the hash that the last entry should have, a cut end is seen too.
    """
    before = BEGINNING
    for number, one in enumerate(trail, 1):
        if one.number != number:
            return f"第 {number} 条缺失"
        if one != linked(one.entry, number, before):
            return f"第 {number} 条被改动过，或它前面的被换过"
        before = one.hash
    if head is not None and before != (head or BEGINNING):
        return "末尾有缺失"
    return ""


def digest_of(text: str) -> str:
    """Return the name under which a text is kept."""
    return hashlib.sha256(text.encode()).hexdigest()


def as_seen(body: str) -> str:
    """Return the JSON of a message without whom it is for; what is no JSON stays as it is."""
    if not any(f'"{name}"' in body for name in RECIPIENTS):
        return body
    try:
        message = json.loads(body)
    except (ValueError, RecursionError):
        return body
    return json.dumps(_unaddressed(message), ensure_ascii=False, separators=(",", ":"))


def _unaddressed(value: Any) -> Any:
    if isinstance(value, dict):
        rest = {name: entry for name, entry in value.items() if name not in RECIPIENTS}
        return {name: _unaddressed(entry) for name, entry in rest.items()}
    if isinstance(value, list):
        return [_unaddressed(entry) for entry in value]
    return value


def readdressed(body: str, person: str) -> str:
    """Return a message that is no longer for one person; what is no JSON stays as it is."""
    try:
        message = json.loads(body)
        named = {
            name: "|".join(who for who in value.split("|") if who.casefold() != person.casefold())
            for name, value in message.items()
            if name in RECIPIENTS and isinstance(value, str)
        }
    except (ValueError, AttributeError, RecursionError):
        return body
    return json.dumps({**message, **named}, ensure_ascii=False, separators=(",", ":"))
