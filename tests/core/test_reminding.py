"""When a kind reminder may go, and what it says. Who hears it: tests/engine/test_remind.py."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, time

import pytest

from bot.core import messages
from bot.core.calendar import Calendar
from bot.core.model import SHANGHAI, Card
from bot.core.policy import AFTERNOON, Policy
from bot.core.reminding import reworded, slots
from bot.core.render import CARD_TEXT
from tests.store.rows import push

SENT = replace(push(), sent_at=datetime(2026, 6, 15, 9, 15, tzinfo=SHANGHAI))
CARD = Card(
    task_id="t",
    source="情景案例·虚构",
    title="一盒粽子",
    text="短",
    button="已阅",
    button_key="ack",
)


@pytest.mark.parametrize(
    ("workdays", "days"),
    [
        (0, []),
        (1, ["06-16", "06-17", "06-18", "06-22", "06-23"]),  # 端午: 06-19 to 06-21 are off
        (3, ["06-18", "06-22", "06-23"]),
        (4, ["06-22", "06-23"]),
    ],
)
def test_a_reminder_waits_so_many_workdays_and_not_beyond_the_reading_period(workdays, days):
    found = slots(SENT, workdays, Calendar(), Policy())
    assert [f"{slot:%m-%d}" for slot in found] == days
    assert all(AFTERNOON[0] < slot.time() < time(15) for slot in found), "after the day's own text"


def test_what_was_never_sent_is_reminded_of_by_nobody():
    assert slots(push(), 2, Calendar(), Policy()) == []


def test_a_reminder_says_that_nobody_need_do_anything_and_keeps_title_source_and_button():
    found = reworded(CARD)
    assert found == replace(CARD, text=f"{messages.REMINDER}\n短")
    assert "不必理会" in found.text
    assert "只提这一次" in found.text
    assert "未阅" not in found.text


def test_where_the_summary_has_no_room_beside_it_the_kind_word_stands_alone():
    assert reworded(replace(CARD, text="长" * CARD_TEXT)).text == messages.REMINDER
