"""Take one picture of the sandbox's phone for each kind of message, as docs/sandbox.md shows them.

    .venv/bin/python docs/make_phone_pictures.py      # needs `make dev` and Debian's chromium

Every message goes through the sandbox's own judges first: what WeCom refuses is not in a picture.
"""

from __future__ import annotations

import asyncio
import base64
import hashlib
import json
import shutil
import sys
from datetime import datetime, timedelta, timezone
from pathlib import Path
from typing import Any

from playwright.async_api import Browser, async_playwright

from bot.sandbox.asks import Ask, Upload
from bot.sandbox.media import Media
from bot.sandbox.people import enter, forward, press, say
from bot.sandbox.records import CardState
from bot.sandbox.robots import Line
from bot.sandbox.server import create_app
from bot.sandbox.serving import Serving
from bot.sandbox.world import World

PICTURES = Path(__file__).parent / "pictures" / "phone"
MOST = 60_000  # bytes of one picture
FLAGS = ["--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking"]
FLAGS += ["--disable-component-update", "--disable-sync"]
AT = datetime(2026, 9, 24, 9, 12, tzinfo=timezone(timedelta(hours=8)))
KEY, AGENT, SECRET, BOT = "k-1", 1000007, "app-secret", "aib-1"
ANSWER = "**先婉拒**。\n- 退不掉的，登记上交"
PAGE = "https://h5.example.gov.cn/r/1"

SCENES = [  # who, picture, chat, size
    ("li", "list-360", "", (360, 740)),
    ("wang", "welcome-390", f"bot-{BOT}", (390, 500)),
    ("li", "colleague-390", "dm-li~zhang", (390, 640)),
    ("li", "appchat-390", "made", (390, 500)),
]
BASE = {"main_title": {"title": "国庆节前提醒", "desc": "请阅读后点确认"}}
SOURCE = {"source": {"desc": "机关纪委", "desc_color": 1}}
SUBMIT = {"submit_button": {"text": "提交", "key": "submit"}}


def card(kind: str, **more: Any) -> dict[str, Any]:
    return {"msgtype": "template_card", "template_card": {"card_type": kind, **BASE, **more}}


def cards(picture: str) -> dict[str, dict[str, Any]]:
    """The five cards, each with most of what it may carry."""
    options = [{"id": "a", "text": "如实登记上交"}, {"id": "b", "text": "私下退回"}]
    options = [option | {"is_checked": False} for option in options]
    days = [{"id": "1", "text": "9月29日"}, {"id": "2", "text": "9月30日"}]
    menu = {"desc": "这类提醒", "action_list": [{"text": "以后少提醒", "key": "less"}]}
    action = {"card_action": {"type": 1, "url": PAGE}}
    rows = [
        {"keyname": "放假", "value": "10月1日至7日"},
        {"keyname": "全文", "value": "点开看", "type": 1, "url": PAGE},
    ]
    quote = {"type": 1, "url": PAGE, "title": "依据", "quote_text": "中央八项规定精神"}
    jumps = {"jump_list": [{"type": 1, "title": "看全文", "url": PAGE}]}
    return {
        "card-text": card(
            "text_notice",
            **SOURCE,
            action_menu=menu,
            task_id="t1",
            emphasis_content={"title": "7 天", "desc": "假期"},
            quote_area=quote,
            sub_title_text="公车入库，钥匙封存。",
            horizontal_content_list=rows,
            **jumps,
            **action,
        ),
        "card-news": card(
            "news_notice",
            **SOURCE,
            card_image={"url": picture, "aspect_ratio": 2.2},
            vertical_content_list=[{"title": "过节三问", "desc": "谁请的？谁付的？为了什么？"}],
            **jumps,
            **action,
        ),
        "card-button": card(
            "button_interaction",
            **SOURCE,
            task_id="t2",
            sub_title_text="严禁公车私用、违规收送礼品礼金。",
            button_selection={"question_key": "d", "title": "值班日", "option_list": days},
            button_list=[
                {"type": 1, "text": "查看全文", "style": 2, "url": PAGE},
                {"text": "我已阅读", "style": 1, "key": "ack"},
            ],
        ),
        "card-vote": card(
            "vote_interaction",
            task_id="t3",
            checkbox={"question_key": "q", "mode": 0, "option_list": options},
            **SUBMIT,
        ),
        "card-multiple": card(
            "multiple_interaction",
            task_id="t4",
            select_list=[
                {"question_key": "d", "title": "值班日", "option_list": days},
                {"question_key": "w", "title": "如果收到礼金", "option_list": options},
            ],
            **SUBMIT,
        ),
    }


