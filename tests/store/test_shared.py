"""What workers of one database share: the clock, the pace, the token, the files, a turn."""

from __future__ import annotations

import asyncio
from datetime import timedelta

import httpx
import psycopg
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from bot.core.policy import HOUR, LONGEST, Limit, Sends, next_slot
from bot.store.postgres.folders import Root, SharedFolders
from bot.store.postgres.schema import bring_up_to_date
from bot.store.postgres.shared import Shared
from bot.wecom.errors import CallFailed
from bot.wecom.token import Token
from tests.engine.office import moment
from tests.postgres import fresh_database

NOW = moment("2026-06-15 09:20")


@pytest.fixture
def url():
    found = fresh_database()
    with psycopg.connect(found, autocommit=True) as conn:
        bring_up_to_date(conn)
    return found


@pytest.fixture
async def two(url):
    both = [Shared(url), Shared(url)]
    for one in both:
        await one.open()
    yield both
    for one in both:
        await one.close()


# -- the pace -------------------------------------------------------------------------------------

LIMITS = (Limit(3), Limit(7, HOUR))
asked = st.lists(
    st.tuples(st.integers(0, 1), st.integers(0, 1), st.integers(1, 4), st.integers(0, 1500)),
    max_size=25,
)


@given(asked)
@settings(
    max_examples=20, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
async def test_the_shared_pace_is_that_of_one_process_whoever_asks(two, calls):
    async with two[0]._connection() as conn:
        await conn.execute("TRUNCATE qf.paced")
    alone, now = (Sends(), Sends()), NOW
    for worker, name, weight, seconds in calls:
        now += timedelta(seconds=seconds)
        slot = next_slot(alone[name], LIMITS, now, weight)
        if slot <= now:
            alone[name].add(now, weight)
        assert await two[worker].take([(f"g{name}", weight, LIMITS)], now) == slot


async def test_two_workers_together_never_exceed_one_budget(two):
    async def ask(worker: Shared) -> int:
        got = [await worker.take([("corp", 1, [Limit(20)])], NOW) <= NOW for _ in range(25)]
        return sum(got)

    assert sum(await asyncio.gather(*(ask(worker) for worker in two))) == 20


async def test_what_no_limit_looks_back_to_is_forgotten_and_changes_no_slot(two):
    limits = [Limit(2)]
    for _ in range(2):
        await two[0].take([("g", 1, limits)], NOW)
    later = NOW + 3 * LONGEST
    await two[0].tidy(later)
    async with two[0]._connection() as conn:
        rows = await (await conn.execute("SELECT count(*) FROM qf.paced")).fetchone()
    assert rows == (1,)
    assert [await two[1].take([("g", 1, limits)], later) <= later for _ in range(3)] == [
        True,
        True,
        False,
    ]


# -- the clock, a turn, an ear --------------------------------------------------------------------


async def test_workers_whose_clocks_are_minutes_apart_agree_on_the_databases(two):
    def wrong(minutes: int):
        start = moment("2026-06-15 09:20") + timedelta(minutes=minutes)
        loop = asyncio.get_running_loop()
        began = loop.time()
        return lambda: start + timedelta(seconds=loop.time() - began)

    early, late = wrong(-4), wrong(+7)
    found = [early() + await two[0].offset(early), late() + await two[1].offset(late)]
    assert abs(found[0] - found[1]) < timedelta(seconds=1)


async def test_a_rehearsals_time_is_said_by_the_first_of_its_workers(two):
    assert await two[0].shift(timedelta(days=-150)) == timedelta(days=-150)
    assert await two[1].shift(timedelta(days=+3)) == timedelta(days=-150)


async def test_one_at_a_time_in_the_whole_cluster(two):
    inside = most = 0

    async def go(worker: Shared) -> None:
        nonlocal inside, most
        for _ in range(5):
            async with worker.alone("turn"):
                inside += 1
                most = max(most, inside)
                await asyncio.sleep(0.002)
                inside -= 1

    await asyncio.gather(*(go(worker) for worker in two))
    assert most == 1


async def test_an_event_that_two_workers_are_told_of_is_the_first_ones(two):
    assert [await worker.first("e1") for worker in (two[0], two[1], two[0])] == [True, False, False]


async def test_a_database_that_is_away_is_an_error_of_the_disk(url):
    away = Shared(url.replace("?", "x?") + "&connect_timeout=1")
    away._pool.timeout = 1
    await away.open()
    with pytest.raises(OSError, match="数据库连不上"):
        await away.offset(lambda: NOW)
    await away.close()


# -- the token ------------------------------------------------------------------------------------


class Corp:
    """gettoken and one other call; counts, and says what is still good."""

    def __init__(self) -> None:
        self.fetched, self.answers = 0, {"errcode": 0}

    def __call__(self, request: httpx.Request) -> httpx.Response:
        if request.url.path.endswith("gettoken"):
            self.fetched += 1
            token = {"errcode": 0, "access_token": f"T{self.fetched}", "expires_in": 7200}
            return httpx.Response(200, json=token)
        return httpx.Response(200, json=self.answers)


def _clients(two, corp):
    made = []
    for worker in two:
        auth = Token("ww1", "s", now=lambda: NOW, kept=worker.token("ww1/7"))
        client = httpx.AsyncClient(transport=httpx.MockTransport(corp), base_url="http://wecom")
        made.append((auth, client))
    return made


async def test_one_token_is_fetched_for_all_workers(two):
    corp = Corp()
    calls = [
        client.post("/cgi-bin/message/send", auth=auth) for auth, client in _clients(two, corp) * 5
    ]
    await asyncio.gather(*calls)
    assert corp.fetched == 1


async def test_a_token_that_one_worker_found_dead_is_not_taken_over_again(two):
    corp = Corp()
    first, second = _clients(two, corp)
    for auth, client in (first, second):
        await client.post("/cgi-bin/message/send", auth=auth)
    first[0]._value, first[0]._bad = "", "T1"  # 42001 was its answer
    await first[1].post("/cgi-bin/message/send", auth=first[0])
    second[0]._value, second[0]._bad = "", "T1"
    await second[1].post("/cgi-bin/message/send", auth=second[0])
    assert corp.fetched == 2
    assert second[0]._value == "T2"


async def test_what_one_worker_was_forbidden_no_other_tries_within_the_hour(two):
    corp = Corp()
    corp.answers = {"errcode": 40001}
    first, second = _clients(two, corp)
    await first[1].post("/cgi-bin/message/send", auth=first[0])
    with pytest.raises(CallFailed):
        await second[1].post("/cgi-bin/message/send", auth=second[0])
    assert corp.fetched == 1


# -- the files ------------------------------------------------------------------------------------


def _folders(url, *places):
    return [
        SharedFolders(url, {"data": Root(folder=place, has=lambda p: p != "lock")})
        for place in places
    ]


@pytest.fixture
def copies(url, tmp_path):
    places = [tmp_path / "a", tmp_path / "b"]
    for place in places:
        place.mkdir()
    made = _folders(url, *places)
    yield [*zip(made, places, strict=True)]
    for one in made:
        one.close()


names = st.sampled_from(["holds.json", "forms/1.json", "节点/中秋.md"])
done = st.lists(
    st.tuples(st.integers(0, 1), names, st.one_of(st.none(), st.binary(max_size=6))), max_size=12
)


@given(done)
@settings(
    max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
def test_whoever_changes_a_file_after_looking_changes_it_for_all(copies, changes):
    for worker, name, body in changes:
        folders, place = copies[worker]
        folders.pull()
        path = place / name
        if body is None:
            path.unlink(missing_ok=True)
        else:
            path.parent.mkdir(exist_ok=True)
            path.write_bytes(body)
        folders.push()
    contents = []
    for folders, place in copies:
        folders.pull()
        found = {p.relative_to(place).as_posix(): p.read_bytes() for p in place.rglob("*.*")}
        contents.append(found)
    assert contents[0] == contents[1]


def test_a_file_of_one_machine_stays_there(copies):
    (one, here), (two, there) = copies
    (here / "lock").write_text("1")
    (here / "holds.json").write_text("[]")
    assert one.push() == 1
    assert two.pull() == 1
    assert not (there / "lock").exists()


def test_the_first_workers_key_is_everybodys(copies):
    (one, here), (two, there) = copies
    for folders, place in ((one, here), (two, there)):

        def make(place=place):
            if not (place / "seal.key").exists():
                (place / "seal.key").write_text(place.name)

        folders.agree(make)
    assert (there / "seal.key").read_text() == "a"


def test_a_name_that_leads_out_of_the_folder_is_refused(copies, url):
    (one, here), _ = copies
    with psycopg.connect(url, autocommit=True) as conn:
        conn.execute("INSERT INTO qf.files VALUES ('data', '../out', 'd', 'x', 1)")
    with pytest.raises(OSError, match="不该有的文件名"):
        one.pull()
    assert not (here.parent / "out").exists()


def test_what_is_published_takes_the_place_of_what_was_but_for_what_is_written_once(
    copies, tmp_path
):
    (one, here), _ = copies
    (here / "approvals").mkdir()
    for name in ("approvals/a.toml", "old.md", "both.md"):
        (here / name).write_text(name)
    one.push()
    source = tmp_path / "source"
    source.mkdir()
    (source / "both.md").write_text("new")
    root = Root(folder=source, stays=lambda path: path.startswith("approvals/"))
    assert one.publish({"data": root}) == 2
    one.pull()
    left = sorted(p.relative_to(here).as_posix() for p in here.rglob("*.*"))
    assert left == ["approvals/a.toml", "both.md"]
    assert (here / "both.md").read_text() == "new"
