"""Gathers the ledger's rows from what the store holds, and writes them as .xlsx or .csv."""

from __future__ import annotations

import csv
import hashlib
import io
import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, datetime

from bot.core import messages
from bot.core.calendar import iso_week
from bot.core.content import from_words
from bot.core.disclosure import ItemLine
from bot.core.ledger import COLUMNS, Approved, Facts, Row, Text, rows, weeks_of
from bot.core.model import Item, Push, State, is_private
from bot.core.planning import Plan
from bot.library.folder import Library
from bot.report import weekly
from bot.report.forwarding import forwarded
from bot.report.picture import wide
from bot.store import Store

# Of characters; together they fill a sheet of A3 across in a size that can be read.
WIDTHS = (5, 11, 14, 9, 18, 11, 13, 30, 30, 9, 14, 9, 10, 8, 12, 14, 8, 8, 8, 8, 9, 10)
A3, SIZE = 8, 9
LINE, TALLEST = 12.5, 400  # points: of one line of that size, and of what a row may be
_FORMULA = tuple("=+-@＝＋－＠")  # an Excel set to Chinese takes the full-width ones too
_BLANK = ("\t", "\r", "\n", " ", "\u3000")  # that a sheet may cut off before it looks


@dataclass(frozen=True, kw_only=True)
class Ledger:
    """The rows of a period, ready to be written down."""

    name: str  # 2026年11月
    as_of: datetime
    rows: Sequence[Row]
    ways: Mapping[str, str] = field(default_factory=dict)  # channel -> what it is called

    @property
    def cells(self) -> list[tuple[str | int, ...]]:
        return [row.cells(number) for number, row in enumerate(self.rows, 1)]

    @property
    def seal(self) -> str:
        """Return the sha256 over the cells, so that a printed copy can be matched."""
        text = "\n".join("\t".join(map(str, line)) for line in [COLUMNS, *self.cells])
        return hashlib.sha256(text.encode()).hexdigest()


async def gather(
    store: Store,
    library: Library,
    plan: Plan,
    *,
    first: date,
    last: date,
    name: str,
    as_of: datetime,
    approved: Mapping[str, Sequence[Approved]],
    min_people: int,
    ways: Mapping[str, str],
) -> Ledger:
    """Return the ledger of a period. Its figures are the lines of the weekly summaries."""
    found = [push for push in await store.pushes() if push.item and not is_private(push.target)]
    mine = [await _as_sent(store, push) for push in found if first <= push.due.date() <= last]
    facts = Facts(
        items=await _items(store, library, mine),
        lines=await _lines(store, library, plan, mine, first, last, as_of, min_people),
        approved=approved,
        numbers=await _numbers(store, mine),
        names=occasions(plan, range(first.year - 1, last.year + 2)),
        corrections=_corrections(library),
        ways=ways,
    )
    passed_on = await forwarded(store, library, approved, first, last)
    told = sorted([*rows(mine, facts, first, last), *passed_on], key=lambda row: row.day)
    return Ledger(name=name, as_of=as_of, rows=told, ways=ways)


async def _as_sent(store: Store, push: Push) -> Push:
    """Return the push with the digest of the words that really went."""
    if push.state not in (State.SENT, State.UNKNOWN):
        return push
    digests = [one.digest for one in await store.deliveries(push.key) if one.digest]
    return replace(push, digest=digests[-1]) if digests else push


async def _items(store: Store, library: Library, pushes: Sequence[Push]) -> dict[str, Item]:
    items = {item.digest: item for item in library.items}
    for digest in {push.digest for push in pushes} - set(items):
        text = await store.text(digest)
        if text is not None:
            items[digest] = from_words(text)
    return items


async def _lines(
    store: Store,
    library: Library,
    plan: Plan,
    pushes: Sequence[Push],
    first: date,
    last: date,
    as_of: datetime,
    min_people: int,
) -> dict[Text, ItemLine]:
    """Return the summary's line of each text, week by week."""
    found: dict[Text, ItemLine] = {}
    for monday in weeks_of(pushes, first, last):
        if monday > as_of.date():
            continue
        built = await weekly.build(
            store, library, plan, week=iso_week(monday), as_of=as_of, min_people=min_people
        )
        lines = built.items if built.headline_week == built.week else built.running_items
        found |= {(line.occurrence, line.part, line.item): line for line in lines}
    return found


