"""What the store keeps comes back as it went in."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta, timezone
from typing import Any, get_type_hints

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bot.core import model
from bot.core.model import Push
from bot.store import TargetState
from bot.store.codec import decoded, encoded, from_doc, to_doc
from tests.store.rows import push

ZONES = st.sampled_from([model.SHANGHAI, UTC, timezone(timedelta(hours=-3, minutes=-30))])
MOMENTS = st.datetimes(timezones=ZONES)
KINDS = [
    model.Push,
    model.Delivery,
    model.Cohort,
    model.Receipt,
    model.Member,
    model.Target,
    model.Item,
    model.Problem,
    model.Node,
    model.Rule,
    model.Skip,
    model.Day,
    model.Card,
    model.Markdown,
    TargetState,
]


def filled(kind: type) -> st.SearchStrategy[Any]:
    """Every field of `kind` with whatever its type allows, defaults included."""

    def of(hint: Any) -> st.SearchStrategy[Any]:
        if hint is datetime:
            return MOMENTS
        return st.none() | MOMENTS if hint == datetime | None else st.from_type(hint)

    return st.builds(kind, **{name: of(hint) for name, hint in get_type_hints(kind).items()})


@pytest.mark.parametrize("kind", KINDS, ids=lambda kind: kind.__name__)
@settings(max_examples=30, deadline=None)
@given(data=st.data())
def test_every_dataclass_comes_back_from_json_as_it_was(kind, data):
    value = data.draw(filled(kind))
    back = from_doc(kind, json.loads(json.dumps(to_doc(value), ensure_ascii=False)))
    assert back == value
    assert type(getattr(back, "state", None)) is type(getattr(value, "state", None))


def test_a_field_of_a_later_version_is_passed_over():
    assert from_doc(Push, {**to_doc(push()), "mood": "?"}) == push()


def test_a_field_an_earlier_version_did_not_know_takes_its_default():
    doc = to_doc(push())
    del doc["rank"]
    assert from_doc(Push, doc).rank == 0


JSON = st.recursive(
    st.none() | st.booleans() | st.integers(-(1 << 63), (1 << 63) - 1) | st.text(),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
)


@settings(max_examples=200, deadline=None)
@given(value=JSON)
def test_whatever_json_can_say_is_written_and_read_again(value):
    text = encoded(value)
    assert decoded(text) == value
    assert b"\n" not in text
    assert b"\0" not in text


@pytest.mark.parametrize("value", ["\ud83d", {"\udc00": ["步"]}])
def test_half_a_character_loses_nothing(value):
    assert decoded(encoded(value)) == value


@pytest.mark.parametrize(
    "value", [datetime(2026, 6, 15, tzinfo=UTC), push(), {1, 2}, 1 << 70, {1: 2}]
)
def test_what_is_no_json_is_never_written(value):
    with pytest.raises(TypeError):
        encoded([value])


def test_an_earlier_file_that_an_editor_has_marked_is_read():
    assert decoded(b"\xef\xbb\xbf" + '{"步": 1}'.encode()) == {"步": 1}


def test_rubbish_is_a_value_error():
    for rubbish in (b"", b"{", b"\xff\xfe{"):
        with pytest.raises(ValueError):
            decoded(rubbish)
