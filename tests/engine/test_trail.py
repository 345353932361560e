"""Approvals and sends leave a trail, and what they speak of is kept."""

from __future__ import annotations

import json
import re
from dataclasses import replace

import pytest

from bot.core.model import State
from bot.store.tiny import TinyStore
from bot.verbs import VERBS
from tests.engine.office import office


@pytest.fixture
async def open_office(tmp_path):
    async with office(tmp_path, approved=False) as built:
        yield built


async def verified(at):
    return await VERBS["audit-verify"](at.house.bureau, at.clock.now(), {})


async def test_every_approval_and_every_send_is_in_the_trail_with_its_text(open_office):
    at, store = open_office, open_office.house.bureau.store
    await at.approve("N06")
    await at.at("2026-06-15 12:00")
    trail = [one.entry for one in await store.audits()]
    assert [one.what for one in trail] == ["approved"] + ["sent"] * 4
    words = json.loads(await store.text(trail[0].digest))
    item = at.house.bureau.library(at.clock.now().date()).item("N06")
    assert (trail[0].who, words["title"]) == ("王终审", item.title)
    assert {one.about for one in trail[1:]} == set(await at.pushes(State.SENT))
    # The fourth is the office's summary, which is no item of the folder.
    assert [one.detail.get("words") for one in trail[1:]].count(item.digest) == 3
    answer = await verified(at)
    assert (answer["faults"], answer["entries"], answer["head"] != "") == ([], 5, True)


async def test_the_trail_and_the_kept_texts_name_no_recipient(open_office):
    at, store = open_office, open_office.house.bureau.store
    await at.approve("N06")
    await at.at("2026-06-15 12:00")
    said = repr(await store.audits()) + "".join(
        [await store.text(digest) for digest in await store.texts()]
    )
    people = [member.id for member in await store.members()]
    assert len(people) > 50
    assert [who for who in people if re.search(rf"\b{re.escape(who)}\b", said)] == []


async def test_a_text_that_was_exchanged_is_found(open_office):
    at, data = open_office, open_office.house.config.data
    await at.approve("N06")
    await at.at("2026-06-15 12:00")
    at.house.bureau.store.close()
    (path,) = (data / "texts").glob("*.json")
    path.write_text(path.read_text("utf-8").replace("礼", "利"), "utf-8")
    bureau = replace(at.house.bureau, store=TinyStore(data))
    answer = await VERBS["audit-verify"](bureau, at.clock.now(), {})
    bureau.store.close()
    assert any("不符" in fault for fault in answer["faults"])
