"""Texts from Word: nothing an author typed is lost, and nothing in the file is trusted."""

from __future__ import annotations

import contextlib
import io
import os
import re
import zipfile
from datetime import date

import pytest
from docx import Document
from docx.enum.style import WD_STYLE_TYPE
from docx.oxml import parse_xml
from docx.oxml.ns import nsdecls
from hypothesis import example, given, settings
from hypothesis import strategies as st

from bot.core.content import HEADINGS, parse_item
from bot.core.model import Kind
from bot.library import intake, word
from bot.library.pack import Places, collect
from bot.library.word import BadWord
from bot.library.wordform import blank, filled
from tests.library.shelves import folders, item, put, read

TODAY = date(2026, 6, 15)
posix = pytest.mark.skipif(os.name == "nt", reason="needs links and pipes")


def saved(document) -> bytes:
    out = io.BytesIO()
    document.save(out)
    return out.getvalue()


def written(*lines: str) -> bytes:
    """A Word file of plain paragraphs; a line behind # is a heading."""
    document = Document()
    for line in lines:
        if line.startswith("# "):
            document.add_heading(line[2:], level=2)
        else:
            document.add_paragraph(line)
    return saved(document)


def with_xml(*paragraphs: str) -> bytes:
    document = Document()
    document.add_paragraph("题目")
    for xml in paragraphs:
        document.element.body.insert(-1, parse_xml(f"<w:p {nsdecls('w')}>{xml}</w:p>"))
    return saved(document)


def made(data: bytes, ids=()):
    return intake.make(word.read(data), ids, TODAY)


def parsed(data: bytes, ids=()):
    found = made(data, ids)
    read_back, problems = parse_item(found.text, "x.md")
    assert problems == []
    return read_back


@pytest.fixture
def desk(tmp_path):
    where = folders(tmp_path)
    put(where, "cases/SC-01.md", item())
    return where


def lay(where, name: str, data: bytes):
    return put(where, f"待导入/{name}", data)


def take(where):
    return intake.take_in(where.content, intake.waiting(where.content), read(where).items, TODAY)


# -- words -----------------------------------------------------------------------------------------


def test_the_first_line_is_the_title_and_headings_are_sections():
    found = parsed(
        written("一盒茶叶", "# 经过", "林某某收了茶叶。", "又一段。", "# 怎么做", "退回去。")
    )
    assert found.title == "一盒茶叶"
    assert found.kind is Kind.SCENARIO
    assert found.sections == {
        "经过": "\n林某某收了茶叶。\n\n又一段。\n".strip("\n"),
        "怎么做": "退回去。",
    }
    assert found.status == "草稿"


def test_the_template_filled_in_gives_every_field_and_section_back():
    fields = {
        "编号": "SC-77",
        "标题": "案例: 谁买的单",
        "类别": "情景案例",
        "标签": "礼品礼金、吃喝",
        "摘要": "提醒 #中秋 9:30",
        "起草": "张三",
        "依据": "《条例》（2023年修订）",
        "来源": "中央纪委：https://www.ccdi.gov.cn/a?b=1#c",
        "公开属性": "公开",
        "失效": "2027-12-31",
    }
    sections = {"经过": "第一段。\n第二段。", "问题在哪": "在这里。", "怎么做": "这样做。"}
    found = parsed(filled(fields, sections))
    assert (found.id, found.title, found.summary) == ("SC-77", "案例: 谁买的单", "提醒 #中秋 9:30")
    assert found.tags == ("礼品礼金", "吃喝")
    assert found.source == fields["来源"]
    assert found.expires == date(2027, 12, 31)
    assert found.sections["经过"] == "第一段。\n\n第二段。"
    assert list(found.sections) == list(sections)


@pytest.mark.parametrize("kind", Kind)
def test_the_template_of_each_kind_names_its_fields_and_headings(kind):
    document = Document(io.BytesIO(blank(kind, TODAY)))
    keys = [row.cells[0].text for row in document.tables[0].rows]
    assert {"编号", "标题", "类别", "来源", "公开属性"} <= set(keys)
    headings = [p.text for p in document.paragraphs if p.style.name == "Heading 2"]
    assert tuple(headings) == HEADINGS[kind]
    with pytest.raises(BadWord, match="没有填“标题”"):
        made(blank(kind, TODAY))


