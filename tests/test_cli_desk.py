"""Reviewers' links and texts from Word, as somebody types the verbs."""

from __future__ import annotations

import io
import json
import shutil

from docx import Document

from tests.test_cli import ROOT, checked, home, typed

__all__ = ["checked", "home", "typed"]


def settled(home) -> None:
    """A unit's own config, and a library of one text: copying it is the slow part."""
    shutil.copy(ROOT / "config.example.toml", home / "config.toml")
    for path in (home / "content").glob("*/*.md"):
        if not path.name.startswith("SC-01"):
            path.unlink()


def test_a_link_is_given_listed_given_anew_and_taken_back(home, typed):
    settled(home)
    made = json.loads(typed("reviewers", "link", "王五", "--step", "终审", "--json").stdout)
    assert made["url"].startswith("http://127.0.0.1:8650/review/")
    assert made["steps"] == ["终审"]
    again = typed("reviewers", "link", "王五")
    assert "旧的链接已作废" in again.stdout
    assert made["pin"] not in again.stdout
    assert "public_url" in again.stderr
    told = json.loads(typed("reviewers", "--json").stdout)
    [one] = told["reviewers"]
    assert one["name"] == "王五"
    assert not {"pin", "link", "salt"} & set(one)
    assert "王五" in typed("reviewers").stdout
    assert "已收回 王五" in typed("reviewers", "revoke", "王五").stdout
    assert "没有给“王五”发过链接" in typed("reviewers", "revoke", "王五", code=1).stderr


def test_the_template_is_written_filled_in_and_imported(home, typed):
    settled(home)
    typed("import", "--template", "情景案例")
    path = home / "模板-情景案例.docx"
    document = Document(io.BytesIO(path.read_bytes()))
    for row in document.tables[0].rows:
        if row.cells[0].text == "标题":
            row.cells[1].text = "案例: 一盒茶叶 #1"
    document.save(path)
    [one] = json.loads(typed("import", path.name, "--json").stdout)["taken"]
    assert one["title"] == "案例: 一盒茶叶 #1"
    assert path.exists(), "the editor's own file stays where it is"
    text = (home / "content" / one["path"]).read_text("utf-8")
    assert "标题: 案例: 一盒茶叶 #1\n" in text
    assert "状态: 草稿\n" in text
    assert "以前转过了" in typed("import", path.name).stdout
    assert "已有同名的文件" in typed("import", "--template", "情景案例", code=2).stderr


def test_what_is_no_word_file_is_told_in_words(home, typed):
    settled(home)
    (home / "稿.wps").write_bytes(b"x")
    (home / "坏.docx").write_bytes(b"x")
    assert "另存为 .docx" in typed("import", "稿.wps", code=1).stderr
    assert "文件坏了" in typed("import", "坏.docx", code=1).stderr
    assert "没有 Word 文件" in typed("import").stdout
    assert "找不到" in typed("import", "没有.docx", code=2).stderr
    assert "没有“诗歌”这一类" in typed("import", "--template", "诗歌", code=1).stderr
