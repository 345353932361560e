"""gettoken and message/send: tokens, receivers, duplicates, rates (wecom/api.md §3.1, §3.2)."""

import json
from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.sandbox.limits import Windows

from .house import AGENT, MONDAY, SECRET, Clock, bureau, button_card, text, to, token


def of(msgtype, **part):
    return {"msgtype": msgtype, msgtype: part}


def send(world, body, **more):
    return world.message_send(token(world), body, **more)


def crowd(world, count):
    for number in range(count):
        world.add_user(f"u{number}", f"员{number}")
    return "|".join(f"u{number}" for number in range(count))


@pytest.mark.parametrize(
    ("corpid", "secret", "errcode"),
    [
        ("ww0123456789abcdef", SECRET, 0),
        ("ww0123456789abcdef", "wrong", 40001),
        ("ww_other", SECRET, 40013),
        ("", SECRET, 41002),
        ("ww0123456789abcdef", "", 41004),
    ],
)
def test_a_token_is_given_for_the_right_secret_only(world, corpid, secret, errcode):
    answer = world.gettoken(corpid, secret)
    assert answer["errcode"] == errcode
    assert answer.get("expires_in") == (7200 if errcode == 0 else None)


def test_a_token_lives_7200_seconds(world, clock):
    held = token(world)
    clock.tick(7199)
    assert world.message_send(held, to("zhang", text()))["errcode"] == 0
    clock.tick(1)
    assert world.message_send(held, to("zhang", text()))["errcode"] == 42001
    assert token(world) != held


@pytest.mark.parametrize(
    ("spoil", "errcode"), [("expire_tokens", 42001), ("invalidate_tokens", 40014)]
)
def test_tokens_can_be_spoilt_for_one_app_alone(world, spoil, errcode):
    mine, others = token(world), token(world, "other-s3cret")
    getattr(world, spoil)(AGENT)
    assert world.message_send(mine, to("zhang", text()))["errcode"] == errcode
    assert world.message_send(others, to("zhang", text(), agentid=2))["errcode"] == 0
    assert send(world, to("zhang", text()))["errcode"] == 0


@pytest.mark.parametrize("reuse", [True, False])
def test_whether_a_running_token_comes_again_is_a_switch(world, reuse):
    world.reuse_tokens = reuse
    assert (token(world) == token(world)) is reuse


def test_missing_and_unknown_tokens_are_told_apart(world):
    assert world.message_send("", to("zhang", text()))["errcode"] == 41001
    assert world.message_send("x", to("zhang", text()))["errcode"] == 40014


def test_an_address_outside_the_list_is_refused_by_name(world):
    world.allowed_ips = {"10.0.0.1"}
    answer = send(world, to("zhang", text()), ip="10.0.0.2")
    assert answer["errcode"] == 60020
    assert "from ip: 10.0.0.2" in answer["errmsg"]
    assert send(world, to("zhang", text()), ip="10.0.0.1")["errcode"] == 0


@pytest.mark.parametrize(
    ("agentid", "errcode"),
    [
        (AGENT, 0),
        (str(AGENT), 0),
        (2, 301002),
        (9, 301002),
        ("x", 40056),
        (None, 41011),
        (True, 40056),
    ],
)
def test_the_agentid_must_be_that_of_the_token(world, agentid, errcode):
    assert send(world, to("zhang", text(), agentid=agentid))["errcode"] == errcode


ANSWERS = [
    (of("text", content="a"), 0),
    (of("text", content=""), 44004),
    (of("markdown", content="a" * 2048), 0),
    (of("markdown", content="a" * 2049), 45002),
    (of("markdown_v2", content="a"), 40008),
    (of("image", media_id="none"), 40007),
    (of("textcard", title="题", description="文", url="https://a.example"), 0),
    (of("textcard", title="", description="文", url="https://a.example"), 41016),
    (of("textcard", title="题", url="https://a.example"), 41033),
    (of("textcard", title="题", description="文"), 41010),
    (of("textcard", title="题", description="文", url="a.example"), 45034),
    (of("textcard", title="题", description="文", url="https://" + "a" * 2040), 0),
    (of("textcard", title="题", description="文", url="https://" + "a" * 2041), 40039),
    (of("news", articles=[{"title": "题", "url": "https://a.example"}] * 8), 0),
    (of("news", articles=[{"title": "题", "url": "https://a.example"}] * 9), 45008),
    (of("news", articles=[{"title": "题", "appid": "wx1", "pagepath": "p"}]), 0),
    (of("news", articles=[{"title": "题"}]), 41010),
]


