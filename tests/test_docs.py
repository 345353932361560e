"""The documentation guards itself: settings, commands, links and pictures are those of today."""

from __future__ import annotations

import importlib.util
import re
import shlex
import shutil
import struct
import subprocess
import sys
from functools import cache
from pathlib import Path

import pytest

from bot import settings

ROOT = Path(__file__).parents[1]
READMES = ("README.md", "README.zh-CN.md")
PICTURES = sorted((ROOT / "docs/pictures").glob("*.png"))
PAGES = sorted([*ROOT.glob("*.md"), *(ROOT / "docs").rglob("*.md"), ROOT / "content/README.md"])
BLOCK = re.compile(r"^ *```sh\n(.*?)^ *```", re.MULTILINE | re.DOTALL)
LINK = re.compile(r"\]\(([^)\s]+)\)")
# Verbs that end by themselves and send nothing are run as they stand in the READMEs.
RUN = {"check", "calendar", "plan", "pushes", "summary", "approve", "roster"}
WIDTHS = {390, 1280}
MOST = 240_000  # bytes of one picture


def _commands(name: str) -> list[list[str]]:
    """Return the commands of a page, in order, as lists of words."""
    text = (ROOT / name).read_text("utf-8")
    lines = [line.strip() for block in BLOCK.findall(text) for line in block.splitlines()]
    return [words for line in lines if (words := shlex.split(line, comments=True))]


def _of(program: str) -> list[list[str]]:
    pages = (*READMES, "CONTRIBUTING.md")
    return [words for name in pages for words in _commands(name) if words[0] == program]


def _unique(commands: list[list[str]]) -> list[list[str]]:
    return [list(words) for words in dict.fromkeys(map(tuple, commands))]


def _qingfeng(words: list[str], cwd: Path) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "bot", *words],
        cwd=cwd,
        capture_output=True,
        text=True,
        encoding="utf-8",
        timeout=60,
        check=False,
    )


@cache
def _help(*verb: str) -> str:
    answer = _qingfeng([*verb, "--help"], ROOT)
    assert answer.returncode == 0, answer.stderr
    return answer.stdout


def _script(name: str):
    spec = importlib.util.spec_from_file_location(name, ROOT / "docs" / f"{name}.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules[name] = module  # dataclasses look their module up
    spec.loader.exec_module(module)
    return module


def _verb(words: list[str]) -> list[str]:
    return words[1:3] if words[1] == "roster" else words[1:2]


# -- settings ------------------------------------------------------------------------------------


def test_the_page_of_settings_is_the_table_of_settings():
    told = (ROOT / "docs/settings.md").read_text("utf-8")
    assert told == _script("make_settings").page(), "run docs/make_settings.py > docs/settings.md"


def test_the_page_of_settings_tells_every_key_of_a_target():
    assert set(_script("make_settings").TARGET) == set(settings.TARGET_KEYS)


def test_the_page_of_check_codes_is_the_list_of_rules():
    told = (ROOT / "docs/check-codes.md").read_text("utf-8")
    assert told == _script("make_check_codes").page(), "run docs/make_check_codes.py > docs/…"


# -- commands --------------------------------------------------------------------------------------


@pytest.mark.parametrize("words", _unique(_of("qingfeng")), ids=" ".join)
def test_every_verb_and_option_in_the_documentation_exists(words):
    told = _help(*_verb(words))
    for option in (word for word in words if word.startswith("--")):
        assert re.search(rf"{option}\b", told), f"{words[1]} has no {option}"


@pytest.mark.parametrize("words", _unique(_of("make")), ids=" ".join)
def test_every_make_target_in_the_documentation_exists(words):
    targets = re.findall(r"^([a-z-]+):", (ROOT / "Makefile").read_text("utf-8"), re.MULTILINE)
    assert {word for word in words[1:] if "=" not in word} <= set(targets)


def test_every_verb_that_exists_is_told_in_both_readmes():
    verbs = re.findall(r"^  ([a-z]+) ", _help(), re.MULTILINE)
    assert "check" in verbs
    for name in READMES:
        text = (ROOT / name).read_text("utf-8")
        assert [verb for verb in verbs if f"`{verb}" not in text] == []


@pytest.mark.parametrize("name", READMES)
def test_the_commands_of_a_readme_run_one_after_the_other(name, tmp_path):
    for folder in ("content", "schedules"):
        shutil.copytree(ROOT / folder, tmp_path / folder)
    shutil.copy(ROOT / "config.example.toml", tmp_path)
    roster = "姓名,账号,支部\n张三,zhangsan,机关一支部\n"
    (tmp_path / "名册.csv").write_text(roster, encoding="utf-8")
    ran = []
    for words in _commands(name):
        if words[0] == "qingfeng" and (words[1] in RUN or "--dry-run" in words):
            answer = _qingfeng(words[1:], tmp_path)
            assert answer.returncode == 0, (words, answer.stdout, answer.stderr)
            ran.append(words[1])
    assert {"check", "plan", "send", "roster", "approve"} <= set(ran)


# -- links and pictures ----------------------------------------------------------------------------


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.relative_to(ROOT).as_posix())
def test_no_link_leads_nowhere(page):
    links = [link.partition("#")[0] for link in LINK.findall(page.read_text("utf-8"))]
    local = [link for link in links if link and "://" not in link]
    assert [link for link in local if not (page.parent / link).exists()] == []


def test_the_readme_leads_to_every_page_and_picture():
    readme = (ROOT / "README.md").read_text("utf-8")
    linked = {(ROOT / link).resolve() for link in LINK.findall(readme)}
    missing = {*PAGES, *PICTURES} - linked - {ROOT / "README.md"}
    assert sorted(page.relative_to(ROOT).as_posix() for page in missing) == []


@pytest.mark.parametrize("path", PICTURES, ids=lambda path: path.name)
def test_a_picture_is_small_and_as_wide_as_a_phone_or_a_desk(path):
    data = path.read_bytes()
    assert data.startswith(b"\x89PNG")
    assert struct.unpack(">I", data[16:20])[0] in WIDTHS
    assert len(data) < MOST


def test_the_script_of_the_pictures_still_fits_the_demonstration():
    assert _script("make_pictures").WIDTHS == WIDTHS
