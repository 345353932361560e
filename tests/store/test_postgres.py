"""What only a database of several workers can get wrong: leases, races, a line that is cut."""

from __future__ import annotations

import asyncio
import json
import threading
from datetime import timedelta

import psycopg
import pytest

from bot.core.model import State
from bot.store.codec import to_doc
from bot.store.postgres import PostgresStore
from bot.store.postgres.schema import MIGRATIONS, make_partition
from bot.store.postgres.together import Tap
from bot.store.records import AuditEntry
from bot.store.tiny import TinyStore
from tests.postgres import fresh_database
from tests.store.rows import MEMBERS, MINUTE, MONDAY, attempt, brought_to, cohort, push, receipt

P = push("jg1")
LATE = MONDAY + 1440 * MINUTE


@pytest.fixture
def url():
    return fresh_database()


@pytest.fixture
def two(url, tmp_path):
    """Two workers on one database, with the lease of real life."""
    found = [PostgresStore(url, tmp_path / name) for name in ("a", "b")]
    yield found
    for one in found:
        one.close()


def _cut(url):
    """Cut every other connection to the database, as an administrator or a network would."""
    with psycopg.connect(url, autocommit=True) as conn:
        conn.execute(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
            " WHERE datname = current_database() AND pid <> pg_backend_pid()"
        )


async def test_of_two_workers_only_one_claims_a_push(two):
    first, second = two
    wanted = [push(f"t{number}") for number in range(40)]
    await first.add_pushes(wanted)
    claims = [one.begin(attempt(each), cohort(each)) for each in wanted for one in (first, second)]
    won = await asyncio.gather(*claims)
    assert [won[2 * n] + won[2 * n + 1] for n in range(40)] == [1] * 40


async def test_what_one_worker_looks_at_is_not_looked_at_by_another(two):
    first, second = two
    await first.add_pushes(push(f"t{number}") for number in range(6))
    mine = await first.due(MONDAY, 4, ["webhook"])
    theirs = await second.due(MONDAY, 4, ["webhook"])
    assert (len(mine), len(theirs)) == (4, 2)
    assert not {one.key for one in mine} & {one.key for one in theirs}
    assert await first.due(MONDAY, 4, ["webhook"]) == mine  # a claim is no bar to whoever has it


async def test_two_pushes_of_one_target_are_never_with_two_workers(two):
    first, second = two
    other = push("jg1", key="friday-2026W25_main@jg1", occurrence="friday-2026W25", covers=())
    await first.add_pushes([P, other, push("jg2")])
    found = await asyncio.gather(*(one.due(MONDAY, 1, ["webhook"]) for one in (first, second) * 3))
    assert {one.target for rows in found[::2] for one in rows}.isdisjoint(
        one.target for rows in found[1::2] for one in rows
    )


async def test_the_claims_of_a_dead_worker_end_by_the_databases_clock(two, url):
    first, second = two
    await first.add_pushes([P])
    assert await first.due(MONDAY, 4, ["webhook"])
    assert await second.due(MONDAY, 4, ["webhook"]) == []
    with psycopg.connect(url, autocommit=True) as conn:
        conn.execute("UPDATE qf.pushes SET claimed = claimed - interval '1 minute'")
    assert await second.due(MONDAY, 4, ["webhook"]) == [P]


async def test_what_waits_is_let_go(two):
    first, second = two
    await first.add_pushes([P])
    await first.due(MONDAY, 4, ["webhook"])
    await first.postpone(P.key, MONDAY, "稍候")
    assert [one.key for one in await second.due(MONDAY, 4, ["webhook"])] == [P.key]


async def test_two_workers_planning_at_once_add_every_push_once(two):
    wanted = [push(f"t{number}") for number in range(40)]
    assert sum(await asyncio.gather(*(one.add_pushes(wanted) for one in two))) == 40


async def test_what_another_worker_is_sending_is_left_alone_until_its_lease_is_over(two, url):
    first, second = two
    await first.add_pushes([P])
    assert await first.begin(attempt(P), cohort(P))
    assert await second.recover() == []
    with psycopg.connect(url, autocommit=True) as conn:  # the database's clock goes on
        conn.execute("UPDATE qf.deliveries SET leased = leased - interval '2 minutes'")
    assert await second.recover() == [P.key]
    found = await first.push(P.key)
    assert found
    assert found.state is State.UNKNOWN


async def test_numbers_and_counts_of_two_workers_have_no_gap_and_no_double(two):
    first, second = two
    names = [f"n{number}" for number in range(20)]
    found = await asyncio.gather(*(one.number(name, 2026) for name in names for one in two))
    assert sorted(set(found)) == list(range(1, 21))
    await asyncio.gather(*(one.count("opened", "2026-06-15") for one in two for _ in range(20)))
    assert await second.counts() == {"opened": 40}
    await asyncio.gather(*(brought_to(one, State.SENT, push(f"t{n}")) for n, one in enumerate(two)))
    assert await first.verify() == []


async def test_a_receipt_counts_once_whichever_worker_takes_it(two):
    await brought_to(two[0], State.SENT, P)
    new = await asyncio.gather(*(one.add_receipt(receipt(P)) for one in two for _ in range(10)))
    assert sum(new) == 1