@pytest.mark.parametrize(("message", "errcode"), ANSWERS)
def test_a_message_gets_the_published_answer(world, message, errcode):
    assert send(world, to("zhang", message))["errcode"] == errcode


@given(st.text(st.characters(codec="utf-8"), min_size=1, max_size=1100))
def test_a_text_is_cut_silently_at_2048_bytes(content):
    world = bureau(Clock())
    assert send(world, to("zhang", text(content)))["errcode"] == 0
    shown = world.posted[0].body["text"]["content"]
    assert shown == content.encode()[:2048].decode(errors="ignore")


def test_a_text_card_is_cut_in_characters(world):
    card = of("textcard", title="字" * 129, description="字" * 513, url="https://a.example")
    send(world, to("zhang", card))
    shown = world.posted[0].body["textcard"]
    assert (len(shown["title"]), len(shown["description"])) == (128, 512)


@pytest.mark.parametrize(
    ("touser", "errcode", "reached", "invalid", "unlicensed"),
    [
        ("zhang|Li", 0, ("zhang", "Li"), None, None),
        ("li|ZHANG|li", 0, ("Li", "zhang"), None, None),
        ("zhang|Nobody|far", 0, ("zhang",), "nobody|far", None),
        ("zhang|Free", 0, ("zhang",), None, "free"),
        ("Nobody|Free", 81013, (), None, None),
        ("@all", 0, ("zhang", "Li", "wang"), None, "free"),
        ("", 82001, (), None, None),
        ("|", 82001, (), None, None),
        (["zhang"], 40058, (), None, None),
    ],
)
def test_receivers_are_sorted(world, touser, errcode, reached, invalid, unlicensed):
    answer = send(world, to(touser, text()))
    assert answer["errcode"] == errcode
    assert answer.get("invaliduser") == invalid
    assert answer.get("unlicenseduser") == unlicensed
    assert [message.reached for message in world.posted] == ([reached] if errcode == 0 else [])


@pytest.mark.parametrize(("count", "errcode"), [(1000, 0), (1001, 40032)])
def test_a_list_holds_at_most_1000_people(world, count, errcode):
    assert send(world, to(crowd(world, count), text()))["errcode"] == errcode


@pytest.mark.parametrize(
    ("name", "count", "errcode"),
    [("toparty", 100, 0), ("toparty", 101, 82002), ("totag", 100, 0), ("totag", 101, 82003)],
)
def test_a_list_holds_at_most_100_departments_or_tags(world, name, count, errcode):
    body = to("zhang", text(), **{name: "|".join(str(n) for n in range(2, count + 2))})
    assert send(world, body)["errcode"] == errcode
    assert send(world, body | {"touser": "@all"})["errcode"] == 0


def test_departments_reach_those_below_them_and_tags_reach_both(world):
    world.add_department(2, "办公室")
    world.add_department(3, "机要室", parentid=2)
    world.add_user("chen", "陈静", departments=[3])
    world.add_tag(7, "支部书记", ["wang"], [3])
    answer = send(world, to("", text(), toparty="2|9", totag="8"))
    assert (answer["errcode"], answer["invalidparty"], answer["invalidtag"]) == (0, "9", "8")
    assert send(world, to("wang", text(), totag="7"))["errcode"] == 0
    assert [message.reached for message in world.posted] == [("chen",), ("wang", "chen")]
    assert send(world, to("", text(), toparty="9"))["errcode"] == 81013


def test_the_surplus_over_30_a_minute_vanishes_without_an_error(world, clock):
    answers = [send(world, to("zhang|wang" if n < 30 else "zhang|Li", text())) for n in range(31)]
    assert {answer["errcode"] for answer in answers} == {0}
    last = [record for record in world.log if record.kind == "message"][-1]
    assert (last.reached, last.dropped) == (("Li",), ("zhang",))
    clock.tick(60)
    send(world, to("zhang", text()))
    assert world.posted[-1].reached == ("zhang",)


