"""Verbs about figures: the weekly summary."""

from __future__ import annotations

import base64
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import click

from bot.cli.shell import CANNOT, CONFIG, JSON, call, fail, main, print_end, print_json, when
from bot.core import messages


@main.command()
@CONFIG
@JSON
@click.option("--week", metavar="2026-W47", help="哪一周，缺省上周")
@click.option("--month", metavar="2026-06", help="哪个月")
@click.option("--quarter", metavar="2026Q2", help="哪个季度")
@click.option("--year", type=click.IntRange(2005, 2098), metavar="YYYY", help="哪一年")
@click.option("--send", is_flag=True, help="现在就发到管理员的群；发过的不重复发")
@click.option("--recount", is_flag=True, help="按今天的回执重算，并给出与原报的差别")
@click.option(
    "--picture", type=click.Path(path_type=Path), metavar="FILE", help="画成一页图，.png 或 .svg"
)
def summary(
    config_path: str,
    as_json: bool,
    week: str | None,
    month: str | None,
    quarter: str | None,
    year: int | None,
    send: bool,
    recount: bool,
    picture: Path | None,
) -> None:
    """《廉政教育推送周报》；也可看一个月、一个季度、一年的小结。

    例：qingfeng summary --week 2026-W25    例：qingfeng summary --picture 周报.png
    例：qingfeng summary --month 2026-06    例：qingfeng summary --quarter 2026Q2
    例：qingfeng summary --send
    """
    if picture is not None and picture.suffix.lower() not in (".png", ".svg"):
        fail([messages.PICTURE_SUFFIX.format(picture.suffix)], CANNOT)
    wanted = picture.suffix.lower() if picture else None
    span = {"month": month, "quarter": quarter, "year": year}
    params = {"week": week, "recount": recount, "picture": wanted, **span}
    if send:
        return _send(config_path, params, as_json)
    answer = call(config_path, "summary", params)
    if picture is not None:
        picture.write_bytes(base64.b64decode(answer.pop("picture")))
    if as_json:
        return print_json(answer)
    click.echo(_plain(answer["text"]))
    if answer.get("difference"):
        click.echo(f"与原报的差别：{answer['difference']}")
    return None


def _send(config_path: str, params: Mapping[str, Any], as_json: bool) -> None:
    if params["picture"]:
        fail([messages.SEND_WEEK_ONLY], CANNOT)
    answer = call(config_path, "summary-send", params, example=False)
    if as_json:
        return print_json(answer)
    for row in answer["pushes"]:
        if row["rule"] == "summary" and row["target"] in answer["already"]:
            click.echo(messages.SEND_HAD.format(answer["week"], when(row["sent_at"])))
        elif row["state"] == "planned":
            till = when(row["not_before"] or row["due"])
            click.echo(messages.SEND_WAITS.format(row["key"], till, row["reason"]))
        elif row["target"] not in answer["already"]:
            print_end(row)
    return None


def _plain(markdown: str) -> str:
    """Return a WeCom markdown text as a terminal shows it best: without its marks."""
    import re

    text = re.sub(r"</?font[^>]*>", "", markdown)
    return re.sub(r"(?m)^> ", "", text).replace("**", "")
