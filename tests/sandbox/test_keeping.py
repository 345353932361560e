"""A sandbox that runs for months: what it may forget, and what it must not."""

import pytest

from bot.sandbox.asks import Ask, Upload
from bot.sandbox.keeping import Kept
from bot.sandbox.media import MB, PERMANENT, Media, Shelf
from bot.sandbox.people import press, say
from bot.sandbox.records import Chat

from .house import AGENT, BOT, KEY, MONDAY, Phone, button_card, robot, text, to, token

GROUP = Chat(chat_id="g1", name="", kind="group", viewer="zhang")


def post(world, clock, count):
    for _ in range(count):
        clock.tick(4)
        assert world.webhook_send(KEY, text())["errcode"] == 0


def test_a_kept_list_counts_what_it_forgot():
    kept = Kept(range(10))
    kept.shorten(4)
    assert (list(kept), kept.total, kept.forgotten) == ([6, 7, 8, 9], 10, 6)
    assert kept.since(8) == [8, 9]
    assert kept.since(2) == [6, 7, 8, 9]
    assert kept.since(10) == []


def test_without_a_bound_nothing_is_forgotten(world, clock):
    post(world, clock, 300)
    assert len(world.posted) == 300
    assert len(world.log) == 600


def test_the_log_and_the_phones_stay_within_a_quarter_over_the_bound(world, clock):
    world.keep(100)
    longest = 0
    for _ in range(500):
        post(world, clock, 1)
        longest = max(longest, len(world.log), len(world.posted), len(world.messages(GROUP)))
    assert longest <= 126
    assert world.posted.total == 500
    assert world.log.total == 1000
    assert world.posted[-1].number == 500
    assert world.message(500) is world.posted[-1]
    assert world.message(1) is None
    assert world.messages(GROUP)[-1].message.number == 500


async def test_the_api_tells_where_to_go_on_and_what_is_gone(http, world, clock):
    post(world, clock, 10)
    told = (await http.get("/sandbox/api/log?since=0")).json()
    assert (told["next"], told["forgotten"], len(told["log"])) == (20, 0, 20)
    assert (await http.delete("/sandbox/api/log")).json() == {
        "log": [],
        "next": 20,
        "forgotten": 20,
    }
    post(world, clock, 1)
    told = (await http.get("/sandbox/api/log?since=20")).json()
    assert [line["kind"] for line in told["log"]] == ["message", "call"]
    assert (await http.get("/sandbox", params={"who": "zhang", "chat": "g1"})).status_code == 200


async def test_what_is_left_still_works_after_the_rest_is_gone(http, world, clock, bot, callback):
    world.keep(40)
    access = token(world)
    sent = world.message_send(access, to("zhang", button_card("c1")))
    for n in range(60):
        clock.tick(60)
        assert world.message_send(access, to("Li", text(f"{n}")))["errcode"] == 0
    last = world.message_send(access, to("zhang", button_card("c2")))
    number = world.posted[-1].number
    assert (await press(world, "zhang", number, "ack", http=bot)).delivered

    def update(code):
        body = {"userids": ["zhang"], "agentid": AGENT, "response_code": code}
        body |= {"button": {"replace_name": "已阅"}}
        ask = Ask(query={"access_token": access}, body=body)
        return world.call("message/update_template_card", ask)["errcode"]

    assert update(last["response_code"]) == 0
    assert world.state_of(world.posted[-1], "zhang").greyed == "已阅"
    assert update(sent["response_code"]) == 60140


async def test_nothing_that_is_over_stays_in_memory(world, clock):
    robot(world)
    phone = Phone(world)
    world.keep(20)
    for n in range(60):
        clock.tick(86_400)
        world.tokens.spoil(None, expire=True)
        access = token(world)
        phone.subscribes()
        files = [Upload(filename="a.txt", data=b"%d bytes" % n)]
        await say(world, "zhang", f"bot-{BOT}", "在吗", files=files)
        card = button_card(f"t{n}", button_list=[{"text": "阅", "key": "k"}])
        body = {"chatid": "zhang", "chat_type": 1, **card}
        assert phone.says("aibot_send_msg", body) == 0
        assert (
            world.message_send(access, to("zhang", card, enable_duplicate_check=1))["errcode"] == 0
        )
    held = [
        world.tokens._tokens,
        world.card_desk._codes,
        world.app_desk._seen,
        world.app_desk._task_ids,
        world.shelf._files,
        world.robots[BOT].asked,
        world.robots[BOT].task_ids,
        world._by_task,
        world.offers._offers,
    ]
    assert [len(one) for one in held if len(one) > 30] == []


def test_the_shelf_gives_way_from_its_oldest_end_and_keeps_permanent_pictures():
    shelf = Shelf()
    big = bytes(300 * MB)
    ids = [
        shelf.put(Media(kind="file", filename="a", at=MONDAY, pool="corp", data=big))
        for _ in range(4)
    ]
    assert [shelf.peek(media_id) is None for media_id in ids] == [True, False, False, False]
    picture = shelf.put(Media(kind="image", filename="b", at=MONDAY, pool=PERMANENT, data=b"x"))
    shelf.sweep(MONDAY.replace(year=2027))
    assert shelf.peek(picture) is not None
    assert shelf.peek(ids[-1]) is None


@pytest.mark.parametrize("seconds", [0, 3 * 86_400])
async def test_a_token_that_is_over_is_told_from_an_unknown_one_for_a_day(world, clock, seconds):
    access = token(world)
    clock.tick(7200 + seconds)
    world.keep(1)
    answer = world.call("getcallbackip", Ask(query={"access_token": access}))
    assert answer["errcode"] == (40014 if seconds else 42001)
