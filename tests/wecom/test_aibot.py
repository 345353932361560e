"""The long connection as a machine: frames and times in, what to do out (wecom/api.md §2)."""

from __future__ import annotations

import json
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.wecom import aibot
from bot.wecom.aibot import Answered, Came, Hang, Machine, Open, Phase, Say, Told


def machine(jitter=lambda: 0.0):
    return Machine("BOT", "s3cret", jitter)


def live(now=0.0):
    m = machine()
    m.start(now)
    [say] = m.opened(now)
    m.received(answer(said(say)["headers"]["req_id"]), now)
    assert m.live
    return m


def said(say):
    return json.loads(say.text)


def answer(req_id, code=0, **body):
    whole = {"headers": {"req_id": req_id}, "errcode": code, "errmsg": "x"}
    return json.dumps({**whole, **({"body": body} if body else {})})


def event(kind, **more):
    body = {"msgtype": "event", "event": {"eventtype": kind}, **more}
    return json.dumps({"cmd": "aibot_event_callback", "headers": {"req_id": "srv"}, "body": body})


def test_it_dials_subscribes_once_and_is_live():
    m = machine()
    assert m.start(0.0) == [Open()]
    [say] = m.opened(1.0)
    assert said(say)["cmd"] == "aibot_subscribe"
    assert said(say)["body"] == {"bot_id": "BOT", "secret": "s3cret"}
    assert m.received(answer(said(say)["headers"]["req_id"]), 1.0) == [Told("live")]
    assert m.phase is Phase.LIVE


def test_the_secret_shows_in_no_representation_of_what_is_to_be_said():
    m = machine()
    m.start(0.0)
    assert "s3cret" not in repr(m.opened(0.0))


@pytest.mark.parametrize("code", [853000, 846601, 93019])
def test_a_wrong_secret_stops_for_good_and_is_told(code):
    m = machine()
    m.start(0.0)
    [say] = m.opened(0.0)
    actions = m.received(answer(said(say)["headers"]["req_id"], code), 0.0)
    assert actions == [Hang(), Told("stopped", code=code)]
    assert m.wake() is None
    assert m.tick(1e9) == []
    assert m.closed(1e9) == []


def test_any_other_refusal_of_the_subscription_is_tried_again_later_and_later():
    m, now, pauses = machine(), 0.0, []
    m.start(now)
    for _ in range(9):
        [say] = m.opened(now)
        m.received(answer(said(say)["headers"]["req_id"], 6000), now)
        pauses.append(m.wake() - now)
        now = m.wake()
        assert m.tick(now) == [Open()]
    assert pauses == [0.5, 1.0, 2.0, 4.0, 8.0, 16.0, 30.0, 30.0, 30.0]


@pytest.mark.parametrize("detail", ["ConnectionClosedOK", "ConnectionClosedError", ""])
def test_it_dials_again_after_a_clean_and_an_unclean_close(detail):
    m = live()
    assert m.closed(10.0, detail) == [Told("lost", detail=detail)]
    assert m.tick(10.4) == []
    assert m.tick(10.5) == [Open()]


def test_a_ping_leaves_every_thirty_seconds_and_two_without_a_pong_end_the_connection():
    m = live()
    assert m.tick(29.9) == []
    [ping] = m.tick(30.0)
    assert said(ping)["cmd"] == "ping"
    assert m.received(answer(said(ping)["headers"]["req_id"]), 31.0) == []
    assert len(m.tick(60.0)) == len(m.tick(90.0)) == 1
    assert m.tick(120.0) == [Hang(), Told("lost", detail="no pong")]
    assert m.phase is Phase.WAITING


def test_a_newer_connection_is_an_alarm_and_a_minute_and_never_a_duel():
    m, now = live(), 0.0
    for pause in (60.0, 120.0, 240.0, 480.0, 600.0, 600.0):
        assert m.received(event("disconnected_event"), now) == [Hang(), Told("kicked")]
        assert m.wake() == now + pause
        now = m.wake()
        m.tick(now)
        [say] = m.opened(now)
        m.received(answer(said(say)["headers"]["req_id"]), now)
        assert m.live


def test_a_flat_disconnected_event_is_one_too():
    text = json.dumps(
        {
            "cmd": "aibot_event_callback",
            "headers": {"req_id": "s"},
            "body": {"eventtype": "disconnected_event"},
        }
    )
    assert Told("kicked") in live().received(text, 0.0)


