"""An update that disappoints: the older program takes its backup back, and loses nothing of it."""

from __future__ import annotations

import io
import os
import subprocess
import sys
import tarfile
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
OLDER = "f573a0e^"  # the last program that wrote the store's third format; today's is a later one
pytestmark = pytest.mark.nightly


@pytest.fixture
def older(tmp_path) -> Path:
    """The older program as it was, out of the repository's history."""
    command = ["git", "archive", OLDER, "bot", "content", "schedules", "config.example.toml"]
    packed = subprocess.run(command, cwd=ROOT, capture_output=True, check=False)
    if packed.returncode:
        pytest.skip("needs the repository's history")
    with tarfile.open(fileobj=io.BytesIO(packed.stdout)) as archive:
        archive.extractall(tmp_path / "older", filter="data")
    return tmp_path / "older"


def said_by(program: Path, home: Path, *words: str) -> tuple[int, str]:
    done = subprocess.run(
        [sys.executable, "-m", "bot", *words],
        cwd=home,
        env={**os.environ, "PYTHONPATH": str(program), "PYTHONUTF8": "1"},
        capture_output=True,
        encoding="utf-8",
        check=False,
    )
    return done.returncode, done.stdout + done.stderr


def test_the_older_program_refuses_newer_data_and_goes_on_from_its_own_backup(older, tmp_path):
    home, kept = tmp_path / "局", tmp_path / "数据.zip"
    home.mkdir()
    (home / "名册.csv").write_text("姓名,账号,支部\n张三,zhangsan,机关一支部\n", "utf-8")

    def ask(program: Path, *words: str) -> str:
        code, said = said_by(program, home, *words)
        assert code == 0, said
        return said

    ask(older, "init", "--unit", "某县水利局", "--reviewers", "1")
    ask(older, "roster", "import", "名册.csv")
    ask(older, "approve", "SC-01", "--as", "王五", "--sources-checked")
    ask(older, "backup", str(kept))

    # The new program goes on with the same folder.
    assert "张三" in ask(ROOT, "roster", "show", "--json")
    ask(ROOT, "approve", "SC-02", "--as", "王五", "--sources-checked")
    ask(ROOT, "audit", "verify")

    # Back: the older one does not guess at what it cannot read, and says what to do.
    code, said = said_by(older, home, "roster", "show", "--json")
    assert code != 0
    assert "由更新的版本写成" in said
    assert "Traceback" not in said
    (home / "data").rename(home / "data-新")
    ask(older, "restore", str(kept))
    assert "张三" in ask(older, "roster", "show", "--json")
    assert "完整" in ask(older, "audit", "verify")
    assert "SC-01" in ask(older, "plan", "--days", "200", "--json")
