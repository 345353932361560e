"""How long a poster takes, over every text that ships.

.venv/bin/python -m tests.bench.posters > docs/bench-posters.md
"""

from __future__ import annotations

import os
import platform
import resource
import statistics
import time
from collections.abc import Callable
from datetime import date
from pathlib import Path

from bot.core import outlets, render
from bot.core.outlets import Shown
from bot.core.render import Footer
from bot.library.folder import load_items
from bot.report import board
from bot.report.board import Sheet

ROOT = Path(__file__).parents[2]
FOOTER = Footer(unit="某某局", office="局机关纪委 010-00000000", feedback="局机关党委 张三")
VALUES = {
    "节日": "端午",
    "放假安排": "6月19日（周五）至6月21日（周日）放假，共3天",
    "上班日": "6月22日（周一）",
    "年份": "2026",
}
PAGE = """# What a poster costs

Written by `python -m tests.bench.posters`; do not edit. Python {}, {} cores, other work running
meanwhile. Each of the {} texts that ship, once. The typesetter is a process of its own for each
page, so that the bot keeps nothing of it: its start is in every figure. Promised: under 2 s.
"""
HEAD = "| | the first, s | median, s | worst, s | bytes, median |\n|---|---|---|---|---|"


def sheets() -> list[Sheet]:
    items, _ = load_items(ROOT / "content")
    found = []
    for item in items:
        shown = Shown(
            item=item,
            reading=render.reading(item, "main", VALUES, FOOTER),
            summary=item.summary,
            saying=outlets.saying_of(item, VALUES),
            last=item.expires or date(2027, 12, 31),
        )
        page = f"https://qf.example.gov.cn/i/{item.id}.0123456789abcdef01234567"
        found.append(Sheet(shown=shown, unit="某某局", page=page, number="2026-001"))
    return found


def main() -> None:
    made = sheets()
    makers: dict[str, Callable[[Sheet], bytes]] = {
        "poster, A4, PDF": board.pdf,
        "poster, A3, PDF": lambda sheet: board.pdf(sheet, "a3"),
        "poster, HTML": lambda sheet: board.html(sheet).encode(),
        "长图, PNG": board.long_picture,
    }
    print(PAGE.format(platform.python_version(), os.cpu_count(), len(made)))
    print(HEAD)
    for name, make in makers.items():
        times, sizes = [], []
        for sheet in made:
            begun = time.perf_counter()
            sizes.append(len(make(sheet)))
            times.append(time.perf_counter() - begun)
        told = (times[0], statistics.median(times), max(times))
        numbers = " | ".join(f"{one:.2f}" for one in told)
        print(f"| {name} | {numbers} | {statistics.median(sizes):,.0f} |")
    own, child = (
        resource.getrusage(who).ru_maxrss / 1024
        for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)
    )
    print(f"\nThe process itself took {own:.0f} MB at its most, a page {child:.0f} MB.")


if __name__ == "__main__":
    main()
