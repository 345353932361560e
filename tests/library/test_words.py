"""The unit's words on disk: their age, their faults by line, and what holds without them."""

from __future__ import annotations

from datetime import date, timedelta

import pytest

from bot.library.words import load_lexicon
from tests.library.shelves import TODAY, folders, item, put, read, told

VERSION = date(2026, 3, 1)


def said(tmp_path, text: str | bytes, today: date = TODAY) -> list[tuple[int, str, str]]:
    """Return (line, code, message) of what is wrong with a lexicon."""
    data = text if isinstance(text, bytes) else text.encode()
    (tmp_path / "lexicon.toml").write_bytes(data)
    return [(p.line, p.code, p.message) for p in load_lexicon(tmp_path, today)[1]]


@pytest.mark.parametrize(("days", "old"), [(0, False), (365, False), (366, True), (1000, True)])
def test_words_are_old_after_twelve_months(tmp_path, days, old):
    found = said(tmp_path, f'version = "{VERSION}"', VERSION + timedelta(days=days))
    assert [code for _, code, _ in found] == ["lexicon-old"] * old
    assert not old or "提法可能已更新" in found[0][2]


@pytest.mark.parametrize(("today", "old"), [("2026-06-14", False), ("2026-06-15", True)])
def test_words_are_old_from_the_day_that_the_unit_entered(tmp_path, today, old):
    text = f'version = "{VERSION}"\nrecheck = "2026-06-15"'
    found = said(tmp_path, text, date.fromisoformat(today))
    assert [code for _, code, _ in found] == ["lexicon-old"] * old


def test_old_words_warn_and_stop_nothing(tmp_path):
    where = folders(tmp_path)
    put(where, "lexicon.toml", 'version = "2020-01-01"')
    put(where, "SC-01.md", item())
    library = read(where)
    assert told(library) == {}
    assert library.blocked["SC-01"] == "内容未经审批"


SOUND = """version = "2026-03-01"

[[regulation]]
title = "中国共产党纪律处分条例"
years = [2023]
repealed = [2018]
check = ["repealed"]

"""


def test_a_sound_lexicon_has_no_fault(tmp_path):
    assert said(tmp_path, SOUND) == []
    assert said(tmp_path, SOUND.replace("\n", "\r\n").encode("gb18030")) == []


@pytest.mark.parametrize(
    ("table", "line", "message"),
    [
        ("years = [2024]", 9, "要有 title"),
        ('title = "《监察法》"', 10, "不带书名号"),
        ('title = "甲法"\nyears = [24]', 11, "四位年份"),
        ('title = "甲法"\nyears = "2024"', 11, "写法不对"),
        ('title = "甲法"\nyears = [2024]\nrepealed = [2024]', 12, "既是现行"),
        ('title = "甲法"\nyear = [2024]', 11, "是不是 years"),
        ('title = "甲法"\nwrong = ["乙法", "甲法"]', 11, "既写成对的，又写成错的"),
        ('title = "中国共产党纪律处分条例"', 10, "写了两次"),
        ('title = "甲法"\ncheck = ["year"]', 11, "没有 year"),
    ],
)
def test_a_fault_in_a_version_of_a_regulation_is_named_by_its_own_line(
    tmp_path, table, line, message
):
    found = said(tmp_path, f"{SOUND}[[regulation]]\n{table}\n\n[[regulation]]\ntitle = '乙法'\n")
    assert [(where, code) for where, code, _ in found] == [(line, "lexicon")]
    assert message in found[0][2]


def test_without_its_own_words_a_unit_is_checked_by_those_that_were_shipped(tmp_path):
    where = folders(tmp_path)
    put(where, "SC-01.md", item().replace("谁请客，谁买单。", "一律不得聚餐。贯彻八项规定精神。"))
    (where.content / "lexicon.toml").unlink()
    codes = {problem.code for problem in read(where).problems}
    assert codes == {"lexicon-missing", "overreach", "wording"}
    put(where, "lexicon.toml", 'version = "2026-03-01"\nwords = oops')
    found = {problem.code: problem.line for problem in read(where).problems}
    assert {"overreach", "wording"} < set(found)
    assert found["toml"] == 2
