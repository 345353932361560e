"""The roster from a CSV or an .xlsx that Excel or WPS wrote; COLUMNS lists its header.

Names and accounts only: a column that looks like a phone or identity number is refused, because
nothing of the kind may lie about here.
"""

from __future__ import annotations

import csv
import difflib
import io
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from pathlib import Path
from zipfile import ZipFile

from bot.core.content import parse_date
from bot.core.model import Member, Problem
from bot.library.decode import Unreadable, read_text

COLUMNS = {
    "姓名": "name",
    "账号": "id",
    "部门": "department",
    "支部": "branch",
    "职务类别": "duty",
    "岗位": "post",
    "在岗状态": "on_duty",
    "休假至": "leave_until",
    "备注": "note",
}
_ALIASES = {"帐号": "账号", "企业微信账号": "账号", "userid": "账号", "党支部": "支部"}
MAX_BYTES = 32 * 1024 * 1024  # 200,000 people
MAX_UNPACKED, MAX_COLUMNS = 256 * 1024 * 1024, 100
LONG_NOTHING = 1000  # rows
TITLES = 5  # rows among which the header is looked for
_SCIENTIFIC = re.compile(r"\d(\.\d+)?E\+\d+", re.IGNORECASE | re.ASCII)
_FORBIDDEN = ("身份证", "手机", "电话", "政治面貌", "银行")


def read_roster(path: Path) -> tuple[list[Member], list[Problem]]:
    """Return the members of a .csv or .xlsx file and what is wrong with it, row by row."""
    if path.suffix.lower() == ".xlsx":
        return _read_sheet(path)
    try:
        text = read_text(path, MAX_BYTES)
    except Unreadable as error:
        return [], [_problem(path, 0, str(error))]
    return parse_roster(text, path)


def _read_sheet(path: Path) -> tuple[list[Member], list[Problem]]:
    """Read the first sheet of a workbook; what a formula last came to is what it says."""
    from openpyxl import load_workbook  # slow to load, and seldom wanted

    try:
        if path.stat().st_size > MAX_BYTES:
            return [], [_problem(path, 0, f"文件超过 {MAX_BYTES >> 20} MB")]
        with ZipFile(path) as packed:
            if sum(one.file_size for one in packed.infolist()) > MAX_UNPACKED:
                return [], [_problem(path, 0, "解开以后太大，不像名册：请另存一份只有名册的")]
        book = load_workbook(path, read_only=True, data_only=True)
        rows = list(_near(book.worksheets[0].iter_rows(max_col=MAX_COLUMNS, values_only=True)))
        book.close()
    except OSError as error:
        return [], [_problem(path, 0, f"打不开：{error.strerror or type(error).__name__}")]
    except Exception:  # openpyxl raises a dozen things on what is no workbook
        return [], [_problem(path, 0, "不是完整的 .xlsx 表格：请用 Excel 或 WPS 另存一次")]
    return _parse_rows(rows, path)


def _near(rows: Iterable[Sequence[object]]) -> Iterator[list[str]]:
    """Give the rows of a sheet as text, to the last before a long nothing: a stray cell or a
    colour at the very bottom makes a million empty ones."""
    empty = list[list[str]]()
    for row in rows:
        cells = [_cell(cell) for cell in row]
        if any(cell.strip() for cell in cells):
            yield from empty
            empty.clear()
            yield cells
        elif len(empty) == LONG_NOTHING:
            return
        else:
            empty.append(cells)


def _cell(value: object) -> str:
    """Return a cell as a person sees it: a number that is whole without .0, a day as a day."""
    if value is None:
        return ""
    if isinstance(value, float) and value.is_integer():
        return str(int(value))
    if isinstance(value, datetime):
        return value.date().isoformat()
    return str(value)


def parse_roster(text: str, path: Path) -> tuple[list[Member], list[Problem]]:
    try:
        first = next((line for line in text.splitlines() if line.strip()), "")
        mark = max(",\t;", key=first.count)
        rows = list(csv.reader(io.StringIO(text, newline=""), delimiter=mark))
    except csv.Error:
        return [], [_problem(path, 0, "不是完整的 CSV：大概有一个引号没有成对")]
    return _parse_rows(rows, path)


