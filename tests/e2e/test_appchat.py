"""A group that our app founds: from `targets create` to the text in it, and who is in it."""

from __future__ import annotations

import json
import re
from dataclasses import replace

import pytest

from bot.core.model import State
from bot.demo.stage import AGENTID
from bot.verbs import VERBS, Mistake
from tests.engine.office import office

MAIN = "dragon-boat-2026_main@{}"


@pytest.fixture
async def desk(tmp_path):
    chat = '[target.chat]\nname = "中心群"\nchannel = "appchat"\nroster = "下属中心"'
    async with office(tmp_path, port=8650, targets=chat) as built:
        yield built


async def verb(desk, name, **params):
    return await VERBS[name](desk.house.bureau, desk.clock.now(), {"target": "chat", **params})


async def test_a_group_is_founded_from_the_roster_and_hears_the_whole_text(desk):
    await desk.at("2026-06-15 09:30")
    assert "targets create" in (await desk.pushes())[MAIN.format("chat")].reason
    assert (await verb(desk, "targets-create"))["people"] == 19  # one of twenty is away
    with pytest.raises(Mistake, match="已经有群"):
        await verb(desk, "targets-create")
    await desk.at("2026-06-15 11:05")
    push = (await desk.pushes())[MAIN.format("chat")]
    assert push.state is State.SENT
    [group] = [g for g in desk.world.groups.values() if g.agentid == AGENTID]
    [record] = [r for r in desk.world.log if r.kind == "message" and r.chat == group.group_id]
    assert record.msgtype == "markdown"


async def test_the_group_is_compared_with_the_roster_and_made_equal(desk):
    with pytest.raises(Mistake, match="还没有建"):
        await verb(desk, "targets-members")
    await verb(desk, "targets-create")
    members = await desk.house.bureau.store.members()
    gone = next(m for m in members if m.branch == "下属中心" and m.on_duty)
    await desk.house.bureau.store.set_members([m for m in members if m.id != gone.id])
    told = await verb(desk, "targets-members")
    assert (told["members"], told["missing"], told["extra"]) == (19, [], [gone.id])
    told = await verb(desk, "targets-members", match=True)
    assert (told["members"], told["missing"], told["extra"]) == (18, [], [])


async def test_an_app_that_does_not_see_everybody_is_told_so(desk):
    app = desk.world.apps[AGENTID]
    desk.world.apps[AGENTID] = replace(app, root_range=False)
    with pytest.raises(Mistake, match="48002"):
        await verb(desk, "targets-create")
    with pytest.raises(Mistake, match="不是 appchat"):
        await VERBS["targets-create"](desk.house.bureau, desk.clock.now(), {"target": "jg1"})


async def test_what_preview_shows_of_an_apps_group_is_what_is_sent(desk):
    """2,048 bytes are little: what is longer goes as its summary with the way to the page."""
    params = {"item": "N06", "channel": "appchat", "clock": "2026-06-15"}
    shown = await VERBS["preview"](desk.house.bureau, desk.clock.now(), params)
    views = {view["part"]: view["message"]["markdown"]["content"] for view in shown["views"]}
    await verb(desk, "targets-create")
    await desk.at("2026-06-18 11:15")
    for part, whole in (("main", False), ("final", True)):
        key = f"dragon-boat-2026_{part}@chat"
        [row] = await desk.house.bureau.store.deliveries(key)
        sent = json.loads(row.body)["markdown"]["content"]
        assert same(views[part]) == same(sent)
        assert ("[看全文]" not in sent) is whole


def same(text: str) -> str:
    """Return a message without its number and the address of its own page."""
    return re.sub(r"2026-\d{3}", "2026-000", re.sub(r"\]\([^)]*\)", "](…)", text))