V1 = """# 国庆节前提醒
> 放假 **7 天**，公车 <font color="warning">一律入库</font>
<font color="info">可以：</font>自费的家人聚餐
<font color="comment">依据见</font> [全文](https://h5.example.gov.cn/r/1)，编号 `JD-11`
*斜体*、- 列表在这里只是字"""
V2 = """## 一周学习
*读一条*，**答一题**

| 日期 | 内容 | 分钟 |
| :--- | :--: | ---: |
| 周一 | 条例第一章 | 5 |
| 周三 | 案例一则 | 8 |

1. 先看
2. 再想
   - 想想身边

> 一层
>> 二层

---
```
JD-11
```"""


def groups(world: World, picture: str) -> dict[str, dict[str, Any]]:
    """What a webhook sends."""
    raw = base64.b64decode(PNG)
    article = {"title": "一分钟看懂节前纪律", "url": PAGE, "picurl": picture}
    text = {"content": "今天 17 点前封存公车钥匙。<@zhang>", "mentioned_list": ["@all"]}
    encoded = {"base64": PNG, "md5": hashlib.md5(raw, usedforsecurity=False).hexdigest()}
    media = {
        name: world.shelf.put(Media(kind=kind, filename=name, at=AT, pool=KEY, data=data))
        for kind, name, data in (
            ("file", "节前廉政提醒.pdf", b"%PDF-1.4" + bytes(183_000)),
            ("voice", "提醒.amr", b"#!AMR\n" + (b"\x04" + bytes(12)) * 350),
        )
    }
    return {
        "text": {"msgtype": "text", "text": text},
        "markdown": {"msgtype": "markdown", "markdown": {"content": V1}},
        "markdown-v2": {"msgtype": "markdown_v2", "markdown_v2": {"content": V2}},
        "image": {"msgtype": "image", "image": encoded},
        "news": {
            "msgtype": "news",
            "news": {"articles": [article, article | {"title": "礼金退不掉怎么办"}]},
        },
        "file": {"msgtype": "file", "file": {"media_id": media["节前廉政提醒.pdf"]}},
        "voice": {"msgtype": "voice", "voice": {"media_id": media["提醒.amr"]}},
    }


def personal(world: World) -> dict[str, dict[str, Any]]:
    """What an app sends beside its cards."""
    film = Media(kind="video", filename="过节.mp4", at=AT, pool="corp", data=b"\0\0\0\x18ftypmp42")
    described = '<div class="gray">9月24日</div><div class="highlight">公车入库</div>请看全文'
    mini = {"appid": "wx1", "title": "值班安排", "description": "10月1日", "content_item": []}
    mini["content_item"] = [{"key": "地点", "value": "机关一楼"}]
    page = {"title": "过节三问", "thumb_media_id": "", "author": "机关纪委"}
    page |= {"content": "<p>谁请的？谁付的？</p>", "digest": "一分钟读完"}
    cover = Media(kind="image", filename="a.png", at=AT, pool="corp", data=base64.b64decode(PNG))
    page["thumb_media_id"] = world.shelf.put(cover)
    video = {"media_id": world.shelf.put(film), "title": "过节", "description": "三分钟"}
    return {
        "textcard": {
            "msgtype": "textcard",
            "textcard": {"title": "国庆节前提醒", "description": described, "url": PAGE},
        },
        "video": {"msgtype": "video", "video": video},
        "mpnews": {"msgtype": "mpnews", "mpnews": {"articles": [page]}},
        "miniprogram": {"msgtype": "miniprogram_notice", "miniprogram_notice": mini},
    }


