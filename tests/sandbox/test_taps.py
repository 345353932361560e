"""A tap, its event, the passive reply, and what goes wrong on the way (wecom/api.md §5)."""

import httpx
import pytest

from bot.sandbox.replies import card_of
from bot.sandbox.taps import flush, tap, verify_callback

from .house import AGENT, CALLBACK, MONDAY, THANKS, button_card, to, token

CARD = "push-1@all"
NEW_CARD = """<xml><MsgType><![CDATA[update_template_card]]></MsgType><TemplateCard>
<CardType><![CDATA[text_notice]]></CardType>
<MainTitle><Title><![CDATA[已阅，谢谢]]></Title></MainTitle>
<HorizontalContentList><KeyName><![CDATA[时间]]></KeyName><Value><![CDATA[9:20]]></Value>
</HorizontalContentList><CardAction><Type>1</Type><Url><![CDATA[https://a.example]]></Url>
</CardAction></TemplateCard></xml>"""


@pytest.fixture
def sent(world):
    world.message_send(token(world), to("zhang|Li", button_card(CARD)))
    return world


def state(world, userid):
    message = world.message_of(CARD)
    return world.state_of(message, userid)


def taps(world):
    return [record for record in world.log if record.kind == "tap"]


async def test_a_tap_arrives_as_the_event_wecom_sends(sent, callback, bot):
    result = await tap(sent, "zhang", CARD, "ack", http=bot)
    assert (result.delivered, result.attempts, result.reply) == (True, 1, "")
    event = callback.events[0]
    assert event.pop("ResponseCode")
    assert event == {
        "ToUserName": sent.corp_id,
        "FromUserName": "zhang",
        "CreateTime": str(int(MONDAY.timestamp())),
        "MsgType": "event",
        "Event": "template_card_event",
        "EventKey": "ack",
        "TaskId": CARD,
        "CardType": "button_interaction",
        "AgentID": str(AGENT),
    }


async def test_a_corner_menu_has_an_event_of_its_own(world, callback, bot):
    menu = {"desc": "更多", "action_list": [{"text": "不再提醒", "key": "mute"}]}
    world.message_send(token(world), to("zhang", button_card("push-9@all", action_menu=menu)))
    await tap(world, "zhang", "push-9@all", "mute", http=bot)
    await tap(world, "zhang", "push-9@all", "ack", http=bot)
    assert [(one["Event"], one["EventKey"]) for one in callback.events] == [
        ("template_card_menu_event", "mute"),
        ("template_card_event", "ack"),
    ]


async def test_update_button_greys_the_card_of_the_clicker_alone(sent, callback, bot):
    callback.reply = THANKS
    result = await tap(sent, "zhang", CARD, "ack", http=bot)
    assert (result.reply, result.greyed) == ("update_button", "已阅，谢谢")
    assert state(sent, "zhang").greyed == "已阅，谢谢"
    assert state(sent, "Li") is None


async def test_update_template_card_puts_a_new_card(sent, callback, bot):
    callback.reply = NEW_CARD
    await tap(sent, "Li", CARD, "ack", http=bot)
    assert state(sent, "Li").card == {
        "card_type": "text_notice",
        "main_title": {"title": "已阅，谢谢"},
        "horizontal_content_list": [{"keyname": "时间", "value": "9:20"}],
        "card_action": {"type": 1, "url": "https://a.example"},
    }


def test_elements_become_the_names_of_the_json_card():
    element = {
        "CardType": "vote_interaction",
        "CheckBox": {"QuestionKey": "q", "OptionList": {"Id": "1", "Text": "是", "IsChecked": "0"}},
        "ReplaceText": "已提交",
    }
    assert card_of(element) == {
        "card_type": "vote_interaction",
        "checkbox": {
            "question_key": "q",
            "option_list": [{"id": "1", "text": "是", "is_checked": False}],
        },
        "replace_text": "已提交",
    }


async def test_answers_to_questions_travel_with_the_event(sent, callback, bot):
    await tap(sent, "zhang", CARD, "ok", http=bot, options={"q1": ["a", "c]]>"]})
    item = callback.events[0]["SelectedItems"]["SelectedItem"]
    assert item == {"QuestionKey": "q1", "OptionIds": {"OptionId": ["a", "c]]>"]}}


