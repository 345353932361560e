"""Several workers on one PostgreSQL: each message once, whoever dies, whatever their clocks say."""

from __future__ import annotations

import asyncio
import json
import signal

import psycopg
import pytest

from bot.demo.stage import AGENTID
from bot.sandbox.taps import tap
from bot.store.postgres import PostgresStore
from tests.e2e.several import Town, town

MONDAY = "2026-06-15 09:25"  # all groups are due since some minutes


def _messages(at: Town) -> list[int]:
    return [at.heard(chat) for chat in ("zx", f"app-{AGENTID}")]


async def _begun(at: Town, *names: str) -> None:
    for name in names:
        await at.until(lambda name=name: at.port(name))


async def test_workers_whose_clocks_differ_send_each_message_once_and_take_taps(
    tmp_path,
):
    async with town(tmp_path, MONDAY) as at:
        at.start("one", role="web")
        await _begun(at, "one")
        at.callbacks_to("one")
        workers = [at.start("two", late=240), at.start("three", late=-180)]
        await at.until(lambda: _messages(at) == [1, 2])
        person = at.stage.roster[0]
        key = f"dragon-boat-2026_main@{'jg1' if person.branch == '机关一支部' else 'jg2'}"
        tapped = await tap(at.stage.world, person.id, key, "ack")
        assert tapped.greyed == "已阅，谢谢"
        store = PostgresStore(at.url, tmp_path / "look")
        assert [one.person for one in await store.receipts(key)] == [person.id]
        store.close()
        for worker in workers:
            worker.send_signal(signal.SIGTERM)
        # Beside the loop, in which WeCom answers what is still being sent.
        ended = [await asyncio.to_thread(worker.wait, 30) for worker in workers]
        assert ended == [0, 0]
        assert _messages(at) == [1, 2]
        states = {one["key"]: one["state"] for one in (await at.told("pushes", "--json"))["pushes"]}
        assert set(states.values()) == {"sent"}, states


@pytest.mark.nightly
async def test_workers_killed_and_cut_off_again_and_again_lose_nothing_and_double_nothing(tmp_path):
    async with town(tmp_path, MONDAY) as at:
        at.start("web", role="web")
        await _begun(at, "web")
        at.callbacks_to("web")
        for turn in range(3):
            worker = at.start(f"w{turn}")
            at.start(f"v{turn}")
            await _begun(at, f"w{turn}")
            with psycopg.connect(at.url, autocommit=True) as conn:
                conn.execute(
                    "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
                    " WHERE datname = current_database() AND pid <> pg_backend_pid()"
                )
            worker.kill()
        await at.until(lambda: _messages(at) == [1, 2], 60)
        assert (await at.told("audit", "verify", "--json"))["faults"] == []
        assert (await at.told("store", "verify", "--json"))["faults"] == []


@pytest.mark.nightly
async def test_what_is_published_and_approved_is_what_every_worker_sends(tmp_path):
    published = {"QINGFENG_STORE__PUBLISHED": "true"}
    async with town(tmp_path, MONDAY, items=()) as at:
        at.more = published
        first = await at.told("publish", "--json")
        assert first["files"] > 100
        assert (await at.told("publish", "--json")) == {**first, "changed": 0}
        done = await at.qingfeng("approve", "N06", "--as", "王终审", "--sources-checked")
        assert done.returncode == 0, done.stderr
        text = next((tmp_path / "content").rglob("*端午*.md"))
        text.write_bytes(text.read_bytes() + b"\n")  # an edit that nobody has published
        at.start("one")
        at.start("two")
        await at.until(lambda: at.heard("zx") == 1)


@pytest.mark.nightly
async def test_a_data_folder_moves_into_the_database_with_its_seals(tmp_path):
    async with town(tmp_path, MONDAY, items=()) as at:
        alone, at.url = at.url, ""
        args = ("approve", "N06", "--as", "王终审", "--sources-checked")
        assert (await at.qingfeng(*args, name="old")).returncode == 0
        done = await at.qingfeng("roster", "import", str(tmp_path / "名册.csv"), name="old")
        assert done.returncode == 0, done.stderr
        at.url = alone
        again = await at.qingfeng("migrate", "--json", name="old")
        assert again.returncode == 1  # the town's own roster is there already
        assert "已经有数据" in again.stderr
        with psycopg.connect(at.url, autocommit=True) as conn:
            conn.execute("DROP SCHEMA qf CASCADE")
        moved = json.loads((await at.qingfeng("migrate", "--json", name="old")).stdout)
        assert moved["members"] == len(at.stage.roster)
        at.start("one")
        await at.until(lambda: at.heard("zx") == 1)  # its approval holds on another machine
        at.url = ""
        told = await at.qingfeng("pushes", name="old")
        assert told.returncode == 2
        assert "已搬进 PostgreSQL" in told.stderr
