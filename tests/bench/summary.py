"""The weekly summary of the year of tests/bench/year.py, with everything that is in it."""

from __future__ import annotations

import time

from bot.core.calendar import Calendar
from bot.core.model import Item, Kind, Target
from bot.core.plan import Plan, Planned
from bot.library.folder import Library
from bot.report import weekly
from bot.store import Store
from tests.bench.year import AS_OF, NEWEST, TARGETS

TEXT = Item(id="SC-01", title="多跑的那两趟", kind=Kind.SCENARIO, path="SC-01.md")
PLAN = Plan(
    calendar=Calendar(),
    nodes=(),
    rules=(),
    items=(TEXT,),
    targets=tuple(Target(id=f"t{n:02d}", name=f"第{n}支部", channel="app") for n in range(TARGETS)),
)


async def summary(store: Store) -> float:
    """Return the seconds it takes, from the store to every figure, exception and question.

    But for the plan of the coming week, which the running bot has at hand (docs/bench-plan.md).
    """
    start = time.perf_counter()
    built = await weekly.build(
        store,
        Library(items=PLAN.items),
        PLAN,
        week=NEWEST,
        as_of=AS_OF,
        spanned=lambda *_: Planned(),
    )
    took = time.perf_counter() - start
    assert built.running.pushes == 2 * TARGETS
    assert built.trend
    return took
