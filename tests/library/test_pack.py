"""A pack from a stick: what is sound comes in, what the unit wrote stays, the rest is refused."""

from __future__ import annotations

import json
import os
import signal
import stat
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

from bot.library.folder import load
from bot.library.merging import merge, resume
from bot.library.pack import MANIFEST, BadPack, Places, collect, packed, unpacked
from tests.library.shelves import TODAY, folders, item, put
from tests.library.test_approvals import approve


@pytest.fixture
def here(tmp_path):
    where = folders(tmp_path)
    put(where, "SC-01.md", item())
    put(where, "approvals/SC-01/x.toml", "who = 1")
    return where


def places(where) -> Places:
    return Places(content=where.content, schedules=where.schedules, data=where.data)


def bring(where, files) -> dict[str, str]:
    return {one.path: one.what for one in merge(files, places(where))}


def stick(tmp_path, files=None, *, names=(), manifest=True):
    """Write a pack by hand, with whatever a stranger may put into it."""
    path = tmp_path / "stick.zip"
    path.write_bytes(packed(files or {}))
    with zipfile.ZipFile(path, "a") as archive:
        for name, data in names:
            archive.writestr(name, data)
    return path


def test_a_pack_holds_texts_and_schedules_and_no_approval_and_is_the_same_twice(here):
    files = collect(places(here))
    schedules = {"schedules/nodes.toml", "schedules/rhythm.toml"}
    assert set(files) == {"content/SC-01.md", "content/lexicon.toml"} | schedules
    assert packed(files) == packed(collect(places(here)))


def test_what_was_packed_is_what_comes_out(here, tmp_path):
    files = collect(places(here))
    assert unpacked(stick(tmp_path, files)) == files


def test_a_new_text_arrives_unapproved(here):
    theirs = {"content/SC-02.md": item("SC-02").encode()}
    assert bring(here, theirs) == {"content/SC-02.md": "new"}
    assert load(here, TODAY).blocked["SC-02"] == "内容未经审批"


def test_a_text_that_is_brought_up_to_date_loses_its_approval(here):
    theirs = {"content/SC-01.md": item().encode()}
    bring(here, theirs)
    approve(here)
    assert load(here, TODAY).blocked["SC-01"] == ""
    newer = {"content/SC-01.md": item().replace("一顿饭", "两顿饭").encode()}
    assert bring(here, newer) == {"content/SC-01.md": "updated"}
    assert load(here, TODAY).blocked["SC-01"] == "内容审批后又改动过，须重新审批"


def test_the_units_own_edit_stays_and_what_both_changed_is_laid_beside(here):
    path = here.content / "SC-01.md"
    bring(here, {"content/SC-01.md": item().encode()})
    path.write_bytes(item().replace("一顿饭", "三顿饭").encode())
    assert bring(here, {"content/SC-01.md": item().encode()}) == {"content/SC-01.md": "yours"}
    newer = {"content/SC-01.md": item().replace("一顿饭", "两顿饭").encode()}
    assert bring(here, newer) == {"content/SC-01.md": "conflict"}
    assert "三顿饭" in path.read_text("utf-8")
    assert "两顿饭" in (here.content / "待合并/content/SC-01.md").read_text("utf-8")
    assert len(load(here, TODAY).items) == 1, "what waits to be merged is no item"


def test_saving_a_text_anew_in_gbk_is_no_edit_and_a_deleted_one_stays_deleted(here):
    path = here.content / "SC-01.md"
    bring(here, {"content/SC-01.md": item().encode()})
    path.write_bytes(item().replace("\n", "\r\n").encode("gb18030"))
    newer = {"content/SC-01.md": item().replace("一顿饭", "两顿饭").encode()}
    assert bring(here, newer) == {"content/SC-01.md": "updated"}
    path.unlink()
    assert bring(here, newer) == {"content/SC-01.md": "deleted"}
    assert not path.exists()


@pytest.mark.parametrize(
    "name",
    [
        "../outside.md",
        "content/../../outside.md",
        "/etc/outside.md",
        "content\\..\\..\\outside.md",
        "C:/outside.md",
        "content//x.md",
        "data/seal.key",
        "content/x.exe",
        "content/con.md",
        "content/COM1.toml",
        "content/cases./x.md",
        "content/x.md ",
        "content/.hidden.md",
        "content/approvals/SC-01/x.toml",
        "schedules/待合并/x.toml",
    ],
)
def test_a_name_that_leads_elsewhere_refuses_the_whole_pack(tmp_path, name):
    path = stick(tmp_path, names=[(name, b"x")])
    with pytest.raises(BadPack, match="不予导入"):
        unpacked(path)


