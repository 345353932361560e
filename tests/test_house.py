"""The house guards itself: who imports whom, no clock but one, no secret, the files that ship."""

from __future__ import annotations

import ast
import re
import subprocess
import tomllib
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
BOT = ROOT / "bot"
# A room -> the rooms it may import (DESIGN §4). Everything not listed here is forbidden.
MAY_IMPORT = {
    "core": set(),
    "wecom": set(),
    "sandbox": set(),
    "library": {"core"},
    "store": {"core"},
    "channels": {"core", "wecom"},
    "inbox": {"core", "wecom"},
    "report": {"core", "library", "store"},
    "engine": {"core", "library", "channels", "inbox", "store", "report"},
    "web": {"core", "library", "channels", "inbox", "store", "report", "wecom"},
    "config": {"core", "library", "channels"},
    "verbs": {"core", "library", "store", "report", "engine"},
    "app": {
        *("core", "library", "channels", "inbox", "store", "report", "engine"),
        *("web", "wecom", "sandbox", "config", "verbs"),
    },
    "__main__": {"cli"},
    "demo": {"core", "app", "config", "sandbox", "verbs"},
    "cli": {"core", "library", "store", "app", "config", "demo", "verbs"},
}
CLOCKS = re.compile(r"\b(datetime\.(now|utcnow|today)|date\.today|time\.time|time\.monotonic)\(")


def _modules() -> list[Path]:
    return sorted(BOT.rglob("*.py"))


def _room(path: Path) -> str:
    return path.relative_to(BOT).parts[0].removesuffix(".py")


def _imports(path: Path) -> set[str]:
    found = set()
    for node in ast.walk(ast.parse(path.read_text("utf-8"))):
        names = []
        if isinstance(node, ast.ImportFrom) and node.module:
            names = [node.module, *(f"{node.module}.{alias.name}" for alias in node.names)]
        elif isinstance(node, ast.Import):
            names = [alias.name for alias in node.names]
        for name in names:
            parts = name.split(".")
            if parts[0] == "bot" and len(parts) > 1:
                found.add(parts[1])
    return found


@pytest.mark.parametrize("path", _modules(), ids=lambda p: p.relative_to(ROOT).as_posix())
def test_every_room_imports_only_what_the_house_allows(path):
    room = _room(path)
    if room == "__init__":
        return
    assert _imports(path) - {room} <= MAY_IMPORT[room], f"{room} may not import that"


def test_every_room_is_in_the_plan_of_the_house():
    rooms = {_room(path) for path in _modules()} - {"__init__"}
    assert rooms == set(MAY_IMPORT)


def test_only_the_composition_root_reads_the_clock():
    readers = [
        path.relative_to(ROOT).as_posix()
        for path in _modules()
        if CLOCKS.search(path.read_text("utf-8")) and _room(path) != "sandbox"
    ]
    assert readers == ["bot/app.py"]


def test_no_tracked_file_names_a_registry_or_a_path_of_one_machine():
    listed = subprocess.run(
        ["git", "ls-files", "-co", "--exclude-standard"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    hosts = re.compile(r"pythonhosted|registry\.npmjs|deb\.debian|(?<![\w.])pypi\.or" + "g")
    paths = re.compile(r"(?<![\w./-])/(work|farm|root)/")
    guilty = []
    for name in filter(None, listed.stdout.splitlines()):
        path = ROOT / name
        if not path.is_file() or path.suffix in {".png", ".json"} or path == Path(__file__):
            continue
        text = path.read_text("utf-8", errors="replace")
        if hosts.search(text) or paths.search(text):
            guilty.append(name)
    assert guilty == []


def test_the_locks_carry_hashes_and_no_index():
    for name in ("requirements.lock", "requirements-dev.lock"):
        text = (ROOT / name).read_text("utf-8")
        assert "--hash=sha256:" in text
        assert not re.search(r"https?://|file:|--index|--find-links", text)


def test_version_and_changelog_agree():
    project = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]
    changelog = (ROOT / "CHANGELOG.md").read_text("utf-8")
    newest = re.search(r"^## (\d+\.\d+\.\d+)", changelog, re.MULTILINE)
    assert newest is not None
    assert newest[1] == project["version"]