async def test_taps_that_come_together_are_kept_in_a_handful_of_statements(two):
    first = two[0]
    wanted = [push(f"t{number}") for number in range(3)]
    for one in wanted:
        await brought_to(first, State.SENT, one)
    await first.add_receipt(receipt(wanted[0]))
    before, strangers = first._base.asked, [receipt(push("nobody")), receipt(wanted[0])]
    many = [receipt(one, f"u{n}") for n in range(60) for one in wanted]
    new = await asyncio.gather(*map(first.add_receipt, [*many, *many[:9], *strangers]))
    assert new == [*[True] * len(many), *[False] * 9, True, False]
    assert first._base.asked - before <= 8
    assert len(await first.receipts(wanted[2].key)) == 60
    assert await first.verify() == []


async def test_a_roster_that_has_changed_is_read_anew(two):
    first, second = two
    await brought_to(first, State.SENT, P)
    assert (await first.addressed(P.key))[1] == cohort(P)
    asked = first._base.asked
    assert (await first.addressed(P.key))[1] == cohort(P)
    assert first._base.asked - asked == 1
    await second.forget("zhang", MONDAY)
    assert "zhang" not in (await first.addressed(P.key))[1].covered
    assert await first.addressed("nobody_main@nowhere") == (None, None)


async def _read(store, days):
    question = ((P.key, MONDAY + days * 1440 * MINUTE),)
    return (await store.counted([question], ())).counted[question].read


async def test_what_was_counted_is_kept_for_all_workers_until_somebody_taps(two):
    first, second = two
    await brought_to(first, State.SENT, P)
    await first.add_receipt(receipt(P, MEMBERS[0].id))
    assert await _read(first, 1) == 1
    before = second._base.asked
    assert [await _read(second, days) for days in (1, 2, 3)] == [1, 1, 1]
    assert second._base.asked - before <= 3 * 5, "no row behind it is asked for"
    await second.add_receipt(receipt(P, MEMBERS[1].id, at=MONDAY + 2 * 1440 * MINUTE))
    assert [await _read(first, days) for days in (3, 1, 2.5, 3)] == [2, 1, 2, 2]


async def _ask(store, question):
    return (await store.counted([question], ())).counted[question].read


def _somebody_waits(url):
    with psycopg.connect(url, autocommit=True) as conn:
        return conn.execute(
            "SELECT 1 FROM pg_stat_activity WHERE datname = current_database()"
            " AND wait_event_type = 'Lock'"
        ).fetchone()


async def test_an_answer_of_other_pushes_is_not_kept_past_a_tap_on_those(two, url):
    first, second = two
    a, b, c, d = [await brought_to(first, State.SENT, push(f"t{n}")) for n in range(4)]
    here, there = ((a.key, LATE), (b.key, LATE)), ((c.key, LATE), (d.key, LATE))
    assert await _ask(first, there) == 0  # kept, in the one row of the occurrence
    tapped, over = threading.Event(), threading.Event()

    def tap():
        Tap(second, receipt(c))()
        tapped.set()
        over.wait(10)

    tapping = asyncio.ensure_future(second._write(tap))
    await asyncio.to_thread(tapped.wait, 10)
    counting = asyncio.ensure_future(_ask(first, here))
    for _ in range(200):
        if counting.done() or await asyncio.to_thread(_somebody_waits, url):
            break
        await asyncio.sleep(0.02)
    over.set()
    await tapping
    assert await counting == 0
    assert await first.verify() == []
    assert await _ask(second, there) == 1


async def test_a_damaged_entry_is_said_whatever_is_asked_for(two):
    first = two[0]
    await first.audit(AuditEntry(at=MONDAY, what="sent"))
    broken = json.dumps({"number": 1, "before": "", "hash": "", "entry": "x"})
    await first._write(lambda: first._base.run("UPDATE qf.trail SET doc = %s", (broken,)))
    with pytest.raises(OSError, match="已损坏"):
        await first.audits()
    with pytest.raises(OSError, match="已损坏"):
        await first.audits(what=("sent",))


async def test_a_look_after_a_restore_reads_where_the_rows_are_now(two, tmp_path):
    first, second = two
    await first.backup(tmp_path / "empty.zip", MONDAY)
    p = push("t1")
    await first.add_pushes([p])
    await brought_to(first, State.SENT, p)
    assert await second.parts(p.key) == {0: State.SENT}
    assert await first.parts(p.key) == {0: State.SENT}
    await first.restore(tmp_path / "empty.zip", MONDAY, MONDAY)
    later = push("t1", due=MONDAY + 8 * 1440 * MINUTE, until=MONDAY + 10 * 1440 * MINUTE)
    await brought_to(first, State.SENT, later)
    assert [len(await one.deliveries(p.key)) for one in two] == [1, 1]
    assert [await one.parts(p.key) for one in two] == [{0: State.SENT}] * 2