def test_an_answer_finds_its_request_and_a_late_one_finds_nothing():
    m = live()
    req_id, [say] = m.request("aibot_send_msg", {"chatid": "c"}, 0.0)
    assert said(say) == {
        "cmd": "aibot_send_msg",
        "headers": {"req_id": req_id},
        "body": {"chatid": "c"},
    }
    [answered] = m.received(answer(req_id, 846607), 1.0)
    assert answered.req_id == req_id
    assert answered.answer["errcode"] == 846607
    late, _ = m.request("aibot_send_msg", {}, 2.0)
    assert m.tick(6.9) == []
    assert m.tick(7.0) == [Answered(late, None)]
    assert m.received(answer(late), 8.0) == []


def test_what_is_asked_when_the_connection_goes_is_lost_not_forgotten():
    m = live()
    req_id, _ = m.request("aibot_send_msg", {}, 0.0)
    assert m.closed(1.0)[0] == Answered(req_id, None)


def test_a_frame_of_wecom_is_handed_on_with_its_req_id():
    [came] = live().received(event("enter_chat", **{"from": {"userid": "u1"}}), 0.0)
    assert isinstance(came, Came)
    assert (came.cmd, came.req_id) == ("aibot_event_callback", "srv")
    assert came.body["from"] == {"userid": "u1"}


def test_a_reply_goes_under_the_req_id_of_what_it_answers():
    [say] = live().reply("aibot_respond_welcome_msg", "srv", {"msgtype": "text"}, 0.0)
    assert said(say)["headers"] == {"req_id": "srv"}


def test_nobody_waits_for_ever_for_a_socket_or_a_subscription():
    m = machine()
    m.start(0.0)
    assert Hang() in m.tick(aibot.CONNECT_WITHIN)
    m.tick(m.wake())
    now = m.wake() - 1
    m.opened(now)
    assert Hang() in m.tick(now + aibot.ANSWER_WITHIN)


def test_told_to_stop_it_hangs_up_and_stays_down():
    m = live()
    assert m.stop(0.0) == [Hang()]
    assert m.tick(1e9) == m.closed(1e9) == []


ODD = ["", "x", "[]", "7", "null", "{}", '{"headers":7}', '{"headers":{"req_id":7}}', "[" * 10_000]


@pytest.mark.parametrize("text", ODD)
def test_nonsense_is_noted_and_changes_nothing(text):
    m = live()
    assert [type(action) for action in m.received(text, 0.0)] == [Told]
    assert m.live


STEPS = st.lists(
    st.one_of(
        st.tuples(st.just("tick"), st.floats(0, 400)),
        st.tuples(st.just("closed"), st.floats(0, 5)),
        st.tuples(st.just("kick"), st.floats(0, 5)),
        st.tuples(st.just("ask"), st.floats(0, 5)),
        st.tuples(st.just("subscribed"), st.sampled_from([0.0, 853000.0, 6000.0])),
    ),
    max_size=40,
)


@given(STEPS)
def test_whatever_happens_every_request_gets_exactly_one_answer_and_dialling_never_races(steps):
    m, now, asked, answered, dials = machine(), 0.0, set(), [], []

    def take(actions):
        for action in actions:
            if isinstance(action, Answered):
                answered.append(action.req_id)
            if isinstance(action, Open):
                dials.append(now)

    take(m.start(now))
    for what, value in steps:
        now += value if what != "subscribed" else 0.1
        if what == "tick":
            take(m.tick(now))
        elif what == "closed":
            take(m.closed(now))
        elif what == "kick" and m.live:
            take(m.received(event("disconnected_event"), now))
        elif what == "ask" and m.live:
            req_id, actions = m.request("aibot_send_msg", {}, now)
            asked.add(req_id)
            take(actions)
        elif what == "subscribed" and m.phase is Phase.CONNECTING:
            [say] = m.opened(now)
            assert isinstance(say, Say)
            take(m.received(answer(said(say)["headers"]["req_id"], int(value)), now))
    take(m.stop(now))
    assert sorted(answered) == sorted(asked)
    assert all(later - earlier >= 0.5 for earlier, later in pairwise(dials))
