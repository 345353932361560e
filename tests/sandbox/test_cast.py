"""Virtual members: the same seed, the same acts."""

from datetime import date, timedelta
from urllib.parse import urlencode

import httpx
import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.sandbox import people
from bot.sandbox.asks import Ask
from bot.sandbox.cast import Cast, Deed, Dice, Habit

from .house import (
    AGENT,
    BOT,
    DOMAIN,
    KEY,
    MONDAY,
    THANKS,
    Clock,
    Phone,
    bureau,
    button_card,
    robot,
    text,
    to,
    token,
)

HABITS = {"zhang": Habit.PROMPT, "Li": Habit.TWICE, "wang": Habit.LATER}


def delivered(world, task_id="push-1@all", card=None):
    world.message_send(token(world), to("@all", card or button_card(task_id)))
    return world


def acts_of(cast, world):
    """Every act to come, without performing any: time is moved past each."""
    acts, after = [], world.now()
    while act := cast.next_act(after):
        acts.append(act)
        after = act.at + timedelta(microseconds=1)
    return acts


def test_the_same_seed_gives_the_same_acts_whatever_the_order_of_habits(world):
    delivered(world)
    forwards = acts_of(Cast(world, seed=7, habits=HABITS), world)
    backwards = acts_of(Cast(world, seed=7, habits=dict(reversed(HABITS.items()))), world)
    others = acts_of(Cast(world, seed=8, habits=HABITS), world)
    assert forwards == backwards
    assert [act.at for act in forwards] != [act.at for act in others]


@given(st.integers(0, 10_000))
def test_each_habit_keeps_its_time(seed):
    world = delivered(bureau(Clock()))
    waits = {}
    for habit in Habit:
        acts = acts_of(Cast(world, seed=seed, habits={"zhang": habit}), world)
        waits[habit] = [act.at - MONDAY for act in acts]
    minutes, hour, day = timedelta(minutes=10), timedelta(hours=1), timedelta(days=1)
    assert waits[Habit.NEVER] == []
    assert timedelta() < waits[Habit.PROMPT][0] <= minutes
    first, second = waits[Habit.TWICE]
    assert (first <= minutes, second - first) == (True, hour)
    assert day - hour <= waits[Habit.LATER][0] < 3 * day
    assert 9 * day <= waits[Habit.LATE][0] <= 10 * day


def test_the_dice_fall_the_same_in_every_process_and_each_side_as_often():
    assert [Dice("7\0zhang").between(1, 1000), Dice("7\0zhang").choice("abcd")] == [179, "c"]
    thrown = [Dice(f"7\0p{n}") for n in range(6000)]
    for low, high in ((1, 2), (20, 600), (0, 86_400)):  # one after another out of the same dice
        found = [dice.between(low, high) for dice in thrown]
        assert low <= min(found) <= max(found) <= high
        lower = sum(one <= (low + high) / 2 for one in found)
        assert 2800 < lower < 3200
        assert abs(sum(found) / 6000 - (low + high) / 2) < (high - low + 1) / 50


@given(st.integers(0, 10_000))
def test_later_means_a_workday_between_half_past_eight_and_half_past_five(seed):
    world = delivered(bureau(Clock()))
    week_off = {date(2026, 9, 21) + timedelta(days=n) for n in range(7)}
    cast = Cast(
        world,
        seed=seed,
        habits={"zhang": Habit.LATER},
        is_workday=lambda day: day not in week_off,
    )
    act = cast.next_act(MONDAY)
    assert act.at.date() == date(2026, 9, 28)
    assert (8, 30) <= (act.at.hour, act.at.minute) < (17, 30)


def test_only_interactive_cards_that_reached_the_person_are_acted_on(world):
    cast = Cast(world, seed=1, habits=dict.fromkeys(["zhang", "far", "Free"], Habit.PROMPT))
    world.message_send(token(world), to("@all", text()))
    assert cast.next_act(MONDAY) is None
    delivered(world)
    assert {act.userid for act in acts_of(cast, world)} == {"zhang"}


async def test_an_act_waits_until_it_is_performed(world, clock, callback, bot):
    callback.reply = THANKS
    cast = Cast(delivered(world), seed=1, habits={"zhang": Habit.TWICE})
    act = cast.next_act(MONDAY)
    assert cast.next_act(MONDAY) == act
    clock.now = act.at
    assert (await cast.perform(act, http=bot)).greyed == "已阅，谢谢"
    again = cast.next_act(act.at)
    assert (again.nth, again.at) == (2, act.at + timedelta(hours=1))
    clock.now = again.at
    await cast.perform(again, http=bot)
    assert cast.next_act(again.at) is None
    assert [event["FromUserName"] for event in callback.events] == ["zhang", "zhang"]
    assert callback.events[0]["CreateTime"] != callback.events[1]["CreateTime"]