async def test_a_job_sees_what_another_worker_wrote_after_the_job_before_it_had_looked(two):
    first, second = two
    found = []

    def look(then=lambda: None):
        found.append(first._main("figures").find("monday_main@*"))
        then()

    def elsewhere():
        row = ("monday_main@*",)
        second._base.run("INSERT INTO qf.figures (part, id, doc) VALUES ('', %s, '{}')", row)

    await asyncio.gather(first._write(lambda: look(elsewhere)), first._write(look))
    assert found == [None, {}]


async def test_a_database_that_takes_no_changes_is_counted_all_the_same(two):
    first = two[0]
    await brought_to(first, State.SENT, P)
    await first.add_receipt(receipt(P, MEMBERS[0].id))
    await first._read(lambda: first._base.run("SET default_transaction_read_only = on"))
    assert await _read(first, 1) == 1


async def test_what_one_transaction_asks_twice_is_asked_once(two):
    first = two[0]
    wanted = [push(f"t{number}") for number in range(2)]
    await first.add_pushes(wanted)
    for one in wanted:
        before = first._base.asked
        assert await first.begin(attempt(one), cohort(one))
        await first.finish(attempt(one, state=State.SENT, ended=MONDAY), 1, None)
    assert first._base.asked - before <= 8


async def test_a_connection_that_is_cut_is_made_anew_and_nothing_is_lost(two, url):
    first, second = two
    await brought_to(first, State.SENT, P)
    answered = []
    for number in range(30):
        if number % 10 == 5:
            _cut(url)
        if await first.add_receipt(receipt(P, f"person{number}")):
            answered.append(f"person{number}")
    assert [one.person for one in await second.receipts(P.key)] == answered
    assert len(answered) == 30
    assert await first.trouble() == ""


async def test_a_database_of_the_first_version_is_brought_up_to_date(url, tmp_path):
    """Then the row of a push said where each of its parts stood."""
    states = {"0": "sent", "1": "sent", "2": "unknown", "3": "planned"}
    old = {**to_doc(P), "state": "planned", "file": "2026-W25", "parts": states}
    del old["cut"], old["tally"]
    plain = {**old, "key": "friday-2026W26_main@jg1", "parts": {}}
    with psycopg.connect(url, autocommit=True) as conn:
        conn.execute("DROP SCHEMA IF EXISTS qf CASCADE")
        conn.execute("CREATE SCHEMA qf")
        conn.execute("CREATE TABLE qf.version (number int NOT NULL)")
        for statement in MIGRATIONS[0]:
            conn.execute(statement)
        conn.execute("INSERT INTO qf.version VALUES (1)")
        for doc in (old, plain):
            conn.execute(
                "INSERT INTO qf.pushes (part, id, doc, state, wanted, waits, target)"
                " VALUES ('', %s, %s, 'planned', %s, false, 'jg1')",
                (doc["key"], json.dumps(doc), MONDAY),
            )
        part, doc = "receipts/2026-W25", to_doc(receipt(P))
        make_partition(conn, part)
        conn.execute(
            "INSERT INTO qf.receipts (part, id, push, doc) VALUES (%s, 'r', %s, %s)",
            (part, P.key, json.dumps(doc)),
        )
    store = PostgresStore(url, tmp_path)
    row = store._base.run("SELECT person, acted, at FROM qf.receipts").fetchone()
    assert row == ("zhang", True, MONDAY + MINUTE)
    assert (await store.told())["jg1"].rows == 2
    assert await store.parts(P.key) == {n: State(state) for n, state in enumerate(states.values())}
    found = await store.push(P.key)
    assert (found.cut, found.tally) == (4, {"sent": 2, "unknown": 1})
    assert (await store.push(plain["key"])).tally == await store.parts(plain["key"]) == {}
    assert await store.pushes(stem="dragon-boat-2026_main") == [found]
    assert await store.verify() == []
    assert not await store.begin(attempt(P, part=1), cohort(P), 4)
    assert await store.begin(attempt(P, part=3), cohort(P), 4)
    store.close()


async def test_a_data_folder_moves_in_whole_and_a_backup_is_the_way_back(url, tmp_path):
    old = TinyStore(tmp_path / "old")
    await old.set_members(MEMBERS)
    await brought_to(old, State.SENT, P)
    await old.add_receipt(receipt(P))
    await old.add_receipt(receipt(push("nobody")))
    await old.forget("zhang", MONDAY)
    before = [await old.acts(), await old.audits(), await old.members(), await old.texts()]
    new = PostgresStore(url, tmp_path / "new")
    moved = await new.take_in(old)
    old.close()
    assert (moved["pushes"], moved["receipts"], moved["forgotten"]) == (1, 2, 1)
    assert [await new.acts(), await new.audits(), await new.members(), await new.texts()] == before
    assert await new.verify() == []
    with pytest.raises(FileExistsError):
        await new.take_in(old)
    await new.backup(tmp_path / "b.zip", MONDAY + 60 * MINUTE)
    new.close()
    back = TinyStore(tmp_path / "back")
    await back.restore(tmp_path / "b.zip", MONDAY + 60 * MINUTE, MONDAY - timedelta(days=999))
    assert (await back.acts()).receipts == before[0].receipts
    back.close()
