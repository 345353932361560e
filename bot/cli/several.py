"""Verbs for several machines on one database: what is sent from, and the move into it."""

from __future__ import annotations

import click

from bot.cli.shell import CONFIG, JSON, async_, config_of, guard, main, print_json

_ROWS = {
    "pushes": "推送",
    "deliveries": "送达记录",
    "receipts": "回执",
    "signatures": "签收",
    "members": "名册人员",
    "trail": "留痕",
    "texts": "存档文本",
    "summaries": "周报",
}


@main.command()
@CONFIG
@JSON
def publish(config_path: str, as_json: bool) -> None:
    """几台机器一起跑时：把本机的内容和日程发布到数据库，各台都以此为准。

    例：qingfeng publish
    """
    config = config_of(config_path, example=False)
    from bot import workers

    done = guard(lambda: workers.publish(config))
    if as_json:
        return print_json(done)
    changed, files, digest = done["changed"], done["files"], done["digest"]
    click.echo(f"已发布：改动 {changed} 个文件，共 {files} 个；整套的校验值 {digest[:12]}。")
    return None


@main.command()
@CONFIG
@JSON
def migrate(config_path: str, as_json: bool) -> None:
    """把单机的数据文件夹整个搬进 PostgreSQL；原文件夹留作备查。

    例：qingfeng migrate
    """
    config = config_of(config_path, example=False)
    from bot import workers

    moved = guard(lambda: async_(workers.migrate(config)))
    if as_json:
        return print_json(moved)
    for table, rows in moved.items():
        if rows:
            click.echo(f"{_ROWS.get(table, table)}  {rows}")
    click.echo(f"已搬进数据库：{sum(moved.values())} 行。原来的文件夹没有动，请勿再用它单机运行。")
    return None
