"""The Monday summary on its way: ready at 08:50, words, then the picture, each once."""

from __future__ import annotations

import base64
import re

import pytest

from bot.core.model import State
from bot.sandbox.faults import FaultKind
from bot.verbs import VERBS, Mistake
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


def silent(tmp_path, start="2026-06-22 08:40"):
    """An office that may send nothing but its summary: cheap, and as good for this."""
    return office(tmp_path, approved=False, start=start)


async def by_hand(desk, **params):
    return await VERBS["summary-send"](desk.house.bureau, desk.clock.now(), params)


async def test_a_summary_that_went_is_not_sent_again_by_hand(tmp_path):
    async with silent(tmp_path) as desk:
        await desk.at("2026-06-22 10:00")
        before = shown(desk)
        answer = await by_hand(desk)
        assert answer["already"] == ["office"]
        assert [row["state"] for row in answer["pushes"]] == ["sent", "sent"]
        assert shown(desk) == before


async def test_by_hand_it_goes_at_once_and_monday_s_own_rows_are_those(tmp_path):
    async with silent(tmp_path, "2026-06-25 10:00") as desk:  # too late for a summary
        await desk.at("2026-06-25 10:05")
        assert not [key for key in await desk.pushes() if key.startswith("summary-")]
        answer = await by_hand(desk)
        assert [row["key"] for row in answer["pushes"]] == [WORDS, PICTURE]
        assert answer["already"] == []
        kept = await desk.house.bureau.store.summary("2026-W25")
        (_, words), (_, image) = shown(desk)
        assert words["markdown"]["content"] == kept["text"]
        assert image["msgtype"] == "image"
        assert (await by_hand(desk))["already"] == ["office"]
        await desk.at("2026-06-25 10:20")
        assert len(shown(desk)) == 2


async def test_by_hand_before_the_hour_it_waits_and_goes_once(tmp_path):
    async with silent(tmp_path) as desk:
        await desk.at("2026-06-22 08:30")
        answer = await by_hand(desk)
        assert {row["state"] for row in answer["pushes"]} == {"planned"}
        assert answer["pushes"][0]["not_before"] == "2026-06-22T09:10:00+08:00"
        await desk.at("2026-06-22 10:00")
        assert [body["msgtype"] for _, body in shown(desk)[-2:]] == ["markdown", "image"]
        assert [key for key in await desk.pushes() if key.startswith("summary-")] == [
            WORDS,
            PICTURE,
        ]
        kept = await desk.house.bureau.store.summary("2026-W25")
        assert kept["json"]["as_of"].startswith("2026-06-22T08:50")


async def test_an_earlier_week_is_told_by_hand_as_that_week(tmp_path):
    async with silent(tmp_path) as desk:
        await desk.at("2026-06-22 10:05")
        before = await desk.house.bureau.store.summary("2026-W24")
        answer = await by_hand(desk, week="2026-W24")
        assert before is None
        assert answer["pushes"][0]["key"] == "summary-2026W25_main@office"
        kept = await desk.house.bureau.store.summary("2026-W24")
        assert shown(desk)[-2][1]["markdown"]["content"] == kept["text"]
        assert kept["json"]["week"] == "2026-W24"


async def test_what_was_refused_goes_by_a_row_of_its_own_and_what_is_doubtful_does_not(tmp_path):
    async with silent(tmp_path) as desk:
        await desk.at("2026-06-22 09:09")
        desk.world.faults.add("webhook/send", FaultKind.ERRCODE, errcode=93000)
        await desk.at("2026-06-22 10:05")
        assert (await desk.pushes())[WORDS].state is State.REFUSED
        named = {"target": "office"}
        await VERBS["targets-enable"](desk.house.bureau, desk.clock.now(), named)
        desk.world.faults.clear()
        desk.world.faults.add("webhook/send", FaultKind.ERRCODE, errcode=-1)
        first = (await by_hand(desk))["pushes"][0]
        assert (first["key"], first["state"]) == ("summary-2026W26-2_main@office", "unknown")
        desk.world.faults.clear()
        count = len(shown(desk))
        again = (await by_hand(desk))["pushes"][0]
        assert (again["key"], again["state"]) == (first["key"], "unknown")
        assert len(shown(desk)) == count


@pytest.mark.parametrize("params", [{"week": "2026-W26"}, {"month": "2026-06"}, {"recount": True}])
async def test_what_cannot_be_sent_as_a_summary_is_told_in_a_sentence(tmp_path, params):
    async with silent(tmp_path) as desk:
        with pytest.raises(Mistake):
            await by_hand(desk, **params)
        assert not await desk.pushes()


async def test_a_text_that_passed_its_day_is_told_once(tmp_path):
    async with silent(tmp_path, "2026-06-22 08:40") as desk:
        text = next((desk.home / "content").glob("*/SC-01-*.md"))
        for day, told in (("2026-06-21", 1), ("2026-06-22", 0), ("2026-06-14", 0)):
            changed = re.sub(r"失效: .*", f"失效: {day}", text.read_text("utf-8"))
            text.write_text(changed, "utf-8")
            found = await VERBS["summary"](desk.house.bureau, desk.clock.now(), {"recount": True})
            said = [line for line in found["exceptions"] if line.startswith("已过失效日")]
            assert len(said) == told, day
            assert all("《" in line for line in said)


async def test_a_pause_is_the_whole_reason_of_an_empty_week_also_when_it_is_over(tmp_path):
    async with silent(tmp_path, "2026-06-15 08:40") as desk:
        bureau = desk.house.bureau
        await VERBS["pause"](bureau, desk.clock.now(), {"why": "专项检查"})
        before = await VERBS["summary"](bureau, moment("2026-06-22 09:00"), {"week": "2026-W25"})
        assert before["idle"] == ["管理员于06-15暂停：专项检查"]
        assert before["exceptions"][0] == "推送暂停着：管理员于06-15暂停：专项检查"
        await VERBS["resume"](bureau, moment("2026-06-19 18:00"), {})
        after = await VERBS["summary"](bureau, moment("2026-06-22 09:00"), {"week": "2026-W25"})
        assert after["idle"] == ["06-15起曾暂停推送"]


@pytest.mark.parametrize("required", ["true", "false"])
async def test_a_unit_that_switched_review_off_reads_it_in_the_summary(tmp_path, required):
    targets = f"[review]\nrequired = {required}"
    async with office(tmp_path, approved=required == "true", targets=targets) as desk:
        await desk.at("2026-06-22 08:51")
        kept = await desk.house.bureau.store.summary("2026-W25")
        assert ("内容未经审批即发送" in kept["text"]) is (required == "false")
