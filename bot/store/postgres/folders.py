"""Files that all workers have alike: what lies beside the rows, and what was published.

Each worker has its own copy on its own disk, and works with that. `pull` takes over what others
changed, `push` gives what was changed here; each file is in the database with its digest. Every
change has a number, so that looking whether there is one costs one question.
"""

from __future__ import annotations

import errno
import hashlib
import os
import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path, PurePosixPath
from typing import TypeVar

import psycopg

from bot.store.postgres.schema import LOCK, Conn, bring_up_to_date, settings

Key = tuple[str, str]  # root, path within it
T = TypeVar("T")
Stamp = tuple[int, int]  # when it was written, and how long it is


@dataclass(frozen=True, kw_only=True)
class Root:
    """One folder, and which of its files are shared."""

    folder: Path
    has: Callable[[str], bool] = lambda path: True
    stays: Callable[[str], bool] = lambda path: False  # written once: never removed by `publish`


@dataclass
class _Seen:
    turn: int = 0  # up to which the database's changes are known
    digests: dict[Key, str] = field(default_factory=dict)  # as the database has them
    stamps: dict[Key, Stamp] = field(default_factory=dict)  # of the files that equal them


class SharedFolders:
    """One worker's copy of the shared folders. OSError where the database does not answer."""

    def __init__(self, url: str, roots: Mapping[str, Root]) -> None:
        self._url, self._roots = url, roots
        self._seen = _Seen()
        self._conn: Conn | None = None
        self._lock = threading.Lock()

    def close(self) -> None:
        if self._conn is not None:
            self._conn.close()

    def pull(self) -> int:
        """Take over what changed in the database; return how many files are other now."""
        with self._lock:
            return self._guarded(self._pull)

    def push(self) -> int:
        """Give what was changed here; return how many files that were."""
        with self._lock:
            return self._guarded(lambda conn: self._push(conn, self._roots, replace=True))

    def agree(self, make: Callable[[], object]) -> None:
        """Pull, do what makes a missing file, push: alone, so that all have the first one's."""

        def work(conn: Conn) -> None:
            conn.execute("SELECT pg_advisory_lock(%s, 3)", (LOCK,))
            try:
                self._pull(conn)
                make()
                self._push(conn, self._roots, replace=False)
            finally:
                conn.execute("SELECT pg_advisory_unlock(%s, 3)", (LOCK,))

        with self._lock:
            self._guarded(work)

    def publish(self, roots: Mapping[str, Root]) -> int:
        """Put folders of the same names, from wherever they are, in place of what is published."""
        with self._lock:
            return self._guarded(lambda conn: self._publish(conn, roots))

    def wake(self, channel: str) -> None:
        """Tell the workers that there is something to look at."""
        with self._lock:
            self._guarded(lambda conn: conn.execute(f"NOTIFY {channel}".encode()))

    def count(self, roots: Mapping[str, Root]) -> int:
        """Return how many files these roots have in the database."""
        asked = "SELECT count(*) FROM qf.files WHERE root = ANY(%s) AND bytes IS NOT NULL"
        with self._lock:
            row = self._guarded(lambda conn: conn.execute(asked, (list(roots),)).fetchone())
        return int(row[0]) if row else 0

    def digest(self, roots: Mapping[str, Root]) -> str:
        """Return the digest over all that is shared in these roots."""
        with self._lock:
            rows = self._guarded(
                lambda conn: conn.execute(
                    "SELECT root, path, digest FROM qf.files WHERE root = ANY(%s)"
                    " AND bytes IS NOT NULL ORDER BY root, path",
                    (list(roots),),
                ).fetchall()
            )
        return hashlib.sha256("\n".join("\0".join(row) for row in rows).encode()).hexdigest()

    # -- inside -----------------------------------------------------------------------------------

    def _guarded(self, work: Callable[[Conn], T]) -> T:
        try:
            if self._conn is None or self._conn.closed:
                self._conn = psycopg.connect(settings(self._url), autocommit=True)
                bring_up_to_date(self._conn)
            return work(self._conn)
        except (psycopg.OperationalError, psycopg.InterfaceError) as error:
            if self._conn is not None:
                self._conn.close()
            first = (str(error).splitlines() or [type(error).__name__])[0]
            raise OSError(errno.EIO, f"数据库连不上：{first}") from None

    def _pull(self, conn: Conn) -> int:
        rows = conn.execute(
            "SELECT root, path, digest, bytes IS NULL, turn FROM qf.files"
            " WHERE turn > %s AND root = ANY(%s) ORDER BY turn",
            (self._seen.turn, list(self._roots)),
        ).fetchall()
        changed = 0
        for root, path, digest, gone, turn in rows:
            key, place = (root, path), self._place(root, path)
            if gone:
                changed += place.exists()
                place.unlink(missing_ok=True)
                self._seen.digests.pop(key, None)
            else:
                if _digest_of(place) != digest:
                    self._take(conn, key, place)
                    changed += 1
                self._seen.digests[key], self._seen.stamps[key] = digest, _stamp(place)
            self._seen.turn = turn
        return changed

    def _take(self, conn: Conn, key: Key, place: Path) -> None:
        row = conn.execute("SELECT bytes FROM qf.files WHERE root = %s AND path = %s", key)
        found = row.fetchone()
        place.parent.mkdir(parents=True, exist_ok=True)
        draft = place.with_name(f".{place.name}.pull")
        handle = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
        with os.fdopen(handle, "wb") as file:
            file.write(found[0] if found and found[0] is not None else b"")
        draft.replace(place)

    def _place(self, root: str, path: str) -> Path:
        parts = PurePosixPath(path).parts
        if not parts or path.startswith("/") or ".." in parts or "\\" in path:
            raise OSError(errno.EINVAL, "数据库里有一个不该有的文件名", path)
        return self._roots[root].folder.joinpath(*parts)

    def _push(self, conn: Conn, roots: Mapping[str, Root], replace: bool) -> int:
        """Write what differs from what is known; nothing is asked where nothing does."""
        fresh: dict[Key, Path] = {}
        stamps: dict[Key, Stamp] = {}
        for name, root in roots.items():
            for path, place in _files_of(root):
                stamps[name, path] = _stamp(place)
                if self._seen.stamps.get((name, path)) != stamps[name, path]:
                    fresh[name, path] = place
        gone = [key for key in self._seen.digests if key[0] in roots and key not in stamps]
        changed = self._write(conn, fresh, gone if replace else [])
        self._seen.stamps.update({key: stamps[key] for key in fresh})
        return changed

    def _write(self, conn: Conn, fresh: Mapping[Key, Path], gone: list[Key]) -> int:
        bodies = {key: place.read_bytes() for key, place in fresh.items()}
        digests = {key: hashlib.sha256(body).hexdigest() for key, body in bodies.items()}
        changed = [key for key in fresh if self._seen.digests.get(key) != digests[key]]
        if not changed and not gone:
            return 0
        with conn.transaction():
            # One at a time: whoever has seen a number has seen all before it.
            conn.execute("SELECT pg_advisory_xact_lock(%s, 2)", (LOCK,))
            for root, path in changed:
                body, digest = bodies[root, path], digests[root, path]
                conn.execute(_PUT, (root, path, digest, body))
            for root, path in gone:
                conn.execute(_PUT, (root, path, "", None))
        for key in changed:
            self._seen.digests[key] = digests[key]
        for key in gone:
            self._seen.digests.pop(key, None)
            self._seen.stamps.pop(key, None)
        return len(changed) + len(gone)

    def _publish(self, conn: Conn, roots: Mapping[str, Root]) -> int:
        rows = conn.execute(
            "SELECT root, path, digest FROM qf.files WHERE root = ANY(%s) AND bytes IS NOT NULL",
            (list(roots),),
        ).fetchall()
        known = {(root, path): digest for root, path, digest in rows}
        here = {(n, path): place for n, root in roots.items() for path, place in _files_of(root)}
        fresh = {key: place for key, place in here.items() if _digest_of(place) != known.get(key)}
        fresh = {
            key: place
            for key, place in fresh.items()
            if not (key in known and roots[key[0]].stays(key[1]))
        }
        gone = [key for key in known if key not in here and not roots[key[0]].stays(key[1])]
        self._seen.digests.update(known)
        return self._write(conn, fresh, gone)


_PUT = (
    "INSERT INTO qf.files (root, path, digest, bytes, turn)"
    " VALUES (%s, %s, %s, %s, nextval('qf.turns')) ON CONFLICT (root, path) DO UPDATE SET"
    " digest = excluded.digest, bytes = excluded.bytes, turn = excluded.turn"
)


def _files_of(root: Root) -> list[tuple[str, Path]]:
    if not root.folder.is_dir():
        return []
    found = []
    for at, folders, names in os.walk(root.folder):
        folders[:] = sorted(name for name in folders if not name.startswith("."))
        for name in sorted(names):
            place = Path(at) / name
            path = place.relative_to(root.folder).as_posix()
            regular = place.is_file() and not place.is_symlink()
            if regular and not name.startswith(".") and root.has(path):
                found.append((path, place))
    return found


def _stamp(place: Path) -> Stamp:
    about = place.stat()
    return about.st_mtime_ns, about.st_size


def _digest_of(place: Path) -> str:
    try:
        return hashlib.sha256(place.read_bytes()).hexdigest()
    except FileNotFoundError:
        return ""
