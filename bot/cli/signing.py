"""签收表 as a verb."""

from __future__ import annotations

import base64
from pathlib import Path

import click

from bot.cli.shell import CONFIG, JSON, call, main, print_json
from bot.core import messages


@main.command()
@CONFIG
@JSON
@click.argument("item", required=False, metavar="[ITEM]")
@click.option(
    "-o", "--output", type=click.Path(path_type=Path), metavar="FILE", help=".xlsx 或 .csv"
)
def signed(config_path: str, as_json: bool, item: str | None, output: Path | None) -> None:
    """《签收表》：责任提示由本人签收的记录，附文本校验值。没有签收的人不在表上。

    例：qingfeng signed DU-01 -o 签收表.xlsx
    """
    suffix = output.suffix.lower() or "." if output else ""
    answer = call(config_path, "signed", {"item": item, "suffix": suffix})
    if output is not None:
        output.write_bytes(base64.b64decode(answer.pop("file")))
    if as_json:
        return print_json(answer)
    if output is not None:
        click.echo(messages.SIGNED_WRITTEN.format(len(answer["rows"]), output))
        return None
    click.echo(answer["notice"])
    for row in answer["rows"]:
        click.echo("  ".join(row[:-1]))
    if not answer["rows"]:
        click.echo(messages.SIGNED_NONE)
    return None
