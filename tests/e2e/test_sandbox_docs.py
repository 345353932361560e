"""Every example of docs/sandbox.md's first five minutes, run as it stands there."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

PAGE = (Path(__file__).parents[2] / "docs" / "sandbox.md").read_text("utf-8")
SECTION = PAGE[PAGE.index("## The first five minutes") : PAGE.index("## Trusting its authority")]
BLOCKS = re.findall(r"```(sh|python)\n(.*?)```", SECTION, re.DOTALL)


@pytest.fixture(scope="module")
def address() -> Iterator[str]:
    """A sandbox of its own, as its command starts it, on a free port."""
    command = [sys.executable, "-m", "bot", "sandbox", "--port", "0", "--json"]
    process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
    try:
        assert process.stdout is not None
        yield json.loads(process.stdout.readline())["http"]
    finally:
        process.terminate()
        process.wait(10)


def test_there_are_examples():
    assert [kind for kind, _ in BLOCKS] == ["sh", "python", "python", "sh"]


@pytest.mark.skipif(os.name == "nt" or not shutil.which("curl"), reason="needs sh and curl")
@pytest.mark.parametrize("number", range(len(BLOCKS)))
def test_an_example_does_what_it_says(address, number, tmp_path):
    kind, block = BLOCKS[number]
    block = block.replace("http://127.0.0.1:8700", address)
    command = ["sh", "-ec", block] if kind == "sh" else [sys.executable, "-c", block]
    environ = {**os.environ, "NO_PROXY": "127.0.0.1", "no_proxy": "127.0.0.1"}
    done = subprocess.run(
        command, cwd=tmp_path, capture_output=True, text=True, check=False, env=environ
    )
    assert done.returncode == 0, done.stderr
    told = done.stdout.replace("'", '"')
    assert '"error"' not in told.replace('"error": ""', ""), told
    assert set(re.findall(r'"errcode": ?(-?\d+)', told)) <= {"0"}, told
    assert told.strip()
