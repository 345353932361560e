"""Each limit at its edge and one past it: uploads, card changes, recalls, calls, days."""

import pytest

from bot.sandbox.asks import Ask, Upload
from bot.sandbox.errors import Refusal
from bot.sandbox.limits import Windows
from bot.sandbox.media import AMR, JPEG, MB, PNG
from bot.sandbox.records import Chat

from .house import AGENT, BOT, KEY, MONDAY, SECRET, Phone, button_card, robot, text, to, token

MP4 = b"\0\0\0\x18ftypmp42"
NEW = {
    "card_type": "text_notice",
    "main_title": {"title": "已阅，谢谢"},
    "card_action": {"type": 1, "url": "https://a.example"},
}


def call(world, endpoint, body=b"", *, secret=SECRET, upload=None, **query):
    held = {"access_token": token(world, secret)}
    return world.call(endpoint, Ask(query=held | query, body=body, upload=upload))


def file(start, size):
    return Upload(filename="a", data=start + b"\0" * (size - len(start)))


@pytest.mark.parametrize(
    ("kind", "start", "size", "errcode"),
    [
        ("image", PNG, 10 * MB, 0),
        ("image", JPEG, 10 * MB + 1, 40009),
        ("image", b"GIF89a", 100, 40005),
        ("voice", AMR + b"\n", 2 * MB + 1, 45001),
        ("voice", b"ID3", 100, 301017),
        ("video", MP4, 10 * MB, 0),
        ("video", MP4, 10 * MB + 1, 40011),
        ("file", b"", 20 * MB, 0),
        ("file", b"", 20 * MB + 1, 45001),
        ("file", b"", 6, 0),
        ("file", b"", 5, 40006),
        ("music", b"", 6, 40004),
    ],
)
def test_an_upload_is_measured(world, kind, start, size, errcode):
    answer = call(world, "media/upload", type=kind, upload=file(start, size))
    assert answer["errcode"] == errcode
    if not errcode:
        assert (answer["type"], answer["created_at"]) == (kind, str(int(MONDAY.timestamp())))


@pytest.mark.parametrize(("frames", "errcode"), [(3000, 0), (3001, 45007)])
def test_a_voice_lasts_sixty_seconds(world, frames, errcode):
    data = AMR + b"\n" + (bytes([7 << 3]) + b"\0" * 31) * frames
    upload = Upload(filename="a.amr", data=data)
    assert call(world, "media/upload", type="voice", upload=upload)["errcode"] == errcode


def test_an_upload_without_a_file_is_refused(world):
    assert call(world, "media/upload", type="file")["errcode"] == 44001


@pytest.mark.parametrize(("seconds", "errcode"), [(3 * 86_400 - 1, 0), (3 * 86_400, 40145)])
def test_a_file_may_be_sent_for_three_days(world, clock, seconds, errcode):
    done = call(world, "media/upload", type="file", upload=file(b"", 6))
    clock.tick(seconds)
    message = {"msgtype": "file", "file": {"media_id": done["media_id"]}}
    assert call(world, "message/send", to("zhang", message))["errcode"] == errcode


def test_a_webhooks_files_and_the_corporations_do_not_mix(world):
    def webhook(endpoint, key=KEY, **more):
        return world.call(f"webhook/{endpoint}", Ask(query={"key": key, "type": "file"}, **more))

    own = webhook("upload_media", upload=file(b"", 6))["media_id"]
    corp = call(world, "media/upload", type="file", upload=file(b"", 6))["media_id"]
    other = world.add_group("g3", "三支部", ["zhang"])

    def send(media_id, key=KEY):
        body = {"msgtype": "file", "file": {"media_id": media_id}}
        return webhook("send", key, body=body)["errcode"]

    assert (send(own), send(corp), send(own, other)) == (0, 40007, 40007)
    assert webhook("upload_media", "nobody", upload=file(b"", 6))["errcode"] == 93000
    assert world.posted[0].body["file"]["filename"] == "a"


