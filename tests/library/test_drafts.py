"""A new text begins as a sound draft: nothing of it can be sent, and every field is there."""

from __future__ import annotations

from datetime import date

import pytest

from bot.core.content import HEADINGS, parse_item
from bot.core.model import Kind
from bot.library.drafts import Official, anonymous, draft, write

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
    assert item.sections["经过"] == f"某局局长张某某违规收礼。\n\n官方原文：{LINK}"
    assert item.source == f"某省纪委监委，2026-05-31，{LINK}"
    assert item.expires == date(2028, 5, 28)
    assert dict(made.proposals) == {"张大山": "张某某", "清河县水利局": "某局"}


@pytest.mark.parametrize("text", ["局长张某违规。", "他在市里开会。", "公安局"])
def test_what_names_nobody_stays_as_it_is(text):
    assert anonymous(text) == (text, ())


def test_a_correction_names_what_it_corrects():
    item, _ = parse_item(draft(Kind.STUDY, "更正", [], TODAY, corrects="SC-01").text, "x.md")
    assert (item.id, item.corrects) == ("GZ-01", "SC-01")


def test_no_file_is_written_over(tmp_path):
    made = draft(Kind.STUDY, "../../外面", [], TODAY)
    path = write(tmp_path, made)
    assert path.parent == tmp_path / "study"
    with pytest.raises(FileExistsError):
        write(tmp_path, made)
