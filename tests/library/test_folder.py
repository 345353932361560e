"""The content folder, as clerks, editors, sync tools and attackers leave it."""

from __future__ import annotations

import os
import re
import shutil
from datetime import date
from pathlib import Path

import pytest

from bot.core.content import body_of
from bot.library.folder import (
    MAX_ATTACHMENT,
    Folders,
    Shelf,
    examine_folders,
    load_schedules,
)
from tests.library.shelves import TODAY, folders, item, put, read, told

ROOT = Path(__file__).parents[2]
posix = pytest.mark.skipif(os.name == "nt", reason="needs links, pipes and bytes in names")


NO_FILES = b"PK\x05\x06" + bytes(18)  # a whole zip, as a .docx is one


@pytest.fixture
def desk(tmp_path):
    return folders(tmp_path)


ENCODINGS = {
    "UTF-8": lambda text: text.encode(),
    "UTF-8 with BOM": lambda text: text.encode("utf-8-sig"),
    "GB18030": lambda text: text.encode("gb18030"),
    "GBK": lambda text: text.replace("😀", "").encode("gbk"),
    "UTF-16 little": lambda text: b"\xff\xfe" + text.encode("utf-16-le"),
    "UTF-16 big": lambda text: b"\xfe\xff" + text.encode("utf-16-be"),
    "CRLF": lambda text: text.replace("\n", "\r\n").encode(),
    "CRLF, BOM": lambda text: text.replace("\n", "\r\n").encode("utf-8-sig"),
}


@pytest.mark.parametrize("name", ENCODINGS)
def test_whatever_editor_wrote_it_not_one_character_is_changed(desk, name):
    put(desk, "SC-01.md", ENCODINGS[name](item()))
    library = read(desk)
    (found,) = library.items
    said = item().split("---\n")[2].strip().replace("\n\n", "\n")
    assert body_of(found).replace("\n\n", "\n") == said.replace("😀" * (name == "GBK"), "").strip()
    assert found.summary == "一顿饭，两张单：谁签的字？"
    assert told(library) == {}


def test_the_same_words_in_another_encoding_are_the_same_approved_words(desk):
    digests = set()
    for name in ENCODINGS:
        if name != "GBK":  # which cannot hold the smile
            put(desk, "SC-01.md", ENCODINGS[name](item()))
            digests.add(read(desk).items[0].digest)
    assert len(digests) == 1


def test_litter_is_passed_over_in_silence(desk):
    put(desk, "SC-01.md", item())
    for name in (
        *("~$SC-01.md", ".DS_Store", "._SC-01.md", "SC-01.md.bak", "SC-01.md.swp", "SC-01.md~"),
        *("SC-01.tmp", "Thumbs.db", "desktop.ini", ".git/x.md", "名单.xlsx", "说明.txt"),
        *("$RECYCLE.BIN/SC-01.md", "#recycle/SC-01.md", "@eaDir/SC-01.md"),
        *("README.md", "readme.txt", "approvals/x.md", "待导入/x.md", "图.png"),
    ):
        put(desk, name, "说明，不是内容")
    library = read(desk)
    assert [one.id for one in library.items] == ["SC-01"]
    assert library.problems == ()


@pytest.mark.parametrize(
    "name", ["通知.wps", "通知.doc", "通知.DOCX", "通知.docm", "通知.rtf", "通知.odt"]
)
def test_an_office_file_among_the_texts_gets_one_sentence(desk, name):
    put(desk, name, b"\xd0\xcf\x11\xe0")
    put(desk, "~$" + name, b"x")
    (problem,) = read(desk).problems
    assert (problem.path, problem.severity) == (name, "warning")
    assert "待导入" in problem.message


@pytest.mark.parametrize("name", ["通知.markdown", "通知.text", "通知.html", "通知.mht"])
def test_a_text_under_a_suffix_that_is_not_read_is_told(desk, name):
    put(desk, name, item())
    (problem,) = read(desk).problems
    assert (problem.path, problem.code) == (name, "office-file")


def test_an_office_file_that_belongs_to_a_text_is_no_stray(desk):
    put(desk, "甲/SC-01.md", item(more="附件: ./表.docx\n"))
    put(desk, "甲/表.docx", NO_FILES)
    put(desk, "表.docx", NO_FILES)
    assert [one.path for one in read(desk).problems] == ["表.docx"]
    assert [one.path for one in examine_folders(desk, TODAY).problems] == ["表.docx"]


