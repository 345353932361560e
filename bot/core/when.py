"""When a rule comes round, in the words of rhythm.toml.

每周五
每月10日 · 每月第3个工作日 · 每月最后一个工作日
每季度第5个工作日 · 每季度最后一个工作日 · 每季度15日 (of its first month)
7月1日 · 3月、9月第2个工作日
"""

from __future__ import annotations

import re
from typing import Any

from bot.core.dates import WEEKDAYS

EXAMPLES = "每周五、每月10日、每月第3个工作日、每季度最后一个工作日、3月、9月第2个工作日"
_LONGEST = (31, 29, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31)
_MONTH, _QUARTER = 23, 66  # no month has more workdays, no quarter
_WEEKLY = re.compile(r"^每?(周[一二三四五六日])$")
_PERIOD = re.compile(
    r"^(?:(?P<month>每月)|(?P<quarter>每季度)|(?:每年)?(?P<months>\d{1,2}月(?:[、，,]\d{1,2}月)*))"
    r"(?:(?P<day>\d{1,2})日|第(?P<workday>\d{1,2})个工作日|(?P<last>最后一个工作日))$"
)


def parse_when(words: str) -> dict[str, Any]:
    """Return the fields of a Rule that say when; ValueError for words that say nothing."""
    words = re.sub(r"\s", "", words)
    if weekly := _WEEKLY.match(words):
        return {"every": "week", "weekday": WEEKDAYS[weekly[1]]}
    match = _PERIOD.match(words)
    if not match:
        raise ValueError(words)
    months = tuple(int(month) for month in re.findall(r"(\d+)月", match["months"] or ""))
    day, workday = int(match["day"] or 0), int(match["workday"] or 0)
    if any(not 1 <= month <= 12 or day > _LONGEST[month - 1] for month in months) or day > 31:
        raise ValueError(words)
    if workday > (_QUARTER if match["quarter"] else _MONTH):
        raise ValueError(words)
    if not (day or workday or match["last"]):
        raise ValueError(words)
    return {
        "every": "quarter" if match["quarter"] else "month",
        "months": months,
        "day": day,
        "workday": -1 if match["last"] else workday,
    }
