"""The smart robot's long connection, frame by frame (wecom/api.md §2)."""

import json

import pytest

from bot.sandbox import talks
from bot.sandbox.records import Chat
from bot.sandbox.robots import Line

from .house import BOT, BOT_SECRET, MONDAY, Phone, robot

GROUP, SINGLE = "g1", f"bot-{BOT}"


@pytest.fixture
def bot(world):
    """The robot's end, subscribed."""
    robot(world)
    phone = Phone(world)
    assert phone.subscribes() == 0
    return phone


def markdown(content="**节前提醒**"):
    return {"msgtype": "markdown", "markdown": {"content": content}}


def card(task_id="push-1", **more):
    buttons = [{"text": "已阅", "style": 1, "key": "ack"}]
    titles = {"card_type": "button_interaction", "main_title": {"title": "节前提醒"}}
    body = titles | {"task_id": task_id, "button_list": buttons} | more
    return {"msgtype": "template_card", "template_card": body}


def to_group(message, **more):
    return {"chatid": GROUP, "chat_type": 2, **message, **more}


def to_zhang(message, **more):
    return {"chatid": "zhang", "chat_type": 1, **message, **more}


def on_phone(world, who, chat):
    found = Chat(chat_id=chat, name="", kind="single", viewer=who)
    return world.messages(found)


@pytest.mark.parametrize(
    ("bot_id", "secret", "errcode"),
    [(BOT, BOT_SECRET, 0), (BOT, "wrong", 853000), ("other", BOT_SECRET, 853000), ("", "", 93019)],
)
def test_only_the_right_secret_subscribes(world, bot_id, secret, errcode):
    robot(world)
    assert Phone(world).subscribes(bot_id, secret) == errcode


def test_a_robot_whose_long_connection_is_off_is_told_so(world):
    robot(world, enabled=False)
    assert Phone(world).subscribes() == 846601


def test_nothing_is_done_for_a_line_that_has_not_subscribed(world):
    robot(world)
    assert Phone(world).says("aibot_send_msg", to_group(markdown())) == 846609
    assert Phone(world).says("ping") == 846609


def test_a_ping_is_answered_in_the_shape_of_the_documents(bot):
    assert bot.asks("ping", req_id="p1") == {
        "headers": {"req_id": "p1"},
        "errcode": 0,
        "errmsg": "ok",
    }


@pytest.mark.parametrize("req_id", [None, "", 7, "x" * 257])
def test_a_req_id_has_1_to_256_bytes(world, bot, req_id):
    world.receive(bot.line, json.dumps({"cmd": "ping", "headers": {"req_id": req_id}}))
    assert bot.line.out.pop()["errcode"] == 846605


@pytest.mark.parametrize("text", ["{", "[]", "", b"\xff", '"ping"'])
def test_what_is_no_frame_is_answered_and_harms_nothing(world, bot, text):
    world.receive(bot.line, text)
    assert bot.line.out.pop()["errcode"] == 40058
    assert bot.says("ping") == 0


def test_a_newer_subscription_tells_the_older_line_and_closes_it(world, bot):
    newer = Phone(world)
    assert newer.subscribes() == 0
    told = bot.hears()
    assert told["body"]["event"] == {"eventtype": "disconnected_event"}
    assert "from" not in told["body"]
    assert bot.line.closing == 1000
    assert newer.line.closing is None
    assert newer.says("ping") == 0


def test_a_chat_that_never_spoke_gets_nothing(world, bot):
    assert bot.says("aibot_send_msg", to_group(markdown())) == 846607
    assert bot.says("aibot_send_msg", to_zhang(markdown())) == 846607
    talks.say(world, "zhang", GROUP, "@廉小助 绑定")
    assert bot.says("aibot_send_msg", to_group(markdown())) == 0
    assert bot.says("aibot_send_msg", to_zhang(markdown())) == 846607
    talks.say(world, "zhang", SINGLE, "你好")
    assert bot.says("aibot_send_msg", to_zhang(markdown())) == 0


def test_a_group_hears_the_robot_only_when_it_is_called_by_name(world, bot):
    assert talks.say(world, "zhang", GROUP, "大家好") is False
    assert not bot.line.out
    assert talks.say(world, "zhang", GROUP, "@廉小助 绑定") is True
    frame = bot.hears()
    assert frame["cmd"] == "aibot_msg_callback"
    assert frame["body"].pop("msgid")
    assert frame["body"] == {
        "aibotid": BOT,
        "chatid": GROUP,
        "chattype": "group",
        "from": {"userid": "zhang"},
        "msgtype": "text",
        "text": {"content": "@廉小助 绑定"},
    }


