"""What people send beside words: pictures, voices, films, files, answers (wecom/api.md §2.4)."""

import base64
import json

import pytest
from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes

from bot.sandbox.app_words import STILL
from bot.sandbox.asks import Upload
from bot.sandbox.people import say
from bot.sandbox.writing import kind_of

from .house import AGENT, BOT, KEY, Phone, robot, text, token

SINGLE, APP = f"bot-{BOT}", f"app-{AGENT}"
PNG, AMR, MP4, PDF = STILL, b"#!AMR\n" + b"\x04" * 26, b"\0\0\0\x18ftypmp42", b"%PDF-1.4 x"
FILES = {"image": PNG, "voice": AMR, "video": MP4, "file": PDF}


@pytest.fixture
def line(world):
    robot(world)
    phone = Phone(world)
    phone.subscribes()
    return phone


def upload(kind):
    return Upload(filename=f"我的.{kind}", data=FILES[kind])


async def heard(world, line, chat, words="", *, files=(), **more):
    """What the robot is told of the writing; None if nothing."""
    line.line.out.clear()
    uploads = [upload(kind) for kind in files]
    result = await say(world, "zhang", chat, words, files=uploads, **more)
    assert result.delivered is bool(line.line.out)
    return line.hears()["body"] if line.line.out else None


def opened(sealed, key):
    """As the official Node SDK opens a file: 32 bytes of key, IV its first 16, padding to 32."""
    raw = base64.b64decode(key)
    decryptor = Cipher(algorithms.AES(raw), modes.CBC(raw[:16])).decryptor()
    plain = decryptor.update(sealed) + decryptor.finalize()
    assert len(plain) % 32 == 0
    assert 1 <= plain[-1] <= 32
    return plain[: -plain[-1]]


@pytest.mark.parametrize("kind", ["image", "video", "file"])
async def test_a_robot_fetches_what_is_sent_to_it_within_five_minutes(
    world, line, http, clock, kind
):
    body = await heard(world, line, SINGLE, files=[kind])
    assert (body["msgtype"], body["chattype"]) == (kind, "single")
    assert set(body[kind]) == {"url", "aeskey"}
    path = body[kind]["url"].removeprefix(world.base_url)
    answer = await http.get(path)
    assert opened(answer.content, body[kind]["aeskey"]) == FILES[kind]
    assert "filename*=UTF-8''%E6%88%91" in answer.headers["content-disposition"]
    clock.tick(299)
    assert (await http.get(path)).status_code == 200
    clock.tick(1)
    assert (await http.get(path)).status_code == 403


async def test_each_address_has_a_key_of_its_own(world, line):
    first = await heard(world, line, SINGLE, files=["image"])
    second = await heard(world, line, SINGLE, files=["image"])
    assert first["image"]["aeskey"] != second["image"]["aeskey"]


async def test_a_voice_is_told_as_the_words_in_it(world, line):
    body = await heard(world, line, SINGLE, "明天几点开会", files=["voice"])
    assert body["voice"] == {"content": "明天几点开会"}
    assert world.posted[-1].msgtype == "voice"


async def test_words_and_pictures_are_one_mixed_message(world, line):
    body = await heard(world, line, "g1", "@廉小助 看这张", files=["image", "image"])
    items = body["mixed"]["msg_item"]
    assert [item["msgtype"] for item in items] == ["text", "image", "image"]
    assert items[0]["text"] == {"content": "@廉小助 看这张"}
    assert set(items[1]["image"]) == {"url", "aeskey"}
    assert body["chatid"] == "g1"


@pytest.mark.parametrize("kind", FILES)
async def test_in_a_group_a_robot_hears_of_no_file(world, line, kind):
    assert await heard(world, line, "g1", files=[kind]) is None
    assert world.posted[-1].msgtype == kind


async def test_pictures_without_its_name_are_not_for_the_robot(world, line):
    assert await heard(world, line, "g1", "大家看", files=["image"]) is None


async def test_a_file_beside_words_follows_them(world, line):
    body = await heard(world, line, SINGLE, "附件请看", files=["file"])
    assert body["text"] == {"content": "附件请看"}
    assert line.hears()["body"]["msgtype"] == "file"


