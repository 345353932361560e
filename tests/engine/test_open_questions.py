"""What nobody has verified about WeCom, as the sandbox's switches: the outcome of each, either way.

The pure test keeps the list whole; the runs are nightly, a few of them in every `make test`.
"""

from __future__ import annotations

import pytest

from bot.core.model import State
from bot.sandbox.faults import OF_CALLS, OF_EVENTS, OF_LINES, FaultKind
from bot.sandbox.switches import TABLE
from bot.verbs import VERBS
from tests.channels.test_faults import FAULTS, LINES
from tests.engine.test_enclosing import FIRST, GROUP, PEOPLE, attached, kinds, png, state

# Switches of what webhooks and apps do: a text, a picture, a card whose answer was lost, a tap.
GROUPS_AND_CARDS = [
    *[("webhook_window", value) for value in ("sliding", "fixed", "block")],
    *[("api_window", value) for value in ("sliding", "fixed", "block")],
    *[("oversize", value) for value in ("reject", "cut")],
    *[(name, value) for name in ("refused_counts", "reuse_tokens") for value in (False, True)],
    *[("md5_checked", value) for value in (False, True)],
    *[("update_menu_limit", value) for value in (3, 10)],
    *[("appchat_card", value) for value in ("allow", "reject", "drop")],
    ("appchat_hourly", 350_000),
]
# Those of the long connection are in tests/e2e/test_robots_questions.py.
OF_ROBOTS = {
    *("aibot_group_card", "aibot_group_update", "aibot_offline", "aibot_spoken_days"),
    *("aibot_unlock", "aibot_idle_seconds", "aibot_kick_code", "aibot_replies"),
}
ALONE = {  # a test of its own, here or there
    *("duplicate_answer", "duplicate_errcode", "webhook_external"),
    *("oauth_entity_check", "link_scanner"),  # tests/web/test_signin.py
}


def test_every_open_question_has_a_test_that_names_its_outcome():
    assert {name for name, _ in GROUPS_AND_CARDS} | OF_ROBOTS | ALONE == set(TABLE)


def test_every_fault_has_a_line_that_names_its_outcome():
    """Those of events are in test_lost_events.py."""
    assert {fault for fault, *_ in FAULTS} == {one.value for one in OF_CALLS}
    assert {fault for fault, *_ in LINES} == {one.value for one in OF_LINES}
    told = {FaultKind.LOSE, FaultKind.DUPLICATE, FaultKind.REORDER, FaultKind.SLOW}
    assert told == OF_EVENTS
    assert {*OF_CALLS, *OF_LINES, *OF_EVENTS} == set(FaultKind)


async def carried(desk) -> None:
    """A group hears its text and picture once; people get one card, though its answer was lost."""
    desk.world.faults.add("message/send", "malformed", times=2)
    await desk.at("2026-06-15 11:15")
    assert kinds(desk, "zx") == ["markdown", "image"]
    assert await state(desk, GROUP) is await state(desk, FIRST.format("zx")) is State.SENT
    assert len(await desk.house.bureau.store.deliveries(PEOPLE)) > 1
    await tapped(desk)


async def tapped(desk) -> None:
    cards = [m for m in desk.world.posted if m.task_id == PEOPLE]
    assert len(cards) == 1, "WeCom dropped the repeat"
    person = cards[0].reached[0]
    for _ in range(2):
        assert (await desk.tap(person, PEOPLE)).greyed == "已阅，谢谢"
    receipts = await desk.house.bureau.store.receipts(PEOPLE)
    assert [one.person for one in receipts] == [person]


@pytest.mark.nightly
@pytest.mark.parametrize(("name", "value"), GROUPS_AND_CARDS)
async def test_either_way_a_group_hears_once_and_a_tap_is_one_receipt(tmp_path, name, value):
    async with attached(tmp_path, {"粽子.png": png()}) as desk:
        desk.world.turn(name, value)
        await carried(desk)
        assert await state(desk, PEOPLE) is State.SENT


@pytest.mark.parametrize(
    ("answer", "before", "reason"),
    [
        ("same", State.SENT, ""),
        ("bare", State.SENT, ""),
        # The repeat was refused, the first attempt may have arrived: until a tap says that it did.
        ("refused", State.UNKNOWN, "40058"),
    ],
)
async def test_however_wecom_answers_a_dropped_copy_the_card_is_there_once(
    tmp_path, answer, before, reason
):
    async with attached(tmp_path, {"粽子.png": png()}) as desk:
        desk.world.turn("duplicate_answer", answer)
        desk.world.turn("duplicate_errcode", 40058)
        desk.world.faults.add("message/send", "malformed", times=2)
        await desk.at("2026-06-15 11:10")
        push = (await desk.pushes())[PEOPLE]
        assert (push.state, reason in push.reason) == (before, True)
        assert await state(desk, FIRST.format("jg1")) is (
            State.SENT if before is State.SENT else State.PLANNED
        )
        await tapped(desk)
        assert await state(desk, PEOPLE) is State.SENT
        await desk.at("2026-06-15 17:30")
        assert await state(desk, FIRST.format("jg1")) is State.SENT


@pytest.mark.parametrize(("allowed", "end"), [(True, State.SENT), (False, State.REFUSED)])
async def test_a_group_with_outsiders_hears_it_or_is_disabled_and_comes_back_by_one_click(
    tmp_path, allowed, end
):
    async with attached(tmp_path, {"粽子.png": png()}) as desk:
        desk.world.turn("webhook_external", allowed)
        group = desk.world.groups["zx"]
        desk.world.groups["zx"] = type(group)(**{**vars(group), "external": True})
        await desk.at("2026-06-15 11:10")
        assert await state(desk, GROUP) is end
        known = (await desk.house.bureau.store.targets()).get("zx")
        assert bool(known and known.disabled) is not allowed
        if not allowed:
            desk.world.turn("webhook_external", True)
            now = desk.clock.now()
            await VERBS["targets-enable"](desk.house.bureau, now, {"target": "zx"})
            await desk.at("2026-06-18 11:10")
            assert await state(desk, "dragon-boat-2026_final@zx") is State.SENT