@pytest.mark.parametrize("name", ["a.md", "a.MD", "a.txt", "A.TXT", "a.md.txt", "README-第一课.md"])
def test_every_name_windows_gives_a_text_with_a_head_is_read(desk, name):
    put(desk, name, item())
    assert len(read(desk).items) == 1


def test_a_note_that_has_the_fields_of_a_text_is_never_passed_over_in_silence(desk):
    put(desk, "忘了横线.txt", item().replace("---\n", ""))
    put(desk, "README-第一课.md", item().replace("---\n", ""))
    put(desk, "说明.txt", "标题：怎么用\n来源：办公室\n")
    assert [(one.path, one.code) for one in read(desk).problems] == [
        ("README-第一课.md", "item-head"),
        ("忘了横线.txt", "item-head"),
    ]


BROKEN = {
    "empty": b"",
    "no head": "没有字段区".encode(),
    "head never ends": "---\n编号: X\n".encode() * 300,
    "bytes that are no text": bytes(range(128, 256)) * 9,
    "a spreadsheet": b"PK\x03\x04\x14\x00\x00\x00\x00\xff" * 20,
    "zeros": b"\0" * 4096,
    "half a UTF-16": b"\xff\xfe-",
    "zeros in UTF-16": "---\n标题: a\0b\n---\n".encode("utf-16"),
    "ten megabytes": b"x" * 10_000_000,
    "brackets": b"---\n" + "标签:\n  ".encode() + b"[" * 50_000 + b"\n---\n",
    "an alias bomb": "---\n标签:\n  - &a [x, x]\n  - &b [*a, *a]\n  - [*b, *b]\n---\n".encode(),
}


@pytest.mark.parametrize("name", BROKEN)
def test_a_broken_file_is_reported_and_the_others_go_on(desk, name):
    put(desk, "0.md", BROKEN[name])
    put(desk, "SC-01.md", item())
    library = read(desk)
    assert [one.id for one in library.items] == ["SC-01"]
    assert set(told(library)) == {"0.md"}
    assert all(re.search("[\u4e00-\u9fff]", problem.message) for problem in library.problems)


def test_a_problem_names_path_and_line(desk):
    put(desk, "cases/x.md", item(more="生效: 明年\n"))
    (problem,) = read(desk).problems
    assert (problem.path, problem.line, problem.severity) == ("cases/x.md", 10, "error")
    assert "生效: 明年" in problem.message


@posix
def test_a_link_out_of_the_folder_is_refused(desk, tmp_path):
    (tmp_path / "secret.md").write_text(item("SECRET"), "utf-8")
    (tmp_path / "elsewhere").mkdir()
    (tmp_path / "elsewhere" / "y.md").write_text(item("ELSEWHERE"), "utf-8")
    desk.content.joinpath("x.md").symlink_to(tmp_path / "secret.md")
    desk.content.joinpath("folder").symlink_to(tmp_path / "elsewhere")
    desk.content.joinpath("up").symlink_to("..")
    put(desk, "SC-01.md", item())
    library = read(desk)
    assert [one.id for one in library.items] == ["SC-01"]
    assert set(told(library)) == {"x.md", "folder", "up"}
    assert all("链接" in message for message in told(library).values())


@posix
def test_a_link_within_the_folder_is_read(desk):
    put(desk, "cases/SC-01.txt", b"see the link")
    put(desk, "待导入/real.md", item())
    desk.content.joinpath("x.md").symlink_to("待导入/real.md")
    assert [one.path for one in read(desk).items] == ["x.md"]


@posix
def test_a_link_in_circles_or_to_nowhere_is_reported(desk):
    desk.content.joinpath("a.md").symlink_to("b.md")
    desk.content.joinpath("b.md").symlink_to("a.md")
    desk.content.joinpath("gone.md").symlink_to("nowhere.md")
    put(desk, "SC-01.md", item())
    library = read(desk)
    assert len(library.items) == 1
    assert set(told(library)) == {"a.md", "b.md", "gone.md"}


