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
from bot.store.codec import from_doc, to_doc
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
