"""The Word file that an editor fills in: a table of fields, then a heading for each section."""

from __future__ import annotations

import io
from collections.abc import Mapping
from datetime import date

from bot.core.content import HEADINGS
from bot.core.model import Kind
from bot.library.drafts import fields_of


def blank(kind: Kind, today: date) -> bytes:
    """Return the template of a kind: its fields with what is usual, its headings empty."""
    fields = {**fields_of(kind, "", "", today), "生效": "", "失效": "", "状态": ""}
    shown = {key: value for key, value in fields.items() if key not in ("状态", "更正")}
    return filled(shown, dict.fromkeys(HEADINGS[kind], ""))


def filled(fields: Mapping[str, str], sections: Mapping[str, str]) -> bytes:
    """Return a Word file of such fields and sections; a section named "" stands before all."""
    from docx import Document
    from docx.oxml.ns import qn
    from docx.shared import Cm, Pt

    document = Document()
    normal = document.styles["Normal"]
    normal.font.name, normal.font.size = "宋体", Pt(12)
    normal.element.get_or_add_rPr().get_or_add_rFonts().set(qn("w:eastAsia"), "宋体")
    table = document.add_table(rows=0, cols=2, style="Table Grid")
    for key, value in fields.items():
        cells = table.add_row().cells
        cells[0].text, cells[1].text = key, value
        cells[0].width, cells[1].width = Cm(3), Cm(13)
    for heading, text in sections.items():
        if heading:
            document.add_heading(heading, level=2)
        for line in text.split("\n"):
            document.add_paragraph(line)
    out = io.BytesIO()
    document.save(out)
    return out.getvalue()
