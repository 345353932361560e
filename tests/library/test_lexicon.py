"""content/lexicon.toml: missing, old, or written wrongly, it is told, and the rest goes on."""

from __future__ import annotations

from datetime import date

import pytest

from bot.library.folder import examine_folders
from tests.library.shelves import TODAY, folders, item, put


def told(where, today=TODAY) -> list[tuple[str, str, str, int]]:
    found = examine_folders(where, today).problems
    return [(one.path, one.code, one.severity, one.line) for one in found]


@pytest.fixture
def desk(tmp_path):
    where = folders(tmp_path)
    put(where, "SC-01.md", item())
    return where


def test_without_a_lexicon_the_markings_in_code_still_hold(desk):
    (desk.content / "lexicon.toml").unlink()
    assert told(desk) == [("lexicon.toml", "lexicon-missing", "warning", 0)]
    put(desk, "SC-01.md", item().replace("今晚", "机密"))
    assert ("SC-01.md", "marking", "error", 14) in told(desk)


@pytest.mark.parametrize(
    ("today", "old"),
    [(date(2027, 6, 15), False), (date(2027, 6, 16), True)],
)
def test_a_lexicon_is_old_after_a_year(desk, today, old):
    put(desk, "lexicon.toml", 'version = "2026-06-15"\n')
    assert (("lexicon.toml", "lexicon-old", "warning", 0) in told(desk, today)) is old


@pytest.mark.parametrize(("today", "old"), [(date(2026, 10, 31), False), (date(2026, 11, 1), True)])
def test_a_lexicon_is_old_from_the_day_that_the_unit_enters(desk, today, old):
    put(desk, "lexicon.toml", 'version = "2026-06-15"\nrecheck = "2026-11-01"\n')
    assert (("lexicon.toml", "lexicon-old", "warning", 0) in told(desk, today)) is old


@pytest.mark.parametrize(
    ("text", "code", "line"),
    [
        ("a = 甲", "toml", 1),
        ('version = "2026-06-15"\nwords = 1\n', "lexicon", 2),
        ('[words]\nhearsey = ["据悉"]\n', "lexicon", 2),
        ('[words]\nhearsay = "据悉"\n', "lexicon", 2),
        ('version = "明年"\n', "lexicon", 1),
        ('[[wording]]\nright = "中央八项规定"\n', "lexicon", 1),
        ('[[order]]\ntext = "只有一项"\n', "lexicon", 1),
        ("[[regulation]]\nyears = [2023]\n", "lexicon", 1),
    ],
)
def test_a_lexicon_written_wrongly_is_told_with_its_line(desk, text, code, line):
    put(desk, "lexicon.toml", text)
    assert ("lexicon.toml", code, "error", line) in told(desk)


def test_what_is_right_in_a_lexicon_with_a_fault_counts(desk):
    put(desk, "lexicon.toml", '[words]\nhearsay = ["今晚"]\nburden = "打卡"\n')
    assert {code for _, code, _, _ in told(desk)} == {"lexicon", "hearsay"}