async def test_a_stranger_can_tap_and_changes_nobodys_card(sent, callback, bot):
    callback.reply = THANKS
    result = await tap(sent, "wang", CARD, "ack", http=bot)
    assert result.delivered
    assert callback.events[0]["FromUserName"] == "wang"
    assert state(sent, "wang") is None


async def test_a_forged_card_reaches_the_callback_too(sent, callback, bot):
    result = await tap(sent, "zhang", "never-sent", "ack", http=bot)
    assert result.delivered
    assert callback.events[0]["TaskId"] == "never-sent"


@pytest.mark.parametrize(
    ("statuses", "delivered", "attempts"),
    [([], True, 1), ([500], True, 2), ([502, 404], True, 3), ([500, 500, 500], False, 3)],
)
async def test_anything_but_200_is_tried_three_times(
    sent, callback, bot, statuses, delivered, attempts
):
    callback.statuses = statuses
    result = await tap(sent, "zhang", CARD, "ack", http=bot)
    assert (result.delivered, result.attempts) == (delivered, attempts)
    assert len(callback.events) == attempts
    assert len({event["ResponseCode"] for event in callback.events}) == 1
    assert [record.delivered for record in taps(sent)] == [delivered]


async def test_a_callback_that_answers_too_late_has_no_answer(sent):
    async def sleepy(scope, receive, send):
        import asyncio

        await asyncio.sleep(5)

    sent.callback_timeout = 0.01
    async with httpx.AsyncClient(transport=httpx.ASGITransport(sleepy)) as http:
        result = await tap(sent, "zhang", CARD, "ack", http=http)
    assert (result.delivered, result.status, result.attempts) == (False, None, 3)


async def test_a_callback_nobody_listens_at_is_no_crash(sent):
    sent.set_callback(AGENT, "http://127.0.0.1:9/")
    result = await tap(sent, "zhang", CARD, "ack")
    assert (result.delivered, result.status) == (False, None)


@pytest.mark.parametrize("reply", ["<xml><MsgType>update_button</MsgType></xml>", "<a", "文"])
async def test_a_reply_that_is_not_understood_leaves_the_card_alone(sent, callback, bot, reply):
    callback.reply = reply
    result = await tap(sent, "zhang", CARD, "ack", http=bot)
    assert result.delivered
    assert result.error
    assert state(sent, "zhang") is None


async def test_a_lost_event_is_never_posted(sent, callback, bot):
    sent.faults.add("callback", "lose")
    assert not (await tap(sent, "zhang", CARD, "ack", http=bot)).delivered
    assert callback.events == []
    assert [record.delivered for record in taps(sent)] == [False]


async def test_a_duplicated_event_arrives_twice_and_is_one_tap(sent, callback, bot):
    sent.faults.add("callback", "duplicate")
    await tap(sent, "zhang", CARD, "ack", http=bot)
    assert len(callback.events) == 2
    assert callback.events[0] == callback.events[1]
    assert len(taps(sent)) == 1


async def test_a_reordered_event_arrives_after_the_next_with_its_own_time(
    sent, callback, bot, clock
):
    sent.faults.add("callback", "reorder")
    assert (await tap(sent, "zhang", CARD, "ack", http=bot)).held
    clock.tick(60)
    await tap(sent, "Li", CARD, "ack", http=bot)
    assert [event["FromUserName"] for event in callback.events] == ["Li", "zhang"]
    assert [(r.person, r.at > MONDAY) for r in taps(sent)] == [("Li", True), ("zhang", False)]
    assert await flush(sent, http=bot) == []


async def test_an_event_still_held_can_be_flushed(sent, callback, bot):
    sent.faults.add("callback", "reorder")
    await tap(sent, "zhang", CARD, "ack", http=bot)
    assert [result.delivered for result in await flush(sent, http=bot)] == [True]
    assert len(callback.events) == 1


async def test_verification_passes_only_for_the_bare_plain_text(world, callback, bot):
    assert await verify_callback(world, AGENT, http=bot)
    world.set_callback(AGENT, CALLBACK + "/nowhere")
    assert not await verify_callback(world, AGENT, http=bot)


async def test_a_tap_without_any_app_is_the_programmers_mistake(world, bot):
    world.apps.clear()
    with pytest.raises(ValueError, match="no app"):
        await tap(world, "zhang", CARD, "ack", http=bot)
