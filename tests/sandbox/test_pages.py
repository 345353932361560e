"""The phone's page: be a person, read, tap, see the card turn grey."""

import html
import re

import pytest

from bot.sandbox.media import Media

from .house import (
    AGENT,
    BOT,
    BOT_SECRET,
    DOMAIN,
    KEY,
    THANKS,
    Phone,
    button_card,
    robot,
    text,
    to,
    token,
)

APP = f"app-{AGENT}"


@pytest.fixture
def busy(world):
    world.banner = "第三级"
    world.webhook_send(KEY, {"msgtype": "markdown", "markdown": {"content": "# 中秋节前提醒"}})
    world.message_send(token(world), to("zhang|Li", button_card("c1")))
    return world


async def page(http, **params):
    answer = await http.get("/sandbox", params=params)
    assert answer.status_code == 200
    return answer.text


def pressed(callback):
    """The presses the app heard of; opening its chat is an event too."""
    return [event for event in callback.events if event["Event"] == "template_card_event"]


def frames(bot):
    """What the robot was told, without the answers to its own commands."""
    return [frame for frame in bot.line.out if "cmd" in frame]


async def test_the_page_says_that_it_is_not_wecom_and_what_time_it_is(http, busy):
    shown = await page(http)
    for words in (
        "演练环境",
        "不是真实的企业微信",
        "2026年9月21日 星期一 09:12:00",
        "第三级",
        "清源县审计局",
    ):
        assert words in shown


async def test_a_person_sees_their_groups_and_chat_newest_first(http, busy):
    shown = await page(http, who="zhang")
    names = re.findall(r'class="line-name">([^<]+)<', shown)
    assert names == ["清风", "机关一支部", "别的应用"]
    assert "[卡片] 节前提醒" in shown
    assert "机关二支部" not in shown


async def test_a_group_shows_its_messages_and_its_size(http, busy):
    shown = await page(http, who="zhang", chat="g1")
    assert "<h1>中秋节前提醒</h1>" in shown
    assert "（2）" in shown


async def test_a_tap_turns_the_card_grey_for_that_person_alone(http, busy, callback):
    callback.reply = THANKS
    body = {"who": "zhang", "chat": APP, "task_id": "c1", "agentid": str(AGENT), "key": "ack"}
    answer = await http.post("/sandbox/tap", data=body)
    assert answer.status_code == 303
    assert "disabled>已阅，谢谢</button>" in (await http.get(answer.headers["location"])).text
    assert 'value="ack">已阅</button>' in await page(http, who="Li", chat=APP)
    assert callback.events[0]["FromUserName"] == "zhang"


async def test_an_answer_in_a_form_travels_with_the_tap(http, busy, callback):
    body = {"who": "zhang", "task_id": "c1", "agentid": str(AGENT), "key": "ack", "q.q1": "a"}
    await http.post("/sandbox/tap", data=body)
    item = callback.events[0]["SelectedItems"]["SelectedItem"]
    assert item == {"QuestionKey": "q1", "OptionIds": {"OptionId": "a"}}


async def test_a_tap_that_does_not_arrive_says_so(http, busy, callback):
    callback.statuses = [500, 500, 500]
    body = {"who": "zhang", "task_id": "c1", "agentid": str(AGENT), "key": "ack"}
    answer = await http.post("/sandbox/tap", data=body, follow_redirects=True)
    assert "点按没有送到" in answer.text


@pytest.mark.parametrize(
    "body",
    [
        {},
        {"who": "wang", "task_id": "c1", "key": "ack"},
        {"who": "zhang", "task_id": "no", "key": "ack"},
        {"who": "zhang", "task_id": "c1", "agentid": "九", "key": "ack"},
    ],
)
async def test_the_page_posts_only_for_people_who_have_the_card(http, busy, callback, body):
    answer = await http.post("/sandbox/tap", data=body, follow_redirects=True)
    assert answer.status_code == 200
    assert len(pressed(callback)) == (body.get("agentid") == "九")