@posix
def test_a_pipe_named_like_an_item_never_blocks(desk):
    os.mkfifo(desk.content / "x.md")
    os.mkfifo(desk.content / "x.txt")
    put(desk, "SC-01.md", item())
    library = read(desk)
    assert len(library.items) == 1
    assert set(told(library)) == {"x.md", "x.txt"}


def test_a_folder_named_like_an_item_is_a_folder(desk):
    put(desk, "x.md/SC-01.md", item())
    library = read(desk)
    assert [one.path for one in library.items] == ["x.md/SC-01.md"]
    assert told(library) == {}


@posix
def test_a_name_that_is_no_text_is_told_as_its_author_reads_it(desk):
    """An archive packed on Windows and unpacked on Linux leaves such names."""
    with open(os.fsencode(desk.content) + b"/" + "端午.md".encode("gbk"), "w") as file:
        file.write("x")
    put(desk, "SC-01.md", item())
    library = read(desk)
    assert len(library.items) == 1
    assert told(library) == {"端午.md": "文件名的编码不对，请改名后再放进来"}


@pytest.mark.parametrize(
    "bad", ["../../etc", "a/b", "..", "a b", "a\\b", "编号（新）", "x" * 41, "con"]
)
def test_an_id_that_cannot_name_a_folder_is_reported_on_its_line(desk, bad):
    put(desk, "x.md", item(bad))
    library = read(desk)
    (problem,) = library.problems
    assert (problem.path, problem.line) == ("x.md", 2)
    assert library.blocked[bad]


def test_an_id_taken_from_a_file_name_must_name_a_folder_too(desk):
    put(desk, "关于五一（新）.md", item().replace("编号: SC-01\n", ""))
    assert "编号" in told(read(desk))["关于五一（新）.md"]


# -- attachments -----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "name", ["nowhere.pdf", "../data/x", "/etc/hostname", ".", "n" * 300, "a\u200bb.pdf", "~/x"]
)
def test_an_attachment_that_is_not_in_the_folder_is_reported(desk, name):
    put(desk, "x.md", item(more=f"附件: {name}\n"))
    (problem,) = [one for one in read(desk).problems if one.code == "file"]
    assert (problem.path, problem.line) == ("x.md", 10)
    assert "附件" in problem.message


@posix
def test_an_attachment_that_is_a_pipe_or_a_link_out_never_blocks(desk, tmp_path):
    os.mkfifo(desk.content / "a.pdf")
    desk.content.joinpath("b.pdf").symlink_to(tmp_path / "outside")
    desk.content.joinpath("c.pdf").symlink_to("c.pdf")
    put(desk, "x.md", item(more="附件: a.pdf、b.pdf、c.pdf\n"))
    assert len(read(desk).problems) == 3


def test_an_attachment_wecom_would_not_take_is_reported(desk):
    with open(put(desk, "a.pdf", b""), "r+b") as file:
        file.truncate(MAX_ATTACHMENT + 1)
    put(desk, "x.md", item(more="附件: a.pdf\n"))
    assert "20 MB" in told(read(desk))["x.md"]
    put(desk, "a.pdf", b"12345")
    assert "几乎是空的" in told(read(desk))["x.md"]


# -- schedules and the shelf -------------------------------------------------------------------


@pytest.mark.parametrize("name", ["二〇二七", "99999", "0", "２０２７", "2027a"])
def test_an_override_whose_name_is_no_year_is_reported(tmp_path, name):
    where = folders(tmp_path)
    (where.schedules / "overrides").mkdir()
    text = '[[day]]\ndate = "2027-02-14"\nworkday = true\n'
    (where.schedules / "overrides" / f"{name}.toml").write_text(text, "utf-8")
    schedules, problems = load_schedules(where.schedules)
    assert not schedules.overrides
    assert "年份" in problems[0].message


@pytest.mark.parametrize(
    "text", ["a = [", "周一 = 1", "x =" + "[" * 9000, '[a]\n[a]\nb = "', "\udcff"]
)
def test_a_broken_schedule_is_reported_and_the_other_goes_on(tmp_path, text):
    where = folders(tmp_path)
    (where.schedules / "nodes.toml").write_bytes(text.encode("utf-8", "surrogateescape"))
    (where.schedules / "rhythm.toml").write_bytes((ROOT / "schedules/rhythm.toml").read_bytes())
    schedules, problems = load_schedules(where.schedules)
    assert {problem.path for problem in problems} == {"schedules/nodes.toml"}
    assert [rule.key for rule in schedules.rules][:2] == ["monday", "friday"]


