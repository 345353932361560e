"""Verbs about what is kept: the trail, the data folder."""

from __future__ import annotations

import sys
from pathlib import Path

import click

from bot.cli.shell import (
    CONFIG,
    FAULTS,
    JSON,
    OK,
    call,
    config_of,
    fail,
    main,
    print_json,
    table,
    when,
)


@main.group()
def audit() -> None:
    """留痕：审批、发送、收回、导出、设置变更，逐条相扣。

    例：qingfeng audit verify
    """


@audit.command("verify")
@CONFIG
@JSON
@click.option(
    "--head", metavar="HASH", default="", help="以前抄录的校验值（或开头几位），看它还在不在"
)
def audit_verify(config_path: str, as_json: bool, head: str) -> None:
    """核对留痕是否完整、文本是否原样；有问题时退出码为 1。

    例：qingfeng audit verify    例：qingfeng audit verify --head 3f9a1c
    """
    answer = call(config_path, "audit-verify", {"head": head})
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
def suggestions(config_path: str, as_json: bool) -> None:
    """看近 30 天收到的建议：只有话和日期，没有人；到期自动删去。

    例：qingfeng suggestions
    """
    answer = call(config_path, "suggestions", {})
    if as_json:
        return print_json(answer)
    for one in answer["suggestions"]:
        click.echo(f"{one['day']}  {one['text']}")
    if not answer["suggestions"]:
        click.echo("近 30 天没有收到建议。")
    return None


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


@main.command()
@CONFIG
@JSON
@click.argument("person", metavar="USERID")
@click.argument("item", metavar="ITEM")
@click.option("--as", "who", required=True, metavar="NAME", help="您是谁")
@click.option("--reason", metavar="WORDS", help="事由：提出时必填，会留痕，本人看得到")
@click.option("--agree", is_flag=True, help="同意另一人提出的查询，并给出说明")
def statement(
    config_path: str,
    as_json: bool,
    person: str,
    item: str,
    who: str,
    reason: str | None,
    agree: bool,
) -> None:
    """《教育提醒送达说明》：一个人、一篇内容，一人写明事由提出，另一人同意。缺省不开启。

    例：qingfeng statement zhangsan N06 --as 王某 --reason 本人申诉需要核实
    再：qingfeng statement zhangsan N06 --as 李某 --agree
    """
    asked = {"person": person, "item": item, "who": who, "reason": reason, "agree": agree}
    answer = call(config_path, "statement", asked, example=False)
    if as_json:
        return print_json(answer)
    if answer["asked"]:
        return click.echo("已提出并留痕。请另一人在 14 天内加 --agree 同意。")
    return click.echo(answer["document"], nl=False)


@main.command()
@CONFIG
@JSON
@click.argument("file", metavar="FILE|DIR", type=click.Path(path_type=Path))
def backup(config_path: str, as_json: bool, file: Path) -> None:
    """把全部数据存成一个文件，不用停机。里面有名册、回执和印鉴的密钥，请妥善保管。

    写的是文件夹（如 U 盘）时，在里面新建“清风备份-日期”，连内容、日程、配置一起存；密码不存。

    例：qingfeng backup 备份-2026-06-15.zip    例：qingfeng backup E:\\
    """
    if file.is_dir():
        file = _texts_copied(config_path, file) / "数据.zip"
    answer = call(config_path, "backup", {"file": str(file.absolute())})
    if as_json:
        return print_json(answer)
    click.echo(f"已备份到 {answer['file']}，{_size(answer['bytes'])}。")
    return None


def _texts_copied(config_path: str, into: Path) -> Path:
    """Copy what people wrote into a new folder there, and return it; secrets stay at home."""
    import shutil

    from bot import app

    config = config_of(config_path, example=False)
    folder = into.absolute() / f"清风备份-{app.system_clock():%Y%m%d-%H%M%S}"
    places = app.places_of(app.folders_of(config))
    try:
        folder.mkdir()
        shutil.copy2(config.path, folder / "config.toml")
        for name, place in (("content", places.content), ("schedules", places.schedules)):
            shutil.copytree(place, folder / name)
    except OSError as error:
        fail([f"备份没有写成（{error.strerror or '有文件读不了'}）：{folder}"], FAULTS)
    return folder


@main.command()
@CONFIG
@JSON
@click.argument("file", metavar="FILE", type=click.Path(path_type=Path, dir_okay=False))
def restore(config_path: str, as_json: bool, file: Path) -> None:
    """恢复到备份时的样子，不用停机；备份之后可能已经发出的，不会再发，列为“结果不明”。

    例：qingfeng restore 备份-2026-06-15.zip
    """
    answer = call(config_path, "restore", {"file": str(file.absolute())}, example=False)
    if as_json:
        return print_json(answer)
    click.echo(f"已恢复到 {when(answer['made'])} 的备份。")
    if answer["unknown"]:
        click.echo(f"有 {answer['unknown']} 条可能在备份之后已经发出，不会再发。")
        click.echo("请用 qingfeng pushes --state unknown 查看，用 qingfeng resolve 核实。")
    if answer["forgotten"] or answer["folded"]:
        say = "已再次抹去 {} 人，{} 周的记名回执已满期限，折成合计数。"
        click.echo(say.format(answer["forgotten"], answer["folded"]))
    if answer["replaced"]:
        say = "备份的留痕不是这里的那一份；这里原有的 {} 条已作为文本留存，恢复的那一条留痕指着它。"
        click.echo(say.format(answer["replaced"]))
    if answer["new_key"]:
        click.echo("印鉴的密钥也换成了备份里的，请重新启动清风。")
    return None


@main.group()
def store() -> None:
    """数据文件夹：看大小、核对、整理。

    例：qingfeng store inspect
    """


@store.command()
@CONFIG
@JSON
def inspect(config_path: str, as_json: bool) -> None:
    """数据文件夹里有什么，各有多大。

    例：qingfeng store inspect
    """
    answer = call(config_path, "store-inspect", {})
    if as_json:
        return print_json(answer)
    rows = [
        [one["file"], _size(one["bytes"]), " ".join(f"{t} {n}" for t, n in one["rows"].items())]
        for one in answer["files"]
    ]
    table("数据文件夹", ["文件", "大小", "行数"], rows)
    total, free = _size(answer["bytes"]), _size(answer["free"])
    click.echo(f"共 {total}（其中未归档 {_size(answer['journal'])}），磁盘剩余 {free}。")
    for line in answer["limits"]:
        click.echo(line)
    return None


@store.command()
@CONFIG
@JSON
def verify(config_path: str, as_json: bool) -> None:
    """逐行核对数据文件夹；有问题时退出码为 1。

    例：qingfeng store verify
    """
    answer = call(config_path, "store-verify", {})
    if as_json:
        print_json(answer)
    else:
        for fault in answer["faults"]:
            click.echo(fault, err=True)
        click.echo(f"核对完毕，有 {len(answer['faults'])} 处问题。")
    sys.exit(FAULTS if answer["faults"] else OK)


@store.command()
@CONFIG
@JSON
def compact(config_path: str, as_json: bool) -> None:
    """把未归档的改动并入文件，腾出空间。

    例：qingfeng store compact
    """
    answer = call(config_path, "store-compact", {})
    if as_json:
        return print_json(answer)
    click.echo(f"整理前 {_size(answer['before'])}，整理后 {_size(answer['after'])}。")
    return None


def _size(count: int) -> str:
    return f"{count / 1e6:.1f} MB" if count >= 1e5 else f"{count / 1e3:.1f} kB"
