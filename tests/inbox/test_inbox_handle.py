"""From a callback's fields to an effect: who counts, and when."""

from dataclasses import replace
from datetime import datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.core import messages
from bot.core.links import push_key_of, task_id_of
from bot.core.model import SHANGHAI, Cohort, Push, Receipt, State, Step
from bot.inbox import (
    PAGE_BUTTON,
    Confirm,
    Count,
    Event,
    Learn,
    Record,
    ReplaceButton,
    Say,
    event_from_page,
    event_from_xml,
    handle,
)

SENT = datetime(2026, 9, 21, 9, 41, tzinfo=SHANGHAI)  # a Monday
NOW = SENT + timedelta(hours=1)
TAPPED = SENT + timedelta(minutes=20)
KEY = "mid-autumn-2026_main@jg1"
PUSH = Push(
    key=KEY,
    occurrence="mid-autumn-2026",
    part="main",
    target="jg1",
    channel="app",
    due=SENT - timedelta(minutes=1),
    until=SENT + timedelta(days=1),
    state=State.SENT,
    sent_at=SENT,
)
COHORT = Cohort(push=KEY, covered=("zhang", "Li", "wang"), tappable=True)
TAP = Event(kind="card", person="zhang", at=TAPPED, task_id=KEY, button="ack", means="卡片按钮")
THANKS = ReplaceButton(text=messages.ACK_DONE)
FIELDS = {
    "ToUserName": "ww0123456789abcdef",
    "FromUserName": "zhang",
    "CreateTime": str(int(TAPPED.timestamp())),
    "MsgType": "event",
    "Event": "template_card_event",
    "EventKey": "ack",
    "TaskId": KEY,
    "CardType": "button_interaction",
    "ResponseCode": "RC1",
    "AgentID": "1000007",
}
odd_values = st.one_of(
    st.none(), st.text(), st.lists(st.text()), st.dictionaries(st.text(), st.text()), st.integers()
)


def receipt(person="zhang", at=TAPPED):
    return Receipt(push=KEY, person=person, step=Step.ACKNOWLEDGED, at=at, means="卡片按钮")


def told(event=TAP, push=PUSH, cohort=COHORT, now=NOW):
    return handle(event, push=push, cohort=cohort, now=now)


def test_a_tap_of_a_covered_person_is_one_receipt_and_a_thank_you():
    assert told() == [Record(receipt=receipt()), THANKS]


def test_a_button_key_may_carry_more_after_a_colon():
    assert told(replace(TAP, button=f"ack:{KEY}")) == [Record(receipt=receipt()), THANKS]


@pytest.mark.parametrize("button", ["", "submit", "acknowledge", "ACK", " ack", "nack"])
def test_any_other_button_counts_for_nobody(button):
    assert told(replace(TAP, button=button)) == [Count(name="other-button")]


@pytest.mark.parametrize("kind", ["enter", "message"])
def test_opening_the_chat_or_writing_is_no_receipt(kind):
    counted, said = told(replace(TAP, kind=kind))
    assert counted == Count(name=kind)
    assert isinstance(said, Say)
    assert "不受理信访举报" in said.text


def test_whoever_comes_is_told_what_is_kept_for_how_long_and_how_to_have_it_removed():
    said = [
        told(replace(TAP, kind="enter"))[1].text,
        told(replace(TAP, kind="message", text="帮助"))[1].text,
    ]
    for words in said:
        assert len(words.encode()) <= 2048  # of an answer, wherever it is given
        for what in ("会记名", "到期", "只留合计数", "我的记录", "删除我的记录", "12388"):
            assert what in words


@pytest.mark.parametrize(
    ("words", "bound"),
    [
        ("@清风 绑定", True),
        ("绑定", True),
        ("@清风 @清风  绑定 一支部", True),
        ("@清风 解绑定", False),
    ],
)
def test_a_group_is_learned_by_its_own_word_only(words, bound):
    effects = told(replace(TAP, kind="message", text=words, chat="WrAb"))
    assert (Learn(chat="WrAb", who=TAP.person) in effects) is bound
    alone = told(replace(TAP, kind="message", text=words))
    assert not any(isinstance(effect, Learn) for effect in alone)


