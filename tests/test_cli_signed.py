"""《签收表》 at the command line, as the office runs it: a file, a list, JSON, and every slip."""

from __future__ import annotations

import asyncio
import csv
import io
import json
import zipfile
from datetime import datetime

import pytest
from click.testing import CliRunner

from bot import cli
from bot.core import messages
from bot.core.model import SHANGHAI, Member, Signature
from bot.store.tiny import TinyStore

DIGEST = "ab" * 32


def signature(person: str, item: str, title: str, day: int) -> Signature:
    return Signature(
        push=f"duty-2026M0{day}_main@jg1",
        person=person,
        at=datetime(2026, 6, day, 9, 30, tzinfo=SHANGHAI),
        means="卡片按钮",
        item=item,
        title=title,
        digest=DIGEST,
    )


async def _fill(data) -> None:
    store = TinyStore(data)
    await store.set_members([Member(id="zhang", name="张三", department="办公室")])
    await store.sign(signature("zhang", "DU-01", "=HYPERLINK(1)", 2))
    await store.sign(signature("gone", "DU-02", "党费收缴", 3))
    store.close()


@pytest.fixture
def signed(tmp_path, monkeypatch):
    (tmp_path / "config.toml").write_text('[unit]\nname = "某某局"\n', "utf-8")
    for folder in ("content", "schedules"):
        (tmp_path / folder).mkdir()
    asyncio.run(_fill(tmp_path / "data"))
    monkeypatch.chdir(tmp_path)

    def run(*args: str, code: int = 0) -> str:
        done = CliRunner().invoke(cli.main, ["signed", *args], prog_name="qingfeng")
        assert done.exception is None or isinstance(done.exception, SystemExit), done.exception
        assert done.exit_code == code, done.output
        return done.output

    return run


def test_it_lists_who_signed_and_begins_with_what_it_is_not_for(signed):
    lines = signed().splitlines()
    assert lines[0] == messages.NOT_FOR_APPRAISAL
    assert len(lines) == 3
    assert "张三" in lines[1]
    assert "gone" in lines[2], "who left is told by the account"


def test_one_document_is_asked_for_in_either_case(signed):
    assert "党费收缴" in signed("du-02")
    assert "张三" not in signed("du-02")
    assert messages.SIGNED_NONE in signed("DU-99")


def test_the_csv_opens_in_excel_and_holds_no_formula(signed, tmp_path):
    said = signed("-o", "签收表.csv")
    assert said.strip() == messages.SIGNED_WRITTEN.format(2, "签收表.csv")
    raw = (tmp_path / "签收表.csv").read_bytes()
    assert raw.startswith(b"\xef\xbb\xbf")
    rows = list(csv.reader(io.StringIO(raw.decode("utf-8-sig"))))
    assert rows[0] == [messages.NOT_FOR_APPRAISAL]
    assert rows[1] == [messages.SIGNED_TITLE, "某某局"]
    assert rows[3][1:4] == ["张三", "办公室", "'=HYPERLINK(1)"]
    assert rows[3][-1] == DIGEST


def test_the_workbook_is_one(signed, tmp_path):
    signed("DU-01", "-o", "签收表.xlsx")
    with zipfile.ZipFile(tmp_path / "签收表.xlsx") as book:
        words = book.read("xl/sharedStrings.xml").decode()
    for one in (messages.NOT_FOR_APPRAISAL, "张三", DIGEST):
        assert one in words
    assert "党费收缴" not in words


def test_json_is_stable_and_an_export_is_in_the_trail(signed, tmp_path):
    found = json.loads(signed("--json"))
    assert set(found) == {"notice", "columns", "rows"}
    assert [row[0] for row in found["rows"]] == ["1", "2"]
    signed("-o", "a.csv", "--json")
    store = TinyStore(tmp_path / "data")
    trail = [one.entry.what for one in asyncio.run(store.audits())]
    store.close()
    assert trail == ["exported"], "a look is none, a file is"


@pytest.mark.parametrize(
    ("file", "words", "code"),
    [("签收表.doc", "只能存成 .xlsx 或 .csv", 1), ("无此夹/a.csv", "找不到", 2)],
)
def test_a_slip_is_told_in_words_and_writes_nothing(signed, tmp_path, file, words, code):
    before = sorted(tmp_path.iterdir())
    assert words in signed("-o", file, code=code)
    assert sorted(tmp_path.iterdir()) == before
