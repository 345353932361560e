"""A year rehearsed at each level: `make bench-year` writes docs/bench-year.md.

Twelve groups of 200 invented people, the shipped texts and schedules, sends over real HTTP to the
sandbox (over the socket for the robot), every hundredth tap sealed and over the network too.
"""

from __future__ import annotations

import argparse
import os
import platform
import shutil
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

from bot import config
from bot.cli.shell import lasting
from bot.rehearsal.figures import faults
from bot.rehearsal.play import rehearse
from bot.rehearsal.stage import Ask

ROOT = Path(__file__).parents[2]
PAGE = ROOT / "docs" / "bench-year.md"
GROUPS, PEOPLE, YEAR = 12, 200, 2027
BOUND = {1: "60 s", 2: "-", 3: "60 s"}  # DESIGN §8; L2 is measured and printed

HEAD = """# What a rehearsed year costs

`make bench-year`: `qingfeng rehearse --year {year}` for {groups} groups of invented people
with the texts and schedules that ship. Every send goes over real HTTP to the sandbox (the robot's
over its socket); of the taps every hundredth is sealed, signed and sent too, the others come in
behind the parser, and both sides are counted. Everything, sandbox and bot, runs in one process on
{cpus} cores of a machine that others use at the same time; *processor* is the processor time of
the same run, *load* how many processes wanted a core when it ended (2 would be this machine's own
fill). The copy lies in memory where there is room. Nearly all of a year is the work of Python
itself, so it matters which one runs it: Debian's package is optimised by a profile of its use, what
somebody builds from source is mostly not.

| level | people | Python | bound | took | processor | load | pushes | sent | taps | due, kept | wrong |
|---|---|---|---|---|---|---|---|---|---|---|---|
"""  # noqa: E501


def unit(folder: Path) -> config.Config:
    """A unit of twelve groups, with what ships."""
    for name in ("content", "schedules"):
        shutil.copytree(ROOT / name, folder / name)
    lines = ['[unit]\nname = "某某局"\noffice = "局机关纪委"\nfeedback = "局机关党委"']
    for number in range(GROUPS):
        branch = f"第{number + 1}支部"
        lines.append(f'[target.t{number:02d}]\nname = "{branch}"\nroster = "{branch}"')
        lines.append('channel = "app"')
    (folder / "config.toml").write_text("\n".join(lines) + "\n", "utf-8")
    return config.load(folder / "config.toml", {})


def measured(level: int, ours: config.Config, people: int) -> str:
    """Rehearse the year once; return its line."""
    wall, cpu = time.perf_counter(), time.process_time()
    found: dict[str, Any] = lasting(rehearse(ours, Ask(year=YEAR, level=level, people=people)))
    wall, cpu = time.perf_counter() - wall, time.process_time() - cpu
    receipts = found["receipts"]
    cells = [
        *(f"L{level}", f"{GROUPS} × {people}", python(), BOUND[level]),
        *(f"{wall:.0f} s", f"{cpu:.0f} s"),
        f"{os.getloadavg()[0]:.0f}",
        f"{len(found['pushes']):,}",
        f"{found['messages']:,}",
        f"{receipts['acts']:,}",
        f"{receipts['expected']:,}, {receipts['counted']:,}",
        str(len(faults(found))),
    ]
    return f"| {' | '.join(cells)} |"


def python() -> str:
    """Return which Python this is, and where it came from."""
    system = sys.base_prefix == "/usr"
    return f"{platform.python_version()}, {'the package' if system else 'from source'}"


def main(asked: list[tuple[int, int]], more: bool) -> None:
    """Measure what is asked; with `more` beside what the page has already."""
    head = HEAD.format(year=YEAR, groups=GROUPS, cpus=os.cpu_count())
    rows = [row for row in PAGE.read_text("utf-8").splitlines() if row[:3] == "| L"] if more else []
    with tempfile.TemporaryDirectory(prefix="qingfeng-bench-") as folder:
        ours = unit(Path(folder))
        for level, people in asked:
            rows.append(measured(level, ours, people))
            print(rows[-1], flush=True)
    PAGE.write_text(head + "\n".join(rows) + "\n", "utf-8")


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--l1", type=int, default=PEOPLE, help="people in a group; 0: not at all")
    parser.add_argument("--l2", type=int, default=PEOPLE)
    parser.add_argument("--l3", type=int, default=PEOPLE)
    parser.add_argument("--more", action="store_true", help="keep the lines that are there")
    given = parser.parse_args()
    sizes = ((1, given.l1), (3, given.l3), (2, given.l2))
    main([(level, people) for level, people in sizes if people], given.more)
