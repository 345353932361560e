"""What counts for nobody is told as a count, by its reason and without whose it was."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest

from bot.core import messages
from bot.engine.receive import Reception
from bot.engine.ticks import note_refused
from bot.inbox import CARD_BUTTON, Event, event_from_frame
from bot.store.tiny import TinyStore
from bot.verbs import VERBS
from tests.engine.office import moment

MAIN, OTHER = "dragon-boat-2026_main@jg1", "dragon-boat-2026_main@jg2"
LATE = timedelta(days=31)


async def tapped(desk, person, task, *, button="ack", after=timedelta(), chosen=()):
    desk.clock.jump(desk.clock.now() + after)
    event = Event(
        kind="card",
        person=person,
        at=desk.clock.now(),
        task_id=task,
        button=button,
        chosen=chosen,
        means=CARD_BUTTON,
    )
    return await Reception(desk.house.bureau)(event)


CASES = [
    ("stranger", {"person": "guest", "task": MAIN}),
    ("stranger", {"person": "outsider", "task": MAIN}),
    ("stranger", {"person": "of-jg2", "task": MAIN}),  # somebody else's card
    ("stranger", {"person": "wwother/u004", "task": MAIN}),
    ("unknown-task", {"person": "u004", "task": "made-up_main@jg1"}),
    ("unknown-task", {"person": "u004", "task": ""}),
    ("too-late", {"person": "u004", "task": MAIN, "after": LATE}),
    ("other-button", {"person": "u004", "task": MAIN, "button": "approve"}),
    ("other-option", {"person": "u004", "task": MAIN, "button": "answer", "chosen": ("Z",)}),
    ("other-option", {"person": "u004", "task": MAIN, "button": "answer", "chosen": ("A", "B")}),
]


@pytest.mark.parametrize(("reason", "act"), CASES)
async def test_it_is_counted_by_its_reason_and_leaves_no_name(desk, reason, act):
    await desk.at("2026-06-15 11:05")
    store = desk.house.bureau.store
    person = act["person"]
    if person == "of-jg2":
        ours = set((await store.cohort(MAIN)).covered)
        person = next(one for one in (await store.cohort(OTHER)).covered if one not in ours)
    await tapped(desk, **{**act, "person": person})
    assert await store.receipts(MAIN) == []
    assert await store.receipts(OTHER) == []
    assert (await store.counts())[reason] == 1
    kept = (desk.home / "data").rglob("*")
    if act["person"] in ("guest", "outsider", "wwother/u004"):
        assert not any(person.encode() in one.read_bytes() for one in kept if one.is_file())
    found = await VERBS["suggestions"](desk.house.bureau, desk.clock.now(), {})
    assert found["uncounted"] == [[messages.UNCOUNTED[reason], 1]]


async def test_whoever_left_after_the_push_is_counted_for_nobody(desk):
    await desk.at("2026-06-15 11:05")
    store = desk.house.bureau.store
    leaver = (await store.cohort(MAIN)).covered[3]
    await store.forget(leaver, desk.clock.now())
    await tapped(desk, leaver, MAIN)
    assert await store.receipts(MAIN) == []
    assert (await store.counts())["stranger"] == 1


async def test_a_forged_callback_is_counted_at_the_next_tick_and_outlives_a_restart(desk):
    await desk.at("2026-06-15 11:05")
    for _ in range(3):
        url = "http://x/wecom/callback?msg_signature=0&timestamp=0&nonce=0"
        assert (await desk.door.post(url, content=b"<xml>forged-ZQX</xml>")).status_code == 403
    store = desk.house.bureau.store
    assert "refused-callback" not in await store.counts(), "a flood of them costs no disk"
    assert await desk.house.tick() == []
    assert (await store.counts())["refused-callback"] == 3
    assert await note_refused(desk.house.bureau, desk.clock.now()) == 0
    await store.compact()
    store.close()
    again = TinyStore(desk.home / "data")
    assert (await again.counts())["refused-callback"] == 3
    again.close()
    kept = [one for one in (desk.home / "data").rglob("*") if one.is_file()]
    assert not any(b"ZQX" in one.read_bytes() for one in kept)


async def test_the_robots_user_of_another_corporation_is_nobody_of_ours(desk):
    """`from.corpid` is told of robots that others may use (wecom/api.md §2.5)."""
    await desk.at("2026-06-15 11:05")
    told = {
        "msgid": "m1",
        "create_time": int(desk.clock.now().timestamp()),
        "from": {"userid": "u004", "corpid": "wwother"},
        "event": {
            "eventtype": "template_card_event",
            "template_card_event": {"event_key": "ack", "task_id": MAIN},
        },
    }
    event = event_from_frame("aibot_event_callback", told)
    await Reception(desk.house.bureau)(event)
    assert await desk.house.bureau.store.receipts(MAIN) == []
    told["from"] = {"userid": "u004"}
    ours = event_from_frame("aibot_event_callback", {**told, "msgid": "m2"})
    await Reception(desk.house.bureau)(ours)
    assert [one.person for one in await desk.house.bureau.store.receipts(MAIN)] == ["u004"]


async def test_what_is_older_than_thirty_days_is_told_no_more(desk):
    bureau = replace(desk.house.bureau, clock=desk.clock.now)
    await bureau.store.count("stranger", "2026-05-01")
    found = await VERBS["suggestions"](bureau, moment("2026-06-15 09:00"), {})
    assert found["uncounted"] == []
