"""Only what the program sealed, for these very words, in this very place, approves anything."""

from __future__ import annotations

import os
import shutil
from datetime import datetime, timedelta
from pathlib import Path

import pytest

from bot.core import messages
from bot.core.model import SHANGHAI, Kind
from bot.library import approvals
from bot.library.approvals import Approval
from tests.library.shelves import folders, item, put, read

NOW = datetime(2026, 6, 15, 9, 17, tzinfo=SHANGHAI)
MINUTE = timedelta(minutes=1)
LATER = NOW + MINUTE


@pytest.fixture
def desk(tmp_path):
    where = folders(tmp_path)
    put(where, "SC-01.md", item(more="附件: a.pdf\n"))
    put(where, "a.pdf", b"%PDF-1.7 the poster %%EOF")
    put(where, "SC-02.md", item("SC-02"))
    return where


def approve(where, item_id: str = "SC-01", **changes: object) -> Path:
    words = read(where).item(item_id)
    said = {
        "id": words.id,
        "digest": words.digest,
        "step": "终审",
        "who": "王五",
        "when": NOW,
        "how": approvals.COMMAND_LINE,
        "sources_checked": True,
    }
    key = approvals.seal_key(where.data)
    return approvals.write(where.approvals, Approval(**{**said, **changes}), key)


def blocked(where, item_id: str = "SC-01") -> str:
    return read(where).blocked[item_id]


def test_a_sealed_approval_unblocks_its_item_and_no_other(desk):
    assert blocked(desk) == messages.BLOCK_NOT_APPROVED
    path = approve(desk)
    assert path.parent == desk.approvals / "SC-01"
    assert blocked(desk) == ""
    assert blocked(desk, "SC-02") == messages.BLOCK_NOT_APPROVED


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("谁请客", "谁请客的"),
        ("标题: 老同学聚会", "标题: 老同学的聚会"),
        ("来源: 自拟", "来源: 改编"),
        ("公开属性: 公开", "公开属性: 公开 "),
        ("失效: 2027-12-31", "失效: 2028-12-31"),
        ("——9:30", "——9:31"),
    ],
)
def test_any_edit_of_what_a_reader_sees_voids_the_approval(desk, before, after):
    approve(desk)
    path = desk.content / "SC-01.md"
    path.write_text(path.read_text("utf-8").replace(before, after), "utf-8")
    if after.endswith(" "):  # white space at the end of a value is nobody's words
        assert blocked(desk) == ""
    else:
        assert blocked(desk) == messages.BLOCK_EDITED


def test_an_edit_taken_back_is_approved_again(desk):
    approve(desk)
    path = desk.content / "SC-01.md"
    words = path.read_bytes()
    path.write_bytes(words.replace(b"9:30", b"9:31"))
    assert blocked(desk)
    path.write_bytes(words)
    assert blocked(desk) == ""


def test_state_cooldown_and_the_place_of_the_file_do_not_void_it(desk):
    approve(desk)
    path = desk.content / "SC-01.md"
    text = path.read_text("utf-8").replace("附件:", "冷却周数: 9\n附件:")
    path.write_text(text, "utf-8")
    assert blocked(desk) == ""
    path.write_text(text.replace("附件:", "状态: 停用\n附件:"), "utf-8")
    assert blocked(desk) == "内容标为“停用”"
    path.write_text(text, "utf-8")
    path.rename(desk.content / "改了名.md")
    assert blocked(desk) == ""


def test_the_bytes_of_an_attachment_are_bound(desk):
    approve(desk)
    put(desk, "a.pdf", b"%PDF-1.7 another poster %%EOF")
    assert blocked(desk) == messages.BLOCK_EDITED
    (desk.content / "a.pdf").unlink()
    assert blocked(desk) == messages.BLOCK_FAULTY


def test_an_approval_that_was_typed_approves_nothing(desk):
    path = approve(desk)
    typed = path.read_text("utf-8").replace("王五", "赵六")
    path.write_text(typed, "utf-8")
    assert blocked(desk) == messages.BLOCK_NOT_APPROVED


@pytest.mark.parametrize("line", ["who", "when", "how", "sources_checked", "seal", "step", "id"])
def test_an_approval_without_one_of_its_lines_approves_nothing(desk, line):
    path = approve(desk)
    lines = path.read_text("utf-8").splitlines()
    path.write_text("\n".join(one for one in lines if not one.startswith(line)), "utf-8")
    assert blocked(desk)


