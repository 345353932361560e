"""签收 of a document, from the card to 《签收表》."""

from __future__ import annotations

import base64
import shutil

from bot.core import messages
from bot.verbs import VERBS
from tests.engine.office import ROOT, moment, office


async def sent(desk):
    """Send a 责任提示 to 机关一支部; return its push key and the people of its roster."""
    source = next((ROOT / "content" / "duty").glob("DU-01*.md"))
    shutil.copy(source, desk.home / "content" / "duty" / source.name)
    desk.clock.jump(moment("2026-06-15 08:45"))
    await desk.approve("DU-01")
    params = {"item": "DU-01", "to": "jg1"}
    await VERBS["send"](desk.house.bureau, desk.clock.now(), params)
    await desk.at("2026-06-15 10:20")
    [push] = [push for push in (await desk.pushes()).values() if push.item == "DU-01"]
    return push.key, (await desk.house.bureau.store.cohort(push.key)).covered


async def table(desk, **params):
    return await VERBS["signed"](desk.house.bureau, desk.clock.now(), params)


async def test_a_document_is_signed_for_in_ones_own_name_once(tmp_path):
    async with office(tmp_path) as desk:
        key, people = await sent(desk)
        [delivery, *_] = await desk.house.bureau.store.deliveries(key)
        assert messages.SIGN_BUTTON in delivery.body
        for _ in range(2):
            assert (await desk.tap(people[0], key)).greyed == messages.SIGN_DONE
        found = await table(desk, item="du-01")
        [row] = found["rows"]
        assert found["notice"] == messages.NOT_FOR_APPRAISAL
        assert row[-1] == delivery.digest
        assert people[1] not in str(found), "whoever did not sign is no line"


async def test_strangers_sign_for_nothing_and_other_texts_are_only_read(tmp_path):
    async with office(tmp_path) as desk:
        key, people = await sent(desk)
        await desk.tap("guest", key)
        await desk.at("2026-06-18 11:00")
        result = await desk.tap(people[0], "dragon-boat-2026_final@jg1")
        assert result.greyed == messages.ACK_DONE
        assert (await table(desk))["rows"] == []


async def test_signatures_outlive_receipts_and_go_after_the_units_term(tmp_path):
    async with office(tmp_path) as desk:
        key, people = await sent(desk)
        await desk.tap(people[0], key)
        store = desk.house.bureau.store
        await store.forget(people[0], desk.clock.now())
        assert await store.drop_signatures(moment("2026-06-15 00:00")) == 0
        assert len((await table(desk))["rows"]) == 1
        desk.clock.jump(moment("2029-06-20 08:00"))
        await desk.house.tick()
        assert (await table(desk))["rows"] == []


async def test_the_table_is_a_file_that_begins_with_what_it_is_not_for(tmp_path):
    async with office(tmp_path) as desk:
        key, people = await sent(desk)
        await desk.tap(people[0], key)
        raw = base64.b64decode((await table(desk, suffix=".csv"))["file"])
        assert raw.decode("utf-8-sig").startswith(messages.NOT_FOR_APPRAISAL)
        assert base64.b64decode((await table(desk, suffix=".xlsx"))["file"])[:2] == b"PK"
