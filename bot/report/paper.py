"""The year's pack and the record of one node as Word files, ready to be printed."""

from __future__ import annotations

import io
from collections.abc import Sequence
from typing import Any

from bot.core import messages
from bot.core.periods import Part
from bot.core.telling import percent
from bot.report import bubble, picture
from bot.report.ledger import Ledger
from bot.report.seen import words_in
from bot.report.yearbook import Entry, Yearbook, paragraph

FONT, HEADING = "宋体", "黑体"
PICTURE_CM, TALLEST_CM = 7.9, 21.0
SHORT = 16  # rows of a table that is not torn over two pages
_ROWS = ("日期", "节点/期次", "类别", "标题", "编号", "推送范围", "发送结果", "阅知率")


class Paper:
    """A document in the making: its headings are listed on its contents page."""

    def __init__(self) -> None:
        from docx import Document  # late: only who asks for Word waits for it

        self.document: Any = Document()
        self.headings: list[tuple[int, str, str]] = []  # level, text, bookmark
        self._styled()

    def _styled(self) -> None:
        from docx.oxml.ns import qn
        from docx.shared import Cm, Pt, RGBColor

        for name, font in (("Normal", FONT), ("Heading 1", HEADING), ("Heading 2", HEADING)):
            style = self.document.styles[name]
            style.font.name = font
            style.element.get_or_add_rPr().get_or_add_rFonts().set(qn("w:eastAsia"), font)
            style.font.color.rgb = RGBColor(0, 0, 0)
        normal = self.document.styles["Normal"]
        normal.font.size, normal.paragraph_format.space_after = Pt(10.5), Pt(4)
        section = self.document.sections[0]
        section.page_width, section.page_height = Cm(21), Cm(29.7)
        section.left_margin = section.right_margin = Cm(2.4)
        _page_number(section.footer.paragraphs[0])

    def line(self, text: str, size: float = 0, *, middle: bool = False, bold: bool = False) -> Any:
        from docx.enum.text import WD_ALIGN_PARAGRAPH
        from docx.shared import Pt

        made = self.document.add_paragraph()
        run = made.add_run(text)
        run.bold = bold
        if size:
            run.font.size = Pt(size)
        if middle:
            made.alignment = WD_ALIGN_PARAGRAPH.CENTER
        return made

    def heading(self, text: str, level: int, *, page: bool = False) -> None:
        made = self.document.add_heading(text, level)
        made.paragraph_format.page_break_before = page
        name = f"_Toc{1000 + len(self.headings)}"
        _bookmark(made, name, len(self.headings))
        self.headings.append((level, text, name))

    def table(self, rows: Sequence[Sequence[str]], widths: Sequence[float], *, head: bool) -> None:
        from docx.shared import Cm, Pt

        table = self.document.add_table(rows=0, cols=len(widths), style="Table Grid")
        table.autofit = False
        for column, width in zip(table.columns, widths, strict=True):
            column.width = Cm(width)
        for number, row in enumerate(rows):
            for cell, text, width in zip(table.add_row().cells, row, widths, strict=True):
                cell.width = Cm(width)
                cell.text = text
                shape = cell.paragraphs[0].paragraph_format
                shape.space_before = shape.space_after = Pt(2)
                shape.keep_with_next = len(rows) <= SHORT and number < len(rows) - 1
                for run in cell.paragraphs[0].runs:
                    run.font.size = Pt(9)
                    run.bold = head and number == 0
            _whole(table.rows[-1])
        if head:
            _repeated(table.rows[0])
        self.document.add_paragraph()

    def seen(self, seen: str) -> None:
        """Put down a message as it was seen: its words, and beside them its picture."""
        from docx.shared import Cm, Pt

        table = self.document.add_table(rows=1, cols=2)
        table.autofit = False
        left, right = table.rows[0].cells
        for column, cell in zip(table.columns, (left, right), strict=True):
            column.width = cell.width = Cm(PICTURE_CM + 0.1)
        cell_lines = [line for line in bubble.words(seen) if line] or words_in(seen).split("\n")
        for number, line in enumerate(cell_lines):
            made = left.paragraphs[0] if number == 0 else left.add_paragraph()
            made.add_run(line).font.size = Pt(9)
            made.paragraph_format.space_after = Pt(3)
        if (png := _drawn(seen)) is not None:
            width, height = (int.from_bytes(png[at : at + 4]) for at in (16, 20))
            tall = PICTURE_CM * height / width
            shown = PICTURE_CM if tall <= TALLEST_CM else PICTURE_CM * TALLEST_CM / tall
            right.paragraphs[0].add_run().add_picture(io.BytesIO(png), width=Cm(shown))
        self.document.add_paragraph()

    def contents(self, before: Any) -> None:
        """Put the contents page before a paragraph: every heading, with a page to be filled in."""
        for level, text, name in self.headings:
            made = before.insert_paragraph_before()
            _contents_line(made, level, text, name)

    def bytes(self) -> bytes:
        out = io.BytesIO()
        self.document.save(out)
        return out.getvalue()


