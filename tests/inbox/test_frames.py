"""Frames of the robot: both shapes of the documents, and whatever else may come."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bot.inbox import event_from_frame

EVENT = "aibot_event_callback"
TAP = {"card_type": "button_interaction", "event_key": "ack", "task_id": "x_main@jg1"}
WHO = {"msgid": "m1", "from": {"userid": "Li"}, "create_time": 1781485200}


@pytest.mark.parametrize(
    "body",
    [
        {"event": {"eventtype": "template_card_event", "template_card_event": TAP}},
        {"event": {"eventtype": "template_card_event", **TAP}},
        {"eventtype": "template_card_event", **TAP},
        {
            "event": {
                "eventtype": "template_card_event",
                "template_card_event": {"eventkey": "ack", "taskid": "x_main@jg1"},
            }
        },
    ],
    ids=["nested", "flat in event", "flat", "without underscores"],
)
def test_a_tap_is_read_in_every_shape_of_the_documents(body):
    event = event_from_frame(EVENT, {**WHO, **body})
    assert event is not None
    assert (event.kind, event.person, event.task_id) == ("card", "Li", "x_main@jg1")
    assert (event.button, event.name, event.at.year) == ("ack", "bot/m1", 2026)


def test_a_disconnection_has_nobody_and_is_no_event():
    assert event_from_frame(EVENT, {"event": {"eventtype": "disconnected_event"}}) is None


WILD = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=8),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(
            st.sampled_from(["event", "from", "userid", "eventtype", "text", "content", "type"]),
            inner,
        )
    ),
    max_leaves=12,
)


@settings(max_examples=60)
@given(body=st.dictionaries(st.sampled_from(["event", "from", "text", "msgid", "chatid"]), WILD))
def test_nothing_in_a_frame_makes_it_raise(body):
    for cmd in (EVENT, "aibot_msg_callback"):
        event_from_frame(cmd, body)
