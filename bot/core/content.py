"""From the text of one file to an Item, losing nothing an author typed (DESIGN §5).

The head is lines of `键：值`: the value is everything to the end of the line, whatever it
holds. Only an indented block under a key is YAML, read by CBaseLoader, where every scalar is a
string. Plain YAML would turn `摘要: 提醒 #中秋` into 提醒 and 9:30 into 570.
"""

from __future__ import annotations

import difflib
import hashlib
import json
import re
import sys
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import date
from pathlib import PurePosixPath
from typing import Any

import yaml

from bot.core.model import Item, Kind, Problem

# 编号 -> the field of Item it fills. Each key has its English name as an alias.
KEYS: Mapping[str, str] = {
    "编号": "id",
    "标题": "title",
    "短讯": "short",
    "类别": "kind",
    "节点": "nodes",
    "系列": "series",
    "标签": "tags",
    "岗位": "posts",
    "层级": "level",
    "对象": "audience",
    "摘要": "summary",
    "起草": "author",
    "依据": "basis",
    "来源": "source",
    "公开属性": "public",
    "生效": "effective",
    "失效": "expires",
    "题目": "question",
    "附件": "attachments",
    "人物": "persons",
    "渠道": "channels",
    "冷却周数": "cooldown_weeks",
    "更正": "corrects",
    "状态": "status",
}
_FIELDS = dict(KEYS) | {name: name for name in KEYS.values()}
_CHINESE = {name: key for key, name in KEYS.items()}
LISTS = frozenset({"nodes", "tags", "posts", "attachments", "channels"})
DATES = frozenset({"effective", "expires"})
NUMBERS = frozenset({"cooldown_weeks"})
# Not part of what a reader sees, so a change of these does not void an approval.
_UNSEEN = frozenset({"status", "cooldown_weeks", "path", "lines", "attached", "digest"})

KINDS: Mapping[str, Kind] = {
    **{str(kind): kind for kind in Kind},
    "节点": Kind.NODE,
    "案例": Kind.SCENARIO,
    "学习": Kind.STUDY,
    "典型": Kind.MODEL,
    "影视": Kind.MEDIA,
    "责任": Kind.DUTY,
    "文化": Kind.CULTURE,
}
HEADINGS: Mapping[Kind, tuple[str, ...]] = {
    Kind.NODE: ("提前说一句", "提醒", "怎么办", "不在此列", "一句话", "节后"),
    Kind.SCENARIO: ("经过", "问题在哪", "怎么做"),
    Kind.REPOST: ("经过", "问题在哪", "怎么做"),
    Kind.STUDY: ("要点", "想一想", "答案"),
    Kind.MODEL: ("故事", "留一句话"),
    Kind.MEDIA: ("看点", "在哪里看", "看后想一想"),
    Kind.DUTY: ("要做的事", "怎么做", "记着"),
    Kind.CULTURE: ("正文", "可以怎么用"),
}
STATUSES = ("草稿", "停用")
MAX_HEAD_LINES = 200
MOST_WEEKS = 520  # of a cooldown: ten years
_CLAIMED = 4000  # characters in which a head is looked for

_FENCE = re.compile(r"\s*[-－—–―]{2,}\s*")  # --- as any keyboard and WPS write it
_CLAIM = re.compile(r"^\s*(类别|公开属性|kind|public)\s*[:：]", re.MULTILINE)
_LINE = re.compile(r"^(?P<key>[^\s:：][^:：]*)[:：](?P<value>.*)$")
_LIST = re.compile(r"[、，,；;]")
_SUFFIX = re.compile(r"(\.md|\.txt)+$", re.IGNORECASE)
_SHORT = 24  # characters of a word that many texts have
_DATE = re.compile(r"^(\d{4})\s*[-/.年]\s*(\d{1,2})\s*[-/.月]\s*(\d{1,2})\s*日?$")


def parse_item(text: str, path: str) -> tuple[Item | None, list[Problem]]:
    """Return the item of a file, with the digest of its words, and what is wrong with it."""
    item, problems = parse_words(text, path)
    return (replace(item, digest=digest_of(item)) if item else None), problems


