"""Verbs about days: the calendar and the plan."""

from __future__ import annotations

import sys
from collections.abc import Mapping
from typing import Any

import click

from bot.cli.shell import (
    CANNOT,
    CONFIG,
    FAULTS,
    JSON,
    PUSH_KEY,
    call,
    config_of,
    fail,
    main,
    print_errors,
    print_json,
    table,
    when,
    wide_enough,
)
from bot.core import messages


@main.group(invoke_without_command=True)
@CONFIG
@JSON
@click.option("--year", type=click.IntRange(2005, 2098), metavar="YYYY", help="哪一年")
@click.pass_context
def calendar(context: click.Context, config_path: str, as_json: bool, year: int | None) -> None:
    """哪天上班、哪天放假、各节点落在哪天，依据是什么。

    例：qingfeng calendar --year 2026    例：qingfeng calendar import 通知.txt
    """
    if context.invoked_subcommand is not None:
        return
    if year is None:
        fail(["请写明哪一年，如 qingfeng calendar --year 2026"], CANNOT)
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


@calendar.command("import")
@CONFIG
@JSON
@click.argument("file", metavar="FILE|-")
@click.option("--year", type=click.IntRange(2005, 2098), metavar="YYYY", help="通知里没写年份时用")
@click.option("--yes", is_flag=True, help="不再询问，直接写入")
def calendar_import(
    config_path: str, as_json: bool, file: str, year: int | None, yes: bool
) -> None:
    """录入国务院办公厅的放假通知：原文存成文件，或用 - 直接粘贴。

    星期与日期、天数都会核对；看过全年安排再写入。例：qingfeng calendar import 通知.txt
    """
    from pathlib import Path

    from bot.library.decode import Unreadable, decode, read_text

    try:
        pasted = file == "-"
        text = decode(sys.stdin.buffer.read()) if pasted else read_text(Path(file))
    except Unreadable as error:
        fail([f"{file}：{error}"], CANNOT)
    params = {"text": text, "year": year}
    answer = call(config_path, "calendar-import", params)
    sure = yes or (not pasted and not as_json and sys.stdin.isatty())
    if not as_json:
        _print_notice(answer)
    if not answer["problems"] and sure and (yes or click.confirm("全年安排是否无误，写入？")):
        answer = call(config_path, "calendar-import", {**params, "write": True})
    if as_json:
        print_json(answer)
    elif answer["written"]:
        click.echo(f"已写入 {answer['written']}；还没有发出的推送会照新安排走，已发出的不动。")
    elif not answer["problems"]:
        click.echo("没有写入。确认无误后加 --yes。")
    if answer["problems"]:
        sys.exit(FAULTS)


def _print_notice(answer: Mapping[str, Any]) -> None:
    from datetime import date

    rows: list[list[str]] = []
    for day in answer["days"]:
        weekday = "一二三四五六日"[date.fromisoformat(day["date"]).weekday()]
        rows.append(
            [day["date"], f"周{weekday}", "上班" if day["workday"] else "放假", day["name"]]
        )
    if rows:
        table(f"{answer['title']} {answer['number']}", ["日期", "星期", "", "节日"], rows)
    for problem in answer["problems"]:
        click.echo(f"有疑问：{problem}", err=True)


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
            f"{n['first_off']} 至 {n['last_off']}" if n["first_off"] else "",
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
@click.option("--ics", metavar="FILE", help="存成日历文件，手机和电脑的日历都能打开；- 为直接输出")
@click.option(
    "--html", metavar="FILE", help="存成可打印、送签的表；从 1 月 1 日起写 --days 365 即全年"
)
@click.option("--diff", is_flag=True, help="与上次看过的计划相比，改动了什么")
def plan(
    config_path: str,
    as_json: bool,
    first: str | None,
    days: int,
    ics: str | None,
    html: str | None,
    diff: bool,
) -> None:
    """将要推送什么、何时、给谁；什么被拦下或让路，为什么。

    例：qingfeng plan --from 2026-09-10 --days 30    例：qingfeng plan --diff
    """
    if sum(map(bool, (ics, html, as_json or diff))) > 1:
        raise click.UsageError("--ics、--html、--json（或 --diff）一次只能用一个")
    form = "ics" if ics else "html" if html else None
    params = {"from": first, "days": days, "form": form, "diff": diff}
    answer = call(config_path, "plan", params)
    if (file := ics or html) and "document" in answer:
        if file == "-":
            return click.echo(answer["document"], nl=False)
        with open(file, "w", encoding="utf-8", newline="") as out:
            out.write(answer["document"])
        return click.echo(f"已存成 {file}。")
    if as_json:
        return print_json(answer)
    if diff:
        changed = [[one["change"], one["key"], one["what"]] for one in answer["diff"]]
        return table("与上次看过的计划相比", ["", PUSH_KEY, "时间和内容"], changed)
    return _print_plan(answer)


def _print_plan(answer: Mapping[str, Any]) -> None:
    """Tell the plan by its names; the keys, long as they are, only where there is room."""
    from bot.core.skips import skipped

    names, titles = answer["names"], answer["titles"]
    keys = [PUSH_KEY] if wide_enough() else []
    rows = [
        [
            when(p["due"])[5:] + (messages.PLAN_MARK if p["provisional"] else ""),
            f"{p['item']} {titles.get(p['item'], '')}".strip(),
            messages.PARTS.get(p["part"], "") + names.get(p["rule"] or p["node"], p["rule"]),
            names.get(p["target"], p["target"]),
            "；".join(filter(None, (p["blocked"], p["reason"]))),
            *([p["key"]] if keys else []),
        ]
        for p in answer["pushes"]
    ]
    years = "至".join(dict.fromkeys(p["due"][:4] for p in answer["pushes"]))
    header = ["时间", "内容", "场合", "对象", "说明", *keys]
    table(f"推送计划（{years}年）" if years else "推送计划", header, rows)
    if any(p["provisional"] for p in answer["pushes"]):
        click.echo(messages.PLAN_PROVISIONAL)
    for rule, reason, dates, who in skipped(answer["skipped"]):
        whom = "、".join(names.get(one, one) for one in who)
        said = f"{names.get(rule, rule)}{f'（{whom}）' if whom else ''}"
        click.echo(f"不推送  {said}：{reason}（{dates}）")
    for one in answer["problems"]:
        click.echo(f"没有用上  {one['where']}  {one['message']}", err=True)
