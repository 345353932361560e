"""Verbs about what is kept: the trail, the data folder."""

from __future__ import annotations

import sys

import click

from bot.cli.shell import CONFIG, FAULTS, JSON, OK, call, main, print_json


@main.group()
def audit() -> None:
    """留痕：审批、发送、收回、导出、设置变更，逐条相扣。

    例：qingfeng audit verify
    """


@audit.command("verify")
@CONFIG
@JSON
def audit_verify(config_path: str, as_json: bool) -> None:
    """核对留痕是否完整、文本是否原样；有问题时退出码为 1。

    例：qingfeng audit verify
    """
    answer = call(config_path, "audit-verify", {})
    if as_json:
        print_json(answer)
    else:
        for fault in answer["faults"]:
            click.echo(fault, err=True)
        state = "有问题" if answer["faults"] else "完整"
        click.echo(f"留痕 {answer['entries']} 条，文本 {answer['texts']} 份：{state}。")
        if answer["head"]:
            click.echo(f"最后一条的校验值（可抄录备查）：{answer['head']}")
    sys.exit(FAULTS if answer["faults"] else OK)


@main.command()
@CONFIG
@JSON
@click.argument("person", metavar="USERID")
def forget(config_path: str, as_json: bool, person: str) -> None:
    """从所有记录里抹去一个人的账号，合计数不变；恢复备份后也会再次抹去。

    例：qingfeng forget zhangsan
    """
    answer = call(config_path, "forget", {"person": person}, example=False)
    if as_json:
        return print_json(answer)
    click.echo(f"已从 {answer['rows']} 行记录里抹去。名册里若再导入此人，会重新出现。")
    return None