def parse_words(text: str, path: str) -> tuple[Item | None, list[Problem]]:
    """Return the item of a file and what is wrong with it; its digest is for whoever needs it.

    `path` is relative to the content folder. The item is None only where there is none to
    speak of: no head, no usable 类别, no 标题. Everything else is a Problem beside an item.
    """
    lines = text.removeprefix("\ufeff").replace("\r\n", "\n").replace("\r", "\n").split("\n")
    fences = _fences(lines)
    if fences is None:
        hint = "找不到字段区：文件应以一行 --- 开头，字段写完后再有一行 ---"
        return None, [_problem(path, 1, "item-head", hint)]
    start, end = fences
    values, at, problems = _head(lines[start + 1 : end], start + 2, path)
    fields, more = _typed(values, at, path)
    problems += more
    kind = fields.get("kind")
    if not isinstance(kind, Kind) or not fields.get("title"):
        if not fields.get("title"):
            problems.append(_problem(path, 1, "item-title", "缺少“标题”：请在字段区加一行 标题: …"))
        if not any(problem.code == "item-kind" for problem in problems) and kind is None:
            problems.append(_problem(path, 1, "item-kind", f"缺少“类别”：请写 {_choices()} 之一"))
        return None, problems
    fields.setdefault("id", _SUFFIX.sub("", PurePosixPath(path).name))
    sections, headings = _sections(lines[end + 1 :], end + 2, HEADINGS[kind])
    return Item(path=path, sections=sections, lines={**at, **headings}, **fields), problems


def parts_of_file(text: str) -> tuple[list[str], list[str]] | None:
    """Return the lines of a file's head and of its body; None where it has no head."""
    lines = text.removeprefix("\ufeff").replace("\r\n", "\n").replace("\r", "\n").split("\n")
    fences = _fences(lines)
    return None if fences is None else (lines[fences[0] + 1 : fences[1]], lines[fences[1] + 1 :])


def head_entries(lines: Sequence[str]) -> Iterator[tuple[str, str, str]]:
    """Yield (key as written, value, all its lines) of a head; ("", "", …) for what is no field."""
    for _, line, block in _entries(lines, 1):
        match = _LINE.match(line)
        written = f"{line}\n{block}" if block else line
        if match and not block:
            yield match["key"].strip(), match["value"].strip(), written
        else:
            yield "", "", written


def has_head(text: str) -> bool:
    """Whether a file claims to be an item: it begins with ---, or has a line 类别 or 公开属性."""
    first = text.removeprefix("\ufeff").lstrip()[:80]
    return bool(re.match(r"---[ \t]*([\r\n]|$)", first) or _CLAIM.search(text, 0, _CLAIMED))


def _fences(lines: Sequence[str]) -> tuple[int, int] | None:
    """Return where the lines of dashes round the head are; blank lines may stand before it."""
    start = next((n for n, line in enumerate(lines) if line.strip()), None)
    if start is None or not _FENCE.fullmatch(lines[start]):
        return None
    limit = min(len(lines), start + MAX_HEAD_LINES)
    end = next((n for n in range(start + 1, limit) if _FENCE.fullmatch(lines[n])), None)
    return None if end is None else (start, end)


def _head(
    lines: Sequence[str], first: int, path: str
) -> tuple[dict[str, Any], dict[str, int], list[Problem]]:
    """Split the head into values by field, the line of each, and problems."""
    values: dict[str, Any] = {}
    at: dict[str, int] = {}
    problems: list[Problem] = []
    for number, key, value in _entries(lines, first):
        match = _LINE.match(key)
        if not match:
            hint = f"看不懂这一行：“{key[:20]}”。每行应写成 键: 值"
            problems.append(_problem(path, number, "item-line", hint))
            continue
        written = match["key"].strip()
        name = _FIELDS.get(written)
        if name is None:
            problems.append(_problem(path, number, "item-key", _unknown_key(written)))
            continue
        if name in values:
            hint = f"“{written}”写了两次（第{at[name]}行已有），请只留一处"
            problems.append(_problem(path, number, "item-twice", hint))
            continue
        plain = match["value"].strip()
        if value and plain:
            hint = f"“{written}”同一行有值，下面又有缩进的内容，请只留一种写法"
            problems.append(_problem(path, number, "item-block", hint))
        read, error = _block(value) if value and not plain else (plain, "")
        if error:
            problems.append(_problem(path, number, "item-block", error))
        values[name], at[name] = _shared(read), number
    return values, at, problems


