"""The pace of sending: by every limit that a message falls under, in rows and over restarts."""

from __future__ import annotations

from datetime import timedelta

import httpx
import pytest

from bot.channels import App, AppChat, BotGroup, Webhook
from bot.core.policy import GRACE, MINUTE
from bot.engine.pace import Call, Pace
from bot.wecom.client import connect
from bot.wecom.token import Token
from tests.engine.office import moment

NOW = moment("2026-06-15 09:41")
HTTP = connect("https://x.example", transport=httpx.MockTransport(lambda _: httpx.Response(500)))
AUTH = Token("ww1", "s", now=lambda: NOW)
LATER = NOW + MINUTE + GRACE


class Line:
    live = True


def send(pace: Pace, call: Call, times: int) -> None:
    for _ in range(times):
        assert pace.slot(call, NOW) == NOW
        pace.note(call, NOW)


def webhook(n: int) -> Call:
    return Call(target=f"g{n}", channel=Webhook(HTTP, f"key{n}"))


def app(*people: str) -> Call:
    return Call(target="all", channel=App(HTTP, AUTH, 7), people=people, reaches=len(people))


def test_twenty_at_once_into_a_group_and_the_next_a_minute_later_while_other_groups_go_on():
    pace = Pace()
    send(pace, webhook(1), 20)
    assert pace.slot(webhook(1), NOW) == LATER
    assert pace.slot(webhook(2), NOW) == NOW


def test_all_groups_share_the_address_of_this_machine():
    pace = Pace()
    for n in range(1000):
        send(pace, webhook(n), 20)
    assert pace.slot(webhook(1000), NOW) == LATER
    assert pace.slot(app("li"), NOW) == LATER


def test_one_person_is_never_spoken_to_more_often_than_wecom_delivers():
    """Above 30 a minute an app's message vanishes without an error; 1,000 an hour too."""
    pace = Pace()
    send(pace, app("Li", "wang"), 30)
    assert pace.slot(app("li"), NOW) == LATER
    assert pace.slot(app("zhang"), NOW) == NOW
    at = NOW
    for _ in range(970):
        at = pace.slot(app("li"), at)
        pace.note(app("li"), at)
    assert pace.slot(app("li"), at) == NOW + timedelta(hours=1) + GRACE


def test_a_corporation_calls_an_interface_ten_thousand_times_a_minute():
    pace = Pace()
    for n in range(10_000):
        send(pace, app(f"p{n}"), 1)
    assert pace.slot(app("one more"), NOW) == LATER
    assert pace.slot(webhook(1), NOW) == NOW


def test_an_apps_groups_share_twenty_thousand_people_a_minute():
    pace = Pace()
    chats = [Call(target=f"c{n}", channel=AppChat(HTTP, AUTH, 7), reaches=2000) for n in range(11)]
    for chat in chats[:10]:
        send(pace, chat, 1)
    assert pace.slot(chats[10], NOW) == LATER


def test_a_group_of_the_robot_hears_thirty_a_minute():
    pace, call = Pace(), Call(target="g", channel=BotGroup(Line(), "BOT"))
    send(pace, call, 30)
    assert pace.slot(call, NOW) == LATER


class Rows:
    """The one question to a store that the pace has."""

    def __init__(self, **begun):
        self._begun = begun

    async def begun_since(self, target, since):
        return [one for one in self._begun.get(target, []) if one >= since]


@pytest.mark.parametrize(("count", "slot"), [(19, NOW), (20, LATER)])
async def test_what_left_before_a_restart_is_read_from_the_rows_once(count, slot):
    pace, call = Pace(), webhook(1)
    for _ in range(2):
        await pace.read(Rows(g1=[NOW] * count, g2=[NOW] * 20), {"g1": call.channel}, NOW)
    assert pace.slot(call, NOW) == slot
