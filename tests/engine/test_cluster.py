"""The clock, the ear and the socket of several workers, on a real PostgreSQL."""

from __future__ import annotations

import asyncio
import contextlib

import psycopg
import pytest

from bot.engine import cluster
from bot.store.postgres.schema import LOCK
from tests.postgres import fresh_database

SECOND = "* * * * * */1"


@pytest.fixture
def url():
    return fresh_database()


@contextlib.asynccontextmanager
async def at_work(*works):
    """Run these until the end of the block; each is told to stop, and ends."""
    stop = asyncio.Event()
    tasks = [asyncio.create_task(work(stop)) for work in works]
    try:
        yield tasks
    finally:
        stop.set()
        async with asyncio.timeout(20):
            await asyncio.gather(*tasks, return_exceptions=True)


async def until(what, seconds=20.0):
    async with asyncio.timeout(seconds):
        while not what():  # noqa: ASYNC110 - it comes from another connection
            await asyncio.sleep(0.02)


def cut(url):
    with psycopg.connect(url, autocommit=True) as conn:
        conn.execute(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
            " WHERE datname = current_database() AND pid <> pg_backend_pid()"
        )


@pytest.mark.parametrize(
    ("in_a_turn", "within"),
    [(False, 20), pytest.param(True, 60, marks=pytest.mark.nightly, id="in the midst of a turn")],
)
async def test_of_three_workers_one_has_each_turn_also_after_their_lines_were_cut(
    url, in_a_turn, within
):
    """PgQueuer takes a turn for lost when it has had no sign of life for half a minute."""
    turns, inside, most = [], 0, 0

    def work(name):
        async def once():
            nonlocal inside, most
            inside += 1
            most = max(most, inside)
            turns.append(name)
            await asyncio.sleep(0.2)
            inside -= 1

        return lambda stop: cluster.clock(url, once, stop, SECOND)

    async with at_work(*(work(name) for name in "abc")):
        await until(lambda: len(turns) >= 2 and bool(inside) == in_a_turn)
        if not in_a_turn:
            await asyncio.sleep(0.3)  # until PgQueuer knows that it has ended
        cut(url)
        before = len(turns)
        await until(lambda: len(turns) >= before + 3, within)
    assert most == 1


async def test_who_listens_is_told_at_once_and_again_after_its_line_was_cut(url):
    heard = []

    def tell():
        with psycopg.connect(url, autocommit=True) as conn:
            conn.execute("NOTIFY qf_test")

    listening = lambda stop: cluster.listen(url, "qf_test", lambda: heard.append(1), stop)  # noqa: E731
    async with at_work(listening):
        await until(lambda: len(heard) == 1)  # once for whatever was before
        tell()
        await until(lambda: len(heard) == 2)
        cut(url)
        await until(lambda: len(heard) == 3)
        tell()
        await until(lambda: len(heard) == 4)


async def test_the_socket_has_one_holder_and_the_next_one_when_its_line_is_cut(url):
    held, most, ended = [], 0, []

    def work(name):
        async def run(over):
            nonlocal most
            held.append(name)
            most = max(most, len(held) - len(ended))
            await over.wait()
            ended.append(name)

        return lambda stop: cluster.holding(url, LOCK, run, stop, look=0.3)

    async with at_work(*(work(name) for name in "ab")):
        await until(lambda: held)
        await asyncio.sleep(0.8)
        assert len(held) == 1
        cut(url)
        await until(lambda: len(held) == 2)
        assert ended == held[:1], "the first one let go of the socket before"
    assert most == 1
    assert sorted(ended) == sorted(held)