def test_a_single_chat_has_no_chatid(world, bot):
    talks.say(world, "zhang", SINGLE, "你好")
    body = bot.hears()["body"]
    assert "chatid" not in body
    assert (body["chattype"], body["from"]) == ("single", {"userid": "zhang"})


def test_ids_are_encrypted_unless_a_super_administrator_made_the_robot(world):
    robot(world, plain_ids=False)
    bot = Phone(world)
    bot.subscribes()
    talks.say(world, "zhang", SINGLE, "你好")
    shown = bot.hears()["body"]["from"]["userid"]
    assert shown.startswith("wo")
    assert world.by_open_userid(shown) == "zhang"
    assert bot.says("aibot_send_msg", {"chatid": shown, "chat_type": 1, **markdown()}) == 0


@pytest.mark.parametrize(
    ("body", "errcode"),
    [
        ({"chatid": "g1", **markdown()}, 0),
        ({"chatid": "g1", "chat_type": 0, **markdown()}, 0),
        ({"chatid": "G1", "chat_type": 2, **markdown()}, 93006),
        ({"chatid": "g2", "chat_type": 2, **markdown()}, 93008),
        ({"chatid": "zhang", "chat_type": 2, **markdown()}, 93006),
        ({"chatid": "li", "chat_type": 1, **markdown()}, 93006),
        ({"chatid": "g1", "chat_type": 3, **markdown()}, 40058),
        ({**markdown()}, 40058),
        (to_group({"msgtype": "text", "text": {"content": "a"}}), 40008),
        (to_group({"msgtype": "markdown_v2", "markdown_v2": {"content": "a"}}), 40008),
        (to_group(markdown("a" * 20480)), 0),
        (to_group(markdown("a" * 20481)), 45002),
        (to_group(markdown("")), 44004),
        (to_group({"msgtype": "file", "file": {"media_id": "x"}}), 40007),
        (
            to_group(
                {"msgtype": "markdown", "markdown": {"content": "a", "feedback": {"id": "x"}}}
            ),
            0,
        ),
        (
            to_group(
                {"msgtype": "markdown", "markdown": {"content": "a", "feedback": {"id": "x" * 257}}}
            ),
            40058,
        ),
    ],
)
def test_a_push_is_judged(world, bot, body, errcode):
    talks.say(world, "zhang", GROUP, "@廉小助 在吗")
    assert bot.says("aibot_send_msg", body) == errcode


def test_a_robots_markdown_is_the_second_dialect_on_the_phone(world, bot):
    talks.say(world, "zhang", GROUP, "@廉小助 在吗")
    bot.says("aibot_send_msg", to_group(markdown("| a |")))
    assert world.posted[-1].body == {"msgtype": "markdown_v2", "markdown_v2": {"content": "| a |"}}
    assert world.posted[-1].reached == ("zhang", "Li")


def test_thirty_a_minute_and_a_thousand_an_hour_go_into_one_chat(world, bot, clock):
    talks.say(world, "zhang", SINGLE, "你好")
    talks.say(world, "Li", SINGLE, "你好")
    answers = [bot.says("aibot_send_msg", to_zhang(markdown())) for _ in range(31)]
    assert (answers[:30], answers[30]) == ([0] * 30, 846607)
    assert bot.says("aibot_send_msg", {"chatid": "Li", "chat_type": 1, **markdown()}) == 0
    clock.tick(60)
    for _ in range(970):
        assert bot.says("aibot_send_msg", to_zhang(markdown())) == 0
        clock.tick(2.1)
    assert bot.says("aibot_send_msg", to_zhang(markdown())) == 846607


