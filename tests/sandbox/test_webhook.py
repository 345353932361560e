"""A group's webhook: every limit at its edge and one past it (wecom/api.md §1.2, §1.4)."""

import base64
import hashlib
import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from .house import KEY, MONDAY, Clock, bureau, text

PNG = b"\x89PNG\r\n\x1a\n" + b"0" * 40
MB2 = 2 * 1024 * 1024


def of(msgtype, **part):
    return {"msgtype": msgtype, msgtype: part}


def image(raw, md5=None):
    md5 = md5 or hashlib.md5(raw).hexdigest()
    return of("image", base64=base64.b64encode(raw).decode(), md5=md5)


def news(count, **more):
    article = {"title": "题", "url": "https://a.example/1"} | more
    return of("news", articles=[article] * count)


def notice(kind="text_notice", **more):
    card = {
        "card_type": kind,
        "main_title": {"title": "题"},
        "card_action": {"type": 1, "url": "https://a.example"},
    }
    return {"msgtype": "template_card", "template_card": card | more}


def picture(**more):
    return notice("news_notice", card_image={"url": "https://a.example/1.png"} | more)


def several(count, **item):
    return [item] * count


ANSWERS = [
    (text("字" * 682 + "ab"), 0),  # 2048 bytes
    (text("字" * 682 + "abc"), 45002),
    (text(""), 44004),
    (of("markdown", content="a" * 4096), 0),
    (of("markdown", content="a" * 4097), 45002),
    (of("markdown_v2", content="字" * 1365 + "a"), 0),
    (of("markdown_v2", content="字" * 1365 + "ab"), 45002),
    (of("markdown", content=""), 44004),
    (of("text", content=["你好"]), 40058),
    (of("text"), 44004),
    ({"msgtype": "text"}, 40058),
    ({"msgtype": "text", "text": "你好"}, 40058),
    (of("text", content="a", mentioned_list="zhang"), 40058),
    (of("textcard", title="a"), 40008),
    (of("mpnews"), 40008),
    ({"text": {"content": "a"}}, 40008),
    (of("file", media_id="none"), 40007),
    (of("voice"), 41006),
    (image(PNG), 0),
    (image(PNG, "0" * 32), 301019),
    (image(PNG.ljust(MB2, b"0")), 0),
    (image(PNG.ljust(MB2 + 1, b"0")), 93018),
    (image(b"GIF89a"), 40123),
    (of("image", base64="***", md5="0"), 40058),
    (news(8), 0),
    (news(9), 45008),
    (news(0), 40058),
    (news(1, title=None), 41016),
    (news(1, url=""), 41010),
    (news(1, url="https://" + "a" * 2041), 40039),
    (notice(), 0),
    (notice(main_title={}), 41016),
    (notice(main_title={}, sub_title_text="文"), 0),
    (notice(card_action={}), 42045),
    (notice(card_action={"type": 1}), 42045),
    (notice(card_action={"type": 2, "appid": "wx1"}), 0),
    (notice("button_interaction"), 42031),
    (notice("nonsense"), 42031),
    (notice(source={"desc": "清风", "desc_color": 3}), 0),
    (notice(source={"desc": "清风", "desc_color": 4}), 40058),
    (notice(horizontal_content_list=several(6, keyname="键")), 0),
    (notice(horizontal_content_list=several(7, keyname="键")), 42035),
    (notice(horizontal_content_list=several(1, value="值")), 42027),
    (notice(horizontal_content_list=several(1, keyname="键", type=1)), 42028),
    (notice(horizontal_content_list=several(1, keyname="键", type=2)), 42029),
    (notice(horizontal_content_list=several(1, keyname="键", type=3)), 42050),
    (notice(horizontal_content_list=several(1, keyname="键", type=[])), 40058),
    (notice(jump_list=several(3, title="去")), 0),
    (notice(jump_list=several(4, title="去")), 42042),
    (notice(jump_list=several(1)), 42033),
    (notice(jump_list=several(1, title="去", type=2)), 42030),
    (notice(quote_area={"type": 1}), 42028),
    (picture(), 0),
    (notice("news_notice"), 42044),
    (picture(aspect_ratio="2"), 40058),
    (picture(url=""), 42044),
    (picture() | {"template_card": picture()["template_card"] | {"main_title": {}}}, 41016),
]


@pytest.mark.parametrize(("body", "errcode"), ANSWERS)
def test_a_message_gets_the_published_answer(world, body, errcode):
    assert world.webhook_send(KEY, json.dumps(body).encode())["errcode"] == errcode
    assert len(world.posted) == (errcode == 0)


@pytest.mark.parametrize(("count", "errcode"), [(4, 0), (5, 42036)])
def test_a_news_card_has_at_most_four_vertical_lines(world, count, errcode):
    body = picture()
    body["template_card"]["vertical_content_list"] = several(count, title="行")
    assert world.webhook_send(KEY, body)["errcode"] == errcode


@given(st.text(st.characters(codec="utf-8"), min_size=1, max_size=1100))
def test_a_text_passes_exactly_up_to_2048_bytes(content):
    answer = bureau(Clock()).webhook_send(KEY, text(content))
    assert (answer["errcode"] == 0) == (len(content.encode()) <= 2048)