@pytest.mark.parametrize(("count", "errcode"), [(1000, 0), (1001, 45009)])
def test_a_thousand_permanent_pictures_are_taken_in_a_day(world, count, errcode):
    answers = [call(world, "media/uploadimg", upload=file(PNG, 99)) for _ in range(count)]
    assert {answer["errcode"] for answer in answers[:1000]} == {0}
    assert answers[-1]["errcode"] == errcode
    assert answers[0]["url"].startswith(world.base_url)


@pytest.fixture
def code(world):
    """The response_code of a card to zhang and Li."""
    return call(world, "message/send", to("zhang|Li", button_card()))["response_code"]


def update(world, code, secret=SECRET, **more):
    button = {"button": {"replace_name": "已阅"}, "userids": ["zhang"]}
    body = {"agentid": AGENT, "response_code": code} | button | more
    return call(world, "message/update_template_card", body, secret=secret)


def greyed(world):
    message = world.message_of("push-1@all")
    return {u: s.greyed for u in message.reached if (s := world.state_of(message, u))}


def test_a_response_code_greys_a_button_once(world, code):
    assert update(world, code) == {"errcode": 0, "errmsg": "ok"}
    assert greyed(world) == {"zhang": "已阅"}
    assert update(world, code)["errcode"] == 60140
    assert update(world, "invented")["errcode"] == 60140


@pytest.mark.parametrize(("seconds", "errcode"), [(72 * 3600 - 1, 0), (72 * 3600, 60140)])
def test_a_response_code_lives_72_hours(world, clock, code, seconds, errcode):
    clock.tick(seconds)
    assert update(world, code)["errcode"] == errcode


@pytest.mark.parametrize(
    ("more", "errcode", "who"),
    [
        ({"atall": 1}, 0, {"zhang", "Li"}),
        ({"userids": ["zhang", "wang", "x"]}, 0, {"zhang"}),
        ({"userids": ["wang"]}, 82102, set()),
        ({"userids": []}, 82101, set()),
        ({"userids": [], "partyids": [1]}, 0, {"zhang", "Li"}),
        ({"userids": ["u"] * 1001}, 82102, set()),
        ({"userids": [f"u{n}" for n in range(1001)]}, 40032, set()),
        ({"agentid": 2}, 42015, set()),
        ({"button": {}}, 42020, set()),
        ({"button": None}, 40058, set()),
    ],
)
def test_an_update_names_its_people(world, code, more, errcode, who):
    answer = update(world, code, **more)
    assert answer["errcode"] == errcode
    assert set(greyed(world)) == who
    if "x" in more.get("userids", ()):
        assert answer["invaliduser"] == ["wang", "x"]


def test_a_whole_new_card_takes_the_place_of_the_old_one(world, code):
    card = NEW | {"replace_text": "谢谢"}
    assert update(world, code, button=None, template_card=card)["errcode"] == 0
    assert greyed(world) == {"zhang": "谢谢"}


@pytest.mark.parametrize(("seconds", "errcode"), [(86_400, 0), (86_401, 42052)])
def test_a_message_is_recalled_within_a_day(world, clock, seconds, errcode):
    msgid = call(world, "message/send", to("zhang", text()))["msgid"]
    clock.tick(seconds)
    assert call(world, "message/recall", {"msgid": msgid})["errcode"] == errcode
    chat = Chat(chat_id=f"app-{AGENT}", name="", kind="single", viewer="zhang")
    assert len(world.messages(chat)) == (1 if errcode else 0)


def test_only_the_app_that_sent_a_message_recalls_it(world):
    msgid = call(world, "message/send", to("zhang", text()))["msgid"]
    other = call(world, "message/recall", {"msgid": msgid}, secret="other-s3cret")
    assert other["errcode"] == 40058
    assert call(world, "message/recall", {"msgid": "MSG9"})["errcode"] == 40058


def test_an_app_sends_200_person_times_a_day_for_each_account(world, clock):
    world.accounts = 1
    for _ in range(100):
        assert call(world, "message/send", to("zhang|Li", text()))["errcode"] == 0
    assert call(world, "message/send", to("wang", text()))["errcode"] == 45009
    clock.tick(86_400)
    assert call(world, "message/send", to("wang", text()))["errcode"] == 0


