"""The five cards of apps: required fields, list lengths, task_id (wecom/api.md §3.3, §10)."""

import pytest

from .house import button_card, to, token

BUTTON = {"text": "已阅", "key": "ack"}
MENU = {"desc": "更多", "action_list": [{"text": "不再提醒", "key": "off"}]}
ACTION = {"type": 1, "url": "https://a.example"}


def keyed(count):
    return [{"text": "钮", "key": f"k{number}"} for number in range(count)]


def options(count, **more):
    return [{"id": f"o{number}", "text": "项"} | more for number in range(count)]


def question(count, key="q1"):
    return {"question_key": key, "option_list": options(count)}


def box(count, **more):
    return {"question_key": "q1", "option_list": options(count, is_checked=False)} | more


def card(kind, **more):
    card = {"card_type": kind, "task_id": "t1", "main_title": {"title": "题"}}
    card |= {
        "text_notice": {"card_action": ACTION},
        "news_notice": {"card_action": ACTION, "card_image": {"url": "https://a.example/1.png"}},
        "button_interaction": {"button_list": [BUTTON]},
        "vote_interaction": {"checkbox": box(2), "submit_button": {"key": "ok"}},
        "multiple_interaction": {"select_list": [question(2)], "submit_button": {"key": "ok"}},
    }.get(kind, {})
    return card | more


BUTTONS, VOTE, MANY = "button_interaction", "vote_interaction", "multiple_interaction"
ANSWERS = [
    (card("text_notice"), 0),
    (card("text_notice", task_id=None), 0),
    (card("text_notice", action_menu=MENU), 0),
    (card("text_notice", action_menu=MENU, task_id=None), 42014),
    (card("text_notice", action_menu={"action_list": keyed(3)}), 0),
    (card("text_notice", action_menu={"action_list": keyed(4)}), 40058),
    (card("text_notice", action_menu={"action_list": []}), 40058),
    (card("text_notice", action_menu={"action_list": [BUTTON, BUTTON]}), 42051),
    (card("text_notice", card_action=None), 42045),
    (card("news_notice"), 0),
    (card("news_notice", card_image=None), 42044),
    (card("news_notice", card_image=None, image_text_area={"image_url": "https://a/1"}), 0),
    (card("news_notice", image_text_area={}), 42044),
    (card("news_notice", vertical_content_list=[{"title": "行"}] * 5), 42036),
    (card("news_notice", vertical_content_list=[{"desc": "行"}]), 42033),
    (card(BUTTONS), 0),
    (card(BUTTONS, main_title={}), 41016),
    (card(BUTTONS, button_list=keyed(6)), 0),
    (card(BUTTONS, button_list=keyed(7)), 40058),
    (card(BUTTONS, button_list=[]), 40058),
    (card(BUTTONS, button_list=[BUTTON, BUTTON]), 42039),
    (card(BUTTONS, button_list=[{"key": "k"}]), 42038),
    (card(BUTTONS, button_list=[{"text": "钮"}]), 42039),
    (card(BUTTONS, button_list=[{"text": "钮", "key": "k" * 1024}]), 0),
    (card(BUTTONS, button_list=[{"text": "钮", "key": "k" * 1025}]), 42039),
    (card(BUTTONS, button_list=[{"text": "钮", "type": 1}]), 42028),
    (card(BUTTONS, button_list=[{"text": "钮", "type": 1, "url": "https://a"}]), 0),
    (card(BUTTONS, button_list=[BUTTON | {"type": 2}]), 40058),
    (card(BUTTONS, button_selection=question(10)), 0),
    (card(BUTTONS, button_selection=question(11)), 42037),
    (card(BUTTONS, button_selection=question(1, key="")), 42043),
    (card(BUTTONS, button_selection=question(1, key="q" * 1025)), 42043),
    (card(BUTTONS, action_menu=MENU), 0),
    (card(VOTE), 0),
    (card(VOTE, checkbox=box(20)), 0),
    (card(VOTE, checkbox=box(21)), 42037),
    (card(VOTE, checkbox=box(0)), 42037),
    (card(VOTE, checkbox=box(2, mode=2)), 40058),
    (card(VOTE, checkbox=box(2, option_list=options(2))), 40058),
    (
        card(
            VOTE, checkbox=box(2, option_list=[{"id": "a" * 128, "text": "项", "is_checked": True}])
        ),
        0,
    ),
    (card(VOTE, checkbox=box(2, option_list=[{"id": "a" * 129, "text": "项"}])), 42040),
    (card(VOTE, checkbox=box(2, option_list=[{"id": "a"}])), 42041),
    (card(VOTE, checkbox=None), 42043),
    (card(VOTE, submit_button={}), 42046),
    (card(VOTE, submit_button={"key": "ok", "text": ""}), 42049),
    (card(VOTE, submit_button={"key": "k" * 1025}), 42046),
    (card(MANY), 0),
    (card(MANY, select_list=[question(10, f"q{n}") for n in range(3)]), 0),
    (card(MANY, select_list=[question(1, f"q{n}") for n in range(4)]), 42047),
    (card(MANY, select_list=[]), 42047),
    (card(MANY, select_list=[question(11)]), 42037),
    (card(MANY, select_list=[question(1), question(1)]), 42043),
    (card("nonsense"), 42031),
    (card(None), 42031),
    ({"card_type": []}, 42031),
]


@pytest.mark.parametrize(("shape", "errcode"), ANSWERS)
def test_a_card_gets_the_published_answer(world, shape, errcode):
    body = to("zhang", {"msgtype": "template_card", "template_card": shape})
    assert world.message_send(token(world), body)["errcode"] == errcode


@pytest.mark.parametrize(
    ("task_id", "errcode"),
    [
        ("mid-autumn-2027_main@jg1", 0),
        ("a" * 128, 0),
        ("a" * 129, 42014),
        ("", 42014),
        (None, 42014),
        ("push 1", 42014),
        ("推送", 42014),
        ("a.b", 42014),
        ("a\n", 42014),
        (7, 42014),
    ],
)
def test_a_task_id_has_at_most_128_bytes_of_a_small_alphabet(world, task_id, errcode):
    assert world.message_send(token(world), to("zhang", button_card(task_id)))["errcode"] == errcode


def test_a_task_id_is_used_once_in_an_app_for_ever(world, clock):
    body = to("zhang", button_card("once"))
    assert world.message_send(token(world), body)["errcode"] == 0
    clock.tick(3 * 365 * 86_400)
    changed = to("wang", button_card("once"))
    assert world.message_send(token(world), changed)["errcode"] == 42014


def test_another_app_may_use_the_same_task_id(world):
    world.set_callback(2, "http://callback.test/2")
    world.message_send(token(world), to("zhang", button_card("same")))
    held = token(world, "other-s3cret")
    assert world.message_send(held, to("zhang", button_card("same"), agentid=2))["errcode"] == 0


def test_a_task_id_of_a_refused_card_stays_free(world):
    held = token(world)
    assert world.message_send(held, to("nobody", button_card("free")))["errcode"] == 81013
    assert world.message_send(held, to("zhang", button_card("free")))["errcode"] == 0


@pytest.mark.parametrize(
    ("shape", "errcode"),
    [
        (card(BUTTONS), 43012),
        (card("text_notice", action_menu=MENU), 43012),
        (card("text_notice"), 0),
    ],
)
def test_cards_that_make_events_need_a_callback(world, shape, errcode):
    body = to("zhang", {"msgtype": "template_card", "template_card": shape}, agentid=2)
    assert world.message_send(token(world, "other-s3cret"), body)["errcode"] == errcode