def test_a_file_without_a_word_becomes_nothing():
    with pytest.raises(BadWord, match="没有文字"):
        made(written("", " "))


TITLES = (
    "案例: 谁买的单",
    "[转发]中秋",
    "#中秋",
    "007",
    "---",
    "- 一",
    "标题:中秋",
    "{节日}",
    "“礼”",
)


@pytest.mark.parametrize("title", TITLES)
@pytest.mark.parametrize("template", [True, False])
def test_no_title_loses_a_character(title, template):
    data = filled({"标题": title, "类别": "学习提示"}, {}) if template else written(title, "正文")
    assert parsed(data).title == title


TEXT = st.text(
    st.characters(exclude_categories=("Cc", "Cs", "Cn"), exclude_characters="\ufffe\uffff"),
    min_size=1,
    max_size=30,
).map(str.strip)


@settings(max_examples=25, deadline=None)
@given(
    title=TEXT.filter(bool), lines=st.lists(TEXT.filter(bool), max_size=4), template=st.booleans()
)
@example(title="# 案例: [转发]", lines=["## 不是小标题", "---", "a: b", "> 引"], template=True)
def test_whatever_is_typed_in_word_stands_in_the_item(title, lines, template):
    if template:
        data = filled({"标题": title, "类别": "廉洁文化"}, {"": "\n".join(lines)})
    else:
        data = written(
            *(line if not line.startswith("# ") else f"·{line}" for line in (title, *lines))
        )
        title = f"·{title}" if title.startswith("# ") else title
        lines = [f"·{line}" if line.startswith("# ") else line for line in lines]
    found = made(data)
    read_back, _ = parse_item(found.text, "x.md")
    assert read_back.title == title
    # A line may itself say "## 正文": then it is that heading, as in any item.
    body = [f"## {name}" if name else "" for name in read_back.sections]
    said = "\n".join([*body, *read_back.sections.values()])
    assert [line for line in lines if line not in said.split("\n")] == []


def test_tracked_changes_are_taken_as_accepted_and_what_was_deleted_is_told():
    run = "<w:r><w:t>{}</w:t></w:r>"
    xml = (
        run.format("一共")
        + '<w:del w:id="1" w:author="a"><w:r><w:delText>二百</w:delText></w:r></w:del>'
        + f'<w:ins w:id="2" w:author="a">{run.format("三百")}</w:ins>'
        + run.format("元。")
    )
    found = made(with_xml(xml))
    assert "一共三百元。" in found.text
    assert "二百" not in found.text
    assert any("删去" in note and "二百" in note for note in found.notes)


def test_words_in_content_controls_links_and_fields_are_kept():
    run = "<w:r><w:t>{}</w:t></w:r>"
    xml = (
        f"<w:sdt><w:sdtContent>{run.format('控件里')}</w:sdtContent></w:sdt>"
        f"<w:hyperlink>{run.format('链接里')}</w:hyperlink>"
        f'<w:fldSimple w:instr="DATE">{run.format("域里")}</w:fldSimple>'
        f"<w:smartTag>{run.format('标记里')}</w:smartTag>"
    )
    assert "控件里链接里域里标记里" in made(with_xml(xml)).text


def test_pictures_text_boxes_comments_and_headers_are_told_with_their_words():
    document = Document()
    document.add_paragraph("题目")
    run = document.add_paragraph("正文").runs[0]
    document.add_comment(run, text="这里再核一下", author="李四")
    document.sections[0].header.paragraphs[0].text = "内部刊头"
    box = (
        "<w:r><w:pict><w:txbxContent><w:p><w:r><w:t>框里的话</w:t></w:r></w:p>"
        "</w:txbxContent></w:pict></w:r>"
    )
    document.element.body.insert(-1, parse_xml(f"<w:p {nsdecls('w')}>{box}</w:p>"))
    notes = "\n".join(made(saved(document)).notes)
    for words in ("批注", "这里再核一下", "页眉", "内部刊头", "图片或图形", "框里的话"):
        assert words in notes


NOTES = {"footnotes": "见条例第三条原文", "endnotes": "数字待核"}