def _entries(lines: Sequence[str], first: int) -> Iterator[tuple[int, str, str]]:
    """Yield (line number in the file, the key's line, the indented block under it)."""
    start, key, block = 0, "", [""]
    for number, line in enumerate(lines, first):
        if not line.strip():
            if key:
                block.append("")
        elif line[0] in " \t" and key:
            block.append(line)
        else:
            if key:
                yield start, key, "\n".join(block).strip("\n")
            start, key, block = number, line.rstrip(), []
    if key:
        yield start, key, "\n".join(block).strip("\n")


def _block(text: str) -> tuple[Any, str]:
    """Read an indented block: a YAML list or text; every scalar stays a string.

    Events, not nodes: PyYAML's composer recurses in C, and a line of 200,000 brackets would end
    the process. What lies between the scalars (a # and the rest, anchors, tags) would be lost
    without a word, so it is a Problem.
    """
    entries: list[str] = []
    rest, end, depth = "", 0, 0
    try:
        for event in yaml.parse(text, Loader=yaml.CBaseLoader):
            if isinstance(event, yaml.ScalarEvent):
                assert event.start_mark
                assert event.end_mark
                entries.append(event.value)
                rest += text[end : event.start_mark.index]
                rest += ("&" if event.anchor else "") + (event.tag or "")
                rest += event.style if event.style in ("|", ">") else ""
                end = event.end_mark.index
            elif isinstance(event, yaml.SequenceStartEvent) and depth == 0:
                depth = 1
            elif isinstance(event, yaml.SequenceStartEvent | yaml.MappingStartEvent):
                return text, "缩进的内容只能是文字，或每行以“- ”开头的列表"
    except yaml.YAMLError:
        return text, "缩进的内容读不懂：列表请每行以“- ”开头"
    if not depth:
        return " ".join(line.strip() for line in text.split("\n")), ""
    if lost := re.sub(r"[\s\-\[\],]", "", rest + text[end:]):
        return entries, f"缩进的列表里，“{lost[:20]}”不会被读到：请去掉，或把这一行的值用引号括起来"
    return entries, ""


def _typed(
    values: Mapping[str, Any], at: Mapping[str, int], path: str
) -> tuple[dict[str, Any], list[Problem]]:
    """Turn the head's strings into an Item's fields."""
    fields: dict[str, Any] = {}
    problems: list[Problem] = []
    for name, value in values.items():
        try:
            typed = _convert(name, value)
        except ValueError as error:
            problems.append(_problem(path, at[name], f"item-{name.replace('_', '-')}", str(error)))
            continue
        if typed not in ("", None, ()):
            fields[name] = typed
    return fields, problems


def _shared(value: Any) -> Any:
    """Return a short text as all texts have it: 公开 is there once, and not ten thousand times."""
    return sys.intern(value) if type(value) is str and len(value) <= _SHORT else value


def _convert(name: str, value: Any) -> Any:
    """Return `value` as the field `name` holds it; ValueError carries the sentence to show."""
    if name in LISTS:
        entries = value if isinstance(value, list) else _LIST.split(value)
        return tuple(_shared(entry.strip()) for entry in entries if entry.strip())
    if isinstance(value, list):
        value = "\n".join(value)
    if name == "kind" and value:
        if value not in KINDS:
            raise ValueError(f"“类别: {value}”不认识，请写 {_choices()} 之一")
        return KINDS[value]
    if name == "status" and value and value not in STATUSES:
        raise ValueError("“状态”只能写 草稿 或 停用；其余状态由程序得出，请删去这一行")
    if name in DATES:
        return parse_date(value, _CHINESE[name])
    if name in NUMBERS and value:
        if not value.isdecimal() or len(value) > 3 or int(value) > MOST_WEEKS:
            raise ValueError(f"“{_CHINESE[name]}: {value[:20]}”应是一个整数，最多 {MOST_WEEKS}")
        return int(value)
    return value