def _parse_rows(rows: Sequence[Sequence[str]], path: Path) -> tuple[list[Member], list[Problem]]:
    if not rows:
        return [], [_problem(path, 1, "文件是空的；第一行应是表头：" + " ".join(COLUMNS))]
    top, header = _header(rows)
    if bad := [cell for cell in header if any(word in cell for word in _FORBIDDEN)]:
        hint = f"有“{'、'.join(bad)}”列：名册不得含这些信息，请删去该列后再导入"
        return [], [_problem(path, 1, hint)]
    if missing := [name for name in ("姓名", "账号") if name not in header]:
        return [], [_problem(path, 1, f"表头缺少“{'、'.join(missing)}”列")]
    if twice := sorted({name for name in header if name and header.count(name) > 1}):
        return [], [_problem(path, 1, f"表头的“{'、'.join(twice)}”列写了两次，请只留一列")]
    members: dict[str, Member] = {}
    problems = [_passed_over(path, name) for name in header if name and name not in COLUMNS]
    for number, row in enumerate(rows[top + 1 :], top + 2):
        if any(cell.strip() for cell in row[len(header) :]):
            problems.append(_problem(path, number, "比表头多出几格，请检查逗号和引号"))
            continue
        cells = {name: cell.strip() for name, cell in zip(header, row, strict=False)}
        if not any(cells.values()):
            continue
        try:
            member = _member(cells)
            if member.id.casefold() in members:
                raise ValueError(f"账号“{member.id}”重复")
            members[member.id.casefold()] = member
        except ValueError as error:
            problems.append(_problem(path, number, str(error)))
    if not members and all(problem.severity == "warning" for problem in problems):
        problems.append(_problem(path, 1, "只有表头，没有人员"))
    return list(members.values()), problems


def _header(rows: Sequence[Sequence[str]]) -> tuple[int, list[str]]:
    """Return which row the header is, and its names: titles may stand over it."""
    named = [[_ALIASES.get(cell.strip(), cell.strip()) for cell in row] for row in rows[:TITLES]]
    found = (n for n, row in enumerate(named) if {"姓名", "账号"} <= set(row))
    top = next(found, 0)
    return top, named[top]


def _passed_over(path: Path, name: str) -> Problem:
    """A column we do not know: a slip of the pen is an error, 序号 and the like are not."""
    near = difflib.get_close_matches(name, [*COLUMNS, *_ALIASES], n=1, cutoff=0.7)
    if near:
        return _problem(path, 1, f"不认识“{name}”列，是不是“{near[0]}”？")
    return replace(_problem(path, 1, f"不认识“{name}”列，没有读入"), severity="warning")


def _member(cells: Mapping[str, str]) -> Member:
    for name in ("姓名", "账号"):
        if not cells.get(name):
            raise ValueError(f"缺少{name}")
    if _SCIENTIFIC.fullmatch(cells["账号"]):
        raise ValueError(f"账号“{cells['账号']}”被表格软件改写了，请把该列设为文本后重填")
    if "|" in cells["账号"]:
        raise ValueError("账号里不能有“|”")
    status = cells.get("在岗状态", "")
    if status not in ("", "在岗", "离岗", "休假", "借调", "退休", "离职"):
        raise ValueError(f"在岗状态“{status}”不认识，请写 在岗、休假、离岗、借调、退休 或 离职")
    texts = {COLUMNS[name]: value for name, value in cells.items() if name in COLUMNS}
    leave = parse_date(texts.pop("leave_until", ""), "休假至")
    texts.pop("on_duty", None)
    # 休假 with a date ends by itself; without one, only the next import ends it.
    on_duty = status in ("", "在岗") or (status == "休假" and leave is not None)
    return Member(on_duty=on_duty, leave_until=leave, **texts)


def _problem(path: Path, line: int, message: str) -> Problem:
    return Problem(path=str(path), line=line, severity="error", code="roster", message=message)
