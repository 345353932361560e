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
    assert [one.what for one in trail] == ["approved"] + ["sent"] * 5
    words = json.loads(await store.text(trail[0].digest))
    item = at.house.bureau.library(at.clock.now().date()).item("N06")
    assert (trail[0].who, words["title"]) == ("王终审", item.title)
    assert {one.about for one in trail[1:]} == set(await at.pushes(State.SENT))
    # The others are the office's summary and its picture, which are no items of the folder.
    assert [one.detail.get("words") for one in trail[1:]].count(item.digest) == 3
    answer = await verified(at)
    assert (answer["faults"], answer["entries"], answer["head"] != "") == ([], 6, True)


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


# -- a trail under attack --------------------------------------------------------------------------


def _altered(rows):
    next(iter(rows.values()))["entry"]["who"] = "李某"
    return rows


def _dropped(rows):
    return {number: doc for number, doc in rows.items() if doc["number"] != 3}


def _reordered(rows):
    second, third = (next(d for d in rows.values() if d["number"] == n) for n in (2, 3))
    second["entry"], third["entry"] = third["entry"], second["entry"]
    return rows


def _renumbered(rows):
    for doc in rows.values():
        doc["number"] = {2: 3, 3: 2}.get(doc["number"], doc["number"])
    return rows


def _cut(rows):
    return {number: doc for number, doc in rows.items() if doc["number"] < len(rows)}


def _emptied(rows):
    return {}


def _without_a_hash(rows):
    del next(iter(rows.values()))["hash"]
    return rows


def _at_no_time(rows):
    next(iter(rows.values()))["entry"]["at"] = "gestern"
    return rows


def _no_entry(rows):
    next(iter(rows.values()))["entry"] = 7
    return rows


def _no_row(rows):
    return {**rows, "99": []}


ATTACKS = (
    _altered, _dropped, _reordered, _renumbered, _cut, _emptied,
    _without_a_hash, _at_no_time, _no_entry, _no_row,
)  # fmt: skip


def attacked(data, change):
    (path,) = (data / "audit").glob("*.json")
    file = json.loads(path.read_text("utf-8"))
    file["trail"] = change(file["trail"])
    path.write_text(json.dumps(file), "utf-8")


@pytest.mark.parametrize("change", ATTACKS, ids=lambda one: one.__name__.strip("_"))
async def test_whatever_is_done_to_the_trail_is_found_and_said(open_office, change):
    at, data = open_office, open_office.house.config.data
    await at.approve("N06")
    await at.at("2026-06-15 12:00")
    at.house.bureau.store.close()
    attacked(data, change)
    bureau = replace(at.house.bureau, store=TinyStore(data))
    for verb in ("audit-verify", "store-verify"):
        assert (await VERBS[verb](bureau, at.clock.now(), {}))["faults"]
    bureau.store.close()


async def test_who_noted_the_last_hash_sees_a_trail_that_was_written_anew(open_office):
    at, data = open_office, open_office.house.config.data
    await at.approve("N06")
    await at.at("2026-06-15 12:00")
    noted = (await verified(at))["head"]
    ask = {"head": noted[:16]}
    assert (await VERBS["audit-verify"](at.house.bureau, at.clock.now(), ask))["faults"] == []
    at.house.bureau.store.close()
    attacked(data, _cut)
    main = data / "qingfeng.json"
    file = json.loads(main.read_text("utf-8"))
    (mark,) = (doc for doc in file["meta"].values() if doc["name"] == "trail")
    (path,) = (data / "audit").glob("*.json")
    last = max(json.loads(path.read_text("utf-8"))["trail"].values(), key=lambda d: d["number"])
    mark |= {"number": last["number"], "hash": last["hash"]}
    main.write_text(json.dumps(file), "utf-8")
    bureau = replace(at.house.bureau, store=TinyStore(data))
    assert (await VERBS["audit-verify"](bureau, at.clock.now(), {}))["faults"] == []
    assert (await VERBS["audit-verify"](bureau, at.clock.now(), ask))["faults"]
    bureau.store.close()


async def test_a_file_of_texts_that_is_damaged_is_a_fault_and_no_failure(open_office):
    at, data = open_office, open_office.house.config.data
    await at.approve("N06")
    at.house.bureau.store.close()
    (path,) = (data / "texts").glob("*.json")
    path.write_bytes(b"\0" * 50)
    bureau = replace(at.house.bureau, store=TinyStore(data))
    answer = await VERBS["audit-verify"](bureau, at.clock.now(), {})
    assert any("损坏" in fault for fault in answer["faults"])
    bureau.store.close()
