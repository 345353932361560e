"""A halt, a withdrawal and a correction: what must stop stops, and what was wrong is mended."""

from __future__ import annotations

import json
import shutil
from datetime import timedelta

import httpx
import pytest

from bot import app, config
from bot.core.model import Member, State
from bot.demo.stage import AGENTID, Clock, build_stage, install
from bot.library import holds
from bot.library.holds import Hold
from bot.sandbox.faults import FaultKind
from bot.sandbox.server import create_app
from bot.verbs import VERBS, Mistake
from tests.disk import full_disk
from tests.engine.office import ROOT, moment

MAIN, GROUP_MAIN = "dragon-boat-2026_main@jg1", "dragon-boat-2026_main@zx"
CORRECTION = """---
编号: GZ-01
标题: 更正：端午提醒
类别: 学习提示
摘要: 6月15日推送的端午提醒，有一处写错了。
起草: 内容组
来源: 本单位
公开属性: 公开
失效: 2027-12-31
更正: N06
---

## 要点

6月15日的提醒有一处写错，请以本条为准。
"""


async def ask(desk, verb, **params):
    return await VERBS[verb](desk.house.bureau, desk.clock.now(), params)


async def write_correction(desk, text: str = CORRECTION) -> None:
    (desk.home / "content" / "GZ-01.md").write_text(text, "utf-8")
    desk.clock.jump(desk.clock.now() + timedelta(seconds=2))
    await desk.approve("GZ-01")


# -- hold ------------------------------------------------------------------------------------------


async def test_a_halt_between_planning_and_begin_stops_the_push_and_lifting_it_lets_it_go(desk):
    await desk.at("2026-06-15 09:05")
    assert (await desk.pushes())[MAIN].state is State.PLANNED
    answer = await ask(desk, "hold", word="粽 子", who="王五")
    assert "N06" in {item["id"] for item in answer["items"]}
    assert {push["key"] for push in answer["stopped"]} >= {MAIN, GROUP_MAIN}
    assert answer["sent"] == []
    await desk.at("2026-06-15 11:00")
    assert (await desk.pushes())[MAIN].reason == "内容里有“粽 子”，已叫停"
    assert desk.heard("zx") == 0
    await ask(desk, "hold", word="粽子", lift=True)
    await desk.at("2026-06-15 11:19")
    assert (await desk.pushes())[MAIN].state is State.SENT


async def test_a_halt_stops_a_text_into_which_the_calendar_puts_the_word(desk):
    """A date that was told wrongly stands in no text: {放假安排} says it."""
    await desk.at("2026-06-15 09:05")
    await ask(desk, "hold", word="6 月 19 日", who="王五")
    await desk.at("2026-06-15 11:00")
    assert (await desk.pushes())[MAIN].reason == "内容里有“6 月 19 日”，已叫停"
    assert desk.heard("zx") == 0


async def test_a_halt_tells_what_was_sent_where_by_the_words_that_were_sent(desk):
    await desk.at("2026-06-15 11:00")
    path = desk.home / "content" / "nodes" / "N06-端午.md"
    path.write_text(path.read_text("utf-8").replace("粽子", "点心"), "utf-8")
    answer = await ask(desk, "hold", word="粽子")
    assert "N06" not in {item["id"] for item in answer["items"]}, "the file no longer says it"
    assert {row["target"] for row in answer["sent"]} == {"jg1", "jg2", "zx"}
    assert answer["correct"] == ["qingfeng correct N06"]
    assert answer["write"] == ["qingfeng new 更正 更正N06一处 --corrects N06"]
    await write_correction(desk)
    assert (await ask(desk, "hold", word="粽子"))["write"] == [], "it is written already"


async def test_a_correction_that_repeats_the_halted_word_is_told_what_helps(desk):
    await desk.at("2026-06-15 11:00")
    await write_correction(desk, CORRECTION.replace("有一处写错，", "把粽子写错了，"))
    await ask(desk, "hold", word="粽子")
    with pytest.raises(Mistake, match="更正里请不提“粽子”") as told:
        await ask(desk, "correct", item="N06")
    assert "qingfeng hold 粽子 --lift" in str(told.value)


async def test_what_a_card_only_leads_to_counts_as_sent_too(desk):
    await desk.at("2026-06-15 11:00")
    item = desk.house.bureau.library(desk.clock.now().date()).item("N06")
    word = item.sections["不在此列"].strip()[:12]
    assert word not in item.summary
    answer = await ask(desk, "hold", word=word)
    assert {row["target"] for row in answer["sent"]} == {"jg1", "jg2", "zx"}


