"""JS-SDK tickets and the old count of what was sent (wecom/api.md §3.6, §6.5)."""

import pytest

from bot.sandbox.asks import Ask

from .house import AGENT, text, to, token


def call(world, endpoint, body=b"", **query):
    access = {"access_token": token(world)}
    return world.call(endpoint, Ask(query=access | query, body=body))


def test_a_ticket_is_the_same_for_two_hours(world, clock):
    first = call(world, "get_jsapi_ticket")
    assert (first["errcode"], first["expires_in"]) == (0, 7200)
    clock.tick(7199)
    assert call(world, "get_jsapi_ticket")["ticket"] == first["ticket"]
    clock.tick(1)
    assert call(world, "get_jsapi_ticket")["ticket"] != first["ticket"]
    app = call(world, "ticket/get", type="agent_config")
    assert app["ticket"] != first["ticket"]
    assert call(world, "ticket/get", type="jsapi")["errcode"] == 40058


@pytest.mark.parametrize("endpoint", ["get_jsapi_ticket", "ticket/get"])
def test_an_app_asks_for_a_hundred_tickets_an_hour(world, clock, endpoint):
    answers = [call(world, endpoint, type="agent_config")["errcode"] for _ in range(101)]
    assert answers == [0] * 100 + [45009]
    clock.tick(3600)
    assert call(world, endpoint, type="agent_config")["errcode"] == 0


def test_the_count_of_today_and_yesterday_is_of_messages_sent(world, clock):
    for _ in range(3):
        world.message_send(token(world), to("zhang", text()))
    today = call(world, "message/get_statistics", {"time_type": 0})["statistics"]
    assert today == [{"agentid": AGENT, "app_name": "清风", "count": 3}]
    assert call(world, "message/get_statistics", {"time_type": 1})["statistics"] == []
    clock.tick(86_400)
    assert call(world, "message/get_statistics", {"time_type": 1})["statistics"] == today
    assert call(world, "message/get_statistics", {"time_type": 2})["errcode"] == 40058
