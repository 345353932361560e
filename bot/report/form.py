"""《信息发布审核表》: several texts on one sheet of paper, for a unit that signs by hand."""

from __future__ import annotations

import io
import re
from collections.abc import Sequence
from dataclasses import dataclass
from html import escape

from bot.core import messages


@dataclass(frozen=True, kw_only=True)
class Entry:
    """One text on the form, with all that a reviewer must see."""

    id: str
    title: str
    kind: str
    digest: str
    author: str
    lines: tuple[str, ...]  # core.diff.lines_of
    steps: tuple[str, ...]

    @property
    def code(self) -> str:
        return self.digest[:12]


@dataclass(frozen=True, kw_only=True)
class Form:
    number: str
    unit: str
    day: str  # printed on
    entries: tuple[Entry, ...]

    @property
    def steps(self) -> list[str]:
        """Every step that some text of the form needs, in order."""
        return list(dict.fromkeys(step for entry in self.entries for step in entry.steps))

    def rows(self) -> list[list[str]]:
        heads = [["序号", "编号", "标题", "类别", "起草", "校验码"]]
        return heads + [
            [str(n), one.id, one.title, one.kind, one.author, one.code]
            for n, one in enumerate(self.entries, 1)
        ]

    def heading(self) -> str:
        return f"单位：{self.unit}　　表号：{self.number}　　打印日期：{self.day}"


_BOLD = re.compile(r"\*\*(.+?)\*\*")
_SIGN = "□同意　□退回　意见：　　　　　　　　签名：　　　　　　　日期：　　　　"


def docx(form: Form) -> bytes:
    """Return the form as a Word file."""
    from docx import Document
    from docx.enum.text import WD_ALIGN_PARAGRAPH
    from docx.oxml.ns import qn
    from docx.shared import Pt

    document = Document()
    normal = document.styles["Normal"]
    normal.font.name, normal.font.size = "宋体", Pt(10.5)
    normal.element.get_or_add_rPr().get_or_add_rFonts().set(qn("w:eastAsia"), "宋体")
    title = document.add_paragraph()
    title.alignment = WD_ALIGN_PARAGRAPH.CENTER
    run = title.add_run(messages.FORM_TITLE)
    run.bold, run.font.size = True, Pt(18)
    document.add_paragraph(form.heading())
    _table(document, form.rows())
    document.add_paragraph(messages.FORM_CHECKS)
    _table(document, [["环节", "审核意见"], *([step, _SIGN] for step in form.steps)])
    document.add_paragraph(messages.FORM_NOTE)
    for entry in form.entries:
        heading = document.add_paragraph()
        heading.paragraph_format.page_break_before = True
        heading.add_run(f"附 {entry.id}（校验码 {entry.code}）").bold = True
        for line in entry.lines:
            paragraph = document.add_paragraph()
            for text, bold in _runs(line):
                paragraph.add_run(text).bold = bold
    out = io.BytesIO()
    document.save(out)
    return out.getvalue()


def _table(document: object, rows: Sequence[Sequence[str]]) -> None:
    table = document.add_table(rows=0, cols=len(rows[0]), style="Table Grid")  # type: ignore[attr-defined]
    for row in rows:
        for cell, text in zip(table.add_row().cells, row, strict=True):
            cell.text = text


def html(form: Form) -> str:
    """Return the form as a page to be printed."""
    signs = [["环节", "审核意见"], *([step, _SIGN] for step in form.steps)]
    texts = "".join(
        f"<section><h2>附 {escape(one.id)}（校验码 {one.code}）</h2>"
        + "".join(f"<p>{_marked(line)}</p>" for line in one.lines)
        + "</section>"
        for one in form.entries
    )
    body = (
        f"<h1>{messages.FORM_TITLE}</h1><p>{escape(form.heading())}</p>{_grid(form.rows())}"
        f"<p>{messages.FORM_CHECKS}</p>{_grid(signs)}<p>{messages.FORM_NOTE}</p>{texts}"
    )
    return _PAGE.format(title=messages.FORM_TITLE, body=body)


def _runs(line: str) -> list[tuple[str, bool]]:
    """Return (text, whether bold) of a line as readers see it: without ## and **."""
    if line.startswith("## "):
        return [(line[3:], True)]
    parts = _BOLD.split(line)
    return [(text, n % 2 == 1) for n, text in enumerate(parts) if text]


def _marked(line: str) -> str:
    return "".join(f"<b>{escape(text)}</b>" if bold else escape(text) for text, bold in _runs(line))


def _grid(rows: Sequence[Sequence[str]]) -> str:
    head, *rest = ["".join(f"<td>{escape(cell)}</td>" for cell in row) for row in rows]
    lines = "".join(f"<tr>{row}</tr>" for row in rest)
    return f"<table><tr class='head'>{head}</tr>{lines}</table>"


_PAGE = """<!doctype html>
<html lang="zh-CN"><head><meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>{title}</title>
<style>
body {{ max-width: 46em; margin: 0 auto; padding: 1rem; color: #111;
  font: 15px/1.7 "SimSun", "Noto Serif CJK SC", serif; overflow-wrap: anywhere; }}
h1 {{ text-align: center; font-size: 1.6rem; }}
table {{ width: 100%; border-collapse: collapse; margin: .6em 0; }}
td {{ border: 1px solid #333; padding: .4em .5em; vertical-align: top; }}
tr.head td {{ font-weight: bold; white-space: nowrap; }}
h2 {{ font-size: 1rem; }} p {{ margin: .3em 0; }}
@media print {{ section {{ break-before: page; }} }}
</style></head><body>{body}</body></html>
"""
