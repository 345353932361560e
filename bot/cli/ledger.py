"""Verbs about the ledger: a period as a sheet, one push as it was."""

from __future__ import annotations

import base64
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import click

from bot.cli.shell import CANNOT, CONFIG, JSON, call, fail, main, print_end, print_json, when
from bot.core import messages


@main.group(invoke_without_command=True)
@CONFIG
@JSON
@click.option("--month", metavar="2026-11", help="哪个月")
@click.option("--year", type=click.IntRange(2005, 2098), metavar="YYYY", help="哪一年，缺省今年")
@click.option("--pack", type=click.IntRange(2005, 2098), metavar="YYYY", help="一年的材料，.docx")
@click.option("--node", metavar="KEY", help="一个节点的记录，.docx，如 dragon-boat-2026")
@click.option(
    "-o", "--output", type=click.Path(path_type=Path), metavar="FILE", help=".xlsx 或 .csv"
)
@click.pass_context
def ledger(
    context: click.Context,
    config_path: str,
    as_json: bool,
    month: str | None,
    year: int | None,
    pack: int | None,
    node: str | None,
    output: Path | None,
) -> None:
    """台账：每条推送发了什么、谁审批的、发到哪里、结果如何。

    例：qingfeng ledger --month 2026-11 -o 台账.xlsx    例：qingfeng ledger show KEY
    例：qingfeng ledger --pack 2026 -o 材料.docx
    例：qingfeng ledger --node dragon-boat-2026 -o 端午.docx
    """
    if context.invoked_subcommand is not None:
        return None
    if pack or node:
        return _packed(config_path, as_json, {"year": pack, "node": node}, output)
    if output is None and not as_json:
        fail([messages.LEDGER_WHERE], CANNOT)
    suffix = output.suffix.lower() if output else ""
    params = {"month": month, "year": year, "suffix": suffix}
    answer = call(config_path, "ledger", params)
    if output is not None:
        output.write_bytes(base64.b64decode(answer.pop("file")))
    if as_json:
        return print_json(answer)
    click.echo(messages.LEDGER_WRITTEN.format(answer["name"], len(answer["rows"]), output))
    return None


def _packed(
    config_path: str, as_json: bool, params: Mapping[str, Any], output: Path | None
) -> None:
    if output is None or output.suffix.lower() != ".docx":
        fail([messages.PACK_WHERE], CANNOT)
    answer = call(config_path, "ledger-pack", dict(params))
    output.write_bytes(base64.b64decode(answer.pop("file")))
    if as_json:
        return print_json(answer)
    return click.echo(messages.PACK_WRITTEN.format(answer["name"], output))


@ledger.command("show")
@CONFIG
@JSON
@click.argument("key", metavar="KEY")
def ledger_show(config_path: str, as_json: bool, key: str) -> None:
    """一条推送的原样：群里看到的、审批、结果。

    例：qingfeng ledger show mid-autumn-2026_main@jg1
    """
    answer = call(config_path, "ledger-show", {"key": key})
    if as_json:
        return print_json(answer)
    print_end(answer)
    for one in answer["approvals"]:
        mark = "" if one["sealed"] else "（印鉴文件已不在，据留痕）"
        click.echo(f"审批：{one['step']} {one['who']} {when(one['when'])} {one['how']}{mark}")
    seen = ""
    for one in answer["messages"]:
        state = messages.STATES[one["state"]]
        reason = f"（{one['reason']}）" if one["reason"] else ""
        click.echo(f"—— 第 {one['attempt']} 次 {when(one['begun'])} {state}{reason}")
        if one["text"] != seen:
            click.echo(one["text"])
        seen = one["text"]
    return None
