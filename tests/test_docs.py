"""The documentation guards itself: settings, commands, links and pictures are those of today."""

from __future__ import annotations

import importlib.util
import re
import struct
import sys
from pathlib import Path

import pytest

from bot import cli, settings

ROOT = Path(__file__).parents[1]
PICTURES = sorted((ROOT / "docs/pictures").glob("*.png"))
PAGES = sorted([*ROOT.glob("*.md"), *(ROOT / "docs").rglob("*.md"), ROOT / "content/README.md"])
LINK = re.compile(r"\]\(([^)\s]+)\)")
WIDTHS = {390, 1280}
MOST = 240_000  # bytes of one picture


def _script(name: str):
    spec = importlib.util.spec_from_file_location(name, ROOT / "docs" / f"{name}.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules[name] = module  # dataclasses look their module up
    spec.loader.exec_module(module)
    return module


# -- settings ------------------------------------------------------------------------------------


def test_the_page_of_settings_is_the_table_of_settings():
    told = (ROOT / "docs/settings.md").read_text("utf-8")
    assert told == _script("make_settings").page(), "run docs/make_settings.py > docs/settings.md"


def test_the_page_of_settings_tells_every_key_of_a_target():
    assert set(_script("make_settings").TARGET) == set(settings.TARGET_KEYS)


def test_the_page_of_check_codes_is_the_list_of_rules():
    told = (ROOT / "docs/handbook/check-codes.md").read_text("utf-8")
    assert told == _script("make_check_codes").page(), "run docs/make_check_codes.py > docs/…"


def test_the_page_of_wecoms_errors_is_the_one_table():
    told = (ROOT / "docs/handbook/wecom-errors.md").read_text("utf-8")
    script = _script("make_wecom_errors")
    assert told == script.page(), "run docs/make_wecom_errors.py > docs/handbook/wecom-errors.md"
    for code in (93000, 45009, 60020, -1):
        assert f"{code}" in told


# -- verbs ----------------------------------------------------------------------------------------


def test_every_verb_that_exists_is_told_in_english_and_in_chinese():
    assert "check" in cli.main.commands
    for name in ("README.md", "docs/handbook/commands.md"):
        text = (ROOT / name).read_text("utf-8").replace("`qingfeng ", "`")
        assert [verb for verb in cli.main.commands if f"`{verb}" not in text] == []


# -- links and pictures ----------------------------------------------------------------------------


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.relative_to(ROOT).as_posix())
def test_no_link_leads_nowhere(page):
    links = [link.partition("#")[0] for link in LINK.findall(page.read_text("utf-8"))]
    local = [link for link in links if link and "://" not in link]
    assert [link for link in local if not (page.parent / link).exists()] == []


def test_the_readme_leads_to_every_page_and_picture():
    reached, ahead = set(), [ROOT / "README.md"]
    while ahead:
        page = ahead.pop()
        if page in reached:
            continue
        reached.add(page)
        if page.suffix == ".md" and page.is_file():
            links = [link.partition("#")[0] for link in LINK.findall(page.read_text("utf-8"))]
            ahead += [(page.parent / link).resolve() for link in links if "://" not in link]
    missing = {*PAGES, *PICTURES} - reached
    assert sorted(page.relative_to(ROOT).as_posix() for page in missing) == []


@pytest.mark.parametrize("path", PICTURES, ids=lambda path: path.name)
def test_a_picture_is_small_and_as_wide_as_a_phone_or_a_desk(path):
    data = path.read_bytes()
    assert data.startswith(b"\x89PNG")
    assert struct.unpack(">I", data[16:20])[0] in WIDTHS
    assert len(data) < MOST


def test_the_script_of_the_pictures_still_fits_the_demonstration():
    assert _script("make_pictures").WIDTHS == WIDTHS
