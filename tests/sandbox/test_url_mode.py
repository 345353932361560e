"""A smart robot told by callbacks: encrypted JSON, streams, response_url (wecom/api.md §2.12)."""

import asyncio
import base64
import hashlib
import json

import httpx
import pytest
from starlette.applications import Starlette
from starlette.responses import Response
from starlette.routing import Route

from bot.sandbox import crypto
from bot.sandbox.app_words import STILL
from bot.sandbox.asks import Ask, Upload
from bot.sandbox.people import enter, press, rate, say
from bot.sandbox.records import Chat

from .house import AES_KEY, BOT, TOKEN, Phone, robot

SINGLE = f"bot-{BOT}"
URL = "http://callback.test/robot"


class Program:
    """The program behind the robot's callback, in few lines: opens events, answers as told."""

    def __init__(self):
        self.heard = []
        self.replies = []  # for the next callbacks; nothing once empty
        self.statuses = []
        self.spoil = {}
        self.app = Starlette(routes=[Route("/robot", self.take, methods=["GET", "POST"])])

    async def take(self, request):
        query = request.query_params
        if request.method == "GET":
            return Response(crypto.decrypt(AES_KEY, query["echostr"], ""))
        encrypted = (await request.json())["encrypt"]
        claimed = query["msg_signature"]
        assert crypto.signed(TOKEN, query["timestamp"], query["nonce"], encrypted, claimed)
        self.heard.append(json.loads(crypto.decrypt(AES_KEY, encrypted, "")))
        status = self.statuses.pop(0) if self.statuses else 200
        reply = self.replies.pop(0) if self.replies else None
        return Response(self._sealed(reply, query["nonce"]) if reply else "", status_code=status)

    def _sealed(self, reply, nonce):
        encrypted = crypto.encrypt(AES_KEY, json.dumps(reply), "")
        claimed = crypto.signature(TOKEN, "1", nonce, encrypted)
        fields = {"encrypt": encrypted, "msgsignature": claimed, "timestamp": 1, "nonce": nonce}
        return json.dumps(fields | self.spoil)


@pytest.fixture
async def program():
    return Program()


@pytest.fixture
async def line(world, program):
    """Carries callbacks to the program; the robot is in URL mode."""
    robot(world)
    world.set_robot_url(BOT, URL, token=TOKEN, aes_key=AES_KEY)
    world.stream_poll = 0.001
    async with httpx.AsyncClient(transport=httpx.ASGITransport(program.app)) as http:
        yield http
        for errand in world.errands:
            errand.cancel()


def stream(content, *, finish, **more):
    part = {"id": "s1", "finish": finish, "content": content} | more
    return {"msgtype": "stream", "stream": part}


def card(task_id="t1", **more):
    buttons = [{"text": "已阅", "style": 1, "key": "ack"}]
    made = {"card_type": "button_interaction", "main_title": {"title": "题"}, "task_id": task_id}
    return {"msgtype": "template_card", "template_card": made | {"button_list": buttons} | more}


def shown(world, who, chat):
    found = Chat(chat_id=chat, name="", kind="single", viewer=who)
    return [one.message.body for one in world.messages(found) if not one.message.author]


def replies(world):
    return [record.errcode for record in world.log if record.endpoint == "aibot_reply"]


async def finished(world):
    await asyncio.gather(*world.errands)


async def test_a_message_comes_encrypted_with_an_empty_receiver_and_a_response_url(
    world, line, program
):
    assert (await say(world, "zhang", "g1", "@廉小助 在吗", http=line)).delivered
    (body,) = program.heard
    assert body["text"] == {"content": "@廉小助 在吗"}
    assert (body["chatid"], body["chattype"], body["aibotid"]) == ("g1", "group", BOT)
    assert body["response_url"].startswith(world.base_url + "/cgi-bin/aibot/response?")


async def test_a_stream_is_asked_for_again_until_it_is_finished(world, line, program):
    program.replies = [
        stream("先", finish=False),
        stream("先婉拒", finish=False),
        stream("先婉拒。", finish=True),
    ]
    await say(world, "zhang", SINGLE, "收到礼品怎么办", http=line)
    await finished(world)
    polls = [body for body in program.heard if body["msgtype"] == "stream"]
    assert [body["stream"] for body in polls] == [{"id": "s1"}, {"id": "s1"}]
    assert "response_url" not in polls[0]
    (body,) = shown(world, "zhang", SINGLE)
    assert body["markdown_v2"]["content"] == "先婉拒。"
    assert replies(world) == [0, 0, 0]


