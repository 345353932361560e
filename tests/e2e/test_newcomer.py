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


def test_from_a_clone_to_the_first_message_in_less_than_ten_minutes():
    assert walked("clone") < TEN_MINUTES


@pytest.mark.skipif(os.name == "nt" or os.geteuid() != 0, reason="unshare --net asks for root")
@pytest.mark.parametrize("kind", ["linux-x86_64", "windows-amd64"])
def test_from_a_bundle_to_the_first_message_with_the_network_off(kind, tmp_path):
    if kind.startswith("windows") and shutil.which("wine") is None:
        pytest.skip("needs wine")
    build = [sys.executable, "deploy/bundle.py", kind, "-o", str(tmp_path)]
    subprocess.run(build, cwd=ROOT, check=True)
    (archive,) = [path for path in tmp_path.iterdir() if path.suffix in (".gz", ".zip")]
    assert walked("bundle", str(archive), alone=True) < TEN_MINUTES
