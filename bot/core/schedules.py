"""From the tables of nodes.toml, rhythm.toml and overrides/<year>.toml to their words.

Every function takes the parsed TOML, the text it came from (to name a line) and the path, and
returns what is sound beside the Problems; one bad table never stops the others.
"""

from __future__ import annotations

import difflib
import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date
from functools import cached_property
from typing import Any

from bot.core.calendar import Calendar, Override
from bot.core.content import KINDS
from bot.core.dates import WEEKDAYS, festival_of, nth_weekday, windows
from bot.core.model import Kind, Node, Problem, Rule
from bot.core.reading import READING_WORKDAYS
from bot.core.when import EXAMPLES, parse_when

SLOTS = ("上午", "下午")
_KEY = re.compile(r"^[0-9a-z]+(-[0-9a-z]+)*$")
_KEY_LIMIT = 40  # so that a push key stays within links.KEY_BYTES
_MOST_WORKDAYS = 20  # planning looks some weeks ahead, not further
_DAY = re.compile(r"\d{4}-\d\d-\d\d")
_MONTH_DAY = re.compile(r"^\d{1,2}-\d{1,2}$")
_DATED = ("date", "lunar", "solar_term", "holiday", "nth_weekday")  # in words
_WAYS = (*_DATED, "window", "follows", "evergreen")
_NODE_KEYS: dict[str, type] = {"name": str, **dict.fromkeys(_DATED, str)}
_NODE_KEYS |= {"window": list, "follows": list, "evergreen": bool, "workday": int, "on": bool}
_NODE_KEYS |= {"early": int, "main": int, "final": int, "main_late_ok": int, "parts": list}
PARTS = ("early", "leaders", "main", "final", "after", "draft-due")
_FILTERS = ("tags", "posts", "levels", "nodes")
_AS_WRITTEN = ("audience", "series", "instead", "slot", "late_ok", "remind")
_RULE_KEYS: dict[str, type] = {"name": str, "when": str, "weekday": str, "slot": str}
_RULE_KEYS |= {"late_ok": int, "on": bool, "audience": str, "series": str, "instead": bool}
_RULE_KEYS |= {"remind": int}
_RULE_KEYS |= dict.fromkeys((*_FILTERS, "kinds"), list) | {"from": str, "to": str}
_KIND = {True: "上班", False: "放假"}
_NOTICE_KEYS = ("notice", "day")
_DAY_KEYS = ("date", "workday", "name")


@dataclass(frozen=True, kw_only=True)
class Schedules:
    """Everything of schedules/, as read."""

    nodes: tuple[Node, ...] = ()
    known: tuple[str, ...] = ()  # the names of all nodes, also of those switched off
    rules: tuple[Rule, ...] = ()
    rule_lines: Mapping[str, int] = field(default_factory=dict)  # key -> line in rhythm.toml
    overrides: Mapping[date, Override] = field(default_factory=dict)
    announced: frozenset[int] = frozenset()

    @cached_property
    def calendar(self) -> Calendar:
        return Calendar(overrides=self.overrides, announced=self.announced)


class _Bad(ValueError):
    """A sentence for the person who wrote the table."""


def parse_nodes(
    data: Mapping[str, Any], text: str, path: str
) -> tuple[tuple[Node, ...], list[Problem]]:
    """Read the tables of nodes.toml; a node switched off is left out."""
    return _tables(data, text, path, "node", _node)


def node_names(data: Mapping[str, Any]) -> tuple[str, ...]:
    """Return the names of all nodes of nodes.toml: texts may wait for one that is off."""
    tables = [table for table in data.values() if isinstance(table, Mapping)]
    return tuple(str(table["name"]) for table in tables if isinstance(table.get("name"), str))


def parse_rules(
    data: Mapping[str, Any], text: str, path: str
) -> tuple[tuple[Rule, ...], list[Problem]]:
    """Read the tables of rhythm.toml; a rule switched off is left out."""
    return _tables(data, text, path, "rule", _rule)


