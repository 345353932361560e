"""Verbs about review: who answers for a text, and what changed since somebody did."""

from __future__ import annotations

import sys
from collections.abc import Mapping
from typing import Any

import click

from bot.cli.shell import CANNOT, CONFIG, JSON, call, fail, main, print_json


@main.command()
@CONFIG
@JSON
@click.argument("item", metavar="ITEM")
@click.option("--as", "who", metavar="NAME", help="谁审批")
@click.option("--step", metavar="STEP", help="哪个环节，缺省为轮到的那个")
@click.option("--sources-checked", is_flag=True, help="已打开来源，逐条核对")
@click.option("--diff", "only_diff", is_flag=True, help="只看与上次审批的文字有何不同，不审批")
def approve(
    config_path: str,
    as_json: bool,
    item: str,
    who: str | None,
    step: str | None,
    sources_checked: bool,
    only_diff: bool,
) -> None:
    """审批一篇内容；之后一字改动都要重新审批。

    例：qingfeng approve SC-01 --as 王五 --sources-checked    例：qingfeng approve SC-01 --diff
    """
    if only_diff:
        changes = call(config_path, "diff", {"item": item})
        return print_json(changes) if as_json else print_diff(changes)
    if not who:
        fail(["请写明是谁审批，例如 --as 王五；只看改动用 --diff"], CANNOT)
    if not sources_checked and sys.stdin.isatty():
        print_diff(call(config_path, "diff", {"item": item}))
        sources_checked = click.confirm("是否已打开来源，逐条核对无误，且不涉密、不涉工作秘密？")
    params = {"item": item, "who": who, "step": step, "sources_checked": sources_checked}
    answer = call(config_path, "approve", params)
    if as_json:
        return print_json(answer)
    click.echo(f"已登记：{answer['who']} {answer['step']}通过《{answer['title']}》。")
    click.echo(f"还不能推送：{answer['blocked']}" if answer["blocked"] else "可以推送了。")
    return None


def print_diff(answer: Mapping[str, Any]) -> None:
    """Show what changed: - as it was approved, + as it is now; 【】 round the very characters."""
    approved, lines = answer["approved"], answer["lines"]
    if approved is None:
        click.echo(f"《{answer['title']}》以前没有审批过，没有可比的。")
        return
    then = f"{approved['when'][:10]} {approved['who']} {approved['step']}"
    if lines is None:
        click.echo(f"{then}通过的那一稿没有留存，比不了。")
    elif not lines:
        click.echo(f"与 {then}通过的那一稿一字不差。")
    else:
        click.echo(f"与 {then}通过的那一稿相比（- 原来，+ 现在，【】里是改动处）：")
    for mark, parts in lines or ():
        if mark == " ":
            continue
        whole = len(parts) == 1
        text = "".join(f"【{t}】" if differs and not whole else t for t, differs in parts)
        click.secho(f"{mark} {text}", fg="red" if mark == "-" else "green")


@main.command()
@CONFIG
@JSON
@click.argument("item", metavar="ITEM")
@click.option("--as", "who", required=True, metavar="NAME", help="谁收回")
@click.option("--why", default="", metavar="TEXT", help="原因，会写进记录")
def withdraw(config_path: str, as_json: bool, item: str, who: str, why: str) -> None:
    """收回一篇内容的审批：没发的不再发，列出已经发到哪里。

    例：qingfeng withdraw SC-01 --as 王五 --why 金额有误
    """
    answer = call(config_path, "withdraw", {"item": item, "who": who, "why": why})
    if as_json:
        return print_json(answer)
    click.echo(f"已收回《{answer['title']}》，没发的不再发。")
    print_sent(answer["sent"])
    if answer["sent"]:
        click.echo(f"群里和手机上已有的收不回来，需要更正请用：{answer['correct']}")
    return None


def print_sent(rows: list[dict[str, Any]]) -> None:
    from bot.cli.shell import when
    from bot.core import messages

    for row in rows:
        moment = when(row["sent_at"]) if row["sent_at"] else "时间不明"
        state = messages.STATES[row["state"]]
        click.echo(f"  {moment}  {row['item']} → {row['target_name']}（{row['target']}）  {state}")
    if not rows:
        click.echo("没有发到过任何地方。")