def test_ten_thousand_calls_a_minute_and_then_a_minutes_block(world, clock):
    held = Ask(query={"access_token": token(world)})
    answers = [world.call("getcallbackip", held)["errcode"] for _ in range(10_001)]
    assert (set(answers[:-1]), answers[-1]) == ({0}, 45009)
    clock.tick(59)
    assert world.call("getcallbackip", held)["errcode"] == 45009
    clock.tick(1)
    assert world.call("getcallbackip", held)["errcode"] == 0


def test_debug_lowers_the_limit_to_five_a_minute(world):
    ask = Ask(query={"access_token": token(world), "debug": "1"})
    answers = [world.call("getcallbackip", ask)["errcode"] for _ in range(6)]
    assert answers == [0, 0, 0, 0, 0, 45009]


def test_wrong_secrets_ban_the_address_for_an_hour(world, clock):
    answers = [world.gettoken(world.corp_id, "wrong", ip="10.0.0.9")["errcode"] for _ in range(12)]
    assert answers[-1] == 45009
    assert world.gettoken(world.corp_id, SECRET, ip="10.0.0.9")["errcode"] == 45009
    assert world.gettoken(world.corp_id, SECRET)["errcode"] == 0
    clock.tick(3600)
    assert world.gettoken(world.corp_id, SECRET, ip="10.0.0.9")["errcode"] == 0


@pytest.mark.parametrize(
    ("shape", "after"), [("sliding", [0, 0]), ("fixed", [0, 0]), ("block", [45009, 0])]
)
def test_a_webhook_over_its_twenty_waits_as_the_switch_says(world, clock, shape, after):
    world.webhook_window = shape
    clock.tick(-MONDAY.second)
    assert [world.webhook_send(KEY, text())["errcode"] for _ in range(20)] == [0] * 20
    clock.tick(59)
    assert world.webhook_send(KEY, text())["errcode"] == 45009
    clock.tick(1)
    answers = [world.webhook_send(KEY, text())["errcode"]]
    clock.tick(59)
    answers.append(world.webhook_send(KEY, text())["errcode"])
    assert answers == after


@pytest.mark.parametrize(("counts", "errcode"), [(False, 0), (True, 45009)])
def test_whether_refused_messages_count_is_a_switch(world, counts, errcode):
    world.refused_counts = counts
    for _ in range(20):
        assert world.webhook_send(KEY, text(""))["errcode"] == 44004
    assert world.webhook_send(KEY, text())["errcode"] == errcode


@pytest.mark.parametrize(("allowed", "errcode"), [(True, 0), (False, 93001)])
def test_whether_an_external_group_takes_pushes_is_a_switch(world, allowed, errcode):
    world.webhook_external = allowed
    key = world.add_group("out", "外部群", ["zhang"], external=True)
    assert world.webhook_send(key, text())["errcode"] == errcode


def test_a_full_window_is_quick_to_ask_in_every_shape(clock):
    windows = Windows((150_000, 3600))
    for shape in ("fixed", "sliding", "block"):
        for _ in range(50_000):
            assert windows.take(clock(), shape)
    assert not windows.take(clock(), "fixed")


def upload(bot, data, **more):
    body = {"type": "file", "filename": "a.txt", "total_size": len(data), "total_chunks": 1} | more
    return bot.asks("aibot_upload_media_init", body)


@pytest.fixture
def bot(world):
    robot(world)
    phone = Phone(world)
    phone.subscribes()
    return phone


@pytest.mark.parametrize(
    ("more", "errcode"),
    [
        ({}, 0),
        ({"total_chunks": 100}, 0),
        ({"total_chunks": 101}, 846612),
        ({"total_size": 4}, 40006),
        ({"total_size": 20 * MB}, 0),
        ({"total_size": 20 * MB + 1}, 45001),
        ({"type": "music"}, 846697),
        ({"filename": "x" * 256}, 0),
        ({"filename": "x" * 257}, 40058),
    ],
)
def test_a_robot_announces_its_file(bot, more, errcode):
    assert upload(bot, b"hello, file", **more)["errcode"] == errcode


