"""The shared cast of the sandbox's tests: one bureau, two groups, 张 李 王, one fixed Monday."""

import json
from datetime import datetime, timedelta, timezone
from typing import Any

import xmltodict
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from bot.sandbox import crypto
from bot.sandbox.robots import Line, Robot
from bot.sandbox.world import World

CHINA = timezone(timedelta(hours=8))
MONDAY = datetime(2026, 9, 21, 9, 12, tzinfo=CHINA)
KEY = "11111111-2222-4333-8444-555555555555"
AGENT, SECRET, TOKEN = 1000007, "app-s3cret", "TestToken1"
AES_KEY = "abcdefghijklmnopqrstuvwxyz0123456789ABCDEFG"
BOT, BOT_SECRET = "aibBOT1", "bot-s3cret"
DOMAIN = "h5.example:8650"
CALLBACK = "http://callback.test/wecom/callback"


class Clock:
    """A clock that stands still until told otherwise."""

    def __init__(self) -> None:
        self.now = MONDAY

    def __call__(self) -> datetime:
        return self.now

    def tick(self, seconds: float) -> None:
        self.now += timedelta(seconds=seconds)


def bureau(clock: Clock) -> World:
    world = World(clock, name="清源县审计局")
    for userid, name in [("zhang", "张敏"), ("Li", "李卫国"), ("wang", "王芳")]:
        world.add_user(userid, name)
    world.add_user("far", "远", visible=False)
    world.add_user("Free", "免", licensed=False)
    world.add_group("g1", "机关一支部", ["zhang", "Li"], key=KEY)
    world.add_group("g2", "机关二支部", ["wang"])
    world.add_app(AGENT, "清风", SECRET, token=TOKEN, aes_key=AES_KEY, callback_url=CALLBACK)
    world.add_app(2, "别的应用", "other-s3cret")
    world.set_trusted_domain(AGENT, DOMAIN)
    return world


def robot(world: World, **more: Any) -> Robot:
    """The bureau's smart robot, in the first group."""
    world.add_robot(BOT, "廉小助", BOT_SECRET, **more)
    world.invite_robot(BOT, "g1")
    return world.robots[BOT]


class Phone:
    """A robot's end of the line, without a socket: says commands, reads what comes."""

    def __init__(self, world: World) -> None:
        self.world = world
        self.line = Line()
        self._count = 0

    def says(self, cmd: str, body: dict[str, Any] | None = None, *, req_id: str = "") -> int:
        """Send one command; returns the errcode of its answer."""
        return int(self.asks(cmd, body, req_id=req_id)["errcode"])

    def asks(
        self, cmd: str, body: dict[str, Any] | None = None, *, req_id: str = ""
    ) -> dict[str, Any]:
        self._count += 1
        req_id = req_id or f"req-{self._count}"
        frame = {"cmd": cmd, "headers": {"req_id": req_id}} | ({"body": body} if body else {})
        self.world.receive(self.line, json.dumps(frame))
        answer = self.line.out.pop()
        assert answer["headers"] == {"req_id": req_id}
        assert "cmd" not in answer
        return dict(answer)

    def subscribes(self, bot_id: str = BOT, secret: str = BOT_SECRET) -> int:
        return self.says("aibot_subscribe", {"bot_id": bot_id, "secret": secret})

    def hears(self) -> dict[str, Any]:
        """The oldest frame that came by itself."""
        return dict(self.line.out.popleft())


def token(world: World, secret: str = SECRET) -> str:
    return str(world.gettoken(world.corp_id, secret)["access_token"])


def text(content: str = "你好") -> dict[str, Any]:
    return {"msgtype": "text", "text": {"content": content}}


def to(touser: str, message: dict[str, Any], **more: Any) -> dict[str, Any]:
    return {"touser": touser, "agentid": AGENT, **message, **more}


def button_card(task_id: str = "push-1@all", **more: Any) -> dict[str, Any]:
    buttons = [
        {"type": 1, "text": "查看全文", "url": "https://h5.example/r/1"},
        {"text": "已阅", "style": 1, "key": "ack"},
    ]
    card = {
        "card_type": "button_interaction",
        "task_id": task_id,
        "main_title": {"title": "节前提醒"},
        "button_list": buttons,
    }
    return {"msgtype": "template_card", "template_card": card | more}


class Callback:
    """The bot's side of the callback, in few lines: opens events and answers as told."""

    def __init__(self, world: World) -> None:
        self.world = world
        self.events: list[dict[str, Any]] = []
        self.statuses: list[int] = []  # for the next answers; 200 once empty
        self.reply = ""  # the plain XML of the passive reply
        self.app = Starlette(routes=[Route("/wecom/callback", self.take, methods=["GET", "POST"])])

    async def take(self, request: Request) -> Response:
        query = request.query_params
        if request.method == "GET":
            return Response(crypto.decrypt(AES_KEY, query["echostr"], self.world.corp_id))
        encrypted = xmltodict.parse(await request.body())["xml"]["Encrypt"]
        claimed = query["msg_signature"]
        assert crypto.signed(TOKEN, query["timestamp"], query["nonce"], encrypted, claimed)
        plain = crypto.decrypt(AES_KEY, encrypted, self.world.corp_id)
        self.events.append(xmltodict.parse(plain)["xml"])
        status = self.statuses.pop(0) if self.statuses else 200
        return Response(self._sealed() if self.reply else "", status_code=status)

    def _sealed(self) -> str:
        encrypted = crypto.encrypt(AES_KEY, self.reply, self.world.corp_id)
        claimed = crypto.signature(TOKEN, "1", "n", encrypted)
        return (
            f"<xml><Encrypt><![CDATA[{encrypted}]]></Encrypt><MsgSignature>{claimed}"
            "</MsgSignature><TimeStamp>1</TimeStamp><Nonce>n</Nonce></xml>"
        )


THANKS = (
    "<xml><MsgType><![CDATA[update_button]]></MsgType>"
    "<Button><ReplaceName><![CDATA[已阅，谢谢]]></ReplaceName></Button></xml>"
)