async def test_an_answer_carries_what_it_answers(world, line, http):
    await heard(world, line, SINGLE, files=["image"])
    body = await heard(world, line, SINGLE, "这是什么", quote=len(world.posted))
    assert body["text"] == {"content": "这是什么"}
    assert body["quote"]["msgtype"] == "image"
    path = body["quote"]["image"]["url"].removeprefix(world.base_url)
    key = body["quote"]["image"]["aeskey"]
    assert opened((await http.get(path)).content, key) == PNG
    assert "sender" not in json.dumps(body)


async def test_a_card_or_a_markdown_is_quoted_by_its_words(world, line):
    world.webhook_send(KEY, {"msgtype": "markdown", "markdown": {"content": "**节前提醒**"}})
    body = await heard(world, line, "g1", "@廉小助 请解释", quote=len(world.posted))
    assert body["quote"] == {"msgtype": "text", "text": {"content": "**节前提醒**"}}


async def test_only_what_is_on_ones_phone_can_be_quoted(world, line):
    world.webhook_send(KEY, text())
    with pytest.raises(ValueError, match="no such message"):
        await say(world, "wang", SINGLE, "看", quote=1)


@pytest.mark.parametrize(
    ("kind", "fields"),
    [
        ("image", {"PicUrl", "MediaId"}),
        ("voice", {"MediaId", "Format"}),
        ("video", {"MediaId", "ThumbMediaId"}),
    ],
)
async def test_an_app_is_told_the_media_id_and_fetches_it(
    http, world, line, callback, kind, fields
):
    encoded = base64.b64encode(FILES[kind]).decode()
    body = {"userid": "zhang", "chat": APP, "files": [{"name": "x", "base64": encoded}]}
    answer = await http.post("/sandbox/api/say", json=body)
    assert answer.json()["delivered"] is True
    (event,) = callback.events
    common = {"ToUserName", "FromUserName", "CreateTime", "MsgType", "MsgId", "AgentID"}
    assert event.keys() == common | fields
    assert event["MsgType"] == kind
    query = {"access_token": token(world), "media_id": event["MediaId"]}
    fetched = await http.get("/cgi-bin/media/get", params=query)
    assert fetched.content == FILES[kind]
    if kind == "image":
        path = event["PicUrl"].removeprefix(world.base_url)
        assert (await http.get(path)).content == PNG


async def test_an_app_gets_one_thing_at_a_time_and_is_told_of_no_file(world, line, callback, http):
    body = {"userid": "zhang", "chat": APP, "text": "请看"}
    body["files"] = [
        {"name": "a", "base64": base64.b64encode(FILES[kind]).decode()}
        for kind in ("image", "file")
    ]
    await http.post("/sandbox/api/say", json=body)
    assert [event["MsgType"] for event in callback.events] == ["text", "image"]
    assert [message.msgtype for message in world.posted] == ["text", "image", "file"]


async def test_media_get_refuses_what_is_unknown_foreign_or_three_days_old(
    http, world, line, clock
):
    async def errcode(media_id):
        query = {"access_token": token(world), "media_id": media_id}
        answer = await http.get("/cgi-bin/media/get", params=query)
        return answer.json()["errcode"] if "json" in answer.headers["content-type"] else 0

    await say(world, "zhang", SINGLE, files=[upload("file")])
    media_id = world.posted[-1].body["file"]["media_id"]
    assert await errcode(media_id) == 0
    assert await errcode("none") == 40007
    assert await errcode("") == 41006
    clock.tick(3 * 86_400)
    assert await errcode(media_id) == 40145


async def test_the_page_takes_files_and_shows_them(http, world, line):
    data = {"who": "zhang", "chat": SINGLE, "text": "看看"}
    files = [("file", ("a.png", PNG, "image/png")), ("file", ("b.png", PNG, "image/png"))]
    answer = await http.post("/sandbox/say", data=data, files=files, follow_redirects=True)
    assert answer.text.count('<div class="wx-item"') == 3
    data = {"who": "zhang", "chat": SINGLE, "text": "这张", "quote": str(len(world.posted))}
    answer = await http.post("/sandbox/say", data=data, follow_redirects=True)
    assert '<blockquote class="wx-quoted"><span>张敏：' in answer.text


def test_the_first_bytes_tell_what_a_file_is_and_not_its_name():
    assert {kind: kind_of(data) for kind, data in FILES.items()} == {k: k for k in FILES}
