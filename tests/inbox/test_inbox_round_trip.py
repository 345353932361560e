"""Out as an app's card, a tap, and back in: with the sandbox as WeCom and only our own parts."""

from datetime import datetime

import httpx
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from bot.channels import App, Webhook
from bot.core.links import task_id_of
from bot.core.model import SHANGHAI, Card, Cohort, Markdown, Push, Receipt, State, Step
from bot.inbox import Confirm, Effect, Record, ReplaceButton, event_from_xml, handle
from bot.sandbox.server import create_app
from bot.sandbox.taps import tap
from bot.sandbox.world import World
from bot.wecom.callback import Callback
from bot.wecom.client import connect
from bot.wecom.replies import passive_reply
from bot.wecom.token import Token

NOW = datetime(2026, 9, 21, 9, 41, tzinfo=SHANGHAI)  # a Monday
AES_KEY = "abcdefghijklmnopqrstuvwxyz0123456789ABCDEFG"
KEY = "mid-autumn-2026_main@jg1"
CARD = Card(
    task_id=task_id_of(KEY, 2),
    source="廉政教育",
    title="中秋节前提醒",
    text="不收礼，不赴宴。",
    button="已阅",
    button_key="ack",
    facts=(("编号", "2026-031"),),
    link=("看全文", "https://page.example/r/1"),
)
PUSH = Push(
    key=KEY,
    occurrence="mid-autumn-2026",
    part="main",
    target="jg1",
    channel="app",
    due=NOW,
    until=NOW,
    state=State.UNKNOWN,
    cut=3,
    tally={"sent": 2, "unknown": 1},
)
COHORT = Cohort(push=KEY, covered=("zhang", "Li"), tappable=True)


def bureau() -> World:
    world = World(lambda: NOW, name="清源县审计局")
    world.add_user("zhang", "张敏")
    world.add_user("Li", "李卫国")
    world.add_user("Far", "远", visible=False)
    world.add_group("g1", "机关一支部", ["zhang", "Li"], key="webhook-s3cret")
    url = "http://bot.example/wecom/callback"
    world.add_app(7, "清风", "app-s3cret", token="T", aes_key=AES_KEY, callback_url=url)
    return world


def the_bot(world: World, effects: list[Effect]) -> httpx.AsyncClient:
    """Return a client to the smallest callback that our parts make."""
    callback = Callback("T", AES_KEY, world.corp_id)

    async def take(request: Request) -> Response:
        fields = callback.open_post(request.query_params, await request.body(), NOW)
        event = event_from_xml(fields)
        assert event
        effects.extend(handle(event, push=PUSH, cohort=COHORT, now=NOW))
        words = next(effect.text for effect in effects if isinstance(effect, ReplaceButton))
        return Response(callback.seal(passive_reply(fields, words, NOW), "n", NOW))

    app = Starlette(routes=[Route("/wecom/callback", take, methods=["POST"])])
    return httpx.AsyncClient(transport=httpx.ASGITransport(app=app))


async def test_a_card_goes_out_is_tapped_and_comes_back_as_a_receipt():
    world = bureau()
    effects: list[Effect] = []
    transport = httpx.ASGITransport(app=create_app(world))
    async with connect("http://127.0.0.1", transport=transport) as http:
        channel = App(http, Token(world.corp_id, "app-s3cret", now=lambda: NOW), 7)
        body = channel.body(CARD, ["zhang", "Li", "Far"])
        sent = await channel.send(body)
        again = await channel.send(body)  # WeCom drops the copy
    assert sent.invalid == ("Far",)
    assert again.invalid == ("Far",)
    async with the_bot(world, effects) as phone:
        result = await tap(world, "Li", CARD.task_id, "ack", http=phone)
    receipt = Receipt(push=KEY, person="Li", step=Step.ACKNOWLEDGED, at=NOW, means="卡片按钮")
    assert effects == [
        Record(receipt=receipt),
        Confirm(push_key=KEY, part=2),
        ReplaceButton(text="已阅，谢谢"),
    ]
    assert (result.greyed, result.error) == ("已阅，谢谢", "")


async def test_a_text_arrives_in_the_group_word_for_word():
    world = bureau()
    transport = httpx.ASGITransport(app=create_app(world))
    async with connect("http://127.0.0.1", transport=transport) as http:
        channel = Webhook(http, "webhook-s3cret")
        text = "**中秋**\n> 不收礼，不赴宴。"
        await channel.send(channel.body(Markdown(text=text), ()))
    shown = [message for chat in world.chats_of("zhang") for message in world.messages(chat)]
    assert len(shown) == 1
    assert text in str(shown[0]) or repr(text)[1:-1] in str(shown[0])
