"""A client by others, whole: wechatpy's WeChatClient, unchanged but for its address.

And what Alertmanager (`notify/wechat/wechat.go`) writes: both of text and markdown always there,
agentid and safe as strings.
"""

import asyncio
import io
import json

import httpx
import pytest
from wechatpy.exceptions import WeChatClientException
from wechatpy.work import parse_message
from wechatpy.work.client import WeChatClient
from wechatpy.work.crypto import WeChatCrypto

from bot.sandbox.app_events import happen
from bot.sandbox.app_words import STILL
from bot.sandbox.asks import Upload
from bot.sandbox.people import press, say
from bot.sandbox.server import create_app
from bot.sandbox.serving import Serving

from .house import AES_KEY, AGENT, CALLBACK, SECRET, TOKEN, button_card, to, token

ARTICLE = {"title": "题", "description": "述", "url": "https://a.example/", "image": ""}


class Client(WeChatClient):
    """wechatpy keeps the real host in two places; nothing else of it is touched."""

    host = ""

    @property
    def API_BASE_URL(self):
        return f"{self.host}/cgi-bin/"

    def fetch_access_token(self):
        params = {"corpid": self.corp_id, "corpsecret": self.secret}
        return self._fetch_access_token(url=f"{self.host}/cgi-bin/gettoken", params=params)


@pytest.fixture
async def ask(world):
    """Runs one call of wechatpy, which blocks, beside the sandbox."""
    async with Serving(create_app(world)) as served:
        client = Client(world.corp_id, SECRET)
        client.host = served.url
        client._http.trust_env = False

        async def asking(call):
            return await asyncio.to_thread(call, client)

        yield asking


async def test_it_sends_every_kind_of_message_it_knows(world, ask):
    def everything(client):
        media = client.media.upload("image", ("a.png", io.BytesIO(STILL), "image/png"))
        file = client.media.upload("file", ("a.txt", io.BytesIO(b"hello, file"), "text/plain"))
        say = client.message
        say.send_text(AGENT, ["zhang", "Li"], "你好")
        say.send_text_card(AGENT, "zhang", "题", "述", "https://a.example/", "详情")
        say.send_image(AGENT, "zhang", media["media_id"])
        say.send_file(AGENT, "zhang", file["media_id"])
        say.send_articles(AGENT, "zhang", [ARTICLE])
        return say.send_markdown(AGENT, "zhang", "**粗**")

    assert (await ask(everything))["errcode"] == 0
    kinds = [message.msgtype for message in world.posted]
    assert kinds == ["text", "textcard", "image", "file", "news", "markdown"]


async def test_it_reads_contacts_and_makes_menus_and_groups(world, ask):
    def everything(client):
        menu = {"button": [{"type": "click", "name": "帮助", "key": "help"}]}
        client.menu.create(AGENT, menu)
        members = client.user.list(1, fetch_child=True, simple=True)
        departments = client.department.list()
        group = client.appchat.create(
            chat_id="made", name="群", owner="zhang", user_list=["zhang", "Li"]
        )
        client.appchat.send_text("made", "第一条")
        job = client.export.export_simple_user(AES_KEY)
        assert client.export.get_result(job)["status"] == 2
        return members, departments, group, client.menu.get(AGENT)["button"]

    members, departments, group, button = await ask(everything)
    assert {"zhang", "Li", "wang"} <= {member["userid"] for member in members}
    assert departments[0]["id"] == 1
    assert group["chatid"] == "made"
    assert button[0]["key"] == "help"


async def test_it_takes_a_new_token_by_itself_when_the_old_one_is_over(world, ask):
    await ask(lambda client: client.message.send_text(AGENT, "zhang", "一"))
    world.expire_tokens()
    assert (await ask(lambda c: c.message.send_text(AGENT, "zhang", "二")))["errcode"] == 0
    with pytest.raises(WeChatClientException, match="81013"):
        await ask(lambda client: client.message.send_text(AGENT, "nobody", "三"))


async def test_it_reads_every_callback_that_the_sandbox_makes(world):
    """Decrypted and parsed by wechatpy, which knows nothing of the sandbox's own crypto."""
    crypto = WeChatCrypto(TOKEN, AES_KEY, world.corp_id)
    read = []

    def take(request):
        query = request.url.params
        plain = crypto.decrypt_message(
            request.content, query["msg_signature"], query["timestamp"], query["nonce"]
        )
        read.append(parse_message(plain))
        return httpx.Response(200)

    async with httpx.AsyncClient(transport=httpx.MockTransport(take)) as http:
        world.message_send(token(world), to("zhang", button_card("c1")))
        await press(world, "zhang", 1, "ack", http=http)
        chat = f"app-{AGENT}"
        for data in (STILL, b"#!AMR\n" + b"\x04" * 26, b"\0\0\0\x18ftypmp42"):
            await say(world, "zhang", chat, files=[Upload(filename="x", data=data)], http=http)
        await say(world, "zhang", chat, "你好", http=http)
        for event in ("subscribe", "enter_agent", "click"):
            fields = {"EventKey": "k"} if event == "click" else {}
            await happen(world, AGENT, event, userid="zhang", fields=fields, http=http)
    assert world.apps[AGENT].callback_url == CALLBACK
    assert {message.source for message in read} == {"zhang"}
    assert [message.type for message in read[1:5]] == ["image", "voice", "video", "text"]
    assert read[1].media_id == world.posted[1].body["image"]["media_id"]
    assert [message.event for message in read[5:]] == ["subscribe", "enter_agent", "click"]


@pytest.mark.parametrize("kind", ["text", "markdown"])
async def test_what_alertmanager_writes_is_accepted(http, world, kind):
    params = {"corpsecret": SECRET, "corpid": world.corp_id}
    held = (await http.get("/cgi-bin/gettoken", params=params)).json()["access_token"]
    body = {"text": {"content": ""}, "touser": "zhang|Li", "agentid": str(AGENT), "safe": "0"}
    body |= {"msgtype": kind, "markdown": {"content": ""}}
    body[kind] = {"content": "[FIRING:1] 磁盘将满"}
    answer = await http.post(
        f"/cgi-bin/message/send?access_token={held}",
        content=json.dumps(body) + "\n",
        headers={"Content-Type": "application/json"},
    )
    assert answer.json()["errcode"] == 0
    assert world.posted[-1].reached == ("zhang", "Li")
