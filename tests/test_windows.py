"""No way through the program needs what only POSIX has; the lock has what Windows needs."""

from __future__ import annotations

import ast
import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
MODULES = sorted((ROOT / "bot").rglob("*.py"))
ABSENT = {"fcntl", "uvloop", "resource", "pwd", "grp", "termios", "tty", "pty", "syslog"}
# What `os` and `signal` lack on Windows, of all that a program like this may be tempted by.
LACKING = {
    "os": {"fork", "getuid", "geteuid", "chown", "setsid", "killpg", "getpgid", "uname", "mkfifo"}
    | {"posix_fadvise", "statvfs", "sysconf", "O_DIRECTORY", "O_NOFOLLOW", "sync", "fdatasync"},
    "signal": {
        "SIGHUP",
        "SIGKILL",
        "SIGUSR1",
        "SIGUSR2",
        "SIGALRM",
        "SIGCHLD",
        "setitimer",
        "alarm",
    },
}
IMPORT_ALL = """
import sys
for name in {absent!r}:
    sys.modules[name] = None  # as where it was never made: ImportError
import importlib, pkgutil, bot
for found in pkgutil.walk_packages(bot.__path__, "bot."):
    if not found.name.endswith("__main__"):
        importlib.import_module(found.name)
from bot.cli.shell import lasting
async def nothing(): return 7
assert lasting(nothing()) == 7
"""


def test_the_whole_program_is_imported_and_runs_where_posix_modules_are_missing():
    done = subprocess.run(
        [sys.executable, "-c", IMPORT_ALL.format(absent=sorted(ABSENT))],
        cwd=ROOT,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        capture_output=True,
        encoding="utf-8",
        timeout=60,
        check=False,
    )
    assert done.returncode == 0, done.stderr


def _guarded(tree: ast.Module) -> set[ast.AST]:
    """Everything within a `try` that suffers an ImportError or AttributeError."""
    found: set[ast.AST] = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.Try) and any(
            isinstance(name, ast.Name) and name.id in ("ImportError", "AttributeError")
            for handler in node.handlers
            for name in ast.walk(handler.type or handler)
        ):
            found.update(inner for part in node.body for inner in ast.walk(part))
    return found


@pytest.mark.parametrize("path", MODULES, ids=lambda path: path.relative_to(ROOT).as_posix())
def test_no_import_within_a_function_either_is_of_posix_alone(path):
    tree = ast.parse(path.read_text("utf-8"))
    for node in set(ast.walk(tree)) - _guarded(tree):
        if isinstance(node, ast.Import):
            assert {alias.name for alias in node.names}.isdisjoint(ABSENT)
        elif isinstance(node, ast.ImportFrom):
            assert node.module not in ABSENT
        elif isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name):
            assert node.attr not in LACKING.get(node.value.id, set()), f"line {node.lineno}"


def test_the_lock_leaves_out_on_windows_what_is_not_made_for_it():
    lock = (ROOT / "requirements.lock").read_text("utf-8")
    for name in ("uvloop", "httptools"):
        assert re.search(rf'^{name}==\S+ ; \S+ != ["\']\w+["\']', lock, re.MULTILINE), name
