"""Which files the office has been told of as broken: kept until they are mended, and no longer."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from bot.core.model import Problem
from bot.library import disk
from bot.library.library import Library, errors

NAME = "broken.json"


@dataclass(frozen=True, kw_only=True)
class Told:
    """How many times the office was told, and under which number of each file that is broken."""

    count: int = 0
    files: Mapping[str, int] = field(default_factory=dict)  # path -> number


def read(data: Path) -> Told:
    """Return what was told; nothing where the file is not as we write it."""
    try:
        found = json.loads((data / NAME).read_text("utf-8"))
        count, files = found["count"], found["files"]
        if type(count) is int and all(type(number) is int for number in files.values()):
            return Told(count=count, files=files)
    except (OSError, ValueError, LookupError, TypeError, AttributeError, RecursionError):
        pass
    return Told()


def write(data: Path, told: Told) -> None:
    body = {"count": told.count, "files": dict(told.files)}
    disk.write(data / NAME, json.dumps(body, ensure_ascii=False, indent=1).encode())


def of(library: Library) -> dict[str, list[Problem]]:
    """Return the errors of each file that is broken; a 草稿 is being written and may have some."""
    drafts = {item.path for item in library.items if item.status}
    found: dict[str, list[Problem]] = {}
    for problem in errors(library.problems):
        if problem.path not in drafts:
            found.setdefault(problem.path, []).append(problem)
    return found