async def test_a_halt_reaches_the_parts_of_an_audience_that_are_still_to_go(tmp_path):
    clock = Clock(moment("2026-06-15 08:40"))
    stage = build_stage(clock)
    path = install(tmp_path, ROOT, stage, "http://127.0.0.1:9", 0)
    sandbox = httpx.ASGITransport(create_app(stage.world), raise_app_exceptions=False)
    posts = []

    async def halted_after_the_first(request: httpx.Request) -> httpx.Response:
        if request.url.path.endswith("message/send"):
            posts.append(json.loads(request.content)["touser"].count("|") + 1)
            clock.jump(clock.now() + timedelta(seconds=2))
            said = Hold(word="粽子", who="王五", when="2026-06-15T09:20:00+08:00")
            holds.write(tmp_path / "data", [said])
        return await sandbox.handle_async_request(request)

    house = app.build(config.load(path, {}), clock.now, httpx.MockTransport(halted_after_the_first))
    people = [Member(id=f"p{n}", name="某", branch="机关一支部") for n in range(1500)]
    for member in people:
        stage.world.add_user(member.id, member.name)
    stage.world.set_callback(AGENTID, "http://127.0.0.1/wecom/callback")
    bureau = house.bureau
    await bureau.store.set_members(people)
    params = {"item": "N06", "who": "王终审", "sources_checked": True}
    await VERBS["approve"](bureau, clock.now(), params)
    clock.jump(moment("2026-06-15 10:40"))
    assert await house.tick() == []
    push = await bureau.store.push(MAIN)
    assert posts == [1000]
    assert (push.cut, push.tally) == (2, {"sent": 1})
    assert "已叫停" in push.reason
    await house.close()


@pytest.mark.parametrize("word", ["党", "  张 ", "词" * 61])
async def test_a_word_that_would_stop_half_the_library_is_refused(desk, word):
    with pytest.raises(Mistake, match="个字"):
        await ask(desk, "hold", word=word)


async def test_a_list_of_halts_that_cannot_be_read_holds_everything(desk):
    (desk.home / "data" / "holds.json").write_text("[{", "utf-8")
    await desk.at("2026-06-15 11:00")
    assert desk.heard("zx") == 0
    assert "holds.json" in desk.house.bureau.library(desk.clock.now().date()).hold


async def test_halting_twice_is_one_halt_and_a_list_tells_it(desk):
    for word in ("粽子", "粽 子"):
        await ask(desk, "hold", word=word, who="王五", why="提法有误")
    (one,) = (await ask(desk, "hold"))["holds"]
    assert (one["word"], one["who"], one["why"]) == ("粽子", "王五", "提法有误")


async def test_a_halt_that_could_not_be_written_is_not_claimed(desk):
    with full_disk(), pytest.raises(OSError, match="large"):
        await ask(desk, "hold", word="粽子")


# -- withdraw --------------------------------------------------------------------------------------


async def test_a_withdrawn_text_is_not_sent_until_it_is_approved_anew(desk):
    await desk.at("2026-06-15 09:05")
    answer = await ask(desk, "withdraw", item="N06", who="王五", why="案情有变")
    assert answer["blocked"] == "内容已由王五收回：案情有变"
    assert answer["sent"] == []
    await desk.at("2026-06-15 10:30")
    assert desk.heard("zx") == 0
    await desk.approve("N06")
    await desk.at("2026-06-15 11:19")
    assert (await desk.pushes())[MAIN].state is State.SENT
    assert {row["target"] for row in (await ask(desk, "withdraw", item="N06", who="王五"))["sent"]}


# -- correct ---------------------------------------------------------------------------------------


async def test_a_correction_goes_to_exactly_the_targets_that_got_the_original(desk):
    desk.world.remove_webhook(desk.stage.keys["zx"])  # refused: it never came there
    await desk.at("2026-06-15 11:05")
    assert (await desk.pushes())[GROUP_MAIN].state is State.REFUSED
    await write_correction(desk)
    answer = await ask(desk, "correct", item="N06")
    assert {push["target"] for push in answer["pushes"]} == {"jg1", "jg2"}
    assert {push["state"] for push in answer["pushes"]} == {"sent"}, "on the same day, no cap"
    again = await ask(desk, "correct", item="GZ-01")
    assert (again["pushes"], again["already"]) == ([], ["jg1", "jg2"])


async def test_a_correction_that_still_waits_is_not_told_as_made(desk):
    await desk.at("2026-06-15 20:00")
    await write_correction(desk)
    await ask(desk, "correct", item="N06")
    again = await ask(desk, "correct", item="N06")
    assert {push["state"] for push in again["waiting"]} == {"planned"}
    assert (again["pushes"], again["already"]) == ([], [])
    await desk.at("2026-06-16 11:00")
    done = await ask(desk, "correct", item="N06")
    assert (done["waiting"], done["already"]) == ([], ["jg1", "jg2", "zx"])


async def test_a_correction_goes_to_the_very_people_who_got_the_original(desk):
    await desk.at("2026-06-15 11:05")
    store = desk.house.bureau.store
    (first,) = await store.deliveries(MAIN)
    got = set(first.to) - set(first.invalid) - set(first.unlicensed)
    assert got < set(first.to)
    await store.set_members([Member(id="new", name="新来的", branch="机关一支部")])
    await write_correction(desk)
    answer = await ask(desk, "correct", item="N06")
    key = next(push["key"] for push in answer["pushes"] if push["target"] == "jg1")
    (second,) = await store.deliveries(key)
    assert set(second.to) == got
    assert "更正" in second.body


