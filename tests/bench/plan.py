"""How long it takes to plan a year for a hundred targets.

.venv/bin/python -m tests.bench.plan > docs/bench-plan.md
"""

from __future__ import annotations

import os
import platform
import time
from datetime import date
from pathlib import Path

from bot.core.model import Target
from bot.core.plan import Plan
from bot.core.planning import plan_span
from bot.library.folder import Folders, load

ROOT = Path(__file__).parents[2]
ROUNDS, TARGETS, PEOPLE = 5, 100, 40
PAGE = """# What a plan costs

Written by `python -m tests.bench.plan`; do not edit. Python {}, {} cores, other work running
meanwhile, which the clock shows and the processor's seconds do not. Promised: a year for 100
targets in under 1 s, with the shipped texts, nodes and rules; everything is computed anew, from
the calendar to the choice of each text.
"""
HEAD = "| a year for 100 targets | pushes | best of 5, s of processor | best of 5, s by the clock |"


def year(rosters: bool) -> Plan:
    """Return the shipped library and rhythm, for a hundred groups or as many rosters."""
    folders = Folders(
        content=ROOT / "content",
        schedules=ROOT / "schedules",
        data=ROOT / "nowhere",
        review=False,
    )
    library = load(folders, date(2026, 1, 1))
    channel = "app" if rosters else "webhook"
    targets = tuple(Target(id=f"t{n:03d}", name=f"{n}", channel=channel) for n in range(TARGETS))
    people = {
        # Every tenth person belongs to the next target too.
        target.id: frozenset(f"u{n * PEOPLE * 9 // 10 + i}" for i in range(PEOPLE))
        for n, target in enumerate(targets)
    }
    return Plan(
        calendar=library.calendar,
        nodes=library.schedules.nodes,
        rules=library.schedules.rules,
        items=library.items,
        targets=targets,
        rosters=people if rosters else {},
    )


def main() -> None:
    print(PAGE.format(platform.python_version(), os.cpu_count()))
    print(f"{HEAD}\n|---|---|---|---|")
    for name, rosters in (("groups", False), ("people, some in two targets", True)):
        took, clock, count = [], [], 0
        for _ in range(ROUNDS):
            fresh = year(rosters)
            start, began = time.process_time(), time.perf_counter()
            count = len(plan_span(date(2026, 1, 1), 365, fresh, []).pushes)
            took.append(time.process_time() - start)
            clock.append(time.perf_counter() - began)
        print(f"| {name} | {count} | {min(took):.2f} | {min(clock):.2f} |")


if __name__ == "__main__":
    main()
