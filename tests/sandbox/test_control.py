"""The control API and its page: switches, acts, people, faults (docs/sandbox.md)."""

import pytest

from bot.sandbox.acts import ACTS
from bot.sandbox.faults import SAID, FaultKind
from bot.sandbox.switches import TABLE, WORDS

from .house import AGENT, BOT, KEY, Phone, button_card, robot, text, to, token

SEND = f"/cgi-bin/webhook/send?key={KEY}"


async def post(http, path, **body):
    return await http.post(f"/sandbox/api/{path}", json=body)


async def test_every_switch_can_be_read_turned_and_turned_back(http, world):
    table = (await http.get("/sandbox/api/switches")).json()
    assert set(table) == set(TABLE)
    for name, switch in TABLE.items():
        assert table[name]["value"] == switch.default
        other = not switch.default if isinstance(switch.default, bool) else 7
        for word in switch.words or (other,):
            assert (await post(http, "switches", **{name: word})).status_code == 200
            assert getattr(world, name) == word


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("oversize", "drop"),
        ("oversize", 1),
        ("refused_counts", 1),
        ("aibot_spoken_days", -1),
        ("aibot_spoken_days", True),
        ("tokens", "x"),
    ],
)
async def test_a_switch_takes_only_what_it_knows(http, name, value):
    assert (await post(http, "switches", **{name: value})).status_code == 400


async def test_an_administrator_stops_and_starts_and_removes_a_webhook(http):
    async def errcode():
        return (await http.post(SEND, json=text())).json()["errcode"]

    for do, expected in [("stop_webhook", 93004), ("start_webhook", 0), ("remove_webhook", 93000)]:
        assert (await post(http, "acts", do=do, of="g1")).status_code == 200
        assert await errcode() == expected


async def test_an_address_list_holds_until_it_is_emptied(http, world):
    await post(http, "acts", do="allow_ips", of="10.0.0.1, 10.0.0.2")
    assert world.message_send(token(world), to("zhang", text()))["errcode"] == 60020
    await post(http, "acts", do="allow_ips", of="")
    assert world.message_send(token(world), to("zhang", text()))["errcode"] == 0


@pytest.mark.parametrize(
    ("do", "closing", "deaf"),
    [("close_line", 1000, False), ("cut_line", 1006, False), ("half_open_line", None, True)],
)
async def test_a_robots_line_is_closed_cut_or_left_half_open(http, world, do, closing, deaf):
    robot(world)
    bot = Phone(world)
    bot.subscribes()
    await post(http, "acts", do=do, of=BOT)
    assert (bot.line.closing, bot.line.deaf) == (closing, deaf)


@pytest.mark.parametrize("do", [*ACTS, "no such act"])
async def test_an_act_on_nothing_is_a_400_and_no_crash(http, do):
    answer = await post(http, "acts", do=do, of="nobody")
    assert answer.status_code == (200 if do == "allow_ips" else 400)


async def test_people_write_open_press_and_rate_over_the_api(http, world, callback):
    robot(world)
    bot = Phone(world)
    bot.subscribes()
    said = await post(http, "say", userid="zhang", chat="g1", text="@廉小助 在吗")
    assert said.json()["delivered"] is True
    assert (await post(http, "enter", userid="zhang", chat=f"bot-{BOT}")).json()["delivered"]
    card = button_card("c1")["template_card"] | {"button_list": [{"text": "阅", "key": "ack"}]}
    message = {"msgtype": "template_card", "template_card": card}
    bot.line.out.clear()
    assert bot.says("aibot_send_msg", {"chatid": "g1", "chat_type": 2, **message}) == 0
    number = world.posted[-1].number
    pressed = await post(http, "press", userid="Li", number=number, key="ack")
    assert pressed.json()["delivered"] is True
    assert bot.hears()["body"]["from"] == {"userid": "Li"}
    assert (await post(http, "press", userid="wang", number=number, key="ack")).status_code == 400
    rated = await post(http, "rate", userid="Li", number=number, kind=1, reasons=[])
    assert rated.status_code == 400