@pytest.mark.parametrize(("score", "name"), [(1, "accurate"), (2, "inaccurate"), (9, "other")])
def test_a_feedback_is_counted_without_a_person(score, name):
    assert told(replace(TAP, kind="feedback", feedback=score)) == [Count(name=f"feedback-{name}")]


def test_what_is_not_known_does_nothing():
    assert told(replace(TAP, kind="other")) == []


@pytest.mark.parametrize("cohort", [COHORT, replace(COHORT, covered=()), None])
def test_a_stranger_is_thanked_and_not_kept(cohort):
    effects = told(replace(TAP, person="stranger-zhao"), cohort=cohort)
    assert effects == [Count(name="stranger"), THANKS]
    assert "zhao" not in repr(effects)


@pytest.mark.parametrize("spelt", ["li", "LI", "Li"])
def test_an_account_has_no_case_and_counts_as_the_roster_spells_it(spelt):
    assert told(replace(TAP, person=spelt))[0] == Record(receipt=receipt("Li"))


@pytest.mark.parametrize("push", [None, replace(PUSH, key="friday-2026W39_main@jg1")])
def test_an_unknown_card_is_counted_without_a_person(push):
    assert told(push=push) == [Count(name="unknown-task"), THANKS]


@pytest.mark.parametrize(("seconds", "counts"), [(0, True), (1, False)])
def test_a_push_takes_receipts_for_thirty_days_to_the_second(seconds, counts):
    moment = SENT + timedelta(days=30, seconds=seconds)
    effects = told(replace(TAP, at=moment), now=moment)
    kept = Record(receipt=receipt(at=moment))
    assert effects == [kept if counts else Count(name="too-late"), THANKS]


@pytest.mark.parametrize(
    "at",
    [
        datetime.fromtimestamp(0, SHANGHAI),
        SENT - timedelta(seconds=1),
        NOW + timedelta(seconds=1),
        NOW + timedelta(days=4000),
    ],
)
def test_a_time_that_cannot_be_is_now(at):
    assert told(replace(TAP, at=at))[0] == Record(receipt=receipt(at=NOW))


def test_a_tap_on_an_unknown_push_proves_that_it_was_sent():
    unknown = replace(PUSH, state=State.UNKNOWN, sent_at=None, cut=1, tally={"unknown": 1})
    assert told(push=unknown) == [Record(receipt=receipt()), Confirm(push_key=KEY), THANKS]


@pytest.mark.parametrize("state", [state for state in State if state is not State.UNKNOWN])
def test_a_tap_on_any_other_push_changes_no_state(state):
    push = replace(PUSH, state=state, cut=1, tally={str(state): 1})
    assert told(push=push) == [Record(receipt=receipt()), THANKS]


@pytest.mark.parametrize("part", range(3))
def test_a_tap_proves_only_the_part_it_came_from(part):
    """Whether that one is unknown at all, the store has to say."""
    push = replace(PUSH, state=State.UNKNOWN, cut=3, tally={"sent": 1, "refused": 1, "unknown": 1})
    effects = told(replace(TAP, task_id=task_id_of(KEY, part)), push=push)
    assert effects[0] == Record(receipt=receipt())  # under the push, whatever the part
    assert [one for one in effects if isinstance(one, Confirm)] == [
        Confirm(push_key=KEY, part=part)
    ]


@pytest.mark.parametrize(("cut", "proves"), [(1, True), (2, False)])
def test_a_tap_on_the_page_counts_like_one_on_the_card_and_proves_no_part_of_several(cut, proves):
    """A page belongs to the whole push: which part brought its link is not known."""
    push = replace(PUSH, state=State.UNKNOWN, cut=cut, tally={"unknown": cut})
    effects = told(event_from_page("zhang", KEY, TAPPED), push=push)
    assert effects[0] == Record(receipt=replace(receipt(), means=PAGE_BUTTON))
    assert (Confirm(push_key=KEY) in effects) is proves


def test_a_tap_by_a_stranger_proves_nothing():
    unknown = replace(PUSH, state=State.UNKNOWN, cut=1, tally={"unknown": 1})
    assert told(replace(TAP, person="zhao"), push=unknown) == [Count(name="stranger"), THANKS]


