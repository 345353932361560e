"""Every switch of what nobody has verified does something (wecom/api.md §13)."""

import base64
import hashlib
import re
from pathlib import Path

import pytest
import websockets

from bot.sandbox.asks import Ask
from bot.sandbox.media import PNG
from bot.sandbox.server import create_app
from bot.sandbox.serving import Serving
from bot.sandbox.switches import TABLE
from bot.sandbox.taps import tap

from .house import BOT, BOT_SECRET, KEY, button_card, robot, text, to, token

TESTS = "".join(file.read_text("utf-8") for file in Path(__file__).parent.glob("test_*.py"))


@pytest.mark.parametrize("name", TABLE)
def test_a_test_turns_each_switch(name):
    assert re.search(rf"\.{name} = ", TESTS), f"no test turns {name}"


def picture(md5):
    encoded = base64.b64encode(PNG + b"0" * 40).decode()
    return {"msgtype": "image", "image": {"base64": encoded, "md5": md5}}


@pytest.mark.parametrize(("checked", "errcode"), [(True, 301019), (False, 0)])
def test_whether_a_pictures_md5_is_checked(world, checked, errcode):
    world.md5_checked = checked
    assert world.webhook_send(KEY, picture("0" * 32))["errcode"] == errcode
    right = hashlib.md5(PNG + b"0" * 40).hexdigest()
    assert world.webhook_send(KEY, picture(right))["errcode"] == 0


@pytest.mark.parametrize(("way", "errcode", "shown"), [("reject", 45002, []), ("cut", 0, [2048])])
def test_whether_a_long_text_is_refused_or_cut(world, way, errcode, shown):
    world.oversize = way
    assert world.webhook_send(KEY, text("a" * 2049))["errcode"] == errcode
    assert [len(message.body["text"]["content"]) for message in world.posted] == shown


@pytest.mark.parametrize(
    ("shape", "later"),
    # calls 30 s after the five that are allowed, 60 s after them, and 90 s after them
    [("sliding", [45009, 0, 0]), ("fixed", [45009, 0, 0]), ("block", [45009, 45009, 0])],
)
def test_how_calls_are_counted(world, clock, shape, later):
    world.api_window = shape
    ask = Ask(query={"access_token": token(world), "debug": "1"})
    assert {world.call("getcallbackip", ask)["errcode"] for _ in range(5)} == {0}
    answers = []
    for _ in later:
        clock.tick(30)
        answers.append(world.call("getcallbackip", ask)["errcode"])
    assert answers == later


MENU = "".join(f"<ActionList><Text>项{n}</Text><Key>k{n}</Key></ActionList>" for n in range(4))
UPDATE = (
    "<xml><MsgType>update_template_card</MsgType><TemplateCard><CardType>text_notice</CardType>"
    f"<MainTitle><Title>题</Title></MainTitle><ActionMenu><Desc>更多</Desc>{MENU}</ActionMenu>"
    "<CardAction><Type>1</Type><Url>https://a.example</Url></CardAction></TemplateCard></xml>"
)


@pytest.mark.parametrize(("limit", "understood"), [(3, False), (4, True), (10, True)])
async def test_how_long_the_corner_menu_of_an_update_may_be(
    world, callback, bot, limit, understood
):
    world.update_menu_limit = limit
    world.message_send(token(world), to("zhang", button_card("c1")))
    callback.reply = UPDATE
    result = await tap(world, "zhang", "c1", "ack", http=bot)
    assert (result.error == "") is understood
    assert (world.state_of(world.message_of("c1"), "zhang") is not None) is understood


@pytest.mark.parametrize("code", [1000, 4001, 1006])
async def test_with_which_code_an_older_line_is_closed(world, code):
    robot(world)
    world.aibot_kick_code = code
    async with Serving(create_app(world)) as served:
        older = await subscribed(served)
        newer = await subscribed(served)
        await older.wait_closed()
        assert older.close_code == code
        await newer.close()


async def subscribed(served):
    socket = await websockets.connect(served.ws_url)
    body = f'{{"bot_id": "{BOT}", "secret": "{BOT_SECRET}"}}'
    await socket.send(f'{{"cmd": "aibot_subscribe", "headers": {{"req_id": "s"}}, "body": {body}}}')
    await socket.recv()
    return socket


def test_the_answer_to_a_duplicate_may_be_any_errcode(world):
    world.duplicate_answer = "refused"
    world.duplicate_errcode = 45033
    body = to("zhang", text(), enable_duplicate_check=1)
    answers = [world.message_send(token(world), body)["errcode"] for _ in range(2)]
    assert answers == [0, 45033]
