"""Keys in files that are kept with the texts: in every file git tracks, else in what lies here."""

from __future__ import annotations

import subprocess
from collections.abc import Iterator
from pathlib import Path

from bot.core.lint.secrecy import secrets_in
from bot.core.model import Problem

MOST = 1024 * 1024  # bytes of a file that are looked at
_PATIENCE = 20.0  # seconds for git
_HINT = "第 {0} 行像是{1}：这个文件会被一起存档、分享，请移到 secrets/ 里，并到企业微信后台重置它"


def leaks(root: Path) -> list[Problem]:
    """Return where a key stands in a tracked file below `root`; nothing of the key is told."""
    found = []
    for name in tracked(root):
        path = root / name
        try:
            if path.is_symlink() or not path.is_file():
                continue
            with path.open("rb") as file:
                text = file.read(MOST).decode("utf-8", "replace")
        except OSError:
            continue
        for at, what in secrets_in(text):
            line = text.count("\n", 0, at) + 1
            found.append(
                Problem(
                    path=name,
                    line=line,
                    severity="error",
                    code="secret",
                    message=_HINT.format(line, what),
                )
            )
    return found


def tracked(root: Path) -> Iterator[str]:
    """Yield the files git tracks below `root`; without git, the samples that are handed on."""
    try:
        listed = subprocess.run(
            ["git", "ls-files", "-z"],  # noqa: S607 - git where the person has it
            cwd=root,
            capture_output=True,
            timeout=_PATIENCE,
            check=False,
        )
    except (OSError, subprocess.TimeoutExpired):
        listed = None
    if listed is not None and listed.returncode == 0:
        yield from (name for name in listed.stdout.decode("utf-8", "replace").split("\0") if name)
        return
    for folder in ("content", "schedules"):
        for path in sorted((root / folder).rglob("*.*")):
            yield path.relative_to(root).as_posix()
    yield "config.example.toml"