async def test_another_site_cannot_tap(http, busy, callback):
    body = {"who": "zhang", "task_id": "c1", "key": "ack"}
    headers = {"Sec-Fetch-Site": "cross-site"}
    assert (await http.post("/sandbox/tap", data=body, headers=headers)).status_code == 403
    assert callback.events == []


async def test_no_script_of_a_message_or_a_name_reaches_the_page(http, busy):
    busy.add_user("zhang", "<script>alert(1)</script>")
    busy.banner = "<script>alert(1)</script>"
    busy.webhook_send(KEY, text("<script>alert(1)</script>"))
    answer = await http.get("/sandbox", params={"who": "zhang", "chat": '"><script>'})
    assert answer.text.count("<script") == 1
    policy = answer.headers["content-security-policy"]
    assert "default-src 'none'" in policy
    assert "unsafe" not in policy


@pytest.mark.parametrize("who", ["", "nobody", "far"])
async def test_unknown_and_lonely_people_get_a_page(http, busy, who):
    assert "演练环境" in await page(http, who=who)


async def test_a_world_without_people_has_a_page(http, world):
    world.users.clear()
    world.groups.clear()
    assert "没有人员" in await page(http)


@pytest.mark.parametrize(
    "message",
    [
        {
            "msgtype": "news",
            "news": {"articles": [{"title": "图文题", "url": "https://a.example"}]},
        },
        text("\n\n"),
        text("第一行\n第二行"),
    ],
)
async def test_every_message_has_a_line_in_the_list(http, world, message):
    assert world.webhook_send(KEY, message)["errcode"] == 0
    assert "机关一支部" in await page(http, who="zhang")


async def test_style_and_script_are_served(http):
    for name in ("phone.css", "page.css", "phone.js"):
        assert (await http.get(f"/sandbox/static/{name}")).status_code == 200
    assert (await http.get("/")).headers["location"] == "/sandbox"


async def test_a_link_opens_as_the_person_whose_phone_it_is(http, busy):
    link = (
        "https://open.weixin.qq.com/connect/oauth2/authorize?appid="
        f"{busy.corp_id}&redirect_uri=http%3A%2F%2F{DOMAIN}%2Fr&response_type=code"
        f"&scope=snsapi_base&state=s&agentid={AGENT}#wechat_redirect"
    )
    busy.webhook_send(KEY, {"msgtype": "markdown", "markdown": {"content": f"[看]({link})"}})
    shown = await page(http, who="Li", chat="g1")
    found = re.search(r'href="(/sandbox/open[^"]*)"', shown)
    away = await http.get(html.unescape(found[1]), follow_redirects=False)
    assert away.headers["location"].startswith("/connect/oauth2/authorize?")
    back = await http.get(away.headers["location"], follow_redirects=False)
    code = re.search(r"code=([^&]+)", back.headers["location"])[1]
    query = {"access_token": token(busy), "code": code}
    told = (await http.get("/cgi-bin/auth/getuserinfo", params=query)).json()
    assert told["userid"] == "Li"


@pytest.mark.parametrize("url", ["javascript:alert(1)", "", "//x.example"])
async def test_nothing_but_a_web_address_opens(http, busy, url):
    answer = await http.get("/sandbox/open", params={"who": "Li", "url": url})
    assert answer.status_code == 404


async def test_what_a_person_writes_in_a_group_reaches_the_robot_that_is_called(http, world):
    bot = Phone(world)
    robot(world)
    bot.says("aibot_subscribe", {"bot_id": BOT, "secret": BOT_SECRET})
    await http.post("/sandbox/say", data={"who": "zhang", "chat": "g1", "text": "@廉小助 绑定"})
    shown = await page(http, who="zhang", chat="g1")
    assert 'class="message is-mine"' in shown
    assert "@廉小助 绑定" in shown
    assert [f["body"]["text"]["content"] for f in frames(bot)] == ["@廉小助 绑定"]