def test_enter_chat_comes_once_a_day_and_is_welcomed_within_five_seconds(world, bot, clock):
    assert talks.enter(world, "zhang", SINGLE) is True
    assert talks.enter(world, "zhang", SINGLE) is False
    frame = bot.hears()
    assert frame["body"]["event"] == {"eventtype": "enter_chat"}
    assert frame["body"]["create_time"] == int(MONDAY.timestamp())
    welcome = {"msgtype": "text", "text": {"content": "您好"}}
    req_id = frame["headers"]["req_id"]
    assert bot.says("aibot_respond_welcome_msg", markdown(), req_id=req_id) == 40008
    clock.tick(5)
    assert bot.says("aibot_respond_welcome_msg", welcome, req_id=req_id) == 0
    assert bot.says("aibot_respond_welcome_msg", welcome, req_id=req_id) == 846606
    assert on_phone(world, "zhang", SINGLE)[0].message.body["text"] == {"content": "您好"}
    clock.tick(24 * 3600)
    talks.enter(world, "zhang", SINGLE)
    req_id = bot.hears()["headers"]["req_id"]
    clock.tick(5.1)
    assert bot.says("aibot_respond_welcome_msg", welcome, req_id=req_id) == 846604


@pytest.mark.parametrize(("seconds", "errcode"), [(24 * 3600, 0), (24 * 3600 + 1, 846604)])
def test_a_message_may_be_answered_for_24_hours(world, bot, clock, seconds, errcode):
    talks.say(world, "zhang", SINGLE, "你好")
    req_id = bot.hears()["headers"]["req_id"]
    clock.tick(seconds)
    assert bot.says("aibot_respond_msg", markdown(), req_id=req_id) == errcode


def test_a_message_is_answered_once_and_events_not_at_all(world, bot):
    talks.say(world, "zhang", SINGLE, "你好")
    req_id = bot.hears()["headers"]["req_id"]
    assert bot.says("aibot_respond_msg", markdown(), req_id=req_id) == 0
    assert bot.says("aibot_respond_msg", markdown(), req_id=req_id) == 846606
    world.aibot_replies = "many"
    assert bot.says("aibot_respond_msg", markdown(), req_id=req_id) == 0
    talks.enter(world, "zhang", SINGLE)
    req_id = bot.hears()["headers"]["req_id"]
    assert bot.says("aibot_respond_msg", markdown(), req_id=req_id) == 846605
    assert bot.says("aibot_respond_msg", markdown(), req_id="invented") == 846605


def test_a_stream_grows_in_place_until_it_is_finished(world, bot, clock):
    talks.say(world, "zhang", SINGLE, "你好")
    req_id = bot.hears()["headers"]["req_id"]

    def stream(content, finish=False):
        part = {"id": "s1", "content": content, "finish": finish}
        return bot.says("aibot_respond_msg", {"msgtype": "stream", "stream": part}, req_id=req_id)

    assert stream("") == 0
    assert stream("正在") == 0
    assert stream("a" * 20481) == 45002
    clock.tick(600)
    assert stream("正在想好了", finish=True) == 0
    assert stream("再来") == 846606
    said = [shown.message.body for shown in on_phone(world, "zhang", SINGLE)][1:]
    assert [body["markdown_v2"]["content"] for body in said] == ["正在想好了"]


def test_only_the_first_frame_of_a_stream_must_name_it(world, bot):
    talks.say(world, "zhang", SINGLE, "你好")
    req_id = bot.hears()["headers"]["req_id"]

    def stream(**part):
        return bot.says("aibot_respond_msg", {"msgtype": "stream", "stream": part}, req_id=req_id)

    assert stream(content="一") == 40058
    assert stream(id="s1", content="一") == 0
    assert stream(content="一二", finish=True) == 0
    last = on_phone(world, "zhang", SINGLE)[-1].message.body
    assert last["markdown_v2"]["content"] == "一二"


def test_a_stream_older_than_ten_minutes_is_over(world, bot, clock):
    talks.say(world, "zhang", SINGLE, "你好")
    req_id = bot.hears()["headers"]["req_id"]
    body = {"msgtype": "stream", "stream": {"id": "s1", "content": "a", "finish": False}}
    assert bot.says("aibot_respond_msg", body, req_id=req_id) == 0
    clock.tick(601)
    assert bot.says("aibot_respond_msg", body, req_id=req_id) == 846608


def pressed(world, bot, who="zhang", **card_fields):
    """Send a card into the group and let `who` press it; returns the event's frame."""
    talks.say(world, "zhang", GROUP, "@廉小助 在吗")
    bot.line.out.clear()
    assert bot.says("aibot_send_msg", to_group(card(**card_fields))) == 0
    assert talks.press(world, who, world.posted[-1], "ack") is True
    return bot.hears()


