"""Verbs about people: the roster."""

from __future__ import annotations

from pathlib import Path

import click

from bot.cli.shell import CONFIG, FAULTS, JSON, call, fail, main, print_json, print_problems


@main.group()
def roster() -> None:
    """人员名册：谁会收到、谁能点“已阅”。"""


@roster.command("import")
@CONFIG
@JSON
@click.argument("file", type=click.Path(path_type=Path), metavar="FILE")
def roster_import(config_path: str, as_json: bool, file: Path) -> None:
    """用一个表格（.xlsx 或 .csv）替换名册；有错的行会逐行列出，此时什么也不改。

    例：qingfeng roster import 名册.csv
    """
    from bot.library.folder import errors
    from bot.library.roster import read_roster
    from bot.store.codec import to_doc

    members, problems = read_roster(file)
    print_problems(problems, err=True)
    if errors(problems):
        fail(["名册没有改动。请改好上面各行后再导入。"], FAULTS)
    answer = call(config_path, "roster-import", {"members": [to_doc(m) for m in members]})
    if as_json:
        return print_json(answer)
    click.echo(f"名册已更新：{answer['members']} 人。")
    for target, count in answer["targets"].items():
        click.echo(f"  {target}：在岗 {count} 人" + ("" if count else "（名册里没有人属于它）"))
    return None
