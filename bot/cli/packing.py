"""The verb that carries texts from one office to another: on a stick, without approvals."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from bot.cli.shell import CANNOT, CONFIG, FAULTS, JSON, config_of, fail, main, print_json

if TYPE_CHECKING:
    from bot.library.pack import Places

_WORDS = {
    "new": "新增",
    "updated": "更新",
    "same": "没有变化",
    "yours": "保留本单位的改动",
    "conflict": "两边都改过，本单位的没有动，包里的放在 content/待合并",
    "deleted": "本单位已删去，没有恢复",
}


def _places(config_path: str) -> Places:
    from bot.app import folders_of, places_of

    return places_of(folders_of(config_of(config_path)))


@main.group(invoke_without_command=True)
@CONFIG
@JSON
@click.option(
    "-o", "path", type=click.Path(path_type=Path), metavar="FILE.zip", help="内容包写到哪里"
)
@click.pass_context
def pack(context: click.Context, config_path: str, as_json: bool, path: Path | None) -> None:
    """内容包：把内容、提法表、日程打成一个文件，拷到别处导入；不带审批。

    例：qingfeng pack -o 内容包.zip    例：qingfeng pack import 内容包.zip
    """
    if context.invoked_subcommand is not None:
        return None
    from bot.library import disk, merging
    from bot.library.pack import collect, packed

    if path is None:
        fail(["请写明内容包写到哪里，例如 qingfeng pack -o 内容包.zip"], CANNOT)
    places = _places(config_path)
    merging.resume(places)
    files = collect(places)
    disk.write(path, packed(files))  # whole or not at all: a stick is soon pulled out
    if as_json:
        return print_json({"path": str(path), "files": len(files)})
    click.echo(f"已写入 {path}：{len(files)} 个文件，不带审批。")
    return None


@pack.command("import")
@CONFIG
@JSON
@click.argument("file", type=click.Path(path_type=Path), metavar="FILE.zip")
def pack_import(config_path: str, as_json: bool, file: Path) -> None:
    """导入内容包：先整包验过再写；本单位改过的留着，新来的都要重新审批。

    例：qingfeng pack import 内容包.zip
    """
    from bot.library.merging import merge
    from bot.library.pack import BadPack, unpacked

    places = _places(config_path)
    try:
        changes = merge(unpacked(file), places)
    except BadPack as error:
        fail([str(error)], FAULTS)
    if as_json:
        return print_json({"changes": [vars(one) for one in changes]})
    for one in changes:
        if one.what != "same":
            click.echo(f"{_WORDS[one.what]}  {one.path}")
    count = sum(one.what in ("new", "updated") for one in changes)
    click.echo(f"新增和更新 {count} 个文件，没有一篇带着审批；请用 qingfeng check 检查后送审。")
    return None
