"""Every kind of message in a real browser, by day and by night, narrow and wide: axe finds nothing,
nothing sticks out, and the keyboard passes through all of it in the order of the eye."""

import base64
import hashlib
from itertools import pairwise

from bot.sandbox import talks
from bot.sandbox.app_words import STILL
from bot.sandbox.asks import Ask, Upload
from bot.sandbox.media import AMR
from bot.sandbox.server import create_app
from bot.sandbox.serving import Serving
from tests.axe import sound
from tests.chromium import NEEDS_CHROMIUM

from .house import AGENT, BOT, KEY, Phone, robot, to, token

pytestmark = NEEDS_CHROMIUM

URL = "https://a.example/1"
LONG = "长" * 120 + "https://a.example/" + "x" * 200
MD5 = hashlib.md5(STILL).hexdigest()
V1 = '# 题\n> 引 **粗** [看](https://a.example/)\n<font color="warning">红</font> `码`'
V2 = "## 题\n*斜*\n\n|甲|乙|\n|--|--:|\n|1|2|\n\n- 一\n  - 二\n\n> 引\n>> 二\n\n---\n```\n码\n```"
OPTIONS = [{"id": name, "text": f"选项{name}", "is_checked": name == "a"} for name in "abc"]
MENU = {"desc": "更多", "action_list": [{"text": "少提醒", "key": "less"}]}
FULL = {
    "source": {"desc": "机关纪委", "desc_color": 2},
    "main_title": {"title": "题", "desc": LONG},
    "quote_area": {"type": 1, "url": URL, "title": "依据", "quote_text": LONG},
    "sub_title_text": LONG,
    "horizontal_content_list": [
        {"keyname": "放假", "value": LONG},
        {"keyname": "全文", "value": "看", "type": 1, "url": URL},
        {"keyname": "谁", "type": 3, "userid": "Li"},
    ],
    "jump_list": [{"type": 1, "title": LONG, "url": URL}],
    "card_action": {"type": 1, "url": URL},
}


def of(msgtype, **part):
    return {"msgtype": msgtype, msgtype: part}


def card(kind, number, **more):
    return of("template_card", card_type=kind, task_id=f"t{number}", **(FULL | more))


def fill(world, picture):
    """One of each, into the group, from the app and from the robot."""
    robot(world)
    bot = Phone(world)
    bot.subscribes()
    held = {"access_token": token(world)}

    def upload(endpoint, query, name, data):
        ask = Ask(query=query, upload=Upload(filename=name, data=data))
        return world.call(endpoint, ask)["media_id"]

    hook = {"key": KEY, "type": "file"}
    article = {"title": LONG[:40], "url": URL, "picurl": picture, "description": LONG}
    file = upload("webhook/upload_media", hook, "很长的文件名" * 12 + ".pdf", b"hello, file")
    voice = upload("webhook/upload_media", hook | {"type": "voice"}, "a.amr", AMR + b"\n\4" * 9)
    group = [
        of("text", content=LONG + "<@zhang>", mentioned_list=["@all"]),
        of("markdown", content=V1),
        of("markdown_v2", content=V2),
        of("image", base64=base64.b64encode(STILL).decode(), md5=MD5),
        of("news", articles=[article, article]),
        of("file", media_id=file),
        of("voice", media_id=voice),
        card("text_notice", 1, emphasis_content={"title": "7 天", "desc": "假期"}),
        card("news_notice", 2, card_image={"url": picture, "aspect_ratio": 2.25}),
    ]
    for message in group:
        assert world.webhook_send(KEY, message)["errcode"] == 0
    cover = upload("media/upload", held | {"type": "image"}, "a.png", STILL)
    film = upload("media/upload", held | {"type": "video"}, "a.mp4", b"\0\0\0\x18ftypmp42")
    page = {"title": "题", "thumb_media_id": cover, "content": f"<p>{LONG}</p>", "author": "某"}
    lines = [{"key": "地点", "value": LONG}]
    box = {"question_key": "q", "mode": 1, "option_list": OPTIONS}
    area = {"image_url": picture, "title": "图", "desc": LONG, "type": 1, "url": URL}
    buttons = [{"text": f"按钮{n}", "key": f"k{n}", "style": n} for n in range(1, 5)]
    selects = [{"question_key": f"q{n}", "title": "题", "option_list": OPTIONS} for n in "12"]
    submit = {"text": "提交", "key": "ok"}
    app = [
        of("textcard", title="题", description=f'<div class="highlight">{LONG}</div>', url=URL),
        of("mpnews", articles=[page]),
        of("video", media_id=film, title="片", description="述"),
        of("miniprogram_notice", appid="wx1", title="会议通知", content_item=lines),
        card("text_notice", 3, action_menu=MENU),
        card("news_notice", 4, image_text_area=area, vertical_content_list=[{"title": "行"}]),
        card("button_interaction", 5, button_list=buttons, button_selection=selects[0]),
        card("vote_interaction", 6, checkbox=box, submit_button=submit),
        card("multiple_interaction", 7, select_list=selects, submit_button=submit),
    ]
    for message in app:
        asked = Ask(query=held, body=to("zhang", message, safe=int(message is app[1])))
        assert world.call("message/send", asked)["errcode"] == 0
    talks.say(world, "zhang", f"bot-{BOT}", "问")
    bot.line.out.clear()
    single = {"chatid": "zhang", "chat_type": 1}
    feedback = {"content": V2, "feedback": {"id": "f"}}
    ask = [{"title": "问一句", "type": 3, "question": "怎么办"}]
    for message in (of("markdown", **feedback), card("text_notice", 8, jump_list=ask)):
        assert bot.says("aibot_send_msg", single | message) == 0


