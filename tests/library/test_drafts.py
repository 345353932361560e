"""A new text begins as a sound draft: nothing of it can be sent, and every field is there."""

from __future__ import annotations

from dataclasses import replace
from datetime import date

import pytest

from bot.core.content import HEADINGS, parse_item
from bot.core.lint import lint
from bot.core.model import Kind
from bot.library.drafts import Official, anonymous, draft, write
from tests.core.cast import item as cast_item

TODAY = date(2026, 6, 15)
LINK = "https://www.example.gov.cn/t1.html"
OFFICIAL = Official(
    source="某省纪委监委", day=date(2026, 5, 31), link=LINK, text="清河县水利局局长张大山违规收礼。"
)


@pytest.mark.parametrize("kind", list(Kind))
def test_every_kind_has_a_draft_that_is_read_without_a_problem(kind):
    made = draft(kind, "“一盒”茶叶: 谁收的", [], TODAY)
    item, problems = parse_item(made.text, made.path)
    assert problems == []
    assert (item.kind, item.title, item.status) == (kind, "“一盒”茶叶: 谁收的", "草稿")
    if kind is not Kind.REPOST:
        assert tuple(name for name in item.sections if name) == HEADINGS[kind]


def test_a_new_number_is_the_next_free_one_of_its_kind():
    items = [parse_item(draft(Kind.SCENARIO, "甲", [], TODAY).text, "x.md")[0]]
    assert draft(Kind.SCENARIO, "乙", items, TODAY).path == "cases/SC-02-乙.md"
    assert draft(Kind.STUDY, "乙", items, TODAY).path == "study/SP-01-乙.md"


def test_a_repost_is_a_point_and_an_address_for_24_months_with_names_proposed():
    made = draft(Kind.REPOST, "通报", [], TODAY, official=OFFICIAL)
    item, _ = parse_item(made.text, made.path)
    assert item.sections["经过"] == f"某局局长张某违规收礼。\n\n官方原文：{LINK}"
    assert item.source == f"某省纪委监委，2026-05-31，{LINK}"
    assert item.expires == date(2028, 5, 28)
    assert dict(made.proposals) == {"张大山": "张某", "清河县水利局": "某局"}


@pytest.mark.parametrize("text", ["局长张某违规。", "他在市里开会。", "公安局"])
def test_what_names_nobody_stays_as_it_is(text):
    assert anonymous(text) == (text, ())


def test_two_people_of_one_surname_stay_two_and_one_person_stays_one():
    said = "局长张大山违规收礼，科长张小河收受礼金，局长张大山被处分，书记李明在场。"
    text, proposals = anonymous(said)
    assert text == "局长张某甲违规收礼，科长张某乙收受礼金，局长张某甲被处分，书记李某在场。"
    assert len(proposals) == 3


def test_a_correction_names_what_it_corrects_and_rests_on_the_same():
    original = replace(cast_item("SC-01"), title="一顿饭", basis="《监察法》", source="某机关")
    made = draft(Kind.STUDY, "更正一处", [original], TODAY, corrects="sc-01")
    item, problems = parse_item(made.text, "x.md")
    assert problems == []
    assert (item.id, item.corrects) == ("GZ-01", "sc-01")
    assert (item.basis, item.source) == ("《监察法》", "某机关")
    assert "《一顿饭》" in item.summary
    assert list(item.sections) == ["要点"]
    gone, _ = parse_item(draft(Kind.STUDY, "更正", [], TODAY, corrects="SC-01").text, "x.md")
    assert (gone.id, gone.corrects) == ("GZ-01", "SC-01")


@pytest.mark.parametrize("corrects", ["", "SC-01"])
def test_a_template_that_nobody_filled_in_is_stopped(corrects):
    official = None if corrects else replace(OFFICIAL, text="")
    kind = Kind.STUDY if corrects else Kind.REPOST
    made = draft(kind, "甲", [cast_item("SC-01")], TODAY, official=official, corrects=corrects)
    item, _ = parse_item(made.text, "x.md")
    assert "undone" in {problem.code for problem in lint([item], TODAY, [])}


def test_no_file_is_written_over(tmp_path):
    made = draft(Kind.STUDY, "../../外面", [], TODAY)
    path = write(tmp_path, made)
    assert path.parent == tmp_path / "study"
    with pytest.raises(FileExistsError):
        write(tmp_path, made)
