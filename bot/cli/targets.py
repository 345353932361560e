"""Verbs about targets: groups and audiences."""

from __future__ import annotations

import shutil
from pathlib import Path

import click

from bot.cli.shell import CONFIG, JSON, call, main, print_json, table, when


@main.group(invoke_without_command=True)
@CONFIG
@JSON
@click.pass_context
def targets(context: click.Context, config_path: str, as_json: bool) -> None:
    """推送对象：是否正常，哪些群在等绑定；bind 绑定一个群，enable 恢复一个停用的。

    例：qingfeng targets    例：qingfeng targets bind jg1
    """
    if context.invoked_subcommand is not None:
        return None
    answer = call(config_path, "targets", {})
    if as_json:
        return print_json(answer)
    rows = [[r["id"], r["name"], r["channel"], _state(r)] for r in answer["targets"]]
    table("推送对象", ["对象", "名称", "渠道", "现状"], rows)
    if answer["waiting"]:
        waiting = [[w["number"], w["who"], when(w["at"])] for w in answer["waiting"]]
        table(
            "等待绑定的群（用 targets bind 确认）",
            ["序号", "提出的人", "时间"],
            waiting,
        )
    return None


def _state(row: dict[str, object]) -> str:
    if row["disabled"]:
        return f"已停用：{row['disabled']}"
    if not row["bound"]:
        return "还没有绑定群"
    return str(row["closed"] or "正常")


@targets.command()
@CONFIG
@JSON
@click.argument("target", metavar="对象")
@click.option("--number", type=click.IntRange(min=1), help="等待绑定的群的序号，只有一个时可省略")
def bind(config_path: str, as_json: bool, target: str, number: int | None) -> None:
    """把一个要求绑定的群认作配置里的某个对象。

    例：qingfeng targets bind jg1 --number 1
    """
    answer = call(config_path, "targets-bind", {"target": target, "number": number})
    written = _write(Path(config_path), answer["target"], answer.pop("chat"))
    if as_json:
        return print_json({**answer, "written": written})
    click.echo(f"已绑定：{answer['target']}（{answer['name']}）。")
    if not written:
        click.echo("没有写进配置文件（不是 UTF-8 或不能写），绑定记在数据文件夹里，照样有效。")
    return None


def _write(path: Path, target: str, chat: str) -> bool:
    """Put a group's chatid into config.toml, all else kept; what was bound holds either way."""
    from bot.library.settle import bound

    try:
        raw = path.read_bytes()
        text = bound(raw.decode("utf-8-sig"), target, chat)
        mark = b"\xef\xbb\xbf" if raw.startswith(b"\xef\xbb\xbf") else b""
        beside = path.with_name(f".{path.name}.new")
        beside.touch(mode=0o600)  # there may be secrets in it
        beside.write_bytes(mark + text.encode())
        shutil.copymode(path, beside)
        beside.replace(path)
    except (OSError, ValueError, LookupError):
        return False
    return True


@targets.command()
@CONFIG
@JSON
@click.argument("target", metavar="对象")
@click.option("--owner", metavar="账号", help="谁当群主，缺省由企业微信随机指定")
def create(config_path: str, as_json: bool, target: str, owner: str | None) -> None:
    """由自建应用建群（channel = "appchat"）：名册里在岗的人都进群；发出第一条之前，群里看不到它。

    例：qingfeng targets create jg1 --owner wangwu
    """
    answer = call(config_path, "targets-create", {"target": target, "owner": owner})
    if as_json:
        return print_json(answer)
    click.echo(f"已建群：{answer['name']}，{answer['people']} 人。")
    return None


@targets.command()
@CONFIG
@JSON
@click.argument("target", metavar="对象")
@click.option("--match", is_flag=True, help="按名册补人、移人")
def members(config_path: str, as_json: bool, target: str, match: bool) -> None:
    """应用群聊里有谁，与名册差在哪里；--match 按名册补齐。

    例：qingfeng targets members jg1 --match
    """
    answer = call(config_path, "targets-members", {"target": target, "match": match})
    if as_json:
        return print_json(answer)
    click.echo(f"群里 {answer['members']} 人。")
    for what, people in (("名册有、群里没有", "missing"), ("群里有、名册没有", "extra")):
        if answer[people]:
            click.echo(f"{what}：{'、'.join(answer[people])}")
    return None


@targets.command()
@CONFIG
@JSON
@click.argument("target", metavar="对象")
def enable(config_path: str, as_json: bool, target: str) -> None:
    """恢复一个被停用的对象。

    例：qingfeng targets enable jg1
    """
    answer = call(config_path, "targets-enable", {"target": target})
    if as_json:
        return print_json(answer)
    click.echo(f"已恢复：{answer['target']}。" if answer["was"] else "它没有被停用。")
    return None