async def test_questions_are_answered_with_their_own_options(world, callback, bot):
    options = [{"id": i, "text": i, "is_checked": False} for i in "ab"]
    card = {
        "card_type": "vote_interaction",
        "task_id": "v1",
        "main_title": {"title": "想一想"},
        "checkbox": {"question_key": "q1", "option_list": options},
        "submit_button": {"key": "submit"},
    }
    delivered(world, card={"msgtype": "template_card", "template_card": card})
    cast = Cast(world, seed=1, habits={"zhang": Habit.PROMPT})
    await cast.perform(cast.next_act(MONDAY), http=bot)
    event = callback.events[0]
    assert event["EventKey"] == "submit"
    assert event["SelectedItems"]["SelectedItem"]["OptionIds"]["OptionId"] in ("a", "b")


async def test_a_stranger_never_got_the_card(world, callback, bot):
    world.message_send(token(world), to("zhang", button_card("c1")))
    cast = Cast(world, seed=1, habits=HABITS)
    act = cast.stranger_taps("c1")
    assert act.stranger
    assert act.userid != "zhang"
    assert act == Cast(world, seed=1, habits={}).stranger_taps("c1")
    assert cast.stranger_taps("c1", userid="outsider").agentid == AGENT
    assert (await cast.perform(act, http=bot)).delivered
    assert callback.events[0]["FromUserName"] == act.userid


def test_a_stranger_needs_a_card(world):
    with pytest.raises(ValueError, match="no such card"):
        Cast(world, seed=1, habits={}).stranger_taps("nothing")


LINKED = {"msgtype": "markdown", "markdown": {"content": "[看](https://h5.example/r/1)"}}


def opening(habit, world, seed=1):
    world.webhook_send(KEY, LINKED)
    return acts_of(Cast(world, seed=seed, habits={"zhang": habit}), world)


def test_a_reader_opens_the_link_within_minutes(world):
    (act,) = opening(Habit.OPENS, world)
    assert (act.userid, act.deed, act.word) == ("zhang", Deed.OPEN, "https://h5.example/r/1")
    assert act.at - MONDAY <= timedelta(minutes=10)


def test_a_slow_reader_opens_it_a_day_or_two_later(world):
    (act,) = opening(Habit.OPENS_LATER, world)
    assert timedelta(hours=23) <= act.at - MONDAY < timedelta(days=3)


@given(st.integers(0, 1000))
def test_a_forwarded_link_is_opened_by_somebody_else(seed):
    (act,) = opening(Habit.FORWARDS, bureau(Clock()), seed)
    assert act.userid != "zhang"
    assert act.deed is Deed.OPEN


async def test_whoever_opens_a_link_is_signed_in_as_themselves(world):
    codes = []

    def page(request):
        if "code" in request.url.params:
            codes.append(request.url.params["code"])
            return httpx.Response(200)
        query = {"appid": world.corp_id, "redirect_uri": f"http://{DOMAIN}/r", "state": "s"}
        query |= {"response_type": "code", "scope": "snsapi_base", "agentid": str(AGENT)}
        there = "https://open.weixin.qq.com/connect/oauth2/authorize?" + urlencode(query)
        return httpx.Response(302, headers={"location": f"{there}#wechat_redirect"})

    (act,) = opening(Habit.OPENS, world)
    async with httpx.AsyncClient(transport=httpx.MockTransport(page)) as http:
        done = await Cast(world, seed=1, habits={}).perform(act, http=http)
    assert done.delivered
    told = world.call(
        "auth/getuserinfo", Ask(query={"access_token": token(world), "code": codes[0]})
    )
    assert told["userid"] == "zhang"


async def test_a_replier_calls_the_robot_of_the_group(world):
    robot(world)
    bot = Phone(world)
    bot.subscribes()
    (act,) = opening(Habit.REPLIES, world)
    assert (await Cast(world, seed=1, habits={}).perform(act)).delivered
    assert bot.hears()["body"]["text"]["content"] == "@廉小助 收到"


async def test_a_leaver_leaves_and_does_nothing_more(world):
    habits = {"zhang": Habit.LEAVES}
    world.webhook_send(KEY, LINKED)
    world.webhook_send(KEY, LINKED)
    cast = Cast(world, seed=1, habits=habits)
    act = cast.next_act(MONDAY)
    await cast.perform(act)
    assert "zhang" not in world.users
    assert cast.next_act(MONDAY) is None


