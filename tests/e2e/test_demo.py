"""The whole product once, by its own command, on real sockets."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parents[2]


def test_the_headless_demo_tells_the_story_and_both_counts_agree():
    done = subprocess.run(
        [sys.executable, "-m", "bot", "demo", "--headless"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    told = done.stdout
    assert "第三级" in told
    assert "仅为演示在副本里登记审批" in told
    assert "仅用于改进推送内容，不作考核、评比、通报依据" in told
    rate = re.search(r"06.15—06.21 阅知率 ([\d.]+%)；", told)
    counted = re.search(r"另数一遍（2026-W25）：.*，([\d.]+%)。", told)
    assert rate is not None
    assert counted is not None
    assert rate[1] == counted[1]
    assert "两边的数一致" in told
    assert done.stderr == ""
