"""《签收表》: who signed for which document, as .xlsx or .csv. Nobody else stands in it."""

from __future__ import annotations

import csv
import io
from collections.abc import Mapping, Sequence

from bot.core import messages
from bot.core.model import Member, Signature

COLUMNS = ("序号", "姓名", "部门", "文件", "签收时间", "方式", "文本校验值（sha256）")
WIDTHS = (6, 12, 18, 36, 18, 22, 70)
_FORMULA = ("=", "+", "-", "@", "\t", "\r")


def lines(signatures: Sequence[Signature], people: Mapping[str, Member]) -> list[tuple[str, ...]]:
    """Return the cells of each signature, by time; a name is looked up now, else the account."""
    found = []
    for number, one in enumerate(sorted(signatures, key=lambda one: (one.at, one.person)), 1):
        member = people.get(one.person.casefold(), Member(id=one.person, name=one.person))
        when = f"{one.at:%Y-%m-%d %H:%M}"
        cells = (member.name, member.department, one.title, when, one.means, one.digest)
        found.append((str(number), *map(_plain, cells)))
    return found


def _plain(cell: str) -> str:
    return f"'{cell}" if cell.startswith(_FORMULA) else cell


def write_csv(unit: str, rows: Sequence[Sequence[str]]) -> bytes:
    out = io.StringIO(newline="")
    writer = csv.writer(out)
    writer.writerows([[messages.NOT_FOR_APPRAISAL], [messages.SIGNED_TITLE, unit], COLUMNS, *rows])
    return b"\xef\xbb\xbf" + out.getvalue().encode()


def write_xlsx(unit: str, rows: Sequence[Sequence[str]]) -> bytes:
    import xlsxwriter  # here: only who asks for a workbook waits for it

    out = io.BytesIO()
    options = {"in_memory": True, "strings_to_formulas": False, "strings_to_urls": False}
    with xlsxwriter.Workbook(out, options) as book:
        sheet = book.add_worksheet(messages.SIGNED_TITLE)
        for number, width in enumerate(WIDTHS):
            sheet.set_column(number, number, width)
        head = [[messages.NOT_FOR_APPRAISAL], [f"{messages.SIGNED_TITLE}　{unit}"], COLUMNS]
        for number, row in enumerate([*head, *rows]):
            sheet.write_row(number, 0, row)
        sheet.set_landscape()
        sheet.fit_to_pages(1, 0)
    return out.getvalue()


WRITERS = {".csv": write_csv, ".xlsx": write_xlsx}
