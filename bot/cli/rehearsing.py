"""年度演练: the whole year on a simulated clock."""

from __future__ import annotations

import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import click

from bot.cli.shell import CONFIG, FAULTS, JSON, config_of, guard, lasting, main, print_json


@main.command()
@CONFIG
@JSON
@click.option("--year", type=click.IntRange(2005, 2097), required=True, metavar="YYYY")
@click.option("--level", type=click.IntRange(1, 3), help="都按第几级演练；缺省照配置")
@click.option(
    "--people",
    type=click.IntRange(1, 2000),
    default=200,
    show_default=True,
    metavar="N",
    help="每个对象多少个虚构的人",
)
@click.option("--approved-only", is_flag=True, help="只发今天已批准的，看缺了审批会漏掉什么")
@click.option("-o", "out", metavar="FILE.html", help="报告存成哪个文件；缺省 年度演练-YYYY.html")
def rehearse(
    config_path: str,
    as_json: bool,
    year: int,
    level: int | None,
    people: int,
    approved_only: bool,
    out: str | None,
) -> None:
    """年度演练：把一整年在本机走一遍，看哪天发什么、哪里会断。不联网，不改您的数据。

    例：qingfeng rehearse --year 2027    例：qingfeng rehearse --year 2027 --level 3 --json
    """
    from bot.rehearsal.figures import faults
    from bot.rehearsal.page import page
    from bot.rehearsal.play import rehearse as play
    from bot.rehearsal.stage import Ask

    config = config_of(config_path)
    ask = Ask(year=year, level=level or 0, people=people, approved_only=approved_only)
    watched = sys.stderr.isatty() and not as_json
    with click.progressbar(
        length=366, label="演练", file=sys.stderr, hidden=not watched, show_pos=False
    ) as bar:
        found: dict[str, Any] = guard(
            lambda: lasting(play(config, ask, lambda day: bar.update(_passed(day, bar.pos))))
        )
    if out or not as_json:
        path = Path(out or f"年度演练-{year}.html")
        path.write_text(page(found), encoding="utf-8")
    if as_json:
        print_json(found)
    else:
        _print(found, path)
    if wrong := faults(found):
        for line in wrong[:20]:
            click.echo(line, err=True)
        sys.exit(FAULTS)


def _passed(day: Any, known: int) -> int:
    return int(day.timetuple().tm_yday) - known


def _print(found: Mapping[str, Any], path: Path) -> None:
    heard, receipts, breaks = found["heard"], found["receipts"], found["breaks"]
    sent = sum(push["state"] == "sent" for push in found["pushes"])
    covered = [node for node in found["nodes"] if node["covered"]]
    click.echo(f"{found['year']} 年：发出 {sent} 条，{len(found['targets'])} 个对象。")
    click.echo(
        f"每人一周最多 {heard['most_a_week']} 条，平均 {heard['mean_a_week']} 条；"
        f"一天最多 {heard['most_a_day']} 条。"
    )
    click.echo(f"节点 {len(found['nodes'])} 个，有提醒的 {len(covered)} 个。")
    if receipts["acts"]:
        click.echo(
            f"点按 {receipts['acts']} 次（{receipts['over_network']} 次经网络）："
            f"应有回执 {receipts['expected']} 条，数据里有 {receipts['counted']} 条。"
        )
    for words, rows in (
        ("还没有批准的内容 {} 篇", breaks["approval"]),
        ("当年失效的内容 {} 篇", breaks["expired"]),
        ("缺内容 {} 处", found["dry"]),
        ("没有发出的推送 {} 条", breaks["lost"]),
        ("有错误的文件 {} 处", breaks["files"]),
    ):
        if rows:
            click.echo(words.format(len(rows)) + "，见报告。")
    if breaks["provisional"]["days"]:
        click.echo(f"放假安排尚未公布，{breaks['provisional']['pushes']} 条推送可能改期。")
    click.echo(f"报告：{path}")
