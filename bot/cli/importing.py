"""The verb that takes texts from Word, and gives the Word file to fill in."""

from __future__ import annotations

from pathlib import Path

import click

from bot.cli.shell import CANNOT, CONFIG, FAULTS, JSON, call, fail, main, print_json


@main.command("import")
@CONFIG
@JSON
@click.argument("files", nargs=-1, type=click.Path(path_type=Path), metavar="[FILE.docx…]")
@click.option("--template", "kind", metavar="KIND", help="给一份填写用的 Word 模板，如 情景案例")
@click.option(
    "-o", "path", type=click.Path(path_type=Path), metavar="FILE.docx", help="模板写到哪里"
)
def import_(
    config_path: str, as_json: bool, files: tuple[Path, ...], kind: str | None, path: Path | None
) -> None:
    """把 Word 稿子转成草稿；不写文件名，就转 content/待导入 里的。

    例：qingfeng import 一盒茶叶.docx    例：qingfeng import --template 情景案例
    """
    if kind is not None:
        return _template(as_json, kind, path)
    import base64

    from bot.library.word import MOST_BYTES

    taken = []
    for file in files:
        if file.suffix.lower() != ".docx":
            fail([f"{file}：只收 .docx，.doc 和 .wps 请在 WPS 里另存为 .docx"], FAULTS)
        with file.open("rb") as source:  # no more than is needed to see that it is too much
            data = base64.b64encode(source.read(MOST_BYTES + 1)).decode()
        taken += call(config_path, "import", {"name": file.name, "data": data})["taken"]
    if not files:
        taken = call(config_path, "import", {})["taken"]
    if as_json:
        print_json({"taken": taken})
    for one in taken if not as_json else ():
        if one["error"]:
            click.echo(f"{one['source']} 没有转成：{one['error']}", err=True)
        elif one["known"]:
            click.echo(f"{one['source']} 以前转过了：{one['path']}")
        else:
            click.echo(f"{one['source']} → {one['path']}（草稿）")
            for note in one["notes"]:
                click.echo(f"  请看：{note}")
    if not taken and not as_json:
        click.echo("content/待导入 里没有 Word 文件。")
    if any(one["error"] for one in taken):
        raise SystemExit(FAULTS)
    return None


def _template(as_json: bool, name: str, path: Path | None) -> None:
    from bot.app import system_clock
    from bot.core.content import KINDS
    from bot.core.model import Kind
    from bot.library.wordform import blank

    if name not in KINDS:
        fail([f"没有“{name}”这一类，可用：{'、'.join(Kind)}"], FAULTS)
    kind = KINDS[name]
    path = path or Path(f"模板-{kind}.docx")
    try:
        with path.open("xb") as file:
            file.write(blank(kind, system_clock().date()))
    except FileExistsError:
        fail([f"已有同名的文件：{path}"], CANNOT)
    if as_json:
        return print_json({"path": str(path)})
    click.echo(f"已写入 {path}。填好后放进 content/待导入，或用 qingfeng import {path}。")
    return None
