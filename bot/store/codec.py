"""Frozen dataclasses to JSON documents and back, by their type hints; those to bytes and back."""

from __future__ import annotations

import json
import types
from collections.abc import Mapping
from datetime import date, datetime
from enum import Enum
from functools import cache
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
    if isinstance(value, Enum):
        return value._value_  # as .value, which is a call
    if isinstance(value, date):  # and datetime
        return value.isoformat()
    if isinstance(value, tuple | list):
        return [_plain(entry) for entry in value]
    if isinstance(value, Mapping):
        return {key: _plain(entry) for key, entry in value.items()}
    return value


def from_doc(kind: type[T], doc: Mapping[str, Any]) -> T:
    """Return the dataclass that `to_doc` was given; unknown names in `doc` are passed over."""
    hints = _hints(cast(Any, kind))
    return kind(**{name: _typed(hints[name], doc[name]) for name in hints if name in doc})


@cache
def _hints(kind: Any) -> dict[str, Any]:
    return get_type_hints(kind)


def _typed(hint: Any, value: Any) -> Any:
    if value is None:
        return None
    origin = get_origin(hint)
    if origin in (Union, types.UnionType):
        return _typed(next(arg for arg in get_args(hint) if arg is not type(None)), value)
    if origin is tuple:
        if get_args(hint)[0] is str:
            return tuple(value)  # a roster is long
        return tuple(_typed(get_args(hint)[0], entry) for entry in value)
    if origin is Mapping:
        return dict(value)  # never the store's own
    if isinstance(hint, type) and issubclass(hint, datetime | date | Enum):
        return hint.fromisoformat(value) if issubclass(hint, date) else hint(value)
    return value