def pack(book: Yearbook) -> bytes:
    """Return the year's pack: nothing in it is to be filled in."""
    paper = Paper()
    for _ in range(5):
        paper.line("")
    paper.line(book.unit, 18, middle=True)
    paper.line(messages.PACK_TITLE.format(book.name), 24, middle=True, bold=True)
    paper.line(messages.PACK_MADE.format(book.as_of), middle=True)
    paper.line("")
    paper.line(messages.NOT_FOR_APPRAISAL, middle=True, bold=True)
    paper.line(messages.PACK_NO_RECORDS, middle=True)
    top = paper.line(messages.CONTENTS, 16, middle=True, bold=True)
    top.paragraph_format.page_break_before = True
    after = paper.line("")
    paper.heading(messages.PACK_PARAGRAPH, 1, page=True)
    paper.line(paragraph(book)).paragraph_format.first_line_indent = _two_characters()
    paper.heading(messages.PACK_YEAR, 1)
    paper.table([_MONTH_HEAD, *map(_month_row, book.span.parts)], _MONTH_WIDTHS, head=True)
    paper.line(messages.PERIOD_WEEKS + messages.HOW_MEASURED, 9)
    for name, found in book.months():
        paper.heading(name, 1, page=True)
        rows = [_ROWS, *map(_listed, found)]
        paper.table(rows, (1.5, 2.6, 1.8, 3.4, 1.7, 1.5, 2.2, 1.5), head=True)
        for entry in found:
            if entry.node:
                record(paper, entry)
    paper.heading(messages.PACK_MENDED, 1, page=True)
    mended = [_listed(entry) for entry in book.entries if entry.row.corrected]
    paper.line(messages.PACK_NONE if not mended else "")
    if mended:
        paper.table([_ROWS, *mended], (1.5, 2.6, 1.8, 3.4, 1.7, 1.5, 2.2, 1.5), head=True)
    paper.line(messages.LEDGER_SUM.format(len(book.ledger.rows), book.ledger.seal), 9)
    paper.contents(after)
    return paper.bytes()


def node_record(entries: Sequence[Entry], unit: str, ledger: Ledger) -> bytes:
    """Return the printable record of one node: what, when, who approved, where it went."""
    paper = Paper()
    paper.line(messages.NOT_FOR_APPRAISAL, 9)
    name = entries[0].row.occurrence.partition(" ")[0]
    paper.line(messages.NODE_TITLE.format(name, entries[0].row.day.year), 18, middle=True)
    paper.line(unit, middle=True)
    for entry in entries:
        record(paper, entry)
    paper.line(messages.NODE_SUM.format(ledger.name, len(ledger.rows), ledger.seal), 9)
    return paper.bytes()


def record(paper: Paper, entry: Entry) -> None:
    """Put down all that is known of one text: facts, approvals, places, words and picture."""
    row = entry.row
    paper.heading(f"{row.day:%m-%d} {row.occurrence.replace(' ', ' ', 1)}《{row.title}》", 2)
    facts = [
        ("编号", f"{row.item}（{row.number}）" if row.number else row.item),
        ("版本", row.digest[:12]),
        ("来源", row.source),
        ("依据", row.basis),
        ("起草", row.author),
        ("审核", row.reviewed or messages.PACK_NO_REVIEW),
        ("保密审查", row.secrecy),
        ("覆盖人数", row.covered),
        ("可回执人数", row.reachable),
        ("已阅人数", row.read),
        ("阅知率", row.rate),
        ("更正/撤回", row.corrected),
        ("备注", row.note),
    ]
    paper.table([fact for fact in facts if fact[1]], (2.6, 13.4), head=False)
    places = [
        (one.name, one.channel, f"{one.when:%m-%d %H:%M}" if one.when else "", one.end)
        for one in entry.places
    ]
    paper.table([("对象", "渠道", "时间", "结果"), *places], (4.6, 3, 3, 5.4), head=True)
    for way, seen in entry.seen:
        head = paper.line(messages.PACK_SEEN.format(way), bold=True)
        head.paragraph_format.keep_with_next = True
        paper.seen(seen)


