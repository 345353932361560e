"""A .docx as text: what stands in it, and what of it cannot be kept.

Nothing in the file is trusted. It is a zip of XML: what unpacks to too much, declares entities,
carries macros or is locked is refused before anything is parsed, in one sentence.
"""

from __future__ import annotations

import io
import re
import zipfile
import zlib
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any

MOST_BYTES = 10 * 1024 * 1024  # of the file
MOST_UNPACKED = 64 * 1024 * 1024  # of all its parts
MOST_XML = 16 * 1024 * 1024  # of one part of XML: words, not pictures
MOST_PARTS = 2000
MOST_TEXT = 200_000  # characters: more is no text of ours
_W = "{http://schemas.openxmlformats.org/wordprocessingml/2006/main}"
_M = "{http://schemas.openxmlformats.org/officeDocument/2006/math}"
_OLD = b"\xd0\xcf\x11\xe0"  # .doc and .wps, and a .docx under a password
_ENTITIES = re.compile(rb"<\0?!\0?(D\0?O\0?C\0?T\0?Y\0?P\0?E|E\0?N\0?T\0?I\0?T\0?Y)", re.IGNORECASE)
_UNKEPT = {  # elements whose words are told in the note, and what they are called there
    f"{_W}del": "修订中删去的文字",
    f"{_W}moveFrom": "修订中移走的文字",
    f"{_W}drawing": "图片或图形",
    f"{_W}pict": "图片或图形",
    f"{_W}object": "嵌入的对象",
    f"{_W}altChunk": "嵌入的另一份文件",
    f"{_W}rt": "注音",
    f"{_M}oMath": "公式",
    f"{_M}oMathPara": "公式",
}
_FALLBACK = "{http://schemas.openxmlformats.org/markup-compatibility/2006}Fallback"
_BESIDE = {  # parts of the package -> what they are called, and the element of one entry
    "comments": ("批注", f"{_W}comment"),
    "footnotes": ("脚注", f"{_W}footnote"),
    "endnotes": ("尾注", f"{_W}endnote"),
    "header": ("页眉", f"{_W}p"),
    "footer": ("页脚", f"{_W}p"),
}
_PART = re.compile(r"/word/(comments|footnotes|endnotes|header|footer)\d*\.xml")
_HEADING = re.compile(r"(?:heading|标题)\s*([1-9])", re.IGNORECASE)


# Whatever a broken package makes python-docx and lxml raise; lxml's errors are SyntaxErrors.
_BROKEN: tuple[type[Exception], ...] = (SyntaxError, LookupError, ValueError, AttributeError)
_BROKEN += (
    zipfile.BadZipFile,
    zlib.error,
    TypeError,
    EOFError,
    OSError,
    RuntimeError,
    AssertionError,
    OverflowError,
)


class BadWord(ValueError):
    """The file cannot be read; the sentence says what to do."""


@dataclass(frozen=True, kw_only=True)
class Line:
    text: str
    level: int = 0  # of a heading: 1 …; 0 for a plain paragraph
    listed: bool = False  # a point of a list


Table = tuple[tuple[str, ...], ...]  # rows of cells


@dataclass(frozen=True, kw_only=True)
class Word:
    """The words of a document, in order."""

    lines: tuple[Line, ...]
    tables: tuple[Table, ...] = ()  # each by itself
    first_table: bool = False  # whether a table stands before every word
    unkept: tuple[str, ...] = ()  # what could not be kept, each with its words if it has any


@dataclass
class _Found:
    """What is found on the way, to be told in the note."""

    counts: Counter[str] = field(default_factory=Counter)
    words: dict[str, list[str]] = field(default_factory=dict)

    def add(self, what: str, words: str = "") -> None:
        self.counts[what] += 1
        if words.strip():
            self.words.setdefault(what, []).append(words.strip())

    def told(self) -> tuple[str, ...]:
        return tuple(
            f"{what} {count} 处" + "".join(f"\n  “{text}”" for text in self.words.get(what, ()))
            for what, count in self.counts.items()
        )