def _png() -> str:
    """A small drawn picture: a band of light over water."""
    import struct
    import zlib

    wide, high = 320, 136
    rows = bytearray()
    for y in range(high):
        rows.append(0)
        for x in range(wide):
            near = (x - 230) ** 2 + (y - 50) ** 2 < 900
            sky = (255, 214, 120) if near else (120 + y, 170 + y // 2, 220)
            rows += bytes(sky if y < 90 else (40, 90 + (x + y) % 24, 130))

    def chunk(kind: bytes, data: bytes) -> bytes:
        checked = kind + data
        return struct.pack(">I", len(data)) + checked + struct.pack(">I", zlib.crc32(checked))

    head = struct.pack(">IIBBBBB", wide, high, 8, 2, 0, 0, 0)
    body = (
        chunk(b"IHDR", head) + chunk(b"IDAT", zlib.compress(bytes(rows), 9)) + chunk(b"IEND", b"")
    )
    return base64.b64encode(b"\x89PNG\r\n\x1a\n" + body).decode()


PNG = _png()


def build() -> World:
    world = World(lambda: AT, name="清源县审计局")
    for userid, name in [("zhang", "张敏"), ("li", "李卫国"), ("wang", "王芳")]:
        world.add_user(userid, name)
    world.add_group("g1", "机关一支部", ["zhang", "li", "wang"], key=KEY)
    world.add_app(AGENT, "清风", SECRET, callback_url="http://127.0.0.1:9/none")
    world.add_robot(BOT, "廉小助", "bot-secret")
    world.invite_robot(BOT, "g1")
    return world


def fine(answer: dict[str, Any]) -> None:
    assert answer["errcode"] == 0, answer


async def robot_talk(world: World) -> Line:
    """张敏 asks, the robot answers in pieces, and has not finished."""
    line = Line()
    ask = {"cmd": "aibot_subscribe", "headers": {"req_id": "1"}}
    ask["body"] = {"bot_id": BOT, "secret": "bot-secret"}
    world.receive(line, json.dumps(ask))
    for chat, text in ((f"bot-{BOT}", "收到土特产怎么办？"), ("g1", "@廉小助 值班表在哪")):
        await say(world, "zhang", chat, text)
        heard = [frame for frame in line.out if frame.get("cmd") == "aibot_msg_callback"][-1]
        stream = {
            "id": chat,
            "finish": chat == "g1",
            "content": "**先婉拒**。\n- 退不掉的，登记上交",
        }
        stream["feedback"] = {"id": f"f-{chat[:2]}"}
        reply = {"cmd": "aibot_respond_msg", "headers": heard["headers"]}
        reply["body"] = {"msgtype": "stream", "stream": stream}
        world.receive(line, json.dumps(reply))
    return line


async def people_talk(world: World, token: str, line: Line) -> dict[str, tuple[str, int]]:
    """What people do beside tapping: pictures, quotes, forwards; and what robots make of it."""
    shots = {}
    drawn = Upload(filename="礼盒.png", data=base64.b64decode(PNG))
    await say(world, "li", "g1", "@廉小助 这个能收吗", files=[drawn])
    shots["mixed"] = ("g1", len(world.posted))
    await say(world, "wang", "g1", "我也想问", quote=len(world.posted))
    shots["quote"] = ("g1", len(world.posted))
    await forward(world, "zhang", 2, world.direct("zhang", "li"))
    shots["forwarded"] = (world.direct("zhang", "li"), len(world.posted))
    menu = [{"type": "click", "name": "本周一学", "key": "study"}]
    menu += [{"name": "更多", "sub_button": [{"type": "view", "name": "规定全文", "url": PAGE}]}]
    query = {"access_token": token, "agentid": str(AGENT)}
    fine(world.call("menu/create", Ask(query=query, body={"button": menu})))
    body = {"name": "节前提醒群", "owner": "zhang", "userlist": ["zhang", "li"], "chatid": "made"}
    fine(world.call("appchat/create", Ask(query={"access_token": token}, body=body)))
    said = {"chatid": "made", "msgtype": "text", "text": {"content": "这个群由应用建立。"}}
    fine(world.call("appchat/send", Ask(query={"access_token": token}, body=said)))
    await robot_cards(world, line)
    return shots


async def robot_cards(world: World, line: Line) -> None:
    """A welcome to 王芳, then a card in the group that her press changes in place."""

    def answer(cmd: str, body: dict[str, Any]) -> None:
        frame = {"cmd": cmd, "headers": line.out[-1]["headers"], "body": body}
        world.receive(line, json.dumps(frame))
        fine(dict(line.out.pop()))

    await enter(world, "wang", f"bot-{BOT}")
    hello = {"msgtype": "text", "text": {"content": "您好，我是廉小助。\n写“绑定”即可收到提醒。"}}
    answer("aibot_respond_welcome_msg", hello)
    made = card("button_interaction", task_id="b1", button_list=[{"text": "已阅", "key": "ack"}])
    push = {"chatid": "g1", "chat_type": 2, **made}
    frame = {"cmd": "aibot_send_msg", "headers": {"req_id": "p1"}, "body": push}
    world.receive(line, json.dumps(frame))
    fine(dict(line.out.pop()))
    await press(world, "zhang", len(world.posted), "ack")
    new = {**made["template_card"], "replace_text": "已阅，谢谢"}
    body = {"response_type": "update_template_card", "userids": ["zhang"], "template_card": new}
    answer("aibot_respond_update_msg", body)


async def shoot(browser: Browser, url: str, name: str, number: int, width: int) -> None:
    """One message, cut out of the page with a little of what is around it."""
    size = {"width": width, "height": 1400}
    # without its script the page does not renew itself while it is taken
    page = await browser.new_page(viewport=size, locale="zh-CN", java_script_enabled=False)
    await page.goto(url)
    await page.locator(f"#m{number}").screenshot(path=PICTURES / f"{name}.png")
    await page.close()


async def whole(
    browser: Browser, url: str, name: str, size: tuple[int, int], *, night: bool = False
) -> None:
    width, height = size
    page = await browser.new_page(
        viewport={"width": width, "height": height},
        locale="zh-CN",
        color_scheme="dark" if night else "light",
    )
    await page.goto(url)
    await page.wait_for_timeout(300)
    assert await page.evaluate("document.documentElement.scrollWidth") <= width, name
    await page.screenshot(path=PICTURES / f"{name}.png")
    await page.close()


async def fill(world: World, url: str) -> dict[str, tuple[str, int]]:
    """Send everything; picture name -> (chat, message number)."""
    cover = Media(
        kind="image", filename="a.png", at=AT, pool="permanent", data=base64.b64decode(PNG)
    )
    picture = f"{url}/sandbox/media/{world.shelf.put(cover)}"
    token = str(world.gettoken(world.corp_id, SECRET)["access_token"])
    shots: dict[str, tuple[str, int]] = {}
    for name, message in groups(world, picture).items():
        fine(world.webhook_send(KEY, message))
        shots[name] = ("g1", len(world.posted))
    for name, message in {**personal(world), **cards(picture)}.items():
        fine(world.message_send(token, {"touser": "zhang", "agentid": AGENT, **message}))
        shots[name] = (f"app-{AGENT}", len(world.posted))
    vote = world.posted[shots["card-vote"][1] - 1]
    again = {**vote.body["template_card"], "task_id": "t5"}
    request = {"msgtype": "template_card", "template_card": again}
    fine(world.message_send(token, {"touser": "zhang", "agentid": AGENT, **request}))
    number = len(world.posted)
    await press(world, "zhang", number, "submit", options={"q": ["a"]})
    world.change_card(world.posted[number - 1], "zhang", CardState(greyed="已作答"))
    shots["card-vote-answered"] = (f"app-{AGENT}", number)
    line = await robot_talk(world)
    shots["robot"] = (f"bot-{BOT}", len(world.posted) - 2)
    return shots | await people_talk(world, token, line)


async def main() -> None:
    path = shutil.which("chromium")
    if path is None:
        sys.exit("pictures need Debian's chromium: apt-get install chromium fonts-noto-cjk")
    PICTURES.mkdir(parents=True, exist_ok=True)
    world = build()
    async with Serving(create_app(world)) as sandbox, async_playwright() as playwright:
        browser = await playwright.chromium.launch(
            executable_path=path, args=FLAGS, chromium_sandbox=False
        )
        shots = await fill(world, sandbox.url)
        for name, (chat, number) in shots.items():
            url = f"{sandbox.url}/sandbox?who=zhang&chat={chat}"
            await shoot(browser, url, name, number, 390)
        for name, chat in (("group", "g1"), ("app", f"app-{AGENT}"), ("chat-robot", f"bot-{BOT}")):
            url = f"{sandbox.url}/sandbox?who=zhang&chat={chat}"
            await whole(browser, url, f"{name}-390", (390, 844))
            await whole(browser, url, f"{name}-1280", (1280, 800))
        for who, name, chat, size in SCENES:
            where = f"{sandbox.url}/sandbox?who={who}" + (f"&chat={chat}" if chat else "")
            await whole(browser, where, name, size)
        night = f"{sandbox.url}/sandbox?who=zhang&chat="
        await whole(browser, f"{night}g1", "night-1280", (1280, 800), night=True)
        await whole(browser, f"{night}app-{AGENT}", "night-390", (390, 844), night=True)
        await browser.close()
    for picture in sorted(PICTURES.glob("*.png")):
        size = picture.stat().st_size
        assert size < 2 * MOST, f"{picture.name}: {size} bytes"
        print(f"{picture.name}: {size:,} bytes")


if __name__ == "__main__":
    asyncio.run(main())
