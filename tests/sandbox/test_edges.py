"""More limits at their edge and one past it: each is a sentence of WeCom's documents."""

import base64
import hashlib
import json

import pytest

from bot.sandbox import talks
from bot.sandbox.asks import Ask, Upload
from bot.sandbox.media import AMR, JPEG, MB, PNG

from .house import AGENT, BOT, KEY, Phone, button_card, robot, text, to, token

MP4 = b"\0\0\0\x18ftypmp42"


def call(world, endpoint, body=b"", *, secret="app-s3cret", upload=None, **query):
    held = {"access_token": token(world, secret)}
    return world.call(endpoint, Ask(query=held | query, body=body, upload=upload))


def file(start, size, name="a"):
    return Upload(filename=name, data=start + b"\0" * (size - len(start)))


def of(msgtype, **part):
    return {"msgtype": msgtype, msgtype: part}


@pytest.mark.parametrize(
    ("kind", "start", "size", "errcode"),
    [
        ("file", b"", 5, 40006),
        ("file", b"", 6, 0),
        ("file", b"", 20 * MB, 0),
        ("file", b"", 20 * MB + 1, 45001),
        ("voice", AMR + b"\n", 2 * MB + 1, 45001),
        ("voice", b"ID3", 99, 301017),
        ("image", PNG, 99, 40004),
    ],
)
def test_a_webhooks_upload_is_measured(world, kind, start, size, errcode):
    ask = Ask(query={"key": KEY, "type": kind}, upload=file(start, size))
    assert world.call("webhook/upload_media", ask)["errcode"] == errcode


@pytest.mark.parametrize(("frames", "errcode"), [(3000, 0), (3001, 45007)])
def test_a_webhooks_voice_lasts_sixty_seconds(world, frames, errcode):
    data = AMR + b"\n" + (bytes([7 << 3]) + b"\0" * 31) * frames
    ask = Ask(query={"key": KEY, "type": "voice"}, upload=Upload(filename="a.amr", data=data))
    assert world.call("webhook/upload_media", ask)["errcode"] == errcode


@pytest.mark.parametrize(
    ("start", "size", "errcode"),
    [
        (PNG, 2 * MB, 0),
        (JPEG, 2 * MB + 1, 40009),
        (PNG[:5], 5, 40006),
        (JPEG, 6, 0),
        (b"GIF89a", 99, 40005),
    ],
)
def test_a_permanent_picture_is_measured(world, start, size, errcode):
    assert call(world, "media/uploadimg", upload=file(start, size))["errcode"] == errcode


def test_three_thousand_permanent_pictures_are_taken_in_a_month(world, clock):
    for _ in range(3):
        done = {call(world, "media/uploadimg", upload=file(PNG, 9))["errcode"] for _ in range(1000)}
        assert done == {0}
        clock.tick(86_400)
    assert call(world, "media/uploadimg", upload=file(PNG, 9))["errcode"] == 45009
    clock.tick(7 * 86_400)  # October
    assert call(world, "media/uploadimg", upload=file(PNG, 9))["errcode"] == 0


@pytest.fixture
def cover(world):
    return call(world, "media/upload", type="image", upload=file(PNG, 99))["media_id"]