def read(data: bytes) -> Word:
    """Return the words of a .docx; BadWord in one sentence for anything else."""
    _guard(data)
    from docx import Document

    try:
        document = Document(io.BytesIO(data))
        found = _Found()
        body = document.element.body
        levels, lists = _levels(document), _lists(document)
        lines: list[Line] = []
        tables: list[Table] = []
        first_table = False
        for block in _blocks(body, found):
            if block.tag == f"{_W}tbl":
                first_table = first_table or not any(line.text.strip() for line in lines)
                tables.append(_rows(block, found))
                if len(tables) > 1 or not first_table:
                    lines += [Line(text="　".join(row)) for row in tables[-1]]
                    found.add("表格（改成了一行一行的文字）")
            else:
                lines += _paragraph(block, levels, lists, found)
        rows = [cell for table in tables for row in table for cell in row]
        _overlooked(body, lines, rows, found)
        _beside(document, found)
    except BadWord:
        raise
    except _BROKEN:
        raise BadWord("文件坏了，或不是 Word 文件：请用 WPS 打开，另存为 .docx 再放进来") from None
    if sum(len(line.text) for line in lines) > MOST_TEXT:
        raise BadWord(f"文字超过 {MOST_TEXT // 10000} 万字，一条内容不应这么长")
    return Word(
        lines=tuple(lines), tables=tuple(tables), first_table=first_table, unkept=found.told()
    )


def _guard(data: bytes) -> None:
    """Refuse, before anything is unpacked, what would harm whoever unpacks it."""
    if len(data) > MOST_BYTES:
        raise BadWord(f"文件超过 {MOST_BYTES >> 20} MB：请去掉图片再放进来")
    if data.startswith(_OLD):
        raise BadWord("这是旧式的 .doc、.wps，或加了密码：请另存为不带密码的 .docx")
    try:
        archive = zipfile.ZipFile(io.BytesIO(data))
        parts = archive.infolist()
        if len(parts) > MOST_PARTS or sum(part.file_size for part in parts) > MOST_UNPACKED:
            raise BadWord("解开后大得不正常，不予读取：请把文字复制到新的文档里再放进来")
        for part in parts:
            _guard_part(archive, part)
    except _BROKEN as error:
        if isinstance(error, BadWord):
            raise
        raise BadWord("文件坏了，或不是 Word 文件：请用 WPS 打开，另存为 .docx 再放进来") from None


def _guard_part(archive: zipfile.ZipFile, part: zipfile.ZipInfo) -> None:
    name = part.filename.lower()
    if part.flag_bits & 1:
        raise BadWord("文件加了密码：请另存为不带密码的 .docx")
    if name.endswith("vbaproject.bin"):
        raise BadWord("文件里有宏，不予读取：请另存为不带宏的 .docx")
    if not name.endswith((".xml", ".rels")):
        return
    if part.file_size > MOST_XML:
        raise BadWord("解开后大得不正常，不予读取：请把文字复制到新的文档里再放进来")
    text = archive.read(part)
    if _ENTITIES.search(text):
        raise BadWord("文件里夹带了文档不该有的声明，不予读取：请把文字复制到新的文档里再放进来")
    if name == "[content_types].xml" and b"macroenabled" in text.lower():
        raise BadWord("文件里有宏，不予读取：请另存为不带宏的 .docx")


# -- its elements ----------------------------------------------------------------------------------


def _blocks(parent: Any, found: _Found) -> Iterator[Any]:
    """Yield paragraphs and tables in order, those within content controls too."""
    for child in parent:
        if child.tag in (f"{_W}p", f"{_W}tbl"):
            yield child
        elif child.tag in _UNKEPT:
            found.add(_UNKEPT[child.tag], _all_text(child))
        elif child.tag != _FALLBACK:  # content controls, accepted insertions, whatever may come
            yield from _blocks(child, found)


def _rows(table: Any, found: _Found) -> Table:
    rows = []
    for row in table.iter(f"{_W}tr"):
        cells = []
        for cell in row.iter(f"{_W}tc"):
            if next(cell.iterancestors(f"{_W}tr")) is not row:
                continue  # of a table within the cell: its rows come by themselves
            texts = [_text(block, found) for block in _blocks(cell, found) if block.tag == f"{_W}p"]
            cells.append("\n".join(text for text in texts if text.strip()))
        rows.append(tuple(cells))
    return tuple(rows)


def _paragraph(
    block: Any, levels: dict[str, int], lists: set[str], found: _Found
) -> Iterator[Line]:
    style = _value(block, "pPr/pStyle")
    level = levels.get(style, 0)
    if (outline := _value(block, "pPr/outlineLvl")).isdecimal() and int(outline) < 9:
        level = int(outline) + 1
    number = _value(block, "pPr/numPr/numId")
    listed = not level and (number not in ("", "0") or (not number and style in lists))
    if (number not in ("", "0")) and level:
        found.add("标题的自动编号")
    for text in _text(block, found).split("\n"):
        yield Line(text=text, level=level, listed=listed and bool(text.strip()))


