"""A data folder of an earlier version becomes one of this version: in one change, or not at all.

format 1: everything in qingfeng.json, which was rewritten on every change.
format 2: cohorts, deliveries and receipts by week, and a journal (databases.py).
format 3: texts kept by digest, and the trail. Deliveries of before have their text in the row, and
          are read as they are; the mark keeps an older program from misreading newer ones.
format 4: where each part of an audience stands is a row of its own, beside its deliveries; the
          push's row counts them.
"""

from __future__ import annotations

import errno
from collections import Counter
from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any

from bot.core.calendar import iso_week
from bot.core.model import Push, State
from bot.store.codec import from_doc
from bot.store.databases import MAIN, Databases
from bot.store.journal import FORMAT
from bot.store.tables import id_of

MOVED = {"cohorts": "sent", "deliveries": "sent", "receipts": "receipts"}


def bring_up_to_date(databases: Databases) -> None:
    """Bring the data folder to this version's format; OSError if it is of a later one."""
    main = databases[MAIN]
    meta = main.rows("meta").find("format")
    if meta is None and main.tables():
        raise _foreign(databases)
    known = meta["value"] if meta else FORMAT
    if not 0 < known <= FORMAT:
        raise _foreign(databases)
    if meta is not None and known == FORMAT:
        return
    with databases.change():
        for older in range(known, FORMAT):
            STEPS[older](databases)
        main.rows("meta").put({"name": "format", "value": FORMAT})
    databases.commit()
    if known < FORMAT:
        databases.fold()


def _foreign(databases: Databases) -> OSError:
    return OSError(errno.EINVAL, "由更新的版本写成，请升级清风", str(databases.path(MAIN)))


def _split(databases: Databases) -> None:
    main = databases[MAIN]
    attempts = sorted(
        main.rows("deliveries").docs(), key=lambda doc: datetime.fromisoformat(doc["begun"])
    )
    begun = {doc["push"]: doc["begun"] for doc in attempts}  # the last one stays
    files: dict[str, str] = {}
    weeks: dict[str, str] = {}
    for doc in main.rows("pushes").docs():
        week = iso_week(from_doc(Push, doc).due.date())
        weeks[doc["key"]] = files.setdefault(doc["occurrence"], week)
        more: dict[str, Any] = {"begun": begun[doc["key"]]} if doc["key"] in begun else {}
        main.rows("pushes").put({**doc, "file": weeks[doc["key"]], **more})
    for table, kind in MOVED.items():
        _move(databases, table, kind, weeks)


def _move(databases: Databases, table: str, kind: str, weeks: dict[str, str]) -> None:
    source = databases[MAIN].rows(table)
    for doc in source.docs():
        databases[f"{kind}/{weeks.get(doc['push'], 'other')}"].rows(table).put(doc)
        source.drop(id_of(table, doc))


def _keep_texts(databases: Databases) -> None:
    """Nothing is to be rewritten: rows of both shapes are read."""


def _part_rows(databases: Databases) -> None:
    """Take the states of the parts out of the rows of their pushes."""
    pushes = databases[MAIN].rows("pushes")
    for doc in pushes.docs():
        if "parts" not in doc:
            continue
        states = doc["parts"]
        rows = databases[f"sent/{doc['file']}"].rows("parts") if states else None
        for part, state in states.items():
            if rows is not None and state != State.PLANNED:
                rows.put({"push": doc["key"], "part": int(part), "state": state})
        over = sorted(state for state in states.values() if state != State.PLANNED)
        rest = {name: value for name, value in doc.items() if name != "parts"}
        pushes.put({**rest, "cut": len(states), "tally": dict(Counter(over))})


STEPS: Mapping[int, Callable[[Databases], None]] = {1: _split, 2: _keep_texts, 3: _part_rows}