_MONTH_HEAD = ("月份", "篇数", "推送次数", "覆盖人次", "可回执", "已阅", "阅知率")
_MONTH_WIDTHS = (2.2, 2, 2.4, 2.6, 2.4, 2.2, 2.2)


def _month_row(part: Part) -> tuple[str, ...]:
    found = part.figures
    read = str(found.read) if found.reachable else messages.NO_RATE
    name = part.name + ("（部分阅知中）" if part.open else "")
    counted = (part.texts, found.pushes, found.covered, found.reachable)
    return name, *map(str, counted), read, percent(found.rate)


def _listed(entry: Entry) -> tuple[str, ...]:
    row = entry.row
    return (
        *(f"{row.day:%m-%d}", row.occurrence, row.kind, row.title, row.number or row.item),
        *(row.scope, row.result, row.rate),
    )


def _drawn(seen: str) -> bytes | None:
    """Return the picture of a message, None for one that is told in words alone."""
    try:
        return picture.png(bubble.svg(seen, picture.FAMILY))
    except ValueError:
        return None


# -- what python-docx has no words for ---------------------------------------------------------


def _element(tag: str, text: str = "", **attributes: str) -> Any:
    from docx.oxml import OxmlElement
    from docx.oxml.ns import qn

    made = OxmlElement(tag)
    for name, value in attributes.items():
        made.set(qn(f"w:{name}"), value)
    if text:
        made.text = text
    return made


def _two_characters() -> Any:
    from docx.shared import Pt

    return Pt(21)


def _field(run: Any, code: str, shown: str = "") -> None:
    """Put a field into a run, to be worked out when the file is opened."""
    instruction = _element("w:instrText", code)
    instruction.set("{http://www.w3.org/XML/1998/namespace}space", "preserve")
    for piece in (
        _element("w:fldChar", fldCharType="begin", dirty="true"),
        instruction,
        _element("w:fldChar", fldCharType="separate"),
        _element("w:t", shown or " "),
        _element("w:fldChar", fldCharType="end"),
    ):
        run._r.append(piece)


def _page_number(paragraph: Any) -> None:
    from docx.enum.text import WD_ALIGN_PARAGRAPH

    paragraph.alignment = WD_ALIGN_PARAGRAPH.CENTER
    _field(paragraph.add_run(), "PAGE", "1")


def _bookmark(paragraph: Any, name: str, number: int) -> None:
    paragraph._p.insert(0, _element("w:bookmarkStart", id=str(number), name=name))
    paragraph._p.append(_element("w:bookmarkEnd", id=str(number)))


def _contents_line(paragraph: Any, level: int, text: str, name: str) -> None:
    from docx.enum.text import WD_TAB_ALIGNMENT, WD_TAB_LEADER
    from docx.shared import Cm, Pt

    paragraph.paragraph_format.left_indent = Cm(0.7 * (level - 1))
    paragraph.paragraph_format.space_after = Pt(2)
    stops = paragraph.paragraph_format.tab_stops
    stops.add_tab_stop(Cm(16), WD_TAB_ALIGNMENT.RIGHT, WD_TAB_LEADER.DOTS)
    link = _element("w:hyperlink", anchor=name)
    run = paragraph.add_run(f"{text}\t")
    page = paragraph.add_run()
    _field(page, f"PAGEREF {name} \\h")
    for one in (run, page):
        link.append(one._r)
    paragraph._p.append(link)


def _whole(row: Any) -> None:
    """No row is torn over two pages."""
    row._tr.get_or_add_trPr().append(_element("w:cantSplit"))


def _repeated(row: Any) -> None:
    row._tr.get_or_add_trPr().append(_element("w:tblHeader", val="true"))
