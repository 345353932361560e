"""Verbs about review: who answers for a text, and what changed since somebody did."""

from __future__ import annotations

import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import click

from bot.cli.shell import CANNOT, CONFIG, JSON, call, fail, main, print_json


@main.command()
@CONFIG
@JSON
@click.argument("item", metavar="[ITEM]", required=False)
@click.option("--as", "who", metavar="NAME", help="谁审批")
@click.option("--step", metavar="STEP", help="哪个环节，缺省为轮到的那个")
@click.option("--sources-checked", is_flag=True, help="已打开来源，逐条核对")
@click.option("--despite-return", is_flag=True, help="被退回的原稿，仍照原样通过")
@click.option("--diff", "only_diff", is_flag=True, help="只看与上次审批的文字有何不同，不审批")
@click.option("--paper", metavar="NUMBER", help="登记一张签好的审核表，写表头的表号")
@click.option("--signed", multiple=True, metavar="STEP=NAME", help="表上哪个环节是谁签的，可写几个")
@click.option("--without", multiple=True, metavar="ITEM", help="表上划去的篇目")
def approve(
    config_path: str,
    as_json: bool,
    item: str | None,
    who: str | None,
    step: str | None,
    sources_checked: bool,
    despite_return: bool,
    only_diff: bool,
    paper: str | None,
    signed: tuple[str, ...],
    without: tuple[str, ...],
) -> None:
    """审批一篇内容；之后一字改动都要重新审批。

    例：qingfeng approve SC-01 --as 王五 --sources-checked    例：qingfeng approve SC-01 --diff

    例：qingfeng approve --paper 20260615-1a2b3c --signed 终审=王五
    """
    if paper is not None:
        return _paper(config_path, as_json, paper, signed, without)
    if not item:
        fail(["请写明审批哪一篇，例如 qingfeng approve SC-01 --as 王五"], CANNOT)
    if only_diff:
        changes = call(config_path, "diff", {"item": item})
        return print_json(changes) if as_json else print_diff(changes)
    if not who:
        fail(["请写明是谁审批，例如 --as 王五；只看改动用 --diff"], CANNOT)
    if not sources_checked and sys.stdin.isatty():
        print_diff(call(config_path, "diff", {"item": item}))
        sources_checked = click.confirm("是否已打开来源，逐条核对无误，且不涉密、不涉工作秘密？")
    params = {"item": item, "who": who, "step": step, "sources_checked": sources_checked}
    params |= {"despite_return": despite_return}
    answer = call(config_path, "approve", params)
    if as_json:
        return print_json(answer)
    click.echo(f"已登记：{answer['who']} {answer['step']}通过《{answer['title']}》。")
    click.echo(f"还不能推送：{answer['blocked']}" if answer["blocked"] else "可以推送了。")
    return None


def _paper(
    config_path: str, as_json: bool, number: str, signed: tuple[str, ...], without: tuple[str, ...]
) -> None:
    pairs = [pair.partition("=") for pair in signed]
    if not pairs or not all(equals and name.strip() for _, equals, name in pairs):
        fail(["请写明表上谁签了哪个环节，例如 --signed 终审=王五"], CANNOT)
    params = {
        "number": number,
        "signed": {step: name for step, _, name in pairs},
        "without": list(without),
    }
    answer = call(config_path, "approve-paper", params)
    if as_json:
        return print_json(answer)
    click.echo(
        f"审核表 {number}：登记通过 {len(answer['approved'])} 篇 {' '.join(answer['approved'])}"
    )
    for name, reason in answer["refused"].items():
        click.echo(f"  {name} 没有登记：{reason}")
    return None


@main.command()
@CONFIG
@JSON
@click.argument("items", nargs=-1, required=True, metavar="ITEM…")
@click.option(
    "-o",
    "path",
    type=click.Path(path_type=Path),
    metavar="FILE.docx",
    help="写到哪里，.docx 或 .html；缺省为 信息发布审核表-表号.docx",
)
def form(config_path: str, as_json: bool, items: tuple[str, ...], path: Path | None) -> None:
    """打印《信息发布审核表》，几篇合用一张；签好后用 approve --paper 登记。

    例：qingfeng form SC-01 SP-02    例：qingfeng form N06 -o 审核表.html
    """
    import base64

    if path is not None and path.suffix.lower() not in (".docx", ".html"):
        fail(["审核表只能写成 .docx 或 .html"], CANNOT)
    answer = call(config_path, "form", {"items": list(items)})
    path = path or Path(f"信息发布审核表-{answer['number']}.docx")
    page = path.suffix.lower() == ".html"
    path.write_bytes(answer["html"].encode() if page else base64.b64decode(answer["docx"]))
    if as_json:
        shown = ("number", "items", "steps")
        return print_json({**{name: answer[name] for name in shown}, "path": str(path)})
    click.echo(f"已写入 {path}，{len(answer['items'])} 篇，表号 {answer['number']}。")
    signed = " ".join(f"--signed {step}=签字人" for step in answer["steps"])
    click.echo(f"签好后登记：qingfeng approve --paper {answer['number']} {signed}")
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
    print_outside(answer["outside"])
    if answer["sent"]:
        click.echo(f"群里和手机上已有的收不回来，需要更正请用：{answer['correct']}")
    return None


def print_outside(rows: list[dict[str, Any]]) -> None:
    """Name what no program can call back."""
    for one in rows:
        place = f"，{one['where']}" if one["where"] else ""
        click.echo(f"要按编号取回：外发 {one['number']} {one['way']} {one['item']}{place}")


def print_sent(rows: list[dict[str, Any]]) -> None:
    from bot.cli.shell import when
    from bot.core import messages

    for row in rows:
        moment = when(row["sent_at"]) if row["sent_at"] else "时间不明"
        state = messages.STATES[row["state"]]
        click.echo(f"  {moment}  {row['item']} → {row['target_name']}（{row['target']}）  {state}")
    if not rows:
        click.echo("没有发到过任何地方。")
