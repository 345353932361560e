"""Frozen dataclasses to JSON documents and back, by their type hints; those to bytes and back."""

from __future__ import annotations

import json
import types
from collections.abc import Callable, Mapping
from datetime import date, datetime
from enum import Enum
from functools import cache, lru_cache
from typing import Any, TypeVar, Union, cast, get_args, get_origin, get_type_hints

import orjson

T = TypeVar("T")
_ONLY_JSON = orjson.OPT_PASSTHROUGH_DATETIME | orjson.OPT_PASSTHROUGH_DATACLASS


def encoded(value: Any) -> bytes:
    """Return JSON on one line, in UTF-8; TypeError for what is none, or a number over 64 bits."""
    try:
        return orjson.dumps(value, option=_ONLY_JSON)
    except TypeError as error:
        if "surrogates" not in str(error):
            raise
        return json.dumps(value, separators=(",", ":")).encode()  # half a character, as \ud83d


def decoded(data: bytes) -> Any:
    """Return what is in a JSON text; ValueError where it is none."""
    try:
        return orjson.loads(data)
    except ValueError:  # half a character, or what an editor has put before it
        return json.loads(data)


def to_doc(value: Any) -> dict[str, Any]:
    """Return a dataclass as a JSON object: times as ISO text, tuples as lists."""
    return {
        name: entry if type(entry) in _AS_IT_IS else _plain(entry)  # most are: a call costs more
        for name, entry in vars(value).items()
    }


_AS_IT_IS = frozenset({str, int, bool, float, type(None)})


def _plain(value: Any) -> Any:
    if type(value) in _AS_IT_IS:
        return value
    if type(value) is datetime:  # as in every row: the checks below cost more
        return value.isoformat()
    if isinstance(value, Enum):
        return value._value_  # as .value, which is a call
    if isinstance(value, date):  # and datetime
        return value.isoformat()
    if isinstance(value, tuple | list):
        return [entry if type(entry) in _AS_IT_IS else _plain(entry) for entry in value]
    if isinstance(value, Mapping):
        return {key: _plain(entry) for key, entry in value.items()}
    return value


def from_doc(kind: type[T], doc: Mapping[str, Any]) -> T:
    """Return the dataclass that `to_doc` was given; unknown names in `doc` are passed over."""
    return kind(
        **{
            name: entry if read is None or entry is None else read(entry)
            for name, read in _readers(cast(Any, kind)).items()
            if (entry := doc.get(name, _ABSENT)) is not _ABSENT
        }
    )


_ABSENT = object()
_moment = lru_cache(4096)(datetime.fromisoformat)  # many rows have the same times


@cache
def _readers(kind: Any) -> dict[str, Callable[[Any], Any] | None]:
    return {name: _reader(hint) for name, hint in get_type_hints(kind).items()}


def _reader(hint: Any) -> Callable[[Any], Any] | None:
    """Return what makes of a JSON value what the hint says, None where it is that already."""
    origin = get_origin(hint)
    if origin in (Union, types.UnionType):
        return _reader(next(arg for arg in get_args(hint) if arg is not type(None)))
    if origin is tuple:
        each = _reader(get_args(hint)[0])
        return tuple if each is None else lambda entries: tuple(map(each, entries))
    if origin is Mapping:
        return dict  # never the store's own
    if isinstance(hint, type) and issubclass(hint, Enum):
        return hint
    if isinstance(hint, type) and issubclass(hint, date):
        return _moment if issubclass(hint, datetime) else hint.fromisoformat
    return None
