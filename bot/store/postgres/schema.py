"""The tables in PostgreSQL, and how an older database is brought up to them.

Every table of the data folder (tables.IDENTITY) is one here, its documents as JSON text beside
what the database searches by. `part` is the week or month that the embedded store has a file
for; receipts are partitioned by it, so that an old week is one table that can be detached.
"""

from __future__ import annotations

from typing import Any

from psycopg import Connection
from psycopg.conninfo import make_conninfo
from psycopg.rows import TupleRow

from bot.store.tables import IDENTITY

Conn = Connection[TupleRow]
PARTITIONED = "receipts"
TABLES = (*IDENTITY, "forgotten")
LOCK = 0x51467  # of our advisory locks: "QF"
NOTIFY = "qingfeng_outbox"  # somebody planned, or postponed: senders look

# What is searched by, beside (part, id): column -> its type.
COLUMNS: dict[str, dict[str, str]] = {
    "pushes": {
        "state": "text",
        "wanted": "timestamptz",
        "waits": "boolean",
        "target": "text",
        "stem": "text",
        "channel": "text",
        "rank": "int",
        "due": "timestamptz",
        "item": "text",
        "occurrence": "text",
    },
    # `leased` is the database's clock: workers' clocks may be minutes apart.
    "deliveries": {"push": "text", "state": "text", "begun": "timestamptz"},
    "cohorts": {"push": "text"},
    "parts": {"push": "text"},
    "members": {"branch": "text", "department": "text"},
    "receipts": {"push": "text", "person": "text", "acted": "boolean", "at": "timestamptz"},
}
_FIRST_INDICES = (
    "CREATE INDEX ON qf.pushes (state, wanted)",
    "CREATE INDEX ON qf.pushes (target)",
    "CREATE INDEX ON qf.deliveries (push)",
    "CREATE INDEX ON qf.deliveries (leased) WHERE state = 'sending'",
    "CREATE INDEX ON qf.receipts (push)",
)


_LATER = frozenset({"parts"})  # tables that the first version had not
_LATER_COLUMNS = {
    "members": ("branch", "department"),
    "receipts": ("person", "acted", "at"),
    "pushes": ("stem", "channel", "rank", "due", "item", "occurrence"),
}

# Format 4 of the data folder (store/migrate.py): rows of their own for the parts of an audience.
_PARTS = [
    "CREATE TABLE qf.parts (part text NOT NULL, id text NOT NULL,"
    " seq bigint NOT NULL DEFAULT nextval('qf.seq'), push text,"
    " doc text NOT NULL, PRIMARY KEY (part, id))",
    "CREATE INDEX ON qf.parts (push)",
    "INSERT INTO qf.parts (part, id, push, doc)"
    " SELECT 'sent/' || (p.doc::json->>'file'), p.id || E'\\x1f' || one.key, p.id,"
    " json_build_object('push', p.id, 'part', one.key::int, 'state', one.value)::text"
    " FROM qf.pushes p, json_each_text(p.doc::json->'parts') one WHERE one.value <> 'planned'",
    "UPDATE qf.pushes p SET doc = ((p.doc::jsonb - 'parts') || jsonb_build_object("
    "'cut', (SELECT count(*) FROM jsonb_each_text(p.doc::jsonb->'parts')),"
    "'tally', (SELECT coalesce(jsonb_object_agg(value, n), '{}') FROM ("
    "SELECT value, count(*) AS n FROM jsonb_each_text(p.doc::jsonb->'parts')"
    " WHERE value <> 'planned' GROUP BY value) counted)))::text"
    " WHERE p.doc::jsonb ? 'parts'",
    "ALTER TABLE qf.pushes ADD COLUMN stem text",
    "UPDATE qf.pushes SET stem = left(id, length(id) - strpos(reverse(id), '@'))",
    "CREATE INDEX ON qf.pushes (stem)",
]

# What workers share beside the rows (shared.py, folders.py).
_SHARED = [
    "CREATE TABLE qf.shared (name text PRIMARY KEY, value text NOT NULL)",
    "CREATE TABLE qf.paced (name text, total bigint, weight int NOT NULL,"
    " at timestamptz NOT NULL, PRIMARY KEY (name, total))",
    "CREATE INDEX ON qf.paced (at)",
    "CREATE TABLE qf.heard (name text PRIMARY KEY,"
    " at timestamptz NOT NULL DEFAULT clock_timestamp())",
    "CREATE INDEX ON qf.trail (((doc::json->>'number')::bigint))",
    "CREATE SEQUENCE qf.turns",
    "CREATE TABLE qf.files (root text, path text, digest text NOT NULL, bytes bytea,"
    " turn bigint NOT NULL, PRIMARY KEY (root, path))",
    "CREATE INDEX ON qf.files (turn)",
]

# Of several senders each claims what it looks at; `claimed` is the database's clock.
_CLAIMS = [
    "ALTER TABLE qf.pushes ADD COLUMN channel text, ADD COLUMN rank int,"
    " ADD COLUMN due timestamptz, ADD COLUMN claimed timestamptz, ADD COLUMN claimer text",
    "UPDATE qf.pushes SET channel = doc::json->>'channel',"
    " rank = (doc::json->>'rank')::int, due = (doc::json->>'due')::timestamptz",
    "CREATE INDEX ON qf.pushes (target) WHERE state IN ('planned', 'sending')",
]

