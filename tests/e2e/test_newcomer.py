"""A new user reaches the first message: from a clone, and from a bundle without the network."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from tests.chromium import NEEDS_CHROMIUM

ROOT = Path(__file__).parents[2]
TEN_MINUTES = 600.0
QEMU = shutil.which("qemu-aarch64-static")
WINE = Path(os.environ.get("WINEPREFIX", Path.home() / ".wine"))
PRIMITIVES = WINE / "drive_c/windows/system32/bcryptprimitives.dll"  # Rust's parts ask for it
pytestmark = [pytest.mark.nightly, *NEEDS_CHROMIUM]
ALONE = ("unshare", "--net", "sh", "-c", 'ip link set lo up && exec "$@"', "sh")


def walked(*way: str, alone: bool = False) -> float:
    """Walk a way; return after how many seconds the group had its message."""
    command = [*(ALONE if alone else ()), sys.executable, "-m", "tests.newcomer", *way]
    env = {**os.environ, "PYTHONPATH": str(ROOT)}
    done = subprocess.run(
        command, cwd=ROOT, env=env, capture_output=True, encoding="utf-8", check=False
    )
    assert done.returncode == 0, done.stdout + done.stderr
    print(done.stdout)
    found = re.search(r"([\d.]+) s  .*the group has the message", done.stdout)
    assert found is not None
    return float(found[1])


def built(kind: str, into: Path) -> Path:
    command = [sys.executable, "deploy/bundle.py", kind, "-o", str(into)]
    subprocess.run(command, cwd=ROOT, check=True)
    (archive,) = [path for path in into.iterdir() if path.suffix in (".gz", ".zip")]
    return archive


def test_from_a_clone_to_the_first_message_in_less_than_ten_minutes():
    assert walked("clone") < TEN_MINUTES


@pytest.mark.skipif(os.name == "nt" or os.geteuid() != 0, reason="unshare --net asks for root")
@pytest.mark.parametrize("kind", ["linux-x86_64", "windows-amd64"])
def test_from_a_bundle_to_the_first_message_with_the_network_off(kind, tmp_path):
    if kind.startswith("windows") and not (shutil.which("wine") and PRIMITIVES.exists()):
        pytest.skip("needs Wine 9, or an older one with bcryptprimitives.dll put in")
    assert walked("bundle", str(built(kind, tmp_path)), alone=True) < TEN_MINUTES


@pytest.mark.skipif(QEMU is None, reason="needs qemu-user-static")
def test_the_bundle_for_aarch64_checks_its_texts_on_such_a_processor(tmp_path):
    shutil.unpack_archive(built("linux-aarch64", tmp_path), tmp_path / "局", filter="data")
    (folder,) = (tmp_path / "局").iterdir()
    python = folder / "program/python"
    command = [QEMU, python / "so/ld.so", "--argv0", python / "bin/python3"]
    command += ["--library-path", python / "so", python / "bin/python3.11", "-I", "-X", "utf8"]
    for words in (["init", "--unit", "某县水利局"], ["check"]):
        done = subprocess.run(
            [*command, "-m", "bot", *words],
            cwd=folder,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            encoding="utf-8",
            check=False,
        )
        assert done.returncode == 0, done.stdout + done.stderr
    assert "0 个错误" in done.stdout
