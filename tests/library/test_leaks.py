"""A key in a file that is kept with the texts is found, and never told."""

from __future__ import annotations

import subprocess

import pytest

from bot.library.leaks import leaks

KEY = "6f1c2a34-9b7d-4e58-a1c3-5d7e9f012b4c"
LINE = "webhook = 'https://qyapi.weixin.qq.com/cgi-bin/webhook/" + f"send?key={KEY}'\n"


@pytest.fixture
def home(tmp_path):
    for folder in ("content", "secrets", "notes"):
        (tmp_path / folder).mkdir()
    (tmp_path / "content" / "说明.txt").write_text("一行\n" + LINE, "utf-8")
    (tmp_path / "notes" / "交接.md").write_text(LINE, "utf-8")
    (tmp_path / "secrets" / "jg1").write_text(LINE, "utf-8")
    return tmp_path


def git(home, *words):
    subprocess.run(["git", *words], cwd=home, check=True, capture_output=True)


def test_a_key_in_any_file_that_git_tracks_is_an_error_at_its_line(home):
    git(home, "init", "-q")
    (home / ".gitignore").write_text("secrets/\n", "utf-8")
    git(home, "add", ".")
    found = leaks(home)
    assert [(one.path, one.line, one.severity, one.code) for one in found] == [
        ("content/说明.txt", 2, "error", "secret"),
        ("notes/交接.md", 1, "error", "secret"),
    ]
    assert "移到 secrets/ 里" in found[0].message
    assert KEY not in "".join(one.message for one in found)


def test_without_git_the_texts_that_are_handed_on_are_looked_at(home, monkeypatch):
    monkeypatch.setenv("GIT_CEILING_DIRECTORIES", str(home.parent))  # no repository round it
    assert [one.path for one in leaks(home)] == ["content/说明.txt"]


def test_a_link_a_folder_and_a_file_without_a_key_are_nothing(home):
    git(home, "init", "-q")
    (home / "content" / "说明.txt").write_text("密钥放在 secrets 文件夹里\n", "utf-8")
    (home / "notes" / "交接.md").unlink()
    (home / "notes" / "交接.md").symlink_to(home / "secrets" / "jg1")
    git(home, "add", "content", "notes")
    assert leaks(home) == []
