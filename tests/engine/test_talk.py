"""Somebody writes to the bot: approved words, his own record, and no trace of what was said."""

from __future__ import annotations

import json

import pytest

from bot.core import messages
from bot.core.model import Member
from bot.demo.stage import AGENTID
from bot.engine.receive import Reception
from bot.inbox import Event
from bot.sandbox import people

from .office import moment

MAIN = "dragon-boat-2026_main@jg1"


async def say(desk, person: str, text: str, chat: str = "", name: str = "") -> str:
    event = Event(
        kind="message", person=person, at=desk.clock.now(), text=text, chat=chat, name=name
    )
    return (await Reception(desk.house.bureau)(event)).text


async def covered(desk, key: str = MAIN) -> list[str]:
    cohort = await desk.house.bureau.store.cohort(key)
    return list(cohort.covered)


async def test_a_plain_question_is_answered_from_approved_texts_with_rule_and_source(desk):
    found = await say(desk, "anybody", "能不能收购物卡")
    assert found.startswith(messages.FOUND_HEAD)
    assert found.endswith(messages.FOUND_TAIL)
    assert found.count(messages.BASIS) <= 3
    assert "卡" in found
    assert messages.SOURCE in found
    assert "{" not in found  # of a node's text the placeholders are filled


async def test_nothing_is_said_that_is_not_approved(desk):
    for text in (desk.home / "content" / "approvals").rglob("*.toml"):
        text.unlink()
    desk.clock.jump(moment("2026-06-15 08:41"))
    assert await say(desk, "anybody", "能不能收购物卡") == messages.FOUND_NONE


async def test_a_word_that_no_text_has_finds_nothing_and_names_who_to_ask(desk):
    assert await say(desk, "anybody", "量子力学") == messages.FOUND_NONE


async def test_this_week_tells_what_was_sent_and_the_whole_text_is_had_by_its_key(desk):
    assert await say(desk, "anybody", "本周") == messages.WEEK_NONE
    await desk.at("2026-06-15 11:00")
    week = await say(desk, "anybody", "本周")
    assert week.startswith(messages.WEEK_HEAD)
    assert "粽子" in week
    key = week.rpartition(f"{messages.READ_ALL} ")[2]
    assert "12388" in await say(desk, "anybody", f"看全文 {key}")


async def test_the_next_node_is_told_with_its_days_off_and_the_workdays_left(desk):
    told = await say(desk, "anybody", "下一个节点")
    assert told == "下一个节点是端午（2026-06-19），06-19至06-21放假，放假前还有3个工作日。"


async def test_somebody_s_record_is_told_to_him_alone_and_can_be_deleted(desk):
    await desk.at("2026-06-15 11:00")
    person, other = (await covered(desk))[:2]
    await desk.tap(person, MAIN)
    assert "已阅" in await say(desk, person.upper(), "我的记录")
    assert await say(desk, other, "我的记录") == messages.RECORD_NONE
    assert messages.FORGET_SURE in await say(desk, person, "删除我的记录")
    assert "已阅" in await say(desk, person, "我的记录")  # nothing happens before it is confirmed
    store = desk.house.bureau.store
    before, receipts = await store.members(), len(await store.receipts(MAIN))
    assert await say(desk, person, messages.FORGET_SURE) == messages.FORGOTTEN
    assert await say(desk, person, "我的记录") == messages.RECORD_NONE
    assert await store.members() == before  # who deletes the record still belongs to the unit
    assert len(await store.receipts(MAIN)) == receipts  # and no count changes
    assert person not in await covered(desk)


async def test_who_deleted_the_record_stays_on_the_roster_after_a_restore_too(desk, tmp_path):
    await desk.at("2026-06-15 11:00")
    person, store = (await covered(desk))[0], desk.house.bureau.store
    await desk.tap(person, MAIN)
    await store.backup(tmp_path / "b.zip", desk.clock.now())
    await say(desk, person, messages.FORGET_SURE)
    before = desk.clock.now().replace(year=2025)
    await store.restore(tmp_path / "b.zip", desk.clock.now(), before)
    assert person in {member.id for member in await store.members()}
    assert person not in {receipt.person for receipt in await store.receipts(MAIN)}


async def test_read_in_words_is_a_receipt_of_the_newest_push_once(desk):
    assert await say(desk, "nobody", "已阅") == messages.ACK_DONE  # no one is told off
    await desk.at("2026-06-15 11:00")
    person, store = (await covered(desk))[0], desk.house.bureau.store
    for n in range(2):
        assert await say(desk, person, "已阅", name=f"m{n}") == messages.ACK_DONE
    mine = [one for one in await store.receipts(MAIN) if one.person == person]
    assert [one.means for one in mine] == ["主动回复已阅"]
    await say(desk, "stranger", "已阅")
    assert {one.person for one in await store.receipts(MAIN)} == {person}


async def test_read_volunteered_in_a_group_is_counted_and_never_answered_there(desk):
    store = desk.house.bureau.store
    await store.set_members([*await store.members(), Member(id="guest", name="甲", branch="旁听")])
    await desk.at("2026-06-15 11:00")
    assert await say(desk, "guest", "@清风 已阅", chat="no-such-group") == ""
    assert await say(desk, "guest", "@清风 能不能收购物卡", chat="g") == messages.HELP_GROUP


async def test_who_writes_to_the_app_is_answered_in_its_chat_and_who_only_looks_in_is_not(desk):
    chat = f"app-{AGENTID}"
    result = await people.say(desk.world, "me", chat, "能不能收购物卡", http=desk.door)
    assert (result.reply, result.error) == ("text", "")
    heard = [m.body["text"]["content"] for m in desk.world.posted if m.chat == chat]
    assert heard[-1].startswith(messages.FOUND_HEAD)
    assert "**" not in heard[-1]
    assert (await people.enter(desk.world, "me", chat, http=desk.door)).reply == ""


@pytest.mark.parametrize("text", ["我要举报王某收了回扣ZQX", "上周我收了一张卡ZQX，怎么办"])
async def test_a_tip_or_a_confession_gets_the_fixed_sentence_and_leaves_no_trace(
    desk, tmp_path, text, caplog
):
    await desk.at("2026-06-15 11:00")
    person, store = (await covered(desk))[0], desk.house.bureau.store
    assert await say(desk, person, text) == messages.NO_TIPS
    await desk.at("2026-06-15 17:00")
    await store.compact()
    await store.backup(tmp_path / "b.zip", desk.clock.now())
    kept = [path for path in desk.home.rglob("*") if path.is_file() and not path.is_symlink()]
    assert not any(b"ZQX" in path.read_bytes() for path in [*kept, tmp_path / "b.zip"])
    assert "ZQX" not in caplog.text
    assert "ZQX" not in json.dumps(await store.counts())


async def test_no_question_is_kept_either(desk):
    await say(desk, "anybody", "公款ZQX吃饭可以吗")
    await desk.at("2026-06-15 11:00")
    await desk.house.bureau.store.compact()
    kept = [path for path in desk.home.rglob("*") if path.is_file() and not path.is_symlink()]
    assert not any(b"ZQX" in path.read_bytes() for path in kept)