async def test_a_group_that_perhaps_got_the_original_gets_the_correction(desk):
    await desk.at("2026-06-15 09:13")  # the summary and its picture have left
    desk.world.faults.add("webhook/send", FaultKind.MALFORMED)
    await desk.at("2026-06-15 11:05")
    assert (await desk.pushes())[GROUP_MAIN].state is State.UNKNOWN
    await write_correction(desk)
    answer = await ask(desk, "correct", item="n06", dry_run=True)
    assert {push["target"] for push in answer["pushes"]} == {"jg1", "jg2", "zx"}
    assert answer["dry_run"]


async def test_a_correction_is_never_planned_of_itself(desk):
    await write_correction(desk)
    shutil.rmtree(desk.home / "content" / "study")  # it would be the only text for a Monday
    answer = await ask(desk, "plan", days=60)
    assert "GZ-01" not in {push["item"] for push in answer["pushes"]}
    (desk.home / "content" / "GZ-01.md").write_text(CORRECTION.replace("更正: N06\n", ""), "utf-8")
    assert "GZ-01" in {push["item"] for push in (await ask(desk, "plan", days=60))["pushes"]}


@pytest.mark.parametrize(
    ("item", "words"),
    [("N06", "还没有 N06 的更正"), ("没有", "还没有 没有 的更正")],
)
async def test_without_a_correction_the_way_to_write_one_is_told(desk, item, words):
    with pytest.raises(Mistake, match=words):
        await ask(desk, "correct", item=item)


async def test_what_was_never_sent_needs_no_correction(desk):
    await write_correction(desk)
    with pytest.raises(Mistake, match="没有发出过"):
        await ask(desk, "correct", item="N06")


async def test_a_correction_that_nobody_approved_is_not_sent(desk):
    await desk.at("2026-06-15 11:05")
    (desk.home / "content" / "GZ-01.md").write_text(CORRECTION, "utf-8")
    with pytest.raises(Mistake, match="未经审批"):
        await ask(desk, "correct", item="N06")


# -- what is deleted was said all the same ---------------------------------------------------------


async def restarted(desk):
    """The same home under a new process: nothing of the old one's memory is left."""
    await desk.house.close()
    path = desk.home / "config.toml"
    sandbox = httpx.ASGITransport(create_app(desk.stage.world), raise_app_exceptions=False)
    desk.house = app.build(config.load(path, {}), desk.clock.now, sandbox)


def blocked(desk, item: str) -> str:
    return desk.house.bureau.library(desk.clock.now().date()).blocked[item]


def last_approval(desk, item: str):
    folder = desk.home / "content" / "approvals" / item
    return max(folder.glob("*.toml"), key=lambda path: path.stat().st_mtime_ns)


@pytest.mark.parametrize("anew", [False, True])
async def test_deleting_a_withdrawal_brings_no_approval_back(desk, anew):
    assert blocked(desk, "N06") == ""
    await ask(desk, "withdraw", item="N06", who="王五", why="有误")
    last_approval(desk, "N06").unlink()
    if anew:
        await restarted(desk)
    await desk.at("2026-06-15 11:19")
    assert blocked(desk, "N06") == "内容已由王五收回：有误"
    assert [one.key for one in (await desk.pushes(State.SENT)).values() if one.item == "N06"] == []
    desk.clock.jump(desk.clock.now() + timedelta(seconds=2))
    await desk.approve("N06")
    assert blocked(desk, "N06") == "", "approving anew is the way back"


async def test_an_older_copy_of_all_approvals_brings_none_back_either(desk, tmp_path):
    folder = desk.home / "content" / "approvals"
    shutil.copytree(folder, tmp_path / "copy")
    await ask(desk, "withdraw", item="N06", who="王五", why="有误")
    shutil.rmtree(folder)
    shutil.copytree(tmp_path / "copy", folder)
    await restarted(desk)
    await desk.house.tick()
    assert blocked(desk, "N06") == "内容已由王五收回：有误"


@pytest.mark.parametrize("anew", [False, True])
async def test_deleting_the_list_of_halts_lifts_none(desk, anew):
    await ask(desk, "hold", word="粽子", who="王五")
    (desk.home / "data" / "holds.json").unlink()
    if anew:
        await restarted(desk)
    await desk.at("2026-06-15 11:19")
    assert blocked(desk, "N06") == "内容里有“粽子”，已叫停"
    [one] = (await ask(desk, "hold"))["holds"]
    assert (one["word"], one["who"]) == ("粽子", "王五")
    await ask(desk, "hold", word="粽子", lift=True)
    assert blocked(desk, "N06") == ""
    await restarted(desk)
    await desk.house.tick()
    assert blocked(desk, "N06") == "", "what was lifted stays lifted"


async def test_a_trail_that_cannot_be_read_leaves_the_files_their_word(desk):
    await ask(desk, "withdraw", item="N06", who="王五", why="有误")
    await restarted(desk)
    for part in (desk.home / "data" / "audit").iterdir():
        part.write_text("{", "utf-8")
    failed = await desk.house.tick()
    assert any(one.startswith("recall") for one in failed)
    assert blocked(desk, "N06") == "内容已由王五收回：有误"