def _tables(
    data: Mapping[str, Any],
    text: str,
    path: str,
    what: str,
    build: Callable[[str, Mapping[str, Any]], Any],
) -> tuple[tuple[Any, ...], list[Problem]]:
    found: list[Any] = []
    problems: list[Problem] = []
    for key, table in data.items():
        try:
            if not _KEY.fullmatch(key):
                raise _Bad(f"[{key}] 只能用小写英文字母、数字和连字符")
            if len(key) > _KEY_LIMIT:
                raise _Bad(f"[{key}] 太长，最多{_KEY_LIMIT}位")
            if not isinstance(table, Mapping):
                raise _Bad(f"“{key}”应是一个 [{key}] 小节")
            if table.get("on", True) is not False:
                built = build(key, table)
                _once(built, found)
                found.append(built)
        except _Bad as error:
            problems.append(
                Problem(
                    path=path,
                    line=line_of(text, f"[{key}]") or line_of(text, key),
                    severity="error",
                    code=f"schedule-{what}",
                    message=str(error),
                )
            )
    return tuple(found), problems


def _once(built: Any, found: Iterable[Any]) -> None:
    """Refuse a second node of one name: staff would be warned of one festival twice."""
    for other in found:
        if isinstance(built, Node) and other.name == built.name:
            raise _Bad(
                f"[{built.key}] 与 [{other.key}] 都叫“{built.name}”，会重复提醒，这一节不用："
                "请改名，或写 on = false"
            )


def _node(key: str, table: Mapping[str, Any]) -> Node:
    _check(key, table, _NODE_KEYS)
    if sum(bool(table.get(name)) for name in _WAYS) != 1:
        raise _Bad(f'[{key}] 须写明 {"、".join(_WAYS)} 中的一个，例如 date = "10-01"')
    if not table.get("name", "").strip():
        raise _Bad(f'[{key}] 缺少 name，例如 name = "国庆"')
    for name in ("date", "lunar"):
        if table.get(name) and not _MONTH_DAY.match(table[name]):
            raise _Bad(f'[{key}] 的 {name} 应写成 月-日，例如 "8-15"')
    for name in ("window", "follows", "parts"):
        if not all(isinstance(entry, str) for entry in table.get(name, [])):
            raise _Bad(f"[{key}] 的 {name} 应是列表，里面是文字")
    if table.get("parts") == []:
        raise _Bad(f"[{key}] 的 parts 是空的：不用这个节点请写 on = false，各样都要就删去这一行")
    if unknown := [part for part in table.get("parts", []) if part not in PARTS]:
        raise _Bad(f"[{key}] 的 parts 不认识 {unknown[0]}，可用：{' '.join(PARTS)}")
    if table.get("follows") and not table.get("workday", 1):
        raise _Bad(f"[{key}] 的 workday 至少是 1：放假后的第几个工作日")
    values = {name: value for name, value in table.items() if name != "on"}
    lists = {n: tuple(table[n]) for n in ("window", "follows", "parts") if n in table}
    node = Node(key=key, **(values | lists))
    _dated(node)
    return node


def _dated(node: Node) -> None:
    """Try the node's day in every year of two decades."""
    try:
        if node.window:
            found = [len(list(windows(node, year))) for year in range(2020, 2046)]
            if not any(found):
                raise ValueError
        elif node.nth_weekday:
            for year in range(2026, 2046):
                nth_weekday(year, node.nth_weekday)
        elif not (node.evergreen or node.follows or node.holiday):
            for year in range(2026, 2046):
                festival_of(node, year)
    except (ValueError, KeyError, IndexError):
        if node.window:
            raise _Bad(f'[{node.key}] 的 window 应写成 ["6-1 至 6-30"]，日期要存在') from None
        raise _Bad(f"[{node.key}] 的日期不存在，或不是每年都有，请检查") from None


