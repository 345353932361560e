"""What every channel promises, and how an answer is judged."""

import base64
import hashlib
import inspect
import io
import json
import traceback
from dataclasses import replace
from datetime import UTC, datetime
from typing import get_origin, get_type_hints

import httpx
import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.channels import (
    KINDS,
    App,
    AppChat,
    Bot,
    BotGroup,
    Channel,
    SendError,
    Sent,
    Terminal,
    Webhook,
    judge,
)
from bot.channels.enclosures import kind_of
from bot.core.model import Card, Enclosure, Markdown, Picture
from bot.core.render import TooLong
from bot.wecom.client import connect
from bot.wecom.errors import CallFailed, Outcome
from bot.wecom.token import Token

KEY, SECRET = "webhook-s3cret", "corp-s3cret"
PEOPLE = ("ZhangSan", "lisi", "wang")
CARD = Card(
    task_id="mid-autumn-2026_main@jg1",
    source="廉政教育 · 节点提醒",
    title="中秋节前提醒",
    text="不收礼，不赴宴。",
    button="已阅",
    button_key="ack",
    facts=(("编号", "2026-031"), ("监督举报", "12388")),
    link=("看全文", "https://page.example/r/1"),
)
TEXT = Markdown(text='**中秋**\n> 廉政教育 “引号” \\ <font color="comment">注</font> 😀')
OK = httpx.Response(200, json={"errcode": 0, "errmsg": "ok"})


def serving(answer, seen=None):
    """Return a client whose world gives a token, and `answer` to every message."""

    def world(request: httpx.Request) -> httpx.Response:
        if request.url.path.endswith("/gettoken"):
            return httpx.Response(
                200, json={"errcode": 0, "access_token": "T1", "expires_in": 7200}
            )
        if seen is not None:
            seen.append(request)
        if isinstance(answer, httpx.Response):
            return answer
        raise answer(f"broke at {request.url}", request=request)

    return connect("https://wecom.example", transport=httpx.MockTransport(world))


def webhook(answer=OK, seen=None):
    return Webhook(serving(answer, seen), KEY)


def app(answer=OK, seen=None):
    token = Token("ww1", SECRET, now=lambda: datetime(2026, 6, 1, tzinfo=UTC))
    return App(serving(answer, seen), token, 1000007)


def appchat(answer=OK, seen=None):
    token = Token("ww1", SECRET, now=lambda: datetime(2026, 6, 1, tzinfo=UTC))
    return AppChat(serving(answer, seen), token, 1000007)


def terminal(answer=OK, seen=None):
    return Terminal(io.StringIO())


class Line:
    """A long connection that answers everything alike."""

    live = True

    def __init__(self, answer, seen=None):
        self.answer, self.seen = answer, seen if seen is not None else []

    async def ask(self, cmd, body):
        self.seen.append((cmd, body))
        if isinstance(self.answer, CallFailed):
            raise self.answer
        return self.answer


ANSWERED = {"errcode": 0, "errmsg": "ok"}


def bot(answer=ANSWERED, seen=None):
    return Bot(Line(answer, seen), "BOT")


def bot_group(answer=ANSWERED, seen=None):
    return BotGroup(Line(answer, seen), "BOT")


MAKERS = [webhook, app, terminal]
ROBOTS = [bot, bot_group]
CHATS = [appchat, bot_group]  # one chatid, the whole text


@pytest.mark.parametrize("make", ROBOTS)
@pytest.mark.parametrize(
    ("answer", "outcome"),
    [
        ({"errcode": -1}, Outcome.UNKNOWN),
        ({"errcode": 93006}, Outcome.REFUSED),
        ({"errcode": 846609}, Outcome.RETRY),
        (CallFailed("no", "x"), Outcome.RETRY),
        (CallFailed("maybe", "x"), Outcome.UNKNOWN),
    ],
)
async def test_what_the_robot_is_told_decides_whether_it_may_go_again(make, answer, outcome):
    channel = make(answer)
    with pytest.raises(SendError) as caught:
        await channel.send(channel.body(TEXT, ["one"]))
    assert caught.value.outcome is outcome


async def test_too_fast_in_a_group_and_a_person_who_never_wrote_share_a_code_but_not_an_end():
    for make, outcome in ((bot, Outcome.REFUSED), (bot_group, Outcome.RETRY)):
        channel = make({"errcode": 846607})
        with pytest.raises(SendError) as caught:
            await channel.send(channel.body(TEXT, ["one"]))
        assert caught.value.outcome is outcome
        assert caught.value.then.kind != "disable_target"


