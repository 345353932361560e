"""A library that changes under a running bot: after each edit it is what a fresh look gives."""

from __future__ import annotations

import random
from datetime import date

from bot.library import holds
from bot.library.folder import Shelf, load
from bot.library.holds import Hold
from tests.library.shelves import TODAY, folders, item, put

DICE = random.Random(11)
NAMES = ("a.md", "b.md", "cases/c.md", "cases/d.txt", "e.md")
TEXTS = (
    item("SC-01"),
    item("sc-01").replace("公开属性: 公开", "公开属性: 内部"),
    item("SC-02", more="附件: 图.png\n"),
    item("SC-03").replace("标题: 老同学聚会，谁买的单", "标题: 另一个").replace("今晚", "机密"),
    item("SC-04").replace("类别: 情景案例", "类别: 节点提醒\n节点: 中秋"),
    "没有字段区",
    "",
)


def steps(desk):
    """Yield after each of many edits the path that was touched."""
    for _ in range(150):
        name = DICE.choice(NAMES)
        path = desk.content / name
        if DICE.random() < 0.2:
            path.unlink(missing_ok=True)
        else:
            put(desk, name, DICE.choice(TEXTS))
        if DICE.random() < 0.1:
            put(desk, DICE.choice(("图.png", "cases/图.png")), DICE.randbytes(9))
        yield path


def same(mine, other):
    """Whether two libraries say the same, but for the last good versions that one of them keeps."""
    assert mine.problems == other.problems
    theirs = {one.path: (one, other.blocked[one.id]) for one in other.items}
    for one in mine.items:
        if one.path in theirs:
            assert one == theirs[one.path][0]
    assert {one.path for one in mine.items} >= set(theirs)
    extra = {one.path for one in mine.items} - set(theirs)
    assert extra <= {problem.path for problem in other.problems if problem.severity == "error"}


def test_after_every_edit_it_is_what_a_fresh_look_would_give(tmp_path):
    desk = folders(tmp_path, review=False)
    nodes = '[mid-autumn]\nname = "中秋"\nlunar = "8-15"\n'
    (desk.schedules / "nodes.toml").write_text(nodes, "utf-8")
    looking, told = Shelf(desk), Shelf(desk)
    told.now(TODAY)
    for path in steps(desk):
        library = looking.now(TODAY)
        same(library, load(desk, TODAY))
        if path.suffix == ".md":
            told.changed([str(path)], TODAY)
        same(told.now(TODAY), load(desk, TODAY))
        assert told.now(TODAY).items == library.items


def test_one_edited_file_is_read_and_no_other(tmp_path):
    desk = folders(tmp_path, review=False)
    for n in range(30):
        put(desk, f"{n}.md", item(f"SC-{n}").replace("标题: ", f"标题: {n}"))
    shelf = Shelf(desk)
    before = shelf.now(TODAY)
    path = put(desk, "7.md", item("SC-7").replace("标题: ", "标题: 新"))
    put(desk, "8.md", item("SC-8").replace("标题: ", "标题: 旧"))  # of which nobody tells
    after = shelf.changed([str(path)], TODAY)
    pairs = zip(before.items, after.items, strict=True)
    assert [one.path for one, other in pairs if one is not other] == ["7.md"]
    again = shelf.now(TODAY)
    assert again.item("SC-8").title.startswith("旧")
    assert again.item("SC-7") is after.item("SC-7")


def test_what_is_told_of_a_folder_a_new_file_or_a_schedule_is_seen_too(tmp_path):
    desk = folders(tmp_path, review=False)
    shelf = Shelf(desk)
    shelf.now(TODAY)
    assert shelf.changed([str(put(desk, "new/SC-01.md", item()))], TODAY).item("SC-01")
    (desk.content / "new").rename(desk.content / "old")
    library = shelf.changed([str(desk.content / "new"), str(desk.content / "old")], TODAY)
    assert library.items[0].path == "old/SC-01.md"
    (desk.schedules / "nodes.toml").write_text("[x", "utf-8")
    assert any(
        problem.path == "schedules/nodes.toml"
        for problem in shelf.changed([str(desk.schedules / "nodes.toml")], TODAY).problems
    )


def test_a_halt_and_a_new_day_reach_texts_that_nobody_touched(tmp_path):
    desk = folders(tmp_path, review=False)
    put(desk, "SC-01.md", item())
    shelf = Shelf(desk)
    assert shelf.now(TODAY).blocked == {"SC-01": ""}
    holds.write(desk.data, [Hold(word="林某某", who="甲", when="2026-06-15T09:00:00+08:00")])
    assert "林某某" in shelf.now(TODAY).blocked["SC-01"]
    holds.write(desk.data, [])
    assert shelf.now(TODAY).blocked == {"SC-01": ""}
    assert [one.code for one in shelf.now(date(2028, 1, 3)).problems] == ["expired"]


def test_an_attachment_that_changes_makes_other_words_of_its_text(tmp_path):
    desk = folders(tmp_path, review=False)
    put(desk, "SC-01.md", item(more="附件: 图.gif\n"))
    picture = put(desk, "图.gif", b"GIF89a one;")
    shelf = Shelf(desk)
    first = shelf.now(TODAY).items[0].digest
    picture.write_bytes(b"GIF89a two!;")
    assert shelf.changed([str(picture)], TODAY).items[0].digest != first
    picture.unlink()
    assert shelf.now(TODAY).blocked["SC-01"]
