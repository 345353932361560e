"""New texts to begin from: a head with every field to fill in, the headings of the kind."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from pathlib import Path

from bot.core.content import HEADINGS
from bot.core.model import Item, Kind

FOLDERS: Mapping[Kind, tuple[str, str]] = {  # kind -> folder, beginning of the 编号
    Kind.NODE: ("nodes", "N"),
    Kind.SCENARIO: ("cases", "SC-"),
    Kind.REPOST: ("cases", "ZF-"),
    Kind.STUDY: ("study", "SP-"),
    Kind.MODEL: ("models", "AM-"),
    Kind.MEDIA: ("media", "MV-"),
    Kind.DUTY: ("duty", "DU-"),
    Kind.CULTURE: ("culture", "CU-"),
}
CORRECTION = ("corrections", "GZ-")
YEARS = {Kind.SCENARIO: 2, Kind.REPOST: 2, Kind.MODEL: 3}  # until it expires; one for the others
# `check` does not let 请填写 pass: a template that nobody filled in is never sent.
ONE_POINT = "请填写：从官方通报摘一个要点。"
MENDED = """## 要点

此前推送的《{}》有一处需要更正。

- 原文：请填写
- 应为：请填写

请以本条为准。
"""
_STEMS = "甲乙丙丁戊己庚辛壬癸"
_BAD_IN_NAMES = re.compile(r'[\\/:*?"<>|\s：“”《》]+')
_POSTS = (
    "局长|处长|科长|主任|书记|主席|市长|县长|区长|镇长|乡长|院长|校长|所长|站长|经理|会计|科员|干部"
)
_PERSON = re.compile(
    rf"(?P<post>{_POSTS})(?P<surname>[\u4e00-\u9fff])(?P<given>(?!某)[\u4e00-\u9fff]{{1,2}})"
    r"(?=违|因|在|严重|受到|收受|利用|接受|被|，|、|。|（)"
)
_UNIT = re.compile(
    r"(?<![\u4e00-\u9fff])[\u4e00-\u9fff]{2,8}?[省市县区镇](?P<unit>[\u4e00-\u9fff]{0,6}?局)"
)


@dataclass(frozen=True, kw_only=True)
class Official:
    """What a repost rests on: the issuing organ, its date, its address, and its very text."""

    source: str
    day: date
    link: str
    text: str = ""


@dataclass(frozen=True, kw_only=True)
class Draft:
    path: str  # below content/
    text: str
    proposals: tuple[tuple[str, str], ...] = ()  # what was made anonymous: (as it was, proposed)


def draft(
    kind: Kind,
    title: str,
    items: Iterable[Item],
    today: date,
    *,
    official: Official | None = None,
    corrects: str = "",
) -> Draft:
    """Return a new text of a kind, a draft (状态: 草稿) with the next free 编号."""
    folder, prefix = CORRECTION if corrects else FOLDERS[kind]
    items = list(items)
    item_id = free_id(prefix, [item.id for item in items])
    said = official.text.strip() if official and official.text.strip() else ONE_POINT
    text, proposals = anonymous(said)
    fields = fields_of(kind, item_id, title, today, official, corrects)
    body = _body(kind, official, text)
    mended = next((one for one in items if one.id.casefold() == corrects.casefold()), None)
    if mended is not None:
        said = f"此前推送的《{mended.title}》有一处写错，请以本条为准。"
        fields |= {"摘要": said, "依据": mended.basis, "来源": mended.source}
        body = MENDED.format(mended.title)
    head = head_of(fields)
    name = f"{folder}/{name_of(item_id, title)}"
    return Draft(path=name, text=f"---\n{head}\n---\n\n{body}", proposals=proposals)


def anonymous(text: str) -> tuple[str, tuple[tuple[str, str], ...]]:
    """Propose 姓+某 for people behind their office and 某局 for units; nothing is certain here.

    Two people of one surname are told apart as official notices do: 张某甲, 张某乙.
    """
    people = list(dict.fromkeys(m["surname"] + m["given"] for m in _PERSON.finditer(text)))
    families = Counter(name[0] for name in people)
    told: Counter[str] = Counter()
    found: dict[str, str] = {}
    for name in people:
        tail = _STEMS[told[name[0]] % len(_STEMS)] if families[name[0]] > 1 else ""
        told[name[0]] += 1
        found[name] = f"{name[0]}某{tail}"
    for match in _UNIT.finditer(text):
        found[match[0]] = "某局"
    for name in sorted(found, key=len, reverse=True):
        text = text.replace(name, found[name])
    return text, tuple(found.items())


def free_id(prefix: str, ids: Iterable[str]) -> str:
    """Return the next 编号 of a kind behind those that are taken."""
    pattern = re.compile(rf"{re.escape(prefix)}0*(\d{{1,4}})(?!\d)", re.IGNORECASE)
    taken = [int(match[1]) for one in ids if (match := pattern.match(one))]
    return f"{prefix}{max(taken, default=0) + 1:02d}"


def name_of(item_id: str, title: str) -> str:
    """Return the name of a new text's file."""
    return f"{item_id}-{_BAD_IN_NAMES.sub('', title)[:24]}.md"


def fields_of(
    kind: Kind,
    item_id: str,
    title: str,
    today: date,
    official: Official | None = None,
    corrects: str = "",
) -> dict[str, str]:
    """Return the fields of a new text, by their Chinese keys, in their order; most to be filled."""
    begins = official.day if official else today
    ends = date(begins.year + YEARS.get(kind, 1), begins.month, min(begins.day, 28))
    source = f"{official.source}，{official.day.isoformat()}，{official.link}" if official else ""
    fields = {
        "编号": item_id,
        "标题": title,
        "类别": str(kind),
        "节点": "" if kind is Kind.NODE else None,
        "标签": "",
        "岗位": "通用",
        "层级": "通识",
        "对象": "全体",
        "摘要": "",
        "起草": "",
        "依据": "",
        "来源": source,
        "公开属性": "公开",
        "生效": today.isoformat(),
        "失效": ends.isoformat(),
        "更正": corrects or None,
        "冷却周数": "40" if kind is Kind.NODE else "26",
        "状态": "草稿",
    }
    return {key: value for key, value in fields.items() if value is not None}


def head_of(fields: Mapping[str, str]) -> str:
    return "\n".join(f"{key}: {value}".rstrip() for key, value in fields.items())


def _body(kind: Kind, official: Official | None, text: str) -> str:
    if official is not None:  # the shortest form: a headline, one point, the official address
        return f"## 经过\n\n{text}\n\n官方原文：{official.link}\n"
    return "\n".join(f"## {heading}\n\n" for heading in HEADINGS[kind])


def write(content: Path, new: Draft) -> Path:
    """Write a draft; never over a file that is there (FileExistsError)."""
    path = content / new.path
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("x", encoding="utf-8", newline="\n") as file:
        file.write(new.text)
    return path
