"""The numbers of one process, in Prometheus's text form (0.0.4).

Counted when asked, from the rows and the pulse: nobody's name, no key, no word. Not by
prometheus-client: its registry counts what passes through this process, and most of what is told
here stands in rows that outlive it (docs/decisions/0020-numbers-counted-when-asked.md).
"""

from __future__ import annotations

import asyncio
import os
import shutil
from collections import Counter
from collections.abc import Awaitable, Callable, Iterable, Mapping
from importlib import metadata
from pathlib import Path
from typing import Protocol

from bot.core.model import State
from bot.engine.bureau import Bureau

Rows = Mapping[str, float]


class Line(Protocol):
    @property
    def live(self) -> bool: ...


async def text(
    bureau: Bureau,
    data: Path,
    ready: Callable[[], Awaitable[str]],
    robot: Line | None,
    actions: Mapping[str, int],
) -> str:
    """Return all of it; `robot` is the robot's line, None where there is none."""
    pulse, now = bureau.pulse, asyncio.get_running_loop().time()
    states = Counter(str(push.state) for push in await bureau.store.pushes())
    library = bureau.library(bureau.clock().date())
    blocked = sum(bool(library.blocked.get(item.id)) for item in library.items)
    resident, files = _process()
    lines = [
        *_one("qingfeng_info", "gauge", {f'version="{metadata.version("qingfeng")}"': 1}),
        *_one("qingfeng_ready", "gauge", {"": not await ready()}),
        *_one("qingfeng_rounds_total", "counter", {"": pulse.rounds}),
        *_one("qingfeng_rounds_good_total", "counter", {"": pulse.good}),
        *_one("qingfeng_ticks_failed_total", "counter", {"": pulse.failed}),
        *_one("qingfeng_pushes", "gauge", {f'state="{one}"': states[str(one)] for one in State}),
        *_one("qingfeng_texts", "gauge", {"": len(library.items)}),
        *_one("qingfeng_texts_waiting", "gauge", {"": blocked}),
        *_one("qingfeng_targets", "gauge", {"": len(bureau.targets)}),
        *_one("qingfeng_disk_free_bytes", "gauge", {"": shutil.disk_usage(data).free}),
        *_one(
            "qingfeng_log_actions_total",
            "counter",
            {f'action="{name}"': times for name, times in sorted(actions.items())},
        ),
    ]
    if pulse.rounds:
        lines += _one("qingfeng_seconds_since_round", "gauge", {"": now - pulse.ended})
    if robot is not None:
        lines += _one("qingfeng_robot_connected", "gauge", {"": robot.live})
    if resident:
        lines += _one("process_resident_memory_bytes", "gauge", {"": resident})
        lines += _one("process_open_fds", "gauge", {"": files})
    return "\n".join(lines) + "\n"


def _one(name: str, kind: str, rows: Rows) -> Iterable[str]:
    yield f"# TYPE {name} {kind}"
    for labels, value in rows.items():
        yield f"{name}{{{labels}}} {float(value):g}" if labels else f"{name} {float(value):g}"


def _process() -> tuple[int, int]:
    """Return (resident bytes, open descriptors), zeros where the system does not say."""
    try:
        pages = int(Path("/proc/self/statm").read_text("ascii").split()[1])
        return pages * os.sysconf("SC_PAGE_SIZE"), len(os.listdir("/proc/self/fd"))
    except (OSError, ValueError, IndexError, AttributeError):
        return 0, 0