def test_one_person_s_chat_that_is_gone_never_disables_the_others_while_a_group_s_does():
    for make, then in ((bot, "nothing"), (bot_group, "disable_target")):
        with pytest.raises(SendError) as caught:
            make().judged({"errcode": 93006})
        assert caught.value.then.kind == then


def test_the_robot_names_one_chat_says_its_type_and_keeps_its_case():
    for make, kind in ((bot, 1), (bot_group, 2)):
        whole = json.loads(make().body(TEXT, ["WrAbC"]))
        assert (whole["chatid"], whole["chat_type"], whole["msgtype"]) == (
            "WrAbC",
            kind,
            "markdown",
        )
        for wrong in ([], ["a", "b"]):
            with pytest.raises(ValueError, match="one"):
                make().body(TEXT, wrong)
        with pytest.raises(TooLong):
            make().body(Markdown(text="长" * 6827), ["a"])


def test_the_table_holds_every_channel_under_its_own_name():
    assert dict(KINDS) == {
        "webhook": Webhook,
        "bot": Bot,
        "bot-group": BotGroup,
        "app": App,
        "appchat": AppChat,
        "terminal": Terminal,
    }


@pytest.mark.parametrize("make", [*MAKERS, *ROBOTS, appchat])
def test_a_channel_has_all_that_the_protocol_names(make):
    channel: Channel = make()
    for name, kind in get_type_hints(Channel).items():
        assert isinstance(getattr(channel, name), get_origin(kind) or kind)
    for name in ("body", "taken", "send"):
        wanted = inspect.signature(getattr(Channel, name)).parameters
        assert inspect.signature(getattr(type(channel), name)).parameters.keys() == wanted.keys()


@pytest.mark.parametrize("make", MAKERS)
def test_the_same_message_gives_the_same_bytes(make):
    assert make().body(TEXT, PEOPLE) == make().body(TEXT, PEOPLE)


@pytest.mark.parametrize("make", MAKERS)
@given(text=st.text(st.characters(exclude_categories=["Cs"]), max_size=300))
def test_a_body_is_json_in_utf8_that_holds_the_text_unchanged(make, text):
    body = make().body(Markdown(text=text), PEOPLE)
    whole = json.loads(body.decode())
    assert whole[whole["msgtype"]]["content"] == text
    assert b"\\u4e" not in body  # 45 KB of escapes would count against the limits
    assert KEY.encode() not in body


@pytest.mark.parametrize("make", MAKERS)
async def test_what_was_stored_is_what_goes_out(make):
    seen: list[httpx.Request] = []
    channel = make(seen=seen)
    body = channel.body(TEXT, PEOPLE)
    assert await channel.send(body) == Sent()
    assert [request.content for request in seen] in ([body], [])


@pytest.mark.parametrize("make", [webhook, app])
@pytest.mark.parametrize(
    ("answer", "outcome", "then"),
    [
        (httpx.Response(200, json={"errcode": 93000}), Outcome.REFUSED, "disable_target"),
        (httpx.Response(200, json={"errcode": 45009}), Outcome.RETRY, "wait"),
        (httpx.Response(200, json={"errcode": 987654}), Outcome.REFUSED, "nothing"),
        (httpx.Response(502), Outcome.UNKNOWN, "nothing"),
        (httpx.Response(200, text="ok"), Outcome.UNKNOWN, "nothing"),
        (httpx.Response(200, json={"errmsg": "ok"}), Outcome.UNKNOWN, "nothing"),
        (httpx.ReadTimeout, Outcome.UNKNOWN, "nothing"),
        (httpx.RemoteProtocolError, Outcome.UNKNOWN, "nothing"),
        (httpx.ConnectError, Outcome.RETRY, "wait"),
        (httpx.ProxyError, Outcome.RETRY, "wait"),
    ],
)
async def test_nothing_but_errcode_zero_is_a_delivery(make, answer, outcome, then, caplog):
    channel = make(answer)
    with caplog.at_level("DEBUG"), pytest.raises(SendError) as caught:
        await channel.send(channel.body(TEXT, PEOPLE))
    error = caught.value
    assert (error.outcome, error.then.kind) == (outcome, then)
    told = str(error) + error.reason + repr(error) + repr(channel) + caplog.text
    told += "".join(traceback.format_exception(error))
    assert KEY not in told
    assert SECRET not in told
    assert "T1" not in told


