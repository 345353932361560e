"""What must not be sent: small pure rules with stable codes, each with a hint (DESIGN §3.6).

A rule takes an item and yields Problems. The full set (lexicon, regulation versions, overreach)
grows here; these are the ones without which nothing may leave the house.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from datetime import date, timedelta
from typing import Literal

from bot.core import messages, render
from bot.core.calendar import Calendar
from bot.core.content import KEYS
from bot.core.model import Item, Kind, Node, NodeDay, Problem
from bot.core.render import Footer, TooLong

TITLE_ADVISED, TITLE_LIMIT = 20, 26
SUMMARY_LIMIT, ONE_LINE_LIMIT = 110, 60
MARKINGS = (
    "绝密",
    "机密",
    "秘密★",
    "内部资料",
    "工作秘密",
    "不予公开",
    "此件不公开",
    "密码电报",
    "明电号",
)
_IDENTITY = re.compile(r"(?<!\d)\d{17}[\dXx](?!\d)")
_PHONE = re.compile(r"(?<!\d)1[3-9]\d{9}(?!\d)")
_NUMBER = r"[\d一二三四五六七八九十]{1,3}"
_DATE_IN_NODE = re.compile(
    rf"{_NUMBER}\s*月\s*{_NUMBER}\s*[日号]|\d{{4}}[-/]\d{{1,2}}[-/]\d{{1,2}}|明天|明日"
)
_MENTION = re.compile(r"<@|@\s*(所有人|all\b)", re.IGNORECASE)
_REQUIRED: dict[Kind, tuple[str, ...]] = {
    Kind.NODE: ("提醒", "一句话"),
    Kind.SCENARIO: ("经过", "问题在哪"),
    Kind.REPOST: ("经过",),
    Kind.STUDY: ("要点",),
    Kind.MODEL: ("故事",),
    Kind.MEDIA: ("看点", "在哪里看"),
    Kind.DUTY: ("要做的事",),
    Kind.CULTURE: ("正文",),
}
# A footer as long as a unit's may be, so that a text that passes here also fits when sent.
_LONGEST_FOOTER = Footer(unit="单" * 20, office="位" * 26, feedback="馈" * 30, number="2026-000")

Rule = Callable[[Item], Iterator[Problem]]


def lint(items: Sequence[Item], today: date, nodes: Iterable[str]) -> list[Problem]:
    """Return the problems of all items, in the order of files and lines."""
    found: list[Problem] = []
    known = frozenset(nodes)
    for item in items:
        for rule in RULES:
            found += rule(item)
        found += _known_nodes(item, known)
        found += _dates(item, today)
    found += _twins(items)
    return sorted(found, key=lambda p: (p.path, p.line, p.code))


def _public(item: Item) -> Iterator[Problem]:
    if item.public != "公开":
        hint = "只有写明“公开属性: 公开”的内容才能发送；涉密、内部内容不得放入本库"
        yield _problem(item, "公开属性", "not-public", hint)


def _markings(item: Item) -> Iterator[Problem]:
    for name, text in _texts(item):
        for word in MARKINGS:
            if word in text:
                hint = f"出现“{word}”：涉密和内部内容不得放入本库；如属正常表述请改写"
                yield _problem(item, name, "marking", hint)
        if _IDENTITY.search(text):
            yield _problem(item, name, "identity-number", "出现疑似身份证号，请删去")
        if _PHONE.search(text):
            yield _problem(item, name, "phone-number", "出现疑似手机号，请删去")


def _mentions(item: Item) -> Iterator[Problem]:
    for name, text in _texts(item):
        if match := _MENTION.search(text):
            yield _problem(item, name, "mention", f"请删去“{match[0]}”：推送不点名，不@任何人")


def _sections(item: Item) -> Iterator[Problem]:
    for name in _REQUIRED[item.kind]:
        if not item.sections.get(name, "").strip():
            hint = f"{item.kind}须有“## {name}”一节，且不能为空"
            yield _problem(item, "类别", "section-missing", hint)
    if item.kind is Kind.NODE and not item.nodes:
        yield _problem(item, "类别", "node-missing", "节点提醒须写明“节点: …”，如 节点: 中秋、国庆")


def _fields(item: Item) -> Iterator[Problem]:
    for value, key in ((item.summary, "摘要"), (item.source, "来源"), (item.author, "起草")):
        if not value:
            yield _problem(item, "标题", "field-missing", f"缺少“{key}”，请在字段区补上")
    if item.expires is None:
        yield _problem(item, "标题", "field-missing", "缺少“失效”日期，如 失效: 2027-12-31")


def _characters(item: Item) -> Iterator[Problem]:
    title = len(item.title)
    if title > TITLE_LIMIT:
        hint = f"标题{title}字，卡片上会被截断，请控制在{TITLE_ADVISED}字以内"
        yield _problem(item, "标题", "title-long", hint)
    elif title > TITLE_ADVISED:
        hint = f"标题{title}字，建议控制在{TITLE_ADVISED}字以内"
        yield _problem(item, "标题", "title-long", hint, "warning")
    if len(item.summary) > SUMMARY_LIMIT:
        hint = f"摘要{len(item.summary)}字，请控制在{SUMMARY_LIMIT}字以内"
        yield _problem(item, "摘要", "summary-long", hint)
    for name in ("提前说一句", "一句话"):
        one = item.sections.get(name, "").strip()
        if len(one) > ONE_LINE_LIMIT:
            hint = f"{name}{len(one)}字，请控制在{ONE_LINE_LIMIT}字以内"
            yield _problem(item, f"## {name}", "one-line-long", hint)


def _bytes(item: Item) -> Iterator[Problem]:
    """Render the item as it would be sent, with the longest of everything, and weigh it."""
    values = render.values_of(_longest_days(item), Calendar())
    for part in ("main", "early", "final") if item.kind is Kind.NODE else ("main",):
        try:
            render.markdown(item, part, values, _LONGEST_FOOTER)
        except TooLong as error:
            hint = f"全文连同页脚{error.size}字节，超过{error.limit}字节，请删减"
            yield _problem(item, "标题", "text-long", hint)
        except ValueError:  # a placeholder that nothing fills: its own rule says so
            return
    short = item.sections.get("一句话", "") + item.sections.get("提前说一句", "")
    if "{" in item.title + item.summary + short:
        yield from _filled(item, values)


def _filled(item: Item, values: Mapping[str, str]) -> Iterator[Problem]:
    """Weigh what placeholders make of a title or a card's text: they hold more than they show."""
    for part in ("main", "early", "final"):
        try:
            render.card(item, part, values, _LONGEST_FOOTER, task_id="")
        except TooLong as error:
            hint = f"填入放假安排后卡片文字{error.size}字，超过{error.limit}字，请少用占位符"
            yield _problem(item, "标题", "card-long", hint)
            return
        except ValueError:
            return


