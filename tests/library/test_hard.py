"""About two hundred hard files: every planted fault is found, and nothing is raised on the sound.

The name of a planted one says which code must find it: tests/library/hard/planted/<code>--<n>.md.
"""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from bot.channels import KINDS
from bot.core import render
from bot.core.render import Footer
from bot.library.folder import Folders, examine_folders
from tests.library.shelves import TODAY, folders, item, put, read

ROOT = Path(__file__).parents[2]
HARD = Path(__file__).parent / "hard"
PLANTED = sorted(path.name for path in (HARD / "planted").iterdir())


def codes(folder: Path, home: Path) -> dict[str, set[str]]:
    """Return what is found in a folder of texts: name of the file -> codes."""
    shutil.copytree(folder, home / "content")
    shutil.copy(ROOT / "content/lexicon.toml", home / "content")
    rooms = {kind.name: kind.whole for kind in KINDS.values()}
    where = Folders(content=home / "content", schedules=ROOT / "schedules", data=home, rooms=rooms)
    examined = examine_folders(where, TODAY)
    found: dict[str, set[str]] = {path: set() for path in examined.items}
    for problem in examined.problems:
        if problem.code == "rule-idle":
            continue  # these folders hold no films, and the rule for them says so
        found.setdefault(problem.path, set()).add(problem.code)
    return found


@pytest.fixture(scope="module")
def planted(tmp_path_factory):
    return codes(HARD / "planted", tmp_path_factory.mktemp("planted"))


def test_there_are_enough_of_them():
    assert len(PLANTED) > 150
    assert len(list((HARD / "sound").iterdir())) > 50


def test_every_planted_fault_is_found_by_its_own_rule(planted):
    missed = [name for name in PLANTED if name.split("--")[0] not in planted.get(name, set())]
    assert missed == []


def test_nothing_else_is_said_of_a_planted_fault(planted):
    # A bad 失效 is one that is missing, too.
    more = {"item-expires": {"field-missing"}}
    wrong = {
        name: planted[name]
        for name in PLANTED
        if planted[name] - {name.split("--")[0]} - more.get(name.split("--")[0], set())
    }
    assert wrong == {}


def test_nothing_is_raised_on_a_sound_text(tmp_path):
    found = codes(HARD / "sound", tmp_path)
    assert {name: said for name, said in found.items() if said} == {}
    assert len(found) > 50


HEADS = [
    ("标题: 案例: 谁买的单", "title", "案例: 谁买的单"),
    ("摘要: 提醒 #中秋", "summary", "提醒 #中秋"),
    ("标题: [转发]中秋", "title", "[转发]中秋"),
    ("编号: 007", "id", "007"),
    ("标题:中秋", "title", "中秋"),
]


@pytest.mark.parametrize("encoding", ["gbk", "utf-8", "utf-16"])
@pytest.mark.parametrize(("line", "name", "value"), HEADS)
def test_no_character_of_a_head_that_notepad_saved_is_lost(tmp_path, line, name, value, encoding):
    where = folders(tmp_path)
    key = line.split(":")[0]
    written = item().replace("😀", "")
    text = "\r\n".join(line if one.startswith(key) else one for one in written.split("\n"))
    put(where, "x.md", text.encode(encoding))
    library = read(where)
    assert getattr(library.items[0], name) == value
    assert library.problems == ()


def test_a_text_notepad_saved_in_gbk_is_sent_with_not_one_character_changed(tmp_path):
    where = folders(tmp_path)
    written = item().replace("😀", "")
    put(where, "x.md", written.replace("\n", "\r\n").encode("gbk"))
    (found,) = read(where).items
    sent = render.markdown(found, "main", {}, Footer(unit="清源县审计局", number="2026-031")).text
    body = written.split("---\n", 2)[2]
    lines = [line for line in body.split("\n") if line and not line.startswith("## ")]
    assert lines
    assert [line for line in lines if line.strip() not in sent] == []
    assert found.title in sent
