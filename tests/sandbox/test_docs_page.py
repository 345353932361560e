"""docs/sandbox.md tells every endpoint, command, switch and fault that there is."""

import re
from pathlib import Path

from bot.sandbox.api import ENDPOINTS
from bot.sandbox.control import ROUTES
from bot.sandbox.desk_aibot import COMMANDS
from bot.sandbox.faults import FaultKind
from bot.sandbox.switches import TABLE

PAGE = (Path(__file__).parents[2] / "docs" / "sandbox.md").read_text("utf-8")


def test_the_page_names_everything_that_can_be_called_turned_or_spoilt():
    for name in [*ENDPOINTS, *COMMANDS, *FaultKind]:
        assert f"`{name}`" in PAGE, name
    for route in ROUTES:
        assert f"/sandbox/api{route.path}" in PAGE or route.path == "/tap"


def test_the_page_tells_each_switch_with_its_values_and_default():
    for name, switch in TABLE.items():
        row = next(line for line in PAGE.splitlines() if line.startswith(f"| `{name}` |"))
        cells = [cell.strip() for cell in row.split("|")]
        assert cells[2] == switch.point
        assert set(re.findall(r"`(\w+)`", cells[3])) == set(switch.words)
        assert cells[4].strip("`") == str(switch.default).lower()
        assert cells[5]
