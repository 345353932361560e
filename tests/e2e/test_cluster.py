"""Several workers on one PostgreSQL: each message once, whoever dies, whatever their clocks say."""

from __future__ import annotations

import signal

from tests.e2e.several import town


async def test_two_workers_plan_once_and_send_each_message_once(tmp_path):
    async with town(tmp_path, "2026-06-15 09:25") as at:
        workers = [at.start("one"), at.start("two", late=180)]
        for name in ("one", "two"):
            assert await at.until(lambda name=name: at.port(name))
        await at.until(lambda: at.heard("zx") and at.heard("jg1") and at.heard("jg2"))
        pushes = (await at.told("pushes", "--json"))["pushes"]
        assert {push["state"] for push in pushes if push["target"] == "zx"} == {"sent"}
        for worker in workers:
            worker.send_signal(signal.SIGTERM)
        assert [worker.wait(30) for worker in workers] == [0, 0]
        assert [at.heard(chat) for chat in ("zx", "jg1", "jg2")] == [1, 1, 1]
