"""The whole product once, by its own command, on real sockets."""

from __future__ import annotations

import contextlib
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from click.testing import CliRunner

from bot import cli

ROOT = Path(__file__).parents[2]


def test_the_headless_demo_tells_the_story_and_both_counts_agree():
    done = subprocess.run(
        [sys.executable, "-m", "bot", "demo", "--headless"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    told = done.stdout
    assert "第三级" in told
    assert "仅为演示在副本里登记审批" in told
    assert "仅用于改进推送内容，不作考核、评比、通报依据" in told
    rate = re.search(r"06.15—06.21 阅知率 ([\d.]+%)；", told)
    counted = re.search(r"另数一遍（2026-W25）：.*，([\d.]+%)。", told)
    assert rate is not None
    assert counted is not None
    assert rate[1] == counted[1]
    assert "两边的数一致" in told
    assert done.stderr == ""
    assert told.index("计划（06-15 至 06-29）") < told.index("已发出")
    assert re.search(r"06-19 周五 .*放假（端午节）", told), "what gives way is told"
    summaries = re.findall(r"^(\d\d-\d\d) .*已发出  《廉政教育推送周报》", told, re.MULTILINE)
    assert summaries == ["06-15", "06-22", "06-29"], "other words to the office are no summary"
    assert re.search(r"^06-18 .*已发出  备稿提醒 → 廉政办", told, re.MULTILINE)
    assert re.search(r"^06-15  点按“已阅”\d+ 人次$", told, re.MULTILINE)
    assert len(told.splitlines()) <= 84, "a story of a fortnight, not a log"


ITEM = """---
编号: XX-{0}
标题: 一张购物卡
类别: 情景案例
摘要: 一张卡，退还是收？
起草: {1}
来源: 自拟
公开属性: {2}
失效: 2027-12-31
---

## 经过

有人送来一张购物卡。

## 问题在哪

不能收。
"""
CONTENTS = {
    "empty": {},
    "only a faulty one": {"a.md": ITEM.format(1, "内容组", "内部")},
    "one by the approver": {"a.md": ITEM.format(1, "演示终审", "公开")},
    "good and bad": {
        "a.md": ITEM.format(1, "演示终审", "公开"),
        "b.md": ITEM.format(2, "内容组", "内部"),
        "c.md": ITEM.format(3, "内容组", "公开"),
        "d.md": "no head at all",
    },
}


def play(home: Path) -> str:
    """Play it in this process, in that folder: a second sooner than the command."""
    with contextlib.chdir(home):
        done = CliRunner().invoke(cli.main, ["demo", "--headless"])
    assert (done.exit_code, done.stderr) == (0, ""), done.output
    return done.stdout


@pytest.mark.parametrize("content", CONTENTS.values(), ids=CONTENTS)
def test_other_contents_do_not_break_the_demo(tmp_path, content):
    shutil.copytree(ROOT / "schedules", tmp_path / "schedules")
    (tmp_path / "content").mkdir()
    for name, text in content.items():
        (tmp_path / "content" / name).write_text(text, "utf-8")
    told = play(tmp_path)
    items = sum(text.startswith("---") for text in content.values())
    left_out = sum("演示终审" in text or "内部" in text for text in content.values())
    assert f"内容 {items - left_out} 篇" in told
    assert (f"另有 {left_out} 篇不能审批" in told) == bool(left_out)
    # The first week's Friday is a holiday, and a case is not planned for a Monday.
    assert "没有阅知率可数" in told
    assert "两边的数" not in told


@pytest.mark.skipif(os.name == "nt", reason="needs pipes and links")
def test_what_cannot_be_copied_is_left_out(tmp_path):
    shutil.copytree(ROOT / "schedules", tmp_path / "schedules")
    (tmp_path / "content").mkdir()
    for text in [*(ROOT / "content").glob("*/N06*.md"), *(ROOT / "content").glob("*/SC-0*.md")]:
        shutil.copy(text, tmp_path / "content")
    os.mkfifo(tmp_path / "content" / "pipe.md")
    (tmp_path / "content" / "gone.md").symlink_to("nowhere")
    assert "两边的数一致" in play(tmp_path)


def test_a_broken_notice_is_said_and_nothing_is_played(tmp_path):
    for name in ("content", "schedules"):
        shutil.copytree(ROOT / name, tmp_path / name)
    (tmp_path / "schedules" / "overrides" / "2026.toml").write_text("[[day", "utf-8")
    assert "schedules/overrides/2026.toml" in play(tmp_path)
