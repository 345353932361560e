"""What WeCom's own pages show or allow is accepted, even where a stricter reading would refuse it.

Each case stands in an example or a sentence of the page that is named (wecom/api.md §15).
"""

import pytest

from bot.sandbox import talks
from bot.sandbox.asks import Ask, Upload
from bot.sandbox.media import PNG
from bot.sandbox.people import forward
from bot.sandbox.phone import bubble

from .house import AGENT, BOT, KEY, Phone, robot, text, to, token

URL = "https://a.example"


def of(msgtype, **part):
    return {"msgtype": msgtype, msgtype: part}


def send(world, body, **query):
    return world.call("message/send", Ask(query={"access_token": token(world)}, body=body))


def shown(world):
    return world.posted[-1].body


def picture(ratio):
    return {
        "card_type": "news_notice",
        "main_title": {"title": "题"},
        "card_image": {"url": f"{URL}/1.png", "aspect_ratio": ratio},
        "card_action": {"type": 1, "url": URL},
    }


@pytest.mark.parametrize(("ratio", "errcode"), [(1.29, 40058), (1.3, 0), (2.25, 0), (2.26, 40058)])
def test_a_picture_may_have_both_shapes_at_the_ends_which_the_examples_use(world, ratio, errcode):
    """Pages 99110 and 101032 say between, and send 2.25; page 90236 sends 1.3."""
    message = {"msgtype": "template_card", "template_card": picture(ratio)}
    assert world.webhook_send(KEY, message)["errcode"] == errcode
    assert send(world, to("zhang", message))["errcode"] == errcode


def test_a_webhooks_article_may_lead_to_an_address_without_a_scheme(world):
    """Page 99110's example does; page 90236 asks an app for the scheme."""
    article = {"title": "题", "url": "www.example.cn"}
    assert world.webhook_send(KEY, of("news", articles=[article]))["errcode"] == 0
    assert 'href="http://www.example.cn"' in bubble(shown(world))
    assert send(world, to("zhang", of("news", articles=[article])))["errcode"] == 45034


def test_lists_of_receivers_may_have_blanks_around_their_bars(world):
    """So do all examples of page 90236."""
    world.add_department(2, "办公室")
    world.add_user("chen", "陈静", departments=[2])
    body = to(" zhang | Li ", text(), toparty=" 2 | 9 ")
    assert send(world, body)["invalidparty"] == "9"
    assert world.posted[-1].reached == ("zhang", "Li", "chen")


@pytest.mark.parametrize("style", [0, 5, -1, "2", None])
def test_a_buttons_unknown_style_is_the_first_one(world, style):
    card = {
        "card_type": "button_interaction",
        "task_id": "t1",
        "main_title": {"title": "题"},
        "button_list": [{"text": "已阅", "key": "ack", "style": style}],
    }
    message = {"msgtype": "template_card", "template_card": card}
    assert send(world, to("zhang", message))["errcode"] == 0


NOTICE = {"appid": "wx1", "title": "会议室预订成功", "content_item": [{"key": "", "value": ""}]}


@pytest.mark.parametrize(
    ("change", "errcode"),
    [
        ({}, 0),
        ({"content_item": [{"key": "时间", "value": "9:00"}] * 10}, 0),
        ({"content_item": [{"key": "时间", "value": "9:00"}] * 11}, 40058),
        ({"page": "p" * 1024}, 0),
        ({"page": "p" * 1025}, 40058),
        ({"appid": ""}, 42030),
        ({"title": ""}, 41016),
    ],
)
def test_a_mini_programs_notice_names_no_app_and_may_have_empty_lines(world, change, errcode):
    """Page 90236: no agentid in the example; a line with neither key nor value is passed over."""
    body = {"touser": "zhang", **of("miniprogram_notice", **(NOTICE | change))}
    assert send(world, body)["errcode"] == errcode
    if not change:
        assert shown(world)["miniprogram_notice"]["content_item"] == []


def test_a_mini_programs_notice_is_not_for_everyone(world):
    body = to("@all", of("miniprogram_notice", **NOTICE))
    assert send(world, body)["errcode"] == 40031


@pytest.mark.parametrize(("size", "errcode"), [(128, 0), (129, 40058)])
def test_the_page_of_a_mini_program_has_at_most_128_bytes(world, size, errcode):
    article = {"title": "题", "appid": "wx1", "pagepath": "p" * size}
    assert send(world, to("zhang", of("news", articles=[article])))["errcode"] == errcode


def test_a_text_cards_button_has_four_characters(world):
    card = of("textcard", title="题", description="文", url=URL, btntxt="查看更多内容")
    send(world, to("zhang", card))
    assert shown(world)["textcard"]["btntxt"] == "查看更多"


def upload(world, name, data=b"hello, file", kind="file"):
    query = {"access_token": token(world), "type": kind}
    ask = Ask(query=query, upload=Upload(filename=name, data=data))
    return world.call("media/upload", ask)["media_id"]


@pytest.mark.parametrize(
    ("message", "safe", "errcode"),
    [
        (text(), 0, 0),
        (text(), 1, 0),
        (text(), "1", 0),
        (text(), 2, 40058),
        (text(), 3, 40058),
        (of("news", articles=[{"title": "题", "url": URL}]), 1, 40074),
        (of("news", articles=[{"title": "题", "url": URL}]), 0, 0),
    ],
)
def test_what_may_be_confidential(world, message, safe, errcode):
    assert send(world, to("zhang", message, safe=safe))["errcode"] == errcode


