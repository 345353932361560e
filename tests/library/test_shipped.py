"""The shipped library: what an adopting unit may rely on, and what it is told to open first."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from bot.core.model import Kind
from bot.library.folder import load_items

ROOT = Path(__file__).parents[2]
ITEMS, FAULTS = load_items(ROOT / "content")
# Articles of the 处分条例 (2023) that nobody has seen: texts on them name the regulation only.
UNSEEN = ("八十一", "九十九", "一百零二", "一百零三", "一百零四", "一百五十")
DEDUCED = ("第九十七条", "第一百条")  # from the numbers on both sides of them
_ADDRESS = re.compile(r"https?:|www\.|\.(com|cn|org|net)\b", re.IGNORECASE)


def test_the_library_is_whole():
    assert FAULTS == []
    kinds = [item.kind for item in ITEMS if not (item.kind is Kind.NODE and "-" in item.id)]
    assert {kind: kinds.count(kind) for kind in set(kinds)} == {
        Kind.NODE: 17,
        Kind.SCENARIO: 22,
        Kind.STUDY: 24,
        Kind.MODEL: 9,
        Kind.MEDIA: 5,
        Kind.DUTY: 6,
        Kind.CULTURE: 4,
    }
    assert len(ITEMS) == 104


@pytest.mark.parametrize("text", ITEMS, ids=lambda item: item.id)
def test_every_text_says_what_is_to_be_opened_before_it_is_approved(text):
    assert "核对" in text.source or "查对" in text.source
    said = "\n".join([text.title, text.summary, text.basis, text.source, *text.sections.values()])
    assert not _ADDRESS.search(said), "an address is evidence for the author, not for readers"
    for number in UNSEEN:
        assert f"第{number}条" not in said
    for number in DEDUCED:
        if number in text.basis:
            assert number in text.source, "its number is deduced: the unit must compare it"


@pytest.mark.parametrize(
    "text", [i for i in ITEMS if i.kind is Kind.NODE], ids=lambda item: item.id
)
def test_a_node_tells_its_risks_what_to_do_and_what_is_not_meant(text):
    for heading in ("提醒", "怎么办", "不在此列", "一句话"):
        assert text.sections[heading].strip()
    risks = re.findall(r"^(?:- )?\*\*", text.sections["提醒"], re.MULTILINE)
    assert 3 <= len(risks) <= 5


def test_no_two_texts_open_or_end_alike():
    ends = [next(iter(item.sections.values())).strip()[:10] for item in ITEMS]
    ends += [[*item.sections.values()][-1].strip()[-12:] for item in ITEMS]
    assert len(set(ends)) == len(ends)
