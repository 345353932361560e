"""The store of several machines: the contract of bot.store over PostgreSQL (psycopg 3).

The rules are the embedded store's own, row by row inside a transaction (tables.py): what both
stores must decide alike is written once. What is asked all the time, or would read a table
whole, is a statement of its own here. Imported only where `[store] url` is set.
"""

from __future__ import annotations

from bot.store.postgres.store import PostgresStore

__all__ = ["PostgresStore"]
