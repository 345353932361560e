"""The house guards itself: who imports whom, no clock but one, no secret, the files that ship."""

from __future__ import annotations

import ast
import re
import subprocess
import tomllib
from collections import Counter
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
    # of the sandbox the phone only
    "web": {"core", "library", "channels", "inbox", "store", "report", "wecom", "sandbox"},
    "settings": {"core"},
    "bounds": {"core", "library", "settings"},
    "config": {"core", "library", "channels", "settings", "bounds"},
    "verbs": {"core", "library", "store", "report", "engine"},
    "app": {
        *("core", "library", "channels", "inbox", "store", "report", "engine"),
        *("web", "wecom", "config", "control", "door", "verbs", "workers", "logs", "metrics"),
    },
    "control": {"core", "config", "engine", "verbs", "wecom", "changing", "doctor"},
    "workers": {
        *("core", "library", "channels", "store", "engine", "wecom", "config", "verbs", "door"),
    },
    "doctor": {"core", "channels", "wecom", "config"},
    "logs": {"config", "settings"},
    "watch": {"core", "engine", "wecom"},
    "metrics": {"core", "engine"},
    "door": {"core", "config", "verbs"},
    "life": {
        *("logs", "watch"),
        "core",
        "doctor",
        "channels",
        "library",
        "store",
        "engine",
        "wecom",
        "sandbox",
        "config",
        "app",
        "door",
        "verbs",
    },
    "changing": {"core", "library", "config", "verbs"},
    "first": {
        *("core", "library", "channels", "wecom", "web", "sandbox"),
        *("config", "app", "door", "life", "verbs", "logs"),
    },
    "__main__": {"cli"},
    "demo": {"core", "app", "life", "config", "sandbox", "verbs"},
    "rehearsal": {
        *("core", "library", "channels", "inbox", "config", "app", "life"),
        *("demo", "sandbox", "verbs"),
    },
    "cli": {
        "logs",
        *(
            "core",
            "library",
            "store",
            "app",
            "first",
            "workers",
            "life",
            "config",
            "demo",
            "rehearsal",
        ),
        *("verbs", "sandbox"),
    },
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
        if isinstance(node, ast.ImportFrom) and (node.level or not node.module):
            found.add("." * node.level)  # a relative import is in nobody's list
        elif isinstance(node, ast.ImportFrom) and node.module:
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
    allowed = {room} | MAY_IMPORT.get(room, set())  # bot/__init__.py may import nothing
    assert _imports(path) <= allowed, f"{room} may not import that"


@pytest.mark.parametrize("line", ["from . import app", "from .app import run", "from .. import x"])
def test_a_relative_import_is_seen(tmp_path, line):
    (tmp_path / "x.py").write_text(line, "utf-8")
    assert _imports(tmp_path / "x.py") - set(MAY_IMPORT)


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
        ["git", "ls-files", "-co", "-z", "--exclude-standard"],  # -z: Chinese names as they are
        cwd=ROOT,
        capture_output=True,
        text=True,
        encoding="utf-8",
        check=False,
    )
    names = [name for name in listed.stdout.split("\0") if name]
    if listed.returncode == 0:
        assert any(name.startswith("content/") and not name.isascii() for name in names)
    else:  # no git here, or no repository: an unpacked archive
        names = [
            path.relative_to(ROOT).as_posix()
            for folder in ("bot", "content", "docs", "schedules", "tests")
            for path in (ROOT / folder).rglob("*")
            if path.suffix != ".pyc"
        ]
    assert "bot/app.py" in names
    # In two halves each, so that this file does not name them itself.
    names = ["python" + "hosted", r"registry\." + "npmjs", r"deb\." + "debian"]
    hosts = re.compile("|".join([*names, r"(?<![\w.])pypi\.or" + "g"]))
    paths = re.compile(r"(?<![\w./-])/(work|farm|root)/")
    guilty = []
    for name in names:
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
        pins = re.split(r"^(?=[0-9A-Za-z])", text, flags=re.MULTILINE)[1:]
        assert len(pins) > 20
        hashed = re.compile(r"[\w.\[\]-]+==[^\\\n]+ \\\n    --hash=sha256:[0-9a-f]{64}\b")
        assert [pin.split("\n")[0] for pin in pins if not hashed.match(pin)] == []
        assert not re.search(r"https?://|file:|--index|--find-links", text)


def _constants() -> list[str]:
    tree = ast.parse((BOT / "core" / "messages.py").read_text("utf-8"))
    return [
        target.id
        for node in tree.body
        if isinstance(node, ast.Assign)
        for target in node.targets
        if isinstance(target, ast.Name)
    ]


def test_no_sentence_has_the_name_of_another():
    names = _constants()
    assert len(names) > 50
    assert sorted(names) == sorted(set(names))


def test_every_sentence_is_said_somewhere():
    said = Counter(w for path in _modules() for w in re.findall(r"\w+", path.read_text("utf-8")))
    assert [name for name in _constants() if said[name] < 2] == []


def test_version_and_changelog_agree():
    project = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]
    changelog = (ROOT / "CHANGELOG.md").read_text("utf-8")
    newest = re.search(r"^## (\d+\.\d+\.\d+)", changelog, re.MULTILINE)
    assert newest is not None
    assert newest[1] == project["version"]


@pytest.mark.parametrize(
    "path", sorted((ROOT / "bot/web/templates").rglob("*.html")), ids=lambda path: path.name
)
def test_the_title_of_a_page_is_words(path):
    titles = re.findall(r"{% block title %}(.*?){% endblock %}", path.read_text("utf-8"), re.DOTALL)
    assert [title for title in titles if "<" in title] == []