@given(
    offset=st.timedeltas(timedelta(days=-20_000), timedelta(days=20_000)),
    person=st.sampled_from(["zhang", "LI", "zhao", ""]),
    state=st.sampled_from(State),
)
def test_a_receipt_lies_between_the_send_and_now_and_names_a_covered_person(offset, person, state):
    effects = told(replace(TAP, at=SENT + offset, person=person), push=replace(PUSH, state=state))
    for effect in effects:
        if isinstance(effect, Record):
            assert SENT <= effect.receipt.at <= NOW
            assert effect.receipt.person in COHORT.covered
    assert effects[-1] == THANKS


# -- events --------------------------------------------------------------------------------


def test_a_tap_is_read_from_the_callbacks_fields():
    read = event_from_xml(FIELDS)
    assert read is not None
    assert replace(read, name="") == TAP
    again = event_from_xml({**FIELDS, "Token": "of the second try"})
    assert again is not None
    assert again.name == read.name


@pytest.mark.parametrize(
    ("changed", "kind"),
    [
        ({"Event": "enter_agent", "EventKey": None}, "enter"),
        ({"Event": "ENTER_AGENT"}, "enter"),
        ({"Event": "template_card_menu_event"}, "other"),
        ({"Event": "subscribe"}, "other"),
        ({"Event": None}, "other"),
        ({"MsgType": "text", "Content": "中秋能收月饼吗"}, "message"),
        ({"MsgType": "image"}, "other"),
        ({"MsgType": None}, "other"),
    ],
)
def test_every_sort_of_event_has_its_kind(changed, kind):
    event = event_from_xml({**FIELDS, **changed})
    assert event is not None
    assert event.kind == kind
    assert event.text == (changed.get("Content", ""))
    assert (event.task_id, event.button, event.means) == ("", "", "")


@pytest.mark.parametrize("sender", [None, "", "sys", ["a", "b"], {"#text": "zhang"}])
def test_where_no_person_acts_there_is_no_event(sender):
    assert event_from_xml({**FIELDS, "FromUserName": sender}) is None


@pytest.mark.parametrize("time", [None, "", "soon", "-1", "9" * 40, "１", ["1", "2"]])
def test_an_odd_time_becomes_now(time):
    event = event_from_xml({**FIELDS, "CreateTime": time})
    assert event is not None
    assert told(event)[0] == Record(receipt=receipt(at=NOW))


@given(odd=st.dictionaries(st.sampled_from([*FIELDS, "Content", "x"]), odd_values))
def test_no_fields_make_it_raise(odd):
    event = event_from_xml({**FIELDS, **odd})
    event_from_xml(odd)
    if event:
        told(event)


# -- names ---------------------------------------------------------------------------------

keys = st.from_regex(r"[0-9A-Za-z_-]{1,40}@[0-9A-Za-z-]{1,20}", fullmatch=True)


@given(key=keys, part=st.integers(0, 999_999))
def test_a_task_id_leads_back_to_its_push_and_part(key, part):
    task_id = task_id_of(key, part)
    assert len(task_id.encode()) <= 128
    assert push_key_of(task_id) == (key, part)


@pytest.mark.parametrize(
    "task_id", ["", "@", "x", f"{KEY}_0", f"{KEY}_01", f"{KEY}_", f"{KEY}_1_2", f"{KEY}_１", "a_1"]
)
def test_what_is_no_task_id_of_ours_is_a_key_that_no_push_has(task_id):
    assert push_key_of(task_id) == (task_id, 0)


@pytest.mark.parametrize(
    "key", ["", "no-target", "中秋@jg1", "a@b_c", "a" * 100 + "@b", f"{KEY}\n"]
)
def test_a_key_that_wecom_would_refuse_is_a_programmers_mistake(key):
    with pytest.raises(ValueError, match="not a push key"):
        task_id_of(key, 0)


@pytest.mark.parametrize("part", [-1, 1_000_000])
def test_a_part_is_counted_from_nought(part):
    with pytest.raises(ValueError, match="not a part"):
        task_id_of(KEY, part)
