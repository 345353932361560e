"""The sandbox alone: light enough to start at once, on a clock that may be shifted."""

import subprocess
import sys
from datetime import datetime, timedelta

from bot.sandbox.standing import CHINA, clock


def test_the_sandbox_alone_does_not_load_the_bot():
    code = "import sys, bot.demo.alone; print([m for m in sys.modules if m.startswith('bot.')])"
    told = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert "bot.sandbox.server" in told.stdout
    for room in ("app", "engine", "store", "web", "wecom", "library"):
        assert f"'bot.{room}" not in told.stdout


def test_a_shifted_clock_goes_on_from_where_it_is_put():
    start = datetime(2026, 6, 15, 9, 0, tzinfo=CHINA)
    assert timedelta(0) <= clock(start)() - start < timedelta(minutes=1)
    assert abs(clock()() - datetime.now(CHINA)) < timedelta(minutes=1)
