"""Group chats that an app makes (wecom/api.md §4)."""

import pytest

from bot.sandbox.asks import Ask

from .house import button_card, text, token

CHAT = "wr1"


def ask(world, endpoint, body=b"", *, secret="app-s3cret", **query):
    held = token(world, secret)
    return world.call(f"appchat/{endpoint}", Ask(query={"access_token": held, **query}, body=body))


@pytest.fixture
def chat(world):
    answer = ask(world, "create", {"chatid": CHAT, "name": "党小组", "userlist": ["zhang", "Li"]})
    assert answer == {"errcode": 0, "errmsg": "ok", "chatid": CHAT}
    return world


@pytest.mark.parametrize(
    ("body", "errcode"),
    [
        ({"userlist": ["zhang", "li"]}, 0),
        ({"userlist": ["zhang"]}, 86006),
        ({"userlist": ["zhang", "zhang"]}, 86006),
        ({"userlist": ["zhang", "nobody"]}, 86216),
        ({"userlist": "zhang|Li"}, 40031),
        ({}, 86201),
        ({"userlist": ["zhang", "Li"], "chatid": "a" * 32}, 0),
        ({"userlist": ["zhang", "Li"], "chatid": "a" * 33}, 86001),
        ({"userlist": ["zhang", "Li"], "chatid": "a-b"}, 86001),
        ({"userlist": ["zhang", "Li"], "chatid": CHAT}, 86215),
        ({"userlist": ["zhang", "Li"], "owner": "wang"}, 86005),
    ],
)
def test_a_group_is_made_of_known_people(chat, body, errcode):
    assert ask(chat, "create", body)["errcode"] == errcode


@pytest.mark.parametrize(("count", "errcode"), [(2000, 0), (2001, 86006)])
def test_a_group_has_at_most_2000_members(world, count, errcode):
    for number in range(count):
        world.add_user(f"u{number}", f"员{number}")
    body = {"userlist": [f"u{number}" for number in range(count)]}
    assert ask(world, "create", body)["errcode"] == errcode


def test_a_thousand_groups_are_made_in_a_day(world, clock):
    body = {"userlist": ["zhang", "Li"]}
    answers = [ask(world, "create", body)["errcode"] for _ in range(1001)]
    assert (set(answers[:1000]), answers[1000]) == ({0}, 45009)
    clock.tick(86_400)
    assert ask(world, "create", body)["errcode"] == 0


def test_a_name_is_cut_at_fifty_characters(world):
    ask(world, "create", {"chatid": CHAT, "name": "名" * 51, "userlist": ["zhang", "Li"]})
    assert ask(world, "get", chatid=CHAT)["chat_info"]["name"] == "名" * 50


def test_a_group_tells_exactly_who_is_in_it(chat):
    assert ask(chat, "get", chatid=CHAT)["chat_info"] == {
        "chatid": CHAT,
        "name": "党小组",
        "owner": "zhang",
        "userlist": ["zhang", "Li"],
        "chat_type": 0,
    }


def test_members_come_and_go_and_an_owner_needs_a_successor(chat):
    assert (
        ask(chat, "update", {"chatid": CHAT, "add_user_list": ["wang"], "name": "新"})["errcode"]
        == 0
    )
    gone = {"chatid": CHAT, "del_user_list": ["zhang"]}
    assert ask(chat, "update", gone)["errcode"] == 86005
    assert ask(chat, "update", gone | {"owner": "wang"})["errcode"] == 0
    info = ask(chat, "get", chatid=CHAT)["chat_info"]
    assert (info["name"], info["owner"], info["userlist"]) == ("新", "wang", ["Li", "wang"])
    assert ask(chat, "update", {"chatid": CHAT, "del_user_list": ["Li"]})["errcode"] == 86006


def test_a_new_group_shows_itself_with_its_first_message(chat):
    def shown():
        return [c.chat_id for c in chat.chats_of("zhang")]

    assert CHAT not in shown()
    assert ask(chat, "send", {"chatid": CHAT, **text()}) == {"errcode": 0, "errmsg": "ok"}
    assert CHAT in shown()
    assert chat.posted[-1].reached == ("zhang", "Li")


def of(msgtype, **part):
    return {"msgtype": msgtype, msgtype: part}


LINK = "https://a.example"