def _text(block: Any, found: _Found) -> str:
    """Return the words of a paragraph as somebody sees them who accepts every change."""
    out: list[str] = []
    _gather(block, out, found)
    return "".join(out).replace("\r", "\n")


def _gather(node: Any, out: list[str], found: _Found) -> None:
    for child in node:
        tag = child.tag
        if tag == f"{_W}t":
            out.append(child.text or "")
        elif tag in (f"{_W}br", f"{_W}cr"):
            out.append("\n")
        elif tag == f"{_W}tab":
            out.append("\t")
        elif tag == f"{_W}noBreakHyphen":
            out.append("-")
        elif tag == f"{_W}sym":
            found.add("特殊符号")
        elif tag in _UNKEPT:
            found.add(_UNKEPT[tag], _all_text(child))
        elif tag == f"{_W}rPr":
            _format(child, found)
        elif tag not in (f"{_W}pPr", f"{_W}tbl", _FALLBACK) and isinstance(tag, str):
            _gather(child, out, found)


def _format(run: Any, found: _Found) -> None:
    """Hidden words are kept, and told: the author may not know of them."""
    if run.find(f"{_W}vanish") is not None:
        found.add("隐藏文字（已照样留下，请看是否要删去）")


def _all_text(node: Any) -> str:
    """Return every word below a node, once: a text box may stand there in two forms."""
    return "".join(
        one.text or ""
        for one in node.iter(f"{_W}t", f"{_W}delText", f"{_M}t")
        if next(one.iterancestors(_FALLBACK), None) is None
    )


def _overlooked(body: Any, lines: Sequence[Line], rows: Sequence[str], found: _Found) -> None:
    """Tell every word that no rule above has seen: whatever Word thinks of next loses nothing."""
    told = [word for words in found.words.values() for word in words]
    seen = "\n".join([*(line.text for line in lines), *rows, *told])
    for one in body.iter(f"{_W}t"):
        text = (one.text or "").strip()
        if text and text not in seen and next(one.iterancestors(_FALLBACK), None) is None:
            found.add("没有认出来的文字", text)


def _value(node: Any, path: str) -> str:
    found = node.find("/".join(_W + step for step in path.split("/")))
    return "" if found is None else str(found.get(f"{_W}val") or "")


def _levels(document: Any) -> dict[str, int]:
    """Return style id -> level of the heading it is, by its name or its outline."""
    levels: dict[str, int] = {}
    for style in document.styles.element.iter(f"{_W}style"):
        name, outline = _value(style, "name"), _value(style, "pPr/outlineLvl")
        match = _HEADING.fullmatch(name.strip())
        if match:
            levels[str(style.get(f"{_W}styleId"))] = int(match[1])
        elif outline.isdecimal() and int(outline) < 9:
            levels[str(style.get(f"{_W}styleId"))] = int(outline) + 1
        elif name.strip().lower() == "title":
            levels[str(style.get(f"{_W}styleId"))] = 1
    return levels


def _lists(document: Any) -> set[str]:
    """Return the ids of styles that make a point of a list."""
    return {
        str(style.get(f"{_W}styleId"))
        for style in document.styles.element.iter(f"{_W}style")
        if _value(style, "pPr/numPr/numId") not in ("", "0")
    }


def _beside(document: Any, found: _Found) -> None:
    """Tell what stands beside the text: comments, notes, headers and footers."""
    from docx.oxml import parse_xml

    for part in document.part.package.iter_parts():
        match = _PART.fullmatch(str(part.partname))
        if not match:
            continue
        what, element = _BESIDE[match[1]]
        root = part.element if hasattr(part, "element") else parse_xml(part.blob)
        for one in root.iter(element):
            if (text := _all_text(one)).strip():
                found.add(what, text)


def plain(lines: Sequence[Line]) -> list[str]:
    """Return lines as Markdown: a heading behind ##, a point of a list behind -."""
    return [
        f"## {line.text.strip()}"
        if line.level and line.text.strip()
        else f"- {line.text}"
        if line.listed
        else line.text
        for line in lines
    ]