@pytest.mark.parametrize(("name", "errcode"), [("a.pdf", 0), ("A.DOCX", 0), ("a.zip", 40005)])
def test_a_confidential_file_has_one_of_the_listed_forms(world, name, errcode):
    message = of("file", media_id=upload(world, name))
    assert send(world, to("zhang", message, safe=1))["errcode"] == errcode
    assert send(world, to("zhang", message, safe=0))["errcode"] == 0


async def test_a_confidential_message_says_so_on_the_phone_and_is_not_handed_on(world):
    send(world, to("zhang", text(), safe=1))
    assert "保密" in bubble(shown(world))
    with pytest.raises(ValueError, match="confidential"):
        await forward(world, "zhang", world.posted[-1].number, "g1")
    send(world, to("zhang", text()))
    assert "保密" not in bubble(shown(world))


def test_only_mpnews_may_be_for_the_corporation_alone(world):
    cover = upload(world, "a.png", PNG + b"0" * 40, "image")
    page = {"title": "题", "thumb_media_id": cover, "content": "<p>文</p>"}
    assert send(world, to("zhang", of("mpnews", articles=[page]), safe=2))["errcode"] == 0


@pytest.mark.parametrize(
    ("written", "read"),
    [
        ("$userName=zhang$同志", "张敏同志"),
        ("$userAliasOrName=ZHANG$同志", "张敏同志"),
        ("$userAlias=zhang$同志", "$userAlias=zhang$同志"),  # nobody here has an alias
        ("$userName=far$同志", "$userName=far$同志"),  # out of the app's range
        ("$departmentName=1$", "清源县审计局"),
        ("$departmentName=9$", "$departmentName=9$"),
        ("$userName=zhang", "$userName=zhang"),
    ],
)
def test_ids_become_names_where_page_90236_says_so(world, written, read):
    send(world, to("zhang", text(written), enable_id_trans=1))
    assert shown(world)["text"]["content"] == read
    send(world, to("zhang", text(written)))
    assert shown(world)["text"]["content"] == written


ID, NAME = "$userName=Li$", "李卫国"


def test_in_a_card_ids_become_names_in_five_fields_only(world):
    line = {"keyname": ID, "value": ID}
    card = {
        "card_type": "text_notice",
        "source": {"desc": ID},
        "main_title": {"title": ID, "desc": ID},
        "sub_title_text": ID,
        "quote_area": {"title": ID, "quote_text": ID},
        "horizontal_content_list": [line],
        "jump_list": [{"title": ID}],
        "card_action": {"type": 1, "url": URL},
    }
    message = {"msgtype": "template_card", "template_card": card}
    send(world, to("zhang", message, enable_id_trans=1))
    made = shown(world)["template_card"]
    assert made["source"]["desc"] == made["sub_title_text"] == NAME
    assert made["main_title"] == {"title": NAME, "desc": NAME}
    assert made["horizontal_content_list"] == [{"keyname": ID, "value": NAME}]
    assert (made["quote_area"], made["jump_list"]) == (card["quote_area"], card["jump_list"])


@pytest.fixture
def bot(world):
    robot(world)
    phone = Phone(world)
    phone.subscribes()
    talks.say(world, "zhang", f"bot-{BOT}", "你好")
    phone.line.out.clear()
    return phone


def push(bot, **card):
    card = {"card_type": "vote_interaction", "task_id": "t1", "main_title": {"title": "题"}} | card
    message = {"msgtype": "template_card", "template_card": card}
    return bot.says("aibot_send_msg", {"chatid": "zhang", "chat_type": 1, **message})


@pytest.mark.parametrize(
    ("options", "errcode"),
    [
        ([{"id": "a", "text": "甲"}], 0),
        ([{"id": "a", "text": "甲"}, {"id": "b", "text": "乙", "is_checked": True}], 0),
        ([{"id": "a", "text": "甲", "is_checked": "yes"}], 40058),
    ],
)
def test_a_robots_options_need_not_say_whether_they_are_ticked(bot, options, errcode):
    """Page 101032 says so and shows it; page 90236 requires it of an app."""
    box = {"question_key": "q", "option_list": options}
    assert push(bot, checkbox=box, submit_button={"text": "提交", "key": "ok"}) == errcode


@pytest.mark.parametrize(("more", "errcode"), [({"desc": "更多"}, 0), ({}, 40058)])
def test_a_robots_corner_menu_is_described(bot, more, errcode):
    menu = {"action_list": [{"text": "少提醒", "key": "less"}]} | more
    action = {"type": 1, "url": URL}
    assert push(bot, card_type="text_notice", action_menu=menu, card_action=action) == errcode


def test_an_update_may_turn_ids_into_names(world):
    card = {
        "card_type": "button_interaction",
        "task_id": "t1",
        "main_title": {"title": "题"},
        "button_list": [{"text": "已阅", "key": "ack"}],
    }
    code = send(world, to("zhang", {"msgtype": "template_card", "template_card": card}))
    new = {
        "card_type": "text_notice",
        "main_title": {"title": ID},
        "card_action": {"type": 1, "url": URL},
    }
    body = {"agentid": AGENT, "response_code": code["response_code"], "atall": 1}
    ask = Ask(
        query={"access_token": token(world)},
        body=body | {"template_card": new, "enable_id_trans": 1},
    )
    assert world.call("message/update_template_card", ask)["errcode"] == 0
    state = world.state_of(world.message_of("t1"), "zhang")
    assert state.card["main_title"]["title"] == NAME
