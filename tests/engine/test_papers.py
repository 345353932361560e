"""Review on paper: one form for several texts, and what the signed one approves."""

from __future__ import annotations

import base64
import io

import pytest
from docx import Document

from bot.verbs import VERBS, Mistake
from tests.engine.office import office


@pytest.fixture
async def desk(tmp_path):
    async with office(tmp_path, approved=False) as built:
        yield built


async def ask(desk, verb, **params):
    return await VERBS[verb](desk.house.bureau, desk.clock.now(), params)


def blocked(desk, item: str) -> str:
    return desk.house.bureau.library(desk.clock.now().date()).blocked[item]


async def test_one_form_carries_several_texts_in_full_in_word_and_as_a_page(desk):
    made = await ask(desk, "form", items=["SC-01", "SP-02"])
    document = Document(io.BytesIO(base64.b64decode(made["docx"])))
    cells = [cell.text for table in document.tables for row in table.rows for cell in row.cells]
    words = "\n".join(paragraph.text for paragraph in document.paragraphs)
    for item_id in ("SC-01", "SP-02"):
        item = desk.house.bureau.library(desk.clock.now().date()).item(item_id)
        assert item.digest[:12] in cells
        for line in item.sections[next(iter(item.sections))].split("\n"):
            assert line.replace("**", "") in words
        assert item.title in made["html"]
    assert made["number"] in made["html"]
    assert "终审" in cells
    assert "**" not in words + made["html"]
    assert "## " not in words + made["html"]
    assert "<b>经过</b>" in made["html"]
    assert "<b>专业背景</b>" in made["html"]


async def test_a_signed_form_approves_each_of_its_texts_and_says_how(desk):
    made = await ask(desk, "form", items=["SC-01", "SP-02"])
    answer = await ask(desk, "approve-paper", number=made["number"], signed={"终审": "王五"})
    assert answer["approved"] == ["SC-01", "SP-02"]
    assert blocked(desk, "SC-01") == blocked(desk, "SP-02") == ""
    trail = await desk.house.bureau.store.audits()
    last = trail[-1].entry
    assert (last.who, last.detail["how"]) == ("王五", "线下签批登记")
    assert made["number"] in last.detail["note"]


async def test_a_text_edited_since_it_was_printed_is_not_approved_by_the_paper(desk):
    made = await ask(desk, "form", items=["SC-01", "SP-02"])
    path = next((desk.home / "content" / "cases").glob("SC-01*"))
    path.write_text(path.read_text("utf-8").replace("二百", "三百"), "utf-8")
    answer = await ask(desk, "approve-paper", number=made["number"], signed={"终审": "王五"})
    assert answer["approved"] == ["SP-02"]
    assert "改动过" in answer["refused"]["SC-01"]
    assert blocked(desk, "SC-01") == "内容未经审批"


async def test_a_text_struck_out_on_the_paper_stays_unapproved(desk):
    made = await ask(desk, "form", items=["SC-01", "SP-02"])
    params = {"number": made["number"], "signed": {"终审": "王五"}, "without": ["sc-01"]}
    assert (await ask(desk, "approve-paper", **params))["approved"] == ["SP-02"]
    assert blocked(desk, "SC-01") == "内容未经审批"


@pytest.mark.parametrize("signed", [{}, {"初审": "王五"}, {"终审": ""}, {"终审": "清风内容组"}])
async def test_a_form_without_the_right_signature_approves_nothing(desk, signed):
    made = await ask(desk, "form", items=["SC-01"])
    answer = await ask(desk, "approve-paper", number=made["number"], signed=signed)
    assert (answer["approved"], list(answer["refused"])) == ([], ["SC-01"])
    assert blocked(desk, "SC-01") == "内容未经审批"


@pytest.mark.parametrize("number", ["", "../seal", "20260615-ffffff"])
async def test_a_form_that_was_never_printed_here_registers_nothing(desk, number):
    with pytest.raises(Mistake, match="表号"):
        await ask(desk, "approve-paper", number=number, signed={"终审": "王五"})
