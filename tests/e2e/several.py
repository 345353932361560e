"""A town that several workers serve: real processes, a real PostgreSQL, a real sandbox."""

from __future__ import annotations

import asyncio
import json
import os
import subprocess
import sys
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path
from typing import Any

from bot.demo.stage import AGENTID, Stage, build_stage, install
from bot.sandbox.server import create_app
from bot.sandbox.serving import Serving
from tests.e2e.test_run import LiveClock
from tests.engine.office import ROOT
from tests.postgres import fresh_database


@dataclass(kw_only=True)
class Town:
    """One bureau on one database; `start` adds a worker with a data folder of its own."""

    home: Path
    stage: Stage
    config: Path
    url: str
    more: dict[str, str] = field(default_factory=dict)  # variables of all of them
    processes: list[subprocess.Popen[bytes]] = field(default_factory=list)

    def environ(self, name: str, more: dict[str, str] | None = None) -> dict[str, str]:
        mine = {"QINGFENG_STORE__URL": self.url, "QINGFENG_STORE__DATA": f"data-{name}"}
        return {**os.environ, **mine, **self.more, **(more or {})}

    async def qingfeng(self, *args: str, name: str = "hand") -> subprocess.CompletedProcess[str]:
        command = [sys.executable, "-m", "bot", *args, "--config", str(self.config)]
        return await asyncio.to_thread(
            subprocess.run,
            command,
            cwd=ROOT,
            env=self.environ(name),
            capture_output=True,
            text=True,
            check=False,
        )

    async def told(self, *args: str) -> Any:
        done = await self.qingfeng(*args)
        assert done.returncode == 0, done.stderr
        return json.loads(done.stdout)

    def start(self, name: str, role: str = "both", late: float = 0.0) -> subprocess.Popen[bytes]:
        """Start a worker; its own clock is `late` seconds behind everybody's."""
        clock = self.stage.world.now() - timedelta(seconds=late)
        command = [sys.executable, "-m", "bot", "run", "--config", str(self.config)]
        more = {"QINGFENG_STORE__ROLE": role}
        with (self.home / f"log-{name}").open("ab") as out:
            process = subprocess.Popen(
                [*command, "--clock", clock.isoformat(timespec="seconds")],
                cwd=ROOT,
                env=self.environ(name, more),
                stdout=out,
                stderr=out,
            )
        self.processes.append(process)
        return process

    def callbacks_to(self, name: str) -> None:
        """Have WeCom tell this worker of taps, as a balancer in front of them would."""
        where = f"http://127.0.0.1:{self.port(name)}/wecom/callback"
        self.stage.world.set_callback(AGENTID, where)

    def port(self, name: str) -> int:
        try:
            found = json.loads((self.home / f"data-{name}" / "control.json").read_text("utf-8"))
            return int(found["port"])
        except (OSError, ValueError):
            return 0

    async def until(self, what: Callable[[], Any], seconds: float = 40.0) -> Any:
        for _ in range(int(seconds * 10)):
            if found := what():
                return found
            await asyncio.sleep(0.1)
        raise AssertionError("it did not happen: " + self.logs()[-3000:])

    def logs(self) -> str:
        return "\n".join(f"{p.name}\n{p.read_text('utf-8')}" for p in self.home.glob("log-*"))

    def heard(self, chat: str) -> int:
        log = self.stage.world.log
        return sum(1 for record in log if record.kind == "message" and record.chat == chat)


@asynccontextmanager
async def town(home: Path, start: str, items: tuple[str, ...] = ("N06",)) -> AsyncIterator[Town]:
    """Open a town in which `items` are approved and people are known; workers end with it."""
    stage = build_stage(LiveClock(start))  # type: ignore[arg-type]
    async with Serving(create_app(stage.world)) as sandbox:
        path = install(home, ROOT, stage, sandbox.url)
        at = Town(home=home, stage=stage, config=path, url=fresh_database())
        roster = ["姓名,账号,支部,部门"]
        roster += [f"{m.name},{m.id},{m.branch},{m.department}" for m in stage.roster]
        (home / "名册.csv").write_text("\n".join(roster), encoding="utf-8")
        done = await at.qingfeng("roster", "import", str(home / "名册.csv"))
        assert done.returncode == 0, done.stderr
        for item in items:
            args = ("approve", item, "--as", "王终审", "--sources-checked")
            done = await at.qingfeng(*args)
            assert done.returncode == 0, done.stderr
        try:
            yield at
        finally:
            for process in at.processes:
                if process.poll() is None:
                    process.kill()
                process.wait()
