"""What is no text is refused with a sentence, and never blocks, grows or runs anything."""

from __future__ import annotations

import os
import socket
import stat

import pytest

from bot.library.decode import MAX_BYTES
from tests.library.shelves import folders, item, put, read, told


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
