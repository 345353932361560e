"""The verbs of the other channels, as somebody types them."""

from __future__ import annotations

import json
import struct

from tests.test_cli import checked, home, typed
from tests.test_cli_desk import settled

__all__ = ["checked", "home", "typed"]


def ready(home, typed) -> None:
    settled(home)
    typed("approve", "SC-01", "--as", "王五", "--sources-checked")


def test_a_screen_has_an_address_and_goes_onto_a_stick(home, typed):
    ready(home, typed)
    told = typed("screen")
    assert "http://127.0.0.1:8650/screen/" in told.stdout
    assert "只有这台机器打得开" in told.stdout
    folder = home / "电子屏"
    made = typed("screen", "-o", str(folder), "--as", "张三", "--to", "一楼大厅")
    assert "1 篇，外发 " in made.stdout
    page = (folder / "index.html").read_text("utf-8")
    assert "Content-Security-Policy" in page
    assert "老同学" in (folder / "data.js").read_text("utf-8")
    assert "qingfeng outside" in (folder / "说明.txt").read_text("utf-8-sig")
    (folder / "media").mkdir()
    (folder / "media" / "old.mp4").write_bytes(b"old")
    again = json.loads(typed("screen", "-o", str(folder), "--json").stdout)
    assert again["items"] == ["SC-01"]
    assert not (folder / "media" / "old.mp4").exists(), "what was taken back must not stay"
    (folder / "我的账.xlsx").write_bytes(b"mine")
    assert "别的东西" in typed("screen", "-o", str(folder), code=2).stderr
    assert (folder / "我的账.xlsx").exists()


def test_a_poster_is_written_and_a_withdrawal_says_what_to_fetch(home, typed):
    ready(home, typed)
    made = typed("board", "SC-01", "-o", str(home / "a.pdf"), "--paper", "a3", "--to", "专栏")
    assert "请于 2028-11-23 后撤下" in made.stdout
    assert (home / "a.pdf").read_bytes().startswith(b"%PDF")
    typed("board", "SC-01", "-o", str(home / "a.html"))
    assert "情景案例·虚构" in (home / "a.html").read_text("utf-8")
    assert "只能写成" in typed("board", "SC-01", "-o", str(home / "a.docx"), code=2).stderr
    assert not (home / "a.docx").exists()
    assert "海报" in typed("outside").stdout
    held = typed("hold", "老同学")
    assert held.stdout.count("要按编号取回") == 2
    typed("hold", "老同学", "--lift")
    gone = typed("withdraw", "SC-01", "--as", "王五", "--why", "金额有误")
    assert "要按编号取回：外发 " in gone.stdout
    assert "专栏" in gone.stdout
    numbers = {one["number"] for one in json.loads(typed("outside", "--json").stdout)["outside"]}
    assert len(numbers) == 2
    for number in numbers:
        assert "已登记取回" in typed("outside", "--back", number, "--as", "张三").stdout
    assert json.loads(typed("outside", "--json").stdout)["outside"] == []
    assert "没有编号 2026-999" in typed("outside", "--back", "2026-999", code=1).stderr
    assert "收回" in typed("board", "SC-01", "-o", str(home / "b.pdf"), code=1).stderr
    assert not (home / "b.pdf").exists()


def test_what_people_pass_on_is_written_and_noted_where_they_say_so(home, typed):
    ready(home, typed)
    made = typed("share", "SC-01", "-o", str(home / "转发"))
    assert made.stdout.count("已写入") == 3
    text = (home / "转发" / "SC-01-文字.txt").read_bytes()
    assert text.startswith("\ufeff〔情景案例·虚构〕".encode())
    assert "监督举报12388" in (home / "转发" / "SC-01-短信.txt").read_text("utf-8-sig")
    picture = (home / "转发" / "SC-01-长图.png").read_bytes()
    assert struct.unpack(">I", picture[16:20]) == (1080,)
    noted = typed("share", "SC-01", "--forwarded", "局老干部群", "--as", "张三")
    assert "台账已记：线下转发，局老干部群" in noted.stdout
    rows = json.loads(typed("ledger", "--json").stdout)["rows"]
    assert [row["推送范围"] for row in rows] == ["局老干部群"]


def test_feeds_have_addresses_and_go_into_a_folder(home, typed):
    ready(home, typed)
    assert "/feed/" in typed("feeds").stdout
    told = typed("feeds", "-o", str(home / "内网"))
    assert "rss.xml" in told.stdout
    names = {path.name for path in (home / "内网").iterdir()}
    assert names == {"rss.xml", "feed.json", "plan.ics"}
    assert "老同学" in (home / "内网" / "rss.xml").read_text("utf-8")
    typed("withdraw", "SC-01", "--as", "王五")
    typed("feeds", "-o", str(home / "内网"))
    assert "老同学" not in (home / "内网" / "rss.xml").read_text("utf-8")