def test_footnotes_and_endnotes_are_told_with_their_words():
    """python-docx writes none: the parts are put into the package as Word and WPS lay them."""
    plain, out = zipfile.ZipFile(io.BytesIO(written("题目", "正文"))), io.BytesIO()
    types, links = "[Content_Types].xml", "word/_rels/document.xml.rels"
    office = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
    with zipfile.ZipFile(out, "w") as package:
        for name in set(plain.namelist()) - {types, links}:
            package.writestr(name, plain.read(name))
        declared, linked = plain.read(types).decode(), plain.read(links).decode()
        for part, words in NOTES.items():
            kind = f"application/vnd.openxmlformats-officedocument.wordprocessingml.{part}+xml"
            one = f'<Override PartName="/word/{part}.xml" ContentType="{kind}"/></Types>'
            declared = declared.replace("</Types>", one)
            one = f'<Relationship Id="x{part}" Type="{office}/{part}" Target="{part}.xml"/>'
            linked = linked.replace("</Relationships>", f"{one}</Relationships>")
            note = f'<w:{part[:-1]} w:id="1"><w:p>{RUN.format(words)}</w:p></w:{part[:-1]}>'
            package.writestr(f"word/{part}.xml", f"<w:{part} {NS}>{note}</w:{part}>")
        package.writestr(types, declared)
        package.writestr(links, linked)
    notes = "\n".join(made(out.getvalue()).notes)
    for words in ("脚注", "尾注", *NOTES.values()):
        assert words in notes


NS = (
    nsdecls("w") + ' xmlns:mc="http://schemas.openxmlformats.org/markup-compatibility/2006"'
    ' xmlns:x="urn:x"'
)
RUN = "<w:r><w:t>{}</w:t></w:r>"


@pytest.mark.parametrize(
    "xml",
    [
        f"<w:sdt {NS}><w:sdtContent><w:p>{RUN}</w:p></w:sdtContent></w:sdt>",
        f"<w:ins {NS}><w:p>{RUN}</w:p></w:ins>",
        f"<mc:AlternateContent {NS}><mc:Choice Requires='x'><w:p>{RUN}</w:p></mc:Choice>"
        f"<mc:Fallback><w:p>{RUN.format('代替')}</w:p></mc:Fallback></mc:AlternateContent>",
        f"<w:tbl {NS}><w:tr><w:sdt><w:sdtContent><w:tc><w:p>{RUN}</w:p></w:tc></w:sdtContent>"
        "</w:sdt></w:tr></w:tbl>",
        f"<w:tbl {NS}><w:tr><w:tc><w:tbl><w:tr><w:tc><w:p>{RUN}</w:p></w:tc></w:tr></w:tbl></w:tc>"
        "</w:tr></w:tbl>",
        f"<x:new {NS}><w:p>{RUN}</w:p></x:new>",
    ],
    ids=["control", "inserted", "alternative", "cell control", "table in table", "unknown"],
)
def test_words_are_kept_wherever_they_stand_and_once(xml):
    document = Document()
    document.add_paragraph("题目")
    document.element.body.insert(-1, parse_xml(xml.format("在这里")))
    found = made(saved(document))
    assert found.text.count("在这里") == 1
    assert "代替" not in found.text


def test_words_that_no_rule_knows_are_told():
    xml = f"<w:p {NS}><w:r><w:t>前</w:t></w:r><w:pPr><w:rPr><w:t>藏</w:t></w:rPr></w:pPr></w:p>"
    document = Document()
    document.add_paragraph("题目")
    document.element.body.insert(-1, parse_xml(xml))
    assert any("藏" in note for note in made(saved(document)).notes)


def test_points_of_a_list_stay_points_and_a_table_in_the_text_keeps_its_words():
    document = Document()
    document.add_paragraph("题目")
    for line in ("一看", "二问"):
        document.add_paragraph(line, style="List Bullet")
    table = document.add_table(rows=1, cols=2)
    table.rows[0].cells[0].text, table.rows[0].cells[1].text = "甲", "乙"
    found = made(saved(document))
    assert "- 一看\n- 二问" in found.text
    assert "甲　乙" in found.text
    assert any("表格" in note for note in found.notes)


def test_a_table_in_front_that_is_no_form_keeps_its_words_too():
    document = Document()
    table = document.add_table(rows=2, cols=2)
    for row, words in zip(table.rows, (("甲", "乙"), ("丙", "丁")), strict=True):
        row.cells[0].text, row.cells[1].text = words
    document.add_paragraph("后面的话")
    found = parsed(saved(document))
    assert found.title == "甲　乙"
    assert "丙　丁" in found.sections[""]
    assert "后面的话" in found.sections[""]


