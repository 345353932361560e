"""The cache of check: never a stale answer, never in the way, whatever became of its file."""

from __future__ import annotations

import os
import random
import shutil
import subprocess
import sys
from datetime import timedelta

import pytest

from bot.core.lint import Frame
from bot.core.lint.fillable import unfilled
from bot.core.lint.proof import from_row, proof_of, to_row
from bot.library import proofs
from bot.library.folder import Shelf, examine_folders, load_schedules
from bot.library.proofs import NAME, Proofs
from bot.library.texts import load_items
from tests.library.shelves import TODAY, folders, item, put
from tests.library.test_hard import HARD, ROOT


@pytest.fixture
def desk(tmp_path):
    where = folders(tmp_path)
    for path in sorted((HARD / "planted").iterdir())[::4]:
        put(where, path.name, path.read_bytes())
    put(where, "notes.txt", "说明")
    put(where, "bad.md", b"\0")
    put(where, "lexicon.toml", (ROOT / "content/lexicon.toml").read_bytes())
    for name in ("nodes.toml", "rhythm.toml"):
        (where.schedules / name).write_bytes((ROOT / "schedules" / name).read_bytes())
    return where


def fresh(desk, today=TODAY):
    """Return what is found without a cache."""
    (desk.data / NAME).unlink(missing_ok=True)
    return examine_folders(desk, today)


def frame(desk) -> Frame:
    schedules, _ = load_schedules(desk.schedules)
    return Frame(today=TODAY, unfilled=unfilled(schedules.nodes, schedules.calendar, TODAY))


def codes(found) -> set[tuple[str, str]]:
    return {(problem.path, problem.code) for problem in found.problems}


def test_a_second_run_says_the_same_and_examines_nothing(desk):
    first = fresh(desk)
    kept = (desk.data / NAME).read_bytes()
    cache = Proofs(desk.data, desk.content, frame(desk))
    for path in desk.content.glob("*.md"):
        assert cache.find(path.name, path.read_bytes()) is not None
    assert examine_folders(desk, TODAY) == first
    assert (desk.data / NAME).read_bytes() == kept
    assert len(first.problems) > 40


def test_a_row_holds_all_that_is_asked_of_a_proof(desk):
    for one in load_items(desk.content)[0]:
        proof = proof_of(one, ())
        again = from_row(to_row(proof), one.path)
        assert again.print == proof.print
        assert to_row(again) == to_row(proof)


def test_an_edit_of_the_same_length_and_time_is_seen(desk):
    path = put(desk, "SC-01.md", item())
    stat = path.stat()
    examine_folders(desk, TODAY)
    path.write_bytes(item().replace("公开属性: 公开", "公开属性: 内部").encode())
    os.utime(path, ns=(stat.st_atime_ns, stat.st_mtime_ns))
    assert ("SC-01.md", "not-public") in codes(examine_folders(desk, TODAY))


def test_a_file_under_another_name_is_told_under_that_name(desk):
    path = put(desk, "SC-01.md", item().replace("公开属性: 公开\n", ""))
    examine_folders(desk, TODAY)
    path.rename(path.with_name("b.md"))
    found = examine_folders(desk, TODAY)
    assert ("b.md", "not-public") in codes(found)
    assert found == fresh(desk)


def test_another_day_gives_the_answers_of_that_day(desk):
    put(desk, "SC-01.md", item())
    examine_folders(desk, TODAY)
    for days in (500, 540, 700):
        day = TODAY + timedelta(days=days)
        found = examine_folders(desk, day)
        assert found == fresh(desk, day)
    assert ("SC-01.md", "expired") in codes(found)


def test_other_nodes_give_other_answers(desk):
    put(desk, "N.md", item().replace("类别: 情景案例", "类别: 节点提醒\n节点: 中秋"))
    assert ("N.md", "node-unknown") not in codes(examine_folders(desk, TODAY))
    other = '[spring-festival]\nname = "春节"\nlunar = "1-1"\n'
    (desk.schedules / "nodes.toml").write_text(other, "utf-8")
    assert ("N.md", "node-unknown") in codes(examine_folders(desk, TODAY))