def test_a_strangers_name_stays_one_line_of_the_sentence(tmp_path):
    path = stick(tmp_path, names=[("content/端午\n\x1b[2J\u202e.md", b"x")])
    with pytest.raises(BadPack) as told:
        unpacked(path)
    assert str(told.value) == "内容包里的“content/端午??[2J?.md”想写到别处去，不予导入"


@pytest.mark.parametrize(
    ("names", "why"),
    [
        (["content/A.md", "content/a.md"], "同名"),
        (["content/é.md", "content/e\u0301.md"], "同名"),
        (["content/a.md", "content/a.md"], "同名"),
        (["content/a.md", "content/a.md/b.md"], "又是文件夹"),
        (["content/a.md", "content/A.md/b.md"], "又是文件夹"),
    ],
)
@pytest.mark.filterwarnings("ignore:Duplicate name")
def test_two_names_that_some_disk_takes_for_one_refuse_the_pack(tmp_path, names, why):
    with pytest.raises(BadPack, match=why):
        unpacked(stick(tmp_path, names=[(name, b"x") for name in names]))


def test_what_is_damaged_inside_is_told_in_chinese_too(here, tmp_path):
    whole = packed(collect(places(here)))
    path = tmp_path / "x.zip"
    told = set()
    for at in range(0, len(whole), 7):
        path.write_bytes(whole[:at] + bytes([whole[at] ^ 0xFF]) + whole[at + 1 :])
        try:
            assert unpacked(path) == collect(places(here))  # a byte that says nothing
        except BadPack as error:
            told.add(str(error))
    assert any("损坏" in one for one in told)


def test_a_pack_pressed_in_another_way_is_refused(tmp_path):
    path = tmp_path / "x.zip"
    with zipfile.ZipFile(path, "w", zipfile.ZIP_LZMA) as archive:
        archive.writestr("content/a.md", b"x" * 100)
    with pytest.raises(BadPack, match="压缩方式"):
        unpacked(path)


def test_a_link_in_a_pack_is_refused(tmp_path):
    info = zipfile.ZipInfo("content/link.md")
    info.external_attr = (stat.S_IFLNK | 0o777) << 16
    with pytest.raises(BadPack, match="链接"):
        unpacked(stick(tmp_path, names=[(info, b"/etc/passwd")]))


def test_a_bomb_is_refused_before_it_goes_off(tmp_path):
    path = tmp_path / "bomb.zip"
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("content/bomb.md", b"0" * (21 * 1024 * 1024))
    with pytest.raises(BadPack, match="炸弹"):
        unpacked(path)


@pytest.mark.skipif(os.name == "nt", reason="needs pipes")
def test_a_pipe_under_the_name_of_a_pack_is_refused_and_not_waited_for(tmp_path):
    os.mkfifo(tmp_path / "x.zip")
    with pytest.raises(BadPack, match="不是普通文件"):
        unpacked(tmp_path / "x.zip")


@pytest.mark.skipif(os.name == "nt", reason="needs pipes")
def test_a_pipe_where_a_text_of_a_pack_would_be_laid_stops_it_before_anything_is(here):
    (here.content / "SC-01.md").unlink(missing_ok=True)
    os.mkfifo(here.content / "SC-01.md")
    with pytest.raises(BadPack, match="挡着"):
        bring(here, {"content/SC-01.md": b"x", "content/SC-00.md": b"x"})
    assert not (here.content / "SC-00.md").exists()


@pytest.mark.parametrize("data", [b"", b"PK", b"no zip at all"])
def test_what_is_no_zip_is_told_in_chinese(tmp_path, data):
    (tmp_path / "x.zip").write_bytes(data)
    with pytest.raises(BadPack, match="不是内容包"):
        unpacked(tmp_path / "x.zip")


def test_a_file_that_is_not_in_the_list_or_differs_from_it_refuses_the_pack(here, tmp_path):
    path = stick(tmp_path, collect(places(here)), names=[("content/more.md", b"x")])
    with pytest.raises(BadPack, match="对不上"):
        unpacked(path)
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr(MANIFEST, json.dumps({"format": 1, "files": {"content/a.md": "0"}}))
        archive.writestr("content/a.md", b"x")
    with pytest.raises(BadPack, match="对不上"):
        unpacked(path)