@given(st.text(st.characters(codec="utf-8"), min_size=700, max_size=1500))
def test_where_wecom_cuts_it_never_leaves_half_a_character(content):
    world = bureau(Clock())
    world.oversize = "cut"
    assert world.webhook_send(KEY, text(content))["errcode"] == 0
    shown = world.posted[0].body["text"]["content"]
    assert content.startswith(shown)
    assert len(shown.encode()) > min(len(content.encode()), 2048) - 4
    assert len(shown.encode()) <= 2048


@pytest.mark.parametrize("window", ["sliding", "fixed"])
def test_a_21st_message_in_a_minute_is_refused_with_45009(world, clock, window):
    world.webhook_window = window
    assert [world.webhook_send(KEY, text())["errcode"] for _ in range(21)] == [0] * 20 + [45009]
    clock.tick(60)
    assert [world.webhook_send(KEY, text())["errcode"] for _ in range(21)] == [0] * 20 + [45009]


@pytest.mark.parametrize(("window", "errcode"), [("sliding", 45009), ("fixed", 0)])
def test_the_windows_differ_across_the_minute(world, clock, window, errcode):
    world.webhook_window = window
    clock.tick(30)  # 09:12:30
    for _ in range(20):
        world.webhook_send(KEY, text())
    clock.tick(30)
    assert world.webhook_send(KEY, text())["errcode"] == errcode


def test_the_oldest_message_leaves_the_sliding_window_after_a_minute_and_not_before(world, clock):
    for _ in range(20):
        world.webhook_send(KEY, text())
    clock.tick(59.999)
    assert world.webhook_send(KEY, text())["errcode"] == 45009
    clock.tick(0.001)
    assert world.webhook_send(KEY, text())["errcode"] == 0


def test_each_group_has_a_rate_of_its_own(world):
    other = world.add_group("g3", "三支部", ["wang"])
    for _ in range(20):
        world.webhook_send(KEY, text())
    assert world.webhook_send(other, text())["errcode"] == 0


def test_an_unknown_a_removed_and_a_stopped_webhook_are_told_apart(world):
    assert world.webhook_send("nobody", text())["errcode"] == 93000
    world.stop_webhook(KEY)
    assert world.webhook_send(KEY, text())["errcode"] == 93004
    world.stop_webhook(KEY, stopped=False)
    assert world.webhook_send(KEY, text())["errcode"] == 0
    world.remove_webhook(KEY)
    assert world.webhook_send(KEY, text())["errcode"] == 93000


@pytest.mark.parametrize(
    "body", [b"{", b"[]", b"\xff\xfe", b"null", "坏".encode("gbk"), b"[" * 9999]
)
def test_malformed_json_is_called_so(world, body):
    answer = world.webhook_send(KEY, body)
    assert answer["errcode"] == 40058
    assert "Warning: wrong json format." in answer["errmsg"]


def test_an_empty_request_is_93017(world):
    assert world.webhook_send(KEY, b"")["errcode"] == 93017


def test_half_a_surrogate_is_an_illegal_character(world):
    body = b'{"msgtype":"text","text":{"content":"\\ud800"}}'
    assert world.webhook_send(KEY, body)["errcode"] == 40033


def test_nulls_and_unknown_fields_do_no_harm(world):
    body = text() | {"nonsense": 1, "safe": None}
    body["text"]["mentioned_list"] = None
    assert world.webhook_send(KEY, body) == {"errcode": 0, "errmsg": "ok"}


def test_a_refusal_ends_with_hint_address_and_look_up(world):
    message = world.webhook_send("nobody", text(), ip="10.0.0.9")["errmsg"]
    assert ", hint: [" in message
    assert message.endswith(
        "from ip: 10.0.0.9, more info at https://open.work.weixin.qq.com/devtool/query?e=93000"
    )


def test_titles_and_descriptions_of_news_are_cut(world):
    world.webhook_send(KEY, news(1, title="字" * 100, description="字" * 300))
    article = world.posted[0].body["news"]["articles"][0]
    assert (len(article["title"]), len(article["description"])) == (42, 170)


def test_the_log_counts_calls_and_whom_they_reached_without_the_key(world):
    world.webhook_send(KEY, text())
    world.webhook_send(KEY, text(""))
    calls = [record for record in world.log if record.kind == "call"]
    messages = [record for record in world.log if record.kind == "message"]
    assert [(call.endpoint, call.errcode, call.chat) for call in calls] == [
        ("webhook/send", 0, "g1"),
        ("webhook/send", 44004, "g1"),
    ]
    assert [(m.reached, m.at, m.msgtype) for m in messages] == [(("zhang", "Li"), MONDAY, "text")]
    assert KEY not in repr(world.log)


def test_a_phone_shows_only_the_chats_one_is_in(world):
    world.webhook_send(KEY, text("一支部的事"))
    chats = {chat.name: len(world.messages(chat)) for chat in world.chats_of("zhang")}
    assert chats == {"机关一支部": 1, "清风": 0, "别的应用": 0}
    assert "机关一支部" not in {chat.name for chat in world.chats_of("wang")}
    assert world.chats_of("far") == world.chats_of("nobody") == []