async def _numbers(store: Store, pushes: Sequence[Push]) -> dict[str, str]:
    found = {}
    for push in pushes:
        if push.sent_at is not None:
            name, year = f"{push.occurrence}_{push.part}", push.due.year
            if name not in found:
                found[name] = f"{year}-{await store.number(name, year):03d}"
    return found


def occasions(plan: Plan, years: Iterable[int]) -> dict[str, str]:
    """Return what occurrences are called, by their names without the year."""
    named = {node.key: node.name for node in plan.nodes}
    for day in (day for year in years for day in plan.node_days(year)):
        stem = day.occurrence.removesuffix(f"-{day.year}")
        if day.follows:
            named[stem] = f"{day.follows}{day.node.name}"
        elif day.label.isdigit():  # one of several windows in a year
            named[stem] = messages.LEDGER_WINDOW.format(day.node.name, int(day.label))
    return {**named, **{rule.key: rule.name for rule in plan.rules}, **messages.LEDGER_BY_HAND}


def _corrections(library: Library) -> dict[str, str]:
    """Return, by the item that was corrected, which item corrects it."""
    return {item.corrects: f"由 {item.id} 更正" for item in library.items if item.corrects}


# -- the sheet ---------------------------------------------------------------------------------


def write_csv(ledger: Ledger) -> bytes:
    """Return the ledger as CSV that Excel and WPS open rightly: UTF-8 with a BOM, CRLF."""
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\r\n")
    writer.writerow([messages.NOT_FOR_APPRAISAL])
    writer.writerow(COLUMNS)
    for line in ledger.cells:
        writer.writerow([harmless(cell) for cell in line])
    writer.writerow([_footer(ledger)])
    return out.getvalue().encode("utf-8-sig")


def harmless(cell: str | int) -> str | int:
    """Return a cell that no spreadsheet takes for a formula."""
    if isinstance(cell, str) and (cell[:1] in _BLANK or cell.startswith(_FORMULA)):
        return "'" + cell
    return cell


def write_xlsx(ledger: Ledger) -> bytes:
    """Return the ledger as a workbook, ready to print: A3 across, one page wide."""
    import xlsxwriter  # here: only who asks for a workbook waits for it

    out = io.BytesIO()
    options = {"in_memory": True, "strings_to_formulas": False, "strings_to_urls": False}
    with xlsxwriter.Workbook(out, options) as book:
        made = ledger.as_of.replace(tzinfo=None)
        book.set_properties({"title": messages.LEDGER_TITLE.format(ledger.name), "created": made})
        sheet = book.add_worksheet("台账")
        small = book.add_format({"font_color": "#666666", "font_size": SIZE})
        cell_of = {"border": 1, "text_wrap": True, "valign": "top", "font_size": SIZE}
        head = book.add_format({**cell_of, "bold": True, "bg_color": "#E7EFED"})
        plain = book.add_format(cell_of)
        title = book.add_format({"bold": True, "font_size": 14})
        sheet.write(0, 0, messages.NOT_FOR_APPRAISAL, small)
        sheet.write(1, 0, f"廉政教育推送台账　{ledger.name}", title)
        for column, (name, width) in enumerate(zip(COLUMNS, WIDTHS, strict=True)):
            sheet.set_column(column, column, width)
            sheet.write(2, column, name, head)
        for line, cells in enumerate(ledger.cells, 3):
            sheet.set_row(line, _height(cells))
            for column, cell in enumerate(cells):
                sheet.write(line, column, cell, plain)
        sheet.write(3 + len(ledger.rows), 0, _footer(ledger), small)
        sheet.freeze_panes(3, 5)
        sheet.repeat_rows(2)
        sheet.set_landscape()
        sheet.set_paper(A3)
        sheet.set_margins(0.4, 0.4, 0.6, 0.6)
        sheet.set_footer("&C&P / &N")
        sheet.fit_to_pages(1, 0)
    return out.getvalue()


def _height(cells: Sequence[str | int]) -> float:
    """Return how tall a row must be: not every program works that out when it opens a sheet."""
    lines = (math.ceil(wide(str(cell)) / width) for cell, width in zip(cells, WIDTHS, strict=True))
    return min(TALLEST, LINE * max(1, *lines) + 3)


def _footer(ledger: Ledger) -> str:
    if not ledger.rows:
        return messages.LEDGER_EMPTY.format(ledger.name)
    return messages.LEDGER_SUM.format(len(ledger.rows), ledger.seal)


WRITERS = {".csv": write_csv, ".xlsx": write_xlsx}