async def test_a_robot_is_told_who_opens_its_chat_once_a_day(http, world):
    bot = Phone(world)
    robot(world)
    bot.says("aibot_subscribe", {"bot_id": BOT, "secret": BOT_SECRET})
    for _ in range(2):
        await page(http, who="zhang", chat=f"bot-{BOT}")
    assert [f["body"]["event"]["eventtype"] for f in frames(bot)] == ["enter_chat"]


async def test_a_stranger_cannot_write_into_a_group(http, world):
    body = {"who": "wang", "chat": "g1", "text": "嗨"}
    answer = await http.post("/sandbox/say", data=body, follow_redirects=True)
    assert "这里不能发言" in answer.text
    assert world.posted == []


async def test_a_vote_without_a_choice_is_not_sent(http, world, callback):
    box = {"question_key": "q", "option_list": [{"id": "a", "text": "甲", "is_checked": False}]}
    card = {"card_type": "vote_interaction", "task_id": "v", "main_title": {"title": "题"}}
    card |= {"checkbox": box, "submit_button": {"text": "交", "key": "k"}}
    vote = {"msgtype": "template_card", "template_card": card}
    assert world.message_send(token(world), to("zhang", vote))["errcode"] == 0
    body = {"who": "zhang", "number": "1", "key": "k"}
    assert "请先选一项" in (await http.post("/sandbox/tap", data=body, follow_redirects=True)).text
    assert pressed(callback) == []
    await http.post("/sandbox/tap", data=body | {"q.q": "a"})
    assert len(pressed(callback)) == 1


async def test_an_uploaded_file_is_served_but_never_runs(http, world):
    at = world.now()
    media_id = world.shelf.put(
        Media(kind="file", filename="x.html", at=at, pool="corp", data=b"<script>1</script>")
    )
    answer = await http.get(f"/sandbox/media/{media_id}")
    assert answer.headers["content-type"] == "application/octet-stream"
    assert answer.headers["content-disposition"].startswith("attachment")
    assert (await http.get("/sandbox/media/none")).status_code == 404


async def test_the_number_grows_whenever_something_happens(http, busy):
    before = (await http.get("/sandbox/live")).json()
    busy.webhook_send(KEY, text())
    after = (await http.get("/sandbox/live")).json()
    assert after["version"] > before["version"]


async def unread(http, who):
    shown = await page(http, who=who)
    return re.findall(r"未读 </span>([^<]+)<", shown)


async def test_what_one_has_not_looked_at_is_counted_until_one_looks(http, world):
    assert await unread(http, "zhang") == []
    for _ in range(3):
        world.webhook_send(KEY, text())
    await http.post("/sandbox/say", data={"who": "Li", "chat": "g1", "text": "收到"})
    assert await unread(http, "zhang") == ["4"]
    assert await unread(http, "Li") == ["3"]
    await page(http, who="zhang", chat="g1")
    assert await unread(http, "zhang") == []
    world.webhook_send(KEY, text())
    world.recall(world.posted[-1])
    assert await unread(http, "zhang") == []


async def test_an_app_hears_that_its_chat_is_opened_and_not_that_the_page_looks_again(
    http, world, callback
):
    async def opens(**headers):
        await http.get("/sandbox", params={"who": "zhang", "chat": APP}, headers=headers)
        return [event["Event"] for event in callback.events]

    assert await opens(**{"X-Sandbox-Refresh": "1"}) == []
    world.look_at("zhang", "")
    assert await opens() == ["enter_agent"]
    assert await opens() == ["enter_agent"]
    await page(http, who="zhang")
    assert await opens() == ["enter_agent", "enter_agent"]


MENU = {
    "button": [
        {"type": "click", "name": "帮助", "key": "help"},
        {
            "name": "更多",
            "sub_button": [
                {"type": "view", "name": "官网", "url": "https://a.example/x"},
                {"type": "scancode_push", "name": "扫码", "key": "scan"},
            ],
        },
    ]
}


