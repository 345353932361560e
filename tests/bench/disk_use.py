"""How large the data folder is and stays: years of a unit, week by week, names kept for 90 days.

    python -m tests.bench.disk_use [WEEKS]

prints the table of docs/store.md: 12 groups of 200 people, two texts a week to each, seven in ten
tap. What names people is bounded by its term; what stays are counts, texts, the trail, the ledger.
"""

from __future__ import annotations

import asyncio
import sys
import tempfile
from collections.abc import AsyncIterator
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path

from bot.core.model import State
from bot.store.tiny import TinyStore
from tests.store.rows import MONDAY, attempt, cohort, push, receipt

DAY = timedelta(days=1)
TERM = 90 * DAY
WORDS = "中秋将至，礼尚往来要有分寸。" * 60  # about 2.5 kB, as a text of the library has


@dataclass(frozen=True, kw_only=True)
class Size:
    """Bytes of the data folder after a week."""

    week: int
    names: int  # receipts/: who tapped
    sent: int  # sent/: rosters while they are named, attempts and counts for good
    kept: int  # texts/ and audit/
    main: int  # pushes, figures, certificates
    total: int


async def weeks(folder: Path, number: int, groups: int, people: int) -> AsyncIterator[Size]:
    """Live week after week, as the ticks would, and yield how large the folder is."""
    store = TinyStore(folder)
    crowd = {g: tuple(f"person{g:02}{n:04}" for n in range(people)) for g in range(groups)}
    for week in range(number):
        for text in ("a", "b"):
            await _said(store, week, text, crowd)
        now = MONDAY + (7 * week + 6) * DAY
        while await store.fold_names(now - TERM, now):
            pass
        await store.compact()
        yield _size(week + 1, folder)
    store.close()


async def _said(store: TinyStore, week: int, text: str, crowd: dict[int, tuple[str, ...]]) -> None:
    due = MONDAY + (7 * week + (text == "b")) * DAY
    name = f"w{week:03}{text}"
    for group, people in crowd.items():
        one = push(f"g{group}", key=f"{name}_main@g{group}", occurrence=name, due=due, covers=())
        await store.add_pushes([one])
        body = f'{{"text":"{name} {WORDS}"}}'
        trial = attempt(one, begun=due, body=body, to=people)
        await store.begin(trial, cohort(one, *people))
        done = attempt(one, begun=due, body=body, to=people, state=State.SENT, ended=due)
        await store.finish(done, 1, None)
        taps = people[: len(people) * 7 // 10]
        await asyncio.gather(*(store.add_receipt(receipt(one, who, at=due + DAY)) for who in taps))


def _size(week: int, folder: Path) -> Size:
    def under(*names: str) -> int:
        found = [path for name in names for path in (folder / name).glob("*")]
        return sum(path.stat().st_size for path in found)

    total = sum(path.stat().st_size for path in folder.rglob("*") if path.is_file())
    names, sent, kept = under("receipts"), under("sent"), under("texts", "audit")
    main = (folder / "qingfeng.json").stat().st_size
    return Size(week=week, names=names, sent=sent, kept=kept, main=main, total=total)


async def _main(number: int) -> None:
    print("| after | who tapped | sent | texts and trail | pushes and counts | all |")
    print("|---|---|---|---|---|---|")
    with tempfile.TemporaryDirectory() as home:
        async for size in weeks(Path(home), number, groups=12, people=200):
            if size.week % 13 == 0 or size.week == number:
                parts = (size.names, size.sent, size.kept, size.main, size.total)
                cells = " | ".join(f"{part / 1e6:.1f} MB" for part in parts)
                print(f"| {size.week} weeks | {cells} |", flush=True)


if __name__ == "__main__":
    asyncio.run(_main(int(sys.argv[1]) if len(sys.argv) > 1 else 104))