LOOKS = (("light", 390), ("dark", 360), ("dark", 1280))
WIDE = "b => b.filter(one => one.scrollWidth > one.clientWidth + 1).map(b => b.className)"


async def test_no_kind_of_message_sticks_out_or_is_hard_to_read(world, bot, callback, browser):
    async with Serving(create_app(world, http=bot)) as served:
        world.base_url = served.url
        held = {"access_token": token(world)}
        ask = Ask(query=held, upload=Upload(filename="a.png", data=STILL))
        fill(world, world.call("media/uploadimg", ask)["url"])
        page = await browser.new_page(viewport={"width": 390, "height": 900})
        chats = [f"/sandbox?who=zhang&chat={c}" for c in ("g1", f"app-{AGENT}", f"bot-{BOT}")]
        for path in (*chats, "/sandbox?who=zhang", "/sandbox/desk"):
            await page.goto(served.url + path)
            for look in LOOKS:
                await sound(page, look)
                assert await page.locator(".wx-bubble").evaluate_all(WIDE) == [], (path, look)


PLACES = """() => {
  const one = document.activeElement, box = one.getBoundingClientRect();
  const said = one.getAttribute("aria-label") || one.labels?.[0]?.innerText || one.innerText || "";
  const down = document.querySelector("#messages").scrollTop;
  const top = box.top + (one.closest("article") ? down : 0);
  return {tag: one.tagName, top: top, said: said.trim(),
          seen: box.width > 0 && getComputedStyle(one).outlineStyle !== "none"};
}"""


async def test_the_keyboard_goes_through_a_chat_from_top_to_bottom(world, bot, callback, browser):
    async with Serving(create_app(world, http=bot)) as served:
        world.base_url = served.url
        fill(world, f"{served.url}/none.png")
        page = await browser.new_page(viewport={"width": 390, "height": 900})
        await page.goto(f"{served.url}/sandbox?who=zhang&chat=app-{AGENT}")
        stops = []
        for _ in range(120):
            await page.keyboard.press("Tab")
            stop = await page.evaluate(PLACES)
            if stop["tag"] == "BODY":
                break
            stops.append(stop)
        assert stops[0]["said"] == "跳到消息"
        nameless = [s for s in stops if not s["said"] and s["tag"] not in ("VIDEO",)]
        assert nameless == []
        assert all(s["seen"] for s in stops if s["tag"] not in ("VIDEO",)), stops
        inside = [s for s in stops if s["tag"] in ("BUTTON", "SELECT", "SUMMARY")]
        words = [s["said"] for s in inside]
        for wanted in ("按钮1", "提交", "更多操作", "发送"):
            assert wanted in words
        opening = {s["said"] for s in stops if s["said"].startswith("打开：")}
        assert opening == {"打开：题"}  # named by its card
        tops = [s["top"] for s in stops[3:-3]]
        assert all(later >= before - 60 for before, later in pairwise(tops))
