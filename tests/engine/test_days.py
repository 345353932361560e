"""The calendar in a running office: the first day back, pauses, and a year announced late."""

from __future__ import annotations

import json

from bot.core import messages
from bot.core.model import Member, State
from bot.verbs import VERBS

AFTER = "dragon-boat-2026_after@jg1"


async def test_on_the_first_day_back_the_card_says_what_was_written_for_it(desk):
    await desk.at("2026-06-22 11:00")
    push = (await desk.pushes())[AFTER]
    assert push.state is State.SENT
    (row,) = await desk.house.bureau.store.deliveries(AFTER)
    item = desk.house.bureau.library(desk.clock.now().date()).item(push.item)
    said = json.loads(row.body)["template_card"]["sub_title_text"]
    assert said == item.sections["节后"].strip() != item.summary


async def test_a_week_in_which_a_node_is_only_over_holds_two_for_a_hand_as_well(desk):
    await desk.at("2026-06-22 11:05")  # the node's last word, on the first day back
    answers = []
    for day, item in (("23", "SC-01"), ("24", "SC-08")):
        await desk.at(f"2026-06-{day} 10:07")
        params = {"item": item, "to": "zx"}
        answers.append(await VERBS["send"](desk.house.bureau, desk.clock.now(), params))
    assert [answer["state"] for answer in answers] == ["sent", "expired"]
    assert messages.WAIT_WEEK_CAP.format(2) in answers[1]["reason"]


async def test_somebody_in_two_targets_hears_two_in_such_a_week_by_both_together(desk):
    both = Member(id="both", name="某", branch="机关一支部", department="机关二支部")
    others = [Member(id=f"p{n}", name="某", branch=f"机关{n}支部") for n in "一二"]
    for member in (both, *others):
        desk.world.add_user(member.id, member.name)
    await desk.house.bureau.store.set_members([both, *others])
    await desk.at("2026-06-22 11:05")
    for day, item, target in (("23", "SC-01", "jg2"), ("24", "SC-08", "jg1")):
        await desk.at(f"2026-06-{day} 10:07")
        params = {"item": item, "to": target}
        answer = await VERBS["send"](desk.house.bureau, desk.clock.now(), params)
    (row,) = await desk.house.bureau.store.deliveries(answer["key"])
    assert row.to == ("p一",), "the third this week"
