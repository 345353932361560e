"""台账: the rows, the sheet, and that its figures are the summary's (bot/report/ledger.py)."""

from __future__ import annotations

import base64
import csv
import io
import json
from dataclasses import replace
from datetime import date

import openpyxl
import pytest

from bot.core import messages
from bot.core.content import from_words, words_of
from bot.core.ledger import COLUMNS, Facts, period, rows
from bot.core.model import Kind, Push, State
from bot.report.ledger import Ledger, harmless, occasions, write_csv, write_xlsx
from bot.verbs import VERBS, Mistake
from tests.core.cast import at, item
from tests.engine.office import office

JUNE = {"month": "2026-06"}


def pushed(target, of, **more):
    fields = {"occurrence": "friday-2026W25", "part": "main", "channel": "webhook"}
    fields |= {"due": at(9, 15), "until": at(17), "sent_at": at(9, 15), "state": State.SENT}
    fields |= {"item": of.id, "digest": of.digest, "target": target}
    return Push(key=f"friday-2026W25_main@{target}", **{**fields, **more})


async def asked(of, verb="ledger", **params):
    return await VERBS[verb](of.house.bureau, of.clock.now(), params)


@pytest.mark.parametrize(
    ("month", "year", "days", "name"),
    [
        ("2026-11", 0, (date(2026, 11, 1), date(2026, 11, 30)), "2026年11月"),
        ("2026-12", 0, (date(2026, 12, 1), date(2026, 12, 31)), "2026年12月"),
        ("2028-02", 0, (date(2028, 2, 1), date(2028, 2, 29)), "2028年2月"),
        ("", 2026, (date(2026, 1, 1), date(2026, 12, 31)), "2026年"),
    ],
)
def test_a_period_has_a_first_and_a_last_day(month, year, days, name):
    assert period(month, year) == (*days, name)


def test_the_words_of_an_item_come_back_whole():
    one = item("SC-01", Kind.SCENARIO, tags=("吃喝",), expires=date(2028, 1, 1))
    back = from_words(words_of(one))
    assert back.digest == one.digest
    assert (back.title, back.tags, back.expires, back.kind) == (
        one.title,
        one.tags,
        one.expires,
        one.kind,
    )


@pytest.mark.parametrize("text", ["", "7", "[]", "{}", '{"kind": "无"}', '{"id": 1, "x": 2}'])
def test_what_is_no_item_is_refused(text):
    with pytest.raises(ValueError, match="words"):
        from_words(text)


def test_what_never_went_stands_in_the_ledger_with_its_reason():
    one = item("SC-01")
    sent = pushed("jg1", one)
    gone = pushed("jg2", one, state=State.REFUSED, reason="已移除")
    facts = Facts(items={one.digest: one}, lines={}, names={"friday": "周五案例"})
    [row] = rows([sent, gone], facts, date(2026, 6, 1), date(2026, 6, 30))
    assert row.result == "已发出 1/2；被拒收 1（已移除）"
    assert row.scope == "2 个对象"
    assert row.occurrence == "周五案例 2026年第25周"


@pytest.mark.parametrize(
    ("occurrence", "part", "said"),
    [
        ("friday-2026W25", "main", "周五案例 2026年第25周"),
        ("films-2026M01", "main", "影视 2026年1月"),
        ("duty-2026Q2", "main", "责任 2026年第2季度"),
        ("mid-autumn-2026", "final", "中秋 2026 节前一句话"),
        ("manual-2026W25-2", "main", "手工推送 2026年第25周（2）"),
        ("x", "main", "x"),
    ],
)
def test_an_occurrence_is_named_as_people_do(occurrence, part, said):
    names = {"friday": "周五案例", "films": "影视", "duty": "责任", "mid-autumn": "中秋"}
    one = item("SC-01")
    sent = replace(pushed("jg1", one), occurrence=occurrence, part=part)
    facts = Facts(items={one.digest: one}, lines={}, names=names | messages.LEDGER_BY_HAND)
    [row] = rows([sent], facts, date(2026, 6, 1), date(2026, 6, 30))
    assert row.occurrence == said