@pytest.mark.parametrize(
    ("change", "count", "errcode"),
    [
        ({}, 1, 0),
        ({}, 8, 0),
        ({}, 9, 45008),
        ({}, 0, 40058),
        ({"author": "a" * 64}, 1, 0),
        ({"author": "字" * 21 + "ab"}, 1, 45032),
        ({"content": "字" * (666 * 1024 // 3)}, 1, 0),
        ({"content": "a" * (666 * 1024 + 1)}, 1, 45002),
        ({"content": ""}, 1, 44004),
        ({"title": ""}, 1, 41016),
        ({"thumb_media_id": ""}, 1, 41006),
        ({"thumb_media_id": "none"}, 1, 40007),
    ],
)
def test_pages_that_wecom_keeps_are_measured(world, cover, change, count, errcode):
    page = {"title": "题", "thumb_media_id": cover, "content": "<p>文</p>"} | change
    message = of("mpnews", articles=[page] * count)
    assert call(world, "message/send", to("zhang", message))["errcode"] == errcode


def test_the_words_around_a_page_are_cut(world, cover):
    page = {"title": "题" * 50, "thumb_media_id": cover, "content": "文", "digest": "摘" * 200}
    call(world, "message/send", to("zhang", of("mpnews", articles=[page])))
    made = world.posted[-1].body["mpnews"]["articles"][0]
    assert (len(made["title"]), len(made["digest"])) == (42, 170)


async def test_eight_full_pages_come_through_in_one_request(http, world, cover):
    page = {"title": "题", "thumb_media_id": cover, "content": "字" * (666 * 1024 // 3)}
    body = json.dumps(to("zhang", of("mpnews", articles=[page] * 8)))  # with \uXXXX
    path = f"/cgi-bin/message/send?access_token={token(world)}"
    assert (await http.post(path, content=body)).json()["errcode"] == 0


@pytest.mark.parametrize(("channel", "title"), [("app", 42), ("robot", 21)])
def test_the_words_of_a_film_are_cut(world, channel, title):
    words = {"title": "题" * 50, "description": "述" * 200}
    if channel == "app":
        film = call(world, "media/upload", type="video", upload=file(MP4, 99))["media_id"]
        call(world, "message/send", to("zhang", of("video", media_id=film, **words)))
    else:
        bot = connected(world)
        film = uploaded(bot, "video", MP4 + b"0" * 9)["body"]["media_id"]
        body = of("video", media_id=film, **words)
        assert bot.says("aibot_send_msg", {"chatid": "zhang", "chat_type": 1, **body}) == 0
    made = world.posted[-1].body["video"]
    assert (len(made["title"]), len(made["description"])) == (title, 170)


def connected(world):
    robot(world)
    phone = Phone(world)
    phone.subscribes()
    talks.say(world, "zhang", f"bot-{BOT}", "你好")
    phone.line.out.clear()
    return phone


def uploaded(bot, kind, data, **more):
    """Hand a robot's file in, in one piece; the answer of the last command."""
    size = {"total_size": len(data), "total_chunks": 1}
    started = bot.asks("aibot_upload_media_init", {"type": kind, "filename": "a", **size, **more})
    if started["errcode"]:
        return started
    held = {"upload_id": started["body"]["upload_id"]}
    piece = {"chunk_index": 0, "base64_data": base64.b64encode(data).decode()}
    assert bot.says("aibot_upload_media_chunk", held | piece) == 0
    return bot.asks("aibot_upload_media_finish", held)


@pytest.mark.parametrize(
    ("kind", "size", "errcode"),
    [
        ("file", 4, 40006),
        ("file", 5, 0),
        ("image", 10 * MB, 0),
        ("image", 10 * MB + 1, 45001),
        ("voice", 2 * MB, 0),
        ("voice", 2 * MB + 1, 45001),
        ("video", 10 * MB, 0),
        ("video", 10 * MB + 1, 45001),
    ],
)
def test_a_robots_file_is_measured_by_its_kind(world, kind, size, errcode):
    body = {"type": kind, "filename": "a", "total_size": size, "total_chunks": 100}
    assert connected(world).says("aibot_upload_media_init", body) == errcode


@pytest.mark.parametrize(
    ("kind", "data", "errcode"),
    [
        ("image", PNG + b"0", 0),
        ("image", JPEG + b"000", 0),
        ("image", b"GIF89a", 0),
        ("image", b"BM0000", 846697),
        ("voice", AMR + b"\n", 0),
        ("voice", b"ID3000", 846697),
        ("video", MP4, 0),
        ("video", b"RIFF0000", 846697),
        ("file", b"hello", 0),
    ],
)
def test_a_robots_file_is_what_it_says(world, kind, data, errcode):
    assert uploaded(connected(world), kind, data)["errcode"] == errcode


def test_a_robots_file_has_the_md5_it_announced(world):
    bot = connected(world)
    right = hashlib.md5(b"hello").hexdigest().upper()
    assert uploaded(bot, "file", b"hello", md5=right)["errcode"] == 0
    assert uploaded(bot, "file", b"hello", md5="0" * 32)["errcode"] == 301019
    assert uploaded(bot, "file", b"hello", total_size=6)["errcode"] == 846616


def test_a_piece_that_comes_again_is_passed_over(world):
    bot = connected(world)
    size = {"total_size": 5, "total_chunks": 1}
    started = bot.asks("aibot_upload_media_init", {"type": "file", "filename": "a", **size})
    held = {"upload_id": started["body"]["upload_id"], "chunk_index": 0}
    for data in (b"first", b"other"):
        piece = {"base64_data": base64.b64encode(data).decode()}
        assert bot.says("aibot_upload_media_chunk", held | piece) == 0
    done = bot.asks("aibot_upload_media_finish", {"upload_id": held["upload_id"]})["body"]
    assert world.shelf.peek(done["media_id"]).data == b"first"


def test_subscriptions_are_protected(world):
    robot(world)
    assert {Phone(world).subscribes() for _ in range(30)} == {0}
    assert Phone(world).subscribes() == 45009


@pytest.mark.parametrize(
    ("name", "ids", "errcode"),
    [
        ("userids", [f"u{n}" for n in range(1000)], 82102),
        ("userids", [f"u{n}" for n in range(1001)], 40032),
        ("partyids", [1, *range(2, 101)], 0),
        ("partyids", [1, *range(2, 102)], 82002),
        ("tagids", [str(n) for n in range(100)], 82102),
        ("tagids", [str(n) for n in range(101)], 82003),
    ],
)
def test_an_update_names_so_many_at_most(world, name, ids, errcode):
    code = call(world, "message/send", to("zhang", button_card()))["response_code"]
    body = {"agentid": AGENT, "response_code": code, "button": {"replace_name": "已阅"}, name: ids}
    assert call(world, "message/update_template_card", body)["errcode"] == errcode


@pytest.mark.parametrize(
    ("limit", "errcode"), [(1, 0), (10_000, 0), (10_001, 40058), (0, 40058), ("9", 40058)]
)
def test_a_page_of_ids_has_at_most_ten_thousand(world, limit, errcode):
    world.sync_secret = "sync-s3cret"
    answer = call(world, "user/list_id", {"limit": limit}, secret="sync-s3cret")
    assert answer["errcode"] == errcode


def test_the_corporation_asks_for_four_hundred_tickets_an_hour(world, clock):
    for agentid in range(11, 16):
        world.add_app(agentid, f"应用{agentid}", f"s3cret-{agentid}")

    def ask(agentid):
        return call(world, "get_jsapi_ticket", secret=f"s3cret-{agentid}")["errcode"]

    for agentid in range(11, 15):
        assert {ask(agentid) for _ in range(100)} == {0}
    assert ask(15) == 45009
    clock.tick(3600)
    assert ask(15) == 0


def test_the_tenth_wrong_secret_is_the_last_that_is_forgiven(world):
    def errcode(secret):
        return world.gettoken(world.corp_id, secret, ip="10.0.0.9")["errcode"]

    assert [errcode("wrong") for _ in range(10)] == [40001] * 10
    assert errcode("app-s3cret") == 0
    assert errcode("wrong") == 40001
    assert errcode("app-s3cret") == 45009


@pytest.mark.parametrize(("size", "errcode"), [(256, 0), (257, 40058)])
def test_a_cards_feedback_id_has_at_most_256_bytes(world, size, errcode):
    card = {
        "card_type": "text_notice",
        "main_title": {"title": "题"},
        "card_action": {"type": 1, "url": "https://a.example"},
        "feedback": {"id": "x" * size},
    }
    message = {"chatid": "zhang", "chat_type": 1, **of("template_card", **card)}
    assert connected(world).says("aibot_send_msg", message) == errcode


GROUP = {"chatid": "big", "userlist": [f"u{n}" for n in range(2000)]}


def crowd(world):
    """A group of 2,000 that an app made; returns a sender into it."""
    world.api_window = "sliding"  # by default whoever goes over is out for the whole window
    for number in range(2000):
        world.add_user(f"u{number}", f"员{number}")
    assert call(world, "appchat/create", GROUP)["errcode"] == 0
    return lambda: call(world, "appchat/send", {"chatid": "big", **text()})["errcode"]


def test_groups_of_a_small_corporation_take_150000_person_times_an_hour(world, clock):
    send = crowd(world)
    for _ in range(75):
        assert send() == 0
        clock.tick(10)
    assert send() == 45009
    world.appchat_hourly = 350_000
    assert send() == 0
    clock.tick(3600)
    world.appchat_hourly = 150_000
    assert send() == 0


def test_a_refused_message_to_a_group_uses_up_nothing(world, clock):
    send = crowd(world)
    call(world, "appchat/create", {"chatid": "small", "userlist": ["zhang", "Li"]})
    for _ in range(9):
        assert send() == 0
    small = {"chatid": "small", **text()}
    assert call(world, "appchat/send", small)["errcode"] == 0  # 18,002 of 20,000
    assert send() == 45009
    assert {call(world, "appchat/send", small)["errcode"] for _ in range(199)} == {0}


def test_an_address_outside_the_list_may_not_read_contacts_either(world):
    world.allowed_ips = {"10.0.0.1"}
    for endpoint in ("user/get", "department/list", "tag/list", "appchat/get", "media/get"):
        assert call(world, endpoint, userid="zhang")["errcode"] == 60020


async def test_a_body_over_twelve_megabytes_is_too_large(http, world):
    path = f"/cgi-bin/webhook/send?key={KEY}"
    assert (await http.post(path, content=b" " * (12 * MB))).json()["errcode"] == 40058
    assert (await http.post(path, content=b" " * (12 * MB + 1))).json()["errcode"] == 40206
    assert world.posted == []
