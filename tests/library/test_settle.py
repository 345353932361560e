"""What the program writes into config.toml: one line, and every word of its owner's kept."""

from __future__ import annotations

import tomllib

import pytest

from bot.cli.targets import _write
from bot.library.settle import bound

TEXT = """# 我们单位的配置
[unit]
name = "某某局"  # 全称

[target.jg2]  # 二支部
name = "二支部群"
channel = "bot-group"   # 机器人所在的群

[policy]
a_day = 1
"""


def test_a_bound_group_is_one_more_line_in_its_own_table():
    text = bound(TEXT, "jg2", "wrABC")
    assert tomllib.loads(text)["target"]["jg2"]["chatid"] == "wrABC"
    assert [line for line in text.splitlines() if line not in TEXT] == ['chatid = "wrABC"']
    again = bound(text, "jg2", "wrDEF")
    assert tomllib.loads(again)["target"]["jg2"]["chatid"] == "wrDEF"
    assert len(again.splitlines()) == len(text.splitlines())


def test_a_target_that_is_not_declared_is_never_invented():
    with pytest.raises(LookupError):
        bound(TEXT, "nobody", "wrABC")


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig"])
def test_the_file_keeps_its_encoding(tmp_path, encoding):
    path = tmp_path / "config.toml"
    path.write_text(TEXT, encoding)
    path.chmod(0o600)  # as whoever has secrets in it keeps it
    assert _write(path, "jg2", "wrABC")
    assert path.stat().st_mode & 0o777 == 0o600
    assert 'chatid = "wrABC"' in path.read_text(encoding)
    assert path.read_bytes().startswith(b"\xef\xbb\xbf") is (encoding == "utf-8-sig")
    assert [one.name for one in tmp_path.iterdir()] == ["config.toml"]


def test_a_file_of_another_encoding_is_left_alone(tmp_path):
    path = tmp_path / "config.toml"
    path.write_text(TEXT, "gb18030")
    before = path.read_bytes()
    assert not _write(path, "jg2", "wrABC")
    assert path.read_bytes() == before
    assert not _write(tmp_path / "none.toml", "jg2", "wrABC")