def test_a_press_arrives_as_the_documents_show_it(world, bot):
    body = pressed(world, bot)["body"]
    assert body.pop("msgid")
    assert body == {
        "create_time": int(MONDAY.timestamp()),
        "aibotid": BOT,
        "chatid": GROUP,
        "chattype": "group",
        "from": {"userid": "zhang"},
        "msgtype": "event",
        "event": {
            "eventtype": "template_card_event",
            "template_card_event": {
                "card_type": "button_interaction",
                "event_key": "ack",
                "task_id": "push-1",
            },
        },
    }


def update(task_id="push-1", **more):
    new = card(task_id)["template_card"] | {"main_title": {"title": "已阅，谢谢"}}
    return {"response_type": "update_template_card", "template_card": new, **more}


def titles(world):
    message = world.message_of("push-1", bot_id=BOT)
    states = {who: world.state_of(message, who) for who in message.reached}
    return {who: s.card["main_title"]["title"] for who, s in states.items() if s}


@pytest.mark.parametrize(
    ("more", "switch", "changed"),
    [
        ({"userids": ["zhang"]}, "all", {"zhang"}),
        ({}, "all", {"zhang", "Li"}),
        ({}, "clicker", {"zhang"}),
    ],
)
def test_a_group_card_is_updated_for_those_who_are_named(world, bot, more, switch, changed):
    world.aibot_group_update = switch
    req_id = pressed(world, bot)["headers"]["req_id"]
    assert bot.says("aibot_respond_update_msg", update(**more), req_id=req_id) == 0
    assert set(titles(world)) == changed
    assert bot.says("aibot_respond_update_msg", update(), req_id=req_id) == 846606


@pytest.mark.parametrize(
    ("body", "seconds", "errcode"),
    [
        (update(), 5, 0),
        (update(), 5.1, 846604),
        (update("another"), 0, 846625),
        (update(response_type="other"), 0, 93050),
        (update(template_card={"task_id": "push-1", "card_type": "none"}), 0, 42031),
    ],
)
def test_a_card_is_updated_within_five_seconds_and_under_its_task_id(
    world, bot, clock, body, seconds, errcode
):
    req_id = pressed(world, bot)["headers"]["req_id"]
    clock.tick(seconds)
    assert bot.says("aibot_respond_update_msg", body, req_id=req_id) == errcode


def test_a_task_id_serves_one_robot_once(world, bot):
    pressed(world, bot)
    assert bot.says("aibot_send_msg", to_group(card())) == 846625
    assert bot.says("aibot_send_msg", to_group(card("有"))) == 846625
    assert bot.says("aibot_send_msg", to_group(card("push-2"))) == 0


@pytest.mark.parametrize(
    ("switch", "errcode", "shown"), [("allow", 0, 1), ("reject", 40008, 0), ("drop", 0, 0)]
)
def test_whether_a_group_may_have_cards_is_a_switch(world, bot, switch, errcode, shown):
    world.aibot_group_card = switch
    talks.say(world, "zhang", GROUP, "@廉小助 在吗")
    assert bot.says("aibot_send_msg", to_group(card())) == errcode
    assert sum(bool(message.card) for message in world.posted) == shown
    talks.say(world, "zhang", SINGLE, "你好")
    assert bot.says("aibot_send_msg", to_zhang(card("push-9"))) == 0


@pytest.mark.parametrize(
    ("change", "errcode"),
    [
        ({"button_list": [{"text": "看", "type": 1, "url": "https://a.example"}]}, 40058),
        ({"horizontal_content_list": [{"keyname": "件", "type": 2, "media_id": "m"}]}, 40058),
        ({"jump_list": [{"title": "问", "type": 3, "question": "字" * 66 + "aa"}]}, 0),
        ({"jump_list": [{"title": "问", "type": 3, "question": "字" * 67}]}, 40058),
        ({"task_id": None}, 846625),
        ({"button_list": [{"text": f"{n}", "key": f"k{n}"} for n in range(7)]}, 40058),
    ],
)
def test_a_robots_cards_differ_from_an_apps(world, bot, change, errcode):
    talks.say(world, "zhang", GROUP, "@廉小助 在吗")
    assert bot.says("aibot_send_msg", to_group(card(**change))) == errcode


@pytest.mark.parametrize(("switch", "count"), [("lost", 0), ("replayed", 2)])
def test_whether_what_happened_offline_comes_later_is_a_switch(world, bot, switch, count):
    world.aibot_offline = switch
    bot.line.lost()
    assert talks.say(world, "zhang", SINGLE, "你好") is False
    talks.enter(world, "zhang", SINGLE)
    again = Phone(world)
    again.subscribes()
    assert len(again.line.out) == count


