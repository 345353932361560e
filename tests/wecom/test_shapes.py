"""Every kind of message, by every way out, against the sandbox: taken, and shown uncut."""

from __future__ import annotations

import asyncio
import json
from dataclasses import dataclass
from typing import Any

import pytest

from bot.sandbox import talks
from bot.sandbox.server import create_app
from bot.sandbox.serving import Serving
from bot.sandbox.world import World
from bot.wecom import appmessages, media, shapes
from bot.wecom.aibot_socket import Robot
from bot.wecom.client import connect, post_json
from bot.wecom.errors import CallFailed, NotDone
from bot.wecom.shapes import Article, Option, Question
from bot.wecom.token import Token
from tests.sandbox.house import AGENT, BOT, BOT_SECRET, KEY, SECRET, Clock, bureau, robot

PNG = b"\x89PNG\r\n\x1a\n" + b"x" * 100
AMR, MP4, PDF = b"#!AMR\n" + b"x" * 50, b"\0\0\0\x18ftypmp42" + b"x" * 50, b"%PDF-1.7 " + b"x" * 50
URL = "https://page.example/r/1"
ASK = Question(key="q1", options=(Option(id="a", text="甲"), Option(id="b", text="乙")))
TWO = [
    Article(title="一", url=URL, description="说明", picture=URL),
    Article(title="二", url=URL, description="又"),
]
BUTTONS = [{"text": "看", "type": 1, "url": URL}, {"text": "已阅", "key": "ack", "style": 1}]
VOTE = shapes.vote_card("题", ASK, task_id="t1", submit="提交", submit_key="s", text="说明")
CHOICE = shapes.choice_card("题", [ASK], task_id="t2", submit="提交", submit_key="s")
NOTICES = [
    shapes.text_notice("题", "正文", url=URL),
    shapes.news_notice("题", picture=URL, url=URL, ratio=2.0),
]
PLAIN = [shapes.text("你好"), shapes.markdown("**你好**"), shapes.news(TWO)]
OF_WEBHOOK = [
    *PLAIN,
    *NOTICES,
    shapes.text("请看", mentioned=["zhang"]),
    shapes.text("汉" * 682, limit=shapes.WEBHOOK_TEXT),
    shapes.markdown("汉" * 1365, limit=shapes.WEBHOOK_MARKDOWN),
    shapes.markdown_v2("- 一\n- 二\n\n| a | b |\n|---|---|\n| 1 | 2 |"),
    shapes.picture(PNG),
]
OF_APP = [
    *PLAIN,
    *NOTICES,
    shapes.textcard("题", "说明", URL, "看全文"),
    shapes.button_card("题", BUTTONS, task_id="t0", sub_title_text="正文"),
    VOTE,
    CHOICE,
]


@dataclass
class Wecom:
    world: World
    clock: Clock
    url: str
    http: Any
    auth: Token

    async def webhook(self, shape: dict[str, Any]) -> int:
        content = json.dumps(shape).encode()
        answer = await post_json(
            self.http, "/cgi-bin/webhook/send", params={"key": KEY}, content=content
        )
        return int(answer["errcode"])

    async def app(self, shape: dict[str, Any], **to: Any) -> dict[str, Any]:
        [whom] = appmessages.in_parts(**(to or {"people": ["zhang", "Li"]}))
        content = appmessages.body(shape, whom, AGENT)
        path = "/cgi-bin/message/send"
        return await post_json(self.http, path, params={}, content=content, auth=self.auth)

    @property
    def last(self) -> dict[str, Any]:
        return dict(self.world.posted[-1].body)


@pytest.fixture
async def wecom():
    clock = Clock()
    world = bureau(clock)
    async with Serving(create_app(world)) as sandbox, connect(sandbox.url) as http:
        auth = Token(world.corp_id, SECRET, now=clock)
        yield Wecom(world, clock, sandbox.url, http, auth)


def kind(shape: dict[str, Any]) -> str:
    return str(shape.get("template_card", {}).get("card_type") or shape["msgtype"])