async def test_nobody_asks_for_a_stream_after_six_minutes(world, line, program, clock):
    program.replies = [stream("先", finish=False)]
    await say(world, "zhang", SINGLE, "问", http=line)
    clock.tick(361)
    await finished(world)
    before = len(program.heard)
    await asyncio.sleep(0.02)
    assert len(program.heard) == before


async def test_of_four_unfinished_answers_to_one_person_the_fourth_is_not_sent(
    world, line, program
):
    world.stream_poll = 60
    program.replies = [
        stream("…", finish=False) | {"stream": {"id": f"s{n}", "finish": False, "content": "…"}}
        for n in range(3)
    ]
    told = [(await say(world, "zhang", SINGLE, f"问{n}", http=line)).delivered for n in range(4)]
    assert told == [True, True, True, False]
    assert (await say(world, "Li", SINGLE, "我也问", http=line)).delivered


async def test_the_last_frame_of_a_stream_may_bring_pictures(world, line, program):
    encoded = base64.b64encode(STILL).decode()
    image = {"base64": encoded, "md5": hashlib.md5(STILL).hexdigest()}
    items = [{"msgtype": "image", "image": image}]
    program.replies = [stream("图", finish=True, msg_item=items)]
    await say(world, "zhang", SINGLE, "图", http=line)
    assert shown(world, "zhang", SINGLE)[0]["markdown_v2"]["msg_item"] == items
    wrong = [{"msgtype": "image", "image": image | {"md5": "0" * 32}}]
    program.replies = [stream("图", finish=True, msg_item=wrong)]
    await say(world, "zhang", SINGLE, "图", http=line)
    assert replies(world)[-1] == 301019


async def test_a_card_may_stand_beside_a_stream_once(world, line, program):
    both = stream("看卡片", finish=False) | {"msgtype": "stream_with_template_card"}
    again = stream("看卡片吧", finish=True) | {"msgtype": "stream_with_template_card"}
    program.replies = [both | {"template_card": card()["template_card"]}, again | card("t2")]
    program.replies[1]["msgtype"] = "stream_with_template_card"
    await say(world, "zhang", SINGLE, "有卡片吗", http=line)
    await finished(world)
    assert [body["msgtype"] for body in shown(world, "zhang", SINGLE)] == [
        "markdown_v2",
        "template_card",
    ]


@pytest.mark.parametrize(
    "reply",
    [
        {"msgtype": "text", "text": {"content": "欢迎"}},
        {"msgtype": "markdown", "markdown": {"content": "欢迎"}},
    ],
)
async def test_only_a_welcome_may_be_a_text(world, line, program, reply):
    program.replies = [reply, reply]
    await enter(world, "zhang", SINGLE, http=line)
    await say(world, "zhang", SINGLE, "问", http=line)
    welcomed = reply["msgtype"] == "text"
    assert replies(world) == [0 if welcomed else 40008, 40008]
    assert len(shown(world, "zhang", SINGLE)) == welcomed


async def test_a_press_is_sent_once_and_its_answer_changes_the_card(world, line, program):
    program.replies = [card()]
    await say(world, "zhang", SINGLE, "卡片", http=line)
    number = world.posted[-1].number
    new = card()["template_card"] | {"replace_text": "已阅，谢谢"}
    program.replies = [{"response_type": "update_template_card", "template_card": new}]
    assert (await press(world, "zhang", number, "ack", http=line)).delivered
    event = program.heard[-1]
    assert event["event"]["template_card_event"]["event_key"] == "ack"
    assert "response_url" in event
    assert world.state_of(world.posted[number - 1], "zhang").greyed == "已阅，谢谢"
    program.statuses = [500, 500, 500]
    before = len(program.heard)
    assert not (await press(world, "zhang", number, "ack", http=line)).delivered
    assert len(program.heard) == before + 1
    taps = [record.delivered for record in world.log if record.kind == "tap"]
    assert taps == [True, False]


async def test_a_message_that_is_not_answered_with_200_is_sent_three_times(world, line, program):
    program.statuses = [500, 502, 500]
    assert not (await say(world, "zhang", SINGLE, "在吗", http=line)).delivered
    assert [body["msgid"] for body in program.heard] == [program.heard[0]["msgid"]] * 3