def test_an_approval_copied_from_another_item_approves_nothing(desk):
    path = approve(desk, "SC-02")
    words = read(desk).item("SC-01")
    target = desk.approvals / "SC-01" / f"{words.digest[:12]}-终审.toml"
    target.parent.mkdir()
    shutil.copy(path, target)
    shutil.copy(path, target.parent)
    assert blocked(desk)


def test_an_approval_moved_to_another_digest_or_step_approves_nothing(desk):
    path = approve(desk, digest="0" * 64)
    words = read(desk).item("SC-01")
    path.rename(path.with_name(f"{words.digest[:12]}-终审.toml"))
    assert blocked(desk) == messages.BLOCK_NOT_APPROVED


def test_an_approval_of_another_installation_approves_nothing(desk):
    approve(desk)
    (desk.data / "seal.key").unlink()
    assert blocked(desk) == messages.BLOCK_NOT_APPROVED


def test_every_step_is_needed_and_each_by_another_person(desk, tmp_path):
    both = folders(tmp_path, steps=("初审", "终审"))
    approve(both, step="终审")
    assert blocked(both) == "内容还差 初审"
    approve(both, step="初审", when=LATER)  # by the same 王五
    assert blocked(both) == "内容还差 初审"
    approve(both, step="初审", who="赵六")
    assert blocked(both) == ""


def test_no_author_takes_a_step_of_the_review(desk):
    approve(desk, who=" 内容组 ")
    assert blocked(desk) == messages.BLOCK_NOT_APPROVED


def test_a_kind_may_have_steps_of_its_own(desk, tmp_path):
    approve(folders(tmp_path))
    kinds = {Kind.SCENARIO: ("终审", "保密审查")}
    assert blocked(folders(tmp_path, kinds=kinds)) == "内容还差 保密审查"
    assert blocked(folders(tmp_path, kinds={Kind.STUDY: ("终审", "保密审查")})) == ""


LEADERS = """[words]
leaders = ["陈某某"]
[[wording]]
right = "陈某某同志为核心"
wrong = ["陈核心"]
"""


def steps_of(where, words: str) -> tuple[str, ...]:
    put(where, "lexicon.toml", LEADERS)
    put(where, "SC-01.md", item() + f"\n{words}\n")
    return where.steps_of(read(where).item("SC-01"))


@pytest.mark.parametrize("words", ["总书记指出，从严。", "陈某某同志说过。", "陈　某 某说过。"])
def test_a_text_that_names_a_leader_needs_a_second_reviewer(tmp_path, words):
    assert steps_of(folders(tmp_path), words) == ("复核", "终审")


def test_the_second_reviewer_is_another_person(tmp_path):
    where = folders(tmp_path)
    put(where, "SC-01.md", item() + "\n总书记指出，从严。\n")
    approve(where)
    assert blocked(where) == "内容还差 复核"
    approve(where, step="复核", who="赵六")
    assert blocked(where) == ""


@pytest.mark.parametrize(
    "words", ["读《陈某某文集》。", "学陈某某新时代思想。", "陈某。", "以陈某某同志为核心的"]
)
def test_a_book_a_doctrine_or_a_set_phrase_names_no_one(tmp_path, words):
    assert steps_of(folders(tmp_path), words) == ("终审",)


@pytest.mark.parametrize("lexicon", [None, "[[["])
def test_without_a_lexicon_that_can_be_read_the_shipped_names_call_for_a_second(tmp_path, lexicon):
    where = folders(tmp_path)
    (where.content / "lexicon.toml").unlink()
    if lexicon is not None:
        put(where, "lexicon.toml", lexicon)
    put(where, "x.md", item().replace("林某某", "习近平"))
    assert where.steps_of(read(where).items[0]) == ("复核", "终审")


def test_a_list_of_leaders_that_breaks_while_we_run_still_holds(tmp_path):
    where = folders(tmp_path)
    put(where, "lexicon.toml", LEADERS)
    put(where, "SC-01.md", item() + "\n陈某某同志说过。\n")
    assert where.steps_of(read(where).item("SC-01")) == ("复核", "终审")
    put(where, "lexicon.toml", "[words\n")
    assert where.steps_of(read(where).item("SC-01")) == ("复核", "终审")


def test_a_return_takes_every_step_back_until_all_are_taken_anew(desk, tmp_path):
    both = folders(tmp_path, steps=("初审", "终审"))
    approve(both, step="初审", who="赵六")
    approve(both, step="终审", when=LATER, verdict=approvals.RETURNED, note="金额与来源不符")
    assert blocked(both) == "内容已由王五退回：金额与来源不符"
    approve(both, step="终审", when=LATER + MINUTE)
    assert blocked(both) == "内容还差 初审"
    approve(both, step="初审", who="赵六", when=LATER + MINUTE)
    assert blocked(both) == ""