def parse_date(value: str, key: str) -> date | None:
    """Read 2026-9-1, 2026/09/01 or 2026年9月1日; ValueError carries the sentence to show."""
    if not value:
        return None
    match = _DATE.match(value.strip())
    try:
        if match:
            return date(int(match[1]), int(match[2]), int(match[3]))
    except ValueError:
        pass
    raise ValueError(f"“{key}: {value}”不是日期，请写成 2026-09-01")


def _sections(
    lines: Sequence[str], first: int, known: Sequence[str]
) -> tuple[dict[str, str], dict[str, int]]:
    """Split the body at its known headings; any other heading stays plain text."""
    sections: dict[str, list[str]] = {"": []}
    at: dict[str, int] = {}  # "## 提醒" -> its line, "text 提醒" -> that of its first word
    current = ""
    for number, line in enumerate(lines, first):
        heading = line[3:].strip() if line.startswith("## ") else ""
        if heading in known and f"## {heading}" not in at:
            current = _shared(heading)
            sections[current], at[_shared(f"## {heading}")] = [], number
        else:
            sections[current].append(line)
            if line:
                at.setdefault(_shared(f"text {current}"), number)
    texts = {name: "\n".join(body).strip("\n") for name, body in sections.items()}
    return {name: text for name, text in texts.items() if name or text.strip()}, at


def digest_of(item: Item) -> str:
    """Return the sha256 over what a reader sees (`words_of`). An approval binds to it."""
    return hashlib.sha256(words_of(item).encode()).hexdigest()


def words_of(item: Item) -> str:
    """Return what a reader sees, as JSON: words, fields, attachments (name -> sha256).

    Encoding, line ends, 状态 and 冷却周数 are not in it.
    """
    seen: dict[str, Any] = {"attachments_sha256": dict(sorted(item.attached.items()))}
    for name, value in vars(item).items():
        if name in _UNSEEN:
            continue
        seen[name] = value.isoformat() if isinstance(value, date) else value
    seen["sections"] = list(item.sections.items())  # their order is the author's too
    return json.dumps(seen, ensure_ascii=False, sort_keys=True)


def from_words(text: str) -> Item:
    """Return the item whose `words_of` is `text`; ValueError for anything else."""
    try:
        seen = json.loads(text)
        typed: dict[str, Any] = {}
        for name, value in seen.items():
            if name in DATES and value is not None:
                typed[name] = date.fromisoformat(value)
            elif name == "kind":
                typed[name] = Kind(value)
            elif name == "sections":
                typed[name] = dict(value)
            elif name == "attachments_sha256":
                typed["attached"] = value
            else:
                typed[name] = tuple(value) if isinstance(value, list) else value
        digest = hashlib.sha256(text.encode()).hexdigest()
        return Item(path="", digest=digest, **typed)
    except (ValueError, TypeError, AttributeError, LookupError) as error:
        raise ValueError("not the words of an item") from error


def body_of(item: Item) -> str:
    """Return all sections as Markdown, in the author's order."""
    parts = [f"## {name}\n{text}" if name else text for name, text in item.sections.items()]
    return "\n\n".join(parts)


def _unknown_key(written: str) -> str:
    near = difflib.get_close_matches(written, _FIELDS, n=1, cutoff=0.5)
    hint = f"，是不是“{near[0]}”？" if near else "。可用的键：" + " ".join(KEYS)
    return f"没有“{written}”这个键{hint}"


def _choices() -> str:
    return "、".join(Kind)


def _problem(path: str, line: int, code: str, message: str) -> Problem:
    return Problem(path=path, line=line, severity="error", code=code, message=message)