@pytest.mark.parametrize(("days", "errcode"), [(0, 0), (7, 846607)])
def test_how_long_a_word_opens_a_chat_is_a_switch(world, bot, clock, days, errcode):
    world.aibot_spoken_days = days
    talks.say(world, "zhang", GROUP, "@廉小助 在吗")
    clock.tick(7 * 86_400 - 1)
    assert bot.says("aibot_send_msg", to_group(markdown())) == 0
    clock.tick(1)
    assert bot.says("aibot_send_msg", to_group(markdown())) == errcode


def test_whether_one_voice_opens_a_group_is_a_switch(world, bot):
    world.aibot_unlock = "everyone"
    talks.say(world, "zhang", GROUP, "@廉小助 在吗")
    assert bot.says("aibot_send_msg", to_group(markdown())) == 846607
    talks.say(world, "Li", GROUP, "@廉小助 在")
    assert bot.says("aibot_send_msg", to_group(markdown())) == 0


def test_feedback_names_the_message_and_is_not_answered(world, bot):
    talks.say(world, "zhang", SINGLE, "你好")
    bot.line.out.clear()
    bot.says(
        "aibot_send_msg",
        to_zhang({"msgtype": "markdown", "markdown": {"content": "a", "feedback": {"id": "f1"}}}),
    )
    assert talks.rate(world, "zhang", world.posted[-1], 2, content="太长", reasons=[2])
    frame = bot.hears()
    assert frame["body"]["event"] == {
        "eventtype": "feedback_event",
        "feedback_event": {
            "id": "f1",
            "type": 2,
            "content": "太长",
            "inaccurate_reason_list": [2],
        },
    }
    req_id = frame["headers"]["req_id"]
    assert bot.says("aibot_respond_msg", markdown(), req_id=req_id) == 846605


def test_a_strangers_word_is_a_programmers_mistake(world, bot):
    with pytest.raises(ValueError, match="cannot write"):
        talks.say(world, "wang", GROUP, "@廉小助")
    with pytest.raises(ValueError, match="cannot open"):
        talks.enter(world, "nobody", SINGLE)


@pytest.mark.parametrize(
    ("kind", "pushed", "closing", "deaf"),
    [
        ("no_ack", 1, None, False),
        ("close", 1, 1000, False),
        ("drop_after_accept", 1, 1006, False),
        ("drop_before_accept", 0, 1006, False),
        ("half_open", 1, None, True),
    ],
)
def test_an_answer_on_the_line_can_be_spoilt(world, bot, kind, pushed, closing, deaf):
    talks.say(world, "zhang", GROUP, "@廉小助 在吗")
    bot.line.out.clear()
    before = len(world.posted)
    world.faults.add("aibot_send_msg", kind, status=1000)
    frame = {"cmd": "aibot_send_msg", "headers": {"req_id": "r"}, "body": to_group(markdown())}
    world.receive(bot.line, json.dumps(frame))
    assert len(world.posted) - before == pushed
    assert (bot.line.closing, bot.line.deaf) == (closing, deaf)
    assert not bot.line.out


@pytest.mark.parametrize("accept", [True, False])
def test_an_errcode_on_request_may_hide_an_accepted_push(world, bot, accept):
    talks.say(world, "zhang", GROUP, "@廉小助 在吗")
    before = len(world.posted)
    world.faults.add("aibot_send_msg", "errcode", errcode=-1, accept=accept)
    assert bot.says("aibot_send_msg", to_group(markdown())) == -1
    assert len(world.posted) - before == accept


@pytest.mark.parametrize(
    ("kind", "texts"),
    [("lose", ["二"]), ("duplicate", ["一", "一", "二"]), ("reorder", ["二", "一"])],
)
def test_events_are_lost_doubled_and_reordered_on_request(world, bot, kind, texts):
    world.faults.add("aibot_event", kind)
    talks.say(world, "zhang", SINGLE, "一")
    talks.say(world, "zhang", SINGLE, "二")
    heard = [frame["body"]["text"]["content"] for frame in bot.line.out]
    assert heard == texts


def test_a_line_that_was_lost_leaves_the_newer_one_alone(world, bot):
    newer = Phone(world)
    newer.subscribes()
    bot.line.lost()
    assert world.robots[BOT].line is newer.line
    newer.line.lost()
    assert world.robots[BOT].line is None
    assert Line().closing is None
