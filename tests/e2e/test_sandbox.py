"""`qingfeng sandbox --clock` and `run --clock`, as its printed hints say, and a tap that counts."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
import time
from pathlib import Path

import httpx
import pytest

from bot.demo.stage import AGENTID
from tests.engine.office import ROOT

CLOCK = "2026-06-15T10:05"


def qingfeng(home: Path, *args: str) -> subprocess.CompletedProcess[str]:
    done = subprocess.run(
        [sys.executable, "-m", "bot", *args], cwd=home, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return done


def until(what, seconds: float = 30.0):
    for _ in range(int(seconds * 5)):
        if found := what():
            return found
        time.sleep(0.2)
    raise AssertionError("it did not happen")


@pytest.mark.skipif(os.name == "nt", reason="needs POSIX signals")
def test_a_rehearsal_by_hand_counts_a_tap(tmp_path):
    for name in ("content", "schedules"):
        os.symlink(ROOT / name, tmp_path / name)
    command = [sys.executable, "-m", "bot"]
    hints, log = tmp_path / "hints", tmp_path / "log"
    started = []
    with hints.open("wb") as told, log.open("wb") as logged:
        try:
            options = ["--port", "0", "--clock", CLOCK, "--roster", "名册.csv"]
            sandbox = [*command, "sandbox", *options]
            environ = {**os.environ, "PYTHONUNBUFFERED": "1"}
            started.append(subprocess.Popen(sandbox, cwd=tmp_path, stdout=told, env=environ))
            said = until(lambda: "--clock" in (text := hints.read_text("utf-8")) and text)
            settings = said[said.index("[unit]") : said.index("这里 ")]
            settings += '\n[review]\nrequired = false\n[store]\ndata = "data"\n'
            (tmp_path / "config.toml").write_text(settings, "utf-8")
            assert "62 人" in qingfeng(tmp_path, "roster", "import", "名册.csv").stdout

            hint = re.search(r"qingfeng (run --clock \S+)", said)
            assert hint is not None
            bot = subprocess.Popen([*command, *hint[1].split()], cwd=tmp_path, stderr=logged)
            started.append(bot)
            address = re.search(r"http://127.0.0.1:\d+", said)
            assert address is not None
            _tap(tmp_path, address[0])
        finally:
            for process in started:
                process.terminate()
                process.wait(10)


def _tap(home: Path, sandbox: str) -> None:
    """Tap 已阅 as the phone's page does, and see it greyed: the bot took it."""

    def sent() -> bool:
        pushes = json.loads(qingfeng(home, "pushes", "--json").stdout)["pushes"]
        return any(p["state"] == "sent" and p["channel"] == "app" for p in pushes)

    until(sent, 100)  # within it may lie a minute in which nothing is sent: :00 or :30
    door = httpx.Client(base_url=sandbox, trust_env=False, follow_redirects=True)
    page = door.get("/sandbox", params={"who": "me", "chat": f"app-{AGENTID}"}).text
    fields = dict(re.findall(r'<input type="hidden" name="(\w+)" value="([^"]*)"', page))
    button = re.search(r'<button[^>]*name="(\w+)"[^>]*value="([^"]*)"[^>]*>已阅<', page)
    assert button is not None, page
    tapped = door.post("/sandbox/tap", data={**fields, button[1]: button[2]}).text
    assert "已阅，谢谢" in tapped, "the bot took it, and greyed the button"
