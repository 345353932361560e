"""The numbers of one process, for Prometheus: nobody's name, no key, no word.

Collected when asked, from the rows and the pulse, by a collector of our own: most of what is told
stands in rows that outlive this process. A registry for each question, so that several houses in
one process (tests, a rehearsal) do not add up.
"""

from __future__ import annotations

import asyncio
import shutil
from collections.abc import Awaitable, Callable, Iterator, Mapping
from importlib import metadata
from pathlib import Path
from typing import TYPE_CHECKING, Protocol

from bot.core.model import State
from bot.engine.bureau import Bureau

if TYPE_CHECKING:
    from prometheus_client.core import Metric


class Line(Protocol):
    @property
    def live(self) -> bool: ...


async def text(
    bureau: Bureau,
    data: Path,
    ready: Callable[[], Awaitable[str]],
    robot: Line | None,
    actions: Mapping[str, int],
) -> bytes:
    """Return all of it; `robot` is the robot's line, None where there is none."""
    # 40 ms to import, for whoever scrapes only
    from prometheus_client import CollectorRegistry, ProcessCollector, generate_latest
    from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily

    pulse, now = bureau.pulse, asyncio.get_running_loop().time()
    states = await bureau.store.states()
    library = bureau.library(bureau.clock().date())
    blocked = sum(bool(library.blocked.get(item.id)) for item in library.items)
    could = not await ready()

    def gauge(name: str, words: str, value: float) -> Metric:
        return GaugeMetricFamily(f"qingfeng_{name}", words, value=value)

    def counter(name: str, words: str, value: float) -> Metric:
        return CounterMetricFamily(f"qingfeng_{name}", words, value=value)

    def collect() -> Iterator[Metric]:
        version = GaugeMetricFamily("qingfeng_info", "the program", labels=["version"])
        version.add_metric([metadata.version("qingfeng")], 1)
        yield version
        yield gauge("ready", "whether it could send now", could)
        yield counter("rounds", "rounds of ticks that ended", pulse.rounds)
        yield counter("rounds_good", "rounds in which nothing failed", pulse.good)
        yield counter("ticks_failed", "ticks that failed", pulse.failed)
        if pulse.rounds:
            since = now - pulse.ended
            yield gauge("seconds_since_round", "since a round ended", since)
        pushes = GaugeMetricFamily("qingfeng_pushes", "by where they stand", labels=["state"])
        for state in State:
            pushes.add_metric([str(state)], states.get(state, 0))
        yield pushes
        yield gauge("texts", "texts in the library", len(library.items))
        yield gauge("texts_waiting", "texts that may not be sent yet", blocked)
        yield gauge("targets", "declared targets", len(bureau.targets))
        yield gauge("disk_free_bytes", "beside the data folder", shutil.disk_usage(data).free)
        if robot is not None:
            yield gauge("robot_connected", "whether the robot's line is up", robot.live)
        logged = CounterMetricFamily("qingfeng_log_actions", "log lines", labels=["action"])
        for name, times in sorted(actions.items()):
            logged.add_metric([name], times)
        yield logged

    registry = CollectorRegistry()
    registry.register(_Collector(collect))
    ProcessCollector(registry=registry)  # memory and descriptors, where the system says
    return generate_latest(registry)


class _Collector:
    def __init__(self, collect: Callable[[], Iterator[Metric]]) -> None:
        self.collect = collect
