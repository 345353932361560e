"""The roster as Excel and WPS write it, and as it must not be."""

from __future__ import annotations

import time
import zipfile
from datetime import date
from pathlib import Path

import pytest
from openpyxl import Workbook

from bot.core.model import Member
from bot.library.roster import read_roster

HEAD = "姓名,账号,部门,支部,在岗状态,休假至\n"
TEXT = HEAD + "张三,zhangsan,办公室,机关一支部,在岗,\n李喆,li,财务处,机关二支部,休假,2026/7/1\n"
MEMBERS = [
    Member(id="zhangsan", name="张三", department="办公室", branch="机关一支部"),
    Member(
        id="li", name="李喆", department="财务处", branch="机关二支部", leave_until=date(2026, 7, 1)
    ),
]


def roster(tmp_path: Path, content: str | bytes):
    path = tmp_path / "名册.csv"
    path.write_bytes(content if isinstance(content, bytes) else content.encode())
    return read_roster(path)


@pytest.mark.parametrize(
    "content",
    [
        TEXT.encode(),
        TEXT.encode("utf-8-sig"),
        TEXT.encode("gb18030"),
        TEXT.encode("utf-16"),
        TEXT.replace("\n", "\r\n").encode("gbk"),
        TEXT.replace("\n", "\r").encode(),
        ('"' + TEXT.replace(",", '","').strip().replace("\n", '"\n"') + '"').encode(),
        TEXT.replace("账号", "企业微信账号").encode(),
        (TEXT + ",,,,,\n\n").encode(),
        ("市局人员名册,,,,,\n2026年6月,,,,,\n" + TEXT).encode(),  # titles over the header
        TEXT.replace(",", "\t").encode("utf-16"),  # Excel's "Unicode 文本"
        TEXT.replace(",", ";").encode(),
    ],
)
def test_a_roster_is_read_however_it_was_saved(tmp_path, content):
    assert roster(tmp_path, content) == (MEMBERS, [])


@pytest.mark.parametrize(
    ("row", "word"),
    [
        (",zhao,,,,", "缺少姓名"),
        ("赵六,,,,,", "缺少账号"),
        ("赵六,ZhangSan,,,,", "重复"),
        ("赵六,a|b,,,,", "“|”"),
        ("赵六,1.38E+10,,,,", "设为文本"),
        ("赵六,zhao,,,长假,", "在岗状态"),
        ("赵六,zhao,,,休假,七月", "休假至"),
        ("赵六,zhao,,,在岗,,多,了", "多出"),
    ],
)
def test_an_error_names_its_row_and_the_good_rows_are_still_read(tmp_path, row, word):
    members, problems = roster(tmp_path, TEXT + row + "\n")
    assert members == MEMBERS
    assert [problem.line for problem in problems] == [4]
    assert word in problems[0].message


@pytest.mark.parametrize(
    "column", ["身份证号", "手机号码", "联系电话", "政治面貌", "银行卡号", "办公电话"]
)
def test_a_column_that_must_not_lie_about_is_refused(tmp_path, column):
    members, problems = roster(tmp_path, f"姓名,账号,{column}\n张三,zhangsan,x\n")
    assert members == []
    assert column in problems[0].message


@pytest.mark.parametrize(
    ("content", "word"),
    [
        ("", "空的"),
        (HEAD, "没有人员"),
        ("姓名,部门\n张三,办公室\n", "账号"),
        ("姓名,姓名,账号\n张,三,zhangsan\n", "两次"),
        (HEAD + '张三,"zhangsan,' + "x" * 200_000, "引号"),
        (b"PK\x03\x04\0\0" * 99, "不是文本文件"),
        (b"\xff\xfe\x00", "编码"),
    ],
)
def test_a_file_that_is_no_roster_says_why(tmp_path, content, word):
    members, problems = roster(tmp_path, content)
    assert members == []
    assert any(word in problem.message for problem in problems)


def test_a_slip_in_a_column_is_an_error_and_a_strange_one_a_warning(tmp_path):
    _, problems = roster(tmp_path, "序号,姓名,账号,在岗状况\n1,张三,zhangsan,离岗\n")
    assert [(p.severity, p.line) for p in problems] == [("warning", 1), ("error", 1)]
    assert "在岗状态" in problems[1].message


def test_a_whole_city_is_read(tmp_path):
    rows = "".join(f"人员{n},u{n:06d},某某局办公室,第{n % 500}支部,在岗,\n" for n in range(20_000))
    members, problems = roster(tmp_path, HEAD + rows)
    assert (len(members), problems) == (20_000, [])


def test_a_roster_that_is_not_there_says_so(tmp_path):
    _, (problem,) = read_roster(tmp_path / "nope.csv")
    assert "找不到" in problem.message
    _, (problem,) = read_roster(tmp_path)
    assert "不是普通文件" in problem.message


def test_a_workbook_says_what_a_csv_says(tmp_path):
    from datetime import date

    from openpyxl import Workbook

    book = Workbook()
    sheet = book.active
    sheet.append(["姓名", "帐号", "党支部", "在岗状态", "休假至"])
    sheet.append(["张三", "zhangsan", "机关一支部", "在岗", None])
    sheet.append(["李四", 1024.0, "机关一支部", "休假", date(2026, 6, 30)])
    sheet.append(["王五", None, "机关一支部", "", None])
    book.save(tmp_path / "名册.xlsx")
    members, problems = read_roster(tmp_path / "名册.xlsx")
    assert [(m.id, m.leave_until) for m in members] == [
        ("zhangsan", None),
        ("1024", date(2026, 6, 30)),
    ]
    assert [(problem.line, problem.message) for problem in problems] == [(4, "缺少账号")]


def test_what_is_no_workbook_is_a_problem_and_no_crash(tmp_path):
    (tmp_path / "名册.xlsx").write_bytes(b"PK\x03\x04 half a zip")
    members, problems = read_roster(tmp_path / "名册.xlsx")
    assert members == []
    assert "另存" in problems[0].message
    assert "打不开" in read_roster(tmp_path / "没有.xlsx")[1][0].message


@pytest.mark.parametrize("cell", ["C300000", "XFD1048576", "XFD2"])
def test_a_stray_cell_far_out_costs_neither_time_nor_memory(tmp_path, cell):
    """Formatting or a blank down to the last row is common; only what stands near is read."""
    book = Workbook()
    book.active.append(["姓名", "账号"])
    book.active.append(["张三", "zhangsan"])
    book.active[cell] = " "
    book.save(tmp_path / "名册.xlsx")
    began = time.process_time()
    members, problems = read_roster(tmp_path / "名册.xlsx")
    assert [member.id for member in members] == ["zhangsan"]
    assert problems == []
    assert time.process_time() - began < 2


def test_a_workbook_that_unpacks_to_more_than_any_roster_is_refused_unread(tmp_path):
    book = Workbook()
    book.active.append(["姓名", "账号"])
    book.save(tmp_path / "名册.xlsx")
    with zipfile.ZipFile(
        tmp_path / "名册.xlsx", "a", zipfile.ZIP_DEFLATED, compresslevel=1
    ) as bomb:
        bomb.writestr("xl/sharedStrings2.xml", bytes(300 << 20))
    members, [problem] = read_roster(tmp_path / "名册.xlsx")
    assert members == []
    assert "太大" in problem.message