def _longest_days(item: Item) -> list[NodeDay]:
    """Return days as long in words as any: each node off on its own, two digits everywhere."""
    first = date(2026, 10, 10)  # no weekday, month or count of them is longer
    return [
        NodeDay(
            node=Node(key=f"n{n}", name=name),
            year=first.year,
            date=first,
            first_off=first + timedelta(days=n),
            last_off=first + timedelta(days=n + 32),
            last_workday_before=first,
            until=first,
            provisional=False,
        )
        for n, name in enumerate(item.nodes)
    ]


def _node_words(item: Item) -> Iterator[Problem]:
    if item.kind is not Kind.NODE:
        return
    for name, text in _texts(item):
        if name in ("依据", "来源"):  # a document has its date
            continue
        if match := _DATE_IN_NODE.search(text):
            hint = (
                f"节点提醒里不要写具体日期（“{match[0]}”），每年会变，请用 {{放假安排}} {{上班日}}"
            )
            yield _problem(item, name, "date-in-node", hint)


def _placeholders(item: Item) -> Iterator[Problem]:
    for name, text in _texts(item):
        for mark in render.unknown_placeholders(text):
            known = " ".join(f"{{{one}}}" for one in render.PLACEHOLDERS)
            yield _problem(item, name, "placeholder", f"不认识 {{{mark}}}，可用的有 {known}")
        unfilled = item.kind is not Kind.NODE or name in ("依据", "来源")
        if unfilled and any(f"{{{one}}}" in text for one in render.PLACEHOLDERS):
            hint = "占位符只能用在节点提醒的标题、摘要和正文里"
            yield _problem(item, name, "placeholder", hint)


RULES: tuple[Rule, ...] = (
    _public,
    _markings,
    _mentions,
    _sections,
    _fields,
    _characters,
    _bytes,
    _node_words,
    _placeholders,
)


def _known_nodes(item: Item, known: frozenset[str]) -> Iterator[Problem]:
    for name in item.nodes:
        if name not in known:
            hint = f"nodes.toml 里没有“{name}”这个节点，可用的有：{'、'.join(sorted(known))}"
            yield _problem(item, "节点", "node-unknown", hint)


def _dates(item: Item, today: date) -> Iterator[Problem]:
    if item.effective and item.expires and item.expires < item.effective:
        yield _problem(item, "失效", "dates", "“失效”早于“生效”，请检查")
    elif item.expires and item.expires < today:
        yield _problem(item, "失效", "expired", messages.BLOCK_EXPIRED + "，不会再发送", "warning")


def _twins(items: Sequence[Item]) -> Iterator[Problem]:
    """Find 编号 used twice: approvals and history hang on it."""
    seen: dict[str, Item] = {}
    for item in sorted(items, key=lambda item: item.path):
        first = seen.setdefault(item.id.casefold(), item)
        if first is not item:
            hint = f"编号“{item.id}”与 {first.path} 重复，请改成不同的编号"
            yield _problem(item, "编号", "id-twice", hint)


def _texts(item: Item) -> Iterator[tuple[str, str]]:
    """Yield every text a reader may see, by the key or heading it stands under."""
    for key in ("标题", "短讯", "摘要", "依据", "来源", "题目", "人物"):
        if text := getattr(item, KEYS[key]):
            yield key, text
    for name, text in item.sections.items():
        yield f"## {name}", text


def _problem(
    item: Item, where: str, code: str, message: str, severity: Literal["error", "warning"] = "error"
) -> Problem:
    line = item.lines.get(where) or item.lines.get(KEYS.get(where, ""), 1)
    return Problem(path=item.path, line=line, severity=severity, code=code, message=message)