@pytest.mark.parametrize("shape", OF_WEBHOOK, ids=kind)
async def test_a_webhook_takes_each_of_its_kinds_and_cuts_none(wecom, shape):
    assert await wecom.webhook(shape) == 0
    assert wecom.last == shape


@pytest.mark.parametrize("shape", OF_APP, ids=kind)
async def test_an_app_sends_each_of_its_kinds_and_cuts_none(wecom, shape):
    answer = await wecom.app(shape)
    assert (answer["errcode"], bool(answer["msgid"])) == (0, True)
    assert wecom.last == shape


async def test_files_of_a_webhook_and_of_an_app_are_pools_of_their_own(wecom):
    for what, raw in (("file", PDF), ("voice", AMR)):
        found = await media.upload_for_webhook(wecom.http, KEY, what, "a.bin", raw)
        assert await wecom.webhook(shapes.media(what, found)) == 0
        assert (await wecom.app(shapes.media(what, found)))["errcode"] == 40007
    for what, raw in (("image", PNG), ("voice", AMR), ("video", MP4), ("file", PDF)):
        found = await media.upload_for_app(wecom.http, wecom.auth, what, "附件.bin", raw)
        shape = shapes.film(found, "片名") if what == "video" else shapes.media(what, found)
        assert (await wecom.app(shape))["errcode"] == 0


async def test_an_upload_that_wecom_refuses_or_does_not_answer_says_so(wecom):
    with pytest.raises(NotDone):
        await media.upload_for_app(wecom.http, wecom.auth, "image", "a.png", b"no picture")
    with pytest.raises(NotDone) as refused:
        await media.upload_for_webhook(wecom.http, "no-such-key", "file", "a", PDF)
    assert "no-such-key" not in str(refused.value)
    wecom.world.faults.add("media/upload", "status")
    with pytest.raises(CallFailed) as failed:
        await media.upload_for_app(wecom.http, wecom.auth, "file", "a", PDF)
    assert failed.value.sent == "no"


async def test_receivers_that_could_not_be_served_are_named(wecom):
    answer = await wecom.app(shapes.text("好"), people=["zhang", "nobody", "Free", "far"])
    assert set(answer["invaliduser"].split("|")) == {"nobody", "far"}
    assert answer["unlicenseduser"] == "free"
    wecom.world.add_tag(5, "党员", ["Li"])
    assert (await wecom.app(shapes.text("好"), tags=[5]))["errcode"] == 0
    assert wecom.world.posted[-1].reached == ("Li",)


async def test_identical_bytes_are_delivered_once_and_a_message_is_called_back_for_a_day(wecom):
    first = await wecom.app(shapes.text("好"))
    await wecom.app(shapes.text("好"))
    assert len(wecom.world.posted) == 1
    await appmessages.recall(wecom.http, wecom.auth, first["msgid"])
    [chat] = [c for c in wecom.world.chats_of("zhang") if c.chat_id == f"app-{AGENT}"]
    assert wecom.world.messages(chat) == []
    second = await wecom.app(shapes.text("又"))
    wecom.clock.tick(86_401)
    with pytest.raises(NotDone) as late:
        await appmessages.recall(wecom.http, wecom.auth, second["msgid"])
    assert late.value.code == 42052


async def test_a_card_is_changed_once_by_its_code(wecom):
    answer = await wecom.app(VOTE)
    change = {"agentid": AGENT, "response_code": answer["response_code"]}
    with pytest.raises(ValueError):
        await appmessages.change_card(wecom.http, wecom.auth, **change)
    who = ["zhang", "nobody"]
    unknown = await appmessages.change_card(
        wecom.http, wecom.auth, **change, people=who, button="已答"
    )
    assert unknown == ("nobody",)
    with pytest.raises(NotDone) as used:
        await appmessages.change_card(wecom.http, wecom.auth, **change, button="再来")
    assert used.value.code == 60140
    answer = await wecom.app(shapes.button_card("题", BUTTONS, task_id="t9"))
    change = {"agentid": AGENT, "response_code": answer["response_code"]}
    card = NOTICES[0]["template_card"]
    assert await appmessages.change_card(wecom.http, wecom.auth, **change, card=card) == ()


# -- the robot -----------------------------------------------------------------------------------


