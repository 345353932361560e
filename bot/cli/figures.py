"""Verbs about figures: the weekly summary."""

from __future__ import annotations

import click

from bot.cli.shell import CONFIG, JSON, call, main, print_json


@main.command()
@CONFIG
@JSON
@click.option("--week", metavar="2026-W47", help="哪一周，缺省上周")
@click.option("--recount", is_flag=True, help="按今天的回执重算，并给出与原报的差别")
def summary(config_path: str, as_json: bool, week: str | None, recount: bool) -> None:
    """《廉政教育推送周报》。

    例：qingfeng summary --week 2026-W25
    """
    answer = call(config_path, "summary", {"week": week, "recount": recount})
    if as_json:
        return print_json(answer)
    click.echo(_plain(answer["text"]))
    if answer.get("difference"):
        click.echo(f"与原报的差别：{answer['difference']}")
    return None


def _plain(markdown: str) -> str:
    """Return a WeCom markdown text as a terminal shows it best: without its marks."""
    import re

    text = re.sub(r"</?font[^>]*>", "", markdown)
    return re.sub(r"(?m)^> ", "", text).replace("**", "")