# For years of thousands of groups: what is asked of all rows is answered from an index.
_TOLD = [
    "ALTER TABLE qf.pushes ADD COLUMN item text, ADD COLUMN occurrence text",
    "UPDATE qf.pushes SET item = doc::json->>'item', occurrence = doc::json->>'occurrence'",
    "CREATE INDEX ON qf.pushes (target, due, state) WHERE item <> ''",
    "CREATE INDEX ON qf.pushes (occurrence)",
]

# Receipts are counted by the database: whose it was, whether it was a deliberate act, and when.
_COUNTED = [
    "ALTER TABLE qf.receipts ADD COLUMN person text, ADD COLUMN acted boolean,"
    " ADD COLUMN at timestamptz",
    "UPDATE qf.receipts SET person = doc::json->>'person', acted = doc::json->>'step' <> 'opened',"
    " at = (doc::json->>'at')::timestamptz",
]

# One group's people out of hundreds of thousands.
_MEMBERS = [
    "ALTER TABLE qf.members ADD COLUMN branch text, ADD COLUMN department text",
    "UPDATE qf.members SET branch = coalesce(doc::json->>'branch', ''),"
    " department = coalesce(doc::json->>'department', '')",
    "CREATE INDEX ON qf.members (branch)",
    "CREATE INDEX ON qf.members (department)",
]


def _first() -> list[str]:
    made = []
    for table in TABLES:
        if table in _LATER:
            continue
        known = _LATER_COLUMNS.get(table, ())
        columns = {n: kind for n, kind in COLUMNS.get(table, {}).items() if n not in known}
        more = "".join(f"{name} {kind}, " for name, kind in columns.items())
        if table == "deliveries":
            more += "leased timestamptz NOT NULL DEFAULT clock_timestamp(), "
        by = " PARTITION BY LIST (part)" if table == PARTITIONED else ""
        made.append(
            f"CREATE TABLE qf.{table} (part text NOT NULL, id text NOT NULL, "
            f"seq bigint NOT NULL DEFAULT nextval('qf.seq'), {more}"
            f"doc text NOT NULL, PRIMARY KEY (part, id)){by}"
        )
    return ["CREATE SEQUENCE qf.seq CACHE 1", *made, *_FIRST_INDICES]


# One list of statements a version, oldest first; what was released is never edited.
MIGRATIONS: tuple[list[str], ...] = (_first(), _PARTS, _SHARED, _CLAIMS, _TOLD, _COUNTED, _MEMBERS)


def settings(url: str) -> str:
    """Return the address with what every connection of ours wants: a dead line is found soon."""
    return make_conninfo(
        url,
        connect_timeout=5,
        keepalives_idle=10,
        keepalives_interval=5,
        keepalives_count=3,
        application_name="qingfeng",
        # The server's side too: the locks of a machine without power are free in 25 s, and those
        # of one that vanished behind a proxy which did not notice, in a minute.
        options="-c timezone=Asia/Shanghai -c synchronous_commit=on -c tcp_keepalives_idle=10"
        " -c tcp_keepalives_interval=5 -c tcp_keepalives_count=3"
        " -c idle_in_transaction_session_timeout=60s",
    )


def bring_up_to_date(conn: Conn) -> None:
    """Create or migrate the schema `qf`, once however many workers start together."""
    with conn.transaction():
        conn.execute("SELECT pg_advisory_xact_lock(%s, 0)", (LOCK,))
        conn.execute("CREATE SCHEMA IF NOT EXISTS qf")
        conn.execute("CREATE TABLE IF NOT EXISTS qf.version (number int NOT NULL)")
        row = conn.execute("SELECT max(number) FROM qf.version").fetchone()
        known = int(row[0] or 0) if row else 0
        if known > len(MIGRATIONS):
            raise OSError(f"数据库由更新的版本写成（{known}），请升级清风")
        for number, statements in enumerate(MIGRATIONS[known:], known + 1):
            for statement in statements:
                conn.execute(statement.encode())
            conn.execute("INSERT INTO qf.version VALUES (%s)", (number,))


def make_partition(conn: Conn, part: str) -> None:
    """Make the table of one week's receipts, beside the others, if it is not there."""
    name = f"receipts_{''.join(c if c.isalnum() else '_' for c in part).lower()}"
    conn.execute("SELECT pg_advisory_xact_lock(%s, 1)", (LOCK,))
    if _one(conn, "SELECT to_regclass(%s)", f"qf.{name}") is not None:
        return
    literal = part.replace("'", "''")
    conn.execute(f"CREATE TABLE qf.{name} (LIKE qf.receipts INCLUDING ALL)".encode())
    conn.execute(
        f"ALTER TABLE qf.receipts ATTACH PARTITION qf.{name} FOR VALUES IN ('{literal}')".encode()
    )


def _one(conn: Conn, statement: str, *values: Any) -> Any:
    row = conn.execute(statement.encode(), values).fetchone()
    return row[0] if row else None
