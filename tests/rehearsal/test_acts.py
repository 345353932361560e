"""An act behind the parser is the event that the parser makes of the same act on the way."""

from __future__ import annotations

from datetime import datetime

import pytest

from bot.core.model import SHANGHAI
from bot.inbox import event_from_frame, event_from_xml
from bot.rehearsal.acts import event_of
from bot.sandbox.cast import Act

AT = datetime(2027, 3, 8, 9, 31, 5, 250_000, tzinfo=SHANGHAI)
CARD = "friday-2027W10_main@t01"


@pytest.mark.parametrize("task_id", [CARD, f"{CARD}_2"])
@pytest.mark.parametrize("nth", [1, 2])
def test_a_tap_on_a_card_of_the_app_is_what_its_callback_would_say(task_id, nth):
    act = Act(AT, "p0100007", task_id, 1000007, "ack", nth)
    told = {
        "ToUserName": "ww0123456789abcdef",
        "FromUserName": "p0100007",
        "CreateTime": str(int(AT.timestamp())),
        "MsgType": "event",
        "Event": "template_card_event",
        "EventKey": "ack",
        "TaskId": task_id,
        "CardType": "button_interaction",
        "ResponseCode": "code",
        "AgentID": "1000007",
    }
    assert event_of(act) == event_from_xml(told)


def test_a_tap_on_a_card_of_the_robot_is_what_its_frame_would_say():
    act = Act(AT, "p0100007", CARD, 0, "ack", 1, number=17)
    pressed = {"event_key": "ack", "task_id": CARD, "card_type": "button_interaction"}
    told = {
        "msgid": "17/p0100007/1",
        "create_time": int(AT.timestamp()),
        "from": {"userid": "p0100007"},
        "event": {"eventtype": "template_card_event", "template_card_event": pressed},
    }
    assert event_of(act) == event_from_frame("aibot_event_callback", told)