async def test_a_robots_card_is_tapped_over_its_long_connection(world):
    robot(world)
    bot = Phone(world)
    bot.subscribes()
    await people.say(world, "zhang", f"bot-{BOT}", "你好")
    bot.hears()
    card = button_card("b1")["template_card"]
    card = card | {"button_list": [{"text": "已阅", "style": 1, "key": "ack"}]}
    body = {"chatid": "zhang", "chat_type": 1, "msgtype": "template_card", "template_card": card}
    assert bot.says("aibot_send_msg", body) == 0
    cast = Cast(world, seed=1, habits={"zhang": Habit.TWICE})
    first, second = acts_of(Cast(world, seed=1, habits={"zhang": Habit.TWICE}), world)
    assert (await cast.perform(first)).delivered
    assert second.at - first.at == timedelta(hours=1)
    event = bot.hears()["body"]
    assert event["from"] == {"userid": "zhang"}
    assert event["event"]["template_card_event"]["event_key"] == "ack"


PAGE = """<form method="get" action="/search"><button name="q" value="no">找</button></form>
<form method="post" action="/r/1/read"><input type="hidden" name="ticket" value="T1">
<label><input type="radio" name="q1" value="a">甲</label><input type="radio" name="q1" value="b">
<select name="day"><option value="1">一</option></select>
<input type="radio" name="q1" value="c" disabled>
<button name="do" value="read">已阅</button><button name="do" value="later">以后</button></form>
<form method="post" action="/other"></form>"""


class Site:
    """A page behind WeCom's sign-in, with a cookie and a form."""

    def __init__(self, world):
        self.world = world
        self.posted = []
        self.signed_in = []

    def __call__(self, request):
        if request.method == "POST":
            fields = dict(httpx.QueryParams(request.content.decode()))
            self.posted.append((request.url.path, fields, request.headers.get("cookie")))
            return httpx.Response(303, headers={"location": "/thanks"})
        if "code" in request.url.params:
            self.signed_in.append(request.headers.get("cookie"))
            return httpx.Response(200, html=PAGE, headers={"set-cookie": "who=me"})
        if request.url.path == "/thanks":
            return httpx.Response(200)
        query = {"appid": self.world.corp_id, "redirect_uri": f"http://{DOMAIN}/r"}
        query |= {"response_type": "code", "scope": "snsapi_base", "agentid": str(AGENT)}
        there = "https://open.weixin.qq.com/connect/oauth2/authorize?" + urlencode(query)
        return httpx.Response(302, headers={"location": f"{there}#wechat_redirect"})


async def test_a_signer_taps_the_button_of_the_page_by_a_post(world):
    site = Site(world)
    (act,) = opening(Habit.SIGNS, world)
    assert act.deed is Deed.SIGN
    async with httpx.AsyncClient(transport=httpx.MockTransport(site)) as http:
        for _ in range(2):
            assert (await Cast(world, seed=1, habits={}).perform(act, http=http)).delivered
    ((path, fields, cookie), again) = site.posted
    assert path == "/r/1/read"
    assert fields["ticket"] == "T1"
    assert fields["do"] == "read"
    assert (fields["q1"] in "ab", fields["day"]) == (True, "1")
    assert cookie == "who=me"
    assert again[1] == fields  # the same seed, the same answer
    assert site.signed_in == [None, None]  # each opening is a phone of its own


async def test_a_page_without_a_form_is_only_read(world):
    (act,) = opening(Habit.SIGNS, world)
    plain = httpx.MockTransport(lambda _request: httpx.Response(200, html="<p>题</p>"))
    async with httpx.AsyncClient(transport=plain) as http:
        done = await Cast(world, seed=1, habits={}).perform(act, http=http)
    assert (done.delivered, done.error) == (False, "no form on the page")


async def test_what_is_forwarded_stands_in_the_chat_of_the_two(world):
    (act,) = opening(Habit.FORWARDS, world)
    page = httpx.MockTransport(lambda _request: httpx.Response(200))
    async with httpx.AsyncClient(transport=page) as http:
        assert (await Cast(world, seed=1, habits={}).perform(act, http=http)).delivered
    handed = world.posted[-1]
    assert handed.author == "zhang"
    assert set(handed.reached) == {"zhang", act.userid}
    assert handed.chat == world.direct("zhang", act.userid)
    assert handed.body["forwarded"] is True
