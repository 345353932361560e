"""Texts that a reviewer sent back, for the editor who runs `check`."""

from __future__ import annotations

from collections.abc import Iterable

from bot.core.model import Item, Problem
from bot.library import approvals
from bot.library.folder import Folders


def returned(folders: Folders, items: Iterable[Item]) -> list[Problem]:
    """Return a reminder for each text whose present words were returned: by whom, and why."""
    if not folders.review or not folders.approvals.is_dir():
        return []
    key = approvals.seal_key(folders.data)
    found = []
    for item in items:
        stands = approvals.standing(item, folders.said_of(item, key), folders.steps_of(item))
        if stands.returned:
            hint = f"{stands.why}；改好文字就会重新送审"
            found.append(
                Problem(path=item.path, line=0, severity="warning", code="returned", message=hint)
            )
    return found
