"""附件: what lies beside a text goes into the chat after it, each in a row of its own.

The row has the key of its text with `-a<n>` after the part, so that it is written once, ends once,
and never makes the text go again. It names no item: caps, summary and ledger speak of the text.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from datetime import timedelta
from pathlib import PurePosixPath

from bot.core import outlets
from bot.core.model import Item, Kind, Push

RULE = "attachment"
MANY = 3  # more than these in a row is a burden: `check` says so
LATER = timedelta(seconds=1)  # between a text and what follows it
LONGER = timedelta(days=1)  # a text of the last minute is followed on the next morning
_KEY = re.compile(r"(.+)-a([1-9][0-9]{0,2})(@[^@]+)", re.ASCII)


def names_of(item: Item) -> tuple[str, ...]:
    """Return what follows a text into a chat: all that is attached but captions of films."""
    named = dict.fromkeys(item.attachments)  # one that is named twice follows once
    return tuple(n for n in named if PurePosixPath(n).suffix.lower() not in outlets.CAPTIONS)


def rows(push: Push, item: Item) -> list[Push]:
    """Return the rows that follow a text; of a node's texts only the main one is followed."""
    if item.kind is Kind.NODE and push.part != "main":
        return []
    return [_row(push, number) for number in range(1, len(names_of(item)) + 1)]


def _row(push: Push, number: int) -> Push:
    stem, _, target = push.key.rpartition("@")
    return Push(
        key=f"{stem}-a{number}@{target}",
        occurrence=push.occurrence,
        part=f"{push.part}-a{number}",
        target=push.target,
        channel=push.channel,
        due=push.due + number * LATER,
        until=push.until + LONGER,
        rule=RULE,
        rank=push.rank,
    )


def follows(push: Push) -> bool:
    return push.rule == RULE and not push.item


def text_of(key: str) -> tuple[str, int]:
    """Return the key of the text that a row follows, and which of its attachments it is, from 1.

    >>> text_of("friday-2026W26_main-a2@jg1")
    ('friday-2026W26_main@jg1', 2)
    """
    found = _KEY.fullmatch(key)
    return (f"{found[1]}{found[3]}", int(found[2])) if found else ("", 0)


def keys_of(key: str, every: Sequence[Push]) -> list[str]:
    """Return the keys of the rows that follow a text."""
    return [push.key for push in every if follows(push) and text_of(push.key)[0] == key]