@pytest.mark.parametrize(
    "told", ["", "[]", "{", '{"format": 9, "files": {}}', '{"format": "1", "files": {}}']
)
def test_a_pack_without_a_list_that_we_know_is_refused(tmp_path, told):
    path = tmp_path / "x.zip"
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr(MANIFEST, told)
    with pytest.raises(BadPack, match=r"清单|升级"):
        unpacked(path)


def test_a_link_on_this_side_does_not_lead_a_pack_out(here, tmp_path):
    (tmp_path / "elsewhere").mkdir()
    (here.content / "cases").symlink_to(tmp_path / "elsewhere")
    with pytest.raises(BadPack, match="通向别处"):
        bring(here, {"content/cases/SC-03.md": b"x"})
    assert list((tmp_path / "elsewhere").iterdir()) == []


def test_a_link_where_the_other_version_would_be_laid_leads_nowhere_either(here, tmp_path):
    (tmp_path / "elsewhere").mkdir()
    (here.content / "待合并").symlink_to(tmp_path / "elsewhere")
    with pytest.raises(BadPack, match="通向别处"):
        bring(here, {"content/SC-01.md": b"x"})
    assert list((tmp_path / "elsewhere").iterdir()) == []


def test_what_cannot_be_laid_down_is_found_before_anything_is(here):
    before = tree(here)
    theirs = {"content/AA.md": b"new", "content/SC-01.md/inside.md": b"x"}
    with pytest.raises(BadPack, match="挡着"):
        bring(here, theirs)
    (here.content / "AA.md").mkdir()
    with pytest.raises(BadPack, match="挡着"):
        bring(here, {"content/AA.md": b"new"})
    (here.content / "AA.md").rmdir()
    assert tree(here) == before


# -- killed in the middle --------------------------------------------------------------------------

KILLED = """
import os, signal, sys
from pathlib import Path
from bot.library.merging import merge, resume
from bot.library.pack import Places, unpacked
left = int(sys.argv[2])
def count(event, args):  # os.replace is what puts a file in place
    global left
    if event == "os.rename":
        left -= 1
        if left == 0:
            os.kill(os.getpid(), signal.SIGKILL)
sys.addaudithook(count)
root = Path(sys.argv[1])
places = Places(content=root / "content", schedules=root / "schedules", data=root / "data")
merge(unpacked(root / "stick.zip"), places)
"""


def tree(where) -> dict[str, bytes]:
    """Every file that people edit, and what the pack left of itself in the data folder."""
    found = [*where.content.rglob("*"), *where.schedules.rglob("*")]
    found += [where.data / "pack-base.json", where.data / "pack-incoming.zip"]
    return {
        str(path): path.read_bytes()
        for path in found
        if path.is_file() and not path.name.startswith(".")
    }


@pytest.mark.skipif(os.name == "nt", reason="Windows has no SIGKILL")
def test_a_kill_at_any_moment_leaves_the_old_or_all_of_the_new(tmp_path):
    def office(name: str):
        root = tmp_path / name
        root.mkdir()
        where = folders(root)
        put(where, "SC-01.md", item())
        bring(where, {"content/SC-01.md": item().encode()})
        put(where, "SC-02.md", item("SC-02").replace("一顿饭", "三顿饭"))
        theirs = {
            "content/SC-01.md": item().replace("一顿饭", "两顿饭").encode(),  # brought up to date
            "content/SC-02.md": item("SC-02").encode(),  # the unit has its own
            "content/cases/SC-03.md": item("SC-03").encode(),
            "schedules/overrides/2027.toml": b"# nothing yet",
        }
        (root / "stick.zip").write_bytes(packed(theirs))
        return where, theirs

    def shape(where) -> dict[str, bytes]:
        return {path.replace(str(where.content.parent), ""): d for path, d in tree(where).items()}

    whole, theirs = office("whole")
    old = shape(whole)
    bring(whole, theirs)
    new = shape(whole)
    ends = []
    for moment in range(1, 9):
        where, _ = office(str(moment))
        command = [sys.executable, "-c", KILLED, str(where.content.parent), str(moment)]
        done = subprocess.run(command, check=False, cwd=Path(__file__).parents[2])
        resume(places(where))
        assert shape(where) in (old, new), f"half of it, killed at {moment}"
        ends.append((done.returncode, shape(where) == new))
    assert ends[0] == (-signal.SIGKILL, False)
    assert ends[1] == (-signal.SIGKILL, True)
    assert ends[-1] == (0, True)


def test_a_kept_pack_that_somebody_touched_is_dropped_and_stops_nothing(here):
    before = tree(here)
    places(here).kept.write_bytes(b"no pack")
    resume(places(here))
    assert tree(here) == before
