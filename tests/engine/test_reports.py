"""The Monday summary on its way: ready at 08:50, words, then the picture, each once."""

from __future__ import annotations

import base64

import pytest

from bot.core.model import State
from bot.sandbox.faults import FaultKind
from bot.verbs import VERBS
from tests.engine.office import moment, office

WORDS, PICTURE = "summary-2026W26_main@office", "summary-2026W26_picture@office"


def shown(desk):
    return [
        (record.at, record.body)
        for record in desk.world.log
        if record.kind == "message" and record.chat == "office"
    ]


async def test_the_picture_follows_the_words_between_0911_and_0927(
    tmp_path,
):
    async with office(tmp_path) as desk:
        await desk.at("2026-06-22 10:00")
        kept = await desk.house.bureau.store.summary("2026-W25")
        (first, words), (second, image) = shown(desk)[-2:]
        assert words["markdown"]["content"] == kept["text"]
        drawn = await VERBS["summary"](
            desk.house.bureau, desk.clock.now(), {"week": "2026-W25", "picture": ".png"}
        )
        assert image["image"]["base64"] == drawn["picture"]
        assert base64.b64decode(drawn["picture"]).startswith(b"\x89PNG")
        assert moment("2026-06-22 09:11") <= first < second < moment("2026-06-22 09:27")
        assert (await VERBS["ledger-show"](desk.house.bureau, desk.clock.now(), {"key": PICTURE}))[
            "messages"
        ][0]["text"] == "〔图〕"


async def test_the_figures_are_those_of_0850_whenever_the_message_leaves(tmp_path):
    async with office(tmp_path) as desk:
        await desk.at("2026-06-22 08:49")
        assert await desk.house.bureau.store.summary("2026-W25") is None
        await desk.at("2026-06-22 08:51")
        kept = await desk.house.bureau.store.summary("2026-W25")
        assert kept["json"]["as_of"].startswith("2026-06-22T08:50")
        assert (await desk.pushes())[WORDS].state is State.PLANNED
        before = kept["json"]["running"]["read"]
        card = next(one for one in desk.world.posted if one.task_id)
        await desk.tap(card.reached[0], card.task_id)
        await desk.at("2026-06-22 10:00")
        sent = await desk.house.bureau.store.summary("2026-W25")
        assert sent["json"]["running"]["read"] == before
        again = {"week": "2026-W25", "recount": True}
        told = await VERBS["summary"](desk.house.bureau, desk.clock.now(), again)
        assert told["running"]["read"] == before + 1, "the tap itself counts"


async def test_the_picture_waits_for_words_that_are_held_up(tmp_path):
    async with office(tmp_path) as desk:
        await desk.at("2026-06-22 09:09")
        desk.world.faults.add("webhook/send", FaultKind.ERRCODE, errcode=45009)
        await desk.at("2026-06-22 10:00")
        pushes = await desk.pushes()
        assert len(await desk.house.bureau.store.deliveries(WORDS)) == 2
        assert pushes[WORDS].sent_at < pushes[PICTURE].sent_at


async def test_a_bot_that_was_down_on_monday_reports_on_tuesday_and_says_so_once(tmp_path):
    async with office(tmp_path, start="2026-06-23 10:00") as desk:
        await desk.at("2026-06-25 17:30")
        about = [key for key in await desk.pushes() if key.startswith("summary-")]
        assert sorted(about) == [WORDS, PICTURE]
        assert [body["msgtype"] for _, body in shown(desk)][:2] == ["markdown", "image"]


@pytest.mark.parametrize("required", ["true", "false"])
async def test_a_unit_that_switched_review_off_reads_it_in_the_summary(tmp_path, required):
    targets = f"[review]\nrequired = {required}"
    async with office(tmp_path, approved=required == "true", targets=targets) as desk:
        await desk.at("2026-06-22 08:51")
        kept = await desk.house.bureau.store.summary("2026-W25")
        assert ("内容未经审批即发送" in kept["text"]) is (required == "false")
