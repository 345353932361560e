"""The two names of one push: its key, and the task id that a card carries out and back.

A task id is the push key, plus `_<n>` for the audience part n ≥ 1. The target id at the end of a
key never holds "_", so the two can always be told apart (DESIGN §2; wecom/api.md §12.8).
"""

import re
from functools import lru_cache

# 100 bytes leave room for the part within WeCom's 128 (wecom/api.md §3.3).
_KEY = re.compile(r"[0-9A-Za-z_@-]*@[0-9A-Za-z-]+", re.ASCII)
_WITH_PART = re.compile(r"(.*@[^@_]+)_([1-9][0-9]{0,5})", re.ASCII)
KEY_BYTES = 100


def task_id_of(key: str, part: int) -> str:
    """Return the task id of audience part `part` (from 0) of the push `key`.

    A key that WeCom would refuse is a programmer's mistake: ValueError.

    >>> task_id_of("mid-autumn-2027_main@jg1", 0), task_id_of("mid-autumn-2027_main@jg1", 2)
    ('mid-autumn-2027_main@jg1', 'mid-autumn-2027_main@jg1_2')
    """
    if len(key) > KEY_BYTES or not _KEY.fullmatch(key):
        raise ValueError(f"not a push key: {key!r}")
    if not 0 <= part < 1_000_000:
        raise ValueError(f"not a part: {part}")
    return f"{key}_{part}" if part else key


@lru_cache(maxsize=1024)  # thousands tap the same card
def push_key_of(task_id: str) -> tuple[str, int]:
    """Return the push key and the audience part behind `task_id`.

    Whatever is no task id of ours comes back as a key that no push has: it raises nothing,
    because it may come from outside.

    >>> push_key_of("mid-autumn-2027_main@jg1_2")
    ('mid-autumn-2027_main@jg1', 2)
    >>> push_key_of("mid-autumn-2027_main@jg1")
    ('mid-autumn-2027_main@jg1', 0)
    """
    found = _WITH_PART.fullmatch(task_id)
    return (found[1], int(found[2])) if found else (task_id, 0)
