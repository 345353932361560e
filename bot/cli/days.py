"""Verbs about days: the calendar and the plan."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import click

from bot.cli.shell import (
    CONFIG,
    JSON,
    PUSH_KEY,
    call,
    config_of,
    main,
    print_errors,
    print_json,
    table,
    when,
)
from bot.core import messages


@main.command()
@CONFIG
@JSON
@click.option(
    "--year", type=click.IntRange(2005, 2098), required=True, metavar="YYYY", help="哪一年"
)
def calendar(config_path: str, as_json: bool, year: int) -> None:
    """哪天上班、哪天放假、各节点落在哪天，依据是什么。

    例：qingfeng calendar --year 2026
    """
    from bot.app import folders_of
    from bot.core.calendar import Calendar, year_days
    from bot.library.folder import load_schedules

    schedules, problems = load_schedules(folders_of(config_of(config_path)).schedules)
    print_errors(problems)
    days = Calendar(overrides=schedules.overrides, announced=schedules.announced)
    answer = {
        "year": year,
        "days": [_day_json(days.day(day)) for day in year_days(year)],
        "nodes": [_node_json(node) for node in days.node_days(schedules.nodes, year)],
    }
    if as_json:
        print_json(answer)
    else:
        _print_calendar(answer)


def _day_json(day: Any) -> dict[str, Any]:
    return {**vars(day), "date": day.date.isoformat()}


def _node_json(node: Any) -> dict[str, Any]:
    def iso(day: Any) -> str | None:
        return day.isoformat() if day else None

    return {
        "key": node.node.key,
        "name": node.node.name,
        "date": iso(node.date),
        "first_off": iso(node.first_off),
        "last_off": iso(node.last_off),
        "last_workday_before": iso(node.last_workday_before),
        "until": iso(node.until),
        "provisional": node.provisional,
    }


def _print_calendar(answer: Mapping[str, Any]) -> None:
    from datetime import date

    rows = [
        [
            n["name"],
            n["date"],
            f"{n['first_off']} 至 {n['last_off']}",
            n["last_workday_before"],
            messages.PROVISIONAL if n["provisional"] else "",
        ]
        for n in answer["nodes"]
    ]
    table(f"{answer['year']} 年节点", ["节点", "日期", "放假", "节前最后工作日", ""], rows)
    odd = [
        d for d in answer["days"] if d["workday"] != (date.fromisoformat(d["date"]).weekday() < 5)
    ]
    work = [d["date"][5:] for d in odd if d["workday"]]
    off = [d["date"][5:] for d in odd if not d["workday"]]
    click.echo(f"调休上班：{' '.join(work) or '无'}\n工作日放假：{' '.join(off) or '无'}")


@main.command()
@CONFIG
@JSON
@click.option("--from", "first", metavar="DATE", help="从哪天起，缺省今天")
@click.option("--days", default=30, metavar="N", help="多少天")
def plan(config_path: str, as_json: bool, first: str | None, days: int) -> None:
    """将要推送什么、何时、给谁；什么被拦下或让路，为什么。

    例：qingfeng plan --from 2026-09-10 --days 30
    """
    answer = call(config_path, "plan", {"from": first, "days": days})
    if as_json:
        return print_json(answer)
    rows = [
        [when(p["due"]), p["key"], p["item"], p["target"], p["blocked"] or p["reason"] or ""]
        for p in answer["pushes"]
    ]
    table("推送计划", ["时间", PUSH_KEY, "内容", "对象", "拦下的原因"], rows)
    for line in dict.fromkeys(
        f"不推送  {s['date']} {s['rule']}：{s['reason']}" for s in answer["skipped"]
    ):
        click.echo(line)
    return None
