"""The State Council's notice of a year's days off, read from its own sentences as pasted.

    一、元旦：1月1日（周四）至3日（周六）放假调休，共3天。1月4日（周日）上班。

Every weekday is checked against its date and every count against its days: what does not agree is
told, and then nothing is written.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import date

from bot.core.calendar import Override
from bot.core.dates import ONE

_TITLE = re.compile(r"国务院办公厅关于(\d{4})年(?:部分)?节假日安排的通知")
_NUMBER = re.compile(r"(国办发明电|国办发)[〔\[［(（](\d{4})[〕\]］)）](\d+)号")
_YEAR = re.compile(r"(\d{4})年")
_FESTIVAL = re.compile(
    r"(?:^|[\n。；]|[一二三四五六七八九十\d][)）]?[、.．])\s*"
    r"(元旦|春节|清明节?|劳动节|五一|端午节?|中秋节?|国庆节?)"
    r"((?:[、和及与](?:元旦|春节|清明节?|劳动节|端午节?|中秋节?|国庆节?))*)\s*[：:]"
)
_DAY = r"(?:(?:(?P<{0}y>\d{{4}})年)?(?P<{0}m>\d{{1,2}})月)?(?P<{0}d>\d{{1,2}})日"
_WEEK = r"(?:[（(](?:农历[^，,）)]*[，,])?(?:星期|周)?(?P<{0}w>[一二三四五六日天])?[^）)]*[）)])?"
_RANGE = re.compile(
    _DAY.format("a") + r"\s*" + _WEEK.format("a")
    + r"(?:\s*[至到—–-]+\s*" + _DAY.format("b") + r"\s*" + _WEEK.format("b") + ")?"
)  # fmt: skip
_COUNT = re.compile(r"共(\d{1,2})天")
_NAMES = {"清明": "清明节", "五一": "劳动节", "端午": "端午节", "中秋": "中秋节", "国庆": "国庆节"}
_WEEKDAYS = "一二三四五六日"


@dataclass(frozen=True, kw_only=True)
class Notice:
    """A notice as read; `problems` are sentences for the person who pasted it."""

    year: int = 0
    title: str = ""
    number: str = ""  # 国办发明电〔2025〕7号
    days: tuple[Override, ...] = ()  # those that are not what a weekday or weekend would be
    problems: tuple[str, ...] = ()


@dataclass(kw_only=True)
class _Reading:
    year: int
    days: dict[date, Override] = field(default_factory=dict)
    problems: list[str] = field(default_factory=list)


def read_notice(text: str, year: int = 0) -> Notice:
    """Read a pasted notice; `year` where the text does not say it."""
    text = text.replace("\r", "").replace("\u3000", " ").replace("\xa0", " ")
    title, number = _TITLE.search(text), _NUMBER.search(text)
    said = _YEAR.search(text)
    year = int(title[1]) if title else year or (int(said[1]) if said else 0)
    if not 2005 <= year <= 2098:
        return Notice(problems=("看不出是哪一年的通知：请连同标题一起粘贴，或加 --year 2027",))
    reading = _Reading(year=year)
    sections = list(_sections(text))
    if not sections:
        reading.problems.append("没有找到“元旦：1月1日……放假”这样的句子，请粘贴通知原文")
    for name, words in sections:
        _section(name, words, reading)
    names = {one for name, _ in sections for one in name.split("、")}
    for name in ("元旦", "春节", "清明节", "劳动节", "端午节", "中秋节", "国庆节"):
        if sections and name not in names:
            reading.problems.append(f"通知里没有找到“{name}”，请检查是否粘贴完整")
    return Notice(
        year=year,
        title=title[0] if title else f"国务院办公厅关于{year}年部分节假日安排的通知",
        number=f"{number[1]}〔{number[2]}〕{number[3]}号" if number else "",
        days=tuple(reading.days[day] for day in sorted(reading.days)),
        problems=tuple(reading.problems),
    )


def _sections(text: str) -> Iterator[tuple[str, str]]:
    """Yield (festival, its sentences)."""
    heads = list(_FESTIVAL.finditer(text))
    ends = [head.start() for head in heads[1:]] + [len(text)]
    for head, end in zip(heads, ends, strict=False):
        words = text[head.end() : end]
        # The last festival is followed by what the notice asks of everybody.
        words = re.split(r"\n\s*\n|\n\s*(?=节假日期间|国务院办公厅|各地)", words)[0]
        names = re.split("[、和及与]", head[1] + head[2])
        yield "、".join(_NAMES.get(name, name) for name in names), re.sub(r"\s", "", words)


def _section(name: str, words: str, reading: _Reading) -> None:
    off: set[date] = set()
    for clause in re.split("[。；;]", words):
        works = "上班" in clause
        if "鼓励" in clause or not (works or "放假" in clause):  # 2024 invited to rest on 除夕
            continue
        found = [day for span in _spans(name, clause, reading) for day in span]
        if not found:
            reading.problems.append(f"{name}：看不懂“{clause}”")
        for day in found:
            _set(name, day, works, reading)
        if not works:
            off |= set(found)
    if count := _COUNT.search(words):
        if int(count[1]) != len(off):
            reading.problems.append(f"{name}：写着共{count[1]}天，数下来是{len(off)}天，请检查日期")
    elif not off:
        reading.problems.append(f"{name}：没有找到放假的日期")


def _spans(name: str, clause: str, reading: _Reading) -> Iterator[list[date]]:
    """Yield the stretches of days that a clause names, each weekday checked."""
    month, year = 0, reading.year
    for match in _RANGE.finditer(clause):
        try:
            year = int(match["ay"] or year)
            month = int(match["am"] or month)
            first = date(_year_of(match["ay"], month, name, reading.year), month, int(match["ad"]))
            last = first
            if match["bd"]:
                ends = int(match["bm"] or month)
                turned = first.year + (ends < month and not match["by"])
                last = date(int(match["by"] or turned), ends, int(match["bd"]))
                month = ends
        except ValueError:
            reading.problems.append(f"{name}：没有“{match[0]}”这一天")
            continue
        for day, weekday in ((first, match["aw"]), (last, match["bw"])):
            if weekday and _WEEKDAYS[day.weekday()] != weekday.replace("天", "日"):
                right = _WEEKDAYS[day.weekday()]
                reading.problems.append(
                    f"{name}：{day.month}月{day.day}日写着周{weekday}，其实是周{right}"
                )
        if not 0 <= (last - first).days <= 15:
            reading.problems.append(f"{name}：“{match[0]}”先后不对")
            continue
        yield [first + n * ONE for n in range((last - first).days + 1)]


def _year_of(written: str | None, month: int, name: str, year: int) -> int:
    """Return the year of a date: 元旦 may begin in December of the year before."""
    if written:
        return int(written)
    return year - 1 if month == 12 and name.startswith("元旦") else year


def _set(name: str, day: date, works: bool, reading: _Reading) -> None:
    before = reading.days.get(day)
    if before is not None and before.workday != works:
        reading.problems.append(f"{name}：{day.month}月{day.day}日既放假又上班，请检查")
    reading.days[day] = Override(date=day, workday=works, name=name.split("、")[0])


def as_toml(notice: Notice) -> str:
    """Return overrides/<year>.toml."""
    title = notice.title + (f"（{notice.number}）" if notice.number else "")
    lines = [f'notice = "{title}"']
    for day in notice.days:
        work = "true " if day.workday else "false"
        words = f"workday = {work} # 周{_WEEKDAYS[day.date.weekday()]}"
        lines += ["", "[[day]]", f'date = "{day.date}"', words, f'name = "{day.name}"']
    return "\n".join(lines) + "\n"