def test_a_node_that_brings_no_day_off_any_more_gives_other_answers(desk):
    text = (
        item()
        .replace("类别: 情景案例", "类别: 节点提醒\n节点: 中秋")
        .replace("今晚", "{放假安排}今晚")
    )
    put(desk, "N.md", text)
    assert ("N.md", "placeholder-empty") not in codes(examine_folders(desk, TODAY))
    nodes = '[mid-autumn]\nname = "中秋"\ndate = "07-02"\n'
    (desk.schedules / "nodes.toml").write_text(nodes, "utf-8")
    assert ("N.md", "placeholder-empty") in codes(examine_folders(desk, TODAY))


def test_another_lexicon_gives_other_answers(desk):
    put(desk, "SC-01.md", item().replace("谁请客", "谁来摆平，谁请客"))
    assert ("SC-01.md", "hearsay") not in codes(examine_folders(desk, TODAY))
    lexicon = desk.content / "lexicon.toml"
    text = lexicon.read_text("utf-8").replace('hearsay = ["', 'hearsay = ["摆平", "')
    lexicon.write_text(text, "utf-8")
    assert ("SC-01.md", "hearsay") in codes(examine_folders(desk, TODAY))


def test_another_program_begins_anew(desk):
    examine_folders(desk, TODAY)
    assert Proofs(desk.data, desk.content, frame(desk))._old
    path = desk.data / NAME
    version = proofs.version(desk.content, frame(desk))
    path.write_bytes(path.read_bytes().replace(version.encode(), b"0" * len(version)))
    assert not Proofs(desk.data, desk.content, frame(desk))._old


def test_the_version_is_that_of_every_module_that_reads_and_judges(tmp_path):
    shutil.copytree(ROOT / "bot", tmp_path / "bot", ignore=shutil.ignore_patterns("__pycache__"))
    code = "from bot.library import proofs; print(proofs._program().hex())"
    names = ("core/lint/marks.py", "core/content.py", "core/render.py", "library/texts.py")
    seen = set()
    for name in ("", *names):
        if name:
            with (tmp_path / "bot" / name).open("a") as file:
                file.write("\n# another\n")
        said = subprocess.run(
            [sys.executable, "-c", code], cwd=tmp_path, capture_output=True, text=True, check=True
        )
        seen.add(said.stdout)
    assert len(seen) == 5


@pytest.mark.parametrize("spoil", ["cut", "bits", "empty", "garbage", "folder", "link"])
def test_a_spoilt_cache_changes_no_answer_and_is_written_anew(desk, spoil):
    first, path, dice = fresh(desk), desk.data / NAME, random.Random(3)
    whole = path.read_bytes()
    for _ in range(12):
        if spoil == "cut":
            path.write_bytes(whole[: dice.randrange(len(whole))])
        elif spoil == "bits":
            at = dice.randrange(len(whole))
            spoilt = bytearray(whole)
            spoilt[at] ^= 1 << dice.randrange(8)
            path.write_bytes(spoilt)
        elif spoil == "empty":
            path.write_bytes(b"")
        elif spoil == "garbage":
            path.write_bytes(dice.randbytes(2000))
        elif spoil == "folder" and path.is_file():
            path.unlink()
            path.mkdir()
        elif spoil == "link" and not path.is_symlink():
            path.unlink()
            path.symlink_to(desk.data / "nowhere")
        assert examine_folders(desk, TODAY) == first
    if spoil != "folder":
        assert path.read_bytes() == whole


def test_without_a_data_folder_nothing_is_written(desk):
    (desk.data / NAME).unlink(missing_ok=True)
    desk.data.rmdir()
    assert examine_folders(desk, TODAY).problems
    assert not desk.data.exists()


def test_a_running_bot_uses_it_and_says_what_check_says(desk):
    first = fresh(desk)
    library = Shelf(desk).now(TODAY)
    assert set(library.problems) == set(first.problems)
    assert {one.path for one in library.items} == set(first.items)
    assert list(library.items) == load_items(desk.content)[0], "whole, not heads"