def spaced_form(*above: str):
    document = Document()
    for text in above:
        document.add_heading(text, level=1)
    table = document.add_table(rows=3, cols=2)
    rows = (("标　题：", "一题"), ("类 别", "情景案例"), ("备 注", "急"))
    for row, words in zip(table.rows, rows, strict=True):
        row.cells[0].text, row.cells[1].text = words
    document.add_paragraph("林某某收了茶叶。")
    return made(saved(document))


@pytest.mark.parametrize("above", [(), ("信息稿件登记表", "第 3 号")])
def test_a_form_of_ones_own_with_spaced_names_under_its_heading_gives_its_fields(above):
    found = spaced_form(*above)
    assert (found.title, found.kind) == ("一题", Kind.SCENARIO)
    assert found.text.endswith("---\n\n林某某收了茶叶。\n")
    notes = "\n".join(found.notes)
    assert "“备注”没有用上：“急”" in notes
    assert ("表格上面的“信息稿件登记表；第 3 号”没有写进正文" in notes) is bool(above)
    assert "一行一行" not in notes


def test_a_form_under_a_whole_text_stays_in_the_text():
    found = spaced_form("一篇文章", "字" * 60)
    assert found.title == "一篇文章"
    assert "标　题：　一题" in found.text


def test_a_heading_by_its_chinese_name_or_its_outline_is_a_heading():
    document = Document()
    document.add_paragraph("题目")
    style = document.styles.add_style("标题 2", WD_STYLE_TYPE.PARAGRAPH)
    document.add_paragraph("经过", style=style)
    document.add_paragraph("一段")
    document.element.body.insert(
        -1,
        parse_xml(
            f'<w:p {nsdecls("w")}><w:pPr><w:outlineLvl w:val="1"/></w:pPr>'
            "<w:r><w:t>怎么做</w:t></w:r></w:p>"
        ),
    )
    assert list(parsed(saved(document)).sections) == ["经过", "怎么做"]


def test_a_field_that_is_unknown_or_twice_is_told_and_nothing_is_lost():
    fields = {"标题": "一题", "类别": "学习提示", "主题词": "廉洁", "状态": "停用"}
    notes = "\n".join(made(filled(fields, {})).notes)
    assert "“主题词”没有用上：“廉洁”" in notes
    assert "“状态”没有用上：“停用”" in notes


def test_an_id_that_is_taken_gives_way_and_is_told():
    data = filled({"编号": "sc-01", "标题": "一题", "类别": "情景案例"}, {})
    found = made(data, ["SC-01", "SC-09"])
    assert found.id == "SC-10"
    assert any("sc-01" in note for note in found.notes)


# -- the folder ------------------------------------------------------------------------------------


def test_a_word_file_becomes_a_draft_with_a_note_and_moves_to_the_done(desk):
    data = written("一盒茶叶", "# 经过", "收了。")
    lay(desk, "茶叶.docx", data)
    [one] = take(desk)
    assert one.path == "cases/SC-02-一盒茶叶.md"
    library = read(desk)
    assert library.item("SC-02").title == "一盒茶叶"
    note = (desk.content / "cases/SC-02-一盒茶叶.导入说明.txt").read_text("utf-8")
    assert "茶叶.docx" in note
    assert "已导入" in note
    assert intake.waiting(desk.content) == []
    [kept] = (desk.content / "待导入/已导入").iterdir()
    assert kept.read_bytes() == data
    assert [i.path for i in library.items] == ["cases/SC-01.md", "cases/SC-02-一盒茶叶.md"]


def test_the_same_file_read_twice_makes_no_second_item(desk):
    data = written("一盒茶叶", "收了。")
    lay(desk, "茶叶.docx", data)
    take(desk)
    lay(desk, "茶叶 (副本).docx", data)
    [again] = take(desk)
    assert again.known
    assert again.path == "study/SP-01-一盒茶叶.md"
    assert len(read(desk).items) == 2
    assert intake.waiting(desk.content) == []


def test_after_a_crash_before_the_item_the_next_reading_makes_it(desk):
    data = written("一盒茶叶", "收了。")
    lay(desk, "茶叶.docx", data)
    take(desk)
    (desk.content / "study/SP-01-一盒茶叶.md").unlink()  # all but the last write had been done
    lay(desk, "茶叶.docx", data)
    [one] = take(desk)
    assert not one.known
    assert len(read(desk).items) == 2


