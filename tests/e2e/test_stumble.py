"""`run` for real seconds while its trigger raises and its loop stands still: it goes on."""

from __future__ import annotations

import asyncio
import contextlib
import time
from datetime import datetime, timedelta

from bot import app, config, life
from bot.demo.stage import AGENTID, build_stage, install
from bot.sandbox.server import create_app
from bot.sandbox.serving import Serving
from bot.verbs import VERBS
from tests.engine.office import ROOT, moment


class Stumbling:
    """A clock that runs, and raises while it is broken: in ticks, and inside the trigger."""

    def __init__(self, start: datetime) -> None:
        self.broken = False
        self.raised = 0
        self._now = app.shifted_clock(start)

    def now(self) -> datetime:
        if self.broken:
            self.raised += 1
            raise OSError("the clock is broken")
        return self._now()


async def test_run_survives_a_trigger_that_raises_and_a_loop_that_stands_still(tmp_path):
    clock = Stumbling(moment("2026-06-15 09:05"))
    stage = build_stage(clock)  # type: ignore[arg-type]
    async with Serving(create_app(stage.world)) as sandbox:
        settings = config.load(install(tmp_path, ROOT, stage, sandbox.url), {})
        clock = Stumbling(await prepared(settings, stage, clock) - timedelta(seconds=6))
        stage.world.now = clock._now
        stage.world.set_callback(AGENTID, "http://127.0.0.1:9/wecom/callback")
        said: list[str] = []
        running = asyncio.create_task(life.run(settings, clock.now, said.append))
        async with asyncio.timeout(30):
            while not said:  # noqa: ASYNC110 - the condition is the bot's own
                await asyncio.sleep(0.05)
        clock.broken = True
        time.sleep(2)  # noqa: ASYNC251 - the loop itself stands still
        await asyncio.sleep(3)
        clock.broken = False
        assert clock.raised > 0
        for _ in range(300):
            if any(record.chat == f"app-{AGENTID}" for record in stage.world.log):
                break
            await asyncio.sleep(0.1)
        running.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await running
    sent = [r.task_id for r in stage.world.log if r.kind == "message" and r.task_id]
    assert sent
    assert len(sent) == len(set(sent))


async def prepared(settings, stage, clock) -> datetime:
    """Import the roster, approve the text, and return when the first warning is due."""
    house = app.build(settings, clock.now)
    try:
        await house.bureau.store.set_members(stage.roster)
        params = {"item": "N06", "who": "王终审", "sources_checked": True}
        await VERBS["approve"](house.bureau, clock.now(), params)
        asked = {"from": "2026-06-15", "days": 1}
        planned = await VERBS["plan"](house.bureau, clock.now(), asked)
        return datetime.fromisoformat(planned["pushes"][0]["due"])
    finally:
        await house.close()
