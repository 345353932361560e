"""A running bot and an editor who saves: seen within two seconds, the last good text kept."""

from __future__ import annotations

import asyncio

import pytest

from bot.core.content import body_of
from bot.library.folder import Shelf
from bot.library.watching import watch
from tests.library.shelves import TODAY, folders, item, put

BROKEN = {"emptied": "", "cut off": "---\n编号: SC-01\n标题: 老", "no text": b"\0" * 99}


@pytest.mark.parametrize("polling", [False, True])
async def test_an_edit_is_there_within_two_seconds_and_what_broke_is_told_once(tmp_path, polling):
    desk = folders(tmp_path)
    path = put(desk, "SC-01.md", item())
    shelf, stop, told = Shelf(desk), asyncio.Event(), []
    seen: list[object] = []
    task = asyncio.create_task(
        watch(shelf, lambda: TODAY, stop, polling=polling, broke=told.append)
    )
    await asyncio.sleep(0.3)
    path.write_text(item().replace("林某某", "王某"), "utf-8")
    for _ in range(20):
        await asyncio.sleep(0.1)
        seen = [body_of(one) for one in shelf._library.items]  # as it is, not read for us
        if "王某" in "".join(map(str, seen)):
            break
    assert "王某" in "".join(map(str, seen))
    for text in ("---\n坏", "---\n坏了"):
        path.write_text(text, "utf-8")
        await asyncio.sleep(2)
    stop.set()
    await task
    assert [(problem.path, problem.code) for problem in told] == [("SC-01.md", "item-head")]


@pytest.mark.parametrize("text", BROKEN.values(), ids=BROKEN)
def test_the_last_good_version_of_a_file_that_went_bad_is_kept(tmp_path, text):
    desk = folders(tmp_path, review=False)
    path = put(desk, "SC-01.md", item())
    shelf = Shelf(desk)
    (good,) = shelf.now(TODAY).items
    path.write_bytes(text if isinstance(text, bytes) else text.encode())
    for _ in range(2):
        library = shelf.now(TODAY)
        assert library.items == (good,)
        assert library.blocked == {"SC-01": ""}
        assert [problem.path for problem in library.problems] == ["SC-01.md"]
        put(desk, "b.md", item("SC-02").replace("标题: ", "标题: 又"))
        desk.content.joinpath("b.md").unlink()
    path.unlink()
    assert shelf.now(TODAY).items == ()


def test_an_edit_that_can_be_read_is_never_passed_over_for_the_old_words(tmp_path):
    desk = folders(tmp_path, review=False)
    path = put(desk, "SC-01.md", item())
    shelf = Shelf(desk)
    shelf.now(TODAY)
    path.write_text(item().replace("公开属性: 公开", "公开属性: 内部"), "utf-8")
    library = shelf.now(TODAY)
    assert library.items[0].public == "内部"
    assert library.blocked["SC-01"]


def test_a_file_that_went_bad_under_another_name_does_not_come_twice(tmp_path):
    desk = folders(tmp_path, review=False)
    path = put(desk, "SC-01.md", item())
    shelf = Shelf(desk)
    shelf.now(TODAY)
    put(desk, "new.md", item())
    path.write_text("", "utf-8")
    assert [one.path for one in shelf.now(TODAY).items] == ["new.md"]


async def test_whoever_only_looks_believes_the_watcher_and_without_one_the_folder(tmp_path):
    desk = folders(tmp_path)
    put(desk, "SC-01.md", item())
    shelf = Shelf(desk)
    assert len(shelf.glance(TODAY).items) == 1
    put(desk, "b.md", item("SC-02"))
    assert len(shelf.glance(TODAY).items) == 2  # nobody watches: it is looked at
    stop = asyncio.Event()
    task = asyncio.create_task(watch(shelf, lambda: TODAY, stop))
    await asyncio.sleep(0.3)
    assert shelf.glance(TODAY) is shelf.glance(TODAY)
    put(desk, "c.md", item("SC-03"))
    for _ in range(30):
        await asyncio.sleep(0.1)
        if len(shelf.glance(TODAY).items) == 3:
            break
    assert len(shelf.glance(TODAY).items) == 3
    stop.set()
    await task
    put(desk, "d.md", item("SC-04"))
    assert len(shelf.glance(TODAY).items) == 4
