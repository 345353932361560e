"""What is no text is refused with a sentence, and never blocks, grows or runs anything."""

from __future__ import annotations

import os
import socket
import stat
from datetime import datetime

import pytest

from bot.core.lint import Lexicon
from bot.core.model import SHANGHAI
from bot.library import approvals
from bot.library.decode import MAX_BYTES
from bot.library.folder import examine_folders
from bot.library.mending import mend_files
from bot.library.words import NAME as LEXICON
from tests.library.shelves import TODAY, folders, item, put, read, told

posix = pytest.mark.skipif(os.name == "nt", reason="needs links and pipes")


@pytest.fixture
def desk(tmp_path):
    where = folders(tmp_path)
    put(where, "SC-01.md", item())
    return where


@pytest.mark.skipif(os.name == "nt", reason="needs sockets among files")
def test_a_socket_named_like_an_item_is_refused(desk, monkeypatch):
    with socket.socket(socket.AF_UNIX) as one:
        monkeypatch.chdir(desk.content)  # a socket's whole path may be too long for its name
        one.bind("x.md")
    assert told(read(desk)) == {"x.md": "不是普通文件，不能读取"}


@posix
def test_a_pipe_in_the_place_of_the_lexicon_is_told_and_not_waited_for(desk):
    (desk.content / LEXICON).unlink()
    os.mkfifo(desk.content / LEXICON)
    assert told(read(desk)) == {LEXICON: "不是普通文件，不能读取"}
    assert examine_folders(desk, TODAY).problems == read(desk).problems


@posix
def test_a_draft_laid_as_a_link_leads_no_approval_and_no_mending_out_of_the_folder(desk):
    key = approvals.seal_key(desk.data)
    words = read(desk).item("SC-01")
    said = approvals.Approval(
        id=words.id, digest=words.digest, step="终审", who="王五", how="", sources_checked=True,
        when=datetime(2026, 6, 15, 9, 17, tzinfo=SHANGHAI),
    )  # fmt: skip
    folder = desk.approvals / words.id
    folder.mkdir(parents=True)
    stem = f"{words.digest[:12]}-终审"
    for draft in (folder / f"{stem}.tmp", folder / f".{stem}.toml.tmp"):
        draft.symlink_to(desk.data / "seal.key")
    put(desk, "x.md", item("SC-02").replace("标题: ", "标题: 又\u200b"))
    (desk.content / ".x.md.tmp").symlink_to(desk.data / "seal.key")
    assert not approvals.write(desk.approvals, said, key).is_symlink()
    assert list(mend_files(desk.content, ["x.md"], Lexicon())) == ["x.md"]
    assert not (desk.content / "x.md").is_symlink()
    assert approvals.seal_key(desk.data) == key


@pytest.mark.skipif(getattr(os, "geteuid", lambda: 1)() != 0, reason="only root makes devices")
def test_a_device_is_refused(desk):
    try:
        os.mknod(desk.content / "x.md", stat.S_IFCHR | 0o600, os.makedev(1, 5))  # as /dev/zero
    except OSError:
        pytest.skip("no devices may be made here")
    (message,) = told(read(desk)).values()
    assert "不是普通文件" in message or "打不开" in message


def test_a_file_at_the_limit_is_read_and_one_byte_more_is_not(desk):
    text = item("SC-02").replace("标题: ", "标题: 又").encode()
    put(desk, "x.md", text + b"\n" * (MAX_BYTES - len(text)))
    assert "SC-02" in {one.id for one in read(desk).items}
    put(desk, "x.md", text + b"\n" * (MAX_BYTES - len(text) + 1))
    assert "KB" in told(read(desk))["x.md"]


@pytest.mark.parametrize(
    "block",
    [
        '  - !!python/object/apply:os.system ["touch ran"]',
        "  - !!binary aGVsbG8=",
        "  - &a 甲\n  - *a",
        "  <<: {a: b}",
    ],
)
def test_a_tag_an_anchor_or_a_mapping_in_a_head_is_a_problem_and_runs_nothing(
    desk, block, tmp_path, monkeypatch
):
    monkeypatch.chdir(tmp_path)
    put(desk, "x.md", item("SC-02", more=f"标签:\n{block}\n").replace("标题: ", "标题: 又"))
    assert "x.md" in told(read(desk))
    assert not (tmp_path / "ran").exists()
