"""What was asked of the store, what was answered, and what rows that comes to."""

from __future__ import annotations

import asyncio
import functools
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from bot.store.tiny import TinyStore
from tests.crash.disk import Disk

DATA = Path("/data")
CHANGES = {"add_pushes", "begin", "finish", "end", "postpone", "confirm", "recover"}
CHANGES |= {"add_receipt", "count", "number", "set_members", "set_target", "keep_summary"}
CHANGES |= {"keep_text", "audit", "again"}
KINDS = ("sent", "receipts", "texts", "audit")
CACHES = ("figures", "meta")  # tables that promise nothing


Rows = dict[str, Any]


class Shelves(TinyStore):
    """The embedded store, with a look at all of its rows and a fold on demand."""

    async def fold(self) -> None:
        await self._read(self._databases.fold_or_say)

    def leave(self) -> None:
        """End its thread and fold nothing: nobody opens this disk again."""
        self._committer.close()

    async def everything(self) -> dict[str, Any]:
        return await self._read(self._rows)

    def _rows(self) -> dict[str, Any]:
        base = self._databases
        parts = ["", *(name for kind in KINDS for name in base.names(kind))]
        return {
            f"{table}/{id}": doc
            for part in parts
            for table, rows in base[part].rows("pushes")._part.tables.items()
            if table not in CACHES
            for id, doc in rows.items()
        }


@dataclass(eq=False)
class Op:
    """One change that was asked of the store, and whether it was answered."""

    name: str
    args: tuple[Any, ...]
    options: dict[str, Any]
    outcome: str = "asked"  # returned, raised
    result: Any = None


class Witness:
    """Stands between the engine and the store, and notes what was asked and what was answered."""

    def __init__(self, store: Any, notes: list[Op]) -> None:
        self.store, self._notes = store, notes

    def __getattr__(self, name: str) -> Any:
        method = getattr(self.store, name)
        return functools.partial(self._noted, name, method) if name in CHANGES else method

    async def _noted(self, name: str, method: Any, *args: Any, **options: Any) -> Any:
        op = Op(name, args, options)
        self._notes.append(op)
        try:
            op.result = await method(*args, **options)
        except Exception:
            op.outcome = "raised"
            raise
        op.outcome = "returned"
        if name == "recover" and not op.result:
            self._notes.remove(op)  # it wrote nothing, so it settles nothing that failed before
        return op.result


async def states_of(sure: Sequence[Op], tail: Sequence[Op]) -> list[tuple[list[Op], Rows]]:
    """Do `sure` on a disk that never fails, then `tail` one by one; return all that one sees."""
    store = Shelves(DATA, Disk())
    try:
        for ops in _turns(sure):
            await asyncio.gather(*(getattr(store, op.name)(*op.args, **op.options) for op in ops))
        found = [([*sure], await store.everything())]
        for number, op in enumerate(tail, 1):
            await getattr(store, op.name)(*op.args, **op.options)
            found.append(([*sure, *tail[:number]], await store.everything()))
        return found
    finally:
        store.leave()


def _turns(ops: Sequence[Op]) -> list[list[Op]]:
    """Return what may be asked at once: `recover` looks before it writes, as its tick does."""
    turns: list[list[Op]] = [[]]
    for op in ops:
        if op.name == "recover":
            turns += [[op], []]
        else:
            turns[-1].append(op)
    return turns


def difference(there: Rows, wanted: Rows) -> str:
    keys = sorted({*there, *wanted})
    wrong = [key for key in keys if there.get(key) != wanted.get(key)]
    return "; ".join(f"{k}: {there.get(k)} instead of {wanted.get(k)}" for k in wrong[:3])