def test_the_surplus_over_1000_an_hour_vanishes_too(world, clock):
    held = token(world)
    for number in range(1001):
        world.message_send(held, to("zhang", text(str(number))))
        clock.tick(2)
    assert sum("zhang" in message.reached for message in world.posted) == 1000
    assert world.posted[-1].reached == ()


@pytest.mark.parametrize(("quota", "seconds"), [(10_000, 60), (3, 3600)])
@pytest.mark.parametrize("shape", ["sliding", "fixed"])
def test_a_window_is_full_at_its_quota_and_empty_after_its_span(quota, seconds, shape):
    windows = Windows((quota, seconds))
    at = MONDAY.replace(minute=0)
    assert all(windows.take(at, shape) for _ in range(quota))
    assert not windows.take(at + timedelta(seconds=seconds - 1), shape)
    assert windows.take(at + timedelta(seconds=seconds), shape)


def test_the_10001st_call_of_a_minute_is_refused_with_45009(world):
    held, body = token(world), b"{}"
    answers = [world.message_send(held, body)["errcode"] for _ in range(10_001)]
    assert (answers[-2], answers[-1]) == (41011, 45009)


CHECKED = {"enable_duplicate_check": 1, "duplicate_check_interval": 14400}


@pytest.mark.parametrize(
    ("answer", "errcode", "with_msgid"),
    [("same", 0, True), ("bare", 0, False), ("refused", 40058, False)],
)
def test_an_identical_request_is_not_delivered_again(world, clock, answer, errcode, with_msgid):
    world.duplicate_answer = answer
    body = to("zhang", button_card(), **CHECKED)
    first = send(world, body)
    clock.tick(14399)
    second = send(world, json.dumps(body, indent=1).encode())
    assert second["errcode"] == errcode
    assert second.get("msgid") == (first["msgid"] if with_msgid else None)
    assert len(world.posted) == 1


def test_after_the_interval_the_same_card_is_a_used_task_id(world, clock):
    body = to("zhang", button_card(), **CHECKED)
    send(world, body)
    clock.tick(14400)
    assert send(world, body)["errcode"] == 42014


def test_without_the_check_the_same_text_is_delivered_twice(world):
    for _ in range(2):
        send(world, to("zhang", text()))
    assert len(world.posted) == 2


def test_another_text_is_not_a_duplicate_and_the_default_interval_is_half_an_hour(world, clock):
    one, other = (to("zhang", text(t), enable_duplicate_check=1) for t in "ab")
    send(world, one)
    send(world, other)
    clock.tick(1799)
    send(world, one)
    assert len(world.posted) == 2
    clock.tick(1)
    send(world, one)
    assert len(world.posted) == 3


def test_a_refused_request_is_not_remembered_as_sent(world):
    body = to("late", text(), **CHECKED)
    assert send(world, body)["errcode"] == 81013
    world.add_user("late", "新来的")
    assert send(world, body)["errcode"] == 0
    assert world.posted[0].reached == ("late",)


@pytest.mark.parametrize(
    ("interval", "errcode"), [(14400, 0), (14401, 40058), (0, 40058), ("9", 40058)]
)
def test_the_interval_is_at_most_four_hours(world, interval, errcode):
    body = to("zhang", text(), enable_duplicate_check=1, duplicate_check_interval=interval)
    assert send(world, body)["errcode"] == errcode


def test_message_ids_differ_and_only_interactive_cards_have_a_response_code(world):
    plain, card = send(world, to("zhang", text())), send(world, to("zhang", button_card()))
    assert plain["msgid"] != card["msgid"]
    assert "response_code" not in plain
    assert card["response_code"]


def test_no_secret_and_no_token_is_in_the_log(world):
    held = token(world)
    world.message_send(held, to("zhang", button_card()))
    assert held not in repr(world.log)
    assert SECRET not in repr(world.log) + repr(world.apps)