async def make_menu(http, world, menu):
    query = {"access_token": token(world), "agentid": AGENT}
    return (await http.post("/cgi-bin/menu/create", params=query, json=menu)).json()["errcode"]


async def test_a_menu_is_shown_and_tapping_it_is_an_event(http, world, callback):
    assert await make_menu(http, world, MENU) == 0
    query = {"access_token": token(world), "agentid": AGENT}
    got = (await http.get("/cgi-bin/menu/get", params=query)).json()
    assert got["button"] == MENU["button"]
    shown = await page(http, who="zhang", chat=APP)
    assert 'name="key" value="help">帮助</button>' in shown
    await http.post("/sandbox/menu", data={"who": "zhang", "chat": APP, "key": "help"})
    link = html.unescape(re.search(r'href="(/sandbox/open[^"]*menu=[^"]*)"', shown)[1])
    away = await http.get(link, follow_redirects=False)
    assert away.headers["location"] == "https://a.example/x"
    heard = [(e["Event"], e["EventKey"]) for e in callback.events if e["Event"] != "enter_agent"]
    assert heard == [("click", "help"), ("view", "https://a.example/x")]
    answer = await http.post(
        "/sandbox/menu", data={"who": "zhang", "chat": APP, "key": "scan"}, follow_redirects=True
    )
    assert "不在这个人的手机上" in answer.text
    await http.get("/cgi-bin/menu/delete", params=query)
    assert (await http.get("/cgi-bin/menu/get", params=query)).json()["errcode"] == 46003
    assert 'class="menu"' not in await page(http, who="zhang", chat=APP)


@pytest.mark.parametrize(
    ("buttons", "errcode"),
    [
        ([], 40016),
        ([MENU["button"][0]] * 4, 40016),
        ([{"type": "swipe", "name": "题", "key": "k"}], 40017),
        ([{"type": "click", "name": "六个汉字以上", "key": "k"}], 40018),
        ([{"type": "click", "name": "五个汉字", "key": "k" * 129}], 40019),
        ([{"type": "view", "name": "题", "url": "u" * 1025}], 40020),
        ([{"name": "题", "sub_button": [MENU["button"][0]] * 6}], 40023),
        ([{"name": "题", "sub_button": [{"type": "click", "name": "汉" * 14, "key": "k"}]}], 40025),
    ],
)
async def test_a_menu_that_is_no_menu_is_refused(http, world, buttons, errcode):
    assert await make_menu(http, world, {"button": buttons}) == errcode


async def test_a_message_is_handed_on_and_a_cards_buttons_are_dead_there(http, busy, callback):
    chat = busy.direct("zhang", "wang")
    for number in (1, 2):
        data = {"who": "zhang", "chat": "g1", "number": str(number), "to": chat}
        answer = await http.post("/sandbox/forward", data=data, follow_redirects=True)
        assert "已转发" in answer.text
    shown = await page(http, who="wang", chat=chat)
    assert shown.count("转发的消息") == 2
    assert "张敏</h1>" in shown
    assert "<h1>中秋节前提醒</h1>" in shown
    assert 'value="ack"' not in shown
    assert await unread(http, "zhang") == ["1"]
    wrong = {"who": "wang", "chat": "g1", "number": "2", "to": "g1"}
    assert (
        "不能发言" in (await http.post("/sandbox/forward", data=wrong, follow_redirects=True)).text
    )


async def test_words_handed_on_to_a_robot_are_heard(http, world):
    robot(world)
    bot = Phone(world)
    bot.subscribes()
    world.webhook_send(KEY, text("这条对吗"))
    body = {"userid": "zhang", "number": 1, "chat": f"bot-{BOT}"}
    assert (await http.post("/sandbox/api/forward", json=body)).json()["delivered"]
    assert frames(bot)[0]["body"]["text"] == {"content": "这条对吗"}
    body = {"userid": "zhang", "number": 1, "to": "wang"}
    assert (await http.post("/sandbox/api/forward", json=body)).status_code == 200
    assert world.posted[-1].reached == ("wang", "zhang")
