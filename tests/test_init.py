"""`init` begins an installation: comments kept, secrets apart, own edits kept when updated."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest
from click.testing import CliRunner

from bot import cli, config
from bot.library.folder import load_schedules

ROOT = Path(__file__).parents[1]
ADDRESS = "https://qyapi.weixin.qq.com/cgi-bin/webhook/send?key=693a91f6-7abc"
ANSWERS = ["--unit", "某县水利局", "--webhook", ADDRESS, "--reviewers", "2", "--rhythm", "2"]


@pytest.fixture
def init(tmp_path):
    def init(*args: str) -> tuple[int, str]:
        done = CliRunner().invoke(cli.main, ["init", str(tmp_path / "局"), *args])
        assert done.exception is None or isinstance(done.exception, SystemExit), done.exception
        return done.exit_code, done.output

    return init


def test_the_answers_stand_in_a_configuration_that_loads_with_its_comments(init, tmp_path):
    assert init(*ANSWERS, "--hours", "09:20-11:00")[0] == 0
    path = tmp_path / "局" / "config.toml"
    read = config.load(path, {})
    assert (read.unit.name, read.review.steps) == ("某县水利局", ["初审", "终审"])
    assert read.hours.hours == ["09:20-11:00"]
    assert read.webhooks == {"jg1": "693a91f6-7abc"}
    text = path.read_text("utf-8")
    assert "单位名称，写在每条消息的页脚" in text
    assert "693a91f6" not in text


@pytest.mark.parametrize(
    ("answer", "everybody", "by_role"),
    [("1", True, True), ("2", {"friday"}, True), ("3", set(), False)],
)
def test_a_quieter_year_leaves_on_what_was_asked_for(init, tmp_path, answer, everybody, by_role):
    init("--rhythm", answer)
    rules = load_schedules(tmp_path / "局" / "schedules")[0].rules
    for_all = {rule.key for rule in rules if not rule.audience}
    assert for_all == everybody if answer != "1" else {"monday", "films"} < for_all
    assert any(rule.audience for rule in rules) is by_role


@pytest.mark.skipif(os.name == "nt", reason="Windows keeps no mode bits")
def test_a_secret_is_nobody_elses(init, tmp_path):
    init(*ANSWERS)
    assert (tmp_path / "局/secrets/jg1").stat().st_mode & 0o777 == 0o600
    assert (tmp_path / "局/secrets").stat().st_mode & 0o777 == 0o700


def test_no_reviewer_switches_review_off(init, tmp_path):
    init("--reviewers", "0")
    assert not config.load(tmp_path / "局/config.toml", {}).review.required


@pytest.mark.parametrize(
    ("answer", "steps", "says"),
    [("1", 2, "转发通报写的是真人真事"), ("2", 2, ""), ("3", 3, "")],
)
def test_a_repost_is_reviewed_by_two_at_least_and_by_no_fewer_than_the_rest(
    init, tmp_path, answer, steps, says
):
    said = init("--reviewers", answer)[1]
    read = config.load(tmp_path / "局/config.toml", {})
    assert len(read.review_kinds.repost or read.review.steps) == steps
    assert ("转发通报" in said) is bool(says)
    assert says in said


def test_an_update_brings_nothing_over_what_the_unit_wrote(init, tmp_path):
    init(*ANSWERS)
    text = next((tmp_path / "局/content/cases").glob("SC-01*"))
    text.write_text("本单位自己的", "utf-8")
    assert init()[0] == 1, "a second time needs --update"
    assert init("--update")[0] == 0
    assert text.read_text("utf-8") == "本单位自己的"


def test_an_update_goes_where_the_configuration_keeps_its_folders(init, tmp_path):
    init(*ANSWERS)
    home = tmp_path / "局"
    (home / "content").rename(home / "文稿")
    (home / "data").rename(home / "数据")
    path = home / "config.toml"
    text = path.read_text("utf-8").replace('content = "content"', 'content = "文稿"')
    path.write_text(text.replace('data = "data"', 'data = "数据"'), "utf-8")
    next((home / "文稿/cases").glob("SC-01*")).unlink()
    code, said = init("--update")
    assert (code, "新增和更新 0 个文件" in said) == (0, True)
    assert not (home / "content").exists()
    assert not list((home / "文稿/cases").glob("SC-01*")), "what the unit took away stays away"


@pytest.fixture(scope="module")
def installed(tmp_path_factory):
    """An installed wheel, by itself: no checkout beside it."""
    folder = tmp_path_factory.mktemp("installed")
    pip = [sys.executable, "-m", "pip", "--quiet", "--disable-pip-version-check"]
    wheel = ["wheel", "--no-deps", "--no-build-isolation", "-w", str(folder), str(ROOT)]
    subprocess.run([*pip, *wheel], check=True)
    (found,) = folder.glob("*.whl")
    into = ["install", "--no-deps", "--no-index", "--target", str(folder / "site"), str(found)]
    subprocess.run([*pip, *into], check=True)
    return folder / "site"


def test_an_installed_wheel_begins_a_bureau_in_an_empty_folder(installed, tmp_path):
    def qingfeng(*args: str) -> str:
        return subprocess.run(
            [sys.executable, "-m", "bot", *args],
            check=True,
            capture_output=True,
            encoding="utf-8",
            cwd=tmp_path,
            env={**os.environ, "PYTHONPATH": str(installed), "PYTHONUTF8": "1"},
        ).stdout

    said = qingfeng("init", "--unit", "某县水利局")
    assert "都要先审批" in said
    assert "接着：qingfeng check" in said, "here is where one is already"
    assert "0 个错误，0 个提醒" in qingfeng("check")
    shipped = sorted(path.name for path in (ROOT / "content").glob("*/*.md"))
    assert sorted(path.name for path in (tmp_path / "content").glob("*/*.md")) == shipped
    text = next((tmp_path / "content/cases").glob("SC-01*"))
    text.write_text("本单位自己的", "utf-8")
    assert "新增和更新 0 个文件" in qingfeng("init", "--update")
    assert text.read_text("utf-8") == "本单位自己的"
