"""Posters and long pictures (bot/report/board.py, typeset.py)."""

from __future__ import annotations

import re
import struct
import zlib
from datetime import date

import pytest
import segno

from bot.core.model import Item, Kind
from bot.core.outlets import Shown
from bot.core.render import Reading
from bot.report import board, codes, typeset
from bot.report.board import Sheet

FOOTER = ("监督举报：12388，局机关纪委", "某某局 · 自愿阅看，不作考核")
PAGE = "https://qf.example.gov.cn/i/SC-01.0123456789abcdef01234567"


def sheet(text="同事在办公室里拆开了一个没写寄件人的快递。", times=1, **more):
    reading = Reading(
        source_line="情景案例·虚构",
        title="谁买的单",
        sections=(("经过", "\n\n".join([text] * times)), ("怎么做", "- 先问清\n- 再退回")),
        basis="《中国共产党纪律处分条例》（2023年修订）",
        source="某机关2026年1月1日通报",
        footer=FOOTER,
    )
    item = Item(id="SC-01", kind=Kind.SCENARIO, title="谁买的单", path="cases/SC-01.md")
    shown = Shown(item=item, reading=reading, summary="", last=date(2028, 11, 23))
    return Sheet(shown=shown, unit="某某局", page=PAGE, number="2026-003", **more)


def opened(pdf):
    """Return the whole of a PDF with its streams unpacked."""
    found = [pdf]
    for part in re.findall(rb"stream\r?\n(.*?)endstream", pdf, re.DOTALL):
        try:
            found.append(zlib.decompress(part))
        except zlib.error:
            continue
    return b"\n".join(found)


@pytest.mark.parametrize("times", [1, 12, 40, 90])
@pytest.mark.parametrize(("paper", "width"), [("a4", 595), ("a3", 842)])
def test_a_poster_is_one_page_of_its_paper_however_long_the_text(times, paper, width):
    whole = opened(board.pdf(sheet(times=times), paper))
    assert len(re.findall(rb"/Type ?/Page\b(?!s)", whole)) == 1
    [box] = set(re.findall(rb"/MediaBox ?\[([^\]]*)\]", whole))
    assert round(float(box.split()[2])) == width
    assert b"/FontFile3" in whole  # its fonts are inside: a print shop has none of ours


def test_a_poster_is_the_same_each_time():
    assert board.pdf(sheet()) == board.pdf(sheet())


def test_a_long_picture_is_1080_wide_and_as_long_as_its_text():
    short, long = (board.long_picture(sheet(times=n)) for n in (1, 20))
    sizes = [struct.unpack(">II", made[16:24]) for made in (short, long)]
    assert [width for width, _ in sizes] == [1080, 1080]
    assert sizes[0][1] + 1000 < sizes[1][1]
    assert len(long) < 2_000_000


def test_a_footer_tells_the_number_and_until_when_it_may_hang():
    assert board.lines(sheet())[:2] == list(FOOTER)
    assert board.lines(sheet())[-1] == "SC-01 · 外发 2026-003 · 有效期至 2028-11-23"


EVIL = (
    '#set page(width: 1pt) #panic("x") <script>x</script> $ x $ @ref "\\" [x](javascript:y) {{ x }}'
)


def test_what_an_author_writes_is_shown_and_never_obeyed():
    made = sheet(text=EVIL)
    assert board.pdf(made)
    page = board.html(made)
    assert "<script" not in page
    assert "<a " not in page
    assert "&lt;script&gt;" in page


def test_the_page_of_a_poster_has_its_number_its_code_and_its_paper():
    page = board.html(sheet(), "a3")
    assert 'class="a3"' in page
    assert "外发 2026-003" in page
    assert codes.svg_address(PAGE).replace("'", "&#39;") in page
    assert 'link rel="stylesheet"' not in page


def test_the_code_leads_to_the_page_and_without_a_page_there_is_none():
    assert codes.svg_address(PAGE) == segno.make(PAGE, error="m", micro=False).svg_data_uri(scale=1)
    assert (codes.svg(""), codes.svg_address("")) == ("", "")


@pytest.mark.parametrize(
    ("text", "kinds"),
    [
        ("一段\n\n又一段", [("p", "", "一段"), ("p", "", "又一段")]),
        ("- 甲\n- **乙**丙", [("li", "·", "甲"), ("li", "·", "乙丙")]),
        ("1. 甲\n2. 乙", [("li", "1.", "甲"), ("li", "2.", "乙")]),
        ("- 甲\n\n  续\n\n末", [("li", "·", "甲"), ("li", "", "续"), ("p", "", "末")]),
        ("> 引\n\n文", [("q", "", "引"), ("p", "", "文")]),
        ("### 小标题\n文", [("h", "", "小标题"), ("p", "", "文")]),
        ("一行\n又一行", [("p", "", "一行又一行")]),
        ("[甲](https://a.example/x)", [("p", "", "甲（https://a.example/x）")]),
    ],
)
def test_blocks_hold_all_the_words_and_no_marks(text, kinds):
    found = typeset.blocks_of(text)
    told = [(b["kind"], b["mark"], "".join(run for run, _ in b["runs"])) for b in found]
    assert told == kinds