def _rule(key: str, table: Mapping[str, Any]) -> Rule:
    _check(key, table, _RULE_KEYS)
    for name in _FILTERS:
        if not all(isinstance(entry, str) for entry in table.get(name, [])):
            raise _Bad(f"[{key}] 的 {name} 应列出文字，不认识：{table[name]}")
    if table.get("slot", "上午") not in SLOTS:
        raise _Bad(f"[{key}] 的 slot 应是 上午 或 下午")
    if not table.get("name", key).strip():
        raise _Bad(f'[{key}] 的 name 是空的，例如 name = "周五案例"')
    if table.get("remind", 0) >= READING_WORKDAYS:
        most = READING_WORKDAYS - 1
        raise _Bad(f"[{key}] 的 remind 应是 1 到 {most}（发出后第几个工作日），不写就不提醒")
    first, last = (_day_of(key, name, table) for name in ("from", "to"))
    if first and last and last < first:
        raise _Bad(f"[{key}] 的 to 早于 from")
    fields: dict[str, Any] = {n: tuple(table[n]) for n in _FILTERS if n in table}
    fields |= {n: table[n] for n in _AS_WRITTEN if n in table} | _when(key, table)
    return Rule(
        key=key,
        name=table.get("name", key),
        kinds=_kinds(key, table),
        first=first,
        last=last,
        **fields,
    )


def _when(key: str, table: Mapping[str, Any]) -> dict[str, Any]:
    if "when" in table and "weekday" in table:
        raise _Bad(f"[{key}] 的 when 和 weekday 只写一个")
    if "when" not in table:
        weekday = WEEKDAYS.get(table.get("weekday", ""))
        if weekday is None:
            raise _Bad(f"[{key}] 的 weekday 应是 周一 到 周日 之一，或用 when 写明：{EXAMPLES}")
        return {"weekday": weekday}
    try:
        return parse_when(table["when"])
    except ValueError:
        raise _Bad(f"[{key}] 的 when 看不懂“{table['when']}”，可写：{EXAMPLES}") from None


def _kinds(key: str, table: Mapping[str, Any]) -> tuple[Kind, ...]:
    """Return the kinds of a rule; a series and an evergreen node have their own."""
    kinds = table.get("kinds") or []
    if unknown := [kind for kind in kinds if not isinstance(kind, str) or kind not in KINDS]:
        hint = _nearest(str(unknown[0]), KINDS)
        raise _Bad(f"[{key}] 的 kinds 应列出类别，不认识“{unknown[0]}”{hint}")
    if table.get("nodes"):
        if kinds:
            raise _Bad(f"[{key}] 写了 nodes 就不要写 kinds：推的是这些节点的提醒")
        return (Kind.NODE,)
    if not kinds and not table.get("series"):
        raise _Bad(f'[{key}] 的 kinds 应列出类别，例如 ["学习提示"]')
    if Kind.NODE in (KINDS[kind] for kind in kinds):
        raise _Bad(f"[{key}] 的 kinds 不能有节点提醒：节点提醒随节点推送，见 nodes.toml")
    return tuple(KINDS[kind] for kind in kinds) or (Kind.STUDY,)


def _day_of(key: str, name: str, table: Mapping[str, Any]) -> date | None:
    try:
        return date.fromisoformat(table[name]) if name in table else None
    except ValueError:
        raise _Bad(f'[{key}] 的 {name} 应写成 "2026-04-01"') from None


def _check(key: str, table: Mapping[str, Any], known: Mapping[str, type]) -> None:
    for name, value in table.items():
        if name not in known:
            raise _Bad(f"[{key}] 没有 {name} 这一项{_nearest(name, known)}")
        if type(value) is not known[name]:
            kinds = {str: "文字，要加引号", int: "整数", bool: "true 或 false", list: "列表"}
            raise _Bad(f"[{key}] 的 {name} 应是{kinds[known[name]]}")
        if isinstance(value, int) and value < 0:
            raise _Bad(f"[{key}] 的 {name} 不能小于 0")
        if isinstance(value, int) and value > _MOST_WORKDAYS:
            raise _Bad(f"[{key}] 的 {name} 不能大于 {_MOST_WORKDAYS}")


def _nearest(name: str, known: Iterable[str]) -> str:
    near = difflib.get_close_matches(name, list(known), n=1, cutoff=0.4)
    return f"，是不是 {near[0]}？" if near else f"；可用：{' '.join(known)}"


