"""The verb: what a person who gets it wrong hears, and where the report goes."""

from __future__ import annotations

import json
from datetime import date

import pytest
from click.testing import CliRunner

from bot.cli import main
from bot.cli.rehearsing import _passed
from tests.rehearsal.test_year import files, unit


def said(*words: str):
    return CliRunner().invoke(main, ["rehearse", *words])


def test_a_unit_without_targets_is_told_so_and_nothing_is_written(tmp_path):
    unit(tmp_path)
    path = tmp_path / "config.toml"
    path.write_text('[unit]\nname = "某某局"\n', "utf-8")
    before = files(tmp_path)
    answer = said("--year", "2027", "--config", str(path))
    assert answer.exit_code == 1
    assert "还没有推送对象" in answer.output
    assert files(tmp_path) == before


@pytest.mark.parametrize(
    "words", [(), ("--year", "1900"), ("--year", "2027", "--level", "4"), ("--year", "x")]
)
def test_a_wrong_word_is_an_answer_and_no_traceback(words):
    answer = said(*words)
    assert answer.exit_code == 2
    assert "Traceback" not in answer.output


def test_the_bar_follows_the_days_of_the_year():
    assert _passed(date(2027, 1, 8), 1) == 7
    assert json.dumps(_passed(date(2027, 12, 31), 365)) == "0"
