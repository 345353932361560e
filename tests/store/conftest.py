"""Every store of the house, behind one fixture: a second one joins by its line in STORES."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from pathlib import Path

import pytest

from bot.store import Store
from bot.store.postgres import PostgresStore
from bot.store.tiny import TinyStore
from tests.postgres import fresh_database

_databases: dict[Path, str] = {}


def postgres(folder: Path) -> Store:
    """Open the database that belongs to a folder. Who reopens it has waited for the lease."""
    url = _databases.setdefault(folder, "") or fresh_database()
    _databases[folder] = url
    return PostgresStore(url, folder, lease=timedelta())


STORES: dict[str, Callable[[Path], Store]] = {"tiny": TinyStore, "postgres": postgres}


class Shelf:
    """One store that can be closed and opened again, as a restart would."""

    def __init__(self, make: Callable[[Path], Store], folder: Path) -> None:
        self._make, self._folder = make, folder
        self.store = make(folder)

    def reopen(self) -> Store:
        self.store.close()
        self.store = self._make(self._folder)
        return self.store


@pytest.fixture(params=STORES)
def shelf(request, tmp_path):
    built = Shelf(STORES[request.param], tmp_path / "data")
    yield built
    built.store.close()


@pytest.fixture
def store(shelf):
    return shelf.store