async def test_a_rating_is_answered_with_nothing(world, line, program):
    program.replies = [stream("答", finish=True, feedback={"id": "f1"})]
    await say(world, "zhang", SINGLE, "问", http=line)
    number = world.posted[-1].number
    program.replies = [{"msgtype": "text", "text": {"content": "谢谢"}}]
    await rate(world, "zhang", number, 2, content="不够", reasons=[2], http=line)
    told = program.heard[-1]["event"]["feedback_event"]
    assert told == {"id": "f1", "type": 2, "content": "不够", "inaccurate_reason_list": [2]}
    assert replies(world) == [0, 40058]


@pytest.mark.parametrize("spoil", [{"nonce": "other"}, {"msgsignature": "0" * 40}])
async def test_an_answer_with_another_nonce_or_signature_is_refused(world, line, program, spoil):
    program.spoil = spoil
    program.replies = [stream("答", finish=True)]
    assert (await say(world, "zhang", SINGLE, "问", http=line)).delivered
    assert shown(world, "zhang", SINGLE) == []
    assert replies(world) == [40058]


async def code_of(world, line, program, chat="g1"):
    await say(world, "zhang", chat, "@廉小助 问", http=line)
    return program.heard[-1]["response_url"].partition("response_code=")[2]


def later(world, code, body):
    answer = world.call("aibot/response", Ask(query={"response_code": code}, body=body))
    return answer["errcode"]


async def test_a_response_url_answers_once_and_quotes_in_a_group(world, line, program):
    code = await code_of(world, line, program)
    markdown = {"msgtype": "markdown", "markdown": {"content": "**晚到**"}}
    assert later(world, code, {"msgtype": "text", "text": {"content": "x"}}) == 40008
    assert later(world, code, markdown) == 0
    assert later(world, code, markdown) == 60140
    (body,) = shown(world, "Li", "g1")
    assert body["quote"]["text"] == {"content": "@廉小助 问"}


async def test_a_card_cannot_quote_so_an_empty_message_does_it_first(world, line, program):
    code = await code_of(world, line, program)
    assert later(world, code, card()) == 0
    empty, made = shown(world, "Li", "g1")
    assert (empty["markdown_v2"]["content"], "quote" in empty) == ("", True)
    assert "quote" not in made


@pytest.mark.parametrize(("seconds", "errcode"), [(3599, 0), (3600, 60140)])
async def test_a_response_url_is_good_for_an_hour(world, line, program, clock, seconds, errcode):
    code = await code_of(world, line, program, SINGLE)
    clock.tick(seconds)
    assert later(world, code, card()) == errcode
    assert later(world, "none", card()) == 60140


async def test_the_two_modes_exclude_each_other(world, line, program):
    phone = Phone(world)
    assert phone.subscribes() == 846601
    world.set_robot_url(BOT, "")
    assert phone.subscribes() == 0
    world.set_robot_url(BOT, URL)
    assert phone.line.closing == 1000
    with pytest.raises(ValueError, match="EncodingAESKey"):
        world.set_robot_url(BOT, URL, aes_key="short")


async def test_the_url_is_verified_as_the_admin_page_does(world, line, program):
    from bot.sandbox.server import create_app

    transport = httpx.ASGITransport(create_app(world, http=line))
    async with httpx.AsyncClient(transport=transport, base_url="http://sandbox.test") as http:

        async def told(**body):
            return (await http.post("/sandbox/api/verify", json={"bot_id": BOT, **body})).json()

        assert await told() == {"passed": True, "mode": "url"}
        assert (await told(url="http://callback.test/none"))["passed"] is False
        assert (await told(url=""))["mode"] == "long connection"


async def test_a_file_is_sealed_with_the_callbacks_own_key(world, line, program):
    await say(world, "zhang", SINGLE, files=[Upload(filename="a.png", data=STILL)], http=line)
    image = program.heard[-1]["image"]
    assert set(image) == {"url"}
    ticket = image["url"].rpartition("/")[2]
    _, sealed = world.offers.sealed(ticket, world.now())
    assert sealed == crypto.seal(crypto.key_of(AES_KEY), STILL)


@pytest.mark.parametrize(("kind", "times"), [("lose", 0), ("duplicate", 2), ("reorder", 0)])
async def test_callbacks_are_lost_doubled_or_kept_back_on_request(
    world, line, program, kind, times
):
    world.faults.add("aibot_event", kind)
    await say(world, "zhang", SINGLE, "一", http=line)
    assert len(program.heard) == times
    await say(world, "zhang", SINGLE, "二", http=line)
    words = [body["text"]["content"] for body in program.heard[times:]]
    assert words == (["二", "一"] if kind == "reorder" else ["二"])