def test_a_broken_file_of_nodes_is_told_once_and_not_at_every_text(desk):
    put(desk, "SC-01.md", item(more="节点: 元旦\n"))
    nodes = desk.schedules / "nodes.toml"
    nodes.write_text('[a]\nname = "元旦"\ndate = "1-1"\n[a]\n', "utf-8")
    library = read(desk)
    assert "“[a]”前面已经写过" in told(library)["schedules/nodes.toml"]
    nodes.write_text("", "utf-8")
    empty = read(desk)
    assert any("一个节点也没有" in problem.message for problem in empty.problems)
    for one in (library, empty):
        assert "node-unknown" not in {problem.code for problem in one.problems}


def test_missing_folders_are_problems_not_crashes(tmp_path):
    where = folders(tmp_path)
    for name in ("nodes.toml", "rhythm.toml"):
        (where.schedules / name).unlink()
    shutil.rmtree(where.content)
    library = read(where)
    assert "找不到" in told(library)["content"]
    assert "找不到" in told(library)["schedules/nodes.toml"]


def test_a_rule_that_selects_nothing_is_told_at_its_line_and_the_others_go_on(desk):
    rules = '\n[monday]\nweekday = "周一"\nkinds = ["学习提示"]\n\n[friday]\nweekday = "周五"\n'
    (desk.schedules / "rhythm.toml").write_text(rules + 'kinds = ["情景案例"]\n', "utf-8")
    put(desk, "SC-01.md", item())
    library = read(desk)
    assert [(p.path, p.line, p.severity, p.code) for p in library.problems] == [
        ("schedules/rhythm.toml", 2, "warning", "rule-idle")
    ]
    assert "没有类别是学习提示的内容" in library.problems[0].message
    assert [rule.key for rule in library.schedules.rules] == ["monday", "friday"]


DAY_OFF = '\n[[day]]\ndate = "2026-12-31"\nworkday = {}\nname = "元旦"\n'


def test_two_notices_that_say_the_opposite_of_one_day_are_told_and_two_that_agree_are_not(desk):
    folder = desk.schedules / "overrides"
    folder.mkdir()
    folder.joinpath("2026.toml").write_text('notice = "甲"\n' + DAY_OFF.format("false"), "utf-8")
    second = folder / "2027.toml"
    second.write_text('notice = "乙"\n' + DAY_OFF.format("false"), "utf-8")
    assert told(read(desk)) == {}
    second.write_text('notice = "乙"\n' + DAY_OFF.format("true"), "utf-8")
    (problem,) = [one for one in read(desk).problems if one.severity == "error"]
    assert (problem.path, problem.line) == ("schedules/overrides/2027.toml", 4)
    assert "2026-12-31 在这里是上班，另一年的文件里是放假" in problem.message
    assert "2027.toml" in read(desk).hold, "nobody knows whether that day is worked"


@pytest.mark.parametrize("encoding", ["utf-8-sig", "gb18030"])
def test_schedules_are_read_in_any_encoding(tmp_path, encoding):
    where = folders(tmp_path)
    for name in ("nodes.toml", "rhythm.toml"):
        text = (ROOT / "schedules" / name).read_text("utf-8")
        (where.schedules / name).write_bytes(text.replace("\n", "\r\n").encode(encoding))
    schedules, problems = load_schedules(where.schedules)
    assert problems == []
    assert [node.name for node in schedules.nodes][:2] == ["元旦", "春节"]


def test_the_shelf_sees_an_edit_a_new_file_and_one_that_is_gone(desk):
    shelf = Shelf(desk)
    assert shelf.now(TODAY).items == ()
    path = put(desk, "SC-01.md", item())
    first = shelf.now(TODAY)
    assert shelf.now(TODAY) is first
    path.write_text(item().replace("林某某", "王某"), "utf-8")
    assert "王某" in body_of(shelf.now(TODAY).items[0])
    path.unlink()
    assert shelf.now(TODAY).items == ()