async def test_no_key_of_a_node_stands_in_a_year_s_ledger(tmp_path):
    async with office(tmp_path, approved=False) as of:
        bureau, year = of.house.bureau, range(2026, 2027)
        plan = bureau.plan(bureau.library(of.clock.now().date()))
        called = occasions(plan, year)
        stems = {day.occurrence.removesuffix("-2026") for day in plan.node_days(2026)}
        assert not [stem for stem in stems if called[stem].isascii()]
        assert called["after-holiday-spring-festival"] == "春节节后"
        assert called["graduation-06"] == "升学季（6月）"


@pytest.mark.parametrize(
    "evil",
    [
        *("=1+1", "+1", "-1", "@SUM(A1)", "\t=1", "\r=1", "\n=1", " =1", "\u3000=1"),
        *("＝1+1", "＋1", "－1", "＠SUM(A1)"),
    ],
)
def test_no_cell_is_a_formula(evil):
    assert harmless(evil) == "'" + evil
    assert harmless("不=1") == "不=1"


async def test_the_ledger_of_a_played_fortnight_agrees_with_the_summary(tmp_path):
    async with office(tmp_path, approved=True) as of:
        await of.at("2026-06-29 10:00")
        answer = await asked(of, **JUNE, suffix=".xlsx")
        summary = await asked(of, "summary", week="2026-W25", recount=True)
        lines = {(one["item"], one["sent"]): one for one in summary["items"]}
        told = {(row["编号"].split("（")[0], row["日期"]): row for row in answer["rows"]}
        assert set(lines) <= set(told)
        for key, line in lines.items():
            assert told[key]["覆盖人数"] == str(line["covered"])
            assert told[key]["可回执人数"] == str(line["reachable"])
        node = next(row for row in answer["rows"] if row["节点/期次"].startswith("端午"))
        assert "终审 王终审 2026-06-15" in node["审核"]
        assert node["发送结果"].startswith("已发出 3/3")
        sheet = openpyxl.load_workbook(io.BytesIO(base64.b64decode(answer["file"]))).active
        assert sheet["A1"].value == messages.NOT_FOR_APPRAISAL
        assert tuple(cell.value for cell in sheet[3]) == COLUMNS
        assert sheet.max_row == 3 + len(answer["rows"]) + 1
        assert sheet.row_dimensions[4].height > 15, "a long source is not cut"
        trail = await of.house.bureau.store.audits()
        assert trail[-1].entry.what == "exported"


async def test_an_edit_after_the_send_leaves_the_ledger_s_words_as_they_were(tmp_path):
    async with office(tmp_path) as of:
        await of.at("2026-06-15 10:00")
        before = await asked(of, **JUNE)
        for path in (of.home / "content").rglob("*.md"):
            text = path.read_text("utf-8")
            path.write_text(text.replace("标题: ", "标题: 改"), "utf-8")
        after = await asked(of, **JUNE)
        sent = [row for row in before["rows"] if row["发送结果"].startswith("已发出 3/3")]
        assert sent
        assert {row["标题"] for row in sent} <= {row["标题"] for row in after["rows"]}


async def test_a_csv_opens_in_excel_and_says_its_checksum(tmp_path):
    async with office(tmp_path) as of:
        await of.at("2026-06-15 10:00")
        answer = await asked(of, **JUNE, suffix=".csv")
        raw = base64.b64decode(answer["file"])
        assert raw.startswith(b"\xef\xbb\xbf")
        lines = list(csv.reader(io.StringIO(raw.decode("utf-8-sig"))))
        assert lines[0] == [messages.NOT_FOR_APPRAISAL]
        assert tuple(lines[1]) == COLUMNS
        assert answer["seal"] in lines[-1][0]
        assert json.dumps(answer["rows"][0], ensure_ascii=False)


@pytest.mark.parametrize(
    "params", [{"month": "六月"}, {"month": "2026-13"}, {"month": "1800-01"}, {"suffix": ".doc"}]
)
async def test_a_wrong_month_or_file_is_told_in_a_sentence(tmp_path, params):
    async with office(tmp_path, approved=False) as of:
        with pytest.raises(Mistake):
            await asked(of, **params)


def test_an_empty_period_says_so():
    empty = Ledger(name="2026年2月", as_of=at(9), rows=())
    assert "2026年2月没有推送记录" in write_csv(empty).decode("utf-8-sig")
    assert write_xlsx(empty).startswith(b"PK")