@pytest.mark.parametrize(("make", "outcome"), [(webhook, "unknown"), (app, "retry")])
async def test_busy_is_unknown_unless_wecom_drops_copies(make, outcome):
    channel = make(httpx.Response(200, json={"errcode": -1, "errmsg": "system busy"}))
    with pytest.raises(SendError) as caught:
        await channel.send(channel.body(TEXT, PEOPLE))
    assert caught.value.outcome == outcome


def test_a_reason_tells_the_code_so_that_it_can_be_looked_up():
    with pytest.raises(SendError, match="错误码 93000"):
        judge({"errcode": 93000, "errmsg": f"bad key {KEY}"}, deduplicated=False)


def test_receivers_that_were_not_served_come_back_as_they_were_spelt():
    answer = {
        "errcode": 0,
        "invaliduser": "zhangsan|other",
        "unlicenseduser": "lisi",
        "msgid": "m1",
    }
    sent = judge(answer, deduplicated=True, asked=PEOPLE)
    assert sent == Sent(msgid="m1", invalid=("ZhangSan", "other"), unlicensed=("lisi",))


@pytest.mark.parametrize(
    "answer",
    [
        {"errcode": 81013},
        {"errcode": 0, "invaliduser": "zhangsan|lisi|wang"},
        {"errcode": 0, "invaliduser": "zhangsan", "unlicenseduser": "lisi|wang"},
    ],
)
def test_a_message_that_nobody_could_get_is_refused(answer):
    with pytest.raises(SendError) as caught:
        judge(answer, deduplicated=True, asked=PEOPLE)
    assert caught.value.outcome is Outcome.REFUSED
    assert "81013" in caught.value.reason


@pytest.mark.parametrize("odd", [None, 7, [], {"a": 1}, ["zhang"]])
def test_odd_fields_beside_errcode_zero_do_not_undo_a_delivery(odd):
    answer = {"errcode": 0, "invaliduser": odd, "unlicenseduser": odd, "msgid": odd}
    assert judge(answer, deduplicated=True, asked=PEOPLE) == Sent()


@pytest.mark.parametrize("make", CHATS)
def test_a_group_chat_gets_a_message_for_one_chatid(make):
    for message, to in ((TEXT, []), (TEXT, ["a", "b"])):
        with pytest.raises(ValueError):
            make().body(message, to)


def test_an_apps_group_takes_no_card_and_a_robots_group_may():
    with pytest.raises(ValueError):
        appchat().body(CARD, ["c"])  # wecom/api.md §4.4
    sent = json.loads(bot_group().body(CARD, ["c"]))
    assert (sent["chatid"], sent["chat_type"], sent["msgtype"]) == ("c", 2, "template_card")


async def test_an_apps_group_hears_the_stored_bytes_and_nothing_comes_back():
    seen: list[httpx.Request] = []
    channel = appchat(seen=seen)
    body = channel.body(TEXT, ["C1"])
    assert await channel.send(body) == Sent()
    assert (seen[0].url.path, seen[0].content) == ("/cgi-bin/appchat/send", body)
    with pytest.raises(TooLong):
        channel.body(Markdown(text="汉" * 683), ["C1"])


@pytest.mark.parametrize(
    ("answer", "outcome", "then"),
    [
        (httpx.Response(200, json={"errcode": 86008}), Outcome.REFUSED, "disable_target"),
        (httpx.Response(200, json={"errcode": 49008}), Outcome.REFUSED, "disable_target"),
        (httpx.Response(200, json={"errcode": 48002}), Outcome.RETRY, "stop_app"),
        (httpx.Response(200, json={"errcode": -1}), Outcome.UNKNOWN, "nothing"),
        (httpx.ReadTimeout, Outcome.UNKNOWN, "nothing"),
        (httpx.ConnectError, Outcome.RETRY, "wait"),
    ],
)
async def test_a_lost_answer_of_an_apps_group_is_never_sent_twice(answer, outcome, then):
    channel = appchat(answer)
    with pytest.raises(SendError) as caught:
        await channel.send(channel.body(TEXT, ["C1"]))
    assert (caught.value.outcome, caught.value.then.kind) == (outcome, then)


# -- webhook -------------------------------------------------------------------------------


def test_a_webhook_says_markdown_and_nothing_else():
    body = webhook().body(Markdown(text="# 中秋"), ())
    assert body.decode() == '{"msgtype":"markdown","markdown":{"content":"# 中秋"}}'