def chunk(bot, upload_id, data, index=0):
    import base64

    body = {"upload_id": upload_id, "chunk_index": index}
    return bot.says(
        "aibot_upload_media_chunk", body | {"base64_data": base64.b64encode(data).decode()}
    )


def test_pieces_come_in_any_order_twice_and_after_a_reconnect(world, bot):
    started = upload(bot, b"hello, file", total_chunks=2)["body"]["upload_id"]
    assert chunk(bot, started, b"file", "1") == 0
    assert bot.says("aibot_upload_media_finish", {"upload_id": started}) == 846616
    again = Phone(world)
    again.subscribes()
    assert chunk(again, started, b"hello, ", 0) == 0
    assert chunk(again, started, b"hello, ", 0) == 0
    assert chunk(again, started, b"", 2) == 846612
    done = again.asks("aibot_upload_media_finish", {"upload_id": started})["body"]
    media = world.shelf.find(BOT, done["media_id"], "file", MONDAY)
    assert media.data == b"hello, file"
    assert again.says("aibot_upload_media_finish", {"upload_id": started}) == 846611


@pytest.mark.parametrize(("size", "errcode"), [(512 * 1024, 0), (512 * 1024 + 1, 846613)])
def test_a_piece_has_at_most_512_kilobytes(bot, size, errcode):
    started = upload(bot, b"x" * size)["body"]["upload_id"]
    assert chunk(bot, started, b"x" * size) == errcode


@pytest.mark.parametrize(("seconds", "errcode"), [(1800, 0), (1801, 846611)])
def test_an_upload_lives_half_an_hour(bot, clock, seconds, errcode):
    started = upload(bot, b"hello, file")["body"]["upload_id"]
    clock.tick(seconds)
    assert chunk(bot, started, b"hello, file") == errcode


def test_a_robot_announces_thirty_files_a_minute(bot):
    answers = [upload(bot, b"hello, file")["errcode"] for _ in range(31)]
    assert (set(answers[:30]), answers[30]) == ({0}, 45009)


def calls(world, endpoint, count, ip="10.0.0.1"):
    """How many of `count` calls at this moment are let through."""
    done = 0
    for _ in range(count):
        try:
            world.tokens.count(endpoint, ip)
        except Refusal:
            return done
        done += 1
    return done


def test_a_hundred_and_fifty_thousand_calls_an_hour_to_one_api(world, clock):
    world.api_window = "sliding"
    for minute in range(15):  # from as many addresses, so that only the API is full
        assert calls(world, "user/get", 10_000, f"10.0.1.{minute}") == 10_000
        clock.tick(60)
    assert calls(world, "user/get", 1, "10.0.2.1") == 0
    assert calls(world, "tag/get", 1, "10.0.2.1") == 1
    clock.tick(3600 - 15 * 60)
    assert calls(world, "user/get", 1, "10.0.2.1") == 1


def test_twenty_thousand_calls_a_minute_from_one_address(world, clock):
    world.api_window = "sliding"
    assert calls(world, "user/get", 10_000) == calls(world, "tag/get", 10_000) == 10_000
    assert calls(world, "department/list", 1) == 0
    assert calls(world, "department/list", 1, "10.0.0.2") == 1
    clock.tick(60)
    assert calls(world, "department/list", 1) == 1


def test_six_hundred_thousand_calls_an_hour_from_one_address(world, clock):
    world.api_window = "sliding"
    for minute in range(30):
        assert calls(world, f"a{minute}", 10_000) == calls(world, f"b{minute}", 10_000) == 10_000
        clock.tick(60)
    assert calls(world, "c", 1) == 0
    clock.tick(3600 - 30 * 60)
    assert calls(world, "c", 1) == 1


def test_a_robot_announces_a_thousand_files_an_hour(bot, clock):
    for _ in range(33):
        assert {upload(bot, b"hello, file")["errcode"] for _ in range(30)} == {0}
        clock.tick(60)
    answers = [upload(bot, b"hello, file")["errcode"] for _ in range(11)]
    assert (set(answers[:10]), answers[10]) == ({0}, 45009)