async def connected(wecom, work):
    """Run `work(line)` on a live connection of the bureau's robot to zhang."""
    robot(wecom.world)

    async def deaf(_: Any) -> None:
        return None

    line = Robot(wecom.url.replace("http", "ws"), BOT, BOT_SECRET, arrived=deaf)
    stop = asyncio.Event()
    task = asyncio.create_task(line.run(stop))
    try:
        async with asyncio.timeout(30):
            while not line.live:  # noqa: ASYNC110 - the condition is WeCom's own
                await asyncio.sleep(0.02)
            return await work(line)
    finally:
        stop.set()
        await task


@pytest.mark.parametrize(
    ("what", "raw"), [("image", PNG), ("file", b"%PDF-1.7 " + b"x" * 1_200_000)]
)
async def test_a_robot_sends_a_file_in_pieces_one_of_whose_answers_is_lost(wecom, what, raw):
    async def work(line):
        talks.say(wecom.world, "zhang", f"bot-{BOT}", "好")
        wecom.world.faults.add("aibot_upload_media_chunk", "no_ack")
        found = await media.upload_for_bot(line, what, "附件.bin", raw)
        body = {"chatid": "zhang", "chat_type": 1, **shapes.media(what, found)}
        return await line.ask("aibot_send_msg", body)

    assert (await connected(wecom, work))["errcode"] == 0
    assert wecom.last["msgtype"] == what


# -- what is never sent ----------------------------------------------------------------------------


@pytest.mark.parametrize(
    "make",
    [
        lambda: shapes.text("汉" * 683),
        lambda: shapes.text("请看", mentioned=["@all"]),
        lambda: shapes.text("<@all> 请看"),
        lambda: shapes.markdown("汉" * 683),
        lambda: shapes.markdown_v2('<font color="info">x</font>'),
        lambda: shapes.markdown_v2("<@zhang>"),
        lambda: shapes.picture(b"GIF89a"),
        lambda: shapes.picture(PNG + b"x" * 2 * 1024 * 1024),
        lambda: shapes.media("file", ""),
        lambda: shapes.film("m", "汉" * 22, bot=True),
        lambda: shapes.news([]),
        lambda: shapes.news(TWO * 5),
        lambda: shapes.news([Article(title="", url=URL)]),
        lambda: shapes.news([Article(title="汉" * 43, url=URL)]),
        lambda: shapes.news([Article(title="一", url="javascript:alert(1)")]),
        lambda: shapes.textcard("题", "", URL),
        lambda: shapes.text_notice("", url=URL),
        lambda: shapes.text_notice("题", url="page.example"),
        lambda: shapes.text_notice("题", url=URL, action_menu={"desc": "x"}),
        lambda: shapes.news_notice("题", picture=URL, url=URL, ratio=2.25),
        lambda: shapes.button_card("题", [], task_id="t"),
        lambda: shapes.button_card("题", [BUTTONS[1]] * 2, task_id="t"),
        lambda: shapes.button_card("题", BUTTONS, task_id="题"),
        lambda: shapes.button_card("题", BUTTONS, task_id=""),
        lambda: shapes.choice_card("题", [ASK, ASK], task_id="t", submit="交", submit_key="s"),
        lambda: shapes.vote_card(
            "题", Question(key="q", options=()), task_id="t", submit="交", submit_key="s"
        ),
        lambda: list(appmessages.in_parts()),
        lambda: list(appmessages.in_parts(["@all"])),
        lambda: list(appmessages.in_parts(["a|b"])),
    ],
)
def test_what_wecom_would_refuse_or_cut_is_a_programmers_mistake(make):
    with pytest.raises(ValueError):
        make()


def test_receivers_are_cut_into_messages_and_named_once():
    people = [f"p{n}" for n in range(2500)] + ["P7"]
    parts = list(appmessages.in_parts(people, parties=range(150), tags=[1, 1, 2]))
    assert [(len(p.people), len(p.parties), len(p.tags)) for p in parts] == [
        *((1000, 100, 2), (1000, 50, 0), (500, 0, 0))
    ]
    assert [person for part in parts for person in part.people] == people[:-1]