@pytest.mark.parametrize(
    ("message", "errcode"),
    [
        (of("text", content="a" * 2049), 0),
        (of("markdown", content="a" * 2048), 0),
        (of("markdown", content="a" * 2049), 45002),
        (of("markdown_v2", content="a"), 40008),
        (of("textcard", title="题", description="文", url=LINK), 0),
        (of("news", articles=[{"title": "题", "url": LINK}] * 9), 45008),
        (of("news", articles=[{"title": "题", "appid": "a", "pagepath": "b"}]), 41010),
        (of("image", media_id="x"), 40007),
        (button_card(), 40008),
    ],
)
def test_a_message_to_the_group_is_judged(chat, message, errcode):
    assert ask(chat, "send", {"chatid": CHAT, **message})["errcode"] == errcode


def test_a_text_card_is_cut_in_bytes_here(chat):
    card = of("textcard", title="字" * 50, description="字" * 200, url=LINK)
    ask(chat, "send", {"chatid": CHAT, **card})
    shown = chat.posted[-1].body["textcard"]
    assert (len(shown["title"]), len(shown["description"])) == (42, 170)


@pytest.mark.parametrize(
    ("switch", "errcode", "shown"), [("allow", 0, 1), ("reject", 40008, 0), ("drop", 0, 0)]
)
def test_what_happens_to_a_card_is_a_switch(chat, switch, errcode, shown):
    chat.appchat_card = switch
    assert ask(chat, "send", {"chatid": CHAT, **button_card()})["errcode"] == errcode
    assert len(chat.posted) == shown


@pytest.mark.parametrize(
    ("chatid", "errcode"), [("", 86001), ("none", 40050), ("g1", 86008), (CHAT, 0)]
)
def test_only_its_own_groups_take_an_apps_messages(chat, chatid, errcode):
    assert ask(chat, "send", {"chatid": chatid, **text()})["errcode"] == errcode
    other = ask(chat, "send", {"chatid": CHAT, **text()}, secret="other-s3cret")
    assert other["errcode"] == 86008


def test_a_dissolved_group_is_gone(chat):
    chat.dissolve(CHAT)
    assert ask(chat, "send", {"chatid": CHAT, **text()})["errcode"] == 49008


def test_an_app_that_does_not_see_everybody_has_no_groups(world):
    world.add_app(9, "小应用", "small-s3cret", root_range=False)
    answer = ask(world, "create", {"userlist": ["zhang", "Li"]}, secret="small-s3cret")
    assert answer["errcode"] == 48002


def test_the_surplus_over_200_a_minute_vanishes_for_each_member(chat):
    for _ in range(200):
        ask(chat, "send", {"chatid": CHAT, **text()})
    ask(chat, "update", {"chatid": CHAT, "add_user_list": ["wang"]})
    assert ask(chat, "send", {"chatid": CHAT, **text()})["errcode"] == 0
    last = [record for record in chat.log if record.kind == "message"][-1]
    assert (last.reached, last.dropped) == (("wang",), ("zhang", "Li"))


def test_a_thousand_changes_of_groups_an_hour(chat, clock):
    body = {"chatid": CHAT, "name": "党小组"}
    answers = [ask(chat, "update", body)["errcode"] for _ in range(1001)]
    assert (set(answers[:1000]), answers[1000]) == ({0}, 45009)
    clock.tick(3600)
    assert ask(chat, "update", body)["errcode"] == 0


def test_twenty_thousand_person_times_a_minute_of_the_corporation(world, clock):
    for number in range(2000):
        world.add_user(f"u{number}", f"员{number}")
    people = [f"u{number}" for number in range(2000)]
    ask(world, "create", {"chatid": CHAT, "userlist": people})
    ask(world, "create", {"chatid": "wr2", "userlist": ["zhang", "Li"]})
    for _ in range(10):
        assert ask(world, "send", {"chatid": CHAT, **text()})["errcode"] == 0
    assert ask(world, "send", {"chatid": "wr2", **text()})["errcode"] == 45009
    clock.tick(60)
    assert ask(world, "send", {"chatid": "wr2", **text()})["errcode"] == 0


def test_the_surplus_over_ten_thousand_a_day_vanishes_for_a_member(chat, clock):
    for _ in range(50):
        for _ in range(200):
            ask(chat, "send", {"chatid": CHAT, **text()})
        clock.tick(60)
    sent = [record for record in chat.log if record.kind == "message"]
    assert all(record.reached == ("zhang", "Li") for record in sent)
    assert ask(chat, "send", {"chatid": CHAT, **text()})["errcode"] == 0
    assert [r for r in chat.log if r.kind == "message"][-1].dropped == ("zhang", "Li")
    clock.tick(86_400)
    ask(chat, "send", {"chatid": CHAT, **text()})
    assert [r for r in chat.log if r.kind == "message"][-1].reached == ("zhang", "Li")
