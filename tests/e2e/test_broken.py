"""An editor breaks a file: the office's group in the sandbox hears it, once until it is mended."""

from __future__ import annotations

import shutil
from dataclasses import replace

from bot.core import messages
from bot.core.model import State
from bot.engine import alarms
from bot.library import broken
from bot.library.folder import Shelf
from bot.sandbox import talks
from tests.e2e.test_bot import TARGETS, town
from tests.engine.office import ROOT

NAME = "cases/SC-02-食堂里的加餐.md"
OFFICE = {"office": TARGETS["office"]}


async def begun(at, home):
    """Give the office a folder of its own and wait until the robot may speak there."""
    (home / "content").unlink()
    shutil.copytree(ROOT / "content", home / "content")
    await at.live()
    talks.say(at.world, "zhao", "Office", "@清风 在吗")
    await at.until(lambda: len(at.heard("Office")) == 1)
    await at.at("2026-06-15 09:20")
    return home / "content" / NAME


def told(at) -> list[str]:
    bodies = [one.body.get("markdown_v2", {}).get("content", "") for one in at.world.posted]
    return [text for text in bodies if "写错了" in text]


async def test_the_office_hears_what_broke_once_and_again_only_if_it_breaks_anew(tmp_path):
    async with town(tmp_path, **OFFICE) as at:
        path = await begun(at, tmp_path)
        good = path.read_text("utf-8")
        path.write_text("坏了", "utf-8")
        await at.at("2026-06-15 09:24")
        assert told(at) == [], "whoever saves may still be writing"
        await at.at("2026-06-15 09:40")
        (text,) = told(at)
        assert NAME in text.replace("＿", "_")
        assert "字段区" in text
        for minute, words in (
            (45, "还是坏"),
            (50, good.replace("公开属性: 公开", "公开属性: 内部")),
        ):
            path.write_text(words, "utf-8")
            await at.at(f"2026-06-15 09:{minute}")
        assert len(told(at)) == 1, "not for each save, nor for another fault of the same file"
        started = replace(at.house.bureau, shelf=Shelf(at.house.bureau.shelf.folders))
        assert await alarms.tell_broken(started, at.clock.now()) == 0, "nor after a restart"

        path.write_text(good, "utf-8")
        await at.at("2026-06-15 10:00")
        path.write_text("又坏了", "utf-8")
        await at.at("2026-06-15 10:20")
        assert len(told(at)) == 2


async def test_what_is_mended_within_five_minutes_is_not_spoken_of(tmp_path):
    async with town(tmp_path, **OFFICE) as at:
        path = await begun(at, tmp_path)
        good = path.read_text("utf-8")
        path.write_text("", "utf-8")
        await at.at("2026-06-15 09:22")
        path.write_text(good, "utf-8")
        await at.at("2026-06-15 09:40")
        assert told(at) == []
        rows = [p for p in await at.house.bureau.store.pushes() if p.rule == alarms.BROKE]
        assert [(row.state, row.reason) for row in rows] == [(State.SKIPPED, messages.MENDED)]


async def test_an_authors_words_call_nobody_and_many_files_make_one_message(tmp_path):
    async with town(tmp_path, **OFFICE) as at:
        path = await begun(at, tmp_path)
        for n in range(20):
            broken_one = path.with_name(f"X{n:02d}.md")
            broken_one.write_text("---\n<@zhao> [见](http://a) @所有人\n---\n", "utf-8")
        draft = path.read_text("utf-8").replace("编号: SC-02", "编号: X\n状态: 草稿\n失效: 明天")
        path.with_name("草稿.md").write_text(draft, "utf-8")
        await at.at("2026-06-15 09:40")
        (text,) = told(at)
        assert "20 个文件" in text
        assert "12 个" in text
        assert not set("<@[") & set(text)
        assert "草稿" not in text


async def test_a_crash_between_the_row_and_the_note_of_it_tells_nothing_twice(tmp_path):
    async with town(tmp_path, **OFFICE) as at:
        path = await begun(at, tmp_path)
        path.write_text("", "utf-8")
        bureau, now = at.house.bureau, at.clock.now()
        assert await alarms.tell_broken(bureau, now) == 1
        (bureau.shelf.folders.data / broken.NAME).unlink()
        assert await alarms.tell_broken(bureau, now) == 0
        await at.at("2026-06-15 09:40")
        assert len(told(at)) == 1