def test_a_webhook_carries_no_card():
    with pytest.raises(ValueError, match="Markdown"):
        webhook().body(CARD, ())


async def test_a_webhook_puts_its_key_in_the_address_only():
    seen: list[httpx.Request] = []
    channel = webhook(seen=seen)
    await channel.send(channel.body(TEXT, ()))
    assert seen[0].url.path == "/cgi-bin/webhook/send"
    assert dict(seen[0].url.params) == {"key": KEY}
    assert KEY not in str(seen[0].headers)


# -- app -----------------------------------------------------------------------------------


def test_an_app_card_is_written_as_wecom_wants_it():
    assert json.loads(app().body(CARD, PEOPLE)) == {
        "touser": "ZhangSan|lisi|wang",
        "msgtype": "template_card",
        "agentid": 1000007,
        "template_card": {
            "card_type": "button_interaction",
            "source": {"desc": "廉政教育 · 节点提醒"},
            "main_title": {"title": "中秋节前提醒"},
            "sub_title_text": "不收礼，不赴宴。",
            "horizontal_content_list": [
                {"keyname": "编号", "value": "2026-031"},
                {"keyname": "监督举报", "value": "12388"},
            ],
            "button_list": [
                {"type": 1, "text": "看全文", "style": 2, "url": "https://page.example/r/1"},
                {"type": 0, "text": "已阅", "style": 1, "key": "ack"},
            ],
            "card_action": {"type": 1, "url": CARD.link[1]},
            "task_id": "mid-autumn-2026_main@jg1",
        },
        "enable_duplicate_check": 1,
        "duplicate_check_interval": 14400,
    }


def test_what_a_card_does_not_have_is_left_out():
    bare = Card(task_id="t@a", source="", title="题", text="", button="已阅", button_key="ack")
    card = json.loads(app().body(bare, ["zhang"]))["template_card"]
    assert list(card) == ["card_type", "main_title", "button_list", "task_id"]
    assert len(card["button_list"]) == 1


async def test_an_app_message_carries_the_token_and_brings_the_ids_back():
    seen: list[httpx.Request] = []
    answer = {"errcode": 0, "msgid": "m1", "response_code": "r1", "invaliduser": "zhangsan"}
    channel = app(httpx.Response(200, json=answer), seen)
    sent = await channel.send(channel.body(CARD, PEOPLE))
    assert sent == Sent(msgid="m1", response_code="r1", invalid=("ZhangSan",))
    assert dict(seen[0].url.params) == {"access_token": "T1"}


@pytest.mark.parametrize(
    ("message", "to"),
    [
        (CARD, ()),
        (CARD, ("a|b",)),
        (CARD, ("a", "")),
        (CARD, tuple(f"p{n}" for n in range(1001))),
        (Card(task_id="中秋@a", source="", title="题", text="", button="", button_key=""), ("a",)),
        (Card(task_id="t@a", source="", title="", text="", button="", button_key=""), ("a",)),
        (Card(task_id="t" * 129, source="", title="题", text="", button="", button_key=""), ("a",)),
    ],
)
def test_an_app_message_that_wecom_would_refuse_is_a_programmers_mistake(message, to):
    with pytest.raises(ValueError):
        app().body(message, to)


def test_a_thousand_people_fit_in_one_message():
    people = [f"p{n}" for n in range(1000)]
    assert json.loads(app().body(CARD, people))["touser"].split("|") == people