def parse_overrides(
    data: Mapping[str, Any], text: str, path: str, year: int
) -> tuple[dict[date, Override], bool, list[Problem]]:
    """Read overrides/<year>.toml: its days, whether it cites a whole notice, problems.

    A notice of which anything could not be read is not a whole one: its holes would make
    workdays of days off. The year then stays an estimate, with the days that were read.
    """
    days: dict[date, Override] = {}
    problems: list[Problem] = []

    def bad(line: int, message: str) -> None:
        problems.append(
            Problem(
                path=path, line=line, severity="error", code="schedule-override", message=message
            )
        )

    entries = data.get("day", [])
    if not isinstance(entries, list):
        bad(line_of(text, "day"), "每一天应写成一个 [[day]] 小节（两层方括号）")
        entries = []
    for name in data:
        if name not in _NOTICE_KEYS:
            bad(line_of(text, name), f"没有 {name} 这一项{_nearest(name, _NOTICE_KEYS)}")
    for number, entry in enumerate(entries, 1):
        try:
            day = _override(entry, number, year)
            if day.date in days:
                raise _Bad(f"第{number}个 [[day]]：{day.date} 写了两次")
            days[day.date] = day
        except _Bad as error:
            bad(_line_of_day(text, number), str(error))
    if not isinstance(data.get("notice", ""), str):
        bad(line_of(text, "notice"), "notice 应是文字，要加引号：通知的标题和文号")
    if data.get("notice") and not (entries or problems):
        bad(line_of(text, "notice"), "写了通知标题，却没有一个 [[day]]")
    return days, bool(data.get("notice")) and not problems, problems


def _override(entry: Any, number: int, year: int) -> Override:
    where = f"第{number}个 [[day]]"
    try:
        written = str(entry["date"])
        if not _DAY.fullmatch(written):  # 20270501 and 2027-W17-6 are dates only to machines
            raise ValueError(written)
        day = date.fromisoformat(written)
    except (KeyError, TypeError):
        raise _Bad(f'{where}：date 应写成 "{year}-05-01"') from None
    except ValueError:
        if _DAY.fullmatch(written):
            raise _Bad(f"{where}：没有 {written} 这一天，请对照通知改正") from None
        raise _Bad(f'{where}：date 应写成 "{year}-05-01"') from None
    # A notice speaks of the last days of the year before and the first of the year after.
    if not -1 <= (day.year - year) * 12 + day.month <= 14:
        raise _Bad(f"{where}：{day} 不属于 {year} 年")
    if not isinstance(entry.get("workday"), bool):
        raise _Bad(f"{where}：须写 workday = true（上班）或 false（放假）")
    if not isinstance(entry.get("name", ""), str):
        raise _Bad(f'{where}：name 应是文字，要加引号，如 "春节"')
    for name in entry:
        if name not in _DAY_KEYS:
            raise _Bad(f"{where}：没有 {name} 这一项{_nearest(name, _DAY_KEYS)}")
    return Override(date=day, workday=entry["workday"], name=str(entry.get("name", "")))


def at_odds(
    before: Mapping[date, Override], days: Mapping[date, Override], text: str, path: str
) -> list[Problem]:
    """Return the days of one file that another file says the opposite of.

    A notice names days of the years beside its own, so two may overlap; they must agree.
    """
    return [
        Problem(
            path=path,
            line=line_of(text, day.isoformat()),
            severity="error",
            code="schedule-override",
            message=f"{day} 在这里是{_KIND[found.workday]}，另一年的文件里是"
            f"{_KIND[before[day].workday]}；请对照通知改成一致",
        )
        for day, found in days.items()
        if day in before and before[day].workday != found.workday
    ]


def _line_of_day(text: str, number: int) -> int:
    heads = [n for n, line in enumerate(text.split("\n"), 1) if line.strip().startswith("[[day]]")]
    return heads[number - 1] if number <= len(heads) else line_of(text, "day")


def line_of(text: str, needle: str) -> int:
    """Return the first line of `text` that speaks of `needle`, 0 when none does."""
    if not needle:
        return 0
    return next((n for n, line in enumerate(text.split("\n"), 1) if needle in line), 0)