def test_neither_the_word_file_nor_the_note_of_it_goes_into_a_pack(desk):
    lay(desk, "茶叶.docx", written("一盒茶叶", "收了。"))
    [one] = take(desk)
    places = Places(content=desk.content, schedules=desk.schedules, data=desk.data)
    names = [name for name in collect(places) if "茶叶" in name]
    assert names == [f"content/{one.path}"]


def test_no_file_is_ever_written_over(desk):
    there = put(desk, "study/SP-01-一盒茶叶.md", "别人的，没有字段区")
    lay(desk, "茶叶.docx", written("一盒茶叶", "收了。"))
    [one] = take(desk)
    assert one.path == "study/SP-01-一盒茶叶-2.md"
    assert there.read_text("utf-8") == "别人的，没有字段区"


def test_two_files_of_one_batch_get_two_ids(desk):
    for name in ("a.docx", "b.docx"):
        lay(desk, name, written(f"题目{name[0]}", "正文"))
    assert [one.id for one in take(desk)] == ["SP-01", "SP-02"]


@pytest.mark.parametrize(
    ("name", "data", "words"),
    [
        ("稿.wps", b"x", "另存为 .docx"),
        ("稿.doc", b"x", "另存为 .docx"),
        ("稿.docm", b"x", "宏"),
        ("稿.pdf", b"x", "只收 .docx"),
        ("稿.docx", b"\xd0\xcf\x11\xe0" + b"x" * 99, "加了密码"),
        ("稿.docx", b"not a zip", "坏了"),
        ("稿.docx", b"", "坏了"),
    ],
)
def test_what_cannot_be_read_stays_with_a_note_of_one_sentence(desk, name, data, words):
    path = lay(desk, name, data)
    [one] = take(desk)
    assert words in one.error
    note = desk.content / "待导入" / f"{name}.说明.txt"
    assert note.read_text("utf-8").strip() == one.error
    assert path.read_bytes() == data
    before = note.stat().st_mtime_ns
    take(desk)
    assert note.stat().st_mtime_ns == before, "the same sentence is written once"
    path.unlink()
    lay(desk, "稿.docx", written("好了", "正文"))
    (desk.content / "待导入" / "稿.docx.说明.txt").touch()
    assert [one.error for one in take(desk)] == [""]
    assert not (desk.content / "待导入" / "稿.docx.说明.txt").exists()


@posix
@pytest.mark.parametrize("link", ["待导入", "待导入/已导入"])
def test_a_folder_that_leads_elsewhere_is_neither_emptied_nor_filled(desk, tmp_path, link):
    outside = tmp_path / "outside"
    outside.mkdir()
    (outside / "稿.docx").write_bytes(written("题目", "正文"))
    (desk.content / link).parent.mkdir(exist_ok=True)
    (desk.content / link).symlink_to(outside, target_is_directory=True)
    assert take(desk) == []
    one = intake.take_bytes(desk.content, "新.docx", written("新题", "正文"), [], TODAY)
    assert "通向别处" in one.error
    assert [path.name for path in outside.iterdir()] == ["稿.docx"]
    assert [one.path for one in read(desk).problems] == [link][: link == "待导入"]


@posix
def test_a_note_laid_as_a_link_or_a_pipe_spoils_nothing_and_blocks_nothing(desk):
    key = desk.data / "seal.key"
    key.write_bytes(b"k" * 32)
    for name in ("a.docx", "b.docx"):
        lay(desk, name, b"not a zip")
    (desk.content / "待导入" / "a.docx.说明.txt").symlink_to(key)
    os.mkfifo(desk.content / "待导入" / "b.docx.说明.txt")
    os.mkfifo(desk.content / "c.导入说明.txt")
    lay(desk, "c.docx", written("题目", "正文"))
    assert [bool(one.error) for one in take(desk)] == [True, True, False]
    assert key.read_bytes() == b"k" * 32
    assert "坏了" in (desk.content / "待导入" / "b.docx.说明.txt").read_text("utf-8")