async def test_an_app_hears_what_is_written_to_it_and_who_opens_it(http, world, callback):
    chat = f"app-{AGENT}"
    assert (await post(http, "say", userid="zhang", chat=chat, text="请问")).json()["delivered"]
    assert (await post(http, "enter", userid="zhang", chat=chat)).json()["delivered"]
    written, opened = callback.events
    assert (written["MsgType"], written["Content"]) == ("text", "请问")
    assert written["MsgId"]
    assert (opened["Event"], opened["EventKey"]) == ("enter_agent", None)
    world.faults.add("callback", "duplicate")
    await post(http, "say", userid="zhang", chat=chat, text="再问")
    assert [event.get("Content") for event in callback.events[2:]] == ["再问", "再问"]
    world.faults.add("callback", "lose")
    lost = await post(http, "say", userid="zhang", chat=chat, text="没了")
    assert lost.json()["delivered"] is False
    assert (await post(http, "say", userid="far", chat=chat, text="x")).status_code == 400


async def test_a_callback_is_verified_as_the_admin_page_does(http, callback):
    assert (await post(http, "verify", agentid=AGENT)).json() == {"passed": True}
    wrong = await post(http, "verify", agentid=AGENT, url="http://callback.test/nowhere")
    assert wrong.json() == {"passed": False}


async def test_an_outage_of_one_endpoint_lasts_until_it_is_cleared(http):
    fault = {"endpoint": "webhook/send", "kind": "status", "status": 502, "times": -1}
    assert (await http.post("/sandbox/api/faults", json=fault)).status_code == 200
    for _ in range(3):
        assert (await http.post(SEND, json=text())).status_code == 502
    assert (await http.get("/cgi-bin/gettoken")).status_code == 200
    await http.delete("/sandbox/api/faults?endpoint=webhook/send")
    assert (await http.post(SEND, json=text())).json()["errcode"] == 0


async def test_the_words_of_a_wrong_json_warning_come_with_errcode_0(http, world):
    world.faults.add("webhook/send", "warning")
    answer = (await http.post(SEND, json=text())).json()
    assert answer["errcode"] == 0
    assert "Warning: wrong json format." in answer["errmsg"]


@pytest.mark.parametrize("path", ["/sandbox/api/acts", "/sandbox/desk"])
async def test_another_sites_page_may_not_touch_anything(http, path):
    answer = await http.post(path, json={}, headers={"Sec-Fetch-Site": "cross-site"})
    assert answer.status_code == 403


async def test_the_page_shows_and_changes_everything(http, world):
    async def send(**form):
        return await http.post("/sandbox/desk", data=form, follow_redirects=True)

    page = await http.get("/sandbox/desk")
    assert all(name in page.text for name in TABLE)
    done = await send(form="fault", endpoint="gettoken", kind="errcode", errcode="45009", times="2")
    assert "故障已排上" in done.text
    assert world.faults.pending() == {"gettoken": ["errcode", "errcode"]}
    assert "没有办成" in (await send(form="fault", endpoint="gettoken", kind="lose")).text
    await send(form="clear")
    assert world.faults.pending() == {}
    on = {name: one.default for name, one in TABLE.items() if one.default is not False}
    await send(form="switches", **(on | {"oversize": "cut", "oauth_entity_check": "on"}))
    assert (world.oversize, world.oauth_entity_check, world.md5_checked) == ("cut", True, True)
    assert "已办" in (await send(form="act", do="stop_webhook", of="g1")).text
    assert "没有办成" in (await send(form="act", do="stop_webhook", of="g9")).text


def test_the_page_has_words_for_every_fault_and_every_switch():
    assert set(SAID) == set(FaultKind)
    assert {word for switch in TABLE.values() for word in switch.words} <= set(WORDS)
