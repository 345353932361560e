"""Verbs about people: the roster."""

from __future__ import annotations

from pathlib import Path

import click

from bot.cli.shell import CONFIG, FAULTS, JSON, call, fail, main, print_json, print_problems, table
from bot.core import messages


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


@roster.command("sync")
@CONFIG
@JSON
@click.option("--dry-run", is_flag=True, help="只说会改什么")
@click.option("--yes", is_flag=True, help="去掉一半以上的人也照办")
def roster_sync(config_path: str, as_json: bool, dry_run: bool, yes: bool) -> None:
    """从企业微信取账号、姓名、部门，按标签认支部；您填过的岗位、在岗状态、备注都留着。

    例：qingfeng roster sync --dry-run
    """
    answer = call(config_path, "roster-sync", {"dry_run": dry_run, "yes": yes})
    if as_json:
        return print_json(answer)
    click.echo("（没有改动，只是看看）" if dry_run else f"名册已更新：{answer['members']} 人。")
    for what, key in (("新增", "added"), ("去掉", "removed"), ("改名或调动", "changed")):
        if answer[key]:
            click.echo(f"  {what} {len(answer[key])} 人：{'、'.join(answer[key][:20])}")
    return None


@roster.command("show")
@CONFIG
@JSON
def roster_show(config_path: str, as_json: bool) -> None:
    """名册，和最近一次没有送到的人：为什么、怎么办。与回执无关。

    例：qingfeng roster show
    """
    answer = call(config_path, "roster-show", {})
    if as_json:
        return print_json(answer)
    rows = [
        [m["name"], m["account"], m["branch"] or m["department"], "" if m["present"] else "不在岗"]
        for m in answer["members"]
    ]
    table("人员名册", ["姓名", "账号", "支部或部门", "备注"], rows)
    if answer["joined"] or answer["not_joined"]:
        click.echo(messages.JOINED.format(answer["joined"], answer["not_joined"]))
    if answer["unreached"]:
        gone = [[r["name"], r["account"], r["why"], r["do"]] for r in answer["unreached"]]
        table("最近一次没有送到", ["姓名", "账号", "原因", "怎么办"], gone)
    return None