def test_a_name_as_long_as_a_disk_takes_stops_neither_it_nor_the_others(desk):
    lay(desk, "关" * 80 + ".docx", written("题目甲", "正文"))
    lay(desk, "于" * 80 + ".docx", b"not a zip")
    lay(desk, "末.docx", written("题目乙", "正文"))
    assert [one.title for one in take(desk)] == ["", "题目甲", "题目乙"]


def test_litter_and_our_own_notes_are_passed_over(desk):
    for name in ("~$稿.docx", ".DS_Store", "稿.docx.tmp", "稿.docx.说明.txt", "Thumbs.db"):
        lay(desk, name, b"x")
    assert take(desk) == []


def test_a_link_out_of_the_folder_is_not_followed(desk, tmp_path):
    (tmp_path / "outside.docx").write_bytes(written("外面的", "正文"))
    (desk.content / "待导入").mkdir()
    (desk.content / "待导入/稿.docx").symlink_to(tmp_path / "outside.docx")
    [one] = take(desk)
    assert one.error
    assert (tmp_path / "outside.docx").exists()


# -- hostile files ---------------------------------------------------------------------------------


def repacked(change) -> bytes:
    """A sound file whose parts `change` has altered: {name: bytes} -> {name: bytes}."""
    with zipfile.ZipFile(io.BytesIO(written("题目", "正文"))) as archive:
        parts = {name: archive.read(name) for name in archive.namelist()}
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, data in change(parts).items():
            archive.writestr(name, data)
    return out.getvalue()


def entities(parts, encoding="utf-8"):
    bomb = '<!DOCTYPE x [<!ENTITY a "aaaa"><!ENTITY b "&a;&a;&a;">]>'
    text = re.sub(r"<\?xml.*?\?>", "", parts["word/document.xml"].decode())
    xml = f'<?xml version="1.0" encoding="{encoding}"?>{bomb}{text.replace("正文", "&b;")}'
    return {**parts, "word/document.xml": xml.encode(encoding)}


HOSTILE = {
    "a zip bomb": (lambda p: {**p, "word/media/a.png": b"\0" * (65 << 20)}, "大得不正常"),
    "one huge part": (lambda p: {**p, "word/styles.xml": b" " * (17 << 20)}, "大得不正常"),
    "many parts": (lambda p: {**p, **{f"x/{n}.bin": b"" for n in range(2001)}}, "大得不正常"),
    "entities": (entities, "声明"),
    "entities in utf-16": (lambda p: entities(p, "utf-16"), "声明"),
    "macros": (lambda p: {**p, "word/vbaProject.bin": b"x"}, "宏"),
    "macros by type": (
        lambda p: {
            **p,
            "[Content_Types].xml": p["[Content_Types].xml"].replace(
                b"application/vnd.openxmlformats-officedocument.wordprocessingml.document.main+xml",
                b"application/vnd.ms-word.document.macroEnabled.main+xml",
            ),
        },
        "宏",
    ),
    "no document": (lambda p: {n: d for n, d in p.items() if n != "word/document.xml"}, "坏了"),
    "broken xml": (lambda p: {**p, "word/document.xml": b"<w:document"}, "坏了"),
    "deep xml": (lambda p: {**p, "word/document.xml": b"<a>" * 5000 + b"</a>" * 5000}, "坏了"),
    "too much text": (
        lambda p: {
            **p,
            "word/document.xml": p["word/document.xml"].replace("正文".encode(), b"x" * 200_001),
        },
        "万字",
    ),
}


@pytest.mark.parametrize("name", HOSTILE)
def test_a_hostile_file_is_refused_in_one_sentence(name):
    change, words = HOSTILE[name]
    with pytest.raises(BadWord, match=words):
        word.read(repacked(change))


def test_a_file_that_is_too_large_is_refused_before_it_is_opened():
    with pytest.raises(BadWord, match="超过 10 MB"):
        word.read(b"PK" + b"\0" * word.MOST_BYTES)


GOOD = written("题目", "# 经过", "正文一段。")


@settings(max_examples=60, deadline=None)
@given(st.lists(st.tuples(st.integers(0, len(GOOD) - 1), st.integers(0, 255)), max_size=6))
def test_damage_anywhere_is_a_sentence_or_does_no_harm(hits):
    data = bytearray(GOOD)
    for at, value in hits:
        data[at] = value
    with contextlib.suppress(BadWord):  # whatever else is raised would end the tick
        word.read(bytes(data))
