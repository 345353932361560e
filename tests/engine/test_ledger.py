"""One push, a year later: what the group saw, who approved it, how it ended; and a word on it."""

from __future__ import annotations

import json

import pytest

from bot.core.model import State
from bot.sandbox.faults import FaultKind
from bot.verbs import VERBS, Mistake

MAIN, GROUP = "dragon-boat-2026_main@jg1", "dragon-boat-2026_main@zx"


async def ask(desk, verb, **params):
    return await VERBS[verb](desk.house.bureau, desk.clock.now(), params)


async def test_the_ledger_shows_exactly_what_the_group_saw(desk):
    await desk.at("2026-06-15 11:00")
    answer = await ask(desk, "ledger-show", key=GROUP)
    (told,) = answer["messages"]
    (posted,) = [one for one in desk.world.posted if one.chat == "zx"]
    assert told["text"] == posted.body["markdown"]["content"]
    assert (answer["state"], told["state"]) == (State.SENT, "sent")
    assert answer["words"][told["words"]]["title"] in told["text"]
    assert [one["what"] for one in answer["trail"]] == ["sent"]


async def test_the_ledger_shows_a_card_line_by_line_and_nobody_it_was_for(desk):
    await desk.at("2026-06-15 11:00")
    answer = await ask(desk, "ledger-show", key=MAIN)
    (told,) = answer["messages"]
    assert "廉政教育" in told["text"].split("\n")[0]
    assert "[已阅]" in told["text"]
    people = [member.id for member in await desk.house.bureau.store.members()]
    assert not any(f'"{person}"' in json.dumps(answer) for person in people)
    assert "touser" not in json.dumps(answer)


async def test_the_ledger_names_the_approvals_also_when_their_files_are_gone(desk):
    await desk.at("2026-06-15 11:00")
    (first,) = (await ask(desk, "ledger-show", key=MAIN))["approvals"]
    assert (first["who"], first["step"], first["sealed"]) == ("王终审", "终审", True)
    for path in (desk.home / "content" / "approvals").rglob("*.toml"):
        path.unlink()
    (left,) = (await ask(desk, "ledger-show", key=MAIN))["approvals"]
    assert left == {**first, "sealed": False}


async def test_a_text_that_was_edited_since_is_shown_as_it_was(desk):
    await desk.at("2026-06-15 11:00")
    before = await ask(desk, "ledger-show", key=MAIN)
    path = desk.home / "content" / "nodes" / "N06-端午.md"
    path.write_text(path.read_text("utf-8").replace("粽", "饼"), encoding="utf-8")
    assert await ask(desk, "ledger-show", key=MAIN) == before


async def test_nobody_knows_a_push_that_was_never_planned(desk):
    with pytest.raises(Mistake, match="没有“x”这条推送"):
        await ask(desk, "ledger-show", key="x")


# -- a word on an unknown push -------------------------------------------------------------------


async def lost(desk):
    await desk.at("2026-06-15 09:13")  # the summary and its picture have left
    desk.world.faults.add("webhook/send", FaultKind.MALFORMED)
    await desk.at("2026-06-15 11:03")
    assert (await desk.pushes())[GROUP].state is State.UNKNOWN


async def test_an_unknown_push_that_arrived_is_sent_and_the_word_is_in_the_trail(desk):
    await lost(desk)
    answer = await ask(desk, "resolve", key=GROUP, sent=True)
    assert answer["state"] == "sent"
    assert desk.heard("zx") == 1
    trail = [one["what"] for one in (await ask(desk, "ledger-show", key=GROUP))["trail"]]
    assert trail == ["unknown", "resolved"]


async def test_an_unknown_push_that_did_not_arrive_goes_once_more(desk):
    await lost(desk)
    answer = await ask(desk, "resolve", key=GROUP, sent=False)
    assert (answer["state"], answer["reason"]) == ("sent", "")
    assert desk.heard("zx") == 2  # the local WeCom had taken it: the administrator was wrong
    await desk.at("2026-06-15 17:00")
    assert desk.heard("zx") == 2


async def test_only_an_unknown_push_can_be_resolved_and_only_while_it_is_of_use(desk):
    with pytest.raises(Mistake, match="没有“x”这条推送"):
        await ask(desk, "resolve", key="x", sent=True)
    await lost(desk)
    with pytest.raises(Mistake, match="不用核实"):
        await ask(desk, "resolve", key=MAIN, sent=True)
    await desk.at("2026-06-19 09:00")
    with pytest.raises(Mistake, match="不再补发"):
        await ask(desk, "resolve", key=GROUP, sent=False)
    assert (await ask(desk, "resolve", key=GROUP, sent=True))["state"] == "sent"
