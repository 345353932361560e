"""schedules/ on disk: the nodes, the rules, the days off that were announced."""

from __future__ import annotations

import re
from datetime import date
from pathlib import Path

from bot.core.calendar import Override
from bot.core.model import Problem
from bot.core.schedules import (
    Schedules,
    at_odds,
    line_of,
    node_names,
    parse_nodes,
    parse_overrides,
    parse_rules,
)
from bot.core.stray import stray_nodes, stray_rules
from bot.library.decode import read_toml, why
from bot.library.walk import is_litter, problem

NODES, RHYTHM = "schedules/nodes.toml", "schedules/rhythm.toml"
OVERRIDES = "schedules/overrides"
_YEAR = re.compile(r"20\d\d", re.ASCII)


def load_schedules(folder: Path) -> tuple[Schedules, list[Problem]]:
    """Read nodes.toml, rhythm.toml and overrides/<year>.toml."""
    problems: list[Problem] = []
    data, text, found = read_toml(folder / "nodes.toml", NODES)
    nodes, more = parse_nodes(data, text, NODES)
    problems += found + more
    known, written = node_names(data), text
    data, text, found = read_toml(folder / "rhythm.toml", RHYTHM)
    rules, more = parse_rules(data, text, RHYTHM)
    problems += found + more + stray_rules(rules, nodes, text, RHYTHM)
    lines = {rule.key: line_of(text, f"[{rule.key}]") for rule in rules}
    overrides: dict[date, Override] = {}
    announced: set[int] = set()
    for path in _overrides(folder / "overrides", problems):
        shown = f"{OVERRIDES}/{path.name}"
        if not _YEAR.fullmatch(path.stem):
            problems.append(problem(shown, "文件名应是年份，如 2027.toml"))
            continue
        data, text, found = read_toml(path, shown)
        days, whole, more = parse_overrides(data, text, shown, int(path.stem))
        problems += found + more + at_odds(overrides, days, text, shown)
        if not (data or found):  # cut off by a crash, or caught while it is being written
            problems.append(problem(shown, "文件是空的；不需要它就请删去"))
        overrides |= days
        if whole:
            announced.add(int(path.stem))
    given = (day.name for day in overrides.values())
    problems += stray_nodes(nodes, known, given, written, NODES)
    return Schedules(
        nodes=nodes,
        known=known,
        rules=rules,
        rule_lines=lines,
        overrides=overrides,
        announced=frozenset(announced),
    ), problems


def _overrides(folder: Path, problems: list[Problem]) -> list[Path]:
    try:
        return sorted(path for path in folder.iterdir() if _is_override(path.name))
    except FileNotFoundError:
        return []
    except OSError as error:
        problems.append(problem(OVERRIDES, f"文件夹打不开（{why(error)}），放假安排没有读"))
        return []


def _is_override(name: str) -> bool:
    return name.endswith(".toml") and not is_litter(name)