def test_an_approval_counts_at_once_and_the_texts_are_not_examined_again(desk):
    put(desk, "SC-01.md", item())
    shelf = Shelf(desk)
    before = shelf.now(TODAY)
    folder = desk.approvals / "SC-01"
    folder.mkdir(parents=True)
    (folder / "typed-终审.toml").write_text('who = "王五"\n', "utf-8")
    after = shelf.now(TODAY)
    assert after is not before, "the approvals were asked again"
    assert after.items[0] is before.items[0]


NEW_YEAR = date(2027, 1, 4)
NOTICE = """notice = "国办发明电〔2026〕x号"
[[day]]
date = "2027-01-04"
workday = false
name = "元旦"
"""
BREAKS = {
    "half a line": "[[day",
    "cut off": "",
    "a day that is none": NOTICE.replace("01-04", "13-04"),
    "no encoding": "\udcff\udcfe",
}


@pytest.fixture
def year(desk):
    """A schedules folder with a notice that makes a Monday a day off."""
    desk.schedules.joinpath("overrides").mkdir()
    path = desk.schedules / "overrides" / "2027.toml"
    path.write_text(NOTICE, "utf-8")
    return path


def spoil(path: Path, text: str) -> None:
    path.write_bytes(text.encode("utf-8", "surrogateescape"))


@pytest.mark.parametrize("text", BREAKS.values(), ids=BREAKS)
def test_a_notice_that_is_broken_while_we_run_leaves_its_days_off(desk, year, text):
    shelf = Shelf(desk)
    assert not shelf.now(TODAY).calendar.is_workday(NEW_YEAR)
    spoil(year, text)
    library = shelf.now(TODAY)
    assert "schedules/overrides/2027.toml" in told(library), "it is said all the same"
    assert not library.calendar.is_workday(NEW_YEAR)
    assert library.hold == ""
    year.write_text(NOTICE.replace("false", "true"), "utf-8")
    assert shelf.now(TODAY).calendar.is_workday(NEW_YEAR), "mended, it counts again"


@pytest.mark.parametrize("name", ["nodes.toml", "rhythm.toml"])
def test_nodes_and_rules_that_are_broken_while_we_run_stay_as_they_were(tmp_path, name):
    where = folders(tmp_path)
    for one in ("nodes.toml", "rhythm.toml"):
        (where.schedules / one).write_bytes((ROOT / "schedules" / one).read_bytes())
    shelf = Shelf(where)
    good = shelf.now(TODAY).schedules
    for spoiled in ("[x", None):
        (where.schedules / name).unlink() if spoiled is None else spoil(
            where.schedules / name, spoiled
        )
        library = shelf.now(TODAY)
        assert library.schedules == good
        assert f"schedules/{name}" in told(library)
        assert library.hold == ""


@pytest.mark.parametrize("text", BREAKS.values(), ids=BREAKS)
def test_a_notice_that_is_broken_at_the_start_holds_everything(desk, year, text):
    spoil(year, text)
    shelf = Shelf(desk)
    assert "schedules/overrides/2027.toml" in shelf.now(TODAY).hold
    assert "schedules/overrides/2027.toml" in read(desk).hold
    year.write_text(NOTICE, "utf-8")
    assert shelf.now(TODAY).hold == ""
    spoil(year, text)
    assert shelf.now(TODAY).hold == ""


def test_what_sync_tools_leave_beside_a_notice_holds_nothing(desk, year):
    for name in ("._2027.toml", "~$2027.toml", "2027.toml.bak", "README.md"):
        year.with_name(name).write_text("[[day", "utf-8")
    assert read(desk).hold == ""
    assert told(read(desk)) == {}


def test_no_overrides_and_no_rules_hold_nothing(desk):
    assert read(desk).hold == ""
    (desk.schedules / "nodes.toml").write_text("[x", "utf-8")
    assert Shelf(desk).now(TODAY).hold == ""


@posix
def test_a_folder_of_notices_that_cannot_be_opened_holds_everything(desk):
    desk.schedules.joinpath("overrides").write_text("a file", "utf-8")
    assert "schedules/overrides" in read(desk).hold


def test_the_shipped_library_has_no_problem(tmp_path):
    content, schedules = ROOT / "content", ROOT / "schedules"
    where = Folders(content=content, schedules=schedules, data=tmp_path, review=False)
    assert read(where).problems == ()
