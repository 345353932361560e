"""The verb that begins a new text."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from bot.cli.shell import CANNOT, CONFIG, FAULTS, JSON, config_of, fail, main, print_json

if TYPE_CHECKING:
    from bot.library import drafts


@main.command()
@CONFIG
@JSON
@click.argument("kind", metavar="KIND")
@click.argument("title", metavar="TITLE")
@click.option("--source", metavar="ORGAN", help="转发通报：发布机关和文件")
@click.option("--date", "day", metavar="DATE", help="转发通报：发布日期")
@click.option("--link", metavar="URL", help="转发通报：官方网址")
@click.option(
    "--text", type=click.Path(path_type=Path), metavar="FILE.txt", help="转发通报：官方原文"
)
@click.option("--corrects", metavar="ITEM", help="更正：更正哪一篇")
def new(
    config_path: str,
    as_json: bool,
    kind: str,
    title: str,
    source: str | None,
    day: str | None,
    link: str | None,
    text: Path | None,
    corrects: str | None,
) -> None:
    """新建一篇草稿，字段和小标题都摆好；写完删去“状态: 草稿”那一行。

    例：qingfeng new 情景案例 一盒茶叶    例：qingfeng new 更正 更正一处 --corrects SC-01
    """
    from bot.app import folders_of, system_clock
    from bot.core.content import KINDS
    from bot.core.model import Kind
    from bot.library import drafts
    from bot.library.folder import load_items

    folders = folders_of(config_of(config_path))
    if not title.strip() or not title.isprintable():
        fail(["标题是空的，或有看不见的字符"], FAULTS)
    chosen = Kind.STUDY if kind == "更正" else KINDS.get(kind)
    if chosen is None:
        fail([f"没有“{kind}”这一类，可用：{'、'.join([*Kind, '更正'])}"], FAULTS)
    if (kind == "更正") != bool(corrects):
        fail(["更正要写明更正哪一篇：qingfeng new 更正 标题 --corrects SC-01"], FAULTS)
    today = system_clock().date()
    official = _official(source, day, link, text) if chosen is Kind.REPOST else None
    if official and official.day > today:
        fail([f"发布日期 {official.day} 还没有到，请核对"], FAULTS)
    items, _ = load_items(folders.content)
    if corrects and not any(item.id.casefold() == corrects.casefold() for item in items):
        click.echo(f"内容库里没有 {corrects}（改了编号，或已删去？），请核对编号", err=True)
    made = drafts.draft(chosen, title, items, today, official=official, corrects=corrects or "")
    try:
        path = drafts.write(folders.content, made)
    except FileExistsError:
        fail([f"已有同名的文件：{made.path}"], CANNOT)
    if as_json:
        return print_json({"path": str(path), "proposals": [list(p) for p in made.proposals]})
    click.echo(f"已新建 {path}")
    if corrects:
        click.echo(f"填好、删去“状态: 草稿”并审批后，发给收到过原文的：qingfeng correct {corrects}")
    for before, after in made.proposals:
        click.echo(f"  拟改称：{before} → {after}（请核对；不妥就改回）")
    return None


def _official(
    source: str | None, day: str | None, link: str | None, text: Path | None
) -> drafts.Official:
    """Return what a 转发通报 passes on; whoever left something out is told what."""
    from bot.core.content import parse_date
    from bot.library import drafts
    from bot.library.decode import Unreadable, read_text

    if not (source and day and link and link.startswith(("http://", "https://"))):
        missing = "转发通报须有发布机关、日期和官方网址"
        fail([f"{missing}：--source … --date … --link https://…"], FAULTS)
    try:
        said = read_text(text) if text else ""
        on = parse_date(day, "日期")
    except (Unreadable, ValueError) as error:
        fail([str(error)], FAULTS)
    assert on is not None
    return drafts.Official(source=source, day=on, link=link, text=said)