def test_what_was_said_once_is_never_written_over(desk):
    first = approve(desk)
    before = first.read_bytes()
    second = approve(desk, when=LATER, verdict=approvals.WITHDRAWN)
    third = approve(desk, when=LATER + MINUTE)
    assert len({first, second, third}) == 3
    assert first.read_bytes() == before
    assert blocked(desk) == ""


def test_a_withdrawal_cannot_be_typed_into_an_approval(desk):
    path = approve(desk, verdict=approvals.WITHDRAWN, note="错了")
    text = path.read_text("utf-8")
    path.write_text(text.replace("收回", "同意"), "utf-8")
    assert blocked(desk) == messages.BLOCK_NOT_APPROVED
    lines = [line for line in text.splitlines() if not line.startswith(("verdict", "note"))]
    path.write_text("\n".join(lines), "utf-8")
    assert blocked(desk) == messages.BLOCK_NOT_APPROVED


HOSTILE = {
    "no TOML": b"who = ",
    "numbers for words": b'id = "SC-01"\ndigest = 5\nstep = 5\nwho = 5\nwhen = "2026-06-15"\n'
    b"how = 5\nsources_checked = 5\nseal = 5\n",
    "a date for text": b'id = "SC-01"\ndigest = ""\nstep = ""\nwho = ""\nwhen = 2026-06-15\n'
    b'how = ""\nsources_checked = true\nseal = ""\n',
    "brackets": b"id = " + b"[" * 9000,
    "bytes": bytes(range(256)),
    "huge": b"#" * 1_000_000,
    "seal of Chinese": 'id = "SC-01"\ndigest = ""\nstep = ""\nwho = ""\nwhen = "2026-06-15"\n'
    'how = ""\nsources_checked = true\nseal = "封"\n'.encode(),
}


@pytest.mark.parametrize("name", HOSTILE)
def test_a_hostile_file_among_the_approvals_does_no_harm(desk, name):
    path = approve(desk)
    (path.parent / "0-终审.toml").write_bytes(HOSTILE[name])
    assert blocked(desk) == ""


@pytest.mark.skipif(os.name == "nt", reason="needs pipes")
def test_a_pipe_or_a_folder_among_the_approvals_never_blocks(desk):
    path = approve(desk)
    os.mkfifo(path.parent / "0.toml")
    (path.parent / "1.toml").mkdir()
    assert blocked(desk) == ""


@pytest.mark.parametrize("bad", ["../../etc", "a/b", "..", "", "SC-01\n", "/etc", "a\\b"])
def test_an_approval_never_leaves_its_folder(desk, bad):
    key = approvals.seal_key(desk.data)
    with pytest.raises(ValueError):
        approve(desk, id=bad)
    with pytest.raises(ValueError):
        approve(desk, step=bad)
    assert approvals.read(desk.approvals, bad, key) == []
    assert not desk.approvals.exists()


@pytest.mark.parametrize("who", ['王"五', "王\\五", "O'Neil", "王　五", "王五，代李四"])
def test_whatever_the_name_the_approval_can_be_read_again(desk, who):
    approve(desk, who=who.replace("\u3000", " "))
    assert blocked(desk) == ""


@pytest.mark.parametrize(
    "who", ['王五\nhow = "企业微信登录"', "王\x7f五", "王\x00五", "\u202e五王"]
)
def test_a_name_with_hidden_characters_is_refused(desk, who):
    with pytest.raises(ValueError, match="看不见"):
        approve(desk, who=who)


def test_fields_cannot_be_shifted_under_one_seal(desk):
    key = b"k" * 32
    said = {"id": "a", "digest": "b", "step": "c", "when": NOW, "sources_checked": True}
    one = Approval(**said, who="王五", how="x\nwho=赵六")
    other = Approval(**said, who="王五\nhow=x", how="赵六")
    assert one.seal(key) != other.seal(key)


@pytest.mark.skipif(os.name == "nt", reason="Windows keeps no mode bits")
def test_the_key_is_made_once_and_is_nobody_elses(desk):
    key = approvals.seal_key(desk.data)
    assert approvals.seal_key(desk.data) == key
    assert (desk.data / "seal.key").stat().st_mode & 0o077 == 0


@pytest.mark.parametrize("content", [b"", b"short"])
def test_a_key_that_could_be_guessed_is_refused_in_words(desk, content):
    (desk.data / "seal.key").write_bytes(content)
    with pytest.raises(OSError, match="密钥不完整"):
        read(desk)