@pytest.mark.parametrize(("make", "limit"), [(webhook, 4096), (app, 2048)])
def test_bytes_are_counted_not_characters(make, limit):
    fitting = "汉" * (limit // 3)
    make().body(Markdown(text=fitting), PEOPLE)
    with pytest.raises(TooLong) as caught:
        make().body(Markdown(text=fitting + "字"), PEOPLE)
    assert caught.value.limit == limit


@pytest.mark.parametrize(("code", "seconds"), [(40001, 3600), (60020, 600)])
async def test_a_refused_token_stops_the_app_with_nothing_sent(code, seconds):
    def world(request):
        assert request.url.path.endswith("/gettoken")
        return httpx.Response(200, json={"errcode": code, "errmsg": SECRET})

    http = connect("https://wecom.example", transport=httpx.MockTransport(world))
    token = Token("ww1", SECRET, now=lambda: datetime(2026, 6, 1, tzinfo=UTC))
    channel = App(http, token, 1)
    for _ in range(2):
        with pytest.raises(SendError) as caught:
            await channel.send(channel.body(CARD, PEOPLE))
        assert caught.value.outcome is Outcome.RETRY
        assert (caught.value.then.kind, caught.value.then.seconds) == ("stop_app", seconds)
        assert f"错误码 {code}" in caught.value.reason
        assert SECRET not in "".join(traceback.format_exception(caught.value))


# -- terminal ------------------------------------------------------------------------------


async def test_the_terminal_shows_a_card_as_a_person_would_see_it():
    stream = io.StringIO()
    channel = Terminal(stream)
    await channel.send(channel.body(CARD, PEOPLE))
    assert stream.getvalue() == (
        "廉政教育 · 节点提醒\n中秋节前提醒\n不收礼，不赴宴。\n编号：2026-031\n监督举报：12388\n"
        "看全文：https://page.example/r/1\n[已阅]\n\n"
    )


async def test_a_closed_terminal_is_a_send_error():
    stream = io.StringIO()
    stream.close()
    channel = Terminal(stream)
    with pytest.raises(SendError):
        await channel.send(channel.body(TEXT, ()))


# -- pictures ----------------------------------------------------------------------------------

PNG = Picture(png=b"\x89PNG" + bytes(200))


def test_a_webhook_takes_the_picture_s_bytes_and_their_sum():
    image = json.loads(webhook().body(PNG))["image"]
    assert base64.b64decode(image["base64"]) == PNG.png
    assert image["md5"] == hashlib.md5(PNG.png, usedforsecurity=False).hexdigest()


def test_a_picture_too_large_for_a_webhook_is_refused_before_it_is_sent():
    with pytest.raises(TooLong):
        webhook().body(Picture(png=bytes(2 * 1024 * 1024 + 1)))


async def test_a_robot_s_group_gets_the_picture_by_the_id_of_its_upload():
    seen = []
    channel = bot_group({**ANSWERED, "body": {"upload_id": "u", "media_id": "M"}}, seen)
    await channel.send(channel.body(PNG, ["chat"]))
    cmd, body = seen[-1]
    assert cmd == "aibot_send_msg"
    assert body == {
        "chatid": "chat",
        "chat_type": 2,
        "msgtype": "image",
        "image": {"media_id": "M"},
    }


async def test_a_group_of_an_app_gets_the_picture_by_the_id_of_its_upload():
    seen = []
    channel = appchat(httpx.Response(200, json={"errcode": 0, "media_id": "M"}), seen)
    await channel.send(channel.body(PNG, ["chat"]))
    assert seen[0].url.path == "/cgi-bin/media/upload"
    sent = {"chatid": "chat", "msgtype": "image", "image": {"media_id": "M"}}
    assert json.loads(seen[-1].content) == sent


@pytest.mark.parametrize("code", [40004, -1])
async def test_where_the_upload_fails_no_message_is_posted(code):
    seen = []
    channel = appchat(httpx.Response(200, json={"errcode": code}), seen)
    with pytest.raises(SendError) as caught:
        await channel.send(channel.body(PNG, ["chat"]))
    assert caught.value.outcome is not Outcome.UNKNOWN
    assert [request.url.path for request in seen] == ["/cgi-bin/media/upload"]


@pytest.mark.parametrize("make", [app, bot, terminal])
def test_a_way_to_single_people_carries_no_picture(make):
    channel = make()
    assert not channel.pictures
    with pytest.raises(ValueError, match="picture"):
        channel.body(PNG, ["zhang"])


# -- cards of the office -----------------------------------------------------------------------


@pytest.mark.parametrize("make", [app, bot])
def test_a_card_of_the_office_has_its_buttons_and_asks_for_no_whole_text(make):
    card = replace(CARD, link=None, button_key="agree", more=(("退回", "return"),), whole=False)
    sent = json.loads(make().body(card, ["zhang"]))["template_card"]
    assert [one["key"] for one in sent["button_list"]] == ["agree", "return"]
    assert "jump_list" not in sent


@pytest.mark.parametrize("link", [None, CARD.link])
def test_a_robots_card_to_staff_has_three_buttons_without_addresses_and_no_jump(link):
    sent = json.loads(bot().body(replace(CARD, link=link), ["zhang"]))["template_card"]
    assert [one["key"] for one in sent["button_list"]] == ["whole", "ack", "opinion"]
    assert not any("url" in one or one.get("type") for one in sent["button_list"])
    assert "jump_list" not in sent
    assert sent.get("card_action") == ({"type": 1, "url": link[1]} if link else None)


# -- 附件 ------------------------------------------------------------------------------------------

MB = 1024 * 1024


@pytest.mark.parametrize(
    ("name", "size", "kinds"),
    [  # as what webhook, app, app's group, robot and robot's group carry it
        ("海报.PNG", 2 * MB, ("image", "image")),
        ("海报.jpeg", 2 * MB + 1, ("file", "image")),  # more than fits into a webhook's message
        ("海报.png", 10 * MB + 1, ("file", "file")),
        ("片子.mp4", 10 * MB, ("file", "video")),
        ("片子.mp4", 10 * MB + 1, ("file", "file")),
        ("动图.gif", 100, ("file", "file")),
        ("提示.pdf", 20 * MB, ("file", "file")),
        ("没有后缀", 6, ("file", "file")),
        ("太小.txt", 5, (None, None)),
        ("太大.zip", 20 * MB + 1, (None, None)),
    ],
)
def test_a_file_goes_as_what_it_is_or_else_as_a_file(name, size, kinds):
    assert kind_of(name, size, Webhook.carries) == kinds[0]
    for kind in (App, AppChat, Bot, BotGroup):
        assert kind_of(name, size, kind.carries) == kinds[1]
    assert kind_of(name, size, Terminal.carries) is None


@pytest.mark.parametrize("make", [webhook, app, appchat, bot, bot_group])
@pytest.mark.parametrize("kind", ["image", "file", "video"])
def test_an_uploaded_file_is_named_by_its_id_alone(make, kind):
    one = Enclosure(kind=kind, name="名.x", raw=b"raw bytes", media_id="M1")
    whole = json.loads(make().body(one, ["a"]))
    assert (whole["msgtype"], whole[kind]["media_id"]) == (kind, "M1")


async def test_a_webhooks_picture_is_in_the_message_and_its_file_is_uploaded():
    seen: list[httpx.Request] = []
    answer = httpx.Response(200, json={"errcode": 0, "media_id": "M1"})
    channel = webhook(answer, seen)
    picture = await channel.taken(Enclosure(kind="image", name="a.png", raw=b"raw"))
    assert (seen, "base64" in json.loads(channel.body(picture))["image"]) == ([], True)
    file = await channel.taken(Enclosure(kind="file", name="提示.pdf", raw=b"%PDF-1"))
    assert json.loads(channel.body(file)) == {"msgtype": "file", "file": {"media_id": "M1"}}
    assert seen[0].url.path == "/cgi-bin/webhook/upload_media"
    assert "提示.pdf".encode() in seen[0].content


@pytest.mark.parametrize(
    ("answer", "outcome"),
    [
        (httpx.Response(200, json={"errcode": 45009}), Outcome.RETRY),
        (httpx.Response(200, json={"errcode": 846611}), Outcome.RETRY),  # an upload broken off
        (httpx.Response(200, json={"errcode": 40005}), Outcome.REFUSED),
        (httpx.Response(200, json={"errcode": -1}), Outcome.RETRY),  # nothing was said to anybody
        (httpx.Response(502), Outcome.RETRY),
        (httpx.ReadTimeout, Outcome.RETRY),
    ],
)
async def test_an_upload_that_broke_may_go_again_and_one_that_was_refused_not(answer, outcome):
    for make in (webhook, app, appchat):
        with pytest.raises(SendError) as caught:
            await make(answer).taken(Enclosure(kind="file", name="a.pdf", raw=b"%PDF-1"))
        assert caught.value.outcome is outcome
        assert KEY not in str(caught.value)


async def test_a_film_keeps_its_name_where_there_is_room_and_the_robot_uploads_in_pieces():
    seen = []
    answer = {"errcode": 0, "body": {"upload_id": "U", "media_id": "M2"}}
    film = Enclosure(kind="video", name="家风.mp4", raw=bytes(600_000))
    made = await bot(answer, seen).taken(film)
    assert [cmd.rpartition("_")[2] for cmd, _ in seen] == ["init", "chunk", "chunk", "finish"]
    video = json.loads(bot().body(made, ["zhang"]))["video"]
    assert video == {"media_id": "M2", "title": "家风.mp4"}
    long = replace(made, name="长" * 22)
    assert "title" not in json.loads(bot().body(long, ["zhang"]))["video"]
